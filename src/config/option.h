/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of options a command line. Parsing, --help, completions and the manual's test all read
 * it; nothing else knows an option's name. */
#ifndef BERTH_CONFIG_OPTION_H
#define BERTH_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "config/strlist.h"

enum option_id {
    OPT_KERNEL,
    OPT_KERNEL_CMDLINE,
    OPT_INITRD,
    OPT_BOOTLOADER,
    OPT_FIRMWARE_PATH,
    OPT_CPUS,
    OPT_MEMORY,
    OPT_NESTED,
    OPT_ACCEL,
    OPT_ARCH,
    OPT_DEVICE,
    OPT_GUI,
    OPT_OEM_STRING,
    OPT_CLOUD_INIT,
    OPT_IGNITION,
    OPT_TIMESYNC,
    OPT_RESTFUL_URI,
    OPT_PIDFILE,
    OPT_LOG_LEVEL,
    OPT_KRUN_LOG_LEVEL,
    OPT_LOG_FILE,
    OPT_ON_PANIC,
    OPT_DRY_RUN,
    OPT_VERSION,
    OPT_HELP,
    NR_OPTIONS,
};

enum option_kind {
    OPTION_SWITCH, /* takes no value (pflag: may take =true, =false) */
    OPTION_TEXT,   /* one value; pflag: the last wins, clap: once */
    OPTION_NUMBER, /* the same, and `read` makes it a number */
    OPTION_LIST,   /* repeatable, in order */
    OPTION_QUOTED, /* repeatable, each value a quote-aware list (§5.2); all items in one list */
};

struct option_spec {
    enum option_id id;
    enum option_kind kind;
    const char *name;    /* long name, without dashes */
    char letter;         /* short name, or NUL */
    const char *metavar; /* NULL for a switch */
    /* Refuses a bad value while flags are parsed; for a NUMBER also reads it. NULL: any text will
     * do. */
    int (*read)(const char *text, uint64_t *ret, struct err *reason);
    bool required;     /* clap only */
    const char *words; /* for completion: "a b c", "file", "devices", or NULL */
    const char *group; /* heading in --help */
    const char *help;  /* lines separated by \n */
};

struct option_table {
    const char *program; /* the name in messages and usage */
    const struct option_spec *const *options;
    size_t nr;
};

/* options.c */
extern const struct option_table options_vfkit, options_krunkit, options_berth;

struct option_value {
    bool given;           /* on the command line at all */
    bool on;              /* SWITCH */
    uint64_t number;      /* NUMBER */
    struct strlist texts; /* TEXT, NUMBER: exactly one when given; LIST, QUOTED: all */
};

/* A command line cut into options, before any of them is understood. */
struct cmdline {
    const struct option_table *table;
    struct option_value values[NR_OPTIONS];
    struct strlist positionals;
};

void cmdline_finish(struct cmdline *cl);

/* The text of a TEXT option, or NULL when not given. */
const char *cmdline_text(const struct cmdline *cl, enum option_id id);

/* Both parse argv[1..]. 0, -ENOMEM, or -EINVAL with the tool's own sentence. On failure `ret` is
 * empty. */

/* GNU style as Go's pflag has it (§4.2): repeated values override, positionals are kept. */
NODISCARD int pflag_parse(const struct option_table *t, int argc, char *const *argv,
                          struct cmdline *ret, struct err *err);

/* As Rust's clap has it (§16.1): a repeated value, a positional, a value for a switch are errors.
 * --help and --version end parsing where they stand. */
NODISCARD int clap_parse(const struct option_table *t, int argc, char *const *argv,
                         struct cmdline *ret, struct err *err);

/* For both engines. */
const struct option_spec *option_by_name(const struct option_table *t, const char *name,
                                         size_t len);
const struct option_spec *option_by_letter(const struct option_table *t, char letter);
/* Stores a value that `spec->read` has accepted; 0, -ENOMEM, or -EINVAL with the reason alone in
 * `reason`. */
NODISCARD int option_store(const struct option_spec *spec, const char *text, struct option_value *v,
                           struct err *reason);
/* The option whose name looks most like `name` of `len` bytes, for hints; NULL when none is near.
 */
const struct option_spec *option_similar(const struct option_table *t, const char *name,
                                         size_t len);

#endif
