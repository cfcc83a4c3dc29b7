/* SPDX-License-Identifier: Apache-2.0 */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum { WANTED_DESCRIPTORS = 65536, MACOS_DESCRIPTORS = 10240 };

static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", O_RDWR); /* the lowest free number: this one */
    }
}

/* macOS refuses more than OPEN_MAX although its hard limit says infinity. */
static void raise_descriptor_limit(void)
{
    static const rlim_t wanted[] = {WANTED_DESCRIPTORS, MACOS_DESCRIPTORS};
    struct rlimit now, new;

    if (getrlimit(RLIMIT_NOFILE, &now) < 0)
        return;
    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        new = now;
        new.rlim_cur = now.rlim_max < wanted[i] ? now.rlim_max : wanted[i];
        if (new.rlim_cur <= now.rlim_cur || setrlimit(RLIMIT_NOFILE, &new) == 0)
            return;
    }
}

void process_prepare(void)
{
    fill_standard_streams();
    (void)signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
}
