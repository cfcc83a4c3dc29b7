/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of config/: whole command lines in one call, and errors compared to the letter. */
#ifndef BERTH_TESTS_UNIT_CONFIG_CONFIG_TEST_H
#define BERTH_TESTS_UNIT_CONFIG_CONFIG_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/json.h"
#include "config/parse.h"

#include <cmocka.h>

enum { TEST_ARGS_MAX = 64 };

/* An accepted or refused text. */
struct vector {
    const char *text, *error; /* error NULL: accepted */
};

/* Parses and builds the command line `words` (argv[0] left out, ended by NULL). */
static inline int parse_words(enum personality p, const char *const *words, struct vm_config *cfg,
                              struct err *err)
{
    char *argv[TEST_ARGS_MAX] = {0};
    struct cmdline cl;
    int argc = 1, r;

    while (words[argc - 1]) {
        argv[argc] = strdup(words[argc - 1]);
        argc++;
    }
    *err = (struct err){0};
    vm_config_init(cfg, p);
    r = cmdline_parse(p, argc, argv, &cl, err);
    if (!r) {
        r = cmdline_build(&cl, NULL, cfg, err);
        cmdline_finish(&cl);
    }
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    return r;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The command line is refused with exactly this sentence. */
static inline void assert_refused(enum personality p, const char *const *words, const char *error)
{
    struct vm_config cfg;
    struct err err;

    assert_int_not_equal(parse_words(p, words, &cfg, &err), 0);
    assert_string_equal(err.text, error);
    vm_config_finish(&cfg);
}

/* The command line is accepted and means `json`, as GET /vm/inspect says it. */
static inline void assert_means(enum personality p, const char *const *words, const char *json)
{
    struct vm_config cfg;
    struct err err;
    char *text;

    if (parse_words(p, words, &cfg, &err))
        fail_msg("refused: %s", err.text);
    text = vm_config_to_json(&cfg, JSON_VIEW_INSPECT);
    assert_non_null(text);
    assert_string_equal(text, json);
    free(text);
    vm_config_finish(&cfg);
}

#endif
