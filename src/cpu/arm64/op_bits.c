/* SPDX-License-Identifier: Apache-2.0
 *
 * Bit fields, one- and two-source operations, multiplication and CRC32 (Arm ARM C4.1.92, C4.1.95).
 */
#include "cpu/arm64/op.h"

#define SIZES(name)                                                                                \
    {                                                                                              \
        op_##name##_w, op_##name##_x                                                               \
    }

static unsigned sf_of(uint32_t raw)
{
    return raw >> 31;
}

#define N(bits) ((uint##bits##_t)cpu->x[i->rn])
#define M(bits) ((uint##bits##_t)cpu->x[i->rm])

static ALWAYS_INLINE uint32_t ror32(uint32_t v, unsigned n)
{
    return v >> (n & 31) | v << (-n & 31);
}

static ALWAYS_INLINE uint64_t ror64(uint64_t v, unsigned n)
{
    return v >> (n & 63) | v << (-n & 63);
}

/* --- Bit fields. The predecoder reduces the many aliases to four shapes. --- */

/* UBFX, LSR, UXTB, UXTH: i->aux shifts down, i->imm masks. */
A64_VARIANT(ubfx)
{
    cpu->x[i->rd] = cpu->x[i->rn] >> i->aux & (uint64_t)i->imm;
}

/* UBFIZ, LSL: i->imm masks, i->aux shifts up. */
A64_VARIANT(ubfiz)
{
    cpu->x[i->rd] = (cpu->x[i->rn] & (uint64_t)i->imm) << i->aux;
}

/* SBFX, SBFIZ, ASR, SXTB, SXTH, SXTW: i->aux shifts the field to the top, i->imm back down. */
A64_VARIANT(sbf_w)
{
    cpu->x[i->rd] = (uint32_t)((int64_t)(cpu->x[i->rn] << i->aux) >> i->imm);
}

A64_VARIANT(sbf_x)
{
    cpu->x[i->rd] = (uint64_t)((int64_t)(cpu->x[i->rn] << i->aux) >> i->imm);
}

/* BFI, BFXIL: bits of i->imm come from rn rotated by i->aux. */
A64_VARIANT(bfm_w)
{
    uint32_t mask = (uint32_t)i->imm;
    cpu->x[i->rd] = ((uint32_t)cpu->x[i->rd] & ~mask) | (ror32(N(32), i->aux) & mask);
}

A64_VARIANT(bfm_x)
{
    uint64_t mask = (uint64_t)i->imm;
    cpu->x[i->rd] = (cpu->x[i->rd] & ~mask) | (ror64(N(64), i->aux) & mask);
}

static int64_t ones(unsigned n)
{
    return (int64_t)(~UINT64_C(0) >> (64 - n));
}

static void predecode_ubfm(struct a64_insn *i, unsigned size, unsigned r, unsigned s)
{
    if (s >= r) {
        i->imm = ones(s - r + 1);
        i->aux = (uint16_t)r;
        i->fn = op_ubfx;
    } else {
        i->imm = ones(s + 1);
        i->aux = (uint16_t)(size - r);
        i->fn = op_ubfiz;
    }
}

/* The field's top bit s goes to bit 63; the result's lowest bit is 0, or size - r when the field
 * moves up. */
static void predecode_sbfm(struct a64_insn *i, unsigned size, unsigned r, unsigned s)
{
    i->aux = (uint16_t)(63 - s);
    i->imm = s >= r ? 63 - s + r : 63 - s - (size - r);
    i->fn = size == 64 ? op_sbf_x : op_sbf_w;
}

static void predecode_bfm(struct a64_insn *i, unsigned size, unsigned r, unsigned s)
{
    i->imm = s >= r ? ones(s - r + 1) : (int64_t)((uint64_t)ones(s + 1) << (size - r));
    i->aux = (uint16_t)r;
    i->fn = size == 64 ? op_bfm_x : op_bfm_w;
}

void a64_pre_bitfield(struct a64_insn *i, uint32_t raw)
{
    unsigned size = sf_of(raw) ? 64 : 32, r = a64_bits(raw, 16, 6), s = a64_bits(raw, 10, 6);

    if (i->op == A64_OP_UBFM)
        predecode_ubfm(i, size, r, s);
    else if (i->op == A64_OP_SBFM)
        predecode_sbfm(i, size, r, s);
    else
        predecode_bfm(i, size, r, s);
}

