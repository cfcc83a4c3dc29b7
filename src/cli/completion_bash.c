/* SPDX-License-Identifier: Apache-2.0
 *
 * bash(1), Programmable Completion. A value after '=' is its own word there, so file names inside
 * --device complete by the default. */
#include <string.h>

#include "cli/completion.h"

static void print_device_function(const struct completion_program *p, FILE *out)
{
    (void)fprintf(out, "_%s_device() {\n    local keys\n    case $1 in\n    *,*) ;;\n", p->name);
    (void)fputs("    *)\n        compopt -o nospace\n        COMPREPLY=($(compgen -W '", out);
    completion_types(p->devices, out);
    (void)fputs("' -- \"$1\"))\n        return ;;\n    esac\n    case ${1%%,*} in\n", out);
    for (size_t i = 0; i < p->devices->nr; i++) {
        (void)fprintf(out, "    %s) keys='", p->devices->types[i].name);
        completion_keys(&p->devices->types[i], p->berth, out);
        (void)fputs("' ;;\n", out);
    }
    (void)fputs("    esac\n    compopt -o nospace\n"
                "    COMPREPLY=($(compgen -P \"${1%,*},\" -W \"$keys\" -- \"${1##*,}\"))\n}\n\n",
                out);
}

static void print_value(const struct completion_program *p, const struct option_spec *spec,
                        FILE *out)
{
    if (!spec->words)
        return;
    (void)fprintf(out, "    --%s", spec->name);
    if (spec->letter)
        (void)fprintf(out, " | -%c", spec->letter);
    if (!strcmp(spec->words, "file"))
        (void)fputs(") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", out);
    else if (!strcmp(spec->words, "devices"))
        (void)fprintf(out, ") _%s_device \"$cur\"; return ;;\n", p->name);
    else
        (void)fprintf(out, ") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
                      spec->words);
}

static void print_program(const struct completion_program *p, FILE *out)
{
    print_device_function(p, out);
    (void)fprintf(out, "_%s() {\n", p->name);
    (void)fputs("    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                "    if [ \"$cur\" = = ]; then\n        cur=\n"
                "    elif [ \"$prev\" = = ] && [ \"$COMP_CWORD\" -gt 1 ]; then\n"
                "        prev=${COMP_WORDS[COMP_CWORD-2]}\n    fi\n"
                "    case $prev in\n",
                out);
    for (size_t i = 0; i < p->options->nr; i++)
        print_value(p, p->options->options[i], out);
    if (p->berth)
        (void)fputs(
            "    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\")); return ;;\n",
            out);
    (void)fputs("    esac\n    COMPREPLY=($(compgen -W '", out);
    for (size_t i = 0; i < p->options->nr; i++)
        (void)fprintf(out, "%s--%s", i ? " " : "", p->options->options[i]->name);
    (void)fprintf(out, "%s' -- \"$cur\"))\n}\ncomplete -o default -F _%s %s\n\n",
                  p->berth ? " help version doctor completion" : "", p->name, p->name);
}

void completion_bash(const struct completion_program *programs, size_t nr, FILE *out)
{
    (void)fputs(
        "# bash completion for berth, vfkit and krunkit; made by `berth completion bash`\n\n", out);
    for (size_t i = 0; i < nr; i++)
        print_program(&programs[i], out);
}
