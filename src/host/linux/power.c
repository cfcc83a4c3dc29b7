/* SPDX-License-Identifier: Apache-2.0
 *
 * A timerfd on the wall clock that is cancelled when that clock jumps, timerfd_create(2): the kernel
 * does so on every resume. Setting the clock by hand does it too; the time asleep, CLOCK_BOOTTIME
 * less CLOCK_MONOTONIC, tells the two apart. Announcements before sleep would need logind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "host/loop.h"
#include "host/power_source.h"

#define FAR_AWAY_S INT64_C(0x7fffffffffff) /* the timer is there to be cancelled, not to end */

struct power_source {
    struct loop *loop;
    struct watch watch;
    struct power_source_sink sink;
};

static int arm(int fd)
{
    const struct itimerspec far = {.it_value = {.tv_sec = (time_t)FAR_AWAY_S}};
    int rc;

    /* Setting it fails with ECANCELED, but sets it, when the clock has jumped since. */
    rc = timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
    return rc < 0 && errno != ECANCELED ? -errno : 0;
}

static void on_clock_jumped(void *ctx, unsigned events)
{
    struct power_source *s = ctx;
    uint64_t expirations;

    (void)events;
    (void)!read(s->watch.fd, &expirations, sizeof(expirations)); /* takes the ECANCELED */
    (void)arm(s->watch.fd);
    s->sink.may_have_slept(s->sink.ctx);
}

static int start(struct power_source *s)
{
    int rc;

    s->watch = (struct watch){.fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK),
                              .events = LOOP_READ,
                              .fn = on_clock_jumped,
                              .ctx = s};
    if (s->watch.fd < 0)
        return -errno;
    rc = arm(s->watch.fd);
    if (rc == 0)
        rc = loop_watch(s->loop, &s->watch);
    if (rc < 0)
        (void)close(s->watch.fd);
    return rc;
}

int power_source_open(struct loop *l, const struct power_source_sink *sink,
                      struct power_source **ret, struct err *err)
{
    struct power_source *s = calloc(1, sizeof(*s));
    int rc = -ENOMEM;

    if (s) {
        s->loop = l;
        s->sink = *sink;
        rc = start(s);
    }
    if (rc < 0) {
        free(s);
        return err_set(err, rc, "host sleep cannot be observed: timerfd: %s", strerror(-rc));
    }
    *ret = s;
    return 0;
}

void power_source_close(struct power_source *s)
{
    loop_unwatch(s->loop, &s->watch);
    (void)close(s->watch.fd);
    free(s);
}

static uint64_t read_clock(clockid_t id)
{
    struct timespec ts;

    (void)clock_gettime(id, &ts); /* cannot fail for these two */
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t power_asleep_ns(void)
{
    uint64_t running = read_clock(CLOCK_MONOTONIC); /* first: the difference is never negative */

    return read_clock(CLOCK_BOOTTIME) - running;
}
