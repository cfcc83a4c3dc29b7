/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD floating point with one operand (DDI 0487 C4.1: two-register miscellaneous,
 * conversions of shift by immediate, and the scalar forms): signs, square root, rounding,
 * conversions, estimates. */
#include "cpu/arm64/simd_fp.h"

FP_EACH_SAME(fabs_v, x & ~sign)
FP_EACH_SAME(fneg_v, x ^ sign)
FP_EACH(fsqrt_v, fp32_sqrt(env, x), fp64_sqrt(env, x))
#define ROUND(name, rounding, exact)                                                               \
    FP_EACH(name, fp32_round_int(env, x, rounding, exact), fp64_round_int(env, x, rounding, exact))
ROUND(frintn_v, FP_ROUND_TIEEVEN, false)
ROUND(frintp_v, FP_ROUND_POSINF, false)
ROUND(frintm_v, FP_ROUND_NEGINF, false)
ROUND(frintz_v, FP_ROUND_ZERO, false)
ROUND(frinta_v, FP_ROUND_TIEAWAY, false)
ROUND(frintx_v, fp_rmode(env), true)
ROUND(frinti_v, fp_rmode(env), false)

/* To integers of the same size */
#define TO_INT(name, is_unsigned, rounding)                                                        \
    FP_EACH(name, fp32_to_int(env, x, 32, is_unsigned, rounding),                                  \
            fp64_to_int(env, x, 64, is_unsigned, rounding))
TO_INT(fcvtns_v, false, FP_ROUND_TIEEVEN)
TO_INT(fcvtnu_v, true, FP_ROUND_TIEEVEN)
TO_INT(fcvtps_v, false, FP_ROUND_POSINF)
TO_INT(fcvtpu_v, true, FP_ROUND_POSINF)
TO_INT(fcvtms_v, false, FP_ROUND_NEGINF)
TO_INT(fcvtmu_v, true, FP_ROUND_NEGINF)
TO_INT(fcvtas_v, false, FP_ROUND_TIEAWAY)
TO_INT(fcvtau_v, true, FP_ROUND_TIEAWAY)
TO_INT(fcvtzs_v, false, FP_ROUND_ZERO)
TO_INT(fcvtzu_v, true, FP_ROUND_ZERO)
FP_EACH(scvtf_v, fp32_from_int(env, (int32_t)x), fp64_from_int(env, (int64_t)x))
FP_EACH(ucvtf_v, fp32_from_int(env, x), fp_from_fixed(env, z, x, 0, true))

/* Fixed point: immh tells the size, immh:immb twice that minus the fraction bits, imm. */
#define PRE_FIXED(name)                                                                            \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        const unsigned size = simd_shift_size(raw);                                                \
        i->fn = size == 3 ? op_##name##_d : op_##name##_s;                                         \
        i->aux = simd_width_of(raw, size);                                                         \
        i->imm = (16 << size) - (int64_t)a64_bits(raw, 16, 7);                                     \
    }
#define FIXED(name, expr32, expr64)                                                                \
    FP_EACH_WITH(name##_s, 32, FP_S, n, expr32)                                                    \
    FP_EACH_WITH(name##_d, 64, FP_D, n, expr64)                                                    \
    PRE_FIXED(name)
FIXED(fcvtzs_i, fp_to_fixed(env, z, x, 32, (unsigned)i->imm, false, FP_ROUND_ZERO),
      fp_to_fixed(env, z, x, 64, (unsigned)i->imm, false, FP_ROUND_ZERO))
FIXED(fcvtzu_i, fp_to_fixed(env, z, x, 32, (unsigned)i->imm, true, FP_ROUND_ZERO),
      fp_to_fixed(env, z, x, 64, (unsigned)i->imm, true, FP_ROUND_ZERO))
FIXED(scvtf_i, fp_from_fixed(env, z, (uint64_t)(int32_t)x, (unsigned)i->imm, false),
      fp_from_fixed(env, z, x, (unsigned)i->imm, false))
FIXED(ucvtf_i, fp_from_fixed(env, z, x, (unsigned)i->imm, true),
      fp_from_fixed(env, z, x, (unsigned)i->imm, true))

FP_EACH_SAME(frecpe_v, fp_recip_estimate(env, z, x))
FP_EACH_SAME(frsqrte_v, fp_rsqrt_estimate(env, z, x))
FP_EACH_SAME(frecpx_v, fp_recpx(env, z, x))

/* Unsigned integers of 32 bits only */
SIMD_EACH(urecpe_v, 32, fp_unsigned_recip_estimate(x))
void a64_pre_urecpe_v(struct a64_insn *i, uint32_t raw)
{
    i->fn = op_urecpe_v;
    i->aux = simd_width_of(raw, 2);
}

SIMD_EACH(ursqrte_v, 32, fp_unsigned_rsqrt_estimate(x))
void a64_pre_ursqrte_v(struct a64_insn *i, uint32_t raw)
{
    i->fn = op_ursqrte_v;
    i->aux = simd_width_of(raw, 2);
}

/* Longer: from the half of Vn that Q (bit 30) names. Shorter: to that half of Vd. */
FP_VARIANT_COLD(fcvtl_v_s)
{
    union a64_vreg r = {.d = {0, 0}};

    for (unsigned n = 0; n < 4; n++)
        r.s[n] = (uint32_t)fp_convert(
            &cpu->fp, FP_S, FP_H, cpu->v[i->rn].h[(i->raw >> 30 & 1) * 4 + n], fp_rmode(&cpu->fp));
    cpu->v[i->rd] = r;
}

FP_VARIANT_COLD(fcvtl_v_d)
{
    union a64_vreg r = {.d = {0, 0}};

    for (unsigned n = 0; n < 2; n++)
        r.d[n] = fp_single_to_double(&cpu->fp, cpu->v[i->rn].s[(i->raw >> 30 & 1) * 2 + n]);
    cpu->v[i->rd] = r;
}
SIMD_PRE_FP(fcvtl_v)

static void put_narrow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t half)
{
    if (i->raw >> 30 & 1)
        cpu->v[i->rd].d[1] = half;
    else
        simd_put_low(cpu, i->rd, half);
}

FP_VARIANT_COLD(fcvtn_v_s)
{
    uint64_t half = 0;

    for (unsigned n = 0; n < 4; n++)
        half |= fp_convert(&cpu->fp, FP_H, FP_S, cpu->v[i->rn].s[n], fp_rmode(&cpu->fp)) << 16 * n;
    put_narrow(cpu, i, half);
}

FP_VARIANT_COLD(fcvtn_v_d)
{
    const uint32_t low = fp_double_to_single(&cpu->fp, cpu->v[i->rn].d[0]);
    const uint32_t high = fp_double_to_single(&cpu->fp, cpu->v[i->rn].d[1]);

    put_narrow(cpu, i, (uint64_t)high << 32 | low);
}
SIMD_PRE_FP(fcvtn_v)

/* Rounds to odd, so that a second rounding to fewer bits does no harm. */
FP_OP_COLD(fcvtxn_v)
{
    uint64_t half = 0;

    for (unsigned n = 0; n < 2; n++)
        half |= fp_convert(&cpu->fp, FP_S, FP_D, cpu->v[i->rn].d[n], FP_ROUND_ODD) << 32 * n;
    put_narrow(cpu, i, half);
}

FP_OP_COLD(fcvtxn_sc)
{
    simd_put_low(cpu, i->rd, fp_convert(&cpu->fp, FP_S, FP_D, cpu->v[i->rn].d[0], FP_ROUND_ODD));
}
