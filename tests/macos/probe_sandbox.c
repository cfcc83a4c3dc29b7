/* SPDX-License-Identifier: Apache-2.0
 *
 * What macOS makes of the profile of host/sandbox.c. Part of `make check-mac`.
 *
 *     probe_sandbox FOLDER     one line a question: its name, ok or FAILED, what was seen */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/sandbox.h"

static void answer(const char *question, bool good, int seen)
{
    (void)printf("%s\t%s\t%s\n", question, good ? "ok" : "FAILED",
                 seen ? strerror(seen) : "allowed");
}

/* 0, or why not. */
static int try_to_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno;
    (void)close(fd);
    return 0;
}

static int try_to_bind(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, seen = 0;

    if (strlen(path) >= sizeof(address.sun_path))
        return ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        seen = errno;
    (void)close(fd);
    return seen;
}

static int try_to_start(const char *program)
{
    char *argv[] = {(char[]){"true"}, NULL}, *env[] = {NULL};
    pid_t pid;
    int seen = posix_spawn(&pid, program, NULL, NULL, argv, env);

    if (seen == 0)
        (void)waitpid(pid, NULL, 0);
    return seen;
}

static void expect_allowed(const char *question, int seen)
{
    answer(question, seen == 0, seen);
}

static void expect_denied(const char *question, int seen)
{
    answer(question, seen == EPERM, seen);
}

static void ask(const char *folder)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "%s/made", folder);
    expect_allowed("a-named-folder-is-written", try_to_open(path, O_RDWR | O_CREAT));
    expect_allowed("and-read", try_to_open(path, O_RDONLY));
    expect_allowed("and-cleared", unlink(path) < 0 ? errno : 0);
    (void)snprintf(path, sizeof(path), "%s/socket", folder);
    expect_allowed("a-socket-is-made-there", try_to_bind(path));
    (void)unlink(path);
    expect_allowed("system-files-are-read", try_to_open("/etc/passwd", O_RDONLY));
    expect_allowed("devices-are-written", try_to_open("/dev/null", O_RDWR));
    expect_denied("other-folders-are-not-written",
                  try_to_open("/private/tmp/berth-outside", O_RDWR | O_CREAT));
    expect_denied("users-folders-are-not-read", try_to_open("/Users", O_RDONLY));
    expect_denied("no-program-is-started", try_to_start("/usr/bin/true"));
}

int main(int argc, char **argv)
{
    struct sandbox s = {0};
    struct err err = {0};
    int rc = argc == 2 ? sandbox_allow(&s, argv[1], true, true) : -EINVAL;

    if (rc == 0)
        rc = sandbox_enter(&s, &err);
    answer("profile-is-accepted", rc == 0, -rc);
    if (rc == 0)
        ask(argv[1]);
    else
        (void)printf("reason\tFAILED\t%s\n", err.text);
    sandbox_finish(&s);
    return rc ? 1 : 0;
}
