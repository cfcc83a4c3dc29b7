/* SPDX-License-Identifier: Apache-2.0
 *
 * What engine.c adds to every engine, with one that does only what a test says, and time that moves
 * when a test says so. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine_ops.h"
#include "engine/select.h"
#include "fake_loop.h"

#include <cmocka.h>

#define S_NS  UINT64_C(1000000000)
#define MS_NS UINT64_C(1000000)

struct fixture {
    struct loop *loop;
    struct vm_config cfg;
    struct vm engines; /* the one VM */
    struct vm *vm;
    int start_rc;
    struct err err, failure; /* of a call; of the last VM_ERROR */
};

static struct fixture f;

static int fake_create(struct vm_config *cfg, struct loop *loop, const struct vm_observer *observer,
                       struct vm **ret, struct err *err);

static int fake_start(struct vm *vm, struct err *err)
{
    if (f.start_rc < 0)
        return err_set(err, f.start_rc, "no start today");
    vm_transition(vm, LIFE_START);
    return 0;
}

static void fake_destroy(struct vm *vm)
{
    (void)vm;
}

static const struct engine_ops fake_engine = {
    .name = "fake", .create = fake_create, .destroy = fake_destroy, .start = fake_start};

static int fake_create(struct vm_config *cfg, struct loop *loop, const struct vm_observer *observer,
                       struct vm **ret, struct err *err)
{
    (void)err;
    vm_init(&f.engines, &fake_engine, cfg, loop, observer);
    *ret = &f.engines;
    return 0;
}

/* Takes the place of the library's choice. */
int engine_select(const struct vm_config *cfg, const struct engine_ops **ret, struct err *err)
{
    (void)cfg, (void)err;
    *ret = &fake_engine;
    return 0;
}

static void on_changed(void *ctx, enum vm_state state, const struct err *err)
{
    (void)ctx;
    if (state == VM_ERROR)
        f.failure = *err;
}

static int setup(void **state)
{
    const struct vm_observer observer = {.changed = on_changed};

    (void)state;
    f = (struct fixture){0};
    assert_int_equal(loop_create(&f.loop), 0);
    assert_int_equal(vm_create(&f.cfg, f.loop, &observer, &f.vm, &f.err), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (!vm_can_start(f.vm))
        vm_transition(f.vm, LIFE_FAIL);
    vm_destroy(f.vm);
    loop_destroy(f.loop); /* no timer may be left */
    return 0;
}

static void start_that_takes_too_long_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(vm_start(f.vm, &f.err), 0);
    fake_loop_advance(f.loop, 5 * S_NS - MS_NS);
    assert_int_equal(vm_get_state(f.vm), VM_STARTING);
    fake_loop_advance(f.loop, MS_NS);
    assert_int_equal(vm_get_state(f.vm), VM_ERROR);
    assert_int_equal(f.failure.code, -ETIMEDOUT);
    assert_string_equal(f.failure.text, "timeout waiting for VM state");
}

static void running_vm_has_all_the_time(void **state)
{
    (void)state;
    assert_int_equal(vm_start(f.vm, &f.err), 0);
    fake_loop_advance(f.loop, 5 * S_NS - MS_NS);
    vm_transition(f.vm, LIFE_STARTED);
    fake_loop_advance(f.loop, 3600 * S_NS);
    assert_int_equal(vm_get_state(f.vm), VM_RUNNING);
}

static void each_start_has_its_own_limit(void **state)
{
    (void)state;
    assert_int_equal(vm_start(f.vm, &f.err), 0);
    fake_loop_advance(f.loop, 5 * S_NS);
    assert_int_equal(vm_start(f.vm, &f.err), 0);
    fake_loop_advance(f.loop, 4 * S_NS);
    assert_int_equal(vm_get_state(f.vm), VM_STARTING);
    fake_loop_advance(f.loop, S_NS);
    assert_int_equal(vm_get_state(f.vm), VM_ERROR);
}

static void refused_start_leaves_no_limit(void **state)
{
    (void)state;
    f.start_rc = -EIO;
    assert_int_equal(vm_start(f.vm, &f.err), -EIO);
    fake_loop_advance(f.loop, 6 * S_NS);
    assert_int_equal(vm_get_state(f.vm), VM_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(start_that_takes_too_long_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(running_vm_has_all_the_time, setup, teardown),
        cmocka_unit_test_setup_teardown(each_start_has_its_own_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_start_leaves_no_limit, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
