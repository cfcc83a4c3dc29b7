/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of POST /vm/state, raw. Checked: an accepted body gives a verb or none, a refused one
 * says why, and the error body made of either is one JSON object with one string, without the
 * characters that vfkit escapes. */
#include <jansson.h>
#include <string.h>

#include "api/verb.h"
#include "fuzz.h"

static void check_error_body(const char *text)
{
    char *body = error_body(text);
    json_t *parsed;

    FUZZ_CHECK(body);
    FUZZ_CHECK(!strpbrk(body, "<>&"));
    parsed = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(json_is_object(parsed) && json_object_size(parsed) == 1);
    FUZZ_CHECK(json_is_string(json_object_get(parsed, "error")));
    json_decref(parsed);
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct err err = {0};
    char *verb = NULL;
    int rc = verb_parse((const char *)data, len, &verb, &err);

    FUZZ_CHECK(rc == 0 || (err.text[0] && !verb));
    check_error_body(rc == 0 ? (verb ? verb : "") : err.text);
    free(verb);
    return 0;
}
