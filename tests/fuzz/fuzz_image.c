/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernel files. First byte: bits 1:0 say what becomes of the rest before the loader sees it (as it is; gzip of it;
 * zstd of it; as it is, with an initrd of the same bytes), so that a parser behind a checksum is reached, too. Checked:
 * what loads lies in RAM, in order, apart; what does not load leaves a sentence. */
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "boot/linux_arm64.h"
#include "fuzz.h"

enum { MIB = 1 << 20, RAM_LEN = 16 * MIB, PACKED_MAX = 64 << 10 };
#define RAM UINT64_C(0x40000000)

static size_t pack_gzip(uint8_t *dst, const uint8_t *src, size_t len)
{
    z_stream z = {0};
    size_t n = 0;

    if (deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    z.next_in = (uint8_t *)(uintptr_t)src;
    z.avail_in = (unsigned)len;
    z.next_out = dst;
    z.avail_out = PACKED_MAX;
    if (deflate(&z, Z_FINISH) == Z_STREAM_END)
        n = z.total_out;
    (void)deflateEnd(&z);
    return n;
}

static size_t pack_zstd(uint8_t *dst, const uint8_t *src, size_t len)
{
    size_t n = ZSTD_compress(dst, PACKED_MAX, src, len, 1);

    return ZSTD_isError(n) ? 0 : n;
}

static void check_layout(const struct linux_arm64 *l, const struct linux_arm64_layout *at)
{
    FUZZ_CHECK(at->entry >= RAM && at->entry < at->dtb);
    FUZZ_CHECK(at->dtb % 8 == 0 && at->initrd_start - at->dtb >= LINUX_ARM64_DTB_MAX);
    FUZZ_CHECK(at->initrd_end - at->initrd_start == (l->has_initrd ? l->initrd.len : 0));
    FUZZ_CHECK(at->initrd_end <= RAM + RAM_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct guest_memory *memory;
    static uint8_t packed[PACKED_MAX];
    struct linux_arm64 l = {0};
    struct linux_arm64_layout at;
    struct err err = {0};
    unsigned how;

    if (!memory)
        FUZZ_CHECK(mem_create(&memory) == 0 && mem_add_ram(memory, RAM, RAM_LEN, NULL) == 0);
    if (len < 2 || len > PACKED_MAX / 2)
        return 0;
    how = *data++ & 3;
    len--;
    l.has_initrd = how == 3;
    if (l.has_initrd)
        l.initrd = boot_source_memory("initrd", data, len);
    if (how == 1 || how == 2) {
        len = how == 1 ? pack_gzip(packed, data, len) : pack_zstd(packed, data, len);
        data = packed;
    }
    l.kernel = boot_source_memory("kernel", data, len);
    if (linux_arm64_load(&l, memory, RAM, RAM_LEN, &at, &err) == 0)
        check_layout(&l, &at);
    else
        FUZZ_CHECK(err.code < 0 && strlen(err.text) > 10);
    return 0;
}
