/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of host/loop.h, against libuv and real time. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/loop.h"

#include <cmocka.h>

enum { NS_PER_MS = 1000000, NR_POSTS = 20000 };

struct fixture {
    struct loop *loop;
    struct watch watch;
    struct timer timer;
    struct task task, other;
    int pipe[2];
    unsigned calls, last_events;
    unsigned stop_after;
};

static struct fixture *fx;

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){0};
    fx = &f;
    assert_int_equal(loop_create(&f.loop), 0);
    assert_int_equal(pipe(f.pipe), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    loop_destroy(f->loop);
    (void)close(f->pipe[0]);
    (void)close(f->pipe[1]);
    return 0;
}

static void count(void)
{
    if (++fx->calls == fx->stop_after)
        loop_stop(fx->loop);
}

static void on_event(void *ctx, unsigned events)
{
    struct fixture *f = ctx;

    f->last_events = events;
    count();
}

static void on_task(struct task *t)
{
    (void)t;
    count();
}

static void stop_task(struct task *t)
{
    (void)t;
    loop_stop(fx->loop);
}

static void on_timer(void *ctx)
{
    (void)ctx;
    count();
}

static void watch_reports_readable_until_unwatched(void **state)
{
    struct fixture *f = *state;

    f->watch = (struct watch){.fd = f->pipe[0], .events = LOOP_READ, .fn = on_event, .ctx = f};
    assert_int_equal(write(f->pipe[1], "x", 1), 1);
    assert_int_equal(loop_watch(f->loop, &f->watch), 0);
    f->stop_after = 3;
    loop_run(f->loop);
    assert_true(f->calls >= 3);
    assert_int_equal(f->last_events, LOOP_READ);

    loop_unwatch(f->loop, &f->watch);
    f->calls = 0;
    f->other.fn = stop_task;
    loop_post(f->loop, &f->other);
    loop_run(f->loop);
    assert_int_equal(f->calls, 0);
}

static void unwatch_itself(void *ctx, unsigned events)
{
    struct fixture *f = ctx;

    (void)events;
    f->calls++;
    loop_unwatch(f->loop, &f->watch);
    loop_stop(f->loop);
}

static void watch_may_end_inside_its_own_callback(void **state)
{
    struct fixture *f = *state;

    f->watch =
        (struct watch){.fd = f->pipe[0], .events = LOOP_READ, .fn = unwatch_itself, .ctx = f};
    assert_int_equal(write(f->pipe[1], "x", 1), 1);
    assert_int_equal(loop_watch(f->loop, &f->watch), 0);
    loop_run(f->loop);
    assert_int_equal(f->calls, 1);
    assert_null(f->watch.impl);
}

static void watch_with_no_events_rests(void **state)
{
    struct fixture *f = *state;

    f->watch = (struct watch){.fd = f->pipe[0], .events = LOOP_READ, .fn = on_event, .ctx = f};
    assert_int_equal(write(f->pipe[1], "x", 1), 1);
    assert_int_equal(loop_watch(f->loop, &f->watch), 0);
    assert_int_equal(loop_watch_change(f->loop, &f->watch, 0), 0);
    f->timer = (struct timer){.fn = on_timer};
    assert_int_equal(loop_timer_arm(f->loop, &f->timer, clock_monotonic_ns() + 5 * NS_PER_MS), 0);
    f->stop_after = 1;
    loop_run(f->loop);
    assert_int_equal(f->last_events, 0);
    loop_timer_cancel(f->loop, &f->timer);
    loop_unwatch(f->loop, &f->watch);
}

static void watch_leaves_the_blocking_mode_alone(void **state)
{
    struct fixture *f = *state;

    f->watch = (struct watch){.fd = f->pipe[0], .events = LOOP_READ, .fn = on_event, .ctx = f};
    assert_int_equal(loop_watch(f->loop, &f->watch), 0);
    assert_false(fcntl(f->pipe[0], F_GETFL) & O_NONBLOCK);
    loop_unwatch(f->loop, &f->watch);
    assert_false(fcntl(f->pipe[0], F_GETFL) & O_NONBLOCK);
}

static void watch_of_dev_null_is_always_ready(void **state)
{
    struct fixture *f = *state;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    f->watch = (struct watch){.fd = fd, .events = LOOP_READ, .fn = on_event, .ctx = f};
    assert_int_equal(loop_watch(f->loop, &f->watch), 0);
    f->stop_after = 1;
    loop_run(f->loop);
    assert_int_equal(f->last_events, LOOP_READ);
    loop_unwatch(f->loop, &f->watch);
    (void)close(fd);
}

static void watch_tells_a_writer_that_its_reader_left(void **state)
{
    struct fixture *f = *state;

    (void)close(f->pipe[0]);
    f->watch = (struct watch){.fd = f->pipe[1], .events = LOOP_WRITE, .fn = on_event, .ctx = f};
    assert_int_equal(loop_watch(f->loop, &f->watch), 0);
    f->stop_after = 2; /* and goes on telling */
    loop_run(f->loop);
    assert_true(f->last_events & LOOP_HANGUP);
    loop_unwatch(f->loop, &f->watch);
}

