/* SPDX-License-Identifier: Apache-2.0
 *
 * A report for people and for bug reports: every line is something that was tried just now, with
 * the reason behind a no. */
#include "cli/doctor.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/version.h"
#include "config/support.h"
#include "engine/survey.h"
#include "host/info.h"

enum {
    FILES_WANTED = 1024, /* disks, queues, sockets and a share's open files */
    MIB = 1 << 20,
    MEMORY_WANTED_MIB = 512,
};

static void print_row(const char *name, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void print_row(const char *name, const char *fmt, ...)
{
    va_list ap;

    (void)printf("  %-16s", name);
    va_start(ap, fmt);
    (void)vprintf(fmt, ap);
    va_end(ap);
    (void)putchar('\n');
}

static bool usable(const struct engine_choice *c)
{
    return c->built && c->host_can;
}

static void print_choice(const struct engine_choice *c)
{
    if (!c->host_can)
        print_row(c->name, "no: %s", c->why.text);
    else if (!c->built)
        print_row(c->name, "no: this host could, but it is not part of this build");
    else
        print_row(c->name, "yes: %s guests", c->guests);
}

/* Prints the accelerators. Returns the one that `--accel auto` would take, or NULL. */
static const struct engine_choice *print_choices(const struct engine_choice *choices, size_t nr)
{
    const struct engine_choice *best = NULL;

    (void)puts("Accelerators, best first:");
    for (size_t i = 0; i < nr; i++) {
        print_choice(&choices[i]);
        if (!best && usable(&choices[i]))
            best = &choices[i];
    }
    return best;
}

static void print_limit(const char *name, uint64_t value, const char *unit, const char *note)
{
    if (value == UINT64_MAX)
        print_row(name, "no limit");
    else
        print_row(name, "%llu%s%s", (unsigned long long)value, unit, note);
}

static void print_host(const struct host_info *host)
{
    const char *more = host->files_max > host->files ? "; raise it with ulimit -n" : "";

    (void)puts("\nHost:");
    print_row("CPUs", "%u", host->cpus);
    print_row("memory", "%llu MiB", (unsigned long long)(host->memory / MIB));
    if (host->available)
        print_row("available", "%llu MiB%s", (unsigned long long)(host->available / MIB),
                  host->available / MIB < MEMORY_WANTED_MIB ? ": less than a VM's default" : "");
    print_limit("open files", host->files, "", host->files < FILES_WANTED ? more : "");
    print_limit("locked memory", host->memlock == UINT64_MAX ? UINT64_MAX : host->memlock / 1024,
                " KiB", "");
    print_row("temporary files", "%s", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
}

/* Where `name` is found in PATH, in `ret`; false when it is not. */
static bool find_program(const char *name, char *ret, size_t size)
{
    const char *path = getenv("PATH");

    while (path && *path) {
        size_t len = strcspn(path, ":");

        (void)snprintf(ret, size, "%.*s/%s", (int)len, path, name);
        if (access(ret, X_OK) == 0)
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}

/* berth runs without any of these; they are what its users meet next. */
static void print_helpers(void)
{
    static const struct {
        const char *name, *use;
    } helpers[] = {
        {"qemu-img", "converts disk images to raw"},
        {"gvproxy", "user-mode network for --device virtio-net,unixSocketPath=…"},
        {"passt", "user-mode network for --device virtio-net,type=unixstream,…"},
        {"dtc", "reads the device tree of a guest"},
    };
    char found[PATH_MAX];

    (void)puts("\nHelper programs (all optional):");
    for (size_t i = 0; i < ARRAY_LEN(helpers); i++) {
        if (find_program(helpers[i].name, found, sizeof(found)))
            print_row(helpers[i].name, "%s", found);
        else
            print_row(helpers[i].name, "not found: %s", helpers[i].use);
    }
}

static void print_verdict(const struct engine_choice *best)
{
    if (best)
        (void)printf("\nThis host runs %s guests with --accel %s.\n", best->guests, best->name);
    else
        (void)puts("\nNothing here can run a virtual machine; the reasons are under Accelerators.");
}

enum exit_status doctor_run(void)
{
    struct engine_choice choices[SURVEY_MAX];
    const struct engine_choice *best;
    struct host_info host;
    size_t nr = engine_survey(choices);

    host_info_get(&host);
    (void)printf("berth %s on %s, %s\n\n", version_berth(), host.system, host.machine);
    best = print_choices(choices, nr);
    print_host(&host);
    print_helpers();
    (void)puts("\nLibraries:");
    version_print_libraries(stdout);
    (void)puts("\nThis build:");
    support_print(stdout);
    print_verdict(best);
    return best ? STATUS_OK : STATUS_UNSUPPORTED;
}
