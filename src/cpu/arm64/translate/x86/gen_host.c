/* SPDX-License-Identifier: Apache-2.0
 *
 * What generated code cannot do without. */
#include <cpuid.h>

#include "cpu/arm64/translate/x86/gen.h"

/* What is not in every compiler's list. Without LZCNT the same bytes are BSR, which counts from the other end and does not fault. */
static bool has(unsigned leaf, unsigned bit_of_ecx)
{
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid(leaf, &eax, &ebx, &ecx, &edx) && (ecx & bit_of_ecx);
}

bool gen_host_can(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("sse4.2") &&
           has(1, bit_CMPXCHG16B) && has(0x80000001, bit_LZCNT);
}
