/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../support/fake_loop.h"
#include "backend/char/backlog.h"
#include "backend/char/chr.h"

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

struct fixture {
    struct loop *loop;
    struct chr *chr;
    struct err err;
    unsigned readable, quit;
    char path[64];
};

static struct fixture fx;

static int setup(void **state)
{
    memset(&fx, 0, sizeof(fx));
    (void)snprintf(fx.path, sizeof(fx.path), "/tmp/berth-log-%d", (int)getpid());
    assert_int_equal(loop_create(&fx.loop), 0);
    return 0;
}

static int teardown(void **state)
{
    chr_destroy(fx.chr);
    fake_loop_settle(fx.loop);
    loop_destroy(fx.loop);
    (void)unlink(fx.path);
    return 0;
}

static void on_readable(void *ctx)
{
    fx.readable++;
    chr_set_rx(fx.chr, false);
}

static void listen_to_input(void)
{
    const struct chr_client client = {.readable = on_readable};

    chr_set_client(fx.chr, &client);
    chr_set_rx(fx.chr, true);
}

static void write_text(const char *s)
{
    chr_write(fx.chr, s, strlen(s));
    fake_loop_settle(fx.loop);
}

static void assert_file_is(const char *want)
{
    char got[256] = "";
    int fd = open(fx.path, O_RDONLY);

    assert_true(fd >= 0);
    assert_true(read(fd, got, sizeof(got) - 1) >= 0);
    (void)close(fd);
    assert_string_equal(got, want);
}

/* ---- backlog ---- */

static void backlog_drops_what_is_new_when_full(void **state)
{
    struct backlog b = {.max = 10};
    const uint8_t *p;
    size_t len;

    backlog_add(&b, "12345678", 8);
    backlog_add(&b, "abcdef", 6);
    p = backlog_front(&b, &len);
    assert_int_equal(len, 10);
    assert_memory_equal(p, "12345678ab", 10);
    assert_int_equal(backlog_take_lost(&b), 4);
    backlog_finish(&b);
}

static void backlog_drops_what_is_old_if_told_so(void **state)
{
    struct backlog b = {.max = 10, .drop_oldest = true};
    const uint8_t *p;
    size_t len;

    backlog_add(&b, "12345678", 8);
    backlog_add(&b, "abcdef", 6);
    p = backlog_front(&b, &len);
    assert_int_equal(len, 10);
    assert_memory_equal(p, "5678abcdef", 10);
    backlog_add(&b, "0123456789abcdefghij", 20);
    p = backlog_front(&b, &len);
    assert_memory_equal(p, "abcdefghij", 10);
    backlog_finish(&b);
}

static void backlog_keeps_order_while_it_grows(void **state)
{
    struct backlog b = {.max = 1 << 20};
    uint8_t next_in = 0, next_out = 0;
    const uint8_t *p;
    size_t len;

    for (unsigned i = 0; i < 20000; i++) {
        uint8_t bytes[13];

        for (unsigned k = 0; k < sizeof(bytes); k++)
            bytes[k] = next_in++;
        backlog_add(&b, bytes, sizeof(bytes));
        if (i % 3 == 0) {
            p = backlog_front(&b, &len);
            assert_int_equal(p[0], next_out);
            len = len < 30 ? len : 30;
            next_out = (uint8_t)(next_out + len);
            backlog_consume(&b, len);
        }
    }
    assert_int_equal(backlog_take_lost(&b), 0);
    backlog_finish(&b);
}

/* ---- file ---- */

static void log_file_is_truncated_and_written(void **state)
{
    int fd = open(fx.path, O_CREAT | O_WRONLY, 0600);

    assert_int_equal(write(fd, "old old old", 11), 11);
    (void)close(fd);
    assert_int_equal(chr_file_create(fx.loop, fx.path, &fx.chr, &fx.err), 0);
    assert_file_is("");
    write_text("hello ");
    write_text("log\n");
    assert_file_is("hello log\n");
}

static void log_file_gets_the_last_words(void **state)
{
    assert_int_equal(chr_file_create(fx.loop, fx.path, &fx.chr, &fx.err), 0);
    chr_write(fx.chr, "bye", 3);
    chr_destroy(fx.chr);
    fx.chr = NULL;
    assert_file_is("bye");
}

static void log_file_that_cannot_be_made_is_named(void **state)
{
    assert_int_equal(chr_file_create(fx.loop, "/nonexistent/x.log", &fx.chr, &fx.err), -ENOENT);
    assert_non_null(strstr(fx.err.text, "/nonexistent/x.log"));
}

static void full_disk_keeps_output_and_tries_again(void **state)
{
    static char big[CHR_FILE_BACKLOG / 4];

    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(chr_file_create(fx.loop, "/dev/full", &fx.chr, &fx.err), 0);
    for (unsigned i = 0; i < 100; i++) {
        chr_write(fx.chr, big, sizeof(big));
        fake_loop_settle(fx.loop);
    }
    fake_loop_advance(fx.loop, 10 * SECOND);
}

