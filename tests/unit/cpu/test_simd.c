/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD and crypto instructions, one at a time, where a random test would pass over the
 * point: which parts of a register change, which elements may set flags, traps, reserved encodings;
 * and the algorithms that the crypto instructions are for, on the vectors of their standards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "a64_decode.h"
#include "base/compiler.h"
#include "cpu/arm64/crypto.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/fma.h"
#include "cpu/arm64/state.h"
#include "fake_machine.h"

#include <cmocka.h>

#define HVC      0xd4000002
#define FP_ON    (3u << 20) /* CPACR_EL1.FPEN */
#define ONES     UINT64_MAX
#define VECTORS  (FAKE_RAM + 0x1000)
#define SYNC_SPX 0x200

static struct fake_machine machine;
static struct a64_cpu *cpu;
static uint64_t next_page;

static int set_up(void **state)
{
    static const uint32_t stop = HVC;
    (void)state;

    fake_machine_init(&machine, 1, 0);
    cpu = machine.cpu[0];
    next_page = VECTORS + 0x10000;
    cpu->sys.cpacr = FP_ON;
    cpu->sys.vbar = VECTORS;
    fake_machine_load(&machine, VECTORS + SYNC_SPX, &stop, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_machine_finish(&machine);
    return 0;
}

/* Executes one instruction, in a page of its own: what was decoded of a page stays. */
static void step(uint32_t raw)
{
    const uint32_t code[] = {raw, HVC};
    struct a64_exit exit;

    next_page += 0x1000;
    assert_true(next_page < FAKE_RAM + FAKE_RAM_SIZE);
    fake_machine_load(&machine, next_page, code, ARRAY_LEN(code));
    a64_set_pc(cpu, next_page);
    a64_run(cpu, &exit);
    assert_int_equal(exit.kind, A64_EXIT_HVC);
}

static void set_v(unsigned n, uint64_t high, uint64_t low)
{
    cpu->v[n].d[0] = low;
    cpu->v[n].d[1] = high;
}

static void expect_v(unsigned n, uint64_t high, uint64_t low)
{
    assert_int_equal(cpu->v[n].d[0], low);
    assert_int_equal(cpu->v[n].d[1], high);
}

static void scalar_results_clear_the_rest_of_the_register(void **state)
{
    (void)state;
    set_v(0, ONES, ONES);
    set_v(1, ONES, 0xffffffff3f800000);
    set_v(2, ONES, 0xffffffff40000000);
    step(0x1e222820); /* fadd s0, s1, s2 */
    expect_v(0, 0, 0x40400000);
    set_v(0, ONES, ONES);
    step(0x0e220c20); /* sqadd v0.8b, v1.8b, v2.8b */
    assert_int_equal(cpu->v[0].d[1], 0);
}

static void elements_beyond_the_vector_set_no_flag(void **state)
{
    (void)state;
    set_v(1, 0x7f7f7f7f7f7f7f7f, 0);
    set_v(2, 0x0101010101010101, 0);
    step(0x0e220c20); /* sqadd v0.8b, v1.8b, v2.8b */
    assert_int_equal(cpu->fpsr, 0);
    step(0x4e220c20); /* sqadd v0.16b, v1.16b, v2.16b */
    assert_int_equal(cpu->fpsr, FPSR_QC);
    expect_v(0, 0x7f7f7f7f7f7f7f7f, 0);
    cpu->fpsr = 0;
    set_v(1, 0x7f8000017f800001, 0x3f8000003f800000);
    step(0x2ea2d420); /* fabd v0.2s, v1.2s, v2.2s: signalling NaNs above */
    assert_int_equal(cpu->fpsr, 0);
    cpu->fpsr = FPSR_IXC; /* by the host's FPU now */
    set_v(2, 0, 0);
    step(0x4e22d420); /* fadd v0.4s, v1.4s, v2.4s */
    assert_int_equal(cpu->fpsr, FPSR_IXC | FPSR_IOC);
    expect_v(0, 0x7fc000017fc00001, 0x3f8000003f800000);
}

static void second_halves_keep_the_first(void **state)
{
    (void)state;
    set_v(0, ONES, 0x1111222233334444);
    set_v(1, 0xaaaa0001bbbb0002, 0xcccc0003dddd0004);
    step(0x4e612820); /* xtn2 v0.8h, v1.4s */
    expect_v(0, 0x0001000200030004, 0x1111222233334444);
    set_v(1, 0x3ff0000000000001, 0xbff0000000000000);
    step(0x6e616820); /* fcvtxn2 v0.4s, v1.2d */
    expect_v(0, 0x3f800001bf800000, 0x1111222233334444);
}

static void fnmul_negates_nans_too(void **state)
{
    (void)state;
    set_v(1, 0, 0x7f800000);
    set_v(2, 0, 0);
    step(0x1e228820); /* fnmul s0, s1, s2 */
    expect_v(0, 0, 0xffc00000);
    assert_int_equal(cpu->fpsr, FPSR_IOC);
}

static void conditional_compare_compares_only_if_the_condition_holds(void **state)
{
    (void)state;
    set_v(1, 0, 0x7fc00000);
    set_v(2, 0, 0x7fc00000);
    cpu->nzcv = a64_nzcv_from_imm4(0x4);
    step(0x1e22143f); /* fccmpe s1, s2, #0xf, ne */
    assert_int_equal(a64_nzcv_to_imm4(cpu->nzcv), 0xf);
    assert_int_equal(cpu->fpsr, 0);
    cpu->nzcv = a64_nzcv_from_imm4(0);
    step(0x1e22143f);
    assert_int_equal(a64_nzcv_to_imm4(cpu->nzcv), 0x3);
    assert_int_equal(cpu->fpsr, FPSR_IOC);
}

static void register_lists_wrap_around(void **state)
{
    uint32_t words[8];
    (void)state;

    set_v(31, 0x0706050403020100, 0x1716151413121110);
    set_v(0, 0x2726252423222120, 0x3736353433323130);
    set_v(2, 0xff20100000ff0f10, 0x1f1000ff20100f00);
    step(0x4e0223e0); /* tbl v0.16b, {v31.16b, v0.16b}, v2.16b */
    expect_v(0, 0x0000301010000730, 0x2730100000300710);
    for (unsigned n = 0; n < 8; n++)
        words[n] = n;
    assert_int_equal(mem_write(machine.memory, FAKE_RAM + 0x3000, words, sizeof(words)), 0);
    cpu->x[0] = FAKE_RAM + 0x3000;
    step(0x4cdf881f); /* ld2 {v31.4s, v0.4s}, [x0], #32 */
    expect_v(31, 0x0000000600000004, 0x0000000200000000);
    expect_v(0, 0x0000000700000005, 0x0000000300000001);
    assert_int_equal(cpu->x[0], FAKE_RAM + 0x3020);
}

static void table_extension_keeps_bytes_out_of_range(void **state)
{
    (void)state;
    set_v(31, 0, 0x1716151413121110);
    set_v(0, ONES, 0xaabbccddeeff8877);
    set_v(2, 0, 0x0010ff0180070003);
    step(0x0e0213e0); /* tbx v0.8b, {v31.16b}, v2.8b */
    expect_v(0, 0, 0x10bbcc11ee171013);
}

static void register_shifts_use_the_low_byte_signed(void **state)
{
    (void)state;
    set_v(1, 0x80000000ffffffff, 0x4000000000000001);
    set_v(2, 0x000001e10000001f, 0xffffffe000000100);
    step(0x4ea24420); /* sshl v0.4s: by -31, 31, -32, 0 */
    expect_v(0, 0xffffffff80000000, 0x0000000000000001);
    set_v(1, 0, 0x03);
    set_v(2, 0, 0xff);
    step(0x5e225c20); /* sqrshl b0, b1, b2: 3 / 2, half up */
    expect_v(0, 0, 2);
    set_v(2, 0, 0x07);
    step(0x5e225c20);
    expect_v(0, 0, 0x7f);
    assert_int_equal(cpu->fpsr, FPSR_QC);
}

static void doubling_the_two_minima_saturates(void **state)
{
    (void)state;
    set_v(1, 0, 0x8000);
    set_v(2, 0x8000000000000000, 0);
    step(0x5f72c820); /* sqdmulh h0, h1, v2.h[7] */
    expect_v(0, 0, 0x7fff);
    assert_int_equal(cpu->fpsr, FPSR_QC);
    cpu->fpsr = 0;
    set_v(0, 0, 0x8000);
    set_v(1, 0, 0x8000);
    set_v(2, 0, 0x8000);
    step(0x2e428420); /* sqrdmlah v0.4h: -1 + 1, no saturation on the way */
    expect_v(0, 0, 0);
    assert_int_equal(cpu->fpsr, 0);
}

static void traps_when_cpacr_says_so(void **state)
{
    static const uint32_t insns[] = {
        0x1e222820, /* fadd s0, s1, s2 */
        0x4e220c20, /* sqadd v0.16b, v1.16b, v2.16b */
        0x3dc00000, /* ldr q0, [x0] */
        0x4d40c400, /* ld1r {v0.8h}, [x0] */
        0x9eae0020, /* fmov x0, v1.d[1] */
        0x4e284820, /* aese v0.16b, v1.16b */
    };
    (void)state;

    for (size_t n = 0; n < ARRAY_LEN(insns); n++) {
        cpu->sys.cpacr = 0;
        cpu->sys.esr = 0;
        set_v(0, 1, 2);
        step(insns[n]);
        assert_int_equal(cpu->sys.esr >> 26, A64_EC_FP_ACCESS);
        expect_v(0, 1, 2);
    }
}

static void what_we_do_not_have_is_undefined(void **state)
{
    static const uint32_t insns[] = {
        0x1ee22820, /* fadd h0, h1, h2: FEAT_FP16 */
        0x4e421420, /* fadd v0.8h, v1.8h, v2.8h */
        0x4e829420, /* sdot v0.4s, v1.16b, v2.16b */
        0x6e42e420, /* fcadd v0.8h: FEAT_FCMA */
        0x1e7e0020, /* fjcvtzs w0, d1 */
        0xce608020, /* sha512h q0, q1, v0.2d */
        0x0ee28420, /* add v0.1d: reserved size */
        0x2e629c20, /* pmul v0.4h */
        0x0fd29020, /* fmul v0.1d by element */
        0x2f00f400, /* fmov v0.1d, #imm */
        0x0f40a420, /* sshll: immh 1xxx is no size to widen */
        0x0e003c00, /* umov of size 0 */
        0x0c008c00, /* ld2 of 1d */
        0x0d40d800, /* single structures: opcode 11, S set */
    };
    (void)state;

    assert_int_equal(a64_decode(0x1e622820), A64_OP_FADD);
    for (size_t n = 0; n < ARRAY_LEN(insns); n++)
        assert_int_equal(a64_decode(insns[n]), A64_OP_UNDEFINED);
}

/* --- Cryptography --- */

static void set_bytes(unsigned n, const uint8_t bytes[16])
{
    memcpy(cpu->v[n].b, bytes, 16);
}

/* FIPS 197, appendix B: the first round. */
static void aes_round_is_that_of_fips_197(void **state)
{
    static const uint8_t input[16] = {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d,
                                      0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34};
    static const uint8_t key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                    0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
    static const uint8_t shifted[16] = {0xd4, 0xbf, 0x5d, 0x30, 0xe0, 0xb4, 0x52, 0xae,
                                        0xb8, 0x41, 0x11, 0xf1, 0x1e, 0x27, 0x98, 0xe5};
    static const uint8_t mixed[16] = {0x04, 0x66, 0x81, 0xe5, 0xe0, 0xcb, 0x19, 0x9a,
                                      0x48, 0xf8, 0xd3, 0x7a, 0x28, 0x06, 0x26, 0x4c};
    (void)state;

    set_bytes(0, input);
    set_bytes(1, key);
    step(0x4e284820); /* aese v0.16b, v1.16b */
    assert_memory_equal(cpu->v[0].b, shifted, 16);
    step(0x4e286800); /* aesmc v0.16b, v0.16b */
    assert_memory_equal(cpu->v[0].b, mixed, 16);
    set_bytes(1, mixed);
    step(0x4e287820); /* aesimc v0.16b, v1.16b */
    assert_memory_equal(cpu->v[0].b, shifted, 16);
    set_v(1, 0, 0);
    step(0x4e285820); /* aesd v0.16b, v1.16b */
    for (unsigned n = 0; n < 16; n++)
        assert_int_equal(cpu->v[0].b[n], input[n] ^ key[n]);
}

static void polynomial_product_has_no_carries(void **state)
{
    (void)state;
    set_v(1, UINT64_C(1) << 63 | 3, 0);
    set_v(2, UINT64_C(1) << 63 | 3, 0);
    step(0x4ee2e020); /* pmull2 v0.1q, v1.2d, v2.2d: squares spread bits */
    expect_v(0, UINT64_C(1) << 62, 5);
}

/* "abc" padded to a block, as words */
static const uint32_t abc[16] = {0x61626380, [15] = 24};

static void sha256_of_abc(void **state)
{
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2};
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    static const uint32_t digest[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                       0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    union a64_vreg w[4], low, high;
    (void)state;

    memcpy(w, abc, sizeof(w));
    memcpy(&low, start, sizeof(low));
    memcpy(&high, start + 4, sizeof(high));
    for (unsigned n = 0; n < 16; n++) {
        for (unsigned m = 0; m < 4; m++)
            cpu->v[2].s[m] = w[0].s[m] + k[4 * n + m];
        cpu->v[0] = low;
        cpu->v[1] = high;
        step(0x5e024020); /* sha256h q0, q1, v2.4s */
        const union a64_vreg next = cpu->v[0];
        cpu->v[0] = high;
        cpu->v[1] = low;
        step(0x5e025020); /* sha256h2 q0, q1, v2.4s */
        high = cpu->v[0];
        low = next;
        cpu->v[0] = w[0];
        cpu->v[1] = w[1];
        step(0x5e282820); /* sha256su0 v0.4s, v1.4s */
        cpu->v[1] = w[2];
        cpu->v[2] = w[3];
        step(0x5e026020); /* sha256su1 v0.4s, v1.4s, v2.4s */
        memmove(w, w + 1, sizeof(w) - sizeof(w[0]));
        w[3] = cpu->v[0];
    }
    for (unsigned n = 0; n < 4; n++) {
        assert_int_equal(low.s[n] + start[n], digest[n]);
        assert_int_equal(high.s[n] + start[n + 4], digest[n + 4]);
    }
}

static void sha1_of_abc(void **state)
{
    static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    static const uint32_t rounds[4] = {
        0x5e020020, /* sha1c q0, s1, v2.4s */
        0x5e021020, /* sha1p */
        0x5e022020, /* sha1m */
        0x5e021020,
    };
    static const uint32_t start[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    static const uint32_t digest[5] = {0xa9993e36, 0x4706816a, 0xba3e2571, 0x7850c26c, 0x9cd0d89d};
    union a64_vreg w[4], hash;
    uint32_t e = start[4];
    (void)state;

    memcpy(w, abc, sizeof(w));
    memcpy(&hash, start, sizeof(hash));
    for (unsigned n = 0; n < 20; n++) {
        const uint32_t a = hash.s[0];

        for (unsigned m = 0; m < 4; m++)
            cpu->v[2].s[m] = w[0].s[m] + k[n / 5];
        cpu->v[0] = hash;
        set_v(1, 0, e);
        step(rounds[n / 5]);
        hash = cpu->v[0];
        set_v(1, 0, a);
        step(0x5e280820); /* sha1h s0, s1 */
        e = cpu->v[0].s[0];
        cpu->v[0] = w[0];
        cpu->v[1] = w[1];
        cpu->v[2] = w[2];
        step(0x5e023020); /* sha1su0 v0.4s, v1.4s, v2.4s */
        cpu->v[1] = w[3];
        step(0x5e281820); /* sha1su1 v0.4s, v1.4s */
        memmove(w, w + 1, sizeof(w) - sizeof(w[0]));
        w[3] = cpu->v[0];
    }
    for (unsigned n = 0; n < 4; n++)
        assert_int_equal(hash.s[n] + start[n], digest[n]);
    assert_int_equal(e + start[4], digest[4]);
}

/* --- Hosts with instructions of their own --- */

static const struct a64_insn *end(struct a64_cpu *c, const struct a64_insn *i)
{
    return NULL;
}

static uint64_t random_bits(void)
{
    static uint64_t s = 1;

    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return s;
}

/* Both handlers on the same registers, V0 = V0 op V1, V2. Numbers are kept near 1. */
static void expect_same(a64_op *portable, a64_op *host, bool numbers)
{
    struct a64_insn insn[2] = {{.rd = 0, .rn = 1, .rm = 2, .ra = 3, .aux = 1}, {.fn = end}};
    const uint64_t keep = numbers ? 0x81ffffff81ffffff : UINT64_MAX;
    const uint64_t add = numbers ? 0x3e0000003e000000 : 0;

    for (unsigned n = 0; n < 1000; n++) {
        union a64_vreg v[4];

        for (unsigned m = 0; m < 8; m++)
            v[m / 2].d[m % 2] = (random_bits() & keep) | add;
        memcpy(cpu->v, v, sizeof(v));
        cpu->fpsr = FPSR_IXC;
        portable(cpu, insn);
        const union a64_vreg want = cpu->v[0];
        memcpy(cpu->v, v, sizeof(v));
        host(cpu, insn);
        expect_v(0, want.d[1], want.d[0]);
        assert_int_equal(cpu->fpsr, FPSR_IXC);
    }
}

static void portable_crypto_gives_what_the_host_gives(void **state)
{
    const struct a64_crypto *host = a64_crypto(), *portable = &a64_crypto_portable;
    (void)state;

    expect_same(portable->aese, host->aese, false);
    expect_same(portable->aesd, host->aesd, false);
    expect_same(portable->aesmc, host->aesmc, false);
    expect_same(portable->aesimc, host->aesimc, false);
    expect_same(portable->pmull_q[0], host->pmull_q[0], false);
    expect_same(portable->pmull_q[1], host->pmull_q[1], false);
}

static void portable_fused_operations_give_what_the_host_gives(void **state)
{
    const struct a64_fma *host = a64_fma(), *portable = &a64_fma_portable;
    (void)state;

    for (unsigned z = 0; z < 2; z++) {
        expect_same(portable->fmadd[z], host->fmadd[z], true);
        expect_same(portable->fnmsub[z], host->fnmsub[z], true);
        expect_same(portable->fmla_v[z], host->fmla_v[z], true);
        expect_same(portable->fmls_v[z], host->fmls_v[z], true);
        expect_same(portable->fmla_e[z], host->fmla_e[z], true);
        expect_same(portable->fmls_e[z], host->fmls_e[z], true);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(scalar_results_clear_the_rest_of_the_register),
        TEST(elements_beyond_the_vector_set_no_flag),
        TEST(second_halves_keep_the_first),
        TEST(fnmul_negates_nans_too),
        TEST(conditional_compare_compares_only_if_the_condition_holds),
        TEST(register_lists_wrap_around),
        TEST(table_extension_keeps_bytes_out_of_range),
        TEST(register_shifts_use_the_low_byte_signed),
        TEST(doubling_the_two_minima_saturates),
        TEST(traps_when_cpacr_says_so),
        TEST(what_we_do_not_have_is_undefined),
        TEST(aes_round_is_that_of_fips_197),
        TEST(polynomial_product_has_no_carries),
        TEST(sha256_of_abc),
        TEST(sha1_of_abc),
        TEST(portable_crypto_gives_what_the_host_gives),
        TEST(portable_fused_operations_give_what_the_host_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
