/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening, locking and sizing of an image, and the choice of who carries a request out: the host's
 * queue for reads, writes and flushes where there is one, threads for the rest. */
#include "backend/block/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/block/pool.h"
#include "backend/block/ring.h"
#include "base/log.h"
#include "host/file.h"

enum { SECTOR = 512, LOCK_PATIENCE_MS = 300, LOCK_RETRY_MS = 10 };

struct block_file {
    struct block base;
    struct transfer_file file;
    char *path;
    struct block_ring *ring; /* NULL: threads do everything */
    struct block_pool *pool;
    unsigned in_flight;
    int flush_error; /* of the first flush that failed; sticks */
};

/* ---- requests ---- */

static void file_done(void *ctx, struct block_req *req, int status)
{
    struct block_file *f = ctx;

    transfer_finish(req);
    f->in_flight--;
    if (req->op == BLOCK_FLUSH && status < 0 && f->flush_error == 0) {
        f->flush_error = status;
        log_error("disk '%s': the host could not store what the guest wrote: %s; every further "
                  "flush fails",
                  f->path, strerror(-status));
    }
    req->done(req, status);
}

static int file_run(void *ctx, struct block_req *req)
{
    struct block_file *f = ctx;

    return transfer_run(&f->file, req);
}

static const struct block_pool_ops file_pool_ops = {.run = file_run, .done = file_done};

/* Why `req` cannot even be tried, or 0. */
static int refusal(const struct block_file *f, const struct block_req *req)
{
    if (req->op == BLOCK_FLUSH)
        return f->flush_error;
    if (f->base.read_only && req->op != BLOCK_READ)
        return -EROFS;
    if (req->len > f->base.size || req->offset > f->base.size - req->len)
        return -EINVAL;
    return 0;
}

static bool ring_takes(const struct block_file *f, const struct block_req *req)
{
    if (!f->ring)
        return false;
    return req->op == BLOCK_FLUSH ||
           ((req->op == BLOCK_READ || req->op == BLOCK_WRITE) && req->len > 0);
}

static void file_submit(struct block *b, struct block_req *req)
{
    struct block_file *f = container_of(b, struct block_file, base);
    int rc = refusal(f, req);

    memset(&req->impl, 0, sizeof(req->impl));
    f->in_flight++;
    if (rc < 0)
        block_pool_fail(f->pool, req, rc);
    else if (ring_takes(f, req))
        block_ring_submit(f->ring, req);
    else
        block_pool_submit(f->pool, req);
}

static void file_kick(struct block *b)
{
    struct block_file *f = container_of(b, struct block_file, base);

    if (f->ring)
        block_ring_kick(f->ring);
}

/* Again while a `done` submits something new. */
static void file_drain(struct block *b)
{
    struct block_file *f = container_of(b, struct block_file, base);

    while (f->in_flight > 0) {
        if (f->ring)
            block_ring_drain(f->ring);
        block_pool_drain(f->pool);
    }
}

static void file_destroy(struct block *b)
{
    struct block_file *f = container_of(b, struct block_file, base);

    block_ring_destroy(f->ring);
    block_pool_destroy(f->pool);
    if (f->file.fd >= 0)
        (void)close(f->file.fd);
    free(f->path);
    free(f);
}

static const struct block_ops file_ops = {
    .submit = file_submit,
    .kick = file_kick,
    .drain = file_drain,
    .destroy = file_destroy,
};

/* ---- opening ---- */

static bool is_not_writable(int rc)
{
    return rc == -EACCES || rc == -EPERM || rc == -EROFS || rc == -ETXTBSY;
}

/* O_NONBLOCK so that a FIFO named by mistake does not hang us; images and devices do not care. */
static int open_image(struct block_file *f, const struct block_file_params *params, struct err *err)
{
    int rc = -EROFS;

    if (!params->read_only)
        rc = file_open(f->path, O_RDWR | O_NONBLOCK, 0, &f->file.fd);
    if (is_not_writable(rc)) {
        int why = rc;

        rc = file_open(f->path, O_RDONLY | O_NONBLOCK, 0, &f->file.fd);
        f->base.read_only = true;
        if (rc == 0 && !params->read_only)
            log_warn("disk '%s': cannot be written (%s); attached read-only", f->path,
                     strerror(-why));
    }
    if (rc < 0)
        return err_set(err, rc, "disk '%s': %s; check the path and its permissions", f->path,
                       strerror(-rc));
    return 0;
}

