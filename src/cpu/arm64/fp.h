/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact Arm floating point in integer arithmetic: what the architecture's pseudocode computes (DDI
 * 0487, shared/functions/ float), bit for bit and flag for flag, on any host. Values are encodings
 * in the low bits of a uint64_t; every function takes the format, reads FPCR (DN, FZ, RMode, AHP)
 * from `env` and adds cumulative flags to its FPSR. No traps (FPCR trap enables are RES0 here).
 * fp_fast.h lets the host's FPU answer where it provably agrees. */
#ifndef BERTH_CPU_ARM64_FP_H
#define BERTH_CPU_ARM64_FP_H

#include <stdbool.h>
#include <stdint.h>

#define FPCR_AHP   (UINT32_C(1) << 26)
#define FPCR_DN    (UINT32_C(1) << 25)
#define FPCR_FZ    (UINT32_C(1) << 24)
#define FPCR_RMODE (UINT32_C(3) << 22)
#define FPCR_MASK  (FPCR_AHP | FPCR_DN | FPCR_FZ | FPCR_RMODE) /* the rest is RES0 */

#define FPSR_QC   (UINT32_C(1) << 27)
#define FPSR_IDC  (UINT32_C(1) << 7)
#define FPSR_IXC  (UINT32_C(1) << 4)
#define FPSR_UFC  (UINT32_C(1) << 3)
#define FPSR_OFC  (UINT32_C(1) << 2)
#define FPSR_DZC  (UINT32_C(1) << 1)
#define FPSR_IOC  (UINT32_C(1) << 0)
#define FPSR_MASK (FPSR_QC | FPSR_IDC | FPSR_IXC | FPSR_UFC | FPSR_OFC | FPSR_DZC | FPSR_IOC)

struct fp_env {
    uint32_t fpcr, fpsr;
};

enum fp_size { FP_H, FP_S, FP_D };

/* The first four are FPCR.RMode's values. */
enum fp_rounding {
    FP_ROUND_TIEEVEN,
    FP_ROUND_POSINF,
    FP_ROUND_NEGINF,
    FP_ROUND_ZERO,
    FP_ROUND_TIEAWAY,
    FP_ROUND_ODD,
};

static inline enum fp_rounding fp_rmode(const struct fp_env *env)
{
    return (enum fp_rounding)((env->fpcr & FPCR_RMODE) >> 22);
}

static inline uint64_t fp_sign_mask(enum fp_size z)
{
    return UINT64_C(0x8000) << (z == FP_H ? 0 : z == FP_S ? 16 : 48);
}

/* Arithmetic: FPAdd, FPSub, FPMul, FPMulX, FPDiv, FPSqrt; formats FP_S and FP_D. */
uint64_t fp_add(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);
uint64_t fp_sub(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);
uint64_t fp_mul(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);
uint64_t fp_mulx(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);
uint64_t fp_div(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);
uint64_t fp_sqrt(struct fp_env *env, enum fp_size z, uint64_t a);

/* addend + a * b, rounded once (FPMulAdd). To subtract, flip the sign of an operand, as the
 * architecture does. */
uint64_t fp_muladd(struct fp_env *env, enum fp_size z, uint64_t addend, uint64_t a, uint64_t b);
/* Newton steps, fused: 2 - a * b (FPRecipStepFused) and (3 - a * b) / 2 (FPRSqrtStepFused). */
uint64_t fp_recip_step(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);
uint64_t fp_rsqrt_step(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);

/* FPMax, FPMin; FPMaxNum, FPMinNum prefer a number to a quiet NaN. */
uint64_t fp_max(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);
uint64_t fp_min(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);
uint64_t fp_maxnum(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);
uint64_t fp_minnum(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);

/* FPCompare: N Z C V as four bits, N = 8. `signal`: a quiet NaN is invalid too (FCMPE). */
uint32_t fp_compare(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b, bool signal);
bool fp_eq(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b); /* quiet NaNs are silent */
bool fp_ge(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b); /* any NaN is invalid */
bool fp_gt(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);

/* FPConvert between any two of the formats. FP_ROUND_TIEEVEN … FP_ROUND_ZERO or FP_ROUND_ODD
 * (FCVTXN). */
uint64_t fp_convert(struct fp_env *env, enum fp_size to, enum fp_size from, uint64_t a,
                    enum fp_rounding rounding);
/* FPToFixed: an integer of `bits` (32 or 64) with `fbits` fraction bits, saturated, zero-extended.
 */
uint64_t fp_to_fixed(struct fp_env *env, enum fp_size z, uint64_t a, unsigned bits, unsigned fbits,
                     bool is_unsigned, enum fp_rounding rounding);
/* FixedToFP. A 32-bit signed `value` comes sign-extended. */
uint64_t fp_from_fixed(struct fp_env *env, enum fp_size z, uint64_t value, unsigned fbits,
                       bool is_unsigned);
/* FPRoundInt; `exact`: an inexact result sets IXC (FRINTX). */
uint64_t fp_round_int(struct fp_env *env, enum fp_size z, uint64_t a, enum fp_rounding rounding,
                      bool exact);

/* Estimates from the architecture's tables: FRECPE, FRSQRTE, FRECPX, URECPE, URSQRTE. */
uint64_t fp_recip_estimate(struct fp_env *env, enum fp_size z, uint64_t a);
uint64_t fp_rsqrt_estimate(struct fp_env *env, enum fp_size z, uint64_t a);
uint64_t fp_recpx(struct fp_env *env, enum fp_size z, uint64_t a);
uint32_t fp_unsigned_recip_estimate(uint32_t a);
uint32_t fp_unsigned_rsqrt_estimate(uint32_t a);

/* VFPExpandImm: the constant that FMOV's eight bits abcdefgh stand for. */
uint64_t fp_expand_imm(enum fp_size z, uint8_t imm8);

#endif
