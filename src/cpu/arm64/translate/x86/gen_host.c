/* SPDX-License-Identifier: Apache-2.0
 *
 * What generated code cannot do without. */
#include <cpuid.h>

#include "cpu/arm64/translate/x86/gen.h"

/* LZCNT is not in every compiler's list. Without it the same bytes are BSR, which counts from the other end and does not fault. */
static bool has_lzcnt(void)
{
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && (ecx & bit_LZCNT);
}

bool gen_host_can(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("sse4.2") && has_lzcnt();
}
