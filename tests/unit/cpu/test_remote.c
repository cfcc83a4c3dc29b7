/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests between CPUs: served in order, waited for only where needed, never a deadlock. */
#include <pthread.h>
#include <sched.h>

#include "rig.h"

static uint64_t served[64];
static unsigned nr_served;

static void note(struct a64_cpu *cpu, uint64_t a, uint64_t b)
{
    served[nr_served++ % 64] = a + b;
}

static void requests_wait_for_the_target_to_enter(void **state)
{
    struct rig *r = *state;
    struct a64_cpu *other = r->vm.cpu[1];
    nr_served = 0;
    a64_remote_send(r->cpu, other, note, 1, 0);
    a64_remote_send(r->cpu, other, note, 2, 0);
    assert_true(other->attention & A64_ATTENTION_REMOTE);
    a64_remote_wait(r->cpu); /* the target is outside: returns */
    assert_int_equal(nr_served, 0);
    a64_remote_enter(other);
    assert_int_equal(nr_served, 2);
    assert_int_equal(served[0], 1);
    assert_int_equal(served[1], 2);
    a64_remote_leave(other);
}

static void overflow_drops_the_whole_tlb(void **state)
{
    struct rig *r = *state;
    struct a64_cpu *other = r->vm.cpu[1];
    (void)a64_ld8(other, &r->insn, RIG_RAM);
    assert_int_equal(a64_tlb_entry(other->tlb, RIG_RAM)->read, RIG_RAM);
    nr_served = 0;
    for (unsigned n = 0; n < 100; n++)
        a64_remote_send(r->cpu, other, note, n, 0);
    a64_remote_serve(other);
    assert_int_equal(nr_served, 0);
    assert_int_equal(a64_tlb_entry(other->tlb, RIG_RAM)->read, A64_TLB_NONE);
}

/* A CPU that "executes": serves when asked, now and then sends and waits itself. */
struct runner {
    struct a64_cpu *cpu, *other;
    _Atomic unsigned *finished;
    unsigned rounds;
};

static void do_nothing(struct a64_cpu *cpu, uint64_t a, uint64_t b)
{
}

static void *run(void *arg)
{
    struct runner *runner = arg;
    a64_remote_enter(runner->cpu);
    for (unsigned n = 0; n < runner->rounds; n++) {
        a64_remote_send(runner->cpu, runner->other, n & 1 ? do_nothing : NULL, 0, 0);
        if (n % 3 == 0)
            a64_remote_wait(runner->cpu);
        if (runner->cpu->attention) {
            runner->cpu->attention = 0;
            a64_remote_serve(runner->cpu);
        }
    }
    a64_remote_wait(runner->cpu);
    /* Keeps serving until the other is through, as a CPU does. */
    (*runner->finished)++;
    while (*runner->finished < 2) {
        a64_remote_serve(runner->cpu);
        sched_yield();
    }
    a64_remote_leave(runner->cpu);
    return NULL;
}

static void two_cpus_may_wait_for_each_other(void **state)
{
    struct rig *r = *state;
    _Atomic unsigned finished = 0;
    struct runner a = {r->vm.cpu[0], r->vm.cpu[1], &finished, 20000};
    struct runner b = {r->vm.cpu[1], r->vm.cpu[0], &finished, 20000};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, &b), 0);
    (void)run(&a);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(finished, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(requests_wait_for_the_target_to_enter),
        RIG_TEST(overflow_drops_the_whole_tlb),
        RIG_TEST(two_cpus_may_wait_for_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
