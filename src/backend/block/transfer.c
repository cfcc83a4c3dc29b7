/* SPDX-License-Identifier: Apache-2.0
 *
 * Short transfers, the ragged end of an image, and ranges that the file system cannot free or zero
 * by itself. */
#include "backend/block/transfer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/log.h"
#include "host/file.h"

/* Zeros are written in pieces of this size, so that a request for gigabytes needs no memory. */
enum { ZERO_CHUNK = 256 * 1024, ZERO_SEGS = 64 };
static uint8_t zeros[ZERO_CHUNK / ZERO_SEGS]; /* never written; struct iovec knows no const */

const struct iovec *transfer_rest(const struct block_req *req, unsigned *ret_nr)
{
    const struct iovec *iov = req->impl.rest ? req->impl.rest : req->iov;
    unsigned i = 0;

    while (i < req->nr_iov && iov[i].iov_len == 0)
        i++;
    *ret_nr = req->nr_iov - i;
    return iov + i;
}

/* Advances by `n` bytes. Only a transfer that stops short needs a copy of the vector. */
static int advance(struct block_req *req, uint64_t n)
{
    size_t bytes = req->nr_iov * sizeof(*req->iov);

    req->impl.moved += n;
    if (req->impl.moved == req->len)
        return 0;
    assert(bytes > 0); /* the buffers hold `len` bytes, and some are left */
    if (!req->impl.rest) {
        req->impl.rest = malloc(bytes);
        if (!req->impl.rest)
            return -ENOMEM;
        memcpy(req->impl.rest, req->iov, bytes);
    }
    for (unsigned i = 0; n > 0 && i < req->nr_iov; i++) {
        struct iovec *v = &req->impl.rest[i];
        size_t part = n < v->iov_len ? (size_t)n : v->iov_len;

        v->iov_base = (char *)v->iov_base + part;
        v->iov_len -= part;
        n -= part;
    }
    return 0;
}

/* A read met the end of the file. */
static int read_past_end(const struct transfer_file *f, struct block_req *req)
{
    static struct log_rate rate;
    const struct iovec *iov;
    unsigned nr;

    if (req->offset + req->impl.moved < f->real_size) {
        log_rated(&rate, LOG_ERROR,
                  "disk '%s': the image became shorter than it was when it was opened; reads past "
                  "its end fail",
                  f->path);
        return -EIO;
    }
    iov = transfer_rest(req, &nr);
    for (unsigned i = 0; i < nr; i++)
        memset(iov[i].iov_base, 0, iov[i].iov_len);
    return 0;
}

static bool finished(struct block_req *req, int status)
{
    req->impl.status = status;
    return true;
}

bool transfer_moved(const struct transfer_file *f, struct block_req *req, ssize_t n)
{
    int rc;

    if (n == -EINTR || n == -EAGAIN)
        return false;
    if (n < 0)
        return finished(req, (int)n);
    if (n == 0)
        return finished(req, req->op == BLOCK_READ ? read_past_end(f, req) : -EIO);
    rc = advance(req, (uint64_t)n);
    if (rc < 0)
        return finished(req, rc);
    return req->impl.moved == req->len && finished(req, 0);
}

void transfer_finish(struct block_req *req)
{
    free(req->impl.rest);
    req->impl.rest = NULL;
}

static int move(const struct transfer_file *f, struct block_req *req)
{
    ssize_t n;

    if (req->len == 0)
        return 0;
    do {
        unsigned nr;
        const struct iovec *iov = transfer_rest(req, &nr);
        off_t at = (off_t)(req->offset + req->impl.moved);

        n = req->op == BLOCK_READ ? preadv(f->fd, iov, (int)nr, at)
                                  : pwritev(f->fd, iov, (int)nr, at);
        if (n < 0)
            n = -errno;
    } while (!transfer_moved(f, req, n));
    return req->impl.status;
}

static int write_zeros(const struct transfer_file *f, uint64_t off, uint64_t len)
{
    struct iovec iov[ZERO_SEGS];

    for (unsigned i = 0; i < ZERO_SEGS; i++)
        iov[i] = (struct iovec){.iov_base = zeros, .iov_len = sizeof(zeros)};
    while (len > 0) {
        unsigned nr =
            len >= ZERO_CHUNK ? ZERO_SEGS : (unsigned)((len + sizeof(zeros) - 1) / sizeof(zeros));
        ssize_t n;

        if (len < ZERO_CHUNK)
            iov[nr - 1].iov_len = len - (nr - 1) * sizeof(zeros);
        n = pwritev(f->fd, iov, (int)nr, (off_t)off);
        iov[nr - 1].iov_len = sizeof(zeros);
        if (n == 0)
            return -EIO;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            off += (uint64_t)n;
            len -= (uint64_t)n;
        }
    }
    return 0;
}

/* The host has no such operation here, or not for this alignment. */
static bool is_unsupported(int rc)
{
    /* Two of these are one number on Linux. NOLINTNEXTLINE(misc-redundant-expression) */
    return rc == -ENOTSUP || rc == -EOPNOTSUPP || rc == -EINVAL || rc == -ENOSYS || rc == -ENODEV;
}

static int write_zeroes(const struct transfer_file *f, const struct block_req *req)
{
    int rc = -ENOTSUP;

    if (req->may_unmap)
        rc = file_punch_hole(f->fd, req->offset, req->len);
    if (is_unsupported(rc))
        rc = file_zero_range(f->fd, req->offset, req->len);
    if (is_unsupported(rc))
        rc = write_zeros(f, req->offset, req->len);
    return rc;
}

static int discard(const struct transfer_file *f, const struct block_req *req)
{
    int rc = file_punch_hole(f->fd, req->offset, req->len);

    return is_unsupported(rc) ? 0 : rc; /* advice, that nobody has to follow */
}

int transfer_run(const struct transfer_file *f, struct block_req *req)
{
    switch (req->op) {
    case BLOCK_READ:
    case BLOCK_WRITE:
        return move(f, req);
    case BLOCK_FLUSH:
        return file_sync(f->fd, true);
    case BLOCK_DISCARD:
        return discard(f, req);
    case BLOCK_WRITE_ZEROES:
        return write_zeroes(f, req);
    }
    return -EINVAL;
}
