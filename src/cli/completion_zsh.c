/* SPDX-License-Identifier: Apache-2.0
 *
 * zshcompsys(1): one _arguments call a program. */
#include <string.h>

#include "cli/completion.h"

/* The first line of `help` as the text between brackets of an _arguments spec. */
static void print_help(const char *help, FILE *out)
{
    for (; *help && *help != '\n'; help++) {
        if (strchr("[]:\\", *help))
            (void)fputc('\\', out);
        if (*help == '\'')
            (void)fputs("'\\'", out);
        (void)fputc(*help, out);
    }
}

static void print_action(const struct completion_program *p, const struct option_spec *spec,
                         FILE *out)
{
    if (!spec->metavar)
        return;
    (void)fputs(":value:", out);
    if (!spec->words)
        (void)fputc(' ', out);
    else if (!strcmp(spec->words, "file"))
        (void)fputs("_files", out);
    else if (!strcmp(spec->words, "devices"))
        (void)fprintf(out, "_%s_device", p->name);
    else
        for (const char *w = spec->words; *w || (fputc(')', out), 0); w++) {
            if (w == spec->words)
                (void)fputc('(', out);
            if (*w == ':')
                (void)fputc('\\', out);
            (void)fputc(*w, out);
        }
}

static void print_spec(const struct completion_program *p, const struct option_spec *spec,
                       const char *dashes, const char *name, size_t len, FILE *out)
{
    bool many = spec->kind == OPTION_LIST || spec->kind == OPTION_QUOTED;

    (void)fprintf(out, "            '%s%s%.*s%s[", many ? "*" : "", dashes, (int)len, name,
                  !spec->metavar ? ""
                  : dashes[1]    ? "="
                                 : "+");
    print_help(spec->help, out);
    (void)fputc(']', out);
    print_action(p, spec, out);
    (void)fputs("' \\\n", out);
}

static void print_device_function(const struct completion_program *p, FILE *out)
{
    (void)fprintf(
        out, "_%s_device() {\n    if compset -P '*,'; then\n        case ${IPREFIX%%%%,*} in\n",
        p->name);
    for (size_t i = 0; i < p->devices->nr; i++) {
        (void)fprintf(out, "        (*%s) compadd -S '' -- ", p->devices->types[i].name);
        completion_keys(&p->devices->types[i], p->berth, out);
        (void)fputs(" ;;\n", out);
    }
    (void)fputs("        esac\n    else\n        compadd -S '' -- ", out);
    completion_types(p->devices, out);
    (void)fputs("\n    fi\n}\n\n", out);
}

static void print_program(const struct completion_program *p, FILE *out)
{
    (void)fprintf(out, "    (%s)\n        _arguments \\\n", p->name);
    for (size_t i = 0; i < p->options->nr; i++) {
        const struct option_spec *spec = p->options->options[i];

        print_spec(p, spec, "--", spec->name, strlen(spec->name), out);
        if (spec->letter)
            print_spec(p, spec, "-", &spec->letter, 1, out);
    }
    (void)fprintf(out, "            %s ;;\n",
                  p->berth ? "'1::verb:(help version doctor completion)' '2:: :_berth_shell'"
                           : "'*: :'");
}

void completion_zsh(const struct completion_program *programs, size_t nr, FILE *out)
{
    (void)fputs(
        "#compdef berth vfkit krunkit\n# zsh completion; made by `berth completion zsh`\n\n", out);
    for (size_t i = 0; i < nr; i++)
        print_device_function(&programs[i], out);
    (void)fputs(
        "_berth_shell() {\n    [[ $words[2] = completion ]] && compadd bash zsh fish\n}\n\n", out);
    (void)fputs("_berth() {\n    case $service in\n", out);
    for (size_t i = 0; i < nr; i++)
        print_program(&programs[i], out);
    (void)fputs("    esac\n}\n\n_berth \"$@\"\n", out);
}
