/* SPDX-License-Identifier: Apache-2.0
 *
 * AES, SHA-1, SHA-256 and the product of polynomials by the host's instructions for them (Intel SDM volume 2), which take and
 * give other things than Arm's:
 *
 *  - AESENC and its kin add the round key last, Arm's AESE and AESD first; and there is no MixColumns alone.
 *  - SHA1RNDS4 has its words in the opposite order, and adds the round's constant, which Arm's code has added before.
 *  - SHA256RNDS2 does two rounds, not four, and keeps the state as F E B A and H G D C, not A B C D and E F G H. */
#include "cpu/arm64/translate/x86/gen.h"

enum { REVERSED = 0x1b, SWAPPED = 0xb1, UPPER = 0xee }; /* orders of words, for PSHUFD */

static void zero(struct gen *g, int xmm)
{
    gen_vex(g, 0x1ef, xmm, xmm, x86_r(xmm));
}

static void shuffle(struct gen *g, int xmm, struct x86_rm src, unsigned order)
{
    x86_vex_imm(&g->a, 1, 1, false, false, 0x70, xmm, 0, src, order);
}

static void shift_words(struct gen *g, int xmm, int src, unsigned digit, unsigned n)
{
    x86_vex_imm(&g->a, 1, 1, false, false, 0x72, (int)digit, xmm, x86_r(src), n); /* vpsrld 2, vpslld 6 */
}

static void shift_bytes(struct gen *g, int xmm, int src, unsigned digit, unsigned n)
{
    x86_vex_imm(&g->a, 1, 1, false, false, 0x73, (int)digit, xmm, x86_r(src), n); /* vpsrldq 3, vpslldq 7 */
}

/* xmm = src's words rotated to the left by one; scratch is lost */
static void rotate_words(struct gen *g, int xmm, int src, int scratch)
{
    shift_words(g, scratch, src, 2, 31);
    shift_words(g, xmm, src, 6, 1);
    gen_vex(g, 0x1eb, xmm, xmm, x86_r(scratch));
}

/* xmm0 = dst ^ a, xmm1 = 0 */
static void add_key(struct gen *g, const struct ir *i)
{
    gen_vex(g, 0x1ef, XMM0, gen_vector_use(g, i->dst, 16, XMM0), gen_vector(g, i->a));
    zero(g, XMM1);
}

static void aes(struct gen *g, const struct ir *i)
{
    static const uint16_t opcodes[] = {[0] = 0x2dd, [FP_AESD - FP_AESE] = 0x2df,
                                       [FP_AESEMC - FP_AESE] = 0x2dc, [FP_AESDIMC - FP_AESE] = 0x2de};

    add_key(g, i);
    gen_vex(g, opcodes[i->aux - FP_AESE], XMM0, XMM0, x86_r(XMM1));
}

/* What AESENC does before, undone. */
static void mix_columns(struct gen *g, const struct ir *i)
{
    zero(g, XMM1);
    gen_vex(g, 0x2df, XMM0, gen_vector_use(g, i->a, 16, XMM0), x86_r(XMM1));
    gen_vex(g, 0x2dc, XMM0, XMM0, x86_r(XMM1));
}

static void polynomials(struct gen *g, const struct ir *i)
{
    x86_vex_imm(&g->a, 3, 1, false, false, 0x44, XMM0, gen_vector_use(g, i->a, 16, XMM0), gen_vector(g, i->b),
                i->w ? 0x11 : 0x00);
}

/* Everywhere in xmm: the constant that SHA1RNDS4 adds. */
static void sha1_constant(struct gen *g, int xmm, unsigned f)
{
    static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc};

    x86_mov_imm(&g->a, RAX, constants[f]);
    x86_vex(&g->a, 1, 1, false, false, 0x6e, xmm, 0, x86_r(RAX)); /* vmovd */
    shuffle(g, xmm, x86_r(xmm), 0);
}

/* dst is A B C D, the first word of a is E, b is four words of schedule with constants. */
static void sha1_rounds(struct gen *g, const struct ir *i)
{
    unsigned f = i->aux == FP_SHA1C ? 0 : i->aux == FP_SHA1P ? 1 : 2;

    gen_vector_load(g, XMM2, gen_vector(g, i->a), 16);
    shift_bytes(g, XMM2, XMM2, 7, 12);
    shuffle(g, XMM1, gen_vector(g, i->b), REVERSED);
    gen_vex(g, 0x1fe, XMM1, XMM1, x86_r(XMM2)); /* vpaddd */
    sha1_constant(g, XMM2, f);
    gen_vex(g, 0x1fa, XMM1, XMM1, x86_r(XMM2)); /* vpsubd */
    shuffle(g, XMM0, gen_vector(g, i->dst), REVERSED);
    x86_sha1rnds4(&g->a, XMM0, XMM1, f);
    shuffle(g, XMM0, x86_r(XMM0), REVERSED);
}

