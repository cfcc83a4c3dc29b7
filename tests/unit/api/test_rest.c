/* SPDX-License-Identifier: Apache-2.0
 *
 * The REST service over real sockets: the loop on a thread of its own, a VM that does what it is
 * told, and clients that are plain sockets on the test's thread. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/gate.h"
#include "api/rest.h"
#include "config/json.h"
#include "engine/life.h"
#include "host/socket.h"

#include <cmocka.h>

enum { ANSWER_MAX = 4096, ANSWER_WAIT_MS = 5000 };

/* --- a VM that does what it is told, but finishes nothing by itself --- */

struct vm {
    enum vm_state state;
    struct vm_config cfg;
    unsigned nr_stop_requests;
};

static struct vm vm;

static int enter(enum life_event event)
{
    return life_next(vm.state, event, &vm.state);
}

int vm_pause(struct vm *v)
{
    (void)v;
    return enter(LIFE_PAUSE);
}

int vm_resume(struct vm *v)
{
    (void)v;
    return enter(LIFE_RESUME);
}

int vm_stop(struct vm *v)
{
    (void)v;
    return enter(LIFE_STOP);
}

int vm_request_stop(struct vm *v)
{
    v->nr_stop_requests++;
    return enter(LIFE_ASK_STOP);
}

enum vm_state vm_get_state(const struct vm *v)
{
    return v->state;
}

bool vm_can_start(const struct vm *v)
{
    return life_allows(v->state, LIFE_START);
}

bool vm_can_pause(const struct vm *v)
{
    return life_allows(v->state, LIFE_PAUSE);
}

bool vm_can_resume(const struct vm *v)
{
    return life_allows(v->state, LIFE_RESUME);
}

bool vm_can_request_stop(const struct vm *v)
{
    return life_allows(v->state, LIFE_ASK_STOP);
}

bool vm_can_stop(const struct vm *v)
{
    return life_allows(v->state, LIFE_STOP);
}

int vm_set_memory_target(struct vm *v, uint64_t bytes, struct err *why)
{
    return err_set(why, -ENOTSUP, "no balloon");
}

uint64_t vm_memory_target(const struct vm *v)
{
    return v->cfg.memory_bytes;
}

const struct vm_config *vm_get_config(const struct vm *v)
{
    return &v->cfg;
}

/* What inspect says is config/'s to test. */
char *vm_config_to_json(const struct vm_config *cfg, enum json_view view)
{
    assert_ptr_equal(cfg, &vm.cfg);
    assert_int_equal(view, JSON_VIEW_INSPECT);
    return strdup("{\"vcpus\":4}");
}

/* --- the loop's thread --- */

static struct loop *loop;
static struct rest *rest;
static pthread_t loop_thread;
static bool loop_runs;
static char dir[64], path[96];
static struct err err;

struct call {
    struct task task;
    enum life_event event;
    struct gate done;
};

static void *run_loop(void *arg)
{
    loop_run(arg);
    return NULL;
}

static void do_event(struct task *t)
{
    struct call *c = container_of(t, struct call, task);

    assert_int_equal(life_next(vm.state, c->event, &vm.state), 0);
    rest_vm_changed(rest, vm.state);
    gate_open(&c->done);
}

/* Lets `event` happen to the VM, on the loop. */
static void happen(enum life_event event)
{
    struct call c = {.task.fn = do_event, .event = event};

    gate_init(&c.done);
    loop_post(loop, &c.task);
    gate_pass(&c.done);
    gate_finish(&c.done);
}

static void stop_loop(void)
{
    if (!loop_runs)
        return;
    loop_stop(loop);
    (void)pthread_join(loop_thread, NULL);
    loop_runs = false;
}

static int setup_as(enum personality personality)
{
    (void)snprintf(dir, sizeof(dir), "/tmp/berth-test-rest-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/rest.sock", dir);
    vm = (struct vm){.state = VM_STOPPED};
    vm_config_init(&vm.cfg, personality);
    vm.cfg.rest = (struct rest_config){.kind = REST_UNIX, .path = path};
    assert_int_equal(loop_create(&loop), 0);
    assert_int_equal(rest_create(&vm, &vm.cfg, loop, &rest, &err), 0);
    loop_runs = pthread_create(&loop_thread, NULL, run_loop, loop) == 0;
    return loop_runs ? 0 : -1;
}

static int setup_vfkit(void **state)
{
    (void)state;
    return setup_as(PERSONALITY_VFKIT);
}

static int setup_krunkit(void **state)
{
    (void)state;
    return setup_as(PERSONALITY_KRUNKIT);
}

