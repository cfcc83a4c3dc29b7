/* SPDX-License-Identifier: Apache-2.0
 *
 * The generated decoder against the table that it was generated from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "a64_decode.h"
#include "base/compiler.h"

enum { ENCODINGS_PER_ROW = 2000 };

static uint32_t random32(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 16);
}

static void decode_reaches_every_row(void **state)
{
    uint64_t seed = 1;
    (void)state;

    for (unsigned op = A64_OP_UNDEFINED + 1; op < A64_NR_OPS; op++) {
        const struct a64_row *row = &a64_rows[op];
        unsigned hits = 0;

        for (int n = 0; n < ENCODINGS_PER_ROW; n++) {
            uint32_t raw = row->value | (random32(&seed) & ~row->mask);
            enum a64_opcode got = a64_decode(raw);
            if (got == op)
                hits++;
            else if (got != A64_OP_UNDEFINED && (raw & a64_rows[got].mask) != a64_rows[got].value)
                fail_msg("%#x decodes as %s, whose fixed bits it lacks", raw, a64_rows[got].name);
        }
        if (hits == 0)
            fail_msg("no encoding of %s decodes as such", row->name);
    }
}

static void decode_gives_only_rows_that_match(void **state)
{
    uint64_t seed = 2;
    (void)state;

    for (int n = 0; n < 2000000; n++) {
        uint32_t raw = random32(&seed);
        enum a64_opcode op = a64_decode(raw);
        if (op != A64_OP_UNDEFINED)
            assert_int_equal(raw & a64_rows[op].mask, a64_rows[op].value);
    }
}

static void decode_knows_architected_encodings(void **state)
{
    static const struct {
        uint32_t raw;
        enum a64_opcode op;
    } known[] = {
        {0x91000420, A64_OP_ADD_IMM},   /* add x0, x1, #1 */
        {0xf100043f, A64_OP_SUBS_IMM},  /* cmp x1, #1 */
        {0xd2800000, A64_OP_MOVZ},      /* mov x0, #0 */
        {0xaa0103e0, A64_OP_ORR_REG},   /* mov x0, x1 */
        {0xd503201f, A64_OP_HINT},      /* nop */
        {0xd503233f, A64_OP_HINT},      /* paciasp */
        {0xd503207f, A64_OP_WFI},
        {0xd65f03c0, A64_OP_RET},
        {0xd69f03e0, A64_OP_ERET},
        {0xa9bf7bfd, A64_OP_STP},       /* stp x29, x30, [sp, #-16]! */
        {0xf9400000, A64_OP_LDR_U12},   /* ldr x0, [x0] */
        {0x88dffc41, A64_OP_LDAR},      /* ldar w1, [x2] */
        {0xc8a07c41, A64_OP_CAS},       /* cas x0, x1, [x2] */
        {0xd5033bbf, A64_OP_DMB},       /* dmb ish */
        {0xd5384240, A64_OP_MRS},       /* mrs x0, CurrentEL */
        {0xd53bd040, A64_OP_MRS},       /* mrs x0, tpidr_el0 */
        {0xd500419f, A64_OP_MSR_PAN},   /* msr pan, #1 */
        {0x00000000, A64_OP_UNDEFINED}, /* udf #0 */
        {0xb8bfc020, A64_OP_UNDEFINED}, /* ldapr w0, [x1]: ARMv8.3 */
        {0xd503403f, A64_OP_UNDEFINED}, /* cfinv: ARMv8.4 */
        {0xdac10000, A64_OP_UNDEFINED}, /* pacia x0, x0 */
        {0x12400000, A64_OP_UNDEFINED}, /* and w0, w0, N=1 */
    };
    (void)state;

    for (size_t n = 0; n < ARRAY_LEN(known); n++)
        if (a64_decode(known[n].raw) != known[n].op)
            fail_msg("%#x decodes as %s", known[n].raw, a64_rows[a64_decode(known[n].raw)].name);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_reaches_every_row),
        cmocka_unit_test(decode_gives_only_rows_that_match),
        cmocka_unit_test(decode_knows_architected_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
