/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a request: libmicrohttpd's thread collects it, suspends the connection and queues it;
 * the loop takes it from the queue, and its answer resumes the connection; libmicrohttpd's thread
 * sends that and frees the request when it is out. */
#include "api/http.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/http_library.h"
#include "base/log.h"
#include "host/clock.h"
#include "host/thread.h"
#include "host/wait.h"

enum {
    IDLE_TIMEOUT_S = 300, /* clients that leak connections must not use up our descriptors */
    MAX_CONNECTIONS = 900,
    FLUSH_TIMEOUT_NS = 1000000000,
    STATUS_TOO_LONG = 413, /* its name differs between versions of the library */
};

enum progress { HEAD, ARRIVING, WAITING, ANSWERED };

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_request *next; /* in server->arrived */
    char *uri;                 /* as sent */
    char *method, *path;
    char *body;
    size_t len;
    bool too_long, failed; /* failed: out of memory while it arrived */
    /* Handed over by suspending and resuming: libmicrohttpd's, then the loop's, then
     * libmicrohttpd's again. */
    enum progress progress;
    unsigned status;
    struct MHD_Response *response;
};

struct http_server {
    const struct microhttpd *mhd;
    struct MHD_Daemon *daemon;
    struct loop *loop;
    http_handler *handler;
    void *ctx;
    struct task task;

    pthread_mutex_t lock; /* everything below */
    pthread_cond_t sent;
    struct http_request *arrived, **tail;
    unsigned nr_busy; /* suspended, or answered and not sent yet */
    bool stopping;
};

/* --- on libmicrohttpd's thread --- */

static void free_request(struct http_request *req)
{
    if (req->response)
        req->server->mhd->destroy_response(req->response);
    free(req->uri);
    free(req->method);
    free(req->path);
    free(req->body);
    free(req);
}

/* A request line has arrived. What this returns comes back as *con_cls. */
static void *on_request_line(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct http_request *req = calloc(1, sizeof(*req));

    if (!req)
        return NULL;
    req->server = cls;
    req->connection = connection;
    req->uri = strdup(uri);
    req->failed = !req->uri;
    return req;
}

static void append_body(struct http_request *req, const char *data, size_t len)
{
    char *body;

    if (req->too_long || len > HTTP_BODY_MAX - req->len) {
        req->too_long = true;
        return;
    }
    body = realloc(req->body, req->len + len + 1);
    if (!body) {
        req->failed = true;
        return;
    }
    memcpy(body + req->len, data, len);
    req->len += len;
    body[req->len] = '\0';
    req->body = body;
}

/* An answer that needs no look at the VM. */
static enum MHD_Result refuse(struct http_request *req, unsigned status)
{
    const struct microhttpd *mhd = req->server->mhd;
    struct MHD_Response *response =
        mhd->create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result rc;

    if (!response)
        return MHD_NO;
    (void)mhd->add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    rc = mhd->queue_response(req->connection, status, response);
    mhd->destroy_response(response);
    return rc;
}

/* Gives the whole request to the loop. */
static enum MHD_Result hand_over(struct http_request *req, const char *method, const char *path)
{
    struct http_server *s = req->server;
    bool stopping;

