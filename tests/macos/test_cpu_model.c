/* SPDX-License-Identifier: Apache-2.0
 *
 * tools/macos/cpu_model.c against the compiler's own answers on this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define __cpu_model          our_cpu_model
#define __cpu_indicator_init our_cpu_indicator_init
#include "../../tools/macos/cpu_model.c"
#undef __cpu_model
#undef __cpu_indicator_init

static void cpu_model_agrees_with_the_compilers_own(void **state)
{
#define AGREES(name, number)                                                                       \
    assert_int_equal(!!__builtin_cpu_supports(name), our_cpu_model.features[0] >> (number) & 1)
    AGREES("popcnt", POPCNT);
    AGREES("avx", AVX);
    AGREES("avx2", AVX2);
    AGREES("fma", FMA);
    AGREES("bmi", BMI);
    AGREES("bmi2", BMI2);
    AGREES("aes", AES);
    AGREES("pclmul", PCLMUL);
#undef AGREES
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_model_agrees_with_the_compilers_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
