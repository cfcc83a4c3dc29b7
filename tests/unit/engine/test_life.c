/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of states, against what vfkit's REST service promises. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/life.h"

#include <cmocka.h>

struct promise {
    enum vm_state state;
    bool start, pause, resume, ask_stop, stop;
};

static void booleans_are_those_of_vfkit(void **state)
{
    static const struct promise promises[] = {
        {VM_STOPPED, true, false, false, false, false},
        {VM_STARTING, false, false, false, false, false},
        {VM_RUNNING, false, true, false, true, true},
        {VM_PAUSING, false, false, false, false, false},
        {VM_PAUSED, false, false, true, false, true},
        {VM_RESUMING, false, false, false, false, false},
        {VM_STOPPING, false, false, false, false, false},
        {VM_ERROR, true, false, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(promises); i++) {
        const struct promise *p = &promises[i];

        assert_int_equal(life_allows(p->state, LIFE_START), p->start);
        assert_int_equal(life_allows(p->state, LIFE_PAUSE), p->pause);
        assert_int_equal(life_allows(p->state, LIFE_RESUME), p->resume);
        assert_int_equal(life_allows(p->state, LIFE_ASK_STOP), p->ask_stop);
        assert_int_equal(life_allows(p->state, LIFE_STOP), p->stop);
    }
}

static void walk(enum vm_state from, const enum life_event *events, size_t nr, enum vm_state to)
{
    for (size_t i = 0; i < nr; i++)
        assert_int_equal(life_next(from, events[i], &from), 0);
    assert_int_equal(from, to);
}

static void observed_transitions_are_possible(void **state)
{
    static const enum life_event run[] = {LIFE_START, LIFE_STARTED};
    static const enum life_event pause[] = {LIFE_PAUSE, LIFE_PAUSED, LIFE_RESUME, LIFE_RESUMED};
    static const enum life_event stubborn[] = {LIFE_PAUSE,  LIFE_PAUSE_FAILED, LIFE_PAUSE,
                                               LIFE_PAUSED, LIFE_RESUME,       LIFE_RESUME_FAILED};
    static const enum life_event hard_stop[] = {LIFE_STOP, LIFE_STOPPED};
    static const enum life_event power_off[] = {LIFE_ASK_STOP, LIFE_STOPPED};

    (void)state;
    walk(VM_STOPPED, run, ARRAY_LEN(run), VM_RUNNING);
    walk(VM_RUNNING, pause, ARRAY_LEN(pause), VM_RUNNING);
    walk(VM_RUNNING, stubborn, ARRAY_LEN(stubborn), VM_PAUSED);
    walk(VM_RUNNING, hard_stop, ARRAY_LEN(hard_stop), VM_STOPPED);
    walk(VM_PAUSED, hard_stop, ARRAY_LEN(hard_stop), VM_STOPPED);
    walk(VM_RUNNING, power_off, ARRAY_LEN(power_off), VM_STOPPED);
}

static void refused_event_leaves_the_state(void **state)
{
    enum vm_state s = VM_PAUSED;

    (void)state;
    assert_int_equal(life_next(s, LIFE_STARTED, &s), -EBUSY);
    assert_int_equal(s, VM_PAUSED);
}

static void everything_alive_can_fail(void **state)
{
    (void)state;
    for (enum vm_state s = VM_STOPPED; s <= VM_ERROR; s++)
        assert_int_equal(life_allows(s, LIFE_FAIL), s != VM_STOPPED && s != VM_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(booleans_are_those_of_vfkit),
        cmocka_unit_test(observed_transitions_are_possible),
        cmocka_unit_test(refused_event_leaves_the_state),
        cmocka_unit_test(everything_alive_can_fail),
    };

    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
