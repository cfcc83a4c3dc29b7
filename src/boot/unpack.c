/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip (RFC 1952, by zlib) and Zstandard (RFC 8878, by libzstd) as one pull interface. A kernel is
 * one gzip member or one zstd frame; what follows it is padding (signatures, alignment) and
 * ignored. */
#include "boot/unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    UNPACK_CHUNK = 64 << 10, /* bytes of packed input read at once */
    ZSTD_WINDOW_LOG = 27,    /* 128 MiB: what `zstd -22` and the kernel's own build use at most */
    ZLIB_MAX = 1 << 30,      /* zlib counts in 32 bits: one call makes at most this much */
};

struct unpack {
    const struct boot_source *src;
    uint64_t off, left; /* packed bytes not read from the source yet */
    enum unpack_kind kind;
    bool done; /* the stream said that it ended */
    z_stream gzip;
    ZSTD_DCtx *zstd;
    ZSTD_inBuffer zstd_in;
    uint8_t chunk[UNPACK_CHUNK];
};

static int start(struct unpack *u)
{
    switch (u->kind) {
    case UNPACK_NONE:
        return 0;
    case UNPACK_GZIP:
        return inflateInit2(&u->gzip, 16 + MAX_WBITS) == Z_OK ? 0 : -ENOMEM;
    case UNPACK_ZSTD:
        u->zstd = ZSTD_createDCtx();
        if (!u->zstd ||
            ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
            return -ENOMEM;
        return 0;
    }
    return -EINVAL;
}

int unpack_create(const struct boot_source *src, uint64_t off, uint64_t len, enum unpack_kind kind,
                  struct unpack **ret)
{
    struct unpack *u;
    int r;

    if (off > src->len || len > src->len - off)
        return -EINVAL;
    u = calloc(1, sizeof(*u));
    if (!u)
        return -ENOMEM;
    u->src = src;
    u->off = off;
    u->left = len;
    u->kind = kind;
    r = start(u);
    if (r) {
        unpack_destroy(u);
        return r;
    }
    *ret = u;
    return 0;
}

void unpack_destroy(struct unpack *u)
{
    if (!u)
        return;
    if (u->kind == UNPACK_GZIP)
        (void)inflateEnd(&u->gzip);
    ZSTD_freeDCtx(u->zstd);
    free(u);
}

/* The next packed bytes into `chunk`. Returns how many, -ENODATA when there are none. */
static ssize_t refill(struct unpack *u)
{
    size_t n = u->left < UNPACK_CHUNK ? (size_t)u->left : UNPACK_CHUNK;
    int r;

    if (n == 0)
        return -ENODATA;
    r = boot_source_read(u->src, u->off, u->chunk, n);
    if (r)
        return r;
    u->off += n;
    u->left -= n;
    return (ssize_t)n;
}

/* One step of a decoder: unpacks what it holds into [dst, dst + len). Returns how many bytes it
 * made; 0 when it wants input (or ended). Both decoders may hold output back although their input
 * is used up, so input is only fetched after a step that made nothing. */
static ssize_t step_gzip(struct unpack *u, uint8_t *dst, size_t len)
{
    unsigned room = len < ZLIB_MAX ? (unsigned)len : ZLIB_MAX;
    int r;

    u->gzip.next_out = dst;
    u->gzip.avail_out = room;
    r = inflate(&u->gzip, Z_NO_FLUSH);
    if (r == Z_MEM_ERROR)
        return -ENOMEM;
    if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
        return -EBADMSG;
    u->done = r == Z_STREAM_END;
    return (ssize_t)(room - u->gzip.avail_out);
}

static ssize_t step_zstd(struct unpack *u, void *dst, size_t len)
{
    ZSTD_outBuffer out = {.dst = dst, .size = len};
    size_t hint = ZSTD_decompressStream(u->zstd, &out, &u->zstd_in);

    if (ZSTD_isError(hint))
        return ZSTD_getErrorCode(hint) == ZSTD_error_memory_allocation ? -ENOMEM : -EBADMSG;
    u->done = hint == 0;
    return (ssize_t)out.pos;
}

static bool wants_input(const struct unpack *u)
{
    return u->kind == UNPACK_GZIP ? u->gzip.avail_in == 0 : u->zstd_in.pos == u->zstd_in.size;
}

static int give_input(struct unpack *u)
{
    ssize_t n = refill(u);

    if (n < 0)
        return (int)n;
    u->gzip.next_in = u->chunk;
    u->gzip.avail_in = (unsigned)n;
    u->zstd_in = (ZSTD_inBuffer){.src = u->chunk, .size = (size_t)n};
    return 0;
}

static ssize_t read_packed(struct unpack *u, uint8_t *dst, size_t len)
{
    size_t got = 0;

    while (got < len && !u->done) {
        ssize_t n = u->kind == UNPACK_GZIP ? step_gzip(u, dst + got, len - got)
                                           : step_zstd(u, dst + got, len - got);

        if (n < 0)
            return n;
        got += (size_t)n;
        if (n == 0 && !u->done && wants_input(u)) {
            int r = give_input(u);

            if (r)
                return r;
        }
    }
    return (ssize_t)got;
}

static ssize_t read_plain(struct unpack *u, uint8_t *dst, size_t len)
{
    size_t n = u->left < len ? (size_t)u->left : len;
    int r = boot_source_read(u->src, u->off, dst, n);

    if (r)
        return r;
    u->off += n;
    u->left -= n;
    return (ssize_t)n;
}

ssize_t unpack_read(struct unpack *u, void *dst, size_t len)
{
    return u->kind == UNPACK_NONE ? read_plain(u, dst, len) : read_packed(u, dst, len);
}
