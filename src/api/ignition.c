/* SPDX-License-Identifier: Apache-2.0
 *
 * Every path is the file, every method reads it. */
#include "api/ignition.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/http.h"
#include "base/log.h"
#include "engine/vsock.h"
#include "host/file.h"

enum { PORT = 1024, FILE_MAX = 64 << 20, SNIFFED = 512 };
enum { STATUS_OK = 200, STATUS_PARTIAL = 206, STATUS_NOT_SATISFIABLE = 416 };

struct ignition {
    struct vm *vm;
    struct http_server *server;
    char *body;
    size_t len;
    const char *type;
};

/* As a browser would guess: text has no control characters but those that lay it out. */
static const char *sniff(const char *body, size_t len)
{
    for (size_t i = 0; i < len && i < SNIFFED; i++)
        if ((unsigned char)body[i] < ' ' && !strchr("\t\n\f\r\033", body[i]))
            return "application/octet-stream";
    return "text/plain; charset=utf-8";
}

/* Digits at *p, which moves behind them. false: none, or too many. */
static bool read_number(const char **p, uint64_t *ret)
{
    char *end;

    if (!isdigit((unsigned char)**p))
        return false;
    errno = 0;
    *ret = strtoull(*p, &end, 10);
    *p = end;
    return errno == 0;
}

int ignition_range(const char *header, size_t len, size_t *ret_first, size_t *ret_last)
{
    uint64_t first = 0, last = UINT64_MAX;
    bool from_end;

    if (!header || strncmp(header, "bytes=", 6) != 0)
        return -ENOENT;
    header += 6;
    from_end = !read_number(&header, &first);
    if (*header++ != '-')
        return -ENOENT;
    if (!read_number(&header, &last) && from_end)
        return -ENOENT;
    if (*header)
        return -ENOENT; /* more than one range: answering with all of it is allowed */
    if (from_end) {
        first = last < len ? len - last : 0;
        last = last ? UINT64_MAX : 0;
    }
    if (last < first && !from_end)
        return -ENOENT;
    if (first >= len || (from_end && !last))
        return -ERANGE;
    *ret_first = first;
    *ret_last = last < len ? last : len - 1;
    return 0;
}

static void on_request(void *ctx, struct http_request *req)
{
    const struct ignition *g = ctx;
    struct http_answer a = {.status = STATUS_OK, .type = g->type, .body = g->body, .len = g->len};
    char range[80];
    size_t first, last;

    switch (ignition_range(http_header(req, "Range"), g->len, &first, &last)) {
    case 0:
        a.status = STATUS_PARTIAL;
        a.body = g->body + first;
        a.len = last - first + 1;
        (void)snprintf(range, sizeof(range), "bytes %zu-%zu/%zu", first, last, g->len);
        a.range = range;
        break;
    case -ERANGE:
        a = (struct http_answer){.status = STATUS_NOT_SATISFIABLE};
        (void)snprintf(range, sizeof(range), "bytes */%zu", g->len);
        a.range = range;
        break;
    default:
        break;
    }
    http_reply(req, &a);
}

static void on_guest(void *ctx, int fd)
{
    const struct ignition *g = ctx;

    http_server_add(g->server, fd);
}

static int listen_to_guest(struct ignition *g, struct loop *loop, struct err *err)
{
    const struct vsock_listener listener = {.accepted = on_guest, .ctx = g};
    int rc = http_server_create(loop, -1, on_request, g, &g->server, err);

    return rc < 0 ? rc : vm_vsock_listen(g->vm, PORT, &listener, err);
}

int ignition_create(struct vm *vm, const char *path, struct loop *loop, struct ignition **ret,
                    struct err *err)
{
    struct ignition *g = calloc(1, sizeof(*g));
    int rc;

    *ret = NULL;
    if (!g)
        return err_set(err, -ENOMEM, "out of memory");
    g->vm = vm;
    rc = file_load(path, FILE_MAX, &g->body, &g->len);
    if (rc < 0) {
        log_error("ignition: %s cannot be served: %s", path, strerror(-rc));
        ignition_destroy(g);
        return 0;
    }
    g->type = sniff(g->body, g->len);
    rc = listen_to_guest(g, loop, err);
    if (rc < 0) {
        ignition_destroy(g);
        return rc;
    }
    *ret = g;
    return 0;
}

void ignition_destroy(struct ignition *g)
{
    if (!g)
        return;
    if (g->server)
        vm_vsock_unlisten(g->vm, PORT);
    http_server_destroy(g->server);
    free(g->body);
    free(g);
}
