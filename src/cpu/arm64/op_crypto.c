/* SPDX-License-Identifier: Apache-2.0
 *
 * FEAT_AES, FEAT_PMULL, FEAT_SHA1 and FEAT_SHA256 (DDI 0487 C4.1: cryptographic AES, two- and
 * three-register SHA; FIPS 197 and 180-4) in plain C. What hosts have instructions for is in
 * crypto/, too. */
#include "cpu/arm64/crypto.h"
#include "cpu/arm64/crypto_tables.h"
#include "cpu/arm64/simd.h"

/* The state's bytes stand in columns; row r of ShiftRows moves by r columns. */
static union a64_vreg substitute(union a64_vreg state, const uint8_t box[256], unsigned step)
{
    union a64_vreg r = {.d = {0, 0}};

    for (unsigned n = 0; n < 16; n++)
        r.b[n] = box[state.b[n * step % 16]];
    return r;
}

/* AESE and AESD first add the round key. Byte n comes from byte 5n, or 13n the other way (mod 16):
 * row n % 4, and as many columns on. */
FP_VARIANT_COLD(aese)
{
    const union a64_vreg state = {.q = cpu->v[i->rd].q ^ cpu->v[i->rn].q};

    cpu->v[i->rd] = substitute(state, aes_sbox, 5);
}

FP_VARIANT_COLD(aesd)
{
    const union a64_vreg state = {.q = cpu->v[i->rd].q ^ cpu->v[i->rn].q};

    cpu->v[i->rd] = substitute(state, aes_inverse_sbox, 13);
}

/* Four bytes at once times x in GF(2^8) */
static uint32_t times_x(uint32_t column)
{
    return (column & 0x7f7f7f7f) << 1 ^ (column >> 7 & 0x01010101) * 0x1b;
}

static uint32_t rotate_right(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}

/* 2 3 1 1: b = 2a + 3a[+1] + a[+2] + a[+3] */
static uint32_t mix_column(uint32_t a)
{
    const uint32_t twice = times_x(a);

    return twice ^ rotate_right(twice ^ a, 8) ^ rotate_right(a, 16) ^ rotate_right(a, 24);
}

FP_VARIANT_COLD(aesmc)
{
    for (unsigned n = 0; n < 4; n++)
        cpu->v[i->rd].s[n] = mix_column(cpu->v[i->rn].s[n]);
}

/* The inverse is the same after adding 4 (a + a[+2]): 14 11 13 9 = (2 3 1 1) (5 0 4 0). */
FP_VARIANT_COLD(aesimc)
{
    for (unsigned n = 0; n < 4; n++) {
        const uint32_t a = cpu->v[i->rn].s[n];

        cpu->v[i->rd].s[n] = mix_column(a ^ times_x(times_x(a ^ rotate_right(a, 16))));
    }
}

/* PMULL of 64-bit elements: a polynomial of degree 126 */
static ALWAYS_INLINE void polynomial_product(struct a64_cpu *cpu, const struct a64_insn *i,
                                             unsigned half)
{
    const unsigned __int128 a = cpu->v[i->rn].d[half];
    const uint64_t b = cpu->v[i->rm].d[half];
    unsigned __int128 r = 0;

    for (unsigned n = 0; n < 64; n++)
        r ^= a << n & (0 - (unsigned __int128)(b >> n & 1));
    cpu->v[i->rd].q = r;
}

FP_VARIANT_COLD(pmull_low)
{
    polynomial_product(cpu, i, 0);
}

FP_VARIANT_COLD(pmull_high)
{
    polynomial_product(cpu, i, 1);
}

const struct a64_crypto a64_crypto_portable = {
    .aese = op_aese,
    .aesd = op_aesd,
    .aesmc = op_aesmc,
    .aesimc = op_aesimc,
    .pmull_q = {op_pmull_low, op_pmull_high},
};

#define PRE_HOST(name, member)                                                                     \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        i->fn = a64_crypto()->member;                                                              \
    }
PRE_HOST(aese, aese)
PRE_HOST(aesd, aesd)
PRE_HOST(aesmc, aesmc)
PRE_HOST(aesimc, aesimc)
PRE_HOST(pmull_q, pmull_q[raw >> 30 & 1])

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return ((y ^ z) & x) ^ z;
}

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
    return x ^ y ^ z;
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | ((x | y) & z);
}

