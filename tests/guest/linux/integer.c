/* SPDX-License-Identifier: Apache-2.0
 *
 * Integer work of every width: multiplication, division, 128-bit arithmetic, bit tricks, sorting, SHA-256, CRC. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void arithmetic(void)
{
    uint64_t h = 0;

    for (int n = 0; n < 200000; n++) {
        uint64_t a = rnd(), b = rnd() >> (rnd() & 63);
        unsigned __int128 wide = (unsigned __int128)a * b + h;

        h ^= (uint64_t)wide + (uint64_t)(wide >> 64);
        h += b ? a / b + a % b : 1;
        h ^= (uint64_t)((int64_t)a / (int32_t)(b | 1)) + (uint32_t)a / ((uint32_t)b | 1);
        h = (h << (a & 63) | h >> (-a & 63)) + (uint64_t)__builtin_clzll(a | 1) * (uint64_t)__builtin_ctzll(b | 1);
        h += __builtin_bswap64(a) ^ (uint64_t)__builtin_popcountll(b) ^ (uint64_t)((int64_t)b >> (a & 31));
    }
    printf("arithmetic %016" PRIx64 "\n", h);
}

static int compare(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static void sorting(void)
{
    static int32_t v[20000];
    uint64_t h = 0;

    for (size_t n = 0; n < 20000; n++)
        v[n] = (int32_t)rnd();
    qsort(v, 20000, sizeof(v[0]), compare);
    for (size_t n = 0; n < 20000; n++)
        h = h * 31 + (uint32_t)v[n];
    printf("sorting %016" PRIx64 " %d %d\n", h, v[0], v[19999]);
}

static uint32_t ror(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* SHA-256's compression (FIPS 180-4) with its constants computed, not listed. */
static void hashing(void)
{
    uint32_t k[64], w[64], h[8] = {1, 2, 3, 4, 5, 6, 7, 8};

    for (unsigned n = 0; n < 64; n++)
        k[n] = (uint32_t)rnd();
    for (int block = 0; block < 2000; block++) {
        uint32_t s[8];

        for (unsigned n = 0; n < 64; n++)
            w[n] = n < 16 ? (uint32_t)rnd()
                          : w[n - 16] + w[n - 7] + (ror(w[n - 15], 7) ^ ror(w[n - 15], 18) ^ w[n - 15] >> 3) +
                                (ror(w[n - 2], 17) ^ ror(w[n - 2], 19) ^ w[n - 2] >> 10);
        memcpy(s, h, sizeof(s));
        for (unsigned n = 0; n < 64; n++) {
            uint32_t t = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[n] + w[n];
            uint32_t u = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

            memmove(s + 1, s, 7 * sizeof(s[0]));
            s[4] += t;
            s[0] = t + u;
        }
        for (unsigned n = 0; n < 8; n++)
            h[n] += s[n];
    }
    printf("hashing %08x %08x %08x %08x\n", h[0], h[3], h[5], h[7]);
}

static void checksum(void)
{
    static unsigned char data[65536];
    uint32_t crc = ~0u;

    for (size_t n = 0; n < sizeof(data); n++)
        data[n] = (unsigned char)rnd();
    for (size_t n = 0; n < sizeof(data); n++) {
        crc ^= data[n];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    printf("checksum %08x\n", ~crc);
}

int main(void)
{
    arithmetic();
    sorting();
    hashing();
    checksum();
    return 0;
}
