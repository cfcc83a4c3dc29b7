/* SPDX-License-Identifier: Apache-2.0
 *
 * fish-completions(1): one `complete` line an option. */
#include <string.h>

#include "cli/completion.h"

/* The first line of `help` inside single quotes. */
static void print_help(const char *help, FILE *out)
{
    (void)fputs(" -d '", out);
    for (; *help && *help != '\n'; help++) {
        if (*help == '\'' || *help == '\\')
            (void)fputc('\\', out);
        (void)fputc(*help, out);
    }
    (void)fputs("'\n", out);
}

static void print_option(const struct completion_program *p, const struct option_spec *spec,
                         FILE *out)
{
    (void)fprintf(out, "complete -c %s -l %s", p->name, spec->name);
    if (spec->letter)
        (void)fprintf(out, " -s %c", spec->letter);
    if (spec->metavar && !spec->words)
        (void)fputs(" -x", out);
    else if (spec->metavar && !strcmp(spec->words, "file"))
        (void)fputs(" -r -F", out);
    else if (spec->metavar && !strcmp(spec->words, "devices"))
        (void)fprintf(out, " -x -a '(__%s_device)'", p->name);
    else if (spec->metavar)
        (void)fprintf(out, " -x -a '%s'", spec->words);
    print_help(spec->help, out);
}

static void print_device_function(const struct completion_program *p, FILE *out)
{
    (void)fprintf(out, "function __%s_device\n    set -l cur (commandline -ct)\n", p->name);
    (void)fputs("    set -l keys\n    set -l prefix (string replace -r '[^,]*$' '' -- $cur)\n"
                "    switch (string replace -r '^.*=' '' -- (string split -m1 , -- $cur)[1])\n",
                out);
    for (size_t i = 0; i < p->devices->nr; i++) {
        (void)fprintf(out, "        case %s\n            set keys ", p->devices->types[i].name);
        completion_keys(&p->devices->types[i], p->berth, out);
        (void)fputc('\n', out);
    }
    (void)fputs("    end\n    string match -q '*,*' -- $cur; or set keys ", out);
    completion_types(p->devices, out);
    (void)fputs("\n    for key in $keys\n        echo $prefix$key\n    end\nend\n\n", out);
}

void completion_fish(const struct completion_program *programs, size_t nr, FILE *out)
{
    (void)fputs(
        "# fish completion for berth, vfkit and krunkit; made by `berth completion fish`\n\n", out);
    for (size_t i = 0; i < nr; i++) {
        print_device_function(&programs[i], out);
        (void)fprintf(out, "complete -c %s -f\n", programs[i].name);
        for (size_t j = 0; j < programs[i].options->nr; j++)
            print_option(&programs[i], programs[i].options->options[j], out);
        (void)fputc('\n', out);
    }
    (void)fputs("complete -c berth -n __fish_is_first_arg -a 'help version doctor completion'\n",
                out);
}
