/* SPDX-License-Identifier: Apache-2.0
 *
 * Any host: plain C. */
#include "cpu/arm64/crypto.h"

const struct a64_crypto *a64_crypto(void)
{
    return &a64_crypto_portable;
}
