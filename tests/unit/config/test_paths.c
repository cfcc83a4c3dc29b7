/* SPDX-License-Identifier: Apache-2.0
 *
 * config/paths.h: every path that a command line names, with its use. */
#include "config/paths.h"
#include "config_test.h"

enum { NOTES = 1024 };

/* Adds "USE PATH" to the text; ends at one that is called stop. */
static int note(void *ctx, enum path_use use, const char *path)
{
    static const char letters[] = {[PATH_READ] = 'r', [PATH_WRITE] = 'w', [PATH_SHARED] = 's'};
    char *text = ctx;
    size_t len = strlen(text);

    (void)snprintf(text + len, NOTES - len, "%c%s ", letters[use], path);
    return strcmp(path, "/stop") == 0 ? -5 : 0;
}

static int paths_of(enum personality p, const char *const *words, char *ret)
{
    struct vm_config cfg;
    struct err err;
    int rc;

    ret[0] = 0;
    if (parse_words(p, words, &cfg, &err))
        fail_msg("refused: %s", err.text);
    rc = vm_config_each_path(&cfg, note, ret);
    vm_config_finish(&cfg);
    return rc;
}

static void linux_boot_and_every_device(void **state)
{
    char text[NOTES];

    assert_int_equal(
        paths_of(PERSONALITY_BERTH,
                 WORDS("--bootloader", "linux,kernel=/k,initrd=/i", "--device",
                       "virtio-blk,path=/rw.img", "--device", "nvme,path=/ro.img,readonly",
                       "--device", "usb-mass-storage,path=/usb", "--device", "virtio-net,nat",
                       "--device", "virtio-net,unixSocketPath=/net", "--device",
                       "virtio-serial,logFilePath=/log", "--device", "virtio-serial,stdio",
                       "--device", "virtio-vsock,port=1,socketURL=/vsock", "--device",
                       "virtio-fs,sharedDir=/dir,mountTag=t", "--device", "virtio-rng",
                       "--ignition", "/ign", "--restful-uri", "unix:///rest", "--pidfile", "/pid",
                       "--log-file", "/berth.log", "--firmware-path", "/fw"),
                 text),
        0);
    assert_string_equal(text, "r/k r/i w/rw.img r/ro.img w/usb w/net w/log w/vsock s/dir r/ign "
                              "r/fw w/rest w/pid w/berth.log ");
}

static void other_boot_loaders(void **state)
{
    char text[NOTES];

    assert_int_equal(paths_of(PERSONALITY_VFKIT, WORDS("-b", "efi,variable-store=/vars"), text), 0);
    assert_string_equal(text, "w/vars ");
    assert_int_equal(paths_of(PERSONALITY_VFKIT,
                              WORDS("-b", "macos,machineIdentifierPath=/id,hardwareModelPath=/"
                                          "model,auxImagePath=/aux"),
                              text),
                     0);
    assert_string_equal(text, "r/id r/model w/aux ");
}

static void visitor_may_end_it(void **state)
{
    char text[NOTES];

    assert_int_equal(paths_of(PERSONALITY_VFKIT,
                              WORDS("-b", "linux,kernel=/k,initrd=/stop", "-d",
                                    "virtio-serial,logFilePath=/log"),
                              text),
                     -5);
    assert_string_equal(text, "r/k r/stop ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linux_boot_and_every_device),
        cmocka_unit_test(other_boot_loaders),
        cmocka_unit_test(visitor_may_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
