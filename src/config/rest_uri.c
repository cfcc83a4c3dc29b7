/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit's addresses go through Go's url.ParseRequestURI before vfkit looks at them, so that
 * parser's verdicts come first; user information and queries of a TCP address are ignored, as vfkit
 * ignores them. */
#include "config/rest_uri.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/strbuf.h"
#include "config/number.h"
#include "config/text.h"

enum { SOCKET_PATH_MAX = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1, PORT_MAX = 65535 };

void rest_config_finish(struct rest_config *rest)
{
    free(rest->host);
    free(rest->path);
    *rest = (struct rest_config){0};
}

/* `path` with what ends or starts something in a URL escaped, and bytes that are not UTF-8, so that
 * JSON keeps them. */
static void add_escaped(struct strbuf *b, const char *path)
{
    while (*path) {
        size_t len = utf8_len(path);

        if (!len || strchr("%?#", *path) || iscntrl((unsigned char)*path)) {
            strbuf_addf(b, "%%%02X", (unsigned char)*path);
            len = 1;
        } else {
            strbuf_addn(b, path, len);
        }
        path += len;
    }
}

char *rest_uri_text(const struct rest_config *rest)
{
    struct strbuf b = {0};
    bool v6 = rest->host && strchr(rest->host, ':');

    switch (rest->kind) {
    case REST_NONE:
        strbuf_add(&b, "none://");
        break;
    case REST_TCP:
        strbuf_addf(&b, "tcp://%s%s%s:%u", v6 ? "[" : "", rest->host, v6 ? "]" : "", rest->port);
        break;
    case REST_UNIX:
        strbuf_add(&b, "unix://");
        add_escaped(&b, rest->path);
        break;
    }
    return strbuf_take(&b);
}

/* `parse "<text>": <why>`, and `what` in quotes and `end` behind it unless `what` is NULL. */
static int url_fail(const char *text, const char *why, const char *what, const char *end,
                    struct err *reason)
{
    struct strbuf b = {0};

    strbuf_add(&b, "parse ");
    go_quote(&b, text);
    strbuf_addf(&b, ": %s", why);
    if (what) {
        go_quote(&b, what);
        strbuf_add(&b, end);
    }
    (void)err_set(reason, -EINVAL, "%s", b.failed ? why : b.s);
    strbuf_finish(&b);
    return -EINVAL;
}

/* Length of the scheme before ':', or 0. */
static size_t scheme_len(const char *text)
{
    size_t n = 0;

    if (!isalpha((unsigned char)text[0]))
        return 0;
    while (text[n] && (isalnum((unsigned char)text[n]) || strchr("+-.", text[n])))
        n++;
    return text[n] == ':' ? n : 0;
}

/* The pieces of "scheme://authority/path". */
struct url {
    char scheme[32];              /* lower case; a longer one is cut, and unknown anyway */
    const char *authority, *path; /* into the text; path up to '?' */
    size_t authority_len, path_len;
};

static int split_url(const char *text, struct url *ret, struct err *reason)
{
    size_t n = scheme_len(text);
    const char *rest = text + n + 1;

    if (!*text)
        return url_fail(text, "empty url", NULL, NULL, reason);
    for (const char *p = text; *p; p++)
        if (iscntrl((unsigned char)*p))
            return url_fail(text, "net/url: invalid control character in URL", NULL, NULL, reason);
    if (text[0] == ':')
        return url_fail(text, "missing protocol scheme", NULL, NULL, reason);
    if (!n && text[0] != '/')
        return url_fail(text, "invalid URI for request", NULL, NULL, reason);
    *ret = (struct url){0};
    for (size_t i = 0; i < n && i < sizeof(ret->scheme) - 1; i++)
        ret->scheme[i] = (char)tolower((unsigned char)text[i]);
    if (!n)
        rest = text;
    ret->authority = "";
    if (rest[0] == '/' && rest[1] == '/') {
        ret->authority = rest + 2;
        ret->authority_len = strcspn(ret->authority, "/?");
        rest = ret->authority + ret->authority_len;
    } else if (rest[0] != '/') {
        rest = ""; /* "tcp:8080": opaque, neither host nor path */
    }
    ret->path = rest;
    ret->path_len = strcspn(rest, "?");
    return 0;
}

/* Takes %XX apart. A bad escape is Go's error. */
static int unescape(const char *text, const char *s, size_t len, char **ret, struct err *reason)
{
    struct strbuf b = {0};

    for (size_t i = 0; i < len; i++) {
        char hex[4] = "";

        if (s[i] != '%') {
            strbuf_addc(&b, s[i]);
            continue;
        }
        memcpy(hex, s + i, len - i < 3 ? len - i : 3);
        if (!isxdigit((unsigned char)hex[1]) || !isxdigit((unsigned char)hex[2])) {
            strbuf_finish(&b);
            return url_fail(text, "invalid URL escape ", hex, "", reason);
        }
        strbuf_addc(&b, (char)strtoul(hex + 1, NULL, 16));
        i += 2;
    }
    *ret = strbuf_take(&b);
    return *ret ? 0 : -ENOMEM;
}

/* Where the port's ':' stands in "host:port" or "[v6]:port"; `len` when there is none. */
static size_t port_colon(const char *s, size_t len)
{
    for (size_t i = len; i > 0 && s[i - 1] != ']'; i--)
        if (s[i - 1] == ':')
            return i - 1;
    return len;
}

