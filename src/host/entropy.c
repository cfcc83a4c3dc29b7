/* SPDX-License-Identifier: Apache-2.0
 *
 * getentropy, which Linux and macOS share; it gives at most 256 bytes a call. */
#include "host/entropy.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>
#include <unistd.h>

enum { GETENTROPY_MAX = 256 };

int entropy_get(void *dst, size_t len)
{
    uint8_t *p = dst;

    while (len > 0) {
        size_t n = len < GETENTROPY_MAX ? len : GETENTROPY_MAX;

        if (getentropy(p, n))
            return -errno;
        p += n;
        len -= n;
    }
    return 0;
}
