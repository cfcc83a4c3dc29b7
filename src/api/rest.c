/* SPDX-License-Identifier: Apache-2.0
 *
 * Routes and verbs: vfkit-compat.md §9 and §16.4. The two programs differ in status codes, key
 * order and what they say about the unknown; each has its route function and its row in `dialects`.
 * What a verb does is common. */
#include "api/rest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/http.h"
#include "api/memory.h"
#include "api/state.h"
#include "api/verb.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "config/json.h"
#include "host/socket.h"

enum {
    HTTP_OK = 200,
    HTTP_ACCEPTED = 202,
    HTTP_MOVED = 301,
    HTTP_TEMPORARY_REDIRECT = 307,
    HTTP_BAD_REQUEST = 400,
    HTTP_NOT_FOUND = 404,
    HTTP_BAD_METHOD = 405,
    HTTP_INTERNAL_ERROR = 500,
    MAX_PENDING = 64, /* requests that wait for a transition; more are told to come back */
};

/* A request whose answer waits for the VM. */
struct pending {
    struct http_request *req; /* NULL: free slot */
    enum vm_state awaited;
};

struct dialect {
    void (*route)(struct rest *r, struct http_request *req);
    const char *json_type;
    void (*state_body)(const struct state_view *v, char ret[STATE_BODY_MAX]);
    unsigned verb_done;                            /* status of a verb that was carried out */
    bool verb_answers_state;                       /* and its body is the state */
    unsigned unknown_verb;                         /* status */
    const char *unknown_verb_text, *bad_body_text; /* NULL: the parser's own words */
    bool stop_shows_stopping;                      /* after Stop the state is told as "stopping" */
};

struct rest {
    struct vm *vm;
    const struct dialect *dialect;
    struct http_server *server;
    char *socket_path; /* to remove; NULL for TCP */
    bool started;      /* the VM has left its first state */
    bool stop_asked, closing;
    bool is_berth; /* vfkit's dialect, and paths of our own */
    struct pending pending[MAX_PENDING];
};

/* --- answers --- */

static void reply(struct http_request *req, unsigned status, const char *type, const char *body)
{
    const struct http_answer a = {.status = status, .type = type, .body = body};

    http_reply(req, &a);
}

static void reply_error(struct rest *r, struct http_request *req, unsigned status, const char *text)
{
    char *body = error_body(text);

    reply(req, status, r->dialect->json_type, body);
    free(body);
}

static struct state_view view_of(const struct rest *r)
{
    struct state_view v = {
        .state = vm_get_state(r->vm),
        .can_start = vm_can_start(r->vm),
        .can_pause = vm_can_pause(r->vm),
        .can_resume = vm_can_resume(r->vm),
        .can_stop = vm_can_request_stop(r->vm),
        .can_hard_stop = vm_can_stop(r->vm),
    };

    if (!r->started)
        return (struct state_view){.state = VM_STARTING};
    if (r->dialect->stop_shows_stopping && r->stop_asked)
        return (struct state_view){.state = VM_STOPPING};
    return v;
}

static void reply_state(struct rest *r, struct http_request *req)
{
    const struct state_view v = view_of(r);
    char body[STATE_BODY_MAX];

    r->dialect->state_body(&v, body);
    reply(req, HTTP_OK, r->dialect->json_type, body);
}

static void reply_inspect(struct rest *r, struct http_request *req)
{
    char *body = vm_config_to_json(vm_get_config(r->vm), JSON_VIEW_INSPECT);

    if (body)
        reply(req, HTTP_OK, r->dialect->json_type, body);
    else
        reply_error(r, req, HTTP_INTERNAL_ERROR, "out of memory");
    free(body);
}

static void reply_done(struct rest *r, struct http_request *req)
{
    if (r->dialect->verb_answers_state)
        reply_state(r, req);
    else
        reply(req, r->dialect->verb_done, NULL, NULL);
}

/* --- verbs --- */

/* Answers once the VM gets to `awaited`. */
static void wait_for(struct rest *r, struct http_request *req, enum vm_state awaited)
{
    for (size_t i = 0; i < ARRAY_LEN(r->pending); i++) {
        if (r->pending[i].req)
            continue;
        r->pending[i] = (struct pending){req, awaited};
        return;
    }
    reply_error(r, req, HTTP_INTERNAL_ERROR, "too many requests wait for the virtual machine");
}

/* Why a verb that was begun did not come to its end. */
static const char *meanwhile(enum vm_state state)
{
    return state == VM_STOPPED || state == VM_ERROR
               ? "the virtual machine stopped meanwhile"
               : "the virtual machine did not do it; the log says why";
}

