/* SPDX-License-Identifier: Apache-2.0
 *
 * What the framework finds wrong with a configuration or one of its parts, one wrong thing at a
 * time. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apple_test.h"
#include "base/compiler.h"

#include <cmocka.h>

static id string(const char *text)
{
    return ns_string(VZ_CLASS(NSString), text);
}

static const char *path_in_dir(const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", temporary_dir(), name);
    return path;
}

static id url_in_dir(const char *name)
{
    return ns_url_of_file(VZ_CLASS(NSURL), string(path_in_dir(name)));
}

/* A file of `len` bytes, the last of them `tail`. */
static void make_file(const char *name, off_t len, const char *tail)
{
    int fd = open(path_in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, len), 0);
    assert_int_equal(pwrite(fd, tail, strlen(tail), len - (off_t)strlen(tail)),
                     (ssize_t)strlen(tail));
    (void)close(fd);
}

/* --- the whole --- */

static void no_loader(id config)
{
    vz_config_set_boot_loader(config, NULL);
}

static void no_store(id config)
{
    vz_config_set_boot_loader(config, new_of("VZEFIBootLoader"));
}

static void linux_of(id config, const char *kernel, const char *initrd)
{
    id loader =
        objc_autorelease(vz_linux_init(ns_alloc(VZ_CLASS(VZLinuxBootLoader)), url_in_dir(kernel)));

    if (initrd)
        vz_linux_set_initrd(loader, url_in_dir(initrd));
    vz_config_set_boot_loader(config, loader);
}

static void no_kernel(id config)
{
    linux_of(config, "none", NULL);
}

static void no_initrd(id config)
{
    make_file("Image", 0x3c, "ARM\x64");
    linux_of(config, "Image", "none");
}

static void mac_loader_alone(id config)
{
    vz_config_set_boot_loader(config, new_of("VZMacOSBootLoader"));
}

static void mac_platform_alone(id config)
{
    vz_config_set_platform(config, new_of("VZMacPlatformConfiguration"));
}

static void mac_without_identity(id config)
{
    mac_loader_alone(config);
    mac_platform_alone(config);
}

static void no_cpu(id config)
{
    vz_config_set_cpus(config, 0);
}

static void too_many_cpus(id config)
{
    vz_config_set_cpus(config, 9);
}

static void too_little_memory(id config)
{
    vz_config_set_memory(config, UINT64_C(3) << 20);
}

static void too_much_memory(id config)
{
    vz_config_set_memory(config, UINT64_C(16385) << 20);
}

static void odd_memory(id config)
{
    vz_config_set_memory(config, (UINT64_C(64) << 20) + 4096);
}

static id two_of(const char *cls)
{
    id list = list_with(new_of(cls));

    ns_array_add(list, new_of(cls));
    return list;
}

static void two_balloons(id config)
{
    vz_config_set_balloons(config, two_of("VZVirtioTraditionalMemoryBalloonDeviceConfiguration"));
}

static void two_sockets(id config)
{
    vz_config_set_sockets(config, two_of("VZVirtioSocketDeviceConfiguration"));
}

static void two_entropies(id config)
{
    vz_config_set_entropy(config, two_of("VZVirtioEntropyDeviceConfiguration"));
}

static void no_network(id config)
{
    vz_config_set_network(config, list_with(new_of("VZVirtioNetworkDeviceConfiguration")));
}

static id share_of(const char *tag, const char *dir)
{
    id device = objc_autorelease(
        vz_fs_init(ns_alloc(VZ_CLASS(VZVirtioFileSystemDeviceConfiguration)), string(tag)));
    id shared = objc_autorelease(
        vz_shared_dir_init(ns_alloc(VZ_CLASS(VZSharedDirectory)), url_in_dir(dir), 0));

    vz_fs_set_share(device, objc_autorelease(vz_single_share_init(
                                ns_alloc(VZ_CLASS(VZSingleDirectoryShare)), shared)));
    return device;
}

static void no_directory(id config)
{
    vz_config_set_shares(config, list_with(share_of("tag", "none")));
}

static void tag_twice(id config)
{
    id list = list_with(share_of("tag", "."));

    ns_array_add(list, share_of("tag", "."));
    vz_config_set_shares(config, list);
}

static void no_share(id config)
{
    vz_config_set_shares(
        config, list_with(objc_autorelease(vz_fs_init(
                    ns_alloc(VZ_CLASS(VZVirtioFileSystemDeviceConfiguration)), string("tag")))));
}

static void denied(id config)
{
    pretend("DENIED", "1");
}