static void posts_before_the_task_runs_are_one(void **state)
{
    struct fixture *f = *state;

    f->task.fn = on_task;
    f->other.fn = stop_task;
    loop_post(f->loop, &f->task);
    loop_post(f->loop, &f->task);
    loop_post(f->loop, &f->other);
    loop_run(f->loop);
    assert_int_equal(f->calls, 1);
}

static void cancelled_task_does_not_run(void **state)
{
    struct fixture *f = *state;

    f->task.fn = on_task;
    f->other.fn = stop_task;
    loop_post(f->loop, &f->task);
    loop_post(f->loop, &f->other);
    loop_cancel(f->loop, &f->task);
    loop_run(f->loop);
    assert_int_equal(f->calls, 0);
    loop_post(f->loop, &f->task); /* and can be posted anew */
    loop_post(f->loop, &f->other);
    loop_run(f->loop);
    assert_int_equal(f->calls, 1);
}

static void post_again(struct task *t)
{
    count();
    if (fx->calls < 100)
        loop_post(fx->loop, t);
}

static void task_that_posts_itself_does_not_starve_timers(void **state)
{
    struct fixture *f = *state;

    f->task.fn = post_again;
    f->stop_after = 100;
    loop_post(f->loop, &f->task);
    loop_run(f->loop);
    assert_int_equal(f->calls, 100);
}

static _Atomic unsigned produced, consumed;

static void consume(struct task *t)
{
    (void)t;
    atomic_store(&consumed, atomic_load(&produced));
    if (atomic_load(&consumed) == NR_POSTS)
        loop_stop(fx->loop);
}

static void *produce(void *arg)
{
    struct fixture *f = arg;

    for (unsigned i = 0; i < NR_POSTS; i++) {
        atomic_fetch_add(&produced, 1);
        loop_post(f->loop, &f->task);
    }
    return NULL;
}

static void post_from_another_thread_is_never_lost(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;

    f->task.fn = consume;
    assert_int_equal(pthread_create(&thread, NULL, produce, f), 0);
    loop_run(f->loop);
    (void)pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&consumed), NR_POSTS);
}

static void keep_turning(struct task *t)
{
    if (fx->calls == 0)
        loop_post(fx->loop, t);
}

/* Not even in a loop that looks at the clock all the time. */
static void timer_is_never_early(void **state)
{
    struct fixture *f = *state;
    unsigned nr_early = 0;

    f->timer = (struct timer){.fn = on_timer};
    f->task.fn = keep_turning;
    f->stop_after = 1;
    for (unsigned i = 0; i < 20; i++) {
        uint64_t deadline = clock_monotonic_ns() + 2 * NS_PER_MS + i * 150000u;

        f->calls = 0;
        loop_post(f->loop, &f->task);
        assert_int_equal(loop_timer_arm(f->loop, &f->timer, deadline), 0);
        loop_run(f->loop);
        nr_early += clock_monotonic_ns() < deadline;
    }
    loop_cancel(f->loop, &f->task);
    loop_timer_cancel(f->loop, &f->timer);
    assert_int_equal(nr_early, 0);
}

static void arming_an_armed_timer_moves_it(void **state)
{
    struct fixture *f = *state;
    uint64_t now = clock_monotonic_ns();

    f->timer = (struct timer){.fn = on_timer};
    f->stop_after = 1;
    assert_int_equal(loop_timer_arm(f->loop, &f->timer, now + UINT64_C(3600000) * NS_PER_MS), 0);
    assert_int_equal(loop_timer_arm(f->loop, &f->timer, now + NS_PER_MS), 0);
    loop_run(f->loop);
    assert_int_equal(f->calls, 1);
    loop_timer_cancel(f->loop, &f->timer);
}

static void on_signal(void *ctx, int signo)
{
    struct fixture *f = ctx;

    f->last_events = (unsigned)signo;
    loop_stop(f->loop);
}

static void signal_arrives_on_the_loop(void **state)
{
    struct fixture *f = *state;
    struct signal_watch s = {.signo = SIGUSR1, .fn = on_signal, .ctx = f};

    assert_int_equal(loop_signal(f->loop, &s), 0);
    (void)raise(SIGUSR1);
    loop_run(f->loop);
    assert_int_equal(f->last_events, SIGUSR1);
    loop_unsignal(f->loop, &s);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(watch_reports_readable_until_unwatched),
        LOOP_TEST(watch_may_end_inside_its_own_callback),
        LOOP_TEST(watch_with_no_events_rests),
        LOOP_TEST(watch_leaves_the_blocking_mode_alone),
        LOOP_TEST(watch_of_dev_null_is_always_ready),
        LOOP_TEST(watch_tells_a_writer_that_its_reader_left),
        LOOP_TEST(posts_before_the_task_runs_are_one),
        LOOP_TEST(cancelled_task_does_not_run),
        LOOP_TEST(task_that_posts_itself_does_not_starve_timers),
        LOOP_TEST(post_from_another_thread_is_never_lost),
        LOOP_TEST(timer_is_never_early),
        LOOP_TEST(arming_an_armed_timer_moves_it),
        LOOP_TEST(signal_arrives_on_the_loop),
    };

    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
