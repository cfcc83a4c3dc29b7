/* SPDX-License-Identifier: Apache-2.0
 *
 * The user's terminal comes back, however we end. A child owns a pseudo-terminal as its controlling
 * one; the parent looks at it from the other side. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "host/tty.h"

#include <cmocka.h>

static int master, ready[2], go[2];

static int setup(void **state)
{
    (void)state;
    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        return -1;
    return pipe(ready) < 0 ? -1 : pipe(go);
}

static int teardown(void **state)
{
    (void)state;
    (void)close(ready[0]);
    (void)close(ready[1]);
    (void)close(go[0]);
    (void)close(go[1]);
    return close(master);
}

static const int deadly[] = {SIGTERM, SIGHUP, SIGSEGV, SIGABRT};

static void child(enum tty_mode mode)
{
    char c;
    int tty;

    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        (void)signal(deadly[i], SIG_DFL); /* cmocka has handlers of its own */
    (void)setsid();
    tty = open(ptsname(master), O_RDWR);
    (void)ioctl(tty, TIOCSCTTY, 0);
    if (tty < 0 || tty_set_mode(tty, mode) < 0)
        _exit(9);
    (void)alarm(10);
    (void)!write(ready[1], "x", 1);
    (void)!read(go[0], &c, 1);
    exit(0);
}

/* Starts a child that changes the terminal; returns when it has. */
static pid_t start(enum tty_mode mode)
{
    pid_t pid;
    char c;

    pid = fork();
    if (pid == 0)
        child(mode);
    assert_int_equal(read(ready[0], &c, 1), 1);
    return pid;
}

/* Linux tells the master's side about the slave's settings. */
static struct termios settings(void)
{
    struct termios t;

    assert_int_equal(tcgetattr(master, &t), 0);
    return t;
}

static void uncooked_is_what_vfkit_does(void **state)
{
    struct termios before = settings(), now;
    pid_t pid = start(TTY_UNCOOKED);

    (void)state;
    now = settings();
    assert_int_equal(before.c_iflag & ~now.c_iflag, ICRNL);
    assert_int_equal(before.c_lflag & ~now.c_lflag, ICANON | ECHO);
    assert_int_equal(before.c_oflag, now.c_oflag);
    assert_true(now.c_lflag & ISIG);
    (void)!write(go[1], "x", 1);
    (void)waitpid(pid, NULL, 0);
}

static void raw_leaves_nothing_to_the_terminal(void **state)
{
    pid_t pid = start(TTY_RAW);
    struct termios now = settings();

    (void)state;
    assert_false(now.c_lflag & (ISIG | ICANON | ECHO));
    assert_false(now.c_oflag & OPOST);
    (void)!write(go[1], "x", 1);
    (void)waitpid(pid, NULL, 0);
}

static void exit_puts_it_back(void **state)
{
    struct termios before = settings(), after;
    pid_t pid = start(TTY_RAW);
    int status;

    (void)state;
    (void)!write(go[1], "x", 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    after = settings();
    assert_int_equal(before.c_lflag, after.c_lflag);
    assert_int_equal(before.c_iflag, after.c_iflag);
    assert_int_equal(before.c_oflag, after.c_oflag);
}

static void fatal_signals_put_it_back_and_still_kill(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++) {
        struct termios before = settings(), after;
        pid_t pid = start(TTY_RAW);
        int status;

        (void)kill(pid, deadly[i]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        after = settings();
        assert_int_equal(before.c_lflag, after.c_lflag);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), deadly[i]);
    }
}

static void what_is_no_terminal_is_refused(void **state)
{
    (void)state;
    assert_int_equal(tty_set_mode(ready[0], TTY_RAW), -ENOTTY);
}

#define TTY_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TTY_TEST(uncooked_is_what_vfkit_does),
        TTY_TEST(raw_leaves_nothing_to_the_terminal),
        TTY_TEST(exit_puts_it_back),
        TTY_TEST(fatal_signals_put_it_back_and_still_kill),
        TTY_TEST(what_is_no_terminal_is_refused),
    };

    return cmocka_run_group_tests_name("tty", tests, NULL, NULL);
}
