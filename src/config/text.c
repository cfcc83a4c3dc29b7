/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include "config/text.h"

#include <ctype.h>

size_t utf8_len(const char *text)
{
    static const unsigned char second_min[] = {
        [0x0] = 0xa0, [0x10] = 0x90}; /* E0 and F0: no overlong forms */
    const unsigned char *s = (const unsigned char *)text;
    size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : 4;

    if (len == 4 && (s[0] < 0xf0 || s[0] > 0xf4))
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 || s[0] == 0xf0) && s[1] < second_min[s[0] & 0x1f])
        return 0;
    if ((s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf4 && s[1] >= 0x90))
        return 0;
    return len;
}

void go_quote(struct strbuf *b, const char *text)
{
    static const char escapes[] = "\aa\bb\ff\nn\rr\tt\vv\\\\\"\"";

    strbuf_addc(b, '"');
    for (const char *s = text; *s;) {
        size_t len = utf8_len(s), i = 0;

        while (escapes[i] && escapes[i] != *s)
            i += 2;
        if (escapes[i])
            strbuf_addf(b, "\\%c", escapes[i + 1]);
        else if (!len || iscntrl((unsigned char)*s))
            strbuf_addf(b, "\\x%02x", (unsigned char)*s);
        else
            strbuf_addn(b, s, len);
        s += len ? len : 1;
    }
    strbuf_addc(b, '"');
}

void utf8_repair(struct strbuf *b, const char *text)
{
    while (*text) {
        size_t len = utf8_len(text);

        if (len)
            strbuf_addn(b, text, len);
        else
            strbuf_add(b, "\xef\xbf\xbd");
        text += len ? len : 1;
    }
}
