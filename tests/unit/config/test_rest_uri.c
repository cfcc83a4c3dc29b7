/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit-compat.md §22.5, §9.1 and §16.4. */
#include <errno.h>

#include "config/rest_uri.h"
#include "config_test.h"

#define HUNDRED                                                                                    \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901" \
    "23456789"

/* What `rest` means, as text: "tcp HOST PORT", "unix PATH" or "none". */
static void describe(const struct rest_config *rest, char *text, size_t size)
{
    if (rest->kind == REST_TCP)
        snprintf(text, size, "tcp %s %u", rest->host, rest->port);
    else if (rest->kind == REST_UNIX)
        snprintf(text, size, "unix %s", rest->path);
    else
        snprintf(text, size, "none");
}

static void assert_uri(int (*parse)(const char *, struct rest_config *, struct err *),
                       const char *text, const char *meaning)
{
    struct rest_config rest = {0};
    struct err err = {0};
    char got[256];

    if (parse(text, &rest, &err))
        fail_msg("%s: refused: %s", text, err.text);
    describe(&rest, got, sizeof(got));
    assert_string_equal(got, meaning);
    rest_config_finish(&rest);
}

static void vfkit_accepts(void **state)
{
    static const char *const vectors[][2] = {
        {"tcp://localhost:8080", "tcp localhost 8080"},
        {"http://127.0.0.1:1", "tcp 127.0.0.1 1"},
        {"TCP://h:1", "tcp h 1"},
        {"tcp://[::1]:9", "tcp ::1 9"},
        {"tcp://:8081", "tcp  8081"},
        {"tcp://user@h:1?x", "tcp h 1"},
        {"unix:///var/tmp/s.sock", "unix /var/tmp/s.sock"},
        {"unix:///a%20b?x=1", "unix /a b"},
        {"unix:///a#b", "unix /a#b"},
        {"none://", "none"},
        {"none://x", "none"},
        {"none:", "none"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        assert_uri(vfkit_parse_rest_uri, vectors[i][0], vectors[i][1]);
}

static void vfkit_refuses(void **state)
{
    static const struct vector vectors[] = {
        {"tcp://", "invalid TCP uri: missing host"},
        {"tcp:///p", "invalid TCP uri: missing host"},
        {"tcp:8080", "invalid TCP uri: missing host"},
        {"tcp://localhost", "invalid TCP uri: missing port"},
        {"tcp://localhost:", "invalid TCP uri: missing port"},
        {"tcp://[::1]", "invalid TCP uri: missing port"},
        {"http://localhost:1/", "invalid TCP uri: path is forbidden"},
        {"tcp://h:70000", "invalid TCP uri: port 70000 is above 65535"},
        {"tcp://h:abc", "parse \"tcp://h:abc\": invalid port \":abc\" after host"},
        {"unix://", "invalid unix uri: missing path"},
        {"unix://host", "invalid unix uri: missing path"},
        {"unix:path", "invalid unix uri: missing path"},
        {"unix://host/p", "invalid unix uri: host is forbidden"},
        {"unix:///" HUNDRED "12345678",
         "invalid unix uri: socket path length exceeds macOS limits"},
        {"unix:///%zz", "parse \"unix:///%zz\": invalid URL escape \"%zz\""},
        {"https://x:1", "invalid scheme https"},
        {"/x", "invalid scheme "},
        {"foobar", "parse \"foobar\": invalid URI for request"},
        {"none", "parse \"none\": invalid URI for request"},
        {"", "parse \"\": empty url"},
        {":x", "parse \":x\": missing protocol scheme"},
        {"tcp://a\nb:1", "parse \"tcp://a\\nb:1\": net/url: invalid control character in URL"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct rest_config rest = {0};
        struct err err = {0};

        assert_int_equal(vfkit_parse_rest_uri(vectors[i].text, &rest, &err), -EINVAL);
        assert_string_equal(err.text, vectors[i].error);
    }
}

static void krunkit_accepts(void **state)
{
    static const char *const vectors[][2] = {
        {"none://", "none"},
        {"none://anything", "none"},
        {"tcp://localhost:8081", "tcp localhost 8081"},
        {"tcp://127.0.0.1:80", "tcp 127.0.0.1 80"},
        {"unix:///a%20b?x", "unix /a%20b?x"},
        {"unix://relative", "unix relative"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        assert_uri(krunkit_parse_rest_uri, vectors[i][0], vectors[i][1]);
}

static void krunkit_refuses(void **state)
{
    static const struct vector vectors[] = {
        {"http://localhost:1", "invalid scheme input"},
        {"none", "invalid scheme input"},
        {"", "invalid scheme input"},
        {"tcp://localhost", "restful URI formatted incorrectly"},
        {"tcp://[::1]:1", "restful URI formatted incorrectly"},
        {"tcp://example.com:1", "restful URI IP address formatted incorrectly"},
        {"tcp://1.2.3:1", "restful URI IP address formatted incorrectly"},
        {"tcp://1.2.3.256:1", "restful URI IP address formatted incorrectly"},
        {"tcp://localhost:x", "restful URI port number formatted incorrectly"},
        {"tcp://localhost:65536", "restful URI port number formatted incorrectly"},
        {"unix://", "empty unix socket path"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct rest_config rest = {0};
        struct err err = {0};

        assert_int_equal(krunkit_parse_rest_uri(vectors[i].text, &rest, &err), -EINVAL);
        assert_string_equal(err.text, vectors[i].error);
    }
}

static void text_reads_back(void **state)
{
    static const char *const texts[] = {
        "none://", "tcp://h:1", "tcp://[::1]:65535", "tcp://:8081", "unix:///a%25b%3Fc%23 d",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct rest_config rest = {0};
        struct err err = {0};
        char *text;

        assert_int_equal(vfkit_parse_rest_uri(texts[i], &rest, &err), 0);
        text = rest_uri_text(&rest);
        assert_string_equal(text, texts[i]);
        free(text);
        rest_config_finish(&rest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vfkit_accepts),   cmocka_unit_test(vfkit_refuses),
        cmocka_unit_test(krunkit_accepts), cmocka_unit_test(krunkit_refuses),
        cmocka_unit_test(text_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