static int bad_port(const char *text, const char *s, size_t len, struct err *reason)
{
    struct strbuf port = {0};

    strbuf_addc(&port, ':');
    strbuf_addn(&port, s, len);
    (void)url_fail(text, "invalid port ", port.failed ? ":" : port.s, " after host", reason);
    strbuf_finish(&port);
    return -EINVAL;
}

static int read_port(const char *text, const char *s, size_t len, uint16_t *ret, struct err *reason)
{
    unsigned long port = 0;

    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)s[i]))
            return bad_port(text, s, len, reason);
        port = port <= PORT_MAX ? port * 10 + (unsigned long)(s[i] - '0') : port;
    }
    if (port > PORT_MAX)
        return err_set(reason, -EINVAL, "invalid TCP uri: port %.*s is above %d", (int)len, s,
                       PORT_MAX);
    *ret = (uint16_t)port;
    return 0;
}

static int tcp_address(const char *text, const struct url *url, struct rest_config *ret,
                       struct err *reason)
{
    const char *host = url->authority;
    size_t len = url->authority_len, colon;
    int r;

    for (size_t i = len; i > 0; i--) { /* user information ends at the last '@' */
        if (host[i - 1] == '@') {
            host += i;
            len -= i;
            break;
        }
    }
    colon = port_colon(host, len);
    r = colon < len ? read_port(text, host + colon + 1, len - colon - 1, &ret->port, reason) : 0;
    if (r)
        return r;
    if (!len)
        return err_set(reason, -EINVAL, "invalid TCP uri: missing host");
    if (url->path_len)
        return err_set(reason, -EINVAL, "invalid TCP uri: path is forbidden");
    if (len - colon < 2)
        return err_set(reason, -EINVAL, "invalid TCP uri: missing port");
    if (host[0] == '[' && host[colon - 1] == ']') {
        host++;
        colon -= 2;
    }
    ret->kind = REST_TCP;
    ret->host = strndup(host, colon);
    return ret->host ? 0 : -ENOMEM;
}

static int unix_address(const char *text, const struct url *url, struct rest_config *ret,
                        struct err *reason)
{
    int r = unescape(text, url->path, url->path_len, &ret->path, reason);

    if (r)
        return r;
    if (!*ret->path)
        return err_set(reason, -EINVAL, "invalid unix uri: missing path");
    if (url->authority_len)
        return err_set(reason, -EINVAL, "invalid unix uri: host is forbidden");
    if (strlen(ret->path) > SOCKET_PATH_MAX) {
        (void)err_set(reason, -EINVAL, "invalid unix uri: socket path length exceeds macOS limits");
        return err_hint(reason,
                        "a socket path may have at most %d bytes here: use a shorter directory",
                        SOCKET_PATH_MAX);
    }
    ret->kind = REST_UNIX;
    return 0;
}

int vfkit_parse_rest_uri(const char *text, struct rest_config *ret, struct err *reason)
{
    struct rest_config rest = {.kind = REST_NONE};
    struct url url;
    int r = split_url(text, &url, reason);

    if (r)
        return r;
    if (!strcmp(url.scheme, "tcp") || !strcmp(url.scheme, "http"))
        r = tcp_address(text, &url, &rest, reason);
    else if (!strcmp(url.scheme, "unix"))
        r = unix_address(text, &url, &rest, reason);
    else if (strcmp(url.scheme, "none") != 0)
        r = err_set(reason, -EINVAL, "invalid scheme %s", url.scheme);
    if (r)
        rest_config_finish(&rest);
    else
        *ret = rest;
    return r;
}

/* Four decimal numbers up to 255. */
static bool is_ipv4(const char *s, size_t len)
{
    unsigned dots = 0, value = 0, digits = 0;

    for (size_t i = 0; i < len; i++) {
        if (s[i] == '.' && digits) {
            dots++;
            value = digits = 0;
        } else if (isdigit((unsigned char)s[i]) && digits < 3) {
            value = value * 10 + (unsigned)(s[i] - '0');
            digits++;
        } else {
            return false;
        }
        if (value > 255)
            return false;
    }
    return dots == 3 && digits;
}

static int krun_tcp_address(const char *rest, struct rest_config *ret, struct err *reason)
{
    size_t len = strcspn(rest, ":");
    bool localhost = len == 9 && !strncmp(rest, "localhost", 9);
    uint64_t port;

    if (!rest[len] || strchr(rest + len + 1, ':'))
        return err_set(reason, -EINVAL, "restful URI formatted incorrectly");
    if (!localhost && !is_ipv4(rest, len))
        return err_set(reason, -EINVAL, "restful URI IP address formatted incorrectly");
    if (rust_parse_uint(rest + len + 1, PORT_MAX, &port, NULL))
        return err_set(reason, -EINVAL, "restful URI port number formatted incorrectly");
    *ret = (struct rest_config){.kind = REST_TCP, .port = (uint16_t)port};
    ret->host = strndup(rest, len);
    return ret->host ? 0 : -ENOMEM;
}

int krunkit_parse_rest_uri(const char *text, struct rest_config *ret, struct err *reason)
{
    if (!strncmp(text, "none://", 7)) {
        *ret = (struct rest_config){.kind = REST_NONE};
        return 0;
    }
    if (!strncmp(text, "tcp://", 6))
        return krun_tcp_address(text + 6, ret, reason);
    if (strncmp(text, "unix://", 7) != 0)
        return err_set(reason, -EINVAL, "invalid scheme input");
    if (!text[7])
        return err_set(reason, -EINVAL, "empty unix socket path");
    *ret = (struct rest_config){.kind = REST_UNIX, .path = strdup(text + 7)};
    return ret->path ? 0 : -ENOMEM;
}