/* vfkit's words for type=dev come first. */
static int check_device(const struct block_file_params *params, struct err *err)
{
    struct stat st;

    if (!params->must_be_device)
        return 0;
    if (lstat(params->path, &st) < 0)
        return err_set(err, -errno, "error stating file: %s: %s", params->path, strerror(errno));
    if (!S_ISBLK(st.st_mode))
        return err_set(err, -ENOTBLK,
                       "file %s is not a block device; use type=image for image files",
                       params->path);
    return 0;
}

/* Looks again for a moment: after SIGKILL the kernel takes down a process's io_uring, which holds
 * the image open, a little later than the process. A lock of its own descriptor would go at once,
 * but then the dead VM's last writes could meet ours. */
static int lock_patiently(const struct block_file *f)
{
    enum file_lock_kind kind = f->base.read_only ? FILE_LOCK_SHARED : FILE_LOCK_EXCLUSIVE;
    int rc;

    for (int left = LOCK_PATIENCE_MS;; left -= LOCK_RETRY_MS) {
        rc = file_lock(f->file.fd, kind);
        if (rc != -EAGAIN || left <= 0)
            return rc;
        (void)poll(NULL, 0, LOCK_RETRY_MS);
    }
}

static int lock_image(struct block_file *f, struct err *err)
{
    int rc = lock_patiently(f);

    if (rc == -EAGAIN)
        return err_set(err, -EBUSY,
                       "disk '%s': in use by another berth, or given twice; stop that VM first, or "
                       "attach the disk read-only everywhere",
                       f->path);
    if (rc < 0)
        log_warn("disk '%s': cannot be locked here (%s); do not attach it to two VMs", f->path,
                 strerror(-rc));
    return 0;
}

static int measure_image(struct block_file *f, struct err *err)
{
    unsigned block = SECTOR;
    int rc = file_size(f->file.fd, &f->file.real_size);

    if (rc == 0)
        rc = file_block_size(f->file.fd, &block);
    if (rc == -EINVAL)
        return err_set(err, rc, "disk '%s': neither a regular file nor a block device", f->path);
    if (rc < 0)
        return err_set(err, rc, "disk '%s': its size cannot be found out: %s", f->path,
                       strerror(-rc));
    if (f->file.real_size == 0)
        return err_set(err, -EINVAL,
                       "disk '%s': the image is empty; give it a size first, as with "
                       "truncate -s 10G",
                       f->path);
    if (f->file.real_size > (uint64_t)INT64_MAX - SECTOR)
        return err_set(err, -EFBIG, "disk '%s': the image is too large", f->path);
    f->base.size = (f->file.real_size + SECTOR - 1) / SECTOR * SECTOR;
    f->base.physical_block = block < SECTOR ? SECTOR : block;
    f->base.can_discard = !f->base.read_only;
    return 0;
}

static int start_io(struct block_file *f, const struct block_file_params *params, struct err *err)
{
    int rc = block_pool_create(params->loop, &file_pool_ops, f, &f->pool);

    if (rc < 0)
        return err_set(err, rc, "disk '%s': %s", f->path, strerror(-rc));
    if (params->no_ring)
        return 0;
    rc = block_ring_create(params->loop, &f->file, file_done, f, &f->ring);
    if (rc < 0)
        log_debug("disk '%s': no io_uring (%s); using threads", f->path, strerror(-rc));
    return 0;
}

int block_file_open(const struct block_file_params *params, struct block **ret, struct err *err)
{
    struct block_file *f;
    int rc = check_device(params, err);

    if (rc < 0)
        return rc;
    f = calloc(1, sizeof(*f));
    if (!f)
        return err_set(err, -ENOMEM, "disk '%s': out of memory", params->path);
    f->base.ops = &file_ops;
    f->base.read_only = params->read_only;
    f->file.fd = -1;
    f->path = strdup(params->path);
    f->file.path = f->path;
    rc = f->path ? 0 : err_set(err, -ENOMEM, "disk '%s': out of memory", params->path);
    if (rc == 0)
        rc = open_image(f, params, err);
    if (rc == 0)
        rc = measure_image(f, err);
    if (rc == 0)
        rc = lock_image(f, err);
    if (rc == 0)
        rc = start_io(f, params, err);
    if (rc < 0) {
        file_destroy(&f->base);
        return rc;
    }
    *ret = &f->base;
    return 0;
}
