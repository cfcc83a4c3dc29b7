/* SPDX-License-Identifier: Apache-2.0
 *
 * What __builtin_cpu_supports asks, for x86-64: a part of the compiler's run-time library that zig
 * leaves out. Names and bits are the ABI that GCC and clang share (libgcc's cpuinfo.h); only the
 * features that berth asks for are found out. */
#include <cpuid.h>

enum { POPCNT = 2, AVX = 9, AVX2 = 10, FMA = 14, BMI = 16, BMI2 = 17, AES = 18, PCLMUL = 19 };

struct cpu_model {
    unsigned vendor, type, subtype, features[1];
};

struct cpu_model __cpu_model;
int __cpu_indicator_init(void);

static unsigned feature(unsigned word, unsigned bit, unsigned number)
{
    return word & bit ? 1u << number : 0;
}

/* Whether the system keeps the upper halves of vector registers: XCR0, bits of SSE and AVX. */
static int keeps_ymm(unsigned ecx1)
{
    unsigned low, high;

    if (!(ecx1 & bit_OSXSAVE))
        return 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

__attribute__((constructor(101))) int __cpu_indicator_init(void)
{
    unsigned eax, ebx = 0, ecx = 0, edx, found = 0;
    int ymm;

    if (__cpu_model.features[0] || !__get_cpuid(1, &eax, &ebx, &ecx, &edx))
        return 0;
    ymm = keeps_ymm(ecx);
    found |= feature(ecx, bit_POPCNT, POPCNT) | feature(ecx, bit_AES, AES) |
             feature(ecx, bit_PCLMUL, PCLMUL);
    if (ymm)
        found |= feature(ecx, bit_AVX, AVX) | feature(ecx, bit_FMA, FMA);
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
        found |= feature(ebx, bit_BMI, BMI) | feature(ebx, bit_BMI2, BMI2);
        if (ymm)
            found |= feature(ebx, bit_AVX2, AVX2);
    }
    __cpu_model.features[0] = found;
    return 0;
}
