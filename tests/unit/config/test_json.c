/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON in both directions beyond what other tests show: escapes, the full view, and refusals. */
#include <errno.h>

#include "config_test.h"

static char *full_json(enum personality p, const char *const *words)
{
    struct vm_config cfg;
    struct err err;
    char *text;

    if (parse_words(p, words, &cfg, &err))
        fail_msg("refused: %s", err.text);
    text = vm_config_to_json(&cfg, JSON_VIEW_FULL);
    assert_non_null(text);
    vm_config_finish(&cfg);
    return text;
}

static void strings_are_escaped_like_go(void **state)
{
    assert_means(
        PERSONALITY_VFKIT,
        WORDS("-k", "/<k>&\xff", "-i", "\x01\x1f\b\t\"\\/", "-C",
              "\xe2\x80\xa8\xe2\x80\xa9\xc3\xa9\x7f"),
        "{\"vcpus\":1,\"memoryBytes\":536870912,\"bootloader\":{\"kind\":\"linuxBootloader\","
        "\"vmlinuzPath\":\"/\\u003ck\\u003e\\u0026\xef\xbf\xbd\",\"kernelCmdLine\":"
        "\"\\u2028\\u2029\xc3\xa9\x7f\",\"initrdPath\":\"\\u0001\\u001f\\b\\t\\\"\\\\/\"}}");
}

static void full_view_reads_back(void **state)
{
    char *text = full_json(
        PERSONALITY_BERTH,
        WORDS("-k", "/k", "-m", "3G", "--accel", "soft,x=1", "--arch", "x86_64", "--on-panic",
              "reset", "--restful-uri", "unix:///a%25%20b", "--pidfile", "/p", "--log-level",
              "warn", "--log-file", "/l", "-f", "/fw", "--oem-string", "a", "--oem-string", "",
              "--gui", "-n", "--cloud-init", "a,b", "--ignition", "/i", "-t", "vsockPort=9", "-d",
              "virtio-blk,path=/d,format=qcow2,type=image", "-d",
              "virtio-net,type=unixstream,fd=5,offloading=on", "-d",
              "virtio-net,unixSocketPath=/p,vfkitMagic=off", "-d", "nbd,timeout=-1,sync=none"));
    struct vm_config cfg;
    struct err err = {0};
    char *again;

    if (vm_config_from_json(text, strlen(text), &cfg, &err))
        fail_msg("refused: %s", err.text);
    again = vm_config_to_json(&cfg, JSON_VIEW_FULL);
    assert_string_equal(again, text);
    free(again);
    free(text);
    vm_config_finish(&cfg);
}

static void bad_json_is_refused_with_a_sentence(void **state)
{
    static const struct vector vectors[] = {
        {"[]", "a configuration is a JSON object"},
        {"{\"vcpus\":-1}", "configuration: 'vcpus' is not a whole number from 0 to 4294967295"},
        {"{\"nested\":1}", "configuration: 'nested' is neither true nor false"},
        {"{\"bootloader\":7}", "'bootloader': must be an object"},
        {"{\"bootloader\":{\"kind\":\"grub\"}}", "'bootloader': unknown kind: grub"},
        {"{\"bootloader\":{\"kind\":\"linuxBootloader\",\"initrdPath\":[]}}",
         "'bootloader': 'initrdPath' is not a string"},
        {"{\"devices\":{}}", "'devices' is not an array"},
        {"{\"devices\":[{}]}", "device 0 has no 'kind'"},
        {"{\"devices\":[7]}", "device 0 has no 'kind'"},
        {"{\"devices\":[{\"kind\":\"virtiorng\"},{\"kind\":\"floppy\"}]}",
         "device 1 has an unknown kind: floppy"},
        {"{\"devices\":[{\"kind\":\"virtiosock\",\"port\":\"1\"}]}",
         "device 0 (virtiosock): 'port' is not a whole number from 0 to 4294967295"},
        {"{\"devices\":[{\"kind\":\"virtioserial\",\"usesPty\":true,\"usesStdio\":true}]}",
         "device 0 (virtioserial): only one of 'logFile', 'usesStdio' and 'usesPty' may be given"},
        {"{\"devices\":[{\"kind\":\"virtionet\",\"macAddress\":\"x\"}]}",
         "device 0 (virtionet): address x: invalid MAC address"},
        {"{\"devices\":[{\"kind\":\"virtioblk\",\"type\":\"tape\"}]}",
         "device 0 (virtioblk): 'type' has an unknown value"},
        {"{\"berth\":{\"accel\":\"tcg\"}}", "'berth': 'accel' has an unknown value"},
        {"{\"berth\":{\"restfulURI\":\"x\"}}",
         "'berth': 'restfulURI': parse \"x\": invalid URI for request"},
        {"{\"berth\":{\"oemStrings\":[1]}}",
         "'berth': 'oemStrings' holds something that is not a string"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct vm_config cfg;
        struct err err = {0};

        assert_int_equal(vm_config_from_json(vectors[i].text, strlen(vectors[i].text), &cfg, &err),
                         -EINVAL);
        assert_string_equal(err.text, vectors[i].error);
    }
}

static void text_that_is_not_json_is_refused(void **state)
{
    static const char *const texts[] = {"", "{", "{}}", "{\"a\":\"\\u0000\"}", "\xff"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct vm_config cfg;
        struct err err = {0};

        assert_int_equal(vm_config_from_json(texts[i], strlen(texts[i]), &cfg, &err), -EINVAL);
        assert_memory_equal(err.text, "not JSON: ", 10);
    }
}

static void unknown_members_are_ignored(void **state)
{
    static const char text[] =
        "{\"vcpus\":3,\"later\":{},\"devices\":[{\"kind\":\"virtiorng\",\"x\":1}]}";
    struct vm_config cfg;
    struct err err = {0};

    assert_int_equal(vm_config_from_json(text, strlen(text), &cfg, &err), 0);
    assert_int_equal(cfg.cpus, 3);
    assert_int_equal(cfg.nr_devices, 1);
    vm_config_finish(&cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped_like_go),
        cmocka_unit_test(full_view_reads_back),
        cmocka_unit_test(bad_json_is_refused_with_a_sentence),
        cmocka_unit_test(text_that_is_not_json_is_refused),
        cmocka_unit_test(unknown_members_are_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
