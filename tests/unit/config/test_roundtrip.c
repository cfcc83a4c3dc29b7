/* SPDX-License-Identifier: Apache-2.0
 *
 * A property: command line → configuration → command line → the same configuration, and the same
 * through JSON. Command lines are drawn from the option and device tables themselves, keys in any
 * order, so a new key is tested without a line here. The seed is fixed. */
#include <errno.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "config/devices.h"
#include "config/print.h"
#include "config_test.h"

enum { ROUNDS = 6000, WORDS_MAX = 24 };

static uint64_t seed = 0x5eed;

/* splitmix64 */
static unsigned draw(unsigned bound)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % bound);
}

static const char *pick(const char *const *words, unsigned nr)
{
    return words[draw(nr)];
}

/* One of the choices of "a|b|c". */
static void add_choice(struct strbuf *b, const char *choices)
{
    unsigned nr = 1, at;
    size_t len;

    for (const char *p = choices; *p; p++)
        nr += *p == '|';
    at = draw(nr);
    while (at--)
        choices = strchr(choices, '|') + 1;
    len = strcspn(choices, "|");
    strbuf_addn(b, choices, len);
}

static void add_value(struct strbuf *b, const char *values)
{
    static const char *const paths[] = {"/a",     "/a b/c",      "rel/x", "/\xc3\xa9", "/x\"y\"",
                                        "/p<&>q", "/100%/\\n#?", "/a=b",  "~"};
    static const char *const uris[] = {"nbd://h:1/x", "nbd+unix:///e?socket=/s", "x"};
    static const char *const macs[] = {"02:00:00:00:00:01", "5A-94-ef-e4-0c-ee", "5a94.efe4.0cee"};

    if (!strcmp(values, "PATH"))
        strbuf_add(b, pick(paths, ARRAY_LEN(paths)));
    else if (!strcmp(values, "URI"))
        strbuf_add(b, pick(uris, ARRAY_LEN(uris)));
    else if (!strcmp(values, "MAC"))
        strbuf_add(b, pick(macs, ARRAY_LEN(macs)));
    else if (!strcmp(values, "N") || !strcmp(values, "MS"))
        strbuf_addf(b, "%u", draw(2) ? draw(5) : draw(1u << 31));
    else if (!strcmp(values, "ID") || !strcmp(values, "TAG"))
        strbuf_addf(b, "t%u", draw(100));
    else
        add_choice(b, values);
}

enum { KEYS_MAX = 16 };

/* The numbers below `nr` in random order. */
static void shuffle(size_t *order, size_t nr)
{
    for (size_t i = 0; i < nr; i++) {
        size_t j = draw((unsigned)i + 1);

        order[i] = order[j];
        order[j] = i;
    }
}

/* A device of a random type with a random choice of its keys in random order. */
static char *random_device(const struct device_table *table)
{
    const struct device_type *type = &table->types[draw((unsigned)table->nr)];
    struct strbuf b = {0};
    size_t order[KEYS_MAX];
    unsigned odds = 1 + draw(4);

    assert_true(type->nr_keys <= KEYS_MAX);
    shuffle(order, type->nr_keys);
    strbuf_add(&b, type->name);
    for (size_t i = 0; i < type->nr_keys; i++) {
        const struct device_key *key = &type->keys[order[i]];

        if (!key->required && draw(odds + 1))
            continue;
        strbuf_addf(&b, ",%s%s", key->name, key->values ? "=" : "");
        if (key->values)
            add_value(&b, key->values);
    }
    return strbuf_take(&b);
}

static char *random_bootloader(void)
{
    static const char *const loaders[] = {
        "linux,kernel=/k,initrd=/i,cmdline=\"a=1,2 \"b\" c\"",
        "linux,initrd=/i x,\"kernel=/k,1\",cmdline=quiet",
        "linux",
        "efi,create,variable-store=/v",
        "efi,\"variable-store=/v,w\"",
        "macos,auxImagePath=/a,machineIdentifierPath=/m",
    };

    return strdup(pick(loaders, ARRAY_LEN(loaders)));
}

static char *random_text(const struct option_spec *spec, enum personality p)
{
    static const char *const uris[] = {"none://", "tcp://localhost:8081", "unix:///a b"};
    static const char *const texts[] = {"a", "/x y", "b,c", "\xff", "=", "d\"e"};
    struct strbuf b = {0};

    switch (spec->id) {
    case OPT_DEVICE:
        return random_device(p == PERSONALITY_KRUNKIT ? &devices_krunkit : &devices_vfkit);
    case OPT_RESTFUL_URI:
        return strdup(pick(uris, ARRAY_LEN(uris)));
    case OPT_TIMESYNC:
        return strdup("vsockPort=1234");
    case OPT_BOOTLOADER:
        return p == PERSONALITY_KRUNKIT ? strdup("create,efi,variable-store=/v")
                                        : random_bootloader();
    case OPT_CPUS:
    case OPT_MEMORY:
    case OPT_KRUN_LOG_LEVEL:
        strbuf_addf(&b, "%u", 1 + draw(200));
        return strbuf_take(&b);
    case OPT_ARCH:
        return strdup(draw(2) ? "arm64" : "x86_64");
    case OPT_ACCEL:
        return strdup(draw(2) ? "kvm" : "soft,a=b");
    case OPT_ON_PANIC:
        return strdup(draw(2) ? "reset" : "ignore");
    case OPT_LOG_LEVEL:
        return strdup(draw(2) ? "error" : "debug");
    default:
        return strdup(pick(texts, ARRAY_LEN(texts)));
    }
}

