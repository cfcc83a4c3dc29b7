/* SPDX-License-Identifier: Apache-2.0 */
#include "images.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/compiler.h"

static struct blob blob_make(size_t len)
{
    struct blob b = {.p = calloc(1, len), .len = len};

    assert(b.p);
    return b;
}

void blob_free(struct blob *b)
{
    free(b->p);
    *b = (struct blob){0};
}

static void put(struct blob *b, size_t off, const void *p, size_t len)
{
    assert(off <= b->len && len <= b->len - off);
    memcpy(b->p + off, p, len);
}

void put16(struct blob *b, size_t off, uint16_t v)
{
    put(b, off, &v, sizeof(v));
}

void put32(struct blob *b, size_t off, uint32_t v)
{
    put(b, off, &v, sizeof(v));
}

void put64(struct blob *b, size_t off, uint64_t v)
{
    put(b, off, &v, sizeof(v));
}

/* PE header at 0x40 with one section that takes [0x1000, end) of the file. */
static void put_pe(struct blob *b, uint32_t end)
{
    enum { OPTIONAL = 0xa0, SECTION = 0x40 + 24 + OPTIONAL };

    put32(b, 0x3c, 0x40);
    put(b, 0x40, "PE\0\0", 4);
    put16(b, 0x44, 0xaa64);
    put16(b, 0x46, 1);
    put16(b, 0x54, OPTIONAL);
    put32(b, SECTION + 16, end - 0x1000);
    put32(b, SECTION + 20, 0x1000);
}

struct blob image_make(void)
{
    struct blob b = blob_make(IMAGE_FILE_LEN);
    uint32_t x = 1;

    put(&b, 0, "MZ", 2);
    put64(&b, 0x10, IMAGE_SIZE);
    put64(&b, 0x18, 0xa);
    put(&b, 0x38, "ARMd", 4);
    put_pe(&b, IMAGE_FILE_LEN);
    for (size_t i = 0x400; i < b.len; i++) {
        x = x * 1664525 + 1013904223;
        b.p[i] = (uint8_t)(x >> 24);
    }
    return b;
}

struct blob image_gzip(const struct blob *b)
{
    struct blob packed = blob_make(b->len * 2 + 64);
    z_stream z = {.next_in = b->p, .avail_in = (unsigned)b->len};
    int r;

    z.next_out = packed.p;
    z.avail_out = (unsigned)packed.len;
    r = deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    assert(r == Z_OK);
    r = deflate(&z, Z_FINISH);
    assert(r == Z_STREAM_END);
    packed.len = z.total_out;
    (void)deflateEnd(&z);
    return packed;
}

struct blob image_zstd(const struct blob *b)
{
    struct blob packed = blob_make(ZSTD_compressBound(b->len));
    size_t n;
    ZSTD_CCtx *c = ZSTD_createCCtx();

    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    n = ZSTD_compress2(c, packed.p, packed.len, b->p, b->len);
    assert(!ZSTD_isError(n));
    packed.len = n;
    ZSTD_freeCCtx(c);
    return packed;
}

struct blob image_zboot(const struct blob *payload, const char *type)
{
    enum { HEAD = 0x1000, TAIL = 0x200 };
    struct blob b = blob_make(HEAD + payload->len + TAIL);

    put(&b, 0, "MZ\0\0zimg", 8);
    put32(&b, 8, HEAD);
    put32(&b, 12, (uint32_t)payload->len);
    put(&b, 0x18, type, strlen(type));
    put_pe(&b, (uint32_t)b.len);
    put(&b, HEAD, payload->p, payload->len);
    return b;
}

struct blob image_elf(const struct blob *b)
{
    enum { DATA = 0x1000, SPLIT = 0x2000 };
    const uint64_t base = UINT64_C(0xffff800008000000);
    struct blob e = blob_make(DATA + b->len);

    put(&e, 0,
        "\x7f"
        "ELF\2\1\1",
        7);
    put16(&e, 18, 183);
    put64(&e, 32, 64); /* program headers */
    put16(&e, 54, 56);
    put16(&e, 56, 3);
    put32(&e, 64, 4); /* a note: skipped */
    for (unsigned i = 0; i < 2; i++) {
        size_t ph = 64 + 56 * (i + 1), from = i ? SPLIT : 0, to = i ? b->len : SPLIT - 0x100;

        put32(&e, ph, 1);
        put64(&e, ph + 8, DATA + from);
        put64(&e, ph + 24, base + from);
        put64(&e, ph + 32, to - from);
    }
    put(&e, DATA, b->p, b->len);
    return e;
}
