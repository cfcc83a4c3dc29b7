/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts whose baseline has fused multiply-add, or that have none. */
#include "cpu/arm64/fma.h"

const struct a64_fma *a64_fma(void)
{
    return &a64_fma_portable;
}
