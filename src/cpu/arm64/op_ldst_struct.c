/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores of structures (DDI 0487 C4.1: Advanced SIMD load/store multiple and single
 * structure, with and without post-index): LD1 to LD4, ST1 to ST4, one element of each register,
 * and LD1R to LD4R.
 *
 * Memory is copied to or from a buffer at once where it is plain RAM in one page, else element by
 * element; the registers change when everything has been read. Predecoded:
 *
 *     rd    first register; the others follow, V0 after V31
 *     ra    how many registers
 *     aux   log2 of the element's bytes; of the single forms, bits 4 and up: which element
 *     imm   post-index: what is added to the base beside rm */
#include "cpu/arm64/mem.h"
#include "cpu/arm64/simd.h"

enum { MAX_BYTES = 4 * 16, POST_INDEX = 1 << 23 };

static unsigned element_size(const struct a64_insn *i)
{
    return i->aux & 15;
}

static uint64_t base_address(struct a64_cpu *cpu, const struct a64_insn *i)
{
    if (i->rn == A64_SP)
        a64_check_sp(cpu, i);
    return cpu->x[i->rn];
}

static void write_back(struct a64_cpu *cpu, const struct a64_insn *i)
{
    if (i->raw & POST_INDEX)
        cpu->x[i->rn] += (uint64_t)i->imm + cpu->x[i->rm];
}

static uint64_t load_element(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va)
{
    switch (element_size(i)) {
    case 0:
        return a64_ld8(cpu, i, va);
    case 1:
        return a64_ld16(cpu, i, va);
    case 2:
        return a64_ld32(cpu, i, va);
    default:
        return a64_ld64(cpu, i, va);
    }
}

static void store_element(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, uint64_t v)
{
    switch (element_size(i)) {
    case 0:
        a64_st8(cpu, i, va, (uint8_t)v);
        break;
    case 1:
        a64_st16(cpu, i, va, (uint16_t)v);
        break;
    case 2:
        a64_st32(cpu, i, va, (uint32_t)v);
        break;
    default:
        a64_st64(cpu, i, va, v);
        break;
    }
}

static void load_bytes(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, uint8_t *buf,
                       unsigned len)
{
    const void *host = a64_host_ptr(cpu, i, va, len, false);
    const unsigned step = 1u << element_size(i);

    if (LIKELY(host)) {
        memcpy(buf, host, len);
        return;
    }
    for (unsigned at = 0; at < len; at += step) {
        const uint64_t value = load_element(cpu, i, va + at);

        memcpy(buf + at, &value, step);
    }
}

static void store_bytes(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                        const uint8_t *buf, unsigned len)
{
    void *host = a64_host_ptr(cpu, i, va, len, true);
    const unsigned step = 1u << element_size(i);

    if (LIKELY(host)) {
        memcpy(host, buf, len);
        return;
    }
    for (unsigned at = 0; at < len; at += step) {
        uint64_t value = 0;

        memcpy(&value, buf + at, step);
        store_element(cpu, i, va + at, value);
    }
}

/* --- Multiple structures: all elements of one to four registers --- */

static unsigned register_bytes(const struct a64_insn *i)
{
    return i->raw >> 30 & 1 ? 16 : 8;
}

static union a64_vreg *nth_register(struct a64_cpu *cpu, const struct a64_insn *i, unsigned n)
{
    return &cpu->v[(i->rd + n) & 31];
}

