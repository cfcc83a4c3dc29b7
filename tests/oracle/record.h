/* SPDX-License-Identifier: Apache-2.0
 *
 * What oracle.c (our CPU) and reference.c (the same records under qemu-user) share: a record is an
 * instruction and a random state, made here from its number, so only encodings and hashes travel
 * between the two.
 *
 * The program under test may use every register but x26 to x28, which the reference needs for
 * itself. */
#ifndef BERTH_TESTS_ORACLE_RECORD_H
#define BERTH_TESTS_ORACLE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WINDOW_BASE                                                                                \
    UINT64_C(0x40100000) /* memory that instructions may touch, the same address on both sides */
enum {
    WINDOW_SIZE = 512 << 10,
    WINDOW_MIDDLE = WINDOW_SIZE / 2,
    RESERVED_FIRST = 26, /* x26..x28 */
    RESERVED_LAST = 28,
    RECORDS_PER_BATCH = 4096, /* the window is filled anew for each */
};

/* How memory is touched: record.flags. */
enum {
    RECORD_MEMORY = 1,  /* the base register points into the window */
    RECORD_ALIGNED = 2, /* ... at a multiple of 16 */
};

struct record {
    uint32_t raw, flags;
    uint8_t base, index; /* numbers of the base register and of an offset register; 255: none */
    uint8_t pad[6];
};

struct machine_state {
    uint64_t x[32]; /* [31]: SP */
    uint64_t v[32][2];
    uint64_t nzcv; /* as MRS NZCV shows it */
    uint64_t fpcr, fpsr;
};

/* What is reported for a record: the hash, or HASH_FAULT. */
#define HASH_FAULT UINT64_MAX

static inline uint64_t next_random(uint64_t *s)
{
    *s += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *s;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Integers: anything, small ones of both signs, and the neighbourhoods of powers of two. */
static inline uint64_t random_integer(uint64_t *s)
{
    uint64_t r = next_random(s), value = next_random(s);

    switch (r & 7) {
    case 0:
        return (uint64_t)((int64_t)value >> 56);
    case 1:
        return (UINT64_C(1) << (value & 63)) + (value >> 8 & 3) - 2;
    case 2:
        return value >> (r >> 8 & 63);
    case 3:
        return (uint32_t)value;
    default:
        return value;
    }
}

/* A 64-bit lane of a vector register: bits, or floating-point values of one size, the special ones
 * often. */
static inline uint64_t random_special(uint64_t r, unsigned fraction, unsigned exponent)
{
    uint64_t e_max = (UINT64_C(1) << exponent) - 1, f_max = (UINT64_C(1) << fraction) - 1;
    uint64_t sign = (r & 1) << (fraction + exponent), f = r >> 8 & f_max, e;

    switch (r >> 1 & 15) {
    case 0: /* zero */
        return sign;
    case 1: /* infinity */
        return sign | e_max << fraction;
    case 2: /* any NaN */
        return sign | e_max << fraction | (f ? f : 1);
    case 3: /* subnormal */
        return sign | f >> (r >> 5 & 7);
    case 4: /* largest, smallest normal */
        return sign | (r >> 5 & 1 ? (e_max - 1) << fraction | f_max : UINT64_C(1) << fraction);
    case 5: /* a small integer or half of one */
        e = (e_max >> 1) + (r >> 5 & 7) - 2;
        return sign | e << fraction | (f & f_max << (fraction - 3));
    case 6: /* near the limits of integers */
        e = (e_max >> 1) + 30 + (r >> 5 & 1) * 32 + (r >> 6 & 3);
        return sign | (e & e_max) << fraction | (r & UINT64_C(1) << 40 ? f : f & 3);
    case 7: /* near 1: results cancel */
        e = (e_max >> 1) - (r >> 5 & 1);
        return sign | e << fraction | (r & UINT64_C(1) << 40 ? f : f & 15);
    case 8: /* near underflow */
        e = r >> 5 & 3;
        return sign | e << fraction | f;
    default:
        e = r >> 40 & e_max;
        return sign | e << fraction | f;
    }
}

static inline uint64_t random_lane(uint64_t *s, unsigned kind)
{
    uint64_t lane = 0;

    switch (kind) {
    case 0:
        return random_integer(s);
    case 1:
        for (unsigned n = 0; n < 64; n += 16)
            lane |= random_special(next_random(s), 10, 5) << n;
        return lane;
    case 2:
    case 3:
        for (unsigned n = 0; n < 64; n += 32)
            lane |= random_special(next_random(s), 23, 8) << n;
        return lane;
    default:
        return random_special(next_random(s), 52, 11);
    }
}

static inline void random_state(struct machine_state *m, const struct record *r, uint64_t number)
{
    uint64_t s = number * UINT64_C(0x2545f4914f6cdd1d);
    uint64_t r0 = next_random(&s), kind = r0 % 6;

    for (unsigned n = 0; n < 32; n++) {
        m->x[n] = random_integer(&s);
        m->v[n][0] = random_lane(&s, (unsigned)kind);
        m->v[n][1] = random_lane(&s, (unsigned)kind);
    }
    m->nzcv = (r0 >> 8 & 15) << 28;
    m->fpsr = r0 >> 16 & 0x0800009f;
    m->fpcr = r0 >> 45 & 1 ? 0 : (r0 >> 46 & 31) << 22;
    if (r->flags & RECORD_MEMORY) {
        uint64_t skew =
            r->flags & RECORD_ALIGNED || r->base == 31 || (r0 >> 52 & 3) ? 0 : r0 >> 54 & 15;
        if (r->index != 255 && r->index != 31)
            m->x[r->index] &= 0xfff;
        m->x[r->base] = WINDOW_BASE + WINDOW_MIDDLE + skew;
    }
}

static inline void fill_window(uint8_t *window, uint64_t batch)
{
    uint64_t s = ~batch;

    for (unsigned n = 0; n < WINDOW_SIZE; n += 8) {
        uint64_t value = next_random(&s);
        memcpy(window + n, &value, 8);
    }
}

static inline uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ hash >> 32;
}

static inline uint64_t hash_bytes(uint64_t hash, const uint8_t *p, unsigned len)
{
    for (unsigned n = 0; n < len; n += 8) {
        uint64_t value;
        memcpy(&value, p + n, 8);
        hash = mix(hash, value);
    }
    return hash;
}

/* Of everything an instruction may have changed; of the window what is around the base. */
static inline uint64_t hash_state(const struct machine_state *m, const struct record *r,
                                  const uint8_t *window)
{
    uint64_t hash = mix(mix(m->nzcv, m->fpsr), m->fpcr);

    for (unsigned n = 0; n < 32; n++) {
        if (n < RESERVED_FIRST || n > RESERVED_LAST)
            hash = mix(hash, m->x[n]);
        hash = mix(mix(hash, m->v[n][0]), m->v[n][1]);
    }
    if (r->flags & RECORD_MEMORY)
        hash = hash_bytes(hash, window + WINDOW_MIDDLE - 128, 256);
    return hash == HASH_FAULT ? 0 : hash;
}

#endif
