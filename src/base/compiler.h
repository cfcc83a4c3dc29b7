/* SPDX-License-Identifier: Apache-2.0
 *
 * The few things that depend on the compiler, and the small macros every file wants. */
#ifndef BERTH_BASE_COMPILER_H
#define BERTH_BASE_COMPILER_H

#include <stddef.h>

#define NODISCARD          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a)  __attribute__((format(printf, f, a)))
#define NORETURN           __attribute__((noreturn))
#define NOINLINE           __attribute__((noinline))
#define ALWAYS_INLINE      inline __attribute__((always_inline))
#define HOT                __attribute__((hot))
#define COLD               __attribute__((cold))
#define LIKELY(x)          __builtin_expect(!!(x), 1)
#define UNLIKELY(x)        __builtin_expect(!!(x), 0)

/* Before `return f(…)`: a jump, never a call, where the compiler can promise it. */
#if defined(__has_attribute) && __has_attribute(musttail)
#define MUST_TAIL __attribute__((musttail))
#else
#define MUST_TAIL
#endif

/* In a loop that waits a moment for another thread. */
#if defined(__x86_64__)
#define SPIN_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define SPIN_PAUSE() __asm__ volatile("isb")
#else
#define SPIN_PAUSE() ((void)0)
#endif

/* Number of elements of a true array; a pointer does not compile. */
#define ARRAY_LEN(a)                                                                               \
    (sizeof(a) / sizeof((a)[0]) +                                                                  \
     0 * sizeof(char[1 - 2 * __builtin_types_compatible_p(__typeof__(a), __typeof__(&(a)[0]))]))

/* The structure of type `type` whose member `member` is at `ptr`. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
