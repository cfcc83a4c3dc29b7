/* SPDX-License-Identifier: Apache-2.0
 *
 * Encodings are the assembler's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "accel/arm64/ldst.h"

#include <cmocka.h>

enum { STORE = 1, VECTOR = 2, SIGN = 4, SIGN_TO_64 = 8, WRITEBACK = 16 };

struct sample {
    uint32_t insn;
    unsigned size, nr, rt, rt2, rn, flags;
    int64_t change, offset; /* the change matters with writeback, the offset of pairs */
};

static unsigned flags_of(const struct arm64_ldst *i)
{
    return (i->store ? (unsigned)STORE : 0) | (i->vector ? (unsigned)VECTOR : 0) |
           (i->sign ? (unsigned)SIGN : 0) | (i->sign_to_64 ? (unsigned)SIGN_TO_64 : 0) |
           (i->writeback ? (unsigned)WRITEBACK : 0);
}

static void decodes_what_comes_without_a_syndrome(void **state)
{
    static const struct sample samples[] = {
        {0xa9400861, 8, 2, 1, 2, 3, 0, 0, 0},                   /* ldp x1, x2, [x3] */
        {0x29ff0be1, 4, 2, 1, 2, 31, WRITEBACK, -8, -8},        /* ldp w1, w2, [sp, #-8]! */
        {0xa8817c61, 8, 2, 1, 31, 3, STORE | WRITEBACK, 16, 0}, /* stp x1, xzr, [x3], #16 */
        {0x69408861, 4, 2, 1, 2, 3, SIGN | SIGN_TO_64, 0, 4},   /* ldpsw x1, x2, [x3, #4] */
        {0xa8400861, 8, 2, 1, 2, 3, 0, 0, 0},                   /* ldnp x1, x2, [x3] */
        {0xad010861, 16, 2, 1, 2, 3, STORE | VECTOR, 0, 32},    /* stp q1, q2, [x3, #32] */
        {0x2d400861, 4, 2, 1, 2, 3, VECTOR, 0, 0},              /* ldp s1, s2, [x3] */
        {0x6d400861, 8, 2, 1, 2, 3, VECTOR, 0, 0},              /* ldp d1, d2, [x3] */
        {0xf8408461, 8, 1, 1, 0, 3, WRITEBACK, 8, 0},           /* ldr x1, [x3], #8 */
        {0xb81fcc61, 4, 1, 1, 0, 3, STORE | WRITEBACK, -4, 0},  /* str w1, [x3, #-4]! */
        {0x38c01461, 1, 1, 1, 0, 3, SIGN | WRITEBACK, 1, 0},    /* ldrsb w1, [x3], #1 */
        {0x38801461, 1, 1, 1, 0, 3, SIGN | SIGN_TO_64 | WRITEBACK, 1, 0}, /* ldrsb x1, [x3], #1 */
        {0x78802461, 2, 1, 1, 0, 3, SIGN | SIGN_TO_64 | WRITEBACK, 2, 0}, /* ldrsh x1, [x3], #2 */
        {0xb8804461, 4, 1, 1, 0, 3, SIGN | SIGN_TO_64 | WRITEBACK, 4, 0}, /* ldrsw x1, [x3], #4 */
        {0x3dc00061, 16, 1, 1, 0, 3, VECTOR, 0, 0},                       /* ldr q1, [x3] */
        {0x3ca46861, 16, 1, 1, 0, 3, STORE | VECTOR, 0, 0},               /* str q1, [x3, x4] */
        {0x3d400461, 1, 1, 1, 0, 3, VECTOR, 0, 0},                        /* ldr b1, [x3, #1] */
        {0x7d400061, 2, 1, 1, 0, 3, VECTOR, 0, 0},                        /* ldr h1, [x3] */
        {0xfc5f8061, 8, 1, 1, 0, 3, VECTOR, 0, 0},                        /* ldur d1, [x3, #-8] */
        {0xf8400861, 8, 1, 1, 0, 3, 0, 0, 0},                             /* ldtr x1, [x3] */
    };

    (void)state;
    for (size_t n = 0; n < ARRAY_LEN(samples); n++) {
        const struct sample *want = &samples[n];
        struct arm64_ldst i;

        assert_true(arm64_ldst_decode(want->insn, &i));
        assert_int_equal(i.size, want->size);
        assert_int_equal(i.nr, want->nr);
        assert_int_equal(i.rt[0], want->rt);
        assert_int_equal(i.rt[1], want->rt2);
        assert_int_equal(i.rn, want->rn);
        assert_int_equal(flags_of(&i), want->flags);
        if (i.writeback)
            assert_int_equal(i.change, want->change);
        assert_int_equal(i.offset, want->offset);
    }
}

static void leaves_out_what_a_device_need_not_stand(void **state)
{
    static const uint32_t others[] = {
        0xf8210062, /* ldadd x1, x2, [x3] */
        0xf8218062, /* swp x1, x2, [x3] */
        0xc85f7c61, /* ldxr x1, [x3] */
        0xc8dffc61, /* ldar x1, [x3] */
        0xf9800060, /* prfm pldl1keep, [x3] */
        0xf89ff060, /* prfum pldl1keep, [x3, #-1] */
        0x4c407061, /* ld1 {v1.16b}, [x3] */
        0xd50b7423, /* dc zva, x3 */
        0x8b030041, /* add x1, x2, x3 */
        0x58000001, /* ldr x1, . */
        0x6e211c00, /* eor v0.16b, v0.16b, v1.16b */
        0x00000000, 0xffffffff,
    };

    (void)state;
    for (size_t n = 0; n < ARRAY_LEN(others); n++) {
        struct arm64_ldst i;

        assert_false(arm64_ldst_decode(others[n], &i));
    }
}

static void extends_as_the_instruction_says(void **state)
{
    const struct arm64_ldst zero = {.size = 1}, to_32 = {.size = 2, .sign = true},
                            to_64 = {.size = 4, .sign = true, .sign_to_64 = true},
                            whole = {.size = 8};

    (void)state;
    assert_int_equal(arm64_ldst_extend(&zero, UINT64_C(0xfff80)), 0x80);
    assert_int_equal(arm64_ldst_extend(&to_32, 0x8000), 0xffff8000);
    assert_int_equal(arm64_ldst_extend(&to_32, 0x7fff), 0x7fff);
    assert_int_equal(arm64_ldst_extend(&to_64, 0x80000000), UINT64_C(0xffffffff80000000));
    assert_int_equal(arm64_ldst_extend(&whole, UINT64_MAX), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_comes_without_a_syndrome),
        cmocka_unit_test(leaves_out_what_a_device_need_not_stand),
        cmocka_unit_test(extends_as_the_instruction_says),
    };

    return cmocka_run_group_tests_name("arm64-ldst", tests, NULL, NULL);
}
