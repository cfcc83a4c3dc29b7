/* SPDX-License-Identifier: Apache-2.0
 *
 * termios(3). The table of changed terminals only grows, and an entry is complete before it is
 * counted: so the handler of a fatal signal may walk it at any time. */
#include "host/tty.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

struct changed_tty {
    int fd;
    enum tty_mode mode;
    struct termios before;
};

static struct changed_tty ttys[TTY_MAX];
static _Atomic unsigned nr_ttys; /* release after an entry is filled, acquire before walking */

/* Signals that end the process by default and that nobody here handles otherwise. */
static const int fatal_signals[] = {SIGHUP, SIGQUIT, SIGILL,  SIGABRT, SIGBUS,
                                    SIGFPE, SIGSEGV, SIGTERM, SIGINT,  SIGSYS};

/* tcsetattr by a background job would stop it (SIGTTOU), and would disturb whoever owns the
 * terminal now. */
static bool owns_terminal(int fd)
{
    return tcgetpgrp(fd) == getpgrp();
}

static void apply(const struct changed_tty *t)
{
    struct termios now = t->before;

    if (!owns_terminal(t->fd))
        return;
    if (t->mode == TTY_RAW) {
        cfmakeraw(&now);
    } else {
        now.c_iflag &= ~(tcflag_t)ICRNL;
        now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        now.c_cc[VMIN] = 1;
        now.c_cc[VTIME] = 0;
    }
    (void)tcsetattr(t->fd, TCSANOW, &now);
}

void tty_restore_all(void)
{
    unsigned n = atomic_load_explicit(&nr_ttys, memory_order_acquire);

    for (unsigned i = 0; i < n; i++) {
        if (owns_terminal(ttys[i].fd))
            (void)tcsetattr(ttys[i].fd, TCSANOW, &ttys[i].before);
    }
}

void tty_reapply(void)
{
    unsigned n = atomic_load_explicit(&nr_ttys, memory_order_acquire);

    for (unsigned i = 0; i < n; i++)
        apply(&ttys[i]);
}

static void on_fatal(int signo)
{
    tty_restore_all();
    /* SA_RESETHAND has put the default action back; it takes effect when the handler returns. */
    (void)raise(signo);
}

/* Handlers that someone else installed (the loop's, a sanitizer's) stay. */
static void catch_fatal_signals(void)
{
    struct sigaction ours = {.sa_handler = on_fatal, .sa_flags = (int)SA_RESETHAND};
    struct sigaction old;

    (void)sigemptyset(&ours.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++) {
        if (sigaction(fatal_signals[i], NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) &&
            old.sa_handler == SIG_DFL)
            (void)sigaction(fatal_signals[i], &ours, NULL);
    }
}

int tty_set_mode(int fd, enum tty_mode mode)
{
    unsigned n = atomic_load_explicit(&nr_ttys, memory_order_relaxed);
    struct changed_tty *t = NULL;

    for (unsigned i = 0; i < n; i++) {
        if (ttys[i].fd == fd)
            t = &ttys[i];
    }
    if (!t) {
        if (n == TTY_MAX)
            return -ENOSPC;
        t = &ttys[n];
        if (tcgetattr(fd, &t->before) < 0)
            return errno == EBADF ? -EBADF : -ENOTTY;
        t->fd = fd;
        if (n == 0) {
            (void)atexit(tty_restore_all);
            catch_fatal_signals();
        }
    }
    t->mode = mode;
    apply(t);
    if (t == &ttys[n])
        atomic_store_explicit(&nr_ttys, n + 1, memory_order_release);
    return 0;
}
