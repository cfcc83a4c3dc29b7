/* SPDX-License-Identifier: Apache-2.0 */
#include "aborts.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ALARM_S = 20 };

bool aborts(void (*fn)(void), const char *says)
{
    char said[1024] = "";
    size_t len = 0;
    ssize_t n;
    int fds[2], status;
    pid_t child;

    assert_int_equal(pipe(fds), 0);
    child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(fds[1], 2);
        (void)alarm(ALARM_S);
        fn();
        _exit(0);
    }
    close(fds[1]);
    while (len < sizeof(said) - 1 && (n = read(fds[0], said + len, sizeof(said) - 1 - len)) > 0)
        len += (size_t)n;
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(said, says);
}
