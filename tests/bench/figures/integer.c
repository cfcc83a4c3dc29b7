/* SPDX-License-Identifier: Apache-2.0
 *
 * Integer work in plain C, and two real programs: busybox's awk and gzip (the guest has them; the host may not). */
#include "figures.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIST = 64, SIDE = 12, TEXT = 256, BLOCK = 64 << 10, SORTED = 20000 };

/* --- The mix: what CoreMark does, in our own words --- */

struct node {
    struct node *next;
    uint16_t key, value;
};

static uint16_t crc16(uint16_t crc, uint16_t data)
{
    for (int bit = 0; bit < 16; bit++) {
        unsigned odd = (crc ^ data) & 1;

        crc >>= 1;
        if (odd)
            crc ^= 0xa001;
        data >>= 1;
    }
    return crc;
}

static struct node *reversed(struct node *list)
{
    struct node *done = NULL;

    while (list) {
        struct node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static uint16_t list_work(struct node *nodes, uint64_t *seed)
{
    struct node *list = nodes;
    uint16_t crc = 0;

    for (int n = 0; n < LIST; n++)
        nodes[n] = (struct node){n + 1 < LIST ? &nodes[n + 1] : NULL, (uint16_t)n, (uint16_t)figures_random(seed)};
    for (int round = 0; round < 8; round++) {
        list = reversed(list);
        for (struct node *p = list; p; p = p->next)
            if (p->value & 1 << round)
                crc = crc16(crc, p->key);
    }
    return crc;
}

static uint32_t matrix_work(uint64_t *seed)
{
    int16_t a[SIDE][SIDE], b[SIDE][SIDE];
    uint32_t sum = 0;

    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            a[i][j] = (int16_t)figures_random(seed);
            b[i][j] = (int16_t)(i * j);
        }
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            int32_t cell = 0;
            for (int k = 0; k < SIDE; k++)
                cell += a[i][k] * b[k][j];
            sum += (uint32_t)(cell >> 2) & 0x7f;
        }
    return sum;
}

/* Counts what looks like a number, as a scanner does. */
static unsigned state_work(uint64_t *seed)
{
    static const char alphabet[16] = "0123456789.,-+eE";
    enum { START, SIGN, WHOLE, FRACTION, EXPONENT, BAD } state = START;
    char text[TEXT];
    unsigned numbers = 0;

    for (int n = 0; n < TEXT; n++)
        text[n] = alphabet[figures_random(seed) >> 20 & 15];
    for (int n = 0; n < TEXT; n++) {
        char c = text[n];

        if (c == ',') {
            numbers += state == WHOLE || state == FRACTION;
            state = START;
            continue;
        }
        switch (state) {
        case START:
            state = c == '-' || c == '+' ? SIGN : c >= '0' && c <= '9' ? WHOLE : BAD;
            break;
        case SIGN:
        case WHOLE:
            state = c >= '0' && c <= '9' ? WHOLE : c == '.' ? FRACTION : c == 'e' ? EXPONENT : BAD;
            break;
        case FRACTION:
            state = c >= '0' && c <= '9' ? FRACTION : c == 'e' || c == 'E' ? EXPONENT : BAD;
            break;
        default:
            break;
        }
    }
    return numbers;
}

uint64_t figures_mix(uint64_t n, uint64_t seed)
{
    struct node nodes[LIST];
    uint64_t sum = 0;

    while (n--)
        sum += list_work(nodes, &seed) + matrix_work(&seed) + state_work(&seed);
    return sum;
}

static void mix(uint64_t n)
{
    figures_sink = figures_mix(n, 88172645463325252u);
}

/* --- Checksums and sorting --- */

static void crc32(uint64_t n)
{
    static uint32_t table[256];
    static uint8_t data[BLOCK];
    uint32_t crc = UINT32_MAX;

    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
    }
    while (n--)
        for (size_t i = 0; i < BLOCK; i++)
            crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
    figures_sink = crc;
}

static uint32_t rotate(uint32_t x, int by)
{
    return x >> by | x << (32 - by);
}

/* FIPS 180-4, 6.2.2; the constants are any, the work is the same. */
static void sha256_block(uint32_t h[8], const uint32_t k[64], const uint32_t in[16])
{
    uint32_t w[64], s[8];

    memcpy(w, in, 64);
    for (int t = 16; t < 64; t++) {
        uint32_t x = w[t - 2], y = w[t - 15];
        w[t] = w[t - 16] + w[t - 7] + (rotate(y, 7) ^ rotate(y, 18) ^ y >> 3) + (rotate(x, 17) ^ rotate(x, 19) ^ x >> 10);
    }
    memcpy(s, h, 32);
    for (int t = 0; t < 64; t++) {
        uint32_t e = s[4], a = s[0];
        uint32_t one = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + k[t] + w[t];
        uint32_t two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

        memmove(s + 1, s, 28);
        s[4] += one;
        s[0] = one + two;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

static void sha256(uint64_t n)
{
    uint32_t h[8] = {1, 2, 3, 4, 5, 6, 7, 8}, k[64], in[16];
    uint64_t seed = 7;

    for (int i = 0; i < 64; i++)
        k[i] = (uint32_t)figures_random(&seed);
    while (n--) {
        for (int i = 0; i < 16; i++)
            in[i] = (uint32_t)n + h[i & 7];
        sha256_block(h, k, in);
    }
    figures_sink = h[0];
}

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

static void sort(uint64_t n)
{
    static int numbers[SORTED];
    uint64_t seed = 9;

    while (n--) {
        for (int i = 0; i < SORTED; i++)
            numbers[i] = (int)figures_random(&seed);
        qsort(numbers, SORTED, sizeof(int), compare);
    }
    figures_sink = (uint64_t)numbers[1];
}

/* --- Programs --- */

static void busybox(char *const *words)
{
    int status, nowhere;
    pid_t child = fork();

    if (child < 0)
        figures_fail("fork");
    if (child == 0) {
        nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 1);
        execv("/bin/busybox", words);
        _exit(127);
    }
    if (waitpid(child, &status, 0) < 0 || status)
        figures_fail("busybox");
}

static void awk(uint64_t n)
{
    char last[32], *const words[] = {
        "busybox", "awk", "-v", last,
        "BEGIN { for (i = 0; i < last; i++) { k = (i * 7919) % 1009; a[k] = a[k] + i; s = substr(\"abcdefghij\", i % 8, 3) k; "
        "if (s ~ /b.*7/) hits++; t += length(s) } print hits, t }",
        NULL};

    snprintf(last, sizeof(last), "last=%llu", (unsigned long long)n * 100);
    busybox(words);
}

static void gzip(uint64_t n)
{
    char *const words[] = {"busybox", "gzip", "-c", "/tmp/text", NULL};
    FILE *text = fopen("/tmp/text", "w");
    uint64_t seed = 3;

    if (!text)
        figures_fail("/tmp/text");
    for (uint64_t line = 0; line < n * 64; line++)
        fprintf(text, "%llu the quick brown fox %llx\n", (unsigned long long)line,
                (unsigned long long)figures_random(&seed) & 0xffff);
    fclose(text);
    busybox(words);
}

const struct figure integer_figures[] = {
    {"mix", mix, 1},   {"crc32", crc32, BLOCK}, {"sha256", sha256, 64}, {"sort", sort, SORTED},
    {"awk", awk, 100}, {"gzip", gzip, 64},      {0},
};
