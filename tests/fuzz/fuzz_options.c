/* SPDX-License-Identifier: Apache-2.0
 *
 * Every parser of one option's value. First byte: which; the rest is the text. What is accepted is
 * printed and, where the grammar has a way to say it, means the same again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/bootloader.h"
#include "config/devices.h"
#include "config/number.h"
#include "config/optlist.h"
#include "config/print.h"
#include "config/rest_uri.h"
#include "config/values.h"
#include "fuzz.h"

/* A refusal has a sentence. */
static void verdict(int r, struct err *err)
{
    FUZZ_CHECK(r == 0 || err->text[0]);
    *err = (struct err){0};
}

static void device(const char *text, enum personality p, struct err *err)
{
    struct device_config dev;
    struct strbuf printed = {0};
    int r = p == PERSONALITY_KRUNKIT ? krunkit_parse_device(text, &dev, err)
                                     : vfkit_parse_device(text, p, &dev, err);

    verdict(r, err);
    if (r)
        return;
    verdict(device_check(&dev, err), err);
    print_device(&printed, &dev, p);
    strbuf_finish(&printed);
    device_config_finish(&dev);
}

static void vfkit_device(const char *text, struct err *err)
{
    device(text, PERSONALITY_VFKIT, err);
}

static void berth_device(const char *text, struct err *err)
{
    device(text, PERSONALITY_BERTH, err);
}

static void krunkit_device(const char *text, struct err *err)
{
    device(text, PERSONALITY_KRUNKIT, err);
}

static void bootloader(const char *text, struct err *err)
{
    struct strlist items = {0};
    struct bootloader_config boot;
    int r = optlist_split_quoted(text, &items, err);

    if (r == 0) {
        r = vfkit_parse_bootloader(&items, &boot, err);
        if (r == 0)
            bootloader_config_finish(&boot);
    }
    verdict(r, err);
    strlist_finish(&items);
}

static void krunkit_value(const char *text, struct err *err)
{
    uint64_t value;

    verdict(krunkit_check_bootloader(text, err), err);
    verdict(check_krun_timesync(text, &value, err), err);
    verdict(krun_parse_memory(text, &value, err), err);
    verdict(rust_parse_uint(text, UINT8_MAX, &value, err), err);
}

static void go_value(const char *text, struct err *err)
{
    uint8_t mac[6];
    uint64_t u;
    int64_t i;
    bool b;

    verdict(go_parse_uint(text, 0, 64, &u, err), err);
    verdict(go_parse_uint(text, 10, 32, &u, err), err);
    verdict(go_parse_int("Atoi", text, 64, &i, err), err);
    verdict(go_parse_bool(text, &b, err), err);
    verdict(go_parse_mac(text, mac, err), err);
}

static void vfkit_uri(const char *text, struct err *err)
{
    struct rest_config rest, again;
    char *printed, *twice;
    int r = vfkit_parse_rest_uri(text, &rest, err);

    verdict(r, err);
    if (r)
        return;
    printed = rest_uri_text(&rest);
    FUZZ_CHECK(printed && vfkit_parse_rest_uri(printed, &again, err) == 0);
    twice = rest_uri_text(&again);
    FUZZ_CHECK(twice && !strcmp(printed, twice) && rest.kind == again.kind);
    free(printed);
    free(twice);
    rest_config_finish(&rest);
    rest_config_finish(&again);
}

static void krunkit_uri(const char *text, struct err *err)
{
    struct rest_config rest;
    int r = krunkit_parse_rest_uri(text, &rest, err);

    verdict(r, err);
    if (r == 0)
        rest_config_finish(&rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const parsers[])(const char *, struct err *) = {
        vfkit_device,  berth_device, krunkit_device, bootloader,
        krunkit_value, go_value,     vfkit_uri,      krunkit_uri,
    };
    struct err err = {0};
    char *text;

    if (!len)
        return 0;
    text = strndup((const char *)data + 1, len - 1);
    FUZZ_CHECK(text);
    parsers[data[0] % ARRAY_LEN(parsers)](text, &err);
    free(text);
    return 0;
}