    req->method = strdup(method);
    req->path = strdup(path);
    if (req->failed || !req->method || !req->path)
        return refuse(req, MHD_HTTP_INTERNAL_SERVER_ERROR);
    req->progress = WAITING;
    (void)pthread_mutex_lock(&s->lock);
    stopping = s->stopping;
    if (!stopping) {
        s->mhd->suspend_connection(req->connection);
        req->next = NULL;
        *s->tail = req;
        s->tail = &req->next;
        s->nr_busy++;
        loop_post(s->loop, &s->task);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return stopping ? refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE) : MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_data_size, void **con_cls)
{
    struct http_request *req = *con_cls;

    (void)cls, (void)connection, (void)version;
    if (!req)
        return MHD_NO;
    if (req->progress == ANSWERED)
        return req->server->mhd->queue_response(req->connection, req->status, req->response);
    if (req->progress == HEAD) {
        req->progress = ARRIVING; /* the body, if any, comes in further calls */
        return MHD_YES;
    }
    if (*upload_data_size) {
        append_body(req, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return MHD_YES;
    }
    if (req->too_long)
        return refuse(req, STATUS_TOO_LONG);
    return hand_over(req, method, url);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                         enum MHD_RequestTerminationCode toe)
{
    struct http_server *s = cls;
    struct http_request *req = *con_cls;

    (void)connection, (void)toe;
    if (!req)
        return;
    if (req->progress == ANSWERED) {
        (void)pthread_mutex_lock(&s->lock);
        s->nr_busy--;
        (void)pthread_cond_signal(&s->sent);
        (void)pthread_mutex_unlock(&s->lock);
    }
    free_request(req);
    *con_cls = NULL;
}

static void PRINTF_LIKE(2, 0) on_library_log(void *cls, const char *fmt, va_list ap)
{
    char text[256];

    (void)cls;
    if (!log_enabled(LOG_DEBUG))
        return;
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    text[strcspn(text, "\n")] = '\0';
    log_debug("http: %s", text);
}

/* --- on the loop --- */

static struct http_request *take_arrived(struct http_server *s)
{
    struct http_request *req;

    (void)pthread_mutex_lock(&s->lock);
    req = s->arrived;
    if (req) {
        s->arrived = req->next;
        if (!s->arrived)
            s->tail = &s->arrived;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return req;
}

static void on_arrived(struct task *t)
{
    struct http_server *s = container_of(t, struct http_server, task);
    struct http_request *req;

    while ((req = take_arrived(s)))
        s->handler(s->ctx, req);
}

void http_reply(struct http_request *req, const struct http_answer *answer)
{
    const struct microhttpd *mhd = req->server->mhd;
    const char *body = answer->body ? answer->body : "";
    struct MHD_Response *response;

    log_debug("http: %s %s -> %u", req->method, req->path, answer->status);
    /* libmicrohttpd copies the bytes; its parameter lacks the const. */
    response = mhd->create_response_from_buffer(answer->len ? answer->len : strlen(body),
                                                (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    if (response && answer->type)
        (void)mhd->add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    if (response && answer->location)
        (void)mhd->add_response_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
    if (response && answer->range)
        (void)mhd->add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, answer->range);
    req->response = response;
    req->status = answer->status;
    req->progress = ANSWERED;
    mhd->resume_connection(req->connection);
}

const char *http_method(const struct http_request *req)
{
    return req->method;
}

const char *http_path(const struct http_request *req)
{
    return req->path;
}

const char *http_query(const struct http_request *req)
{
    const char *query = strchr(req->uri, '?');

    return query ? query : "";
}

const char *http_header(const struct http_request *req, const char *name)
{
    return req->server->mhd->lookup_connection_value(req->connection, MHD_HEADER_KIND, name);
}

const char *http_body(const struct http_request *req, size_t *ret_len)
{
    *ret_len = req->len;
    return req->body ? req->body : "";
}

/* --- life --- */

static int start_daemon(struct http_server *s, int listener, struct err *err)
{
    /* The logger comes first: the others may already log. */
    const struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_library_log, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_request_line, s},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, s},
        {MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S, NULL},
        {listener < 0 ? MHD_OPTION_END : MHD_OPTION_LISTEN_SOCKET, listener, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    /* Not epoll: there the library ends the process when it is quiesced at the wrong moment. */
    const unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
                           MHD_USE_ERROR_LOG | (listener < 0 ? MHD_USE_NO_LISTEN_SOCKET : 0u);
    sigset_t before;

    thread_block_signals(&before);
    s->daemon = s->mhd->start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_ARRAY, options,
                                     MHD_OPTION_END);
    thread_restore_signals(&before);
    if (!s->daemon)
        return err_set(err, -EIO,
                       "no HTTP service can be started: out of memory, threads or descriptors");
    return 0;
}

static void close_listener(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

int http_server_create(struct loop *loop, int listener, http_handler *handler, void *ctx,
                       struct http_server **ret, struct err *err)
{
    struct http_server *s = calloc(1, sizeof(*s));
    int rc;

    if (!s) {
        close_listener(listener);
        return err_set(err, -ENOMEM, "out of memory");
    }
    s->loop = loop;
    s->handler = handler;
    s->ctx = ctx;
    s->tail = &s->arrived;
    s->task.fn = on_arrived;
    (void)pthread_mutex_init(&s->lock, NULL);
    wait_cond_init(&s->sent);
    rc = microhttpd_load(&s->mhd, err);
    if (rc == 0)
        rc = start_daemon(s, listener, err);
    if (rc < 0) {
        close_listener(listener);
        (void)pthread_cond_destroy(&s->sent);
        (void)pthread_mutex_destroy(&s->lock);
        free(s);
        return rc;
    }
    *ret = s;
    return 0;
}

void http_server_add(struct http_server *s, int fd)
{
    struct sockaddr_un nobody = {.sun_family = AF_UNIX};

    /* It closes the socket when it cannot. */
    if (s->mhd->add_connection(s->daemon, fd, (struct sockaddr *)&nobody,
                               sizeof(nobody.sun_family)) != MHD_YES)
        log_warn("http: a connection cannot be served");
}

static void wait_until_sent(struct http_server *s)
{
    uint64_t deadline = clock_monotonic_ns() + FLUSH_TIMEOUT_NS;

    (void)pthread_mutex_lock(&s->lock);
    while (s->nr_busy && wait_until(&s->sent, &s->lock, deadline))
        ;
    (void)pthread_mutex_unlock(&s->lock);
}

void http_server_destroy(struct http_server *s)
{
    MHD_socket listener;

    if (!s)
        return;
    listener = s->mhd->quiesce_daemon(s->daemon);
    if (listener != MHD_INVALID_SOCKET) /* the library's thread may still have it in hand */
        (void)shutdown(listener, SHUT_RDWR);
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    (void)pthread_mutex_unlock(&s->lock);
    loop_cancel(s->loop, &s->task);
    on_arrived(&s->task);
    wait_until_sent(s);
    s->mhd->stop_daemon(s->daemon);
    close_listener(listener);
    (void)pthread_cond_destroy(&s->sent);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}