static int teardown(void **state)
{
    (void)state;
    stop_loop();
    rest_destroy(rest);
    loop_destroy(loop);
    vm.cfg.rest = (struct rest_config){0};
    vm_config_finish(&vm.cfg);
    assert_int_equal(access(path, F_OK), -1);
    return rmdir(dir);
}

/* --- clients --- */

static int client(void)
{
    int fd;

    assert_int_equal(socket_connect_unix(path, &fd), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Whether `text` holds a whole answer. */
static bool is_whole(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");

    return end && (!length || strlen(end + 4) >= strtoul(length + 16, NULL, 10));
}

/* The next answer on the connection. */
static const char *hear(int fd)
{
    static char text[ANSWER_MAX];
    size_t len = 0;

    text[0] = '\0';
    while (!is_whole(text)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n;

        if (poll(&p, 1, ANSWER_WAIT_MS) != 1)
            fail_msg("no answer in time; so far: %s", text);
        n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
        text[len] = '\0';
    }
    return text;
}

static const char *ask(const char *request)
{
    int fd = client();
    const char *answer;

    say(fd, request);
    answer = hear(fd);
    (void)close(fd);
    return answer;
}

static const char *post(const char *body)
{
    char request[512];

    (void)snprintf(request, sizeof(request),
                   "POST /vm/state HTTP/1.1\r\nHost: _\r\nContent-Length: %zu\r\n\r\n%s",
                   strlen(body), body);
    return ask(request);
}

#define GET(path) ask("GET " path " HTTP/1.1\r\nHost: d\r\n\r\n")

static void expect(const char *answer, const char *part)
{
    if (!strstr(answer, part))
        fail_msg("'%s' is not in: %s", part, answer);
}

static void run_vm(void)
{
    happen(LIFE_START);
    happen(LIFE_STARTED);
}

/* --- vfkit --- */

static void state_before_the_start_is_starting(void **state)
{
    (void)state;
    expect(GET("/vm/state"), "\"state\":\"VirtualMachineStateStarting\"");
}

static void state_is_as_vfkit_writes_it(void **state)
{
    const char *answer;

    (void)state;
    run_vm();
    answer = GET("/vm/state");
    expect(answer, "HTTP/1.1 200 OK\r\n");
    expect(answer, "Content-Type: application/json; charset=utf-8\r\n");
    expect(answer, "\r\n\r\n{\"canHardStop\":true,\"canPause\":true,\"canResume\":false,"
                   "\"canStart\":false,\"canStop\":true,\"state\":\"VirtualMachineStateRunning\"}");
}

static void inspect_is_the_configuration(void **state)
{
    const char *answer = GET("/vm/inspect");

    (void)state;
    expect(answer, "200 OK\r\n");
    expect(answer, "Content-Type: application/json; charset=utf-8\r\n");
    expect(answer, "\r\n\r\n{\"vcpus\":4}");
}

static void anything_else_is_not_found(void **state)
{
    static const char *const requests[] = {
        "GET / HTTP/1.1\r\nHost: d\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: d\r\n\r\n",
        "DELETE /vm/state HTTP/1.1\r\nHost: d\r\n\r\n",
        "POST /vm/inspect HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n",
        "GET /vm/state/x HTTP/1.1\r\nHost: d\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        const char *answer = ask(requests[i]);

        expect(answer, "404 Not Found\r\n");
        expect(answer, "Content-Type: text/plain\r\n");
        expect(answer, "\r\n\r\n404 page not found");
    }
}

static void trailing_slash_redirects(void **state)
{
    const char *answer;

    (void)state;
    answer = GET("/vm/state/?a=b");
    expect(answer, "301 Moved Permanently\r\n");
    expect(answer, "Location: /vm/state?a=b\r\n");
    answer = ask("POST /vm/state/ HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n");
    expect(answer, "307 Temporary Redirect\r\n");
    expect(answer, "Location: /vm/state\r\n");
}

static void stop_asks_the_guest_and_answers_at_once(void **state)
{
    const char *answer;

    (void)state;
    run_vm();
    answer = post("{\"state\":\"Stop\"}");
    expect(answer, "HTTP/1.1 202 Accepted\r\n");
    expect(answer, "Content-Length: 0\r\n");
    assert_int_equal(vm.nr_stop_requests, 1);
    expect(GET("/vm/state"), "VirtualMachineStateRunning");
}

static void bad_requests_are_told_so(void **state)
{
    (void)state;
    run_vm();
    expect(post(""), "400 Bad Request\r\n");
    expect(post(""), "{\"error\":\"EOF\"}");
    expect(post("{"), "400 Bad Request\r\n");
    expect(post("{\"state\":\"Go<\"}"), "500 Internal Server Error\r\n");
    expect(post("{\"state\":\"Go<\"}"), "{\"error\":\"invalid new VMState: Go\\u003c\"}");
    expect(post("{}"), "{\"error\":\"invalid new VMState: \"}");
    expect(post("{\"state\":\"Resume\"}"), "500 Internal Server Error\r\n");
    assert_int_equal(vm.state, VM_RUNNING);
}

static void pause_answers_when_paused(void **state)
{
    int fd;

    (void)state;
    run_vm();
    fd = client();
    say(fd,
        "POST /vm/state HTTP/1.1\r\nHost: _\r\nContent-Length: 17\r\n\r\n{\"state\":\"Pause\"}");
    expect(GET("/vm/state"), "VirtualMachineState"); /* others are not kept waiting */
    while (!strstr(GET("/vm/state"), "Pausing"))
        ;
    happen(LIFE_PAUSED);
    expect(hear(fd), "202 Accepted\r\n");
    expect(GET("/vm/state"),
           "\"canHardStop\":true,\"canPause\":false,\"canResume\":true,"
           "\"canStart\":false,\"canStop\":false,\"state\":\"VirtualMachineStatePaused\"");
    (void)close(fd);
}

static void guest_that_powers_off_fails_a_pause(void **state)
{
    int fd;

    (void)state;
    run_vm();
    fd = client();
    say(fd,
        "POST /vm/state HTTP/1.1\r\nHost: _\r\nContent-Length: 17\r\n\r\n{\"state\":\"Pause\"}");
    while (!strstr(GET("/vm/state"), "Pausing"))
        ;
    happen(LIFE_STOPPED);
    expect(hear(fd), "500 Internal Server Error\r\n");
    (void)close(fd);
}

static void hard_stop_is_answered_although_the_service_ends(void **state)
{
    int fd;

    (void)state;
    run_vm();
    fd = client();
    say(fd,
        "POST /vm/state HTTP/1.1\r\nHost: _\r\nContent-Length: 20\r\n\r\n{\"state\":\"HardStop\"}");
    while (!strstr(GET("/vm/state"), "Stopping"))
        ;
    happen(LIFE_STOPPED);
    stop_loop();
    rest_destroy(rest);
    rest = NULL;
    expect(hear(fd), "202 Accepted\r\n");
    assert_int_equal(access(path, F_OK), -1);
    (void)close(fd);
}

static void connection_is_kept_and_idle_ones_do_no_harm(void **state)
{
    int idle[40], fd;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        idle[i] = client();
    fd = client();
    for (unsigned i = 0; i < 3; i++) {
        say(fd, "GET /vm/state HTTP/1.1\r\nHost: d\r\n\r\n");
        expect(hear(fd), "200 OK");
    }
    (void)close(fd);
    stop_loop();
    rest_destroy(rest); /* with all of them open */
    rest = NULL;
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        (void)close(idle[i]);
}

static void body_may_come_in_pieces_and_chunks(void **state)
{
    int fd;

    (void)state;
    run_vm();
    fd = client();
    say(fd, "POST /vm/state HTTP/1.1\r\nHost: _\r\nContent-Length: 16\r\n\r\n{\"sta");
    (void)poll(NULL, 0, 20);
    say(fd, "te\":\"Stop\"}");
    expect(hear(fd), "202 Accepted");
    say(fd, "POST /vm/state HTTP/1.1\r\nHost: _\r\nTransfer-Encoding: chunked\r\n\r\n"
            "5\r\n{\"sta\r\nb\r\nte\":\"Stop\"}\r\n0\r\n\r\n");
    expect(hear(fd), "202 Accepted");
    assert_int_equal(vm.nr_stop_requests, 2);
    (void)close(fd);
}

static void head_is_not_found_and_has_no_body(void **state)
{
    int fd = client();

    (void)state;
    say(fd, "HEAD /vm/state HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n");
    (void)poll(NULL, 0, 50);
    expect(hear(fd), "404 Not Found\r\n");
    (void)close(fd);
}

static void long_body_is_refused(void **state)
{
    static char body[100 * 1024];
    char head[128];
    int fd = client();

    (void)state;
    memset(body, ' ', sizeof(body) - 1);
    (void)snprintf(head, sizeof(head),
                   "POST /vm/state HTTP/1.1\r\nHost: d\r\nContent-Length: %zu\r\n\r\n",
                   sizeof(body) - 1);
    say(fd, head);
    for (size_t done = 0; done < sizeof(body) - 1;) {
        ssize_t n = send(fd, body + done, sizeof(body) - 1 - done, MSG_NOSIGNAL);

        if (n > 0)
            done += (size_t)n;
        else
            (void)poll(NULL, 0, 1);
    }
    expect(hear(fd), " 413 ");
    (void)close(fd);
}

static void clients_that_leave_do_no_harm(void **state)
{
    (void)state;
    run_vm();
    for (unsigned i = 0; i < 20; i++) {
        int fd = client();

        say(fd, "GET /vm/state HTTP/1.1\r\nHost: d\r\n\r\n");
        (void)close(fd);
    }
    expect(GET("/vm/state"), "200 OK");
}

static _Atomic bool come_no_more;

static void *come_and_go(void *unused)
{
    (void)unused;
    while (!come_no_more) {
        int fd;

        if (socket_connect_unix(path, &fd) < 0)
            continue; /* between two services */
        (void)send(fd, "GET ", 4, MSG_NOSIGNAL);
        (void)close(fd);
    }
    return NULL;
}

/* The library's thread takes clients up while the socket that they come by goes. */
static void ends_while_clients_come(void **state)
{
    pthread_t clients;

    (void)state;
    stop_loop();
    come_no_more = false;
    assert_int_equal(pthread_create(&clients, NULL, come_and_go, NULL), 0);
    for (unsigned i = 0; i < 1000; i++) {
        rest_destroy(rest);
        assert_int_equal(rest_create(&vm, &vm.cfg, loop, &rest, &err), 0);
    }
    come_no_more = true;
    (void)pthread_join(clients, NULL);
}

static void socket_is_the_users_alone(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* --- krunkit --- */

static void krunkit_state_is_in_its_order(void **state)
{
    const char *answer;

    (void)state;
    run_vm();
    answer = GET("/vm/state/?x");
    expect(answer, "Content-Type: application/json\r\n");
    expect(answer, "{\"state\":\"VirtualMachineStateRunning\",\"canStart\":false,\"canPause\":true,"
                   "\"canResume\":false,\"canStop\":true,\"canHardStop\":true}");
}

static void krunkit_stop_shows_stopping(void **state)
{
    const char *answer;

    (void)state;
    run_vm();
    answer = post("{\"state\":\"Stop\"}");
    expect(answer, "200 OK\r\n");
    expect(answer,
           "{\"state\":\"VirtualMachineStateStopping\",\"canStart\":false,\"canPause\":false,"
           "\"canResume\":false,\"canStop\":false,\"canHardStop\":false}");
    assert_int_equal(vm.nr_stop_requests, 1);
    expect(GET("/vm/state"), "VirtualMachineStateStopping");
}

static void krunkit_errors(void **state)
{
    (void)state;
    run_vm();
    expect(post("{\"state\":\"Dance\"}"), "400 Bad Request\r\n");
    expect(post("{\"state\":\"Dance\"}"), "{\"error\":\"unsupported state change: Dance\"}");
    expect(post("{"), "{\"error\":\"missing or invalid 'state' field\"}");
    expect(post("{}"), "{\"error\":\"missing or invalid 'state' field\"}");
    expect(GET("/nowhere"), "404 Not Found\r\n");
    expect(ask("PUT /vm/state HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n"), " 405 ");
}

#define VFKIT_TEST(t)   cmocka_unit_test_setup_teardown(t, setup_vfkit, teardown)
#define KRUNKIT_TEST(t) cmocka_unit_test_setup_teardown(t, setup_krunkit, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VFKIT_TEST(state_before_the_start_is_starting),
        VFKIT_TEST(state_is_as_vfkit_writes_it),
        VFKIT_TEST(inspect_is_the_configuration),
        VFKIT_TEST(anything_else_is_not_found),
        VFKIT_TEST(trailing_slash_redirects),
        VFKIT_TEST(stop_asks_the_guest_and_answers_at_once),
        VFKIT_TEST(bad_requests_are_told_so),
        VFKIT_TEST(pause_answers_when_paused),
        VFKIT_TEST(guest_that_powers_off_fails_a_pause),
        VFKIT_TEST(hard_stop_is_answered_although_the_service_ends),
        VFKIT_TEST(connection_is_kept_and_idle_ones_do_no_harm),
        VFKIT_TEST(body_may_come_in_pieces_and_chunks),
        VFKIT_TEST(head_is_not_found_and_has_no_body),
        VFKIT_TEST(long_body_is_refused),
        VFKIT_TEST(clients_that_leave_do_no_harm),
        VFKIT_TEST(ends_while_clients_come),
        VFKIT_TEST(socket_is_the_users_alone),
        KRUNKIT_TEST(krunkit_state_is_in_its_order),
        KRUNKIT_TEST(krunkit_stop_shows_stopping),
        KRUNKIT_TEST(krunkit_errors),
    };

    return cmocka_run_group_tests_name("rest", tests, NULL, NULL);
}
