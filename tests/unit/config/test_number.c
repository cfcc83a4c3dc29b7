/* SPDX-License-Identifier: Apache-2.0
 *
 * Go's and Rust's readings of numbers, and their complaints. */
#include <errno.h>

#include "config/number.h"
#include "config/text.h"
#include "config_test.h"

static void go_uint_reads_integer_literals(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } vectors[] = {
        {"0", 0},       {"42", 42},  {"0x1F", 31}, {"0XfF", 255},
        {"0o17", 15},   {"017", 15}, {"0b101", 5}, {"1_000", 1000},
        {"0x_ff", 255}, {"0_7", 7},  {"00", 0},    {"18446744073709551615", UINT64_MAX},
        {"0b1_0", 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        uint64_t value = 7777;
        struct err err = {0};

        if (go_parse_uint(vectors[i].text, 0, 64, &value, &err))
            fail_msg("%s: %s", vectors[i].text, err.text);
        assert_int_equal(value, vectors[i].value);
    }
}

static void go_uint_complains_like_strconv(void **state)
{
    static const struct vector vectors[] = {
        {"abc", "strconv.ParseUint: parsing \"abc\": invalid syntax"},
        {"", "strconv.ParseUint: parsing \"\": invalid syntax"},
        {"-1", "strconv.ParseUint: parsing \"-1\": invalid syntax"},
        {"+1", "strconv.ParseUint: parsing \"+1\": invalid syntax"},
        {"1 ", "strconv.ParseUint: parsing \"1 \": invalid syntax"},
        {"1_", "strconv.ParseUint: parsing \"1_\": invalid syntax"},
        {"1__0", "strconv.ParseUint: parsing \"1__0\": invalid syntax"},
        {"_1", "strconv.ParseUint: parsing \"_1\": invalid syntax"},
        {"08", "strconv.ParseUint: parsing \"08\": invalid syntax"},
        {"0x", "strconv.ParseUint: parsing \"0x\": invalid syntax"},
        {"1G", "strconv.ParseUint: parsing \"1G\": invalid syntax"},
        {"a\"\\\n\x01\xff",
         "strconv.ParseUint: parsing \"a\\\"\\\\\\n\\x01\\xff\": invalid syntax"},
        {"18446744073709551616",
         "strconv.ParseUint: parsing \"18446744073709551616\": value out of range"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        uint64_t value;
        struct err err = {0};

        assert_int_equal(go_parse_uint(vectors[i].text, 0, 64, &value, &err), -EINVAL);
        assert_string_equal(err.text, vectors[i].error);
    }
}

static void go_uint_in_base_ten_takes_no_literals(void **state)
{
    uint64_t value;
    struct err err = {0};

    assert_int_equal(go_parse_uint("0x10", 10, 32, &value, &err), -EINVAL);
    assert_int_equal(go_parse_uint("1_0", 10, 32, &value, &err), -EINVAL);
    assert_int_equal(go_parse_uint("010", 10, 32, &value, &err), 0);
    assert_int_equal(value, 10);
    assert_int_equal(go_parse_uint("4294967295", 10, 32, &value, &err), 0);
    assert_int_equal(go_parse_uint("4294967296", 10, 32, &value, &err), -EINVAL);
    assert_string_equal(err.text, "strconv.ParseUint: parsing \"4294967296\": value out of range");
}

static void go_int_reads_signs_and_limits(void **state)
{
    int64_t value;
    struct err err = {0};

    assert_int_equal(go_parse_int("Atoi", "-2147483648", 32, &value, &err), 0);
    assert_int_equal(value, INT32_MIN);
    assert_int_equal(go_parse_int("Atoi", "+5", 32, &value, &err), 0);
    assert_int_equal(value, 5);
    assert_int_equal(go_parse_int("ParseInt", "2147483648", 32, &value, &err), -EINVAL);
    assert_string_equal(err.text, "strconv.ParseInt: parsing \"2147483648\": value out of range");
    assert_int_equal(go_parse_int("Atoi", "-", 32, &value, &err), -EINVAL);
    assert_string_equal(err.text, "strconv.Atoi: parsing \"-\": invalid syntax");
    assert_int_equal(go_parse_int("Atoi", "-9223372036854775808", 64, &value, &err), 0);
    assert_true(value == INT64_MIN);
}

static void go_bool_knows_its_words(void **state)
{
    bool value = false;
    struct err err = {0};

    assert_int_equal(go_parse_bool("T", &value, &err), 0);
    assert_true(value);
    assert_int_equal(go_parse_bool("False", &value, &err), 0);
    assert_false(value);
    assert_int_equal(go_parse_bool("yes", &value, &err), -EINVAL);
    assert_string_equal(err.text, "strconv.ParseBool: parsing \"yes\": invalid syntax");
}

static void go_mac_takes_three_notations(void **state)
{
    static const char *const good[] = {"5a:94:ef:e4:0c:ee", "5A-94-EF-E4-0C-EE", "5a94.efe4.0cee"};
    static const char *const bad[] = {
        "",
        "5a:94:ef:e4:0c",
        "5a:94:ef:e4:0c:eg",
        "5a:94-ef:e4:0c:ee",
        "5a94efe40cee",
        "5a94.efe4",
        "5a94:efe4:0cee",
        "00:00:00:00:00:00:00:00",
        "5a.94.ef.e4.0c.ee",
    };
    static const uint8_t want[6] = {0x5a, 0x94, 0xef, 0xe4, 0x0c, 0xee};

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        uint8_t mac[6] = {0};

        assert_int_equal(go_parse_mac(good[i], mac, NULL), 0);
        assert_memory_equal(mac, want, sizeof(mac));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t mac[6];
        char text[80];
        struct err err = {0};

        snprintf(text, sizeof(text), "address %s: invalid MAC address", bad[i]);
        assert_int_equal(go_parse_mac(bad[i], mac, &err), -EINVAL);
        assert_string_equal(err.text, text);
    }
}