/* LD1, ST1: one register after the other. In plain RAM there is no need for a buffer. */
#define PLAIN(bytes)                                                                               \
    FP_VARIANT_COLD(ld_plain_##bytes)                                                              \
    {                                                                                              \
        const uint64_t va = base_address(cpu, i);                                                  \
        const uint8_t *from = a64_host_ptr(cpu, i, va, bytes * i->ra, false);                      \
        uint8_t buf[MAX_BYTES];                                                                    \
        if (UNLIKELY(!from)) {                                                                     \
            load_bytes(cpu, i, va, buf, bytes * i->ra);                                            \
            from = buf;                                                                            \
        }                                                                                          \
        for (unsigned n = 0; n < i->ra; n++, from += bytes) {                                      \
            union a64_vreg v = {.d = {0, 0}};                                                      \
            memcpy(&v, from, bytes);                                                               \
            *nth_register(cpu, i, n) = v;                                                          \
        }                                                                                          \
        write_back(cpu, i);                                                                        \
    }                                                                                              \
    FP_VARIANT_COLD(st_plain_##bytes)                                                              \
    {                                                                                              \
        const uint64_t va = base_address(cpu, i);                                                  \
        uint8_t *to = a64_host_ptr(cpu, i, va, bytes * i->ra, true);                               \
        uint8_t buf[MAX_BYTES];                                                                    \
        for (unsigned n = 0; n < i->ra; n++)                                                       \
            memcpy((LIKELY(to) ? to : buf) + (size_t)n * bytes, nth_register(cpu, i, n), bytes);   \
        if (UNLIKELY(!to))                                                                         \
            store_bytes(cpu, i, va, buf, bytes * i->ra);                                           \
        write_back(cpu, i);                                                                        \
    }
PLAIN(8)
PLAIN(16)

/* LD2 to LD4, ST2 to ST4: the registers' elements take turns. */
#define INTERLEAVED(bits)                                                                          \
    FP_VARIANT_COLD(ld_turns_##bits)                                                               \
    {                                                                                              \
        const uint64_t va = base_address(cpu, i);                                                  \
        const unsigned regs = i->ra, count = register_bytes(i) * 8 / bits;                         \
        uint##bits##_t buf[MAX_BYTES * 8 / bits];                                                  \
        load_bytes(cpu, i, va, (uint8_t *)buf, register_bytes(i) * regs);                          \
        for (unsigned n = 0; n < regs; n++) {                                                      \
            union a64_vreg *v = nth_register(cpu, i, n);                                           \
            v->d[1] = 0;                                                                           \
            for (unsigned e = 0; e < count; e++)                                                   \
                v->SIMD_LANE(bits)[e] = buf[e * regs + n];                                         \
        }                                                                                          \
        write_back(cpu, i);                                                                        \
    }                                                                                              \
    FP_VARIANT_COLD(st_turns_##bits)                                                               \
    {                                                                                              \
        const uint64_t va = base_address(cpu, i);                                                  \
        const unsigned regs = i->ra, count = register_bytes(i) * 8 / bits;                         \
        uint##bits##_t buf[MAX_BYTES * 8 / bits];                                                  \
        for (unsigned n = 0; n < regs; n++)                                                        \
            for (unsigned e = 0; e < count; e++)                                                   \
                buf[e * regs + n] = nth_register(cpu, i, n)->SIMD_LANE(bits)[e];                   \
        store_bytes(cpu, i, va, (const uint8_t *)buf, register_bytes(i) * regs);                   \
        write_back(cpu, i);                                                                        \
    }
// NOLINTBEGIN(clang-analyzer-core.uninitialized.Assign): a register has at least one element
INTERLEAVED(8)
INTERLEAVED(16)
INTERLEAVED(32)
INTERLEAVED(64)
// NOLINTEND(clang-analyzer-core.uninitialized.Assign)

/* Without a register, the base moves by what was transferred. */
static void pre_post_index(struct a64_insn *i, uint32_t raw, unsigned bytes)
{
    i->imm = a64_bits(raw, 16, 5) == 31 ? bytes : 0;
}

static void pre_multiple(struct a64_insn *i, uint32_t raw, unsigned regs, a64_op *fn)
{
    i->ra = (uint8_t)regs;
    i->aux = (uint16_t)a64_bits(raw, 10, 2);
    i->fn = fn;
    pre_post_index(i, raw, regs * (raw >> 30 & 1 ? 16 : 8));
}

void a64_pre_ldst_plain(struct a64_insn *i, uint32_t raw)
{
    static const uint8_t regs[16] = {[0x2] = 4, [0x6] = 3, [0x7] = 1, [0xa] = 2};

    static a64_op *const fn[2][2] = {{op_st_plain_8, op_st_plain_16},
                                     {op_ld_plain_8, op_ld_plain_16}};

    pre_multiple(i, raw, regs[a64_bits(raw, 12, 4)], fn[raw >> 22 & 1][raw >> 30 & 1]);
}

void a64_pre_ldst_turns(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[2][4] = {
        {op_st_turns_8, op_st_turns_16, op_st_turns_32, op_st_turns_64},
        {op_ld_turns_8, op_ld_turns_16, op_ld_turns_32, op_ld_turns_64},
    };

    pre_multiple(i, raw, 4 - a64_bits(raw, 14, 2), fn[raw >> 22 & 1][a64_bits(raw, 10, 2)]);
}

/* --- Single structures: one element of each register, or (replicating) all set to what was read
 * --- */

FP_VARIANT_COLD(ld_element)
{
    const uint64_t va = base_address(cpu, i);
    const unsigned size = element_size(i), at = (unsigned)(i->aux >> 4) << size;
    uint8_t buf[MAX_BYTES];

    load_bytes(cpu, i, va, buf, (unsigned)i->ra << size);
    for (unsigned n = 0; n < i->ra; n++)
        memcpy(nth_register(cpu, i, n)->b + at, buf + (n << size), 1u << size);
    write_back(cpu, i);
}

FP_VARIANT_COLD(st_element)
{
    const uint64_t va = base_address(cpu, i);
    const unsigned size = element_size(i), at = (unsigned)(i->aux >> 4) << size;
    uint8_t buf[MAX_BYTES];

    for (unsigned n = 0; n < i->ra; n++)
        memcpy(buf + (n << size), nth_register(cpu, i, n)->b + at, 1u << size);
    store_bytes(cpu, i, va, buf, (unsigned)i->ra << size);
    write_back(cpu, i);
}

FP_VARIANT_COLD(ld_replicate)
{
    const uint64_t va = base_address(cpu, i);
    const unsigned size = element_size(i);
    uint8_t buf[MAX_BYTES];

    load_bytes(cpu, i, va, buf, (unsigned)i->ra << size);
    for (unsigned n = 0; n < i->ra; n++) {
        union a64_vreg v = {.d = {0, 0}};

        for (unsigned at = 0; at < register_bytes(i); at += 1u << size)
            memcpy(v.b + at, buf + (n << size), 1u << size);
        *nth_register(cpu, i, n) = v;
    }
    write_back(cpu, i);
}

/* Bits 21 and 13 count the registers. */
static void pre_single(struct a64_insn *i, uint32_t raw, unsigned size, unsigned element)
{
    i->ra = (uint8_t)(1 + a64_bits(raw, 21, 1) + 2 * a64_bits(raw, 13, 1));
    i->aux = (uint16_t)(element << 4 | size);
    pre_post_index(i, raw, (unsigned)i->ra << size);
}

void a64_pre_ldst_element(struct a64_insn *i, uint32_t raw)
{
    const uint32_t q = raw >> 30 & 1;
    unsigned size = a64_bits(raw, 14, 2);

    if (size == 2 && a64_bits(raw, 10, 1))
        size = 3;
    /* Q:S:size holds the index, in its upper bits. */
    pre_single(i, raw, size, (q << 3 | a64_bits(raw, 10, 3)) >> size);
    i->fn = raw >> 22 & 1 ? op_ld_element : op_st_element;
}

void a64_pre_ld_replicate(struct a64_insn *i, uint32_t raw)
{
    pre_single(i, raw, a64_bits(raw, 10, 2), 0);
    i->fn = op_ld_replicate;
}