static void sha1_rotate(struct gen *g, const struct ir *i)
{
    gen_vector_to_general(g, i->a, 4, RAX);
    x86_rorx(&g->a, false, RAX, x86_r(RAX), 2);
    x86_vex(&g->a, 1, 1, false, false, 0x6e, XMM0, 0, x86_r(RAX)); /* vmovd */
}

/* The upper half of dst and the lower half of a, with dst and b */
static void sha1_schedule(struct gen *g, const struct ir *i)
{
    int d = gen_vector_use(g, i->dst, 16, XMM1), a = gen_vector_use(g, i->a, 16, XMM2);

    x86_vex_imm(&g->a, 3, 1, false, false, 0x0f, XMM0, a, x86_r(d), 8); /* vpalignr */
    gen_vex(g, 0x1ef, XMM0, XMM0, x86_r(d));
    gen_vex(g, 0x1ef, XMM0, XMM0, gen_vector(g, i->b));
}

/* The last word depends on the first of the result. */
static void sha1_schedule_end(struct gen *g, const struct ir *i)
{
    shift_bytes(g, XMM0, gen_vector_use(g, i->a, 16, XMM0), 3, 4);
    gen_vex(g, 0x1ef, XMM0, XMM0, gen_vector(g, i->dst));
    rotate_words(g, XMM0, XMM0, XMM1);
    shift_bytes(g, XMM1, XMM0, 7, 12);
    rotate_words(g, XMM1, XMM1, XMM2);
    gen_vex(g, 0x1ef, XMM0, XMM0, x86_r(XMM1));
}

/* abcd and efgh: dst and a, or for the second half of the result the other way round; b is the schedule with constants. */
static void sha256_rounds(struct gen *g, const struct ir *i)
{
    bool second = i->aux == FP_SHA256H2;
    int efgh = second ? i->dst : i->a, abcd = second ? i->a : i->dst, e = gen_vector_use(g, efgh, 16, XMM3);

    gen_vex(g, 0x16d, XMM1, e, gen_vector(g, abcd)); /* vpunpckhqdq */
    gen_vex(g, 0x16c, XMM2, e, gen_vector(g, abcd)); /* vpunpcklqdq */
    shuffle(g, XMM1, x86_r(XMM1), SWAPPED);
    shuffle(g, XMM2, x86_r(XMM2), SWAPPED);
    gen_vector_load(g, XMM0, gen_vector(g, i->b), 16);
    x86_sse38(&g->a, 0, 0xcb, XMM1, x86_r(XMM2)); /* sha256rnds2, by xmm0 */
    shuffle(g, XMM0, x86_r(XMM0), UPPER);
    x86_sse38(&g->a, 0, 0xcb, XMM2, x86_r(XMM1));
    shuffle(g, XMM1, x86_r(XMM1), SWAPPED);
    shuffle(g, XMM2, x86_r(XMM2), SWAPPED);
    gen_vex(g, second ? 0x16c : 0x16d, XMM0, XMM2, x86_r(XMM1));
}

static void sha256_schedule(struct gen *g, const struct ir *i)
{
    gen_vector_load(g, XMM0, gen_vector(g, i->dst), 16);
    if (i->aux == FP_SHA256SU0) {
        x86_sse38(&g->a, 0, 0xcc, XMM0, x86_r(gen_vector_use(g, i->a, 16, XMM1))); /* sha256msg1 */
        return;
    }
    gen_vector_load(g, XMM1, gen_vector(g, i->b), 16);
    x86_vex_imm(&g->a, 3, 1, false, false, 0x0f, XMM2, XMM1, gen_vector(g, i->a), 4); /* vpalignr */
    gen_vex(g, 0x1fe, XMM0, XMM0, x86_r(XMM2));                                        /* vpaddd */
    x86_sse38(&g->a, 0, 0xcd, XMM0, x86_r(XMM1));                                      /* sha256msg2 */
}

void gen_crypto(struct gen *g, const struct ir *i)
{
    switch (i->aux) {
    case FP_AESMC:
        mix_columns(g, i);
        break;
    case FP_AESIMC:
        gen_vex(g, 0x2db, XMM0, 0, gen_vector(g, i->a));
        break;
    case FP_PMULL:
        polynomials(g, i);
        break;
    case FP_SHA1C:
    case FP_SHA1P:
    case FP_SHA1M:
        sha1_rounds(g, i);
        break;
    case FP_SHA1H:
        sha1_rotate(g, i);
        break;
    case FP_SHA1SU0:
        sha1_schedule(g, i);
        break;
    case FP_SHA1SU1:
        sha1_schedule_end(g, i);
        break;
    case FP_SHA256H:
    case FP_SHA256H2:
        sha256_rounds(g, i);
        break;
    case FP_SHA256SU0:
    case FP_SHA256SU1:
        sha256_schedule(g, i);
        break;
    default:
        aes(g, i);
        break;
    }
    gen_vector_end(g, i->dst, XMM0);
}
