/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's cryptographic random numbers. Any thread. */
#ifndef BERTH_HOST_ENTROPY_H
#define BERTH_HOST_ENTROPY_H

#include <stddef.h>

#include "base/compiler.h"

/* Fills `dst`. 0 or -errno; the host does not refuse once it has booted. */
NODISCARD int entropy_get(void *dst, size_t len);

#endif
