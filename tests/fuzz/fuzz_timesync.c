/* SPDX-License-Identifier: Apache-2.0
 *
 * A line from the guest's agent, raw. Checked: a refused one says why, in characters that do
 * nothing to whoever reads the log; an accepted one is a JSON object with a "return". */
#include <jansson.h>

#include "fuzz.h"
#include "service/timesync.h"

static void check_why(const struct err *err)
{
    FUZZ_CHECK(err->code < 0 && err->text[0]);
    for (const char *c = err->text; *c; c++)
        FUZZ_CHECK(*c >= ' ' && *c <= '~');
}

static void check_accepted(const char *line, size_t len)
{
    json_t *reply = json_loadb(line, len, 0, NULL);

    FUZZ_CHECK(json_is_object(json_object_get(reply, "return")));
    json_decref(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct err err = {0};

    if (timesync_check_reply((const char *)data, len, &err) < 0)
        check_why(&err);
    else
        check_accepted((const char *)data, len);
    return 0;
}
