/* SPDX-License-Identifier: Apache-2.0
 *
 * Data moves when a request completes, not when it is submitted, as on a real disk. */
#include "fake_block.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct fake_block *to_fake(struct block *b)
{
    return container_of(b, struct fake_block, base);
}

static void fake_submit(struct block *base, struct block_req *req)
{
    struct fake_block *b = to_fake(base);

    assert(b->nr_pending < FAKE_BLOCK_MAX);
    assert(req->op == BLOCK_FLUSH ||
           (req->len <= base->size && req->offset <= base->size - req->len));
    b->pending[b->nr_pending++] = req;
    b->nr_submitted++;
}

static void fake_kick(struct block *base)
{
    to_fake(base)->nr_kicks++;
}

static void move(struct fake_block *b, struct block_req *req)
{
    uint8_t *p = b->bytes + req->offset;

    for (unsigned i = 0; i < req->nr_iov; i++) {
        const struct iovec *v = &req->iov[i];

        if (req->op == BLOCK_READ)
            memcpy(v->iov_base, p, v->iov_len);
        else
            memcpy(p, v->iov_base, v->iov_len);
        p += v->iov_len;
    }
}

static int carry_out(struct fake_block *b, struct block_req *req)
{
    int status = b->fail_next[req->op];

    b->fail_next[req->op] = 0;
    if (status < 0)
        return status;
    if (req->op == BLOCK_READ || req->op == BLOCK_WRITE)
        move(b, req);
    else if (req->op == BLOCK_FLUSH)
        b->nr_flushes++;
    else
        memset(b->bytes + req->offset, 0, req->len);
    return 0;
}

void fake_block_complete(struct fake_block *b, unsigned i)
{
    struct block_req *req = b->pending[i];

    assert(i < b->nr_pending);
    b->nr_pending--;
    memmove(&b->pending[i], &b->pending[i + 1], (b->nr_pending - i) * sizeof(b->pending[0]));
    req->done(req, carry_out(b, req));
}

void fake_block_complete_all(struct fake_block *b)
{
    while (b->nr_pending)
        fake_block_complete(b, 0);
}

static void fake_drain(struct block *base)
{
    fake_block_complete_all(to_fake(base));
}

static void fake_destroy(struct block *base)
{
    struct fake_block *b = to_fake(base);

    assert(b->nr_pending == 0);
    if (b->destroyed)
        *b->destroyed = true;
    free(b->bytes);
    free(b);
}

static const struct block_ops fake_ops = {
    .submit = fake_submit,
    .kick = fake_kick,
    .drain = fake_drain,
    .destroy = fake_destroy,
};

struct fake_block *fake_block_create(uint64_t size)
{
    struct fake_block *b = calloc(1, sizeof(*b));

    assert(b);
    b->bytes = calloc(1, size);
    assert(b->bytes);
    b->base =
        (struct block){.ops = &fake_ops, .size = size, .physical_block = 4096, .can_discard = true};
    return b;
}
