/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic that sets NZCV with the host's own flags: LAHF and SETO give them in the order that
 * state.h chose. A carry becomes the lack of a borrow by CMC. The same functions as generic.h. */
#ifndef BERTH_CPU_ARM64_FLAGS_H
#define BERTH_CPU_ARM64_FLAGS_H

#include "cpu/arm64/state.h"

#define A64_SAVE_FLAGS "lahf\n\tseto %%al"

#define A64_DEFINE_FLAGS(bits)                                                                     \
    static ALWAYS_INLINE uint##bits##_t a64_nz##bits(uint##bits##_t r, uint32_t *nzcv)             \
    {                                                                                              \
        uint32_t flags = 0;                                                                        \
        __asm__("test %1, %1\n\tcmc\n\tlahf" : "+a"(flags) : "r"(r) : "cc");                              \
        *nzcv = flags;                                                                             \
        return r;                                                                                  \
    }                                                                                              \
    static ALWAYS_INLINE uint##bits##_t a64_adds##bits(uint##bits##_t a, uint##bits##_t b,         \
                                                       uint32_t *nzcv)                             \
    {                                                                                              \
        uint32_t flags;                                                                            \
        __asm__("add %2, %1\n\tcmc\n\t" A64_SAVE_FLAGS : "=&a"(flags), "+r"(a) : "r"(b) : "cc");   \
        *nzcv = flags;                                                                             \
        return a;                                                                                  \
    }                                                                                              \
    static ALWAYS_INLINE uint##bits##_t a64_subs##bits(uint##bits##_t a, uint##bits##_t b,         \
                                                       uint32_t *nzcv)                             \
    {                                                                                              \
        uint32_t flags;                                                                            \
        __asm__("sub %2, %1\n\t" A64_SAVE_FLAGS : "=&a"(flags), "+r"(a) : "r"(b) : "cc");          \
        *nzcv = flags;                                                                             \
        return a;                                                                                  \
    }                                                                                              \
    static ALWAYS_INLINE uint##bits##_t a64_adc##bits(uint##bits##_t a, uint##bits##_t b,          \
                                                      bool carry, uint32_t *nzcv)                  \
    {                                                                                              \
        uint32_t flags;                                                                            \
        uint8_t c = carry;                                                                         \
        __asm__("addb $-1, %2\n\tadc %3, %1\n\tcmc\n\t" A64_SAVE_FLAGS                             \
                : "=&a"(flags), "+r"(a), "+q"(c)                                                   \
                : "r"(b)                                                                           \
                : "cc");                                                                           \
        *nzcv = flags;                                                                             \
        return a;                                                                                  \
    }

A64_DEFINE_FLAGS(32)
A64_DEFINE_FLAGS(64)

#endif