void rest_vm_changed(struct rest *r, enum vm_state state)
{
    bool settled =
        state == VM_STOPPED || state == VM_ERROR || state == VM_RUNNING || state == VM_PAUSED;

    r->started |= state != VM_STOPPED;
    for (size_t i = 0; i < ARRAY_LEN(r->pending); i++) {
        struct pending p = r->pending[i];

        if (!p.req || (p.awaited != state && !settled))
            continue;
        r->pending[i].req = NULL;
        if (p.awaited == state)
            reply_done(r, p.req);
        else
            reply_error(r, p.req, HTTP_INTERNAL_ERROR, meanwhile(state));
    }
}

static int do_pause(struct rest *r)
{
    return vm_pause(r->vm);
}

static int do_resume(struct rest *r)
{
    return vm_resume(r->vm);
}

static int do_stop(struct rest *r)
{
    int rc = vm_request_stop(r->vm);

    r->stop_asked |= rc == 0;
    return rc;
}

static int do_hard_stop(struct rest *r)
{
    int rc = vm_stop(r->vm);

    r->stop_asked |= rc == 0;
    return rc;
}

struct verb {
    const char *name;
    int (*run)(struct rest *r);
    bool waits; /* answered when the VM is in state `until` */
    enum vm_state until;
};

static const struct verb verbs[] = {
    {"Pause", do_pause, true, VM_PAUSED},
    {"Resume", do_resume, true, VM_RUNNING},
    {"Stop", do_stop, false, VM_STOPPED},
    {"HardStop", do_hard_stop, true, VM_STOPPED},
};

static void run_verb(struct rest *r, struct http_request *req, const struct verb *verb)
{
    struct strbuf text = {0};
    int rc = r->started && !r->closing ? verb->run(r) : -EBUSY;

    if (rc < 0) {
        const char *why = rc == -EBUSY ? "its state does not allow that" : strerror(-rc);

        strbuf_addf(&text, "%s: the virtual machine cannot do that now: %s", verb->name, why);
        reply_error(r, req, HTTP_INTERNAL_ERROR, text.s ? text.s : "out of memory");
        strbuf_finish(&text);
    } else if (verb->waits && vm_get_state(r->vm) != verb->until) {
        wait_for(r, req, verb->until);
    } else {
        reply_done(r, req);
    }
}

static void reply_unknown_verb(struct rest *r, struct http_request *req, const char *name)
{
    struct strbuf text = {0};

    strbuf_addf(&text, "%s: %s", r->dialect->unknown_verb_text, name);
    reply_error(r, req, r->dialect->unknown_verb, text.s ? text.s : "out of memory");
    strbuf_finish(&text);
}

static void post_state(struct rest *r, struct http_request *req)
{
    const char *bad_body = r->dialect->bad_body_text;
    struct err err = {0};
    char *name = NULL;
    const char *body;
    size_t len;
    int rc;

    body = http_body(req, &len);
    rc = verb_parse(body, len, &name, &err);
    if (rc < 0 || (!name && bad_body)) {
        reply_error(r, req, HTTP_BAD_REQUEST, bad_body ? bad_body : err.text);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (name && strcmp(name, verbs[i].name) == 0) {
            run_verb(r, req, &verbs[i]);
            free(name);
            return;
        }
    }
    reply_unknown_verb(r, req, name ? name : "");
    free(name);
}

/* --- the balloon --- */

enum { MEMORY_BODY_MAX = 96 };

static void reply_memory(struct rest *r, struct http_request *req)
{
    char body[MEMORY_BODY_MAX];

    (void)snprintf(body, sizeof(body), "{\"memoryBytes\":%" PRIu64 ",\"targetBytes\":%" PRIu64 "}",
                   vm_get_config(r->vm)->memory_bytes, vm_memory_target(r->vm));
    reply(req, HTTP_OK, r->dialect->json_type, body);
}

static void post_memory(struct rest *r, struct http_request *req)
{
    struct err err = {0};
    uint64_t bytes = 0;
    size_t len;
    const char *body = http_body(req, &len);

    if (memory_parse(body, len, &bytes, &err) < 0)
        reply_error(r, req, HTTP_BAD_REQUEST, err.text);
    else if (vm_set_memory_target(r->vm, bytes, &err) < 0)
        reply_error(r, req, err.code == -EINVAL ? HTTP_BAD_REQUEST : HTTP_INTERNAL_ERROR, err.text);
    else
        reply(req, HTTP_ACCEPTED, NULL, NULL);
}

/* --- routes --- */

struct route {
    const char *method, *path;
    void (*run)(struct rest *r, struct http_request *req);
    bool berth_only; /* the other two have no such path */
};

static const struct route routes[] = {
    {"GET", "/vm/state", reply_state, false},     {"POST", "/vm/state", post_state, false},
    {"GET", "/vm/inspect", reply_inspect, false}, {"GET", "/vm/memory", reply_memory, true},
    {"POST", "/vm/memory", post_memory, true},
};

static bool same_path(const char *path, size_t len, const char *route)
{
    return strlen(route) == len && memcmp(path, route, len) == 0;
}