static void rust_uint_complains_like_clap(void **state)
{
    static const struct vector vectors[] = {
        {"0", NULL},
        {"+7", NULL},
        {"255", NULL},
        {"256", "256 is not in 0..=255"},
        {"", "cannot parse integer from empty string"},
        {"-1", "invalid digit found in string"},
        {"0x1", "invalid digit found in string"},
        {"99999999999999999999", "number too large to fit in target type"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        uint64_t value;
        struct err err = {0};
        int r = rust_parse_uint(vectors[i].text, 255, &value, &err);

        assert_int_equal(r, vectors[i].error ? -EINVAL : 0);
        assert_string_equal(err.text, vectors[i].error ? vectors[i].error : "");
    }
}

static void krun_memory_knows_suffixes(void **state)
{
    static const struct {
        const char *text;
        uint64_t mib;
        const char *error;
    } vectors[] = {
        {"512", 512, NULL},
        {"512M", 512, NULL},
        {"2g", 2048, NULL},
        {"1T", 1 << 20, NULL},
        {"3p", 3u << 30, NULL},
        {"0", 0, NULL},
        {"4294967295", UINT32_MAX, NULL},
        {"4294967296", 0, "memory value '4294967296' is too large"},
        {"4P", 0, "memory value '4P' is too large"},
        {"99999999999999999999999", 0, "memory value '99999999999999999999999' is too large"},
        {"1K", 0, "unknown memory suffix 'K', valid suffixes are MGTP"},
        {"1MB", 0, "invalid memory value: '1MB'"},
        {"", 0, "invalid memory value: ''"},
        {"G", 0, "invalid memory value: 'G'"},
        {"-1", 0, "invalid memory value: '-1'"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        uint64_t mib = 0;
        struct err err = {0};
        int r = krun_parse_memory(vectors[i].text, &mib, &err);

        assert_string_equal(err.text, vectors[i].error ? vectors[i].error : "");
        assert_int_equal(r, vectors[i].error ? -EINVAL : 0);
        assert_int_equal(mib, vectors[i].mib);
    }
}

static void utf8_is_told_from_stray_bytes(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } vectors[] = {
        {"a", 1},
        {"\xc3\xa9", 2},
        {"\xe2\x82\xac", 3},
        {"\xf0\x9f\x98\x80", 4},
        {"\x80", 0},
        {"\xc3", 0},
        {"\xc0\x80", 0},         /* overlong */
        {"\xe0\x80\x80", 0},     /* overlong */
        {"\xed\xa0\x80", 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf0\x80\x80\x80", 0}, /* overlong */
        {"\xff", 0},
    };
    struct strbuf b = {0};

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        assert_int_equal(utf8_len(vectors[i].text), vectors[i].len);
    utf8_repair(&b, "a\xff\xc3\xa9");
    assert_string_equal(b.s, "a\xef\xbf\xbd\xc3\xa9");
    strbuf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(go_uint_reads_integer_literals),
        cmocka_unit_test(go_uint_complains_like_strconv),
        cmocka_unit_test(go_uint_in_base_ten_takes_no_literals),
        cmocka_unit_test(go_int_reads_signs_and_limits),
        cmocka_unit_test(go_bool_knows_its_words),
        cmocka_unit_test(go_mac_takes_three_notations),
        cmocka_unit_test(rust_uint_complains_like_clap),
        cmocka_unit_test(krun_memory_knows_suffixes),
        cmocka_unit_test(utf8_is_told_from_stray_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
