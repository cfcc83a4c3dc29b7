/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole command lines. First byte: which program; the rest are the arguments, one a line. What is
 * accepted survives JSON, and what the printer prints is what it says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/json.h"
#include "config/parse.h"
#include "config/print.h"
#include "config/support.h"
#include "fuzz.h"

enum { ARGS_MAX = 64 };

/* JSON → configuration → JSON. krunkit checks no socket path's length, vfkit's grammar, which the
 * JSON is in, does: that one refusal is no fault. */
static void check_json(const struct vm_config *cfg)
{
    char *json = vm_config_to_json(cfg, JSON_VIEW_FULL), *again;
    struct vm_config read;
    struct err err = {0};

    FUZZ_CHECK(json);
    if (vm_config_from_json(json, strlen(json), &read, &err) == 0) {
        again = vm_config_to_json(&read, JSON_VIEW_FULL);
        FUZZ_CHECK(again && !strcmp(json, again));
        free(again);
        vm_config_finish(&read);
    } else {
        FUZZ_CHECK(cfg->personality == PERSONALITY_KRUNKIT && cfg->rest.kind == REST_UNIX);
    }
    free(json);
}

static void check_accepted(const struct cmdline *cl, enum personality p)
{
    struct vm_config cfg;
    struct strlist args = {0};
    struct err err = {0};

    vm_config_init(&cfg, p);
    if (cmdline_build(cl, NULL, &cfg, &err) == 0) {
        check_json(&cfg);
        FUZZ_CHECK(vm_config_to_args(&cfg, &args, &err) == 0 || err.text[0]);
        FUZZ_CHECK(vm_config_check(&cfg, &err) == 0 || err.text[0]);
        FUZZ_CHECK(support_check(&cfg, &err) == 0 || err.text[0]);
    } else {
        FUZZ_CHECK(err.text[0]);
    }
    strlist_finish(&args);
    vm_config_finish(&cfg);
}

/* Cuts `text` at its newlines into argv[1..]. Returns argc. */
static int cut(char *text, char **argv)
{
    int argc = 1;

    argv[0] = text;
    for (char *p = text; *p && argc < ARGS_MAX;) {
        size_t len = strcspn(p, "\n");
        bool last = !p[len];

        p[len] = '\0';
        argv[argc++] = p;
        p += len + !last;
    }
    return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *argv[ARGS_MAX];
    enum personality p;
    struct cmdline cl;
    struct err err = {0};
    char *text;

    if (!len)
        return 0;
    p = (enum personality)(data[0] % 3);
    text = strndup((const char *)data + 1, len - 1);
    FUZZ_CHECK(text);
    if (cmdline_parse(p, cut(text, argv), argv, &cl, &err) == 0) {
        if (!cl.values[OPT_HELP].on && !cl.values[OPT_VERSION].on)
            check_accepted(&cl, p);
        cmdline_finish(&cl);
    } else {
        FUZZ_CHECK(err.text[0]);
    }
    free(text);
    return 0;
}