static void log_fifo_without_reader_does_not_hang(void **state)
{
    assert_int_equal(mkfifo(fx.path, 0600), 0);
    assert_int_equal(chr_file_create(fx.loop, fx.path, &fx.chr, &fx.err), 0);
    for (unsigned i = 0; i < 1000; i++)
        write_text("nobody reads this, and nobody waits for anybody who would\n");
}

/* ---- pty ---- */

static int open_slave(void)
{
    int fd = open(chr_pty_name(fx.chr), O_RDWR | O_NOCTTY | O_NONBLOCK);

    assert_true(fd >= 0);
    return fd;
}

/* The kernel carries bytes through a pseudo-terminal in its own time. */
enum { PATIENCE_MS = 2000 };

static size_t read_soon(int fd, char *p, size_t len)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    size_t done = 0;

    while (done < len && poll(&pfd, 1, PATIENCE_MS) > 0) {
        ssize_t n = read(fd, p + done, len - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

static size_t chr_read_soon(char *p, size_t len)
{
    size_t done = 0;

    for (unsigned ms = 0; done < len && ms < PATIENCE_MS; ms++) {
        ssize_t n = chr_read(fx.chr, p + done, len - done);

        if (n > 0)
            done += (size_t)n;
        else
            (void)usleep(1000);
    }
    return done;
}

static void pty_carries_both_ways(void **state)
{
    char got[32] = "";
    struct termios t;
    int slave;

    assert_int_equal(chr_pty_create(fx.loop, &fx.chr, &fx.err), 0);
    slave = open_slave();
    assert_int_equal(tcgetattr(slave, &t), 0);
    assert_int_equal(t.c_iflag & ICRNL, 0);
    assert_int_equal(t.c_lflag & (ICANON | ECHO), 0);
    write_text("login: ");
    assert_int_equal(read_soon(slave, got, 7), 7);
    assert_string_equal(got, "login: ");
    listen_to_input();
    assert_int_equal(write(slave, "root\r", 5), 5);
    for (unsigned ms = 0; !fx.readable && ms < PATIENCE_MS; ms++) {
        (void)usleep(1000);
        fake_loop_settle(fx.loop);
    }
    assert_int_equal(fx.readable, 1);
    assert_int_equal(chr_read_soon(got, 5), 5);
    assert_memory_equal(got, "root\r", 5);
    assert_int_equal(chr_read(fx.chr, got, sizeof(got)), -EAGAIN);
    (void)close(slave);
}

static void pty_without_reader_keeps_the_end(void **state)
{
    static char out[CHR_PTY_BACKLOG];
    char last[16] = "";
    unsigned idle_ms = 0;
    int slave;

    assert_int_equal(chr_pty_create(fx.loop, &fx.chr, &fx.err), 0);
    memset(out, 'x', sizeof(out));
    for (unsigned i = 0; i < 100; i++) {
        chr_write(fx.chr, out, sizeof(out));
        fake_loop_settle(fx.loop);
    }
    write_text("the last line");
    slave = open_slave();
    while (strcmp(last, "the last line") != 0 && idle_ms < PATIENCE_MS) {
        ssize_t n = read(slave, out, sizeof(out));

        for (ssize_t i = 0; i < n; i++) {
            memmove(last, last + 1, 12);
            last[12] = out[i];
        }
        if (fake_loop_turn(fx.loop) == 0 && n <= 0 && ++idle_ms)
            (void)usleep(1000);
    }
    assert_string_equal(last, "the last line");
    (void)close(slave);
}

static void pty_survives_readers_that_come_and_go(void **state)
{
    char got[16];

    assert_int_equal(chr_pty_create(fx.loop, &fx.chr, &fx.err), 0);
    listen_to_input();
    for (unsigned i = 0; i < 20; i++) {
        int slave = open_slave();

        write_text("x");
        assert_int_equal(read_soon(slave, got, 1), 1);
        (void)close(slave);
        fake_loop_settle(fx.loop);
        assert_true(chr_read(fx.chr, got, sizeof(got)) == -EAGAIN);
    }
}

/* ---- stdio ---- */

/* Puts `in` and `out` in the place of standard input and output while a stdio backend is made. */
static void create_stdio_on(int in, int out, bool raw)
{
    struct chr_stdio_params params = {.loop = fx.loop, .raw = raw};
    int old_in = dup(STDIN_FILENO), old_out = dup(STDOUT_FILENO);
    int rc;

    params.quit = NULL;
    (void)fflush(stdout);
    (void)dup2(in, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    rc = chr_stdio_create(&params, &fx.chr, &fx.err);
    (void)dup2(old_in, STDIN_FILENO);
    (void)dup2(old_out, STDOUT_FILENO);
    (void)close(old_in);
    (void)close(old_out);
    assert_int_equal(rc, 0);
}

static void stdio_on_pipes(void **state)
{
    int in[2], out[2];
    char got[32] = "";

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    create_stdio_on(in[0], out[1], false);
    write_text("out");
    assert_int_equal(read(out[0], got, sizeof(got)), 3);
    assert_string_equal(got, "out");

    assert_int_equal(chr_read(fx.chr, got, sizeof(got)), -EAGAIN); /* and does not wait for some */
    listen_to_input();
    assert_int_equal(write(in[1], "in", 2), 2);
    fake_loop_settle(fx.loop);
    assert_int_equal(chr_read(fx.chr, got, sizeof(got)), 2);
    (void)close(in[1]);
    chr_set_rx(fx.chr, true);
    fake_loop_settle(fx.loop);
    assert_int_equal(fx.readable, 2);
    assert_int_equal(chr_read(fx.chr, got, sizeof(got)), 0);
    chr_set_rx(fx.chr, true); /* the end stays the end and does not spin */
    fake_loop_settle(fx.loop);
    assert_int_equal(fx.readable, 2);
    (void)close(in[0]);
    (void)close(out[0]);
    (void)close(out[1]);
}

static void stdio_reader_that_stops_holds_nobody_up(void **state)
{
    static char chunk[4096];
    int in[2], out[2];
    size_t total = 0;
    ssize_t n;

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    create_stdio_on(in[0], out[1], false);
    memset(chunk, 'c', sizeof(chunk));
    for (unsigned i = 0; i < 100; i++) {
        chr_write(fx.chr, chunk, sizeof(chunk));
        fake_loop_settle(fx.loop);
    }
    (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    for (;;) {
        static char got[65536];

        n = read(out[0], got, sizeof(got));
        if (n > 0)
            total += (size_t)n;
        if (fake_loop_turn(fx.loop) == 0 && n <= 0)
            break;
    }
    assert_int_equal(total, 100 * sizeof(chunk));
    (void)close(in[0]);
    (void)close(in[1]);
    (void)close(out[0]);
    (void)close(out[1]);
}

static void stdio_reader_that_is_gone_is_harmless(void **state)
{
    int in[2], out[2];

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    create_stdio_on(in[0], out[1], false);
    (void)close(out[0]);
    for (unsigned i = 0; i < 100; i++)
        write_text("into the void");
    (void)close(in[0]);
    (void)close(in[1]);
    (void)close(out[1]);
}

static void stdio_works_on_dev_null(void **state)
{
    int null = open("/dev/null", O_RDWR);
    char got[4];

    create_stdio_on(null, null, false);
    write_text("nothing");
    listen_to_input();
    fake_loop_settle(fx.loop);
    assert_int_equal(chr_read(fx.chr, got, sizeof(got)), 0);
    (void)close(null);
}

static void ctrl_a_is_an_escape_key_in_raw_mode(void **state)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
    char got[32] = "";

    assert_true(master >= 0);
    assert_int_equal(grantpt(master) | unlockpt(master), 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    {
        struct termios t;

        assert_int_equal(tcgetattr(slave, &t), 0);
        cfmakeraw(&t);
        assert_int_equal(tcsetattr(slave, TCSANOW, &t), 0);
    }
    create_stdio_on(slave, slave, true);
    assert_int_equal(write(master, "a\001\001b\001", 5), 5);
    listen_to_input();
    assert_int_equal(chr_read_soon(got, 3), 3);
    assert_memory_equal(got, "a\001b", 3);
    assert_int_equal(write(master, "hc", 2), 2);
    assert_int_equal(chr_read_soon(got, 1), 1);
    assert_int_equal(got[0], 'c');
    (void)close(master);
    (void)close(slave);
}

static void *write_lines(void *arg)
{
    for (unsigned i = 0; i < 2000; i++)
        chr_write(fx.chr, "0123456789abcde\n", 16);
    return arg;
}

static void threads_may_write_at_once(void **state)
{
    pthread_t thread[2];
    struct stat st;

    assert_int_equal(chr_file_create(fx.loop, fx.path, &fx.chr, &fx.err), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, write_lines, NULL), 0);
    for (unsigned i = 0; i < 100; i++)
        fake_loop_settle(fx.loop);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    fake_loop_settle(fx.loop);
    assert_int_equal(stat(fx.path, &st), 0);
    assert_int_equal(st.st_size, 2 * 2000 * 16);
}

static void hundreds_come_and_go(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(chr_file_create(fx.loop, fx.path, &fx.chr, &fx.err), 0);
        chr_write(fx.chr, "x", 1);
        chr_destroy(fx.chr);
    }
    fx.chr = NULL;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(backlog_drops_what_is_new_when_full),
        T(backlog_drops_what_is_old_if_told_so),
        T(backlog_keeps_order_while_it_grows),
        T(log_file_is_truncated_and_written),
        T(log_file_gets_the_last_words),
        T(log_file_that_cannot_be_made_is_named),
        T(full_disk_keeps_output_and_tries_again),
        T(log_fifo_without_reader_does_not_hang),
        T(pty_carries_both_ways),
        T(pty_without_reader_keeps_the_end),
        T(pty_survives_readers_that_come_and_go),
        T(stdio_on_pipes),
        T(stdio_reader_that_stops_holds_nobody_up),
        T(stdio_reader_that_is_gone_is_harmless),
        T(stdio_works_on_dev_null),
        T(ctrl_a_is_an_escape_key_in_raw_mode),
        T(threads_may_write_at_once),
        T(hundreds_come_and_go),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
