/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm ARM D8.2. */
#include "accel/arm64/walk.h"

#include <errno.h>
#include <stdbool.h>

enum { LAST_LEVEL = 3, VA_BITS_MAX = 48, TCR_TTBR1_SHIFT = 16 };
enum { DESC_VALID = 1, DESC_TABLE_OR_PAGE = 2 };

#define SCTLR_M     UINT64_C(1)
#define ADDRESS     UINT64_C(0x0000ffffffffffff)
#define TTBR1_SPACE (UINT64_C(1) << 55)

struct half {
    uint64_t table;
    unsigned va_bits;   /* translated */
    unsigned page_bits; /* of the granule: 12, 14 or 16 */
};

/* TCR_EL1.TG0 and TG1 count differently. 0: reserved. */
static unsigned page_bits(bool high, unsigned tg)
{
    static const uint8_t bits[2][4] = {{12, 16, 14, 0}, {0, 14, 12, 16}};

    return bits[high][tg];
}

static struct half half_of(const struct arm64_regime *r, uint64_t va)
{
    bool high = va & TTBR1_SPACE;
    uint64_t fields = high ? r->tcr >> TCR_TTBR1_SHIFT : r->tcr;

    return (struct half){.table = (high ? r->ttbr1 : r->ttbr0) & (ADDRESS & ~UINT64_C(1)),
                         .va_bits = 64 - (unsigned)(fields & 0x3f),
                         .page_bits = page_bits(high, fields >> 14 & 3)};
}

static int read_descriptor(const struct guest_memory *mem, gpa_t at, uint64_t *ret)
{
    return mem_read(mem, at, ret, sizeof(*ret));
}

int arm64_walk(const struct guest_memory *mem, const struct arm64_regime *regime, uint64_t va,
               gpa_t *ret)
{
    struct half h = half_of(regime, va);
    unsigned stride, level, shift, top;
    uint64_t desc, table = h.table;

    if (!(regime->sctlr & SCTLR_M)) {
        *ret = va;
        return 0;
    }
    if (h.page_bits == 0 || h.va_bits > VA_BITS_MAX || h.va_bits <= h.page_bits)
        return -EFAULT;
    stride = h.page_bits - 3;
    level = LAST_LEVEL + 1 - (h.va_bits - h.page_bits + stride - 1) / stride;
    top = h.va_bits;
    for (;; level++) {
        shift = h.page_bits + (LAST_LEVEL - level) * stride;
        uint64_t index = (va & ((UINT64_C(1) << top) - 1)) >> shift;

        if (read_descriptor(mem, table + index * 8, &desc) || !(desc & DESC_VALID))
            return -EFAULT;
        if (level == LAST_LEVEL || !(desc & DESC_TABLE_OR_PAGE))
            break;
        table = desc & ADDRESS & ~((UINT64_C(1) << h.page_bits) - 1);
        top = shift;
    }
    if (level == LAST_LEVEL && !(desc & DESC_TABLE_OR_PAGE))
        return -EFAULT;
    *ret = (desc & ADDRESS & ~((UINT64_C(1) << shift) - 1)) | (va & ((UINT64_C(1) << shift) - 1));
    return 0;
}
