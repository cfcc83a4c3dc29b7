/* SPDX-License-Identifier: Apache-2.0
 *
 * io_uring through liburing. Requests that find the queue full wait in a list; a transfer that came
 * back short goes round again with the rest. The loop watches the ring's descriptor, which is
 * readable while completions wait. */
#include "backend/block/ring.h"

#include <assert.h>
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "host/clock.h"

enum { RING_ENTRIES = 64, REAP_BATCH = 32, RETRY_NS = 1000000 };

struct block_ring {
    struct io_uring uring;
    struct loop *loop;
    struct watch watch;
    struct timer retry;
    const struct transfer_file *file;
    void (*done)(void *ctx, struct block_req *req, int status);
    void *ctx;
    struct block_req *waiting, **waiting_tail; /* no room in the queue yet */
    unsigned in_kernel;                        /* at most RING_ENTRIES, so completions always fit */
};

static void prepare(struct block_ring *r, struct io_uring_sqe *sqe, struct block_req *req)
{
    unsigned nr;
    const struct iovec *iov;

    if (req->op == BLOCK_FLUSH) {
        io_uring_prep_fsync(sqe, r->file->fd, IORING_FSYNC_DATASYNC);
    } else {
        iov = transfer_rest(req, &nr);
        if (req->op == BLOCK_READ)
            io_uring_prep_readv(sqe, r->file->fd, iov, nr, req->offset + req->impl.moved);
        else
            io_uring_prep_writev(sqe, r->file->fd, iov, nr, req->offset + req->impl.moved);
    }
    io_uring_sqe_set_data(sqe, req);
}

static void enqueue(struct block_ring *r, struct block_req *req)
{
    req->impl.next = NULL;
    *r->waiting_tail = req;
    r->waiting_tail = &req->impl.next;
}

void block_ring_submit(struct block_ring *r, struct block_req *req)
{
    enqueue(r, req);
}

/* Moves waiting requests into the queue, as many as fit. */
static void fill(struct block_ring *r)
{
    while (r->waiting && r->in_kernel < RING_ENTRIES) {
        struct block_req *req = r->waiting;
        struct io_uring_sqe *sqe = io_uring_get_sqe(&r->uring);

        if (!sqe)
            break;
        r->waiting = req->impl.next;
        if (!r->waiting)
            r->waiting_tail = &r->waiting;
        prepare(r, sqe, req);
        r->in_kernel++;
    }
}

void block_ring_kick(struct block_ring *r)
{
    fill(r);
    /* -EAGAIN, -EBUSY: the kernel is out of something. The entries stay queued. */
    if (io_uring_submit(&r->uring) < 0 &&
        loop_timer_arm(r->loop, &r->retry, clock_monotonic_ns() + RETRY_NS) < 0)
        log_error("disk '%s': out of memory; requests wait for the next one", r->file->path);
}

static void complete(struct block_ring *r, struct block_req *req, int res)
{
    r->in_kernel--;
    if (req->op == BLOCK_FLUSH)
        req->impl.status = res;
    else if (!transfer_moved(r->file, req, res)) {
        enqueue(r, req);
        return;
    }
    r->done(r->ctx, req, req->impl.status);
}

static void reap(struct block_ring *r)
{
    struct io_uring_cqe *cqe;

    for (unsigned i = 0; i < REAP_BATCH && io_uring_peek_cqe(&r->uring, &cqe) == 0; i++) {
        struct block_req *req = io_uring_cqe_get_data(cqe);
        int res = cqe->res;

        io_uring_cqe_seen(&r->uring, cqe);
        complete(r, req, res);
    }
    block_ring_kick(r);
}

static void ring_ready(void *ctx, unsigned events)
{
    reap(ctx);
}

static void ring_retry(void *ctx)
{
    block_ring_kick(ctx);
}

int block_ring_create(struct loop *loop, const struct transfer_file *file,
                      void (*done)(void *ctx, struct block_req *req, int status), void *ctx,
                      struct block_ring **ret)
{
    struct block_ring *r = calloc(1, sizeof(*r));
    int rc;

    if (!r)
        return -ENOMEM;
    r->loop = loop;
    r->file = file;
    r->done = done;
    r->ctx = ctx;
    r->waiting_tail = &r->waiting;
    r->retry = (struct timer){.fn = ring_retry, .ctx = r};
    rc = io_uring_queue_init(RING_ENTRIES, &r->uring, 0);
    if (rc < 0)
        goto out_free;
    r->watch =
        (struct watch){.fd = r->uring.ring_fd, .events = LOOP_READ, .fn = ring_ready, .ctx = r};
    rc = loop_watch(loop, &r->watch);
    if (rc < 0)
        goto out_exit;
    *ret = r;
    return 0;

out_exit:
    io_uring_queue_exit(&r->uring);
out_free:
    free(r);
    return rc;
}

void block_ring_drain(struct block_ring *r)
{
    while (r->in_kernel > 0 || r->waiting) {
        fill(r);
        (void)io_uring_submit_and_wait(&r->uring, 1);
        reap(r);
    }
}

void block_ring_destroy(struct block_ring *r)
{
    if (!r)
        return;
    assert(!r->in_kernel && !r->waiting);
    loop_timer_cancel(r->loop, &r->retry);
    loop_unwatch(r->loop, &r->watch);
    io_uring_queue_exit(&r->uring);
    free(r);
}
