/* SPDX-License-Identifier: Apache-2.0
 *
 * The VMSAv8-64 stage 1 translation table walk of the EL1&0 regime (Arm ARM D8): 4 KiB granule,
 * 48-bit input and 40-bit output addresses, two halves, blocks, hierarchical attributes. Left out,
 * as the ID registers say: 16 and 64 KiB granules, hardware update of the access flag, stage 2,
 * large addresses. The contiguous bit is ignored, which is allowed. */
#include "cpu/arm64/mmu.h"

#include <stdatomic.h>

#include "cpu/arm64/vm.h"

/* TCR_EL1 */
enum {
    TCR_EPD0 = 7,
    TCR_EPD1 = 23,
    TCR_A1 = 22,
    TCR_IPS = 32,
    TCR_AS = 36,
    TCR_TBI0 = 37,
    TCR_E0PD0 = 55,
};

/* SCTLR_EL1.WXN */
#define SCTLR_WXN (UINT64_C(1) << 19)

/* Descriptor bits. */
#define DESC_VALID     (UINT64_C(1) << 0)
#define DESC_TABLE     (UINT64_C(1) << 1) /* at level 3: page */
#define DESC_USER      (UINT64_C(1) << 6)
#define DESC_READ_ONLY (UINT64_C(1) << 7)
#define DESC_AF        (UINT64_C(1) << 10)
#define DESC_NG        (UINT64_C(1) << 11)
#define DESC_PXN       (UINT64_C(1) << 53)
#define DESC_UXN       (UINT64_C(1) << 54)
#define DESC_ADDRESS   UINT64_C(0x0000fffffffff000)
/* Table descriptors: limits on everything below. */
#define TABLE_PXN       (UINT64_C(1) << 59)
#define TABLE_UXN       (UINT64_C(1) << 60)
#define TABLE_NO_USER   (UINT64_C(1) << 61)
#define TABLE_READ_ONLY (UINT64_C(1) << 62)

enum { PA_BITS = 40 }; /* ID_AA64MMFR0_EL1.PARange 2 */

static uint64_t bit(uint64_t word, unsigned n)
{
    return word >> n & 1;
}

uint32_t a64_mmu_asid(const struct a64_cpu *cpu)
{
    uint64_t ttbr = bit(cpu->sys.tcr, TCR_A1) ? cpu->sys.ttbr1 : cpu->sys.ttbr0;
    uint32_t asid = (uint32_t)(ttbr >> 48);
    return bit(cpu->sys.tcr, TCR_AS) ? asid : asid & 0xff;
}

static bool top_byte_ignored(const struct a64_cpu *cpu, uint64_t va)
{
    return bit(cpu->sys.tcr, TCR_TBI0 + (unsigned)bit(va, 55));
}

uint64_t a64_branch_target_slow(const struct a64_cpu *cpu, uint64_t va)
{
    return top_byte_ignored(cpu, va) ? (uint64_t)((int64_t)(va << 8) >> 8) : va;
}

/* Bits of a physical address that TCR_EL1.IPS allows. */
static unsigned output_bits(const struct a64_cpu *cpu)
{
    static const uint8_t ips_bits[8] = {32, 36, 40, 42, 44, 48, 52, 52};
    unsigned bits = ips_bits[cpu->sys.tcr >> TCR_IPS & 7];
    return bits < PA_BITS ? bits : PA_BITS;
}

static bool fault(struct a64_translation *ret, unsigned fsc, unsigned level)
{
    ret->fsc = (uint8_t)(fsc + level);
    return false;
}

static bool translate_mmu_off(const struct a64_cpu *cpu, uint64_t va, unsigned access,
                              struct a64_translation *ret)
{
    uint64_t pa = top_byte_ignored(cpu, va) ? va << 8 >> 8 : va;
    if (pa >> PA_BITS)
        return fault(ret, A64_FSC_ADDRESS_SIZE, 0);
    *ret = (struct a64_translation){
        .pa = pa,
        .block = A64_PAGE_SIZE,
        .attr = access & A64_ACCESS_EXEC ? 0xaa : 0x00, /* Normal write-through; Device-nGnRnE */
        .sh = 2,
        .global = true,
        .allowed = A64_ACCESS_READ | A64_ACCESS_WRITE | A64_ACCESS_EXEC,
    };
    return true;
}

/* Where a walk begins. */
struct walk_start {
    uint64_t table;   /* physical address */
    unsigned va_bits; /* of the half */
    unsigned level;
};

static bool walk_start(const struct a64_cpu *cpu, uint64_t va, unsigned access,
                       struct walk_start *start, struct a64_translation *ret)
{
    uint64_t tcr = cpu->sys.tcr;
    bool high = bit(va, 55);
    unsigned tsz = (unsigned)(tcr >> (high ? 16 : 0)) & 63;
    tsz = tsz < 16 ? 16 : tsz > 39 ? 39 : tsz;
    start->va_bits = 64 - tsz;

    int64_t extended =
        (int64_t)(top_byte_ignored(cpu, va) ? va << 8 : va) >> (top_byte_ignored(cpu, va) ? 8 : 0);
    bool canonical = extended >> start->va_bits == (high ? -1 : 0);
    bool disabled = bit(tcr, high ? TCR_EPD1 : TCR_EPD0);
    bool user_disabled = (access & A64_ACCESS_USER) && bit(tcr, TCR_E0PD0 + high);
    if (!canonical || disabled || user_disabled)
        return fault(ret, A64_FSC_TRANSLATION, 0);

