/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit (a cobra program) prints "Error: <text>", usage and the text again; krunkit (clap) "error:
 * <text>", usage and a pointer to --help for bad flags and "Error: <text>" later on:
 * vfkit-compat.md §4.4 and §16.1. */
#include "cli/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum exit_status exit_status_of(enum personality p, enum stage stage, int code)
{
    if (p == PERSONALITY_VFKIT)
        return STATUS_FAILED;
    if (stage == STAGE_FLAGS)
        return STATUS_USAGE;
    if (p == PERSONALITY_KRUNKIT)
        return STATUS_FAILED;
    switch (-code) {
    case EINVAL:
        return STATUS_USAGE;
    case ENOENT:
    case EACCES:
    case EPERM:
    case EISDIR:
    case ENOTDIR:
    case ENOTBLK:
    case EROFS:
    case ENOEXEC:
        return STATUS_NO_ACCESS;
    case ENOTSUP:
    case ENOSYS:
        return STATUS_UNSUPPORTED;
    case EBUSY:
    case EADDRINUSE:
    case EAGAIN:
        return STATUS_IN_USE;
    default:
        return STATUS_FAILED;
    }
}

static void report_vfkit(int code, const char *text, const char *hint)
{
    (void)fprintf(stderr, "Error: %s\nUsage:\n  vfkit [flags]\n\n%s\n", text, text);
    if (*hint)
        (void)fprintf(stderr, "%s\n", hint);
    else if (code == -EINVAL)
        (void)fputs("Run 'vfkit --help' for all options.\n", stderr);
}

static void report_krunkit(enum stage stage, const char *text, const char *hint)
{
    if (stage == STAGE_START) {
        (void)fprintf(stderr, "Error: %s\n", text);
        if (*hint)
            (void)fprintf(stderr, "%s\n", hint);
        return;
    }
    (void)fprintf(stderr, "error: %s\n\n", text);
    if (*hint)
        (void)fprintf(stderr, "  tip: %s\n\n", hint);
    (void)fputs(
        "Usage: krunkit [OPTIONS] --cpus <CPUS> --memory <MEMORY>\n\nFor more information, try "
        "'--help'.\n",
        stderr);
}

static void report_berth(enum exit_status status, const char *text, const char *hint)
{
    (void)fprintf(stderr, "berth: %s\n", text);
    if (*hint)
        (void)fprintf(stderr, "%s\n", hint);
    else if (status == STATUS_USAGE)
        (void)fputs("Run 'berth help' for all options.\n", stderr);
}

enum exit_status report_failure(enum personality p, enum stage stage, int code,
                                const struct err *err)
{
    enum exit_status status = exit_status_of(p, stage, code);
    const char *text = err->code ? err->text : strerror(-code);

    (void)fflush(stdout);
    switch (p) {
    case PERSONALITY_VFKIT:
        report_vfkit(code, text, err->hint);
        break;
    case PERSONALITY_KRUNKIT:
        report_krunkit(stage, text, err->hint);
        break;
    case PERSONALITY_BERTH:
        report_berth(status, text, err->hint);
        break;
    }
    return status;
}
