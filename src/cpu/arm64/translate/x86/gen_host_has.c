/* SPDX-License-Identifier: Apache-2.0
 *
 * What generated code uses if the host's CPU has it; handlers do it otherwise. In a file of its own, which a test replaces
 * (tests/unit/cpu/bare_host.c). */
#include <cpuid.h>

#include "cpu/arm64/translate/ir.h"

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
