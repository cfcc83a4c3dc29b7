/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "accel/arm64/exception.h"

#include <cmocka.h>

#define VBAR UINT64_C(0xffff800000010800)
#define SPAN (UINT64_C(1) << 23)
#define PAN  (UINT64_C(1) << 22)

static struct arm64_exception at(uint64_t pstate)
{
    return (struct arm64_exception){.pc = 0x4000, .pstate = pstate, .vbar = VBAR, .sctlr = SPAN};
}

static void vector_depends_on_where_it_comes_from(void **state)
{
    struct arm64_exception el0 = at(0), el1t = at(4), el1h = at(5);

    (void)state;
    arm64_enter_exception(&el0, ARM64_EC_UNKNOWN, 0);
    arm64_enter_exception(&el1t, ARM64_EC_UNKNOWN, 0);
    arm64_enter_exception(&el1h, ARM64_EC_UNKNOWN, 0);
    assert_int_equal(el0.pc, VBAR + 0x400);
    assert_int_equal(el1t.pc, VBAR);
    assert_int_equal(el1h.pc, VBAR + 0x200);
    assert_int_equal(el1h.elr, 0x4000);
    assert_int_equal(el1h.esr, 0x02000000);
    assert_int_equal(el1h.spsr, 5);
}

static void abort_of_the_same_level_has_its_own_class(void **state)
{
    struct arm64_exception el0 = at(0), el1h = at(0x3c5);

    (void)state;
    arm64_enter_exception(&el0, ARM64_EC_DATA_ABORT, ARM64_FSC_EXTERNAL | ARM64_ISS_WNR);
    arm64_enter_exception(&el1h, ARM64_EC_DATA_ABORT, ARM64_FSC_EXTERNAL);
    assert_int_equal(el0.esr, UINT64_C(0x92000050));
    assert_int_equal(el1h.esr, UINT64_C(0x96000010));
    arm64_enter_exception(&el1h, ARM64_EC_INSN_ABORT, ARM64_FSC_EXTERNAL);
    assert_int_equal(el1h.esr, UINT64_C(0x86000010));
}

static void pstate_is_that_of_a_handler(void **state)
{
    struct arm64_exception e = at(UINT64_C(0xf0300000)); /* EL0, NZCV, SS, IL; nothing masked */

    (void)state;
    arm64_enter_exception(&e, ARM64_EC_UNKNOWN, 0);
    assert_int_equal(e.pstate, UINT64_C(0xf00003c5));
    e = at(0);
    e.sctlr = 0; /* SPAN 0: set PAN */
    arm64_enter_exception(&e, ARM64_EC_UNKNOWN, 0);
    assert_int_equal(e.pstate, PAN | 0x3c5);
    e = at(PAN | 5);
    arm64_enter_exception(&e, ARM64_EC_UNKNOWN, 0);
    assert_int_equal(e.pstate, PAN | 0x3c5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector_depends_on_where_it_comes_from),
        cmocka_unit_test(abort_of_the_same_level_has_its_own_class),
        cmocka_unit_test(pstate_is_that_of_a_handler),
    };

    return cmocka_run_group_tests_name("arm64-exception", tests, NULL, NULL);
}