A64_VARIANT(extr_w)
{
    cpu->x[i->rd] = (uint32_t)(((uint64_t)N(32) << 32 | M(32)) >> i->imm);
}

A64_VARIANT(extr_x)
{
    cpu->x[i->rd] = (uint64_t)(((unsigned __int128)N(64) << 64 | M(64)) >> i->imm);
}

void a64_pre_extr(struct a64_insn *i, uint32_t raw)
{
    i->imm = a64_bits(raw, 10, 6);
    i->fn = sf_of(raw) ? op_extr_x : op_extr_w;
}

/* --- One source --- */

static ALWAYS_INLINE uint64_t reverse_bits_in_bytes(uint64_t v)
{
    v = (v >> 1 & UINT64_C(0x5555555555555555)) | (v & UINT64_C(0x5555555555555555)) << 1;
    v = (v >> 2 & UINT64_C(0x3333333333333333)) | (v & UINT64_C(0x3333333333333333)) << 2;
    return (v >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f)) | (v & UINT64_C(0x0f0f0f0f0f0f0f0f)) << 4;
}

A64_VARIANT(rbit_w)
{
    cpu->x[i->rd] = __builtin_bswap32((uint32_t)reverse_bits_in_bytes(N(32)));
}

A64_VARIANT(rbit_x)
{
    cpu->x[i->rd] = __builtin_bswap64(reverse_bits_in_bytes(N(64)));
}

static ALWAYS_INLINE uint64_t swap_bytes_in_halves(uint64_t v)
{
    return (v >> 8 & UINT64_C(0x00ff00ff00ff00ff)) | (v & UINT64_C(0x00ff00ff00ff00ff)) << 8;
}

A64_VARIANT(rev16_w)
{
    cpu->x[i->rd] = swap_bytes_in_halves(N(32));
}

A64_VARIANT(rev16_x)
{
    cpu->x[i->rd] = swap_bytes_in_halves(N(64));
}

A64_VARIANT(rev32_w)
{
    cpu->x[i->rd] = __builtin_bswap32(N(32));
}

A64_VARIANT(rev32_x)
{
    cpu->x[i->rd] = ror64(__builtin_bswap64(N(64)), 32);
}

A64_OP(rev64)
{
    cpu->x[i->rd] = __builtin_bswap64(N(64));
}

A64_VARIANT(clz_w)
{
    uint32_t n = N(32);
    cpu->x[i->rd] = n ? (uint64_t)__builtin_clz(n) : 32;
}

A64_VARIANT(clz_x)
{
    uint64_t n = N(64);
    cpu->x[i->rd] = n ? (uint64_t)__builtin_clzll(n) : 64;
}

A64_VARIANT(cls_w)
{
    cpu->x[i->rd] = (uint64_t)__builtin_clrsb((int32_t)N(32));
}

A64_VARIANT(cls_x)
{
    cpu->x[i->rd] = (uint64_t)__builtin_clrsbll((int64_t)N(64));
}

void a64_pre_one_source(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][2] = {SIZES(rbit),  SIZES(rev16), SIZES(rev32),
                                    {NULL, NULL}, SIZES(clz),   SIZES(cls)};

    i->fn = fn[a64_bits(raw, 10, 3)][sf_of(raw)];
}

/* --- Two sources --- */