/* Draws options in random order; those that must be there come first. Returns words used. */
static size_t random_words(enum personality p, char **words)
{
    const struct option_table *t = personality_options(p);
    size_t nr = 0;
    unsigned extra = draw(8);

    words[nr++] = strdup("--cpus=3");
    words[nr++] = strdup("--memory=100");
    if (p != PERSONALITY_KRUNKIT) {
        words[nr++] = strdup("--bootloader");
        words[nr++] = random_bootloader();
    }
    while (extra--) {
        const struct option_spec *spec = draw(2) ? option_by_name(t, "device", strlen("device"))
                                                 : t->options[draw((unsigned)t->nr)];
        bool krun_repeat = p == PERSONALITY_KRUNKIT && spec->required;
        bool legacy =
            spec->id == OPT_KERNEL || spec->id == OPT_INITRD || spec->id == OPT_KERNEL_CMDLINE;
        struct strbuf name = {0};

        if (spec->id == OPT_HELP || spec->id == OPT_VERSION || spec->id == OPT_BOOTLOADER ||
            krun_repeat || legacy)
            continue;
        strbuf_addf(&name, "--%s", spec->name);
        words[nr++] = strbuf_take(&name);
        if (spec->kind != OPTION_SWITCH)
            words[nr++] = random_text(spec, p);
    }
    return nr;
}

/* `cfg` printed as a command line and parsed again, and as JSON and read again, is itself. Returns
 * false when the command line cannot say it. */
static bool survives(const struct vm_config *cfg)
{
    char *json = vm_config_to_json(cfg, JSON_VIEW_FULL), *again;
    struct vm_config read;
    struct strlist args = {0};
    struct err err = {0};
    int r;

    assert_non_null(json);
    if (vm_config_from_json(json, strlen(json), &read, &err))
        fail_msg("JSON refused: %s\n%s", err.text, json);
    again = vm_config_to_json(&read, JSON_VIEW_FULL);
    assert_string_equal(again, json);
    r = vm_config_to_args(cfg, &args, &err);
    if (r && !strstr(json, "\"b,c\"")) /* a comma or a quote in a list cannot always be said */
        fail_msg("%s\n%s", err.text, json);
    strlist_finish(&args);
    vm_config_finish(&read);
    free(again);
    free(json);
    return !r;
}

/* Draws ROUNDS command lines; those that parse must survive. */
static void check_personality(enum personality p)
{
    unsigned parsed = 0, said = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        char *words[WORDS_MAX] = {0};
        size_t nr = random_words(p, words);
        struct vm_config cfg;
        struct err err;

        if (!parse_words(p, (const char *const *)words, &cfg, &err)) {
            parsed++;
            said += survives(&cfg);
        }
        vm_config_finish(&cfg);
        for (size_t j = 0; j < nr; j++)
            free(words[j]);
    }
    assert_true(parsed > ROUNDS / 4); /* or the generator is not worth its name */
    assert_true(said > parsed * 9 / 10);
}

static void vfkit_command_lines_survive(void **state)
{
    check_personality(PERSONALITY_VFKIT);
}

static void krunkit_command_lines_survive(void **state)
{
    check_personality(PERSONALITY_KRUNKIT);
}

static void berth_command_lines_survive(void **state)
{
    check_personality(PERSONALITY_BERTH);
}

static void what_cannot_be_said_is_refused(void **state)
{
    struct vm_config cfg;
    struct device_config *dev;
    struct strlist args = {0};
    struct err err = {0};

    vm_config_init(&cfg, PERSONALITY_VFKIT);
    cfg.bootloader.kind = BOOT_EFI;
    dev = vm_config_add_device(&cfg, DEVICE_BLK);
    dev->disk.path = strdup("/a,b");
    assert_int_equal(vm_config_to_args(&cfg, &args, &err), -EINVAL);
    assert_string_equal(err.text, "this configuration cannot be written as a vfkit command line");
    strlist_finish(&args);
    dev->disk.path[2] = '_';
    assert_int_equal(vm_config_to_args(&cfg, &args, &err), 0);
    strlist_finish(&args);
    vm_config_finish(&cfg);
}

static void disk_of_cloud_init_is_not_said_twice(void **state)
{
    struct vm_config cfg;
    struct device_config *dev;
    struct strlist args = {0};
    struct err err = {0};
    char list[] = "user-data,meta-data";

    assert_int_equal(
        parse_words(PERSONALITY_VFKIT, WORDS("-b", "efi", "--cloud-init", list), &cfg, &err), 0);
    dev = vm_config_add_device(&cfg, DEVICE_BLK);
    dev->disk.path = strdup("/tmp/made.iso");
    dev->disk.cloud_init = true;
    assert_int_equal(vm_config_to_args(&cfg, &args, &err), 0);
    for (size_t i = 0; i < args.nr; i++)
        assert_null(strstr(args.items[i], "made.iso"));
    strlist_finish(&args);
    vm_config_finish(&cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vfkit_command_lines_survive),
        cmocka_unit_test(krunkit_command_lines_survive),
        cmocka_unit_test(berth_command_lines_survive),
        cmocka_unit_test(what_cannot_be_said_is_refused),
        cmocka_unit_test(disk_of_cloud_init_is_not_said_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
