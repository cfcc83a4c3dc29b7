/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside exact floating point: encodings taken apart, put together with rounding, and NaNs. Private
 * to fp_*.c. */
#ifndef BERTH_CPU_ARM64_FP_CORE_H
#define BERTH_CPU_ARM64_FP_CORE_H

#include "cpu/arm64/fp.h"

struct fp_format {
    int exp_bits, frac_bits, bias;
};

extern const struct fp_format fp_formats[3]; /* by enum fp_size */

enum fp_kind { FP_KIND_ZERO, FP_KIND_FINITE, FP_KIND_INF, FP_KIND_QNAN, FP_KIND_SNAN };

/* A value taken apart. FINITE: sig / 2^63 * 2^exp with bit 63 of sig set; before rounding, bit 0
 * stands for all the bits below it (sticky). Other kinds: sign alone matters. */
struct fp_num {
    enum fp_kind kind;
    bool sign;
    int exp;
    uint64_t sig;
};

/* A finite value with room for a product: sig / 2^124 * 2^exp, at most 126 significant bits. 0 is
 * zero. */
struct fp_wide {
    bool sign;
    int exp;
    unsigned __int128 sig;
};

/* FPUnpack: with FZ, subnormals of single and double become zero and set IDC. */
struct fp_num fp_unpack(struct fp_env *env, enum fp_size z, uint64_t bits);
/* FPRound of a FINITE number, or the encoding of ZERO and INF. */
uint64_t fp_pack(struct fp_env *env, enum fp_size z, struct fp_num n, enum fp_rounding rounding);

struct fp_wide fp_widen(struct fp_num n); /* ZERO or FINITE */
struct fp_wide fp_wide_mul(struct fp_num a, struct fp_num b);
/* An exact zero sum of opposite signs is negative only when rounding down. */
struct fp_num fp_wide_add(const struct fp_env *env, struct fp_wide a, struct fp_wide b);

static inline bool fp_is_nan(struct fp_num n)
{
    return n.kind >= FP_KIND_QNAN;
}

uint64_t fp_default_nan(enum fp_size z);
uint64_t fp_invalid(struct fp_env *env, enum fp_size z); /* sets IOC; the default NaN */
/* FPProcessNaN: a is a NaN. */
uint64_t fp_process_nan(struct fp_env *env, enum fp_size z, enum fp_kind kind, uint64_t a);
/* FPProcessNaNs: true, and the result, if one is a NaN: signalling before quiet, then the first. */
bool fp_process_nans(struct fp_env *env, enum fp_size z, const struct fp_num *n, const uint64_t *a,
                     unsigned count, uint64_t *ret);

static inline uint64_t fp_zero(enum fp_size z, bool sign)
{
    return sign ? fp_sign_mask(z) : 0;
}

static inline uint64_t fp_inf(enum fp_size z, bool sign)
{
    const struct fp_format *f = &fp_formats[z];

    return fp_zero(z, sign) | ((UINT64_C(1) << f->exp_bits) - 1) << f->frac_bits;
}

static inline uint64_t fp_max_normal(enum fp_size z, bool sign)
{
    return fp_inf(z, sign) - 1;
}

/* Whether a result too large to encode becomes infinity. */
static inline bool fp_overflows_to_inf(enum fp_rounding rounding, bool sign)
{
    return rounding == FP_ROUND_TIEEVEN || rounding == FP_ROUND_TIEAWAY ||
           (rounding == FP_ROUND_POSINF && !sign) || (rounding == FP_ROUND_NEGINF && sign);
}

/* Whether a magnitude goes up: `odd` is its last bit kept, `rest` what is dropped, 2^63 being half
 * of that bit. */
static inline bool fp_rounds_up(enum fp_rounding rounding, bool sign, bool odd, uint64_t rest)
{
    const uint64_t half = UINT64_C(1) << 63;

    switch (rounding) {
    case FP_ROUND_TIEEVEN:
        return rest > half || (rest == half && odd);
    case FP_ROUND_TIEAWAY:
        return rest >= half;
    case FP_ROUND_POSINF:
        return rest != 0 && !sign;
    case FP_ROUND_NEGINF:
        return rest != 0 && sign;
    case FP_ROUND_ZERO:
    case FP_ROUND_ODD:
        break;
    }
    return false;
}

#endif
