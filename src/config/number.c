/* SPDX-License-Identifier: Apache-2.0
 *
 * Go's strconv and net.ParseMAC, Rust's integer parsing under clap: the accepted texts and the
 * messages, not the algorithms (vfkit-compat.md §4.2, §7.3, §16.1). */
#include "config/number.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "config/text.h"

/* "strconv.ParseUint: parsing "abc": invalid syntax" */
static int go_fail(struct err *reason, const char *fn, const char *text, const char *why)
{
    struct strbuf quoted = {0};

    go_quote(&quoted, text);
    (void)err_set(reason, -EINVAL, "strconv.%s: parsing %s: %s", fn, quoted.s ? quoted.s : "?",
                  why);
    strbuf_finish(&quoted);
    return -EINVAL;
}

/* Value of a digit in any base up to 36; 255 for anything else. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A') + 10;
    return 255;
}

/* Reads the prefix of a Go literal. Returns its base and moves `*p` behind the prefix. */
static unsigned go_literal_base(const char **p)
{
    static const struct {
        char letter;
        unsigned base;
    } prefixes[] = {{'x', 16}, {'o', 8}, {'b', 2}};

    if ((*p)[0] != '0' || !(*p)[1])
        return 10;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (((*p)[1] | 0x20) == prefixes[i].letter) {
            *p += 2;
            return prefixes[i].base;
        }
    }
    *p += 1;
    return 8;
}

/* Digits of `base`, with single underscores between them when allowed: 0, -EINVAL or -ERANGE.
 * `after_prefix` says that an underscore may come first ("0x_ff"). */
static int parse_digits(const char *p, unsigned base, bool underscores, bool after_prefix,
                        uint64_t max, uint64_t *ret)
{
    bool digit_before = after_prefix, any = false;
    uint64_t value = 0;

    for (; *p; p++) {
        unsigned d = digit_value(*p);

        if (*p == '_' && underscores && digit_before && p[1]) {
            digit_before = false;
            continue;
        }
        if (d >= base)
            return -EINVAL;
        if (value > (max - d) / base)
            return -ERANGE;
        value = value * base + d;
        digit_before = any = true;
    }
    if (!any)
        return -EINVAL;
    *ret = value;
    return 0;
}

static uint64_t max_of_bits(unsigned bits)
{
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

int go_parse_uint(const char *text, unsigned base, unsigned bits, uint64_t *ret, struct err *reason)
{
    const char *p = text;
    bool literal = base == 0;
    int r;

    if (literal)
        base = go_literal_base(&p);
    /* a lone leading zero is the octal prefix and a digit at once: "0" and "0_7" are fine */
    r = parse_digits(p, base, literal, p != text, max_of_bits(bits), ret);
    if (r == -ERANGE)
        return go_fail(reason, "ParseUint", text, "value out of range");
    return r ? go_fail(reason, "ParseUint", text, "invalid syntax") : 0;
}

int go_parse_int(const char *fn, const char *text, unsigned bits, int64_t *ret, struct err *reason)
{
    bool negative = text[0] == '-';
    uint64_t max = max_of_bits(bits - 1) + negative, value;
    const char *p = negative || text[0] == '+' ? text + 1 : text;
    int r = parse_digits(p, 10, false, false, max, &value);

    if (r)
        return go_fail(reason, fn, text, r == -ERANGE ? "value out of range" : "invalid syntax");
    *ret = negative ? (int64_t)(0 - value) : (int64_t)value;
    return 0;
}

int go_parse_bool(const char *text, bool *ret, struct err *reason)
{
    static const char *const words[][6] = {
        {"0", "f", "F", "false", "FALSE", "False"},
        {"1", "t", "T", "true", "TRUE", "True"},
    };

    for (size_t on = 0; on < 2; on++) {
        for (size_t i = 0; i < ARRAY_LEN(words[on]); i++) {
            if (!strcmp(text, words[on][i])) {
                *ret = on;
                return 0;
            }
        }
    }
    return go_fail(reason, "ParseBool", text, "invalid syntax");
}

int go_parse_mac(const char *text, uint8_t ret[6], struct err *reason)
{
    const size_t len = strlen(text);
    const char *p = text;
    uint8_t mac[6] = {0};
    size_t group = 4; /* hex digits between separators */
    char sep = '.';

    if (len == 17) {
        sep = text[2];
        group = 2;
    }
    if ((group == 2 && sep != ':' && sep != '-') || len != 12 + (12 / group - 1))
        goto bad;
    for (size_t n = 0; n < 12; n++) {
        if (n && n % group == 0 && *p++ != sep)
            goto bad;
        if (!isxdigit((unsigned char)*p))
            goto bad;
        mac[n / 2] = (uint8_t)((unsigned)mac[n / 2] << 4 | digit_value(*p++));
    }
    memcpy(ret, mac, sizeof(mac));
    return 0;
bad:
    return err_set(reason, -EINVAL, "address %s: invalid MAC address", text);
}

int rust_parse_uint(const char *text, uint64_t max, uint64_t *ret, struct err *reason)
{
    const char *p = text[0] == '+' ? text + 1 : text;
    uint64_t value = 0;
    int r;

    if (!*text)
        return err_set(reason, -EINVAL, "cannot parse integer from empty string");
    r = parse_digits(p, 10, false, false, UINT64_MAX, &value);
    if (r == -EINVAL)
        return err_set(reason, r, "invalid digit found in string");
    if (r == -ERANGE)
        return err_set(reason, -EINVAL, "number too large to fit in target type");
    if (value > max)
        return err_set(reason, -EINVAL, "%s is not in 0..=%llu", p, (unsigned long long)max);
    *ret = value;
    return 0;
}

int krun_parse_bool(const char *text, bool *ret, struct err *reason)
{
    if (!strcmp(text, "true") || !strcmp(text, "on"))
        *ret = true;
    else if (!strcmp(text, "false") || !strcmp(text, "off"))
        *ret = false;
    else
        return err_set(reason, -EINVAL, "invalid boolean value %s", text);
    return 0;
}

int krun_parse_memory(const char *text, uint64_t *ret_mib, struct err *reason)
{
    static const char suffixes[] = "MGTP";
    size_t digits = strspn(text, "0123456789");
    const char *suffix = "M";
    uint64_t value = 0;
    unsigned shift;

    if (!digits || (text[digits] && text[digits + 1]))
        return err_set(reason, -EINVAL, "invalid memory value: '%s'", text);
    if (text[digits])
        suffix = strchr(suffixes, toupper((unsigned char)text[digits]));
    if (!suffix)
        return err_set(reason, -EINVAL, "unknown memory suffix '%c', valid suffixes are MGTP",
                       text[digits]);
    for (size_t i = 0; i < digits && value <= UINT32_MAX; i++)
        value = value * 10 + digit_value(text[i]);
    shift = 10 * (text[digits] ? (unsigned)(suffix - suffixes) : 0);
    if (value > UINT32_MAX >> shift)
        return err_set(reason, -EINVAL, "memory value '%s' is too large", text);
    *ret_mib = value << shift;
    return 0;
}
