/* SPDX-License-Identifier: Apache-2.0
 *
 * One binary, three names: `berth`, `vfkit`, `krunkit`. Decides who we are, reads the command line
 * in that program's grammar, and hands the result to run.c. The main thread keeps its name and no
 * child is made: clients watch both (vfkit-compat.md §2, §3.2). Only this file decides how the
 * process ends. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/completion.h"
#include "cli/doctor.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/start.h"
#include "cli/usage.h"
#include "cli/version.h"
#include "config/json.h"
#include "config/parse.h"
#include "engine/engine.h"
#include "host/process.h"

/* berth's words before any option: `berth doctor`. */
struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
};

static int verb_help(int argc, char **argv)
{
    usage_print(PERSONALITY_BERTH, stdout);
    return STATUS_OK;
}

static int verb_version(int argc, char **argv)
{
    version_print(PERSONALITY_BERTH, argc > 1, stdout);
    return STATUS_OK;
}

static int verb_doctor(int argc, char **argv)
{
    return (int)doctor_run();
}

static int verb_completion(int argc, char **argv)
{
    struct err err = {0};
    const char *shell = argc == 2 ? argv[1] : "";

    if (completion_print(shell, stdout) == 0)
        return STATUS_OK;
    (void)err_set(&err, -EINVAL, "berth completion takes one of bash, zsh, fish");
    return (int)report_failure(PERSONALITY_BERTH, STAGE_FLAGS, err.code, &err);
}

static const struct verb verbs[] = {
    {"help", verb_help},
    {"version", verb_version},
    {"doctor", verb_doctor},
    {"completion", verb_completion},
};

static const struct verb *find_verb(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(verbs); i++)
        if (!strcmp(argv[1], verbs[i].name))
            return &verbs[i];
    return NULL;
}

/* `--version -v` asks berth for more than `--version`. */
static bool wants_features(enum personality p, int argc, char **argv)
{
    bool letter = false, word = false;

    for (int i = 1; i < argc; i++) {
        letter |= !strcmp(argv[i], "-v");
        word |= !strcmp(argv[i], "--version");
    }
    return p == PERSONALITY_BERTH && letter && word;
}

/* `berth --dry-run`: the configuration that would be run, and whether this build could. */
static int print_config(const struct vm_config *cfg)
{
    char *json = vm_config_to_json(cfg, JSON_VIEW_FULL);
    struct err why = {0};

    if (!json)
        return -ENOMEM;
    (void)puts(json);
    free(json);
    (void)fflush(stdout);
    if (vm_check(cfg, &why))
        (void)fprintf(stderr, "berth: would not start: %s\n", why.text);
    return 0;
}

static int check_and_run(struct vm_config *cfg, struct err *err)
{
    int r = vm_check(cfg, err);

    return r ? r : run_vm(cfg, err);
}

static int configure_and_run(enum personality p, const struct cmdline *cl)
{
    struct start start = {.dry = cl->values[OPT_DRY_RUN].on};
    struct vm_config cfg;
    struct err err = {0};
    int r;

    vm_config_init(&cfg, p);
    r = start_configure(&start, cl, &cfg, &err);
    if (!r)
        r = cfg.dry_run ? print_config(&cfg) : check_and_run(&cfg, &err);
    start_finish(&start);
    vm_config_finish(&cfg);
    return r < 0 ? (int)report_failure(p, STAGE_START, r, &err) : r;
}

static int run_command_line(enum personality p, int argc, char **argv)
{
    struct cmdline cl;
    struct err err = {0};
    int r = cmdline_parse(p, argc, argv, &cl, &err);

    if (r)
        return (int)report_failure(p, STAGE_FLAGS, r, &err);
    if (cl.values[OPT_HELP].on)
        usage_print(p, stdout);
    else if (cl.values[OPT_VERSION].on)
        version_print(p, wants_features(p, argc, argv), stdout);
    else
        r = configure_and_run(p, &cl);
    cmdline_finish(&cl);
    return r;
}

int main(int argc, char **argv)
{
    enum personality p = personality_of(argc ? argv[0] : "berth");
    const struct verb *verb = p == PERSONALITY_BERTH ? find_verb(argc, argv) : NULL;

    process_prepare();
    return verb ? verb->run(argc - 1, argv + 1) : run_command_line(p, argc, argv);
}
