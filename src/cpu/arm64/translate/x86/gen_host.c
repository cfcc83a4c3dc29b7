/* SPDX-License-Identifier: Apache-2.0
 *
 * What generated code cannot do without. */
#include "cpu/arm64/translate/x86/gen.h"

bool gen_host_can(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("popcnt");
}
