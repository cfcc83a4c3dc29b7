/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kinds of character backend share: two descriptors, a bounded buffer, and the loop. */
#ifndef BERTH_BACKEND_CHAR_CHR_IMPL_H
#define BERTH_BACKEND_CHAR_CHR_IMPL_H

#include <pthread.h>

#include "backend/char/backlog.h"
#include "backend/char/chr.h"
#include "base/log.h"

struct chr_kind {
    const char *name;
    size_t backlog;   /* bytes */
    bool drop_oldest; /* when the backlog is full; otherwise what comes newly */
    bool retry;       /* a write error may pass: keep the output and try again each second */
    /* Sees the input in [p, p + len) and may shorten it; returns the new length. NULL: taken as it
     * is. */
    size_t (*filter)(struct chr *c, uint8_t *p, size_t len);
    void (*destroy)(struct chr *c); /* frees what is the kind's own; may be NULL */
};

struct chr {
    const struct chr_kind *kind;
    struct loop *loop;
    char *path;     /* for log lines; owned */
    char *pty_name; /* owned; NULL for others */
    struct chr_client client;
    int in_fd, out_fd,
        keep_fd;     /* each owned, and -1 or distinct: libuv wants one watch a descriptor */
    bool in_blocks;  /* in_fd is in blocking mode: ask poll(2) first */
    bool out_blocks; /* out_fd is in blocking mode: ask poll(2) first and write little at a time */
    bool rx_on, rx_paused, eof;
    bool in_watched, out_watched;
    struct watch in, out;
    struct timer retry, rx_pause;
    struct signal_watch winch;
    void (*quit)(void *ctx);
    void *quit_ctx;
    bool escape; /* Ctrl-A was the last key */
    struct log_rate rate;

    struct task flush;
    struct backlog outgoing; /* the loop thread's */
    pthread_mutex_t lock;    /* guards what follows */
    struct backlog waiting;  /* what writers have added */
    bool dead;               /* nobody will ever read our output */
};

/* Takes over the descriptors, also when it fails; `in_fd` and `out_fd` may be -1. `path` is copied.
 * -ENOMEM or the loop's. */
NODISCARD int chr_create(struct loop *loop, const struct chr_kind *kind, const char *path,
                         int in_fd, int out_fd, struct chr **ret);

#endif
