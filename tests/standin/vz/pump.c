/* SPDX-License-Identifier: Apache-2.0 */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "host/thread.h"

enum { CHUNK = 512, /* a pipe that is writable takes as much */ LAST_WORDS_MS = 50 };

struct pump {
    int pty, in, out, quit[2];
    pthread_t thread;
};

/* Waits until `fd` can take some bytes. False: we are to end before it can. */
static bool wait_writable(const struct pump *p, int fd)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLOUT}, {.fd = p->quit[0], .events = POLLIN}};

    while (poll(fds, 2, -1) < 0)
        ;
    return fds[0].revents;
}

/* False: nothing more will come from `from`, or nobody takes it. */
static bool carry(const struct pump *p, int from, int to)
{
    char chunk[CHUNK];
    ssize_t n = read(from, chunk, sizeof(chunk)), done = 0;

    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    while (done < n) {
        ssize_t w;

        if (!wait_writable(p, to))
            return false;
        w = write(to, chunk + done, (size_t)(n - done));
        if (w < 0 && errno != EINTR && errno != EAGAIN)
            return true; /* nobody reads: lost */
        done += w > 0 ? w : 0;
    }
    return true;
}

static void *run(void *arg)
{
    struct pump *p = arg;
    struct pollfd fds[] = {{.fd = p->pty, .events = POLLIN},
                           {.fd = p->in, .events = POLLIN},
                           {.fd = p->quit[0], .events = POLLIN}};
    bool quit = false;

    for (;;) {
        int n = poll(fds, 3, quit ? LAST_WORDS_MS : -1);

        if (quit && n == 0)
            return NULL;
        if (fds[2].revents) {
            quit = true;
            fds[2].fd = fds[1].fd = -1;
        }
        if (fds[0].revents && !carry(p, p->pty, p->out))
            return NULL;
        if (fds[1].fd >= 0 && fds[1].revents && !carry(p, p->in, p->pty))
            fds[1].fd = -1;
    }
}

struct pump *pump_create(const char *pty, int in, int out)
{
    struct pump *p = calloc(1, sizeof(*p));
    struct termios t;

    if (!p || pipe(p->quit) < 0)
        abort();
    p->in = in;
    p->out = out;
    p->pty = open(pty, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (p->pty < 0 || tcgetattr(p->pty, &t) < 0)
        abort();
    cfmakeraw(&t);
    if (tcsetattr(p->pty, TCSANOW, &t) < 0 || thread_create(&p->thread, run, p) < 0)
        abort();
    return p;
}

void pump_destroy(struct pump *p)
{
    if (!p)
        return;
    (void)!write(p->quit[1], "q", 1);
    (void)pthread_join(p->thread, NULL);
    (void)close(p->quit[0]);
    (void)close(p->quit[1]);
    (void)close(p->pty);
    free(p);
}
