/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD that moves elements without computing (DDI 0487 C4.1: copy, permute, extract, table
 * lookup, modified immediate). */
#include "cpu/arm64/simd.h"

/* Copies: imm5's lowest set bit is the element size, what stands above it the index, which goes to
 * imm. */
static unsigned pre_index(struct a64_insn *i, uint32_t raw)
{
    const uint32_t imm5 = a64_bits(raw, 16, 5);
    const unsigned size = (unsigned)__builtin_ctz(imm5);

    i->imm = imm5 >> (size + 1);
    i->aux = simd_width_of(raw, size);
    return size;
}

#define PRE_COPY(name)                                                                             \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        static a64_op *const fn[] = {op_##name##_b, op_##name##_h, op_##name##_s, op_##name##_d};  \
        i->fn = fn[pre_index(i, raw)];                                                             \
    }
#define COPY_TO_ALL(name, bits, lane, value)                                                       \
    FP_VARIANT(name##_##lane)                                                                      \
    {                                                                                              \
        simd_put(cpu, i, (simd_u64)((simd_u##bits){0} + (uint##bits##_t)(value)));                 \
    }
#define COPY_TO_ALL_BHSD(name, value_b, value_h, value_s, value_d)                                 \
    COPY_TO_ALL(name, 8, b, value_b)                                                               \
    COPY_TO_ALL(name, 16, h, value_h)                                                              \
    COPY_TO_ALL(name, 32, s, value_s)                                                              \
    COPY_TO_ALL(name, 64, d, value_d)                                                              \
    PRE_COPY(name)
#define VN(lane) cpu->v[i->rn].lane[i->imm]

COPY_TO_ALL_BHSD(dup_e, VN(b), VN(h), VN(s), VN(d))
COPY_TO_ALL_BHSD(dup_r, cpu->x[i->rn], cpu->x[i->rn], cpu->x[i->rn], cpu->x[i->rn])

/* To a general register: W results are zero-extended. */
#define COPY_TO_GENERAL(name, value)                                                               \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        cpu->x[i->rd] = (value);                                                                   \
    }
COPY_TO_GENERAL(umov_b, VN(b))
COPY_TO_GENERAL(umov_h, VN(h))
COPY_TO_GENERAL(umov_s, VN(s))
COPY_TO_GENERAL(umov_d, VN(d))
PRE_COPY(umov)
COPY_TO_GENERAL(smov_w_b, (uint64_t)(uint32_t)(int8_t)VN(b))
COPY_TO_GENERAL(smov_w_h, (uint64_t)(uint32_t)(int16_t)VN(h))
COPY_TO_GENERAL(smov_x_b, (uint64_t)(int8_t)VN(b))
COPY_TO_GENERAL(smov_x_h, (uint64_t)(int16_t)VN(h))
COPY_TO_GENERAL(smov_x_s, (uint64_t)(int32_t)VN(s))

void a64_pre_smov(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[2][3] = {{op_smov_w_b, op_smov_w_h, NULL},
                                     {op_smov_x_b, op_smov_x_h, op_smov_x_s}};

    i->fn = fn[a64_bits(raw, 30, 1)][pre_index(i, raw)];
}

/* Into one element, the others stay. INS (element): imm4 holds the source's index, in aux. */
#define INSERT(lane, bits)                                                                         \
    FP_VARIANT(ins_r_##lane)                                                                       \
    {                                                                                              \
        cpu->v[i->rd].lane[i->imm] = (uint##bits##_t)cpu->x[i->rn];                                \
    }                                                                                              \
    FP_VARIANT(ins_e_##lane)                                                                       \
    {                                                                                              \
        cpu->v[i->rd].lane[i->imm] = cpu->v[i->rn].lane[i->aux];                                   \
    }
INSERT(b, 8)
INSERT(h, 16)
INSERT(s, 32)
INSERT(d, 64)
PRE_COPY(ins_r)

void a64_pre_ins_e(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = {op_ins_e_b, op_ins_e_h, op_ins_e_s, op_ins_e_d};
    const unsigned size = pre_index(i, raw);

    i->fn = fn[size];
    i->aux = (uint16_t)(a64_bits(raw, 11, 4) >> size);
}

/* UZP1, UZP2: even and odd elements of Vm:Vn. */
#define UNZIP(bits, suffix)                                                                        \
    FP_VARIANT(uzp1_v_##suffix)                                                                    \
    {                                                                                              \
        const simd_u##bits a = (simd_u##bits)simd_pair_lo(cpu, i), b = SIMD_REG(u##bits, i->rm);   \
        simd_put(cpu, i, (simd_u64)SIMD_EVEN_##bits(a, b));                                        \
    }                                                                                              \
    FP_VARIANT(uzp2_v_##suffix)                                                                    \
    {                                                                                              \
        const simd_u##bits a = (simd_u##bits)simd_pair_lo(cpu, i), b = SIMD_REG(u##bits, i->rm);   \
        simd_put(cpu, i, (simd_u64)SIMD_ODD_##bits(a, b));                                         \
    }
UNZIP(8, b)
UNZIP(16, h)
UNZIP(32, s)
UNZIP(64, d)
SIMD_PRE_BHSD(uzp1_v)
SIMD_PRE_BHSD(uzp2_v)

/* ZIP1, ZIP2: the lower and upper halves interleaved; of 64-bit vectors, the halves of the whole
 * interleaving. */
#define ZIP_LOW_8(a, b)                                                                            \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH_8(a, b)                                                                           \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define ZIP_LOW_16(a, b)  __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH_16(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define ZIP_LOW_32(a, b)  __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define ZIP_HIGH_32(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define ZIP_LOW_64(a, b)  __builtin_shufflevector(a, b, 0, 2)
#define ZIP_HIGH_64(a, b) __builtin_shufflevector(a, b, 1, 3)
#define ZIP(bits, suffix)                                                                          \
    FP_VARIANT(zip1_v_##suffix)                                                                    \
    {                                                                                              \
        const simd_u##bits a = SIMD_REG(u##bits, i->rn), b = SIMD_REG(u##bits, i->rm);             \
        simd_put(cpu, i, (simd_u64)ZIP_LOW_##bits(a, b));                                          \
    }                                                                                              \
    FP_VARIANT(zip2_v_##suffix)                                                                    \
    {                                                                                              \
        const simd_u##bits a = SIMD_REG(u##bits, i->rn), b = SIMD_REG(u##bits, i->rm);             \
        const simd_u64 low = (simd_u64)ZIP_LOW_##bits(a, b),                                       \
                       high = (simd_u64)ZIP_HIGH_##bits(a, b);                                     \
        simd_put(cpu, i, i->aux == SIMD_64 ? (simd_u64){low[1], 0} : high);                        \
    }
ZIP(8, b)
ZIP(16, h)
ZIP(32, s)
ZIP(64, d)
SIMD_PRE_BHSD(zip1_v)
SIMD_PRE_BHSD(zip2_v)

/* TRN1, TRN2: even or odd elements of both, in turn. `low` masks the even elements. */
#define TRANSPOSE(bits, suffix, low)                                                               \
    FP_VARIANT(trn1_v_##suffix)                                                                    \
    {                                                                                              \
        const simd_u##bits a = SIMD_REG(u##bits, i->rn), b = SIMD_REG(u##bits, i->rm);             \
        simd_put(cpu, i, (simd_u64)((a & low) | b << (bits / 2)));                                 \
    }                                                                                              \
    FP_VARIANT(trn2_v_##suffix)                                                                    \
    {                                                                                              \
        const simd_u##bits a = SIMD_REG(u##bits, i->rn), b = SIMD_REG(u##bits, i->rm);             \
        simd_put(cpu, i, (simd_u64)(a >> (bits / 2) | (b & ~(simd_u##bits){0} << (bits / 2))));    \
    }
TRANSPOSE(16, b, 0xff)
TRANSPOSE(32, h, 0xffff)
TRANSPOSE(64, s, 0xffffffff)
FP_VARIANT(trn1_v_d)
{
    simd_put(cpu, i, (simd_u64){cpu->v[i->rn].d[0], cpu->v[i->rm].d[0]});
}
FP_VARIANT(trn2_v_d)
{
    simd_put(cpu, i, (simd_u64){cpu->v[i->rn].d[1], cpu->v[i->rm].d[1]});
}
SIMD_PRE_BHSD(trn1_v)
SIMD_PRE_BHSD(trn2_v)

/* EXT: bytes of Vm:Vn from byte imm. */
FP_VARIANT(ext_v_128)
{
    const unsigned __int128 low = cpu->v[i->rn].q, high = cpu->v[i->rm].q;
    const unsigned shift = 8 * (unsigned)i->imm;

    cpu->v[i->rd].q = shift ? low >> shift | high << (128 - shift) : low;
}

FP_VARIANT(ext_v_64)
{
    const unsigned __int128 pair = (unsigned __int128)cpu->v[i->rm].d[0] << 64 | cpu->v[i->rn].d[0];

    simd_put_low(cpu, i->rd, (uint64_t)(pair >> 8 * i->imm));
}

void a64_pre_ext_v(struct a64_insn *i, uint32_t raw)
{
    i->fn = raw >> 30 & 1 ? op_ext_v_128 : op_ext_v_64;
    i->imm = a64_bits(raw, 11, 4);
}

/* TBL, TBX: bytes of up to four registers from Vn on, by the indices in Vm; past the table 0, or
 * Vd's byte. imm: bytes. */
static ALWAYS_INLINE void table_lookup(struct a64_cpu *cpu, const struct a64_insn *i, bool extend)
{
    const unsigned count = simd_bytes(i), bytes = (unsigned)i->imm;
    const union a64_vreg index = cpu->v[i->rm], old = cpu->v[i->rd];
    union a64_vreg table[4] = {{.d = {0, 0}}}, r = {.d = {0, 0}};

    for (unsigned n = 0; n < bytes / 16; n++)
        table[n] = cpu->v[(i->rn + n) & 31];
    for (unsigned n = 0; n < count; n++) {
        const unsigned at = index.b[n];
        const uint8_t outside = extend ? old.b[n] : 0, byte = ((const uint8_t *)table)[at & 63];

        r.b[n] = at < bytes ? byte : outside;
    }
    cpu->v[i->rd] = r;
}

FP_OP_COLD(tbl)
{
    table_lookup(cpu, i, false);
}

FP_OP_COLD(tbx)
{
    table_lookup(cpu, i, true);
}

void a64_pre_table(struct a64_insn *i, uint32_t raw)
{
    i->imm = 16 * (1 + (int64_t)a64_bits(raw, 13, 2));
    i->aux = simd_width_of(raw, 0);
}

/* Modified immediates (AdvSIMDExpandImm): imm is the value of each 64-bit half. */
#define IMMEDIATE(name, expr)                                                                      \
    FP_OP(name)                                                                                    \
    {                                                                                              \
        const simd_u64 d = SIMD_REG(u64, i->rd);                                                   \
        const uint64_t imm = (uint64_t)i->imm;                                                     \
        (void)d;                                                                                   \
        simd_put(cpu, i, (simd_u64){0} + (expr));                                                  \
    }
IMMEDIATE(movi_v, imm)
IMMEDIATE(orr_vi, d | imm)
IMMEDIATE(bic_vi, d & ~imm)

static uint64_t expand_imm(bool op, unsigned cmode, uint8_t imm8)
{
    const uint64_t every32 = UINT64_C(0x0000000100000001), every16 = UINT64_C(0x0001000100010001);
    const unsigned shift = cmode >> 1;
    uint64_t bytes = 0;

    if (shift < 4)
        return every32 * ((uint64_t)imm8 << 8 * shift);
    if (shift < 6)
        return every16 * ((uint64_t)imm8 << 8 * (shift - 4));
    if (shift == 6) /* ones shifted in */
        return every32 * (cmode & 1 ? (uint64_t)imm8 << 16 | 0xffff : (uint64_t)imm8 << 8 | 0xff);
    if (cmode & 1)
        return op ? fp_expand_imm(FP_D, imm8) : every32 * fp_expand_imm(FP_S, imm8);
    if (!op)
        return UINT64_C(0x0101010101010101) * imm8;
    for (unsigned n = 0; n < 8; n++)
        if (imm8 >> n & 1)
            bytes |= UINT64_C(0xff) << 8 * n;
    return bytes;
}

void a64_pre_modified_imm(struct a64_insn *i, uint32_t raw)
{
    const uint8_t imm8 = (uint8_t)(a64_bits(raw, 16, 3) << 5 | a64_bits(raw, 5, 5));
    const unsigned cmode = a64_bits(raw, 12, 4);
    const bool op = raw >> 29 & 1, logical = cmode & 1 && cmode < 12;
    const uint64_t imm = expand_imm(op, cmode, imm8);

    i->aux = simd_width_of(raw, 0);
    i->imm = (int64_t)(op && cmode < 14 && !logical ? ~imm : imm); /* MVNI */
}
