/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of AES and of the 64-bit polynomial product, for which a host may have instructions:
 * crypto/ chooses. */
#ifndef BERTH_CPU_ARM64_CRYPTO_H
#define BERTH_CPU_ARM64_CRYPTO_H

#include "cpu/arm64/state.h"

struct a64_crypto {
    a64_op *aese, *aesd, *aesmc, *aesimc;
    a64_op *pmull_q[2]; /* of the lower and of the upper halves */
};

extern const struct a64_crypto a64_crypto_portable;

const struct a64_crypto *a64_crypto(void);

#endif
