/* SPDX-License-Identifier: Apache-2.0
 *
 * Log lines to standard error: `time=… level=… msg="…"`, one write each, any thread. A line starts with
 * the object it speaks of ("virtio-blk disk0: …"). A reader that went away never blocks or ends the VM. */
#ifndef BERTH_BASE_LOG_H
#define BERTH_BASE_LOG_H

#include <stdbool.h>

#include "base/compiler.h"

enum log_level {
    LOG_ERROR, /* something failed */
    LOG_WARN,  /* something is wrong, we went on */
    LOG_INFO,  /* the default threshold */
    LOG_DEBUG,
    LOG_TRACE,
};

/* Lines above this level are dropped. Call before threads start; default LOG_INFO. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* Lines go to `fd` (not owned) from now on; default 2. Call before threads start. */
void log_set_fd(int fd);

void log_write(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
    do {                                                                                           \
        if (log_enabled(LOG_DEBUG))                                                                \
            log_write(LOG_DEBUG, __VA_ARGS__);                                                     \
    } while (0)

/* For lines that a guest can cause: at most `LOG_RATE_BURST` a second through one limiter, then a count
 * of what was dropped. Zero-initialise; any thread. */
enum { LOG_RATE_BURST = 5 };
struct log_rate {
    _Atomic long second;
    _Atomic unsigned count;
};
void log_rated(struct log_rate *rate, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
