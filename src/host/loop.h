/* SPDX-License-Identifier: Apache-2.0
 *
 * The one event loop: descriptors, timers, signals, and work handed over by other threads. A thin
 * layer over libuv, so that tests can fake time and nothing above knows the library. `struct
 * watch`, `struct task` and `struct timer` live inside their owners. Loop thread only, unless a
 * function says otherwise. */
#ifndef BERTH_HOST_LOOP_H
#define BERTH_HOST_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct loop;

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

NODISCARD int loop_create(struct loop **ret);
void loop_destroy(
    struct loop *l); /* nothing may be watched or armed any more; posted tasks have run */

/* Runs until loop_stop; one thread for the loop's whole life calls this. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l); /* any thread; loop_run returns soon */

/* Calls fn(ctx, events) while `fd` is ready for `events` (LOOP_READ | LOOP_WRITE; LOOP_HANGUP asks
 * to be told when the peer shuts down its side). After an error on the descriptor LOOP_HANGUP is
 * reported unasked, together with what was asked for: the next read or write says what happened. A
 * regular file or /dev/null is always ready. One watch for a descriptor; events 0 rests. The
 * descriptor stays the caller's, and open until unwatched. */
struct watch {
    int fd;
    unsigned events;
    void (*fn)(void *ctx, unsigned events);
    void *ctx;
    void *impl; /* the loop's */
};
NODISCARD int loop_watch(struct loop *l, struct watch *w); /* 0 or -errno */
NODISCARD int loop_watch_change(struct loop *l, struct watch *w, unsigned events);
void loop_unwatch(struct loop *l,
                  struct watch *w); /* on return fn is not running and will not run */

/* fn runs once on the loop thread for one or more posts since it last began. */
struct task {
    void (*fn)(struct task *t);
    struct task *next;   /* the loop's */
    _Atomic bool posted; /* the loop's */
};
void loop_post(struct loop *l, struct task *t); /* any thread */
/* The task will not run after this returns, unless posted anew. */
void loop_cancel(struct loop *l, struct task *t);

/* fn(ctx) once, at or after `deadline_ns` of clock_monotonic_ns. Arming an armed timer moves it. */
struct timer {
    void (*fn)(void *ctx);
    void *ctx;
    void *impl; /* the loop's */
};
NODISCARD int loop_timer_arm(struct loop *l, struct timer *t, uint64_t deadline_ns);
void loop_timer_cancel(struct loop *l, struct timer *t);

/* fn(ctx, signo) on the loop thread each time the process receives `signo`. */
struct signal_watch {
    int signo;
    void (*fn)(void *ctx, int signo);
    void *ctx;
    void *impl; /* the loop's */
};
NODISCARD int loop_signal(struct loop *l, struct signal_watch *s);
void loop_unsignal(struct loop *l, struct signal_watch *s);

#endif
