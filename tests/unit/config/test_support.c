/* SPDX-License-Identifier: Apache-2.0
 *
 * What this build lacks is refused in one sentence, and sizes have limits. */
#include <errno.h>

#include "config/support.h"
#include "config_test.h"

static int check(enum personality p, const char *const *words, struct err *err)
{
    struct vm_config cfg;
    int r;

    if (parse_words(p, words, &cfg, err))
        fail_msg("refused: %s", err->text);
    r = support_check(&cfg, err);
    vm_config_finish(&cfg);
    return r;
}

#define KERNEL "-k", "/k"

static void missing_features_are_named(void **state)
{
    static const struct {
        const char *words[5], *what;
    } vectors[] = {
        {{"-b", "macos"}, "macOS guests"},
        {{KERNEL, "-d", "rosetta,mountTag=r"}, "have rosetta yet"},
        {{KERNEL, "-d", "nvme,path=/d"}, "nvme"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct err err;

        assert_int_equal(check(PERSONALITY_BERTH, vectors[i].words, &err), -ENOTSUP);
        assert_non_null(strstr(err.text, vectors[i].what));
        assert_non_null(strstr(err.text, "this version of berth does not have "));
    }
}

static void vfkits_words_come_first_where_it_has_any(void **state)
{
    struct err err;

    assert_int_equal(
        check(PERSONALITY_VFKIT, WORDS("-b", "linux", "-d", "rosetta,mountTag=r"), &err), -ENOTSUP);
    assert_string_equal(err.text, "rosetta is not supported");
    assert_non_null(strstr(err.hint, "ignore-if-missing"));
    assert_int_equal(check(PERSONALITY_VFKIT,
                           WORDS("-b", "linux", "-d", "rosetta,mountTag=r,ignore-if-missing"),
                           &err),
                     0);
}

static void first_devices_are_there(void **state)
{
    struct err err;

    assert_int_equal(check(PERSONALITY_BERTH,
                           WORDS(KERNEL, "-d", "virtio-serial,stdio", "-d", "virtio-rng", "-d",
                                 "virtio-blk,path=/d", "--cpus", "64", "--memory", "64G"),
                           &err),
                     0);
}

static void sizes_have_limits(void **state)
{
    static const struct {
        const char *words[5], *error;
    } vectors[] = {
        {{KERNEL, "-c", "0"}, "--cpus 0 is out of range: 1 to 64"},
        {{KERNEL, "-c", "65"}, "--cpus 65 is out of range: 1 to 64"},
        {{KERNEL, "-m", "15"}, "--memory 15 MiB is out of range: 16 to 65536 MiB"},
        {{KERNEL, "-m", "65537"}, "--memory 65537 MiB is out of range: 16 to 65536 MiB"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct err err;

        assert_int_equal(check(PERSONALITY_BERTH, vectors[i].words, &err), -EINVAL);
        assert_string_equal(err.text, vectors[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_features_are_named),
        cmocka_unit_test(vfkits_words_come_first_where_it_has_any),
        cmocka_unit_test(first_devices_are_there),
        cmocka_unit_test(sizes_have_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