static const struct wrong {
    const char *name;
    void (*make)(id config);
    const char *reason;
} wrongs[] = {
    {"no boot loader", no_loader, "The boot loader is not set."},
    {"no EFI variable store", no_store, "The EFI variable store is not set."},
    {"a kernel that is not there", no_kernel, "The kernel file cannot be read."},
    {"an initial RAM disk that is not there", no_initrd, "The initial RAM disk cannot be read."},
    {"a Mac's loader on another platform", mac_loader_alone, "do not go together"},
    {"a Mac's platform with another loader", mac_platform_alone, "do not go together"},
    {"a Mac without identity", mac_without_identity, "has no hardware model"},
    {"no CPU", no_cpu, "The number of CPUs is out of range."},
    {"too many CPUs", too_many_cpus, "The number of CPUs is out of range."},
    {"too little memory", too_little_memory, "The memory size is out of range."},
    {"too much memory", too_much_memory, "The memory size is out of range."},
    {"memory of no whole MiB", odd_memory, "The memory size is out of range."},
    {"two balloons", two_balloons, "over the limit"},
    {"two vsock devices", two_sockets, "over the limit"},
    {"two entropy devices", two_entropies, "over the limit"},
    {"a network device without attachment", no_network, "has no attachment"},
    {"a shared directory that is not there", no_directory, "The shared directory does not exist."},
    {"a tag twice", tag_twice, "have the same tag"},
    {"a share device without share", no_share, "The directory share is not set."},
    {"no entitlement", denied, "com.apple.security.virtualization"},
};

static void is_found(void **state)
{
    const struct wrong *w = *state;
    void *pool = objc_autoreleasePoolPush();
    id config = empty_config(), error = NULL;

    w->make(config);
    assert_false(vz_config_validate(config, &error));
    pretend("DENIED", NULL);
    assert_non_null(error);
    assert_int_equal(ns_error_code(error), 2);
    assert_string_equal(ns_string_utf8(ns_error_domain(error)), "VZErrorDomain");
    assert_non_null(strstr(ns_string_utf8(ns_error_reason(error)), w->reason));
    objc_autoreleasePoolPop(pool);
}

static void what_is_right_is_valid(void **state)
{
    void *pool = objc_autoreleasePoolPush();
    id config = empty_config(), error = NULL;

    vz_config_set_cpus(config, 8);
    vz_config_set_shares(config, list_with(share_of("12345678901234567890123456789012345", ".")));
    assert_true(vz_config_validate(config, &error));
    assert_null(error);
    make_file("Image", 0x3c, "ARM\x64");
    make_file("initrd", 512, "");
    linux_of(config, "Image", "initrd");
    assert_true(vz_config_validate(config, NULL));
    objc_autoreleasePoolPop(pool);
}

static void boot_packed(void)
{
    id config = empty_config();

    make_file("Image.gz", 4096, "x");
    linux_of(config, "Image.gz", NULL);
    (void)vz_config_validate(config, NULL);
}

static void packed_kernel_would_hang(void **state)
{
    char words[1024];
    int status = run_apart(boot_packed, words, sizeof(words));

    assert_true(WIFSIGNALED(status));
    assert_non_null(strstr(words, "no uncompressed arm64 Image: the framework would hang"));
}

static void lists_are_copied(void **state)
{
    void *pool = objc_autoreleasePoolPush();
    id config = empty_config(), list = list_with(new_of("VZVirtioEntropyDeviceConfiguration"));

    vz_config_set_entropy(config, list);
    ns_array_add(list, new_of("VZVirtioEntropyDeviceConfiguration"));
    assert_true(vz_config_validate(config, NULL));
    objc_autoreleasePoolPop(pool);
}

/* --- parts --- */

static id image(const char *name, bool read_only, id *error)
{
    return objc_autorelease(vz_image_init(ns_alloc(VZ_CLASS(VZDiskImageStorageDeviceAttachment)),
                                          url_in_dir(name), read_only, 2, 2, error));
}

static void disk_images_are_whole_sectors_of_a_file(void **state)
{
    void *pool = objc_autoreleasePoolPush();
    id error = NULL;

    assert_null(image("none.img", false, &error));
    assert_int_equal(ns_error_code(error), 2); /* ENOENT */
    assert_string_equal(ns_string_utf8(ns_error_domain(error)), "NSPOSIXErrorDomain");
    make_file("odd.img", 513, "x");
    assert_null(image("odd.img", false, &error));
    assert_int_equal(ns_error_code(error), 5);
    assert_null(image(".", true, &error));
    make_file("good.img", 512, "x");
    assert_non_null(image("good.img", false, &error));
    objc_autoreleasePoolPop(pool);
}

static void identifiers_are_20_bytes_of_ascii(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"", true},
                 {"12345678901234567890", true},
                 {"123456789012345678901", false},
                 {"h\xc3\xb6rn", false}};
    void *pool = objc_autoreleasePoolPush();
    id error = NULL;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(vz_blk_validate_identifier(VZ_CLASS(VZVirtioBlockDeviceConfiguration),
                                                    string(cases[i].text), &error),
                         cases[i].good);
    assert_int_equal(ns_error_code(error), 2);
    objc_autoreleasePoolPop(pool);
}

static void tags_are_1_to_36_bytes_or_as_documented(void **state)
{
    void *pool = objc_autoreleasePoolPush();
    id cls = VZ_CLASS(VZVirtioFileSystemDeviceConfiguration);

    assert_false(vz_fs_validate_tag(cls, string(""), NULL));
    assert_true(vz_fs_validate_tag(cls, string("123456789012345678901234567890123456"), NULL));
    assert_false(vz_fs_validate_tag(cls, string("1234567890123456789012345678901234567"), NULL));
    pretend("TAG_MAX", "35");
    assert_true(vz_fs_validate_tag(cls, string("12345678901234567890123456789012345"), NULL));
    assert_false(vz_fs_validate_tag(cls, string("123456789012345678901234567890123456"), NULL));
    pretend("TAG_MAX", NULL);
    objc_autoreleasePoolPop(pool);
}