/* Four rounds of SHA-1: Vd holds a..d, Vn e, Vm four words of schedule plus constant. */
static ALWAYS_INLINE void sha1_rounds(struct a64_cpu *cpu, const struct a64_insn *i,
                                      uint32_t (*f)(uint32_t, uint32_t, uint32_t))
{
    union a64_vreg x = cpu->v[i->rd];
    uint32_t e = cpu->v[i->rn].s[0];

    for (unsigned n = 0; n < 4; n++) {
        const uint32_t t =
            e + f(x.s[1], x.s[2], x.s[3]) + rotate_right(x.s[0], 27) + cpu->v[i->rm].s[n];

        e = x.s[3];
        x.s[3] = x.s[2];
        x.s[2] = rotate_right(x.s[1], 2);
        x.s[1] = x.s[0];
        x.s[0] = t;
    }
    cpu->v[i->rd] = x;
}

FP_OP_COLD(sha1c)
{
    sha1_rounds(cpu, i, choose);
}

FP_OP_COLD(sha1p)
{
    sha1_rounds(cpu, i, parity);
}

FP_OP_COLD(sha1m)
{
    sha1_rounds(cpu, i, majority);
}

FP_OP(sha1h)
{
    simd_put_low(cpu, i->rd, rotate_right(cpu->v[i->rn].s[0], 2));
}

FP_OP_COLD(sha1su0)
{
    const union a64_vreg d = cpu->v[i->rd], n = cpu->v[i->rn], m = cpu->v[i->rm];

    cpu->v[i->rd].d[0] = d.d[1] ^ d.d[0] ^ m.d[0];
    cpu->v[i->rd].d[1] = n.d[0] ^ d.d[1] ^ m.d[1];
}

FP_OP_COLD(sha1su1)
{
    const union a64_vreg n = cpu->v[i->rn];
    union a64_vreg t = cpu->v[i->rd];

    for (unsigned k = 0; k < 3; k++)
        t.s[k] = rotate_right(t.s[k] ^ n.s[k + 1], 31);
    t.s[3] = rotate_right(t.s[3] ^ t.s[0], 31);
    cpu->v[i->rd] = t;
}

/* Four rounds of SHA-256: abcd in x, efgh in y, w the schedule plus constants. */
static void sha256_rounds(union a64_vreg *x, union a64_vreg *y, const union a64_vreg *w)
{
    for (unsigned n = 0; n < 4; n++) {
        const uint32_t a = x->s[0], e = y->s[0];
        const uint32_t t = y->s[3] + choose(e, y->s[1], y->s[2]) + w->s[n] +
                           (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25));
        const uint32_t u = majority(a, x->s[1], x->s[2]) +
                           (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22));
        const uint32_t d = x->s[3];

        x->q = x->q << 32 | (t + u);
        y->q = y->q << 32 | (t + d);
    }
}

FP_OP_COLD(sha256h)
{
    union a64_vreg x = cpu->v[i->rd], y = cpu->v[i->rn];

    sha256_rounds(&x, &y, &cpu->v[i->rm]);
    cpu->v[i->rd] = x;
}

FP_OP_COLD(sha256h2)
{
    union a64_vreg x = cpu->v[i->rn], y = cpu->v[i->rd];

    sha256_rounds(&x, &y, &cpu->v[i->rm]);
    cpu->v[i->rd] = y;
}

FP_OP_COLD(sha256su0)
{
    union a64_vreg r = cpu->v[i->rd];
    const uint32_t next = cpu->v[i->rn].s[0];

    for (unsigned n = 0; n < 4; n++) {
        const uint32_t t = n < 3 ? cpu->v[i->rd].s[n + 1] : next;

        r.s[n] += rotate_right(t, 7) ^ rotate_right(t, 18) ^ t >> 3;
    }
    cpu->v[i->rd] = r;
}

FP_OP_COLD(sha256su1)
{
    const union a64_vreg n = cpu->v[i->rn], m = cpu->v[i->rm];
    union a64_vreg r = cpu->v[i->rd];

    for (unsigned k = 0; k < 4; k++) {
        const uint32_t t = k < 2 ? m.s[k + 2] : r.s[k - 2];

        r.s[k] +=
            (k < 3 ? n.s[k + 1] : m.s[0]) + (rotate_right(t, 17) ^ rotate_right(t, 19) ^ t >> 10);
    }
    cpu->v[i->rd] = r;
}
