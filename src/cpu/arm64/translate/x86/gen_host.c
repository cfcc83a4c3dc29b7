/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host's CPU has: all that generated code cannot do without, and what it uses if it is there. */
#include <cpuid.h>

#include "cpu/arm64/translate/x86/gen.h"

bool gen_host_can(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("popcnt");
}


/* SHA is not in every compiler's list. */
static bool has_sha(void)
{
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx >> 29 & 1);
}

bool ir_host_has_crc32(void)
{
    return __builtin_cpu_supports("pclmul");
}

bool ir_host_has(enum ir_fp kind)
{
    if (kind <= FP_AESDIMC)
        return __builtin_cpu_supports("aes");
    if (kind == FP_PMULL)
        return __builtin_cpu_supports("pclmul");
    return kind == FP_SHA1H || kind == FP_SHA1SU0 || kind == FP_SHA1SU1 || has_sha();
}
