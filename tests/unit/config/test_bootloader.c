/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit-compat.md §22.2, the table of §5.2, §6, and krunkit's --bootloader (§16.2). */
#include <errno.h>

#include "config/bootloader.h"
#include "config_test.h"

#define HEAD "{\"vcpus\":1,\"memoryBytes\":536870912,\"bootloader\":"

static void linux_means(const char *text, const char *kernel, const char *initrd,
                        const char *cmdline)
{
    struct vm_config cfg;
    struct err err;

    assert_int_equal(parse_words(PERSONALITY_VFKIT, WORDS("-b", text), &cfg, &err), 0);
    assert_int_equal(cfg.bootloader.kind, BOOT_LINUX);
    assert_string_equal(cfg.bootloader.kernel ? cfg.bootloader.kernel : "", kernel);
    assert_string_equal(cfg.bootloader.initrd ? cfg.bootloader.initrd : "", initrd);
    assert_string_equal(cfg.bootloader.cmdline ? cfg.bootloader.cmdline : "", cmdline);
    vm_config_finish(&cfg);
}

static void linux_unquotes_only_the_command_line(void **state)
{
    linux_means("linux,kernel=/k,initrd=/i,cmdline=\"a b\"", "/k", "/i", "a b");
    linux_means("linux,kernel=/k,initrd=/i,cmdline=\"console=hvc0\"", "/k", "/i", "console=hvc0");
    linux_means("linux,kernel=/k,initrd=/i,cmdline=\"a=1,2 b\"", "/k", "/i", "a=1,2 b");
    linux_means("linux,kernel=/k,initrd=/i,cmdline=console=hvc0 quiet", "/k", "/i",
                "console=hvc0 quiet");
    linux_means("linux,kernel=/k,initrd=/i,cmdline=\"x \"y\" z\"", "/k", "/i", "x \"y\" z");
    linux_means("linux,\"kernel=/a,b/Image\",initrd=/i", "/a,b/Image", "/i", "");
    linux_means("linux,kernel=\"/a,b\",initrd=/i", "\"/a,b\"", "/i", "");
    linux_means("linux,,initrd=/i,,kernel=/k,kernel=/l", "/l", "/i", "");
    linux_means("linux,kernel=/k,kernel=", "", "", "");
}

static void efi_and_macos_have_their_keys(void **state)
{
    assert_means(PERSONALITY_VFKIT, WORDS("-b", "efi,variable-store=/s,create"),
                 HEAD "{\"kind\":\"efiBootloader\",\"efiVariableStorePath\":\"/s\","
                      "\"createVariableStore\":true}}");
    assert_means(PERSONALITY_VFKIT, WORDS("-b", "efi,create="),
                 HEAD "{\"kind\":\"efiBootloader\",\"efiVariableStorePath\":\"\","
                      "\"createVariableStore\":true}}");
    assert_means(PERSONALITY_VFKIT, WORDS("-b", "efi", "--bootloader=create,variable-store=/x"),
                 HEAD "{\"kind\":\"efiBootloader\",\"efiVariableStorePath\":\"/x\","
                      "\"createVariableStore\":true}}");
    assert_means(PERSONALITY_VFKIT,
                 WORDS("-b", "macos,machineIdentifierPath=/m,auxImagePath=/a,hardwareModelPath=/h"),
                 HEAD "{\"machineIdentifierPath\":\"/m\",\"hardwareModelPath\":\"/h\","
                      "\"auxImagePath\":\"/a\"}}");
}

static void vfkit_refuses_in_its_own_words(void **state)
{
    static const struct vector vectors[] = {
        {"efi,create=1,variable-store=/s",
         "unexpected value for EFI bootloader 'create' option: 1"},
        {"efi,foo", "unknown option for EFI bootloaders: foo"},
        {"linux,foo=1", "unknown option for Linux bootloaders: foo"},
        {"linux,kernel=/k,initrd=/i,cmdline=console=ttyS0,115200",
         "unknown option for Linux bootloaders: 115200"},
        {"macos,x", "unknown option for macOS bootloaders: x"},
        {"uefi", "unknown bootloader type: uefi"},
        {"EFI", "unknown bootloader type: EFI"},
        {",", "unknown bootloader type: "},
        {"", "empty option list in --bootloader command line argument"},
        {"\"a", "invalid argument \"\\\"a\" for \"-b, --bootloader\" flag: mismatched \""},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        assert_refused(PERSONALITY_VFKIT, WORDS("-b", vectors[i].text), vectors[i].error);
    assert_refused(PERSONALITY_VFKIT, (const char *const[]){NULL},
                   "empty option list in --bootloader command line argument");
}

static void krunkit_checks_all_three_keys(void **state)
{
    static const struct vector vectors[] = {
        {"efi,variable-store=/s,create", NULL},
        {"create,efi,variable-store=/s", NULL},
        {"create=,efi=,variable-store=", NULL},
        {"efi,variable-store=/s", "bootloader is missing argument: create"},
        {"efi,create", "bootloader is missing argument: variable-store"},
        {"variable-store=/s,create", "bootloader is missing argument: efi"},
        {"efi=1,variable-store=/s,create", "unknown bootloader argument: efi=1"},
        {"efi,variable-store=/s,create=yes", "unknown bootloader argument: create=yes"},
        {"efi,variable-store=/s,create,x=y", "unknown bootloader arguments: [\"x=y\"]"},
        {"efi,variable-store=/s=,create", "invalid argument format: variable-store=/s="},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct err err = {0};
        int r = krunkit_check_bootloader(vectors[i].text, &err);

        assert_int_equal(r, vectors[i].error ? -EINVAL : 0);
        assert_string_equal(err.text, vectors[i].error ? vectors[i].error : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linux_unquotes_only_the_command_line),
        cmocka_unit_test(efi_and_macos_have_their_keys),
        cmocka_unit_test(vfkit_refuses_in_its_own_words),
        cmocka_unit_test(krunkit_checks_all_three_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