/* The route for `method` on path[0..len); *ret_path_known: some method is served there. */
static const struct route *find_route(const struct rest *r, const char *method, const char *path,
                                      size_t len, bool *ret_path_known)
{
    const struct route *found = NULL;

    *ret_path_known = false;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!same_path(path, len, routes[i].path) || (routes[i].berth_only && !r->is_berth))
            continue;
        *ret_path_known = true;
        if (strcmp(method, routes[i].method) == 0)
            found = &routes[i];
    }
    return found;
}

/* To the path without its trailing slash, as Go's router does. */
static void redirect(struct http_request *req, const struct route *route)
{
    bool get = strcmp(route->method, "GET") == 0;
    struct strbuf location = {0}, body = {0};
    struct http_answer a = {.status = get ? HTTP_MOVED : HTTP_TEMPORARY_REDIRECT};

    strbuf_addf(&location, "%s%s", route->path, http_query(req));
    if (get) {
        strbuf_addf(&body, "<a href=\"%s\">Moved Permanently</a>.\n\n", route->path);
        a.type = "text/html; charset=utf-8";
        a.body = body.s;
    }
    a.location = location.s;
    http_reply(req, &a);
    strbuf_finish(&location);
    strbuf_finish(&body);
}

static void route_vfkit(struct rest *r, struct http_request *req)
{
    const char *method = http_method(req), *path = http_path(req);
    size_t len = strlen(path);
    const struct route *route;
    bool known;

    route = find_route(r, method, path, len, &known);
    if (route) {
        route->run(r, req);
        return;
    }
    route = len > 1 && path[len - 1] == '/' ? find_route(r, method, path, len - 1, &known) : NULL;
    if (route)
        redirect(req, route);
    else
        reply(req, HTTP_NOT_FOUND, "text/plain", "404 page not found");
}

static void route_krunkit(struct rest *r, struct http_request *req)
{
    const char *path = http_path(req);
    size_t len = strlen(path);
    const struct route *route;
    bool known;

    if (len > 1 && path[len - 1] == '/')
        len--;
    route = find_route(r, http_method(req), path, len, &known);
    if (route)
        route->run(r, req);
    else
        reply(req, known ? HTTP_BAD_METHOD : HTTP_NOT_FOUND, NULL, NULL);
}

static const struct dialect vfkit = {
    .route = route_vfkit,
    .json_type = "application/json; charset=utf-8",
    .state_body = state_body_vfkit,
    .verb_done = HTTP_ACCEPTED,
    .unknown_verb = HTTP_INTERNAL_ERROR,
    .unknown_verb_text = "invalid new VMState",
};

static const struct dialect krunkit = {
    .route = route_krunkit,
    .json_type = "application/json",
    .state_body = state_body_krunkit,
    .verb_done = HTTP_OK,
    .verb_answers_state = true,
    .unknown_verb = HTTP_BAD_REQUEST,
    .unknown_verb_text = "unsupported state change",
    .bad_body_text = "missing or invalid 'state' field",
    .stop_shows_stopping = true,
};

static void on_request(void *ctx, struct http_request *req)
{
    struct rest *r = ctx;

    r->dialect->route(r, req);
}

/* --- life --- */

static int open_listener(struct rest *r, const struct rest_config *cfg, int *ret, struct err *err)
{
    int rc;

    if (cfg->kind == REST_TCP)
        return socket_listen_tcp(cfg->host, cfg->port, ret, err);
    rc = socket_listen_unix(cfg->path, ret, err);
    if (rc < 0)
        return rc;
    r->socket_path = strdup(cfg->path);
    if (r->socket_path)
        return 0;
    (void)close(*ret);
    (void)unlink(cfg->path);
    return err_set(err, -ENOMEM, "out of memory");
}

int rest_create(struct vm *vm, const struct vm_config *cfg, struct loop *loop, struct rest **ret,
                struct err *err)
{
    struct rest *r = calloc(1, sizeof(*r));
    int listener, rc;

    if (!r)
        return err_set(err, -ENOMEM, "out of memory");
    r->vm = vm;
    r->is_berth = cfg->personality == PERSONALITY_BERTH;
    r->dialect = cfg->personality == PERSONALITY_KRUNKIT ? &krunkit : &vfkit;
    rc = open_listener(r, &cfg->rest, &listener, err);
    if (rc == 0)
        rc = http_server_create(loop, listener, on_request, r, &r->server, err);
    if (rc < 0) {
        rest_destroy(r);
        return rc;
    }
    if (r->socket_path)
        log_info("rest: listening on %s", r->socket_path);
    else
        log_info("rest: listening on %s port %u",
                 *cfg->rest.host ? cfg->rest.host : "every address", cfg->rest.port);
    *ret = r;
    return 0;
}

void rest_destroy(struct rest *r)
{
    if (!r)
        return;
    if (r->socket_path)
        (void)unlink(r->socket_path);
    r->closing = true;
    rest_vm_changed(r, VM_STOPPED); /* nobody is left waiting */
    http_server_destroy(r->server);
    free(r->socket_path);
    free(r);
}
