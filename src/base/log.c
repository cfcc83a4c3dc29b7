/* SPDX-License-Identifier: Apache-2.0
 *
 * One formatted line, one write(2). logfmt, because that is what vfkit's users' tools already read.
 */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static enum log_level threshold = LOG_INFO;
static int log_fd = STDERR_FILENO;

void log_set_level(enum log_level level)
{
    threshold = level;
}

bool log_enabled(enum log_level level)
{
    return level <= threshold;
}

void log_set_fd(int fd)
{
    log_fd = fd;
}

/* Copies `s` into dst as the inside of a quoted logfmt value. Returns bytes written. */
static size_t quote(char *dst, size_t cap, const char *s)
{
    size_t n = 0;

    for (; *s && n + 4 < cap; s++) {
        if (*s == '"' || *s == '\\')
            dst[n++] = '\\';
        if (*s == '\n') {
            dst[n++] = '\\';
            dst[n++] = 'n';
        } else {
            dst[n++] = *s;
        }
    }
    return n;
}

/* A reader that stopped reading loses lines; it must not stop us. A pipe that is writable at all
 * takes a whole line. */
static void write_line(const char *line, size_t n)
{
    struct pollfd p = {.fd = log_fd, .events = POLLOUT};

    if (poll(&p, 1, 0) == 0)
        return;
    while (write(log_fd, line, n) < 0 && errno == EINTR)
        ;
}

static void vlog(enum log_level level, const char *fmt, va_list ap)
{
    static const char *const names[] = {"error", "warning", "info", "debug", "trace"};
    char msg[LINE_MAX_BYTES / 2];
    char line[LINE_MAX_BYTES];
    char when[32];
    struct tm tm;
    time_t now = time(NULL);
    size_t n;

    if (!localtime_r(&now, &tm) || !strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z", &tm))
        when[0] = '\0';
    (void)vsnprintf(msg, sizeof(msg), fmt, ap);
    n = (size_t)snprintf(line, sizeof(line), "time=\"%s\" level=%s msg=\"", when, names[level]);
    n += quote(line + n, sizeof(line) - n - 2, msg);
    line[n++] = '"';
    line[n++] = '\n';
    write_line(line, n);
}

void log_write(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    if (!log_enabled(level))
        return;
    va_start(ap, fmt);
    vlog(level, fmt, ap);
    va_end(ap);
}

void log_rated(struct log_rate *rate, enum log_level level, const char *fmt, ...)
{
    struct timespec ts;
    unsigned dropped;
    va_list ap;

    if (!log_enabled(level) || clock_gettime(CLOCK_MONOTONIC, &ts))
        return;
    if (atomic_exchange(&rate->second, (long)ts.tv_sec) != (long)ts.tv_sec) {
        dropped = atomic_exchange(&rate->count, 0);
        if (dropped > LOG_RATE_BURST)
            log_write(level, "%u more lines of the same kind were dropped",
                      dropped - LOG_RATE_BURST);
    }
    if (atomic_fetch_add(&rate->count, 1) >= LOG_RATE_BURST)
        return;
    va_start(ap, fmt);
    vlog(level, fmt, ap);
    va_end(ap);
}
