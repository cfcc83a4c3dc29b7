/* SPDX-License-Identifier: Apache-2.0
 *
 * x86-64: CPUs since 2013 have fused multiply-add, the baseline has not. */
#include "cpu/arm64/fma.h"

const struct a64_fma *a64_fma(void)
{
    return __builtin_cpu_supports("fma") ? &a64_fma_host : &a64_fma_portable;
}
