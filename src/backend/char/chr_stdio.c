/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-serial,stdio: standard input and output. The shell shares their open files, so they are
 * never made non-blocking: a terminal is opened anew for output, anything else is asked before each
 * write. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/char/chr_impl.h"
#include "host/file.h"
#include "host/tty.h"

enum { CTRL_A = 1 };

static const char escape_help[] = "\r\nCtrl-A x  end the virtual machine\r\n"
                                  "Ctrl-A h  this list\r\n"
                                  "Ctrl-A Ctrl-A  send Ctrl-A\r\n";

/* A key after Ctrl-A. True: it is meant for the guest. */
static bool escape_key(struct chr *c, uint8_t key)
{
    if (key == CTRL_A)
        return true;
    if (key == 'x' && c->quit)
        c->quit(c->quit_ctx);
    else if (key == 'h' || key == '?')
        chr_write(c, escape_help, sizeof(escape_help) - 1);
    return false;
}

static size_t filter_escapes(struct chr *c, uint8_t *p, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        bool was_escape = c->escape;

        c->escape = !was_escape && p[i] == CTRL_A;
        if (was_escape ? escape_key(c, p[i]) : !c->escape)
            p[kept++] = p[i];
    }
    return kept;
}

static void resized(void *ctx, int signo)
{
    struct chr *c = ctx;

    if (c->client.resized)
        c->client.resized(c->client.ctx);
}

static void stdio_destroy(struct chr *c)
{
    if (c->winch.impl)
        loop_unsignal(c->loop, &c->winch);
    tty_restore_all();
}

static const struct chr_kind stdio_kind = {
    .name = "stdio", .backlog = CHR_STDIO_BACKLOG, .destroy = stdio_destroy};
static const struct chr_kind raw_kind = {.name = "stdio",
                                         .backlog = CHR_STDIO_BACKLOG,
                                         .filter = filter_escapes,
                                         .destroy = stdio_destroy};

static bool is_regular(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* A descriptor for output of our own, and whether it may block. */
static int open_output(bool *ret_blocks)
{
    const char *tty = isatty(STDOUT_FILENO) ? ttyname(STDOUT_FILENO) : NULL;
    int fd;

    if (tty && file_open(tty, O_WRONLY | O_NOCTTY | O_NONBLOCK, 0, &fd) == 0) {
        *ret_blocks = false;
        return fd;
    }
    *ret_blocks = !is_regular(STDOUT_FILENO);
    return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
}

static void set_terminal(struct chr *c, bool raw)
{
    int rc = tty_set_mode(STDIN_FILENO, raw ? TTY_RAW : TTY_UNCOOKED);

    if (rc < 0 && rc != -ENOTTY && rc != -EBADF)
        log_warn("stdio: the terminal keeps its settings: %s", strerror(-rc));
    if (!isatty(STDIN_FILENO))
        return;
    /* In the background a read then fails, and is tried again, instead of stopping the whole VM. */
    (void)signal(SIGTTIN, SIG_IGN);
}

int chr_stdio_create(const struct chr_stdio_params *params, struct chr **ret, struct err *err)
{
    bool raw = params->raw && isatty(STDIN_FILENO);
    bool blocks;
    int out = open_output(&blocks);
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0); /* closed: -1, no input */
    struct chr *c;
    int rc = chr_create(params->loop, raw ? &raw_kind : &stdio_kind, "stdio", in, out, &c);

    if (rc < 0)
        return err_set(err, rc, "serial port on standard input and output: %s", strerror(-rc));
    c->in_blocks = true;
    c->out_blocks = blocks;
    c->quit = params->quit;
    c->quit_ctx = params->ctx;
    set_terminal(c, raw);
    if (isatty(STDOUT_FILENO)) {
        c->winch = (struct signal_watch){.signo = SIGWINCH, .fn = resized, .ctx = c};
        rc = loop_signal(params->loop, &c->winch);
    }
    if (rc < 0)
        log_warn("stdio: changes of the terminal's size stay unseen: %s", strerror(-rc));
    *ret = c;
    return 0;
}