    start->level = 3 - (start->va_bits - A64_PAGE_BITS - 1) / 9;
    unsigned index_bits = start->va_bits - (39 - 9 * start->level);
    uint64_t base = (high ? cpu->sys.ttbr1 : cpu->sys.ttbr0) & UINT64_C(0x0000fffffffffffe);
    start->table = base >> (index_bits + 3) << (index_bits + 3);
    if (base >> output_bits(cpu))
        return fault(ret, A64_FSC_ADDRESS_SIZE, 0);
    return true;
}

static bool load_descriptor(const struct a64_cpu *cpu, uint64_t pa, uint64_t *ret)
{
    const struct a64_ram *ram = a64_ram_find(cpu->vm, pa, sizeof(*ret));
    if (!ram || !(ram->allowed & A64_ACCESS_READ))
        return false;
    *ret = __atomic_load_n((const uint64_t *)(const void *)(ram->host + (pa - ram->pa)),
                           __ATOMIC_ACQUIRE);
    return true;
}

/* Finds the block or page descriptor, with the limits of the tables above folded into it. */
static bool walk(const struct a64_cpu *cpu, uint64_t va, unsigned access, uint64_t *ret_desc,
                 unsigned *ret_level, struct a64_translation *ret)
{
    struct walk_start start;
    if (!walk_start(cpu, va, access, &start, ret))
        return false;

    uint64_t table = start.table, limits = 0;
    uint64_t index = (va & (~UINT64_C(0) >> (64 - start.va_bits))) >> (39 - 9 * start.level);
    for (unsigned level = start.level;; level++) {
        uint64_t desc;
        if (!load_descriptor(cpu, table + index * 8, &desc)) {
            ret->pa = table + index * 8;
            return fault(ret, A64_FSC_EXTERNAL_WALK, level);
        }
        bool is_table = desc & DESC_TABLE;
        if (!(desc & DESC_VALID) || (level == 0 && !is_table) || (level == 3 && !is_table))
            return fault(ret, A64_FSC_TRANSLATION, level);
        if ((desc & DESC_ADDRESS) >> output_bits(cpu))
            return fault(ret, A64_FSC_ADDRESS_SIZE, level);
        if (level == 3 || !is_table) {
            *ret_level = level;
            *ret_desc = desc | (limits & TABLE_PXN ? DESC_PXN : 0) |
                        (limits & TABLE_UXN ? DESC_UXN : 0) |
                        (limits & TABLE_READ_ONLY ? DESC_READ_ONLY : 0);
            if (limits & TABLE_NO_USER)
                *ret_desc &= ~DESC_USER;
            return true;
        }
        limits |= desc;
        table = desc & DESC_ADDRESS;
        index = va >> (39 - 9 * (level + 1)) & 511;
    }
}

/* What EL0 (`user`) or EL1 may do under `desc`: Arm ARM D8.4, without PAN. */
static unsigned permissions(const struct a64_cpu *cpu, uint64_t desc, bool user)
{
    bool user_ok = desc & DESC_USER;
    bool writable = !(desc & DESC_READ_ONLY);
    bool readable = !user || user_ok;
    writable = writable && readable;
    bool executable =
        user ? !(desc & DESC_UXN) : !(desc & DESC_PXN) && !(user_ok && !(desc & DESC_READ_ONLY));
    if (writable && (cpu->sys.sctlr & SCTLR_WXN))
        executable = false;
    return (readable ? A64_ACCESS_READ : 0u) | (writable ? A64_ACCESS_WRITE : 0u) |
           (executable ? A64_ACCESS_EXEC : 0u);
}

bool a64_translate(struct a64_cpu *cpu, uint64_t va, unsigned access, struct a64_translation *ret)
{
    if (!a64_mmu_on(cpu))
        return translate_mmu_off(cpu, va, access, ret);

    uint64_t desc;
    unsigned level;
    if (!walk(cpu, va, access, &desc, &level, ret))
        return false;
    if (!(desc & DESC_AF))
        return fault(ret, A64_FSC_ACCESS_FLAG, level);

    bool user = access & A64_ACCESS_USER;
    unsigned allowed = permissions(cpu, desc, user);
    if (!user && cpu->pan && (desc & DESC_USER) && !(access & A64_ACCESS_NO_PAN))
        allowed &= A64_ACCESS_EXEC;
    unsigned needed = access & (A64_ACCESS_READ | A64_ACCESS_WRITE | A64_ACCESS_EXEC);
    ret->attr = (uint8_t)(cpu->sys.mair >> (desc >> 2 & 7) * 8);
    if ((allowed & needed) != needed)
        return fault(ret, A64_FSC_PERMISSION, level);

    ret->block = UINT64_C(1) << (39 - 9 * level);
    ret->pa = (desc & DESC_ADDRESS & ~(ret->block - 1)) | (va & (ret->block - 1));
    ret->fsc = 0;
    ret->sh = desc >> 8 & 3;
    ret->global = !(desc & DESC_NG);
    ret->user = desc & DESC_USER;
    ret->allowed = (uint8_t)allowed;
    return true;
}
