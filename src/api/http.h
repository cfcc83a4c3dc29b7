/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP/1.1 server on a listening socket. libmicrohttpd reads and writes on a thread of its own;
 * each complete request is handed to the loop thread, answered there at once or later, and the
 * answer is sent. Loop thread only. */
#ifndef BERTH_API_HTTP_H
#define BERTH_API_HTTP_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "host/loop.h"

enum { HTTP_BODY_MAX = 64 * 1024 }; /* of a request, bytes; longer ones are refused with 413 */

struct http_server;
struct http_request;

/* A request, whole. Answer it with http_reply, exactly once, now or later. */
typedef void http_handler(void *ctx, struct http_request *req);

/* Serves on `listener`, which becomes the server's; -1: only what http_server_add brings. -errno
 * with the sentence in `err`; then `listener` is closed. */
NODISCARD int http_server_create(struct loop *loop, int listener, http_handler *handler, void *ctx,
                                 struct http_server **ret, struct err *err);

/* Serves a connected stream socket, too, which becomes the server's. */
void http_server_add(struct http_server *s, int fd);

/* Closes the listening socket, hands over what had arrived before, waits (a second at most) until
 * every answer given is on its way, and closes all connections. Requests not answered by the
 * handler until then get 503. NULL is fine. */
void http_server_destroy(struct http_server *s);

const char *http_method(const struct http_request *req);
const char *http_path(const struct http_request *req);  /* decoded, without the query */
const char *http_query(const struct http_request *req); /* "?…" as sent, or "" */
const char *http_header(const struct http_request *req, const char *name); /* or NULL */
const char *http_body(const struct http_request *req, size_t *ret_len);    /* NUL-terminated too */

struct http_answer {
    unsigned status;
    const char *type;     /* Content-Type, or NULL */
    const char *location; /* or NULL */
    const char *range;    /* Content-Range, or NULL */
    const char *body;     /* copied; NULL: empty */
    size_t len;           /* of body; 0: up to its NUL */
};
void http_reply(struct http_request *req, const struct http_answer *answer);

#endif
