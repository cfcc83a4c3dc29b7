/* SPDX-License-Identifier: Apache-2.0
 *
 * A main for fuzzers where libFuzzer is not linked: runs the files and folders it is given, and
 * with -runs=N so many inputs made by changing those (or from nothing), the same ones each time. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { MAX_INPUTS = 4096, MAX_LEN = 4096 };

struct input {
    uint8_t *p;
    size_t len;
};

static struct input inputs[MAX_INPUTS];
static unsigned nr_inputs;

static uint32_t random_word(void)
{
    static uint32_t s = 0x9e3779b9;

    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    return s;
}

static void add_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct input in = {.p = malloc(MAX_LEN)};

    if (!f || !in.p || nr_inputs == MAX_INPUTS) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    in.len = fread(in.p, 1, MAX_LEN, f);
    (void)fclose(f);
    inputs[nr_inputs++] = in;
}

static void add_path(const char *path)
{
    struct stat st;
    struct dirent *e;
    DIR *d;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        add_file(path);
        return;
    }
    d = opendir(path);
    while (d && (e = readdir(d))) {
        char name[4096];

        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
        add_file(name);
    }
    if (d)
        (void)closedir(d);
}

/* A copy of some input with a few bytes changed, and perhaps cut or made longer. */
static size_t make_input(uint8_t *p)
{
    size_t len = random_word() % 512;

    if (nr_inputs) {
        const struct input *in = &inputs[random_word() % nr_inputs];

        len = in->len;
        memcpy(p, in->p, len);
        for (unsigned n = random_word() % 8; n && len; n--)
            p[random_word() % len] = (uint8_t)random_word();
        if (random_word() % 4 == 0)
            len = len ? random_word() % len : 0;
    }
    for (size_t more = nr_inputs ? random_word() % 64 : len, i = nr_inputs ? len : 0;
         more && i < MAX_LEN; more--) {
        p[i++] = (uint8_t)random_word();
        len = i > len ? i : len;
    }
    return len;
}

int main(int argc, char **argv)
{
    static uint8_t made[MAX_LEN];
    unsigned long runs = 0;

    (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-runs=", 6) == 0)
            runs = strtoul(argv[i] + 6, NULL, 10);
        else
            add_path(argv[i]);
    }
    for (unsigned i = 0; i < nr_inputs; i++)
        (void)LLVMFuzzerTestOneInput(inputs[i].p, inputs[i].len);
    for (unsigned long i = 0; i < runs; i++)
        (void)LLVMFuzzerTestOneInput(made, make_input(made));
    (void)printf("%u inputs, %lu made\n", nr_inputs, runs);
    for (unsigned i = 0; i < nr_inputs; i++)
        free(inputs[i].p);
    return 0;
}
