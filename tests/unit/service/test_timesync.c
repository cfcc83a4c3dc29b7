/* SPDX-License-Identifier: Apache-2.0
 *
 * The test is the guest's agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_vsock.h"
#include "host/clock.h"
#include "service/timesync.h"

#include <cmocka.h>

enum { PORT = 1234, TURN_MS = 15, RETRY_MS = 1100 };

struct fixture {
    struct fake_vsock vm;
    struct timesync *timesync;
};

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    fake_vsock_init(&f.vm, PERSONALITY_VFKIT);
    assert_int_equal(timesync_create(&f.vm.vm, PORT, f.vm.vm.loop, &f.timesync, NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    timesync_destroy(f.timesync);
    fake_vsock_finish(&f.vm);
    return 0;
}

static void turn(void)
{
    fake_vsock_run(&f.vm, TURN_MS);
}

/* Reads the request; it must name a time of just now. */
static void expect_request(int agent)
{
    char text[128] = "", start[] = "{\"execute\": \"guest-set-time\", \"arguments\":{\"time\": ";
    unsigned long long ns;
    int end = 0;

    assert_true(recv(agent, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
    assert_memory_equal(text, start, strlen(start));
    assert_int_equal(sscanf(text + strlen(start), "%llu}}\n%n", &ns, &end), 1);
    assert_int_equal(text[strlen(text) - 1], '\n');
    assert_true(ns <= clock_wall_ns() && clock_wall_ns() - ns < 1000000000u);
}

static void assert_hung_up(int agent)
{
    char c;

    assert_int_equal(recv(agent, &c, 1, MSG_DONTWAIT), 0);
    (void)close(agent);
}

static void nothing_is_sent_unasked(void **state)
{
    (void)state;
    turn();
    assert_int_equal(fake_vsock_guest_accepts(&f.vm, PORT), -1);
}

static void the_clock_is_set_each_time_on_a_new_connection(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        int agent;

        timesync_now(f.timesync);
        agent = fake_vsock_guest_accepts(&f.vm, PORT);
        expect_request(agent);
        assert_int_equal(write(agent, "{\"return\"", 9), 9); /* in two pieces */
        turn();
        assert_int_equal(write(agent, ": {}}\n", 6), 6);
        turn();
        assert_hung_up(agent);
    }
    fake_vsock_run(&f.vm, RETRY_MS);
    assert_int_equal(fake_vsock_guest_accepts(&f.vm, PORT), -1);
}

static void an_agent_that_is_not_up_is_tried_again(void **state)
{
    int agent;

    (void)state;
    timesync_now(f.timesync);
    fake_vsock_refuse(&f.vm, PORT);
    fake_vsock_run(&f.vm, RETRY_MS);
    agent = fake_vsock_guest_accepts(&f.vm, PORT);
    expect_request(agent);
    (void)close(agent); /* hangs up without an answer: tried again, too */
    fake_vsock_run(&f.vm, RETRY_MS + TURN_MS);
    agent = fake_vsock_guest_accepts(&f.vm, PORT);
    expect_request(agent);
    assert_int_equal(write(agent, "{\"return\": {}}\n", 15), 15);
    turn();
    assert_hung_up(agent);
}

static void an_agent_that_refuses_is_left_alone(void **state)
{
    const char no[] = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"not permitted\"}}\n";
    int agent;

    (void)state;
    timesync_now(f.timesync);
    agent = fake_vsock_guest_accepts(&f.vm, PORT);
    assert_int_equal(write(agent, no, strlen(no)), strlen(no));
    turn();
    expect_request(agent);
    assert_hung_up(agent);
    fake_vsock_run(&f.vm, RETRY_MS);
    assert_int_equal(fake_vsock_guest_accepts(&f.vm, PORT), -1);
}

static void an_answer_without_end_is_cut_off(void **state)
{
    static char flood[8192];
    int agent;

    (void)state;
    memset(flood, 'x', sizeof(flood));
    timesync_now(f.timesync);
    agent = fake_vsock_guest_accepts(&f.vm, PORT);
    assert_int_equal(write(agent, flood, sizeof(flood)), sizeof(flood));
    turn();
    (void)close(agent);
    fake_vsock_run(&f.vm, RETRY_MS);
    agent = fake_vsock_guest_accepts(&f.vm, PORT); /* and tried again */
    expect_request(agent);
    (void)close(agent);
}

static void replies(void **state)
{
    static const struct {
        const char *line;
        bool ok;
    } cases[] = {
        {"{\"return\": {}}", true},
        {"{\"return\": {}}\r", true},
        {"{\"return\": 1}", false},
        {"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}}", false},
        {"", false},
        {"[]", false},
        {"\xff", false},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};

        assert_int_equal(timesync_check_reply(cases[i].line, strlen(cases[i].line), &err) == 0,
                         cases[i].ok);
        assert_int_equal(err.text[0] == '\0', cases[i].ok);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_sent_unasked),
        TEST(the_clock_is_set_each_time_on_a_new_connection),
        TEST(an_agent_that_is_not_up_is_tried_again),
        TEST(an_agent_that_refuses_is_left_alone),
        TEST(an_answer_without_end_is_cut_off),
        cmocka_unit_test(replies),
    };

    return cmocka_run_group_tests_name("timesync", tests, NULL, NULL);
}