static bool is_mac(const char *text)
{
    return objc_autorelease(vz_mac_address_init(ns_alloc(VZ_CLASS(VZMACAddress)), string(text)));
}

static void mac_addresses_are_six_pairs(void **state)
{
    void *pool = objc_autoreleasePoolPush();

    assert_true(is_mac("52:54:00:12:aB:ff"));
    assert_false(is_mac("52:54:00:12:ab"));
    assert_false(is_mac("52:54:00:12:ab:ff:00"));
    assert_false(is_mac("52-54-00-12-ab-ff"));
    assert_false(is_mac("52:54:00: 1:ab:ff"));
    assert_false(is_mac("5:254:00:12:ab:ff"));
    objc_autoreleasePoolPop(pool);
}

static bool is_nbd(const char *text)
{
    return objc_autorelease(
        vz_nbd_init(ns_alloc(VZ_CLASS(VZNetworkBlockDeviceStorageDeviceAttachment)),
                    ns_url(VZ_CLASS(NSURL), string(text)), 1.5, 0, 0, NULL));
}

static void nbd_urls_have_four_schemes(void **state)
{
    void *pool = objc_autoreleasePoolPush();

    assert_true(is_nbd("nbd://host:10809/name"));
    assert_true(is_nbd("nbds://host"));
    assert_true(is_nbd("nbd+unix:///name?socket=/x"));
    assert_true(is_nbd("nbds+unix:///name?socket=/x"));
    assert_false(is_nbd("http://host/"));
    assert_false(is_nbd("nbd:host"));
    objc_autoreleasePoolPop(pool);
}

static void block_devices_are_not_files(void **state)
{
    void *pool = objc_autoreleasePoolPush();
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    id handle = objc_autorelease(ns_file_handle_init(ns_alloc(VZ_CLASS(NSFileHandle)), fd, 1)),
       error = NULL;

    assert_null(objc_autorelease(vz_block_device_init(
        ns_alloc(VZ_CLASS(VZDiskBlockDeviceStorageDeviceAttachment)), handle, 0, 0, &error)));
    assert_int_equal(ns_error_code(error), 2);
    objc_autoreleasePoolPop(pool);
}

static void variable_stores_are_overwritten_if_asked(void **state)
{
    void *pool = objc_autoreleasePoolPush();
    id error = NULL;

    make_file("old", 4, "old.");
    assert_null(objc_autorelease(vz_efi_store_init_creating(ns_alloc(VZ_CLASS(VZEFIVariableStore)),
                                                            url_in_dir("old"), 0, &error)));
    assert_string_equal(ns_string_utf8(ns_error_domain(error)), "NSPOSIXErrorDomain");
    assert_non_null(objc_autorelease(vz_efi_store_init_creating(
        ns_alloc(VZ_CLASS(VZEFIVariableStore)), url_in_dir("old"), 1, &error)));
    objc_autoreleasePoolPop(pool);
}

static void rosetta_is_what_the_scenario_says(void **state)
{
    void *pool = objc_autoreleasePoolPush();
    id cls = VZ_CLASS(VZLinuxRosettaDirectoryShare), error = NULL;

    for (int i = 0; i <= 2; i++) {
        const char text[] = {(char)('0' + i), '\0'};

        pretend("ROSETTA", text);
        assert_int_equal(vz_rosetta_availability(cls), i);
        assert_int_equal(objc_autorelease(vz_rosetta_init(ns_alloc(cls), &error)) != NULL, i == 2);
    }
    pretend("ROSETTA", NULL);
    objc_autoreleasePoolPop(pool);
}

static int clean_up(void **state)
{
    temporary_dir_remove();
    return 0;
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(what_is_right_is_valid),
        cmocka_unit_test(packed_kernel_would_hang),
        cmocka_unit_test(lists_are_copied),
        cmocka_unit_test(disk_images_are_whole_sectors_of_a_file),
        cmocka_unit_test(identifiers_are_20_bytes_of_ascii),
        cmocka_unit_test(tags_are_1_to_36_bytes_or_as_documented),
        cmocka_unit_test(mac_addresses_are_six_pairs),
        cmocka_unit_test(nbd_urls_have_four_schemes),
        cmocka_unit_test(block_devices_are_not_files),
        cmocka_unit_test(variable_stores_are_overwritten_if_asked),
        cmocka_unit_test(rosetta_is_what_the_scenario_says),
    };
    struct CMUnitTest tests[ARRAY_LEN(wrongs) + ARRAY_LEN(others)];
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(wrongs); i++) {
        const struct wrong *w = &wrongs[i];

        tests[n++] = (struct CMUnitTest){
            .name = w->name, .test_func = is_found, .initial_state = (void *)(uintptr_t)w};
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        tests[n++] = others[i];
    (void)temporary_dir();
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