#define TWO_SOURCES(size, bits)                                                                    \
    A64_VARIANT(udiv_##size)                                                                       \
    {                                                                                              \
        uint##bits##_t n = N(bits), m = M(bits);                                                   \
        cpu->x[i->rd] = m ? n / m : 0;                                                             \
    }                                                                                              \
    A64_VARIANT(sdiv_##size)                                                                       \
    {                                                                                              \
        int##bits##_t n = (int##bits##_t)N(bits), m = (int##bits##_t)M(bits);                      \
        uint##bits##_t negated = -(uint##bits##_t)n;                                               \
        cpu->x[i->rd] = m == 0 ? 0 : m == -1 ? negated : (uint##bits##_t)(n / m);                  \
    }                                                                                              \
    A64_VARIANT(lslv_##size)                                                                       \
    {                                                                                              \
        cpu->x[i->rd] = (uint##bits##_t)(N(bits) << (M(bits) & (bits - 1)));                       \
    }                                                                                              \
    A64_VARIANT(lsrv_##size)                                                                       \
    {                                                                                              \
        cpu->x[i->rd] = N(bits) >> (M(bits) & (bits - 1));                                         \
    }                                                                                              \
    A64_VARIANT(asrv_##size)                                                                       \
    {                                                                                              \
        cpu->x[i->rd] = (uint##bits##_t)((int##bits##_t)N(bits) >> (M(bits) & (bits - 1)));        \
    }                                                                                              \
    A64_VARIANT(rorv_##size)                                                                       \
    {                                                                                              \
        cpu->x[i->rd] = ror##bits(N(bits), (unsigned)M(bits));                                     \
    }
TWO_SOURCES(w, 32)
TWO_SOURCES(x, 64)

void a64_pre_two_source(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][2] = {[2] = SIZES(udiv), [3] = SIZES(sdiv),  [8] = SIZES(lslv),
                                    [9] = SIZES(lsrv), [10] = SIZES(asrv), [11] = SIZES(rorv)};

    i->fn = fn[a64_bits(raw, 10, 4)][sf_of(raw)];
}

/* --- Multiplication --- */

#define MULTIPLY(size, bits)                                                                       \
    A64_VARIANT(mul_##size)                                                                        \
    {                                                                                              \
        cpu->x[i->rd] = (uint##bits##_t)(N(bits) * M(bits));                                       \
    }                                                                                              \
    A64_VARIANT(madd_##size)                                                                       \
    {                                                                                              \
        cpu->x[i->rd] = (uint##bits##_t)((uint##bits##_t)cpu->x[i->ra] + N(bits) * M(bits));       \
    }                                                                                              \
    A64_VARIANT(msub_##size)                                                                       \
    {                                                                                              \
        cpu->x[i->rd] = (uint##bits##_t)((uint##bits##_t)cpu->x[i->ra] - N(bits) * M(bits));       \
    }
MULTIPLY(w, 32)
MULTIPLY(x, 64)

void a64_pre_madd(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const mul[2] = SIZES(mul), *const madd[2] = SIZES(madd),
                         *const msub[2] = SIZES(msub);
    unsigned sf = sf_of(raw);

    if (i->op == A64_OP_MSUB)
        i->fn = msub[sf];
    else
        i->fn = i->ra == A64_ZR ? mul[sf] : madd[sf];
}

#define SIGNED_PRODUCT   ((uint64_t)((int64_t)(int32_t)N(32) * (int32_t)M(32)))
#define UNSIGNED_PRODUCT ((uint64_t)N(32) * M(32))

A64_OP(smaddl)
{
    cpu->x[i->rd] = cpu->x[i->ra] + SIGNED_PRODUCT;
}

A64_OP(smsubl)
{
    cpu->x[i->rd] = cpu->x[i->ra] - SIGNED_PRODUCT;
}

A64_OP(umaddl)
{
    cpu->x[i->rd] = cpu->x[i->ra] + UNSIGNED_PRODUCT;
}

A64_OP(umsubl)
{
    cpu->x[i->rd] = cpu->x[i->ra] - UNSIGNED_PRODUCT;
}

A64_OP(smulh)
{
    cpu->x[i->rd] = (uint64_t)((__int128)(int64_t)N(64) * (int64_t)M(64) >> 64);
}

A64_OP(umulh)
{
    cpu->x[i->rd] = (uint64_t)((unsigned __int128)N(64) * M(64) >> 64);
}

/* --- CRC32 (polynomial 0x04c11db7) and CRC32C (0x1edc6f41), bit-reflected, four bits at a time ---
 */

static const uint32_t crc32_table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};
static const uint32_t crc32c_table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t crc(const uint32_t *table, uint32_t acc, uint64_t value, unsigned bytes)
{
    for (unsigned nibble = 0; nibble < bytes * 2; nibble++, value >>= 4)
        acc = acc >> 4 ^ table[(acc ^ value) & 15];
    return acc;
}

#define CRC32(name, table, bits)                                                                   \
    A64_OP(name)                                                                                   \
    {                                                                                              \
        cpu->x[i->rd] = crc(table, N(32), M(bits), bits / 8);                                      \
    }
CRC32(crc32b, crc32_table, 8)
CRC32(crc32h, crc32_table, 16)
CRC32(crc32w, crc32_table, 32)
CRC32(crc32x, crc32_table, 64)
CRC32(crc32cb, crc32c_table, 8)
CRC32(crc32ch, crc32c_table, 16)
CRC32(crc32cw, crc32c_table, 32)
CRC32(crc32cx, crc32c_table, 64)
