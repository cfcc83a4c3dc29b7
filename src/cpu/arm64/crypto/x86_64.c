/* SPDX-License-Identifier: Apache-2.0
 *
 * x86-64 with AES-NI and PCLMULQDQ, which the baseline has not. AESENCLAST does ShiftRows, SubBytes
 * and then adds a round key, Arm's AESE adds it first; and x86 has no MixColumns alone, so AESMC
 * undoes what comes before it in AESENC. */
#include <immintrin.h>

#include "cpu/arm64/crypto.h"
#include "cpu/arm64/simd.h"

static ALWAYS_INLINE __m128i get(const struct a64_cpu *cpu, unsigned n)
{
    return _mm_load_si128((const __m128i *)(const void *)&cpu->v[n]);
}

static ALWAYS_INLINE void put(struct a64_cpu *cpu, unsigned n, __m128i value)
{
    _mm_store_si128((__m128i *)(void *)&cpu->v[n], value);
}

FP_VARIANT(aese)
{
    const __m128i state = _mm_xor_si128(get(cpu, i->rd), get(cpu, i->rn));

    put(cpu, i->rd, _mm_aesenclast_si128(state, _mm_setzero_si128()));
}

FP_VARIANT(aesd)
{
    const __m128i state = _mm_xor_si128(get(cpu, i->rd), get(cpu, i->rn));

    put(cpu, i->rd, _mm_aesdeclast_si128(state, _mm_setzero_si128()));
}

FP_VARIANT(aesmc)
{
    const __m128i zero = _mm_setzero_si128();

    put(cpu, i->rd, _mm_aesenc_si128(_mm_aesdeclast_si128(get(cpu, i->rn), zero), zero));
}

FP_VARIANT(aesimc)
{
    put(cpu, i->rd, _mm_aesimc_si128(get(cpu, i->rn)));
}

FP_VARIANT(pmull_low)
{
    put(cpu, i->rd, _mm_clmulepi64_si128(get(cpu, i->rn), get(cpu, i->rm), 0x00));
}

FP_VARIANT(pmull_high)
{
    put(cpu, i->rd, _mm_clmulepi64_si128(get(cpu, i->rn), get(cpu, i->rm), 0x11));
}

const struct a64_crypto *a64_crypto(void)
{
    static const struct a64_crypto host = {
        .aese = op_aese,
        .aesd = op_aesd,
        .aesmc = op_aesmc,
        .aesimc = op_aesimc,
        .pmull_q = {op_pmull_low, op_pmull_high},
    };

    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") ? &host
                                                                             : &a64_crypto_portable;
}
