/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole command lines: flag rules (vfkit-compat.md §4, §16.1), the order of vfkit's start-up (§8),
 * and what real clients pass (§18). */
#include <errno.h>

#include "config/devices.h"
#include "config_test.h"

#define EFI_JSON(create)                                                                           \
    "\"bootloader\":{\"kind\":\"efiBootloader\",\"efiVariableStorePath\":\"/s\","                  \
    "\"createVariableStore\":" create "}"

static void names_choose_the_personality(void **state)
{
    assert_int_equal(personality_of("/opt/podman/bin/vfkit"), PERSONALITY_VFKIT);
    assert_int_equal(personality_of("vfkit-0.6"), PERSONALITY_VFKIT);
    assert_int_equal(personality_of("/x/krunkit"), PERSONALITY_KRUNKIT);
    assert_int_equal(personality_of("krunkit-1.3"), PERSONALITY_KRUNKIT);
    assert_int_equal(personality_of("./berth"), PERSONALITY_BERTH);
    assert_int_equal(personality_of("/krunkit/a.out"), PERSONALITY_VFKIT);
    assert_int_equal(personality_of(""), PERSONALITY_VFKIT);
}

static void pflag_takes_every_way_to_write_a_value(void **state)
{
    static const char *const ways[][4] = {
        {"--cpus", "4"}, {"--cpus=4"}, {"-c4"},        {"-c", "4"},
        {"-c=4"},        {"-nc4"},     {"-nc", "0x4"}, {"--cpus=1", "--cpus", "4"},
    };

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        const char *words[8] = {"-b", "efi", "stray"};
        struct vm_config cfg;
        struct err err;

        for (size_t j = 0; j < 4 && ways[i][j]; j++)
            words[3 + j] = ways[i][j];
        assert_int_equal(parse_words(PERSONALITY_VFKIT, words, &cfg, &err), 0);
        assert_int_equal(cfg.cpus, 4);
        vm_config_finish(&cfg);
    }
}

static void pflag_switches_take_words_with_an_equals_sign(void **state)
{
    struct vm_config cfg;
    struct err err;

    assert_int_equal(parse_words(PERSONALITY_VFKIT,
                                 WORDS("--nested=T", "--gui=0", "true", "-b", "efi"), &cfg, &err),
                     0);
    assert_true(cfg.nested);
    assert_false(cfg.gui);
    vm_config_finish(&cfg);
    assert_int_equal(
        parse_words(PERSONALITY_VFKIT, WORDS("-b", "efi", "--", "--nested"), &cfg, &err), 0);
    assert_false(cfg.nested);
    vm_config_finish(&cfg);
}

static void pflag_refuses_in_its_own_words(void **state)
{
    static const struct {
        const char *words[6], *error;
    } vectors[] = {
        {{"--foo"}, "unknown flag: --foo"},
        {{"--foo=1"}, "unknown flag: --foo"},
        {{"--cpu", "1"}, "unknown flag: --cpu"},
        {{"-x"}, "unknown shorthand flag: 'x' in -x"},
        {{"-nxc"}, "unknown shorthand flag: 'x' in -xc"},
        {{"--cpus"}, "flag needs an argument: --cpus"},
        {{"-c"}, "flag needs an argument: 'c' in -c"},
        {{"--=1"}, "bad flag syntax: --=1"},
        {{"---"}, "bad flag syntax: ---"},
        {{"-c", "abc"},
         "invalid argument \"abc\" for \"-c, --cpus\" flag: strconv.ParseUint: parsing \"abc\": "
         "invalid syntax"},
        {{"--memory=1G"},
         "invalid argument \"1G\" for \"-m, --memory\" flag: strconv.ParseUint: parsing \"1G\": "
         "invalid syntax"},
        {{"--gui=maybe"},
         "invalid argument \"maybe\" for \"--gui\" flag: strconv.ParseBool: parsing \"maybe\": "
         "invalid syntax"},
        {{"--krun-log-level", "3"}, "unknown flag: --krun-log-level"},
        {{"--accel", "soft"}, "unknown flag: --accel"},
        {{"--kernel", "/k"},
         "if any flags in the group [kernel initrd kernel-cmdline] are set they must all be set; "
         "missing [initrd kernel-cmdline]"},
        {{"-C", "", "-i", ""},
         "if any flags in the group [kernel initrd kernel-cmdline] are set they must all be set; "
         "missing [kernel]"},
        {{"-b", "efi", "-k", "/k"},
         "if any flags in the group [kernel initrd kernel-cmdline] are set they must all be set; "
         "missing [initrd kernel-cmdline]"},
        {{"--log-level", "warn"}, "unknown log level: warn"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        assert_refused(PERSONALITY_VFKIT, vectors[i].words, vectors[i].error);
    assert_refused(
        PERSONALITY_VFKIT, WORDS("-b", "efi", "-k", "/k", "-i", "/i", "-C", "x"),
        "if any flags in the group [initrd bootloader] are set none of the others can be; "
        "[bootloader initrd] were all set");
}

static void legacy_options_boot_linux(void **state)
{
    assert_means(PERSONALITY_VFKIT,
                 WORDS("--kernel", "/k", "--initrd=/i", "-C", "\"a,b\" <&>", "--memory", "0x400"),
                 "{\"vcpus\":1,\"memoryBytes\":1073741824,\"bootloader\":{\"kind\":"
                 "\"linuxBootloader\",\"vmlinuzPath\":\"/k\",\"kernelCmdLine\":\"\\\"a,b\\\" "
                 "\\u003c\\u0026\\u003e\",\"initrdPath\":\"/i\"}}");
    assert_refused(PERSONALITY_VFKIT, WORDS("-k", "", "-i", "", "-C", ""),
                   "empty option list in --bootloader command line argument");
}

static void help_and_version_come_before_the_rules(void **state)
{
    static const char *const words[] = {"--version", "-v", "--help", "-h"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char name[] = "vfkit", kernel[] = "--kernel=/k", word[16];
        char *argv[] = {name, kernel, word};
        struct cmdline cl;
        struct err err = {0};

        strcpy(word, words[i]);
        assert_int_equal(cmdline_parse(PERSONALITY_VFKIT, 3, argv, &cl, &err), 0);
        assert_true(cl.values[OPT_HELP].on || cl.values[OPT_VERSION].on);
        cmdline_finish(&cl);
    }
}

static void steps_fail_in_vfkits_order(void **state)
{
    const char *words[] = {"--log-level", "x", "--bootloader", "y",   "--timesync",    "z",
                           "--device",    "w", "--ignition",   "a,b", "--restful-uri", "q",
                           NULL};
    static const struct {
        size_t word;
        const char *good, *error;
    } steps[] = {
        {1, "debug", "unknown log level: x"},
        {3, "efi", "unknown bootloader type: y"},
        {5, "vsockPort=1", "unknown option for timesync parameter: z"},
        {7, "virtio-rng", "unknown device type: w"},
        {9, "/i",
         "failed to add ignition file: ignition only accepts one option in command line "
         "argument"},
        {11, "none://", "parse \"q\": invalid URI for request"},
    };

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        assert_refused(PERSONALITY_VFKIT, words, steps[i].error);
        words[steps[i].word] = steps[i].good;
    }
    assert_means(
        PERSONALITY_VFKIT, words,
        "{\"vcpus\":1,\"memoryBytes\":536870912,\"bootloader\":{\"kind\":\"efiBootloader\","
        "\"efiVariableStorePath\":\"\",\"createVariableStore\":false},\"devices\":[{\"kind\":"
        "\"virtiorng\"}],\"timesync\":{\"vsockPort\":1},\"ignition\":{\"kind\":\"ignition\","
        "\"configPath\":\"/i\"}}");
}

/* What the hooks saw, in order. */
struct journal {
    char text[256];
    const char *fails_at; /* this one refuses */
};

static int note(void *ctx, const char *what, struct err *err)
{
    struct journal *j = ctx;

    strcat(strcat(j->text, j->text[0] ? " " : ""), what);
    return j->fails_at && !strcmp(j->fails_at, what) ? err_set(err, -EPERM, "refused at %s", what)
                                                     : 0;
}

static int note_log(void *ctx, const struct vm_config *cfg, struct err *err)
{
    return note(ctx, "log", err);
}

static int note_nested(void *ctx, const struct vm_config *cfg, struct err *err)
{
    return note(ctx, "nested", err);
}

static int note_iso(void *ctx, const struct vm_config *cfg, char **ret_iso, struct err *err)
{
    *ret_iso = strdup("/made.iso");
    return note(ctx, "iso", err);
}

static int note_pidfile(void *ctx, const struct vm_config *cfg, struct err *err)
{
    return note(ctx, "pidfile", err);
}

static int note_device(void *ctx, const struct device_config *dev, struct err *err)
{
    return note(ctx, device_kind_name(dev->kind), err);
}

/* Builds `words` with every hook writing into `j`. */
static int build_noted(enum personality p, const char *const *words, struct journal *j,
                       struct vm_config *cfg, struct err *err)
{
    const struct config_hooks hooks = {j,        note_log,     note_nested,
                                       note_iso, note_pidfile, note_device};
    char *argv[TEST_ARGS_MAX] = {0};
    struct cmdline cl;
    int argc = 1, r;

    for (; words[argc - 1]; argc++)
        argv[argc] = strdup(words[argc - 1]);
    vm_config_init(cfg, p);
    r = cmdline_parse(p, argc, argv, &cl, err);
    assert_int_equal(r, 0);
    r = cmdline_build(&cl, &hooks, cfg, err);
    cmdline_finish(&cl);
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    return r;
}

#define EVERY_STEP                                                                                 \
    "-d", "virtio-blk,path=/d", "-d", "virtio-rng", "-b", "efi", "--gui", "--cloud-init", "a",     \
        "--pidfile", "/p", "-n"

static void host_is_met_in_vfkits_order(void **state)
{
    struct vm_config cfg;
    struct journal j = {.fails_at = NULL};
    struct err err = {0};

    assert_int_equal(build_noted(PERSONALITY_VFKIT, WORDS(EVERY_STEP), &j, &cfg, &err), 0);
    assert_string_equal(j.text, "log nested iso pidfile virtio-blk virtio-rng");
    /* devices, then the disk made from --cloud-init, then what --gui adds */
    assert_int_equal(cfg.nr_devices, 5);
    assert_true(cfg.devices[2].disk.cloud_init);
    assert_string_equal(cfg.devices[2].disk.path, "/made.iso");
    assert_int_equal(cfg.devices[3].kind, DEVICE_GPU);
    assert_int_equal(cfg.devices[4].kind, DEVICE_INPUT);
    vm_config_finish(&cfg);
}

static void hook_that_refuses_ends_the_sequence(void **state)
{
    static const char *const steps[] = {"log", "nested", "iso", "pidfile", "virtio-blk"};

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct vm_config cfg;
        struct journal j = {.fails_at = steps[i]};
        struct err err = {0};

        assert_int_equal(build_noted(PERSONALITY_VFKIT, WORDS(EVERY_STEP), &j, &cfg, &err), -EPERM);
        assert_string_equal(strrchr(j.text, ' ') ? strrchr(j.text, ' ') + 1 : j.text, steps[i]);
        vm_config_finish(&cfg);
    }
}

static void krunkit_writes_its_pid_file_last(void **state)
{
    struct vm_config cfg;
    struct journal j = {.fails_at = NULL};
    struct err err = {0};

    assert_int_equal(build_noted(PERSONALITY_KRUNKIT,
                                 WORDS("--pidfile", "/p", "-c1", "-m1", "--device",
                                       "virtio-blk,path=/d", "--nested"),
                                 &j, &cfg, &err),
                     0);
    assert_string_equal(j.text, "log virtio-blk pidfile");
    vm_config_finish(&cfg);
}

static void timesync_needs_a_port(void **state)
{
    static const struct vector vectors[] = {
        {"vsockPort=0", "missing 'vsockPort' option for timesync parameter"},
        {",", "missing 'vsockPort' option for timesync parameter"},
        {"vsockPort", "strconv.ParseUint: parsing \"\": invalid syntax"},
        {"port=1", "unknown option for timesync parameter: port"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        assert_refused(PERSONALITY_VFKIT, WORDS("-b", "efi", "-t", vectors[i].text),
                       vectors[i].error);
}

static void gui_adds_what_a_window_needs(void **state)
{
    assert_means(PERSONALITY_VFKIT,
                 WORDS("-b", "efi,variable-store=/s", "--gui", "-d", "virtio-rng"),
                 "{\"vcpus\":1,\"memoryBytes\":536870912," EFI_JSON(
                     "false") ",\"devices\":[{\"kind\":\"virtiorng\"},{\"kind\":\"virtiogpu\","
                              "\"usesGUI\":true,\"width\":800,\"height\":600},{\"kind\":"
                              "\"virtioinput\",\"inputType\":\"keyboard\"}]}");
    assert_means(PERSONALITY_VFKIT,
                 WORDS("-b", "efi,variable-store=/s", "--gui", "-d", "virtio-input,pointing", "-d",
                       "virtio-gpu,width=1,height=2", "-d", "virtio-gpu"),
                 "{\"vcpus\":1,\"memoryBytes\":536870912," EFI_JSON(
                     "false") ",\"devices\":[{\"kind\":\"virtioinput\",\"inputType\":\"pointing\"},"
                              "{\"kind\":\"virtiogpu\",\"usesGUI\":true,\"width\":1,\"height\":2},"
                              "{\"kind\":\"virtiogpu\",\"usesGUI\":false,\"width\":800,"
                              "\"height\":600}]}");
}

static void macos_does_not_nest(void **state)
{
    assert_refused(PERSONALITY_VFKIT, WORDS("-n", "-b", "macos"),
                   "nested virtualization is not supported with the macOS bootloader");
}

/* ---- krunkit */

#define KRUN "--cpus", "2", "--memory", "2g"

static void clap_refuses_in_its_own_words(void **state)
{
    static const struct {
        const char *words[8], *error;
    } vectors[] = {
        {{NULL},
         "the following required arguments were not provided:\n  --cpus <CPUS>\n  --memory "
         "<MEMORY>"},
        {{"-c", "1"}, "the following required arguments were not provided:\n  --memory <MEMORY>"},
        {{"--foo"}, "unexpected argument '--foo' found"},
        {{"--foo=1"}, "unexpected argument '--foo' found"},
        {{"--cpu", "1"}, "unexpected argument '--cpu' found"},
        {{"stray"}, "unexpected argument 'stray' found"},
        {{"--", "stray"}, "unexpected argument 'stray' found"},
        {{"-d", "virtio-rng"}, "unexpected argument '-d' found"},
        {{"--kernel", "/k"}, "unexpected argument '--kernel' found"},
        {{"--cpus", "1", "--cpus", "2"},
         "the argument '--cpus <CPUS>' cannot be used multiple times"},
        {{"--gui", "--gui"}, "the argument '--gui' cannot be used multiple times"},
        {{"--gui=true"}, "unexpected value 'true' for '--gui' found; no more were expected"},
        {{"--cpus"}, "a value is required for '--cpus <CPUS>' but none was supplied"},
        {{"--cpus", "--memory"}, "a value is required for '--cpus <CPUS>' but none was supplied"},
        {{"--cpus", "abc"},
         "invalid value 'abc' for '--cpus <CPUS>': invalid digit found in string"},
        {{"-c300"}, "invalid value '300' for '--cpus <CPUS>': 300 is not in 0..=255"},
        {{"--memory", "1K"},
         "invalid value '1K' for '--memory <MEMORY>': unknown memory suffix 'K', valid suffixes "
         "are "
         "MGTP"},
        {{"--timesync", "1234"},
         "invalid value '1234' for '--timesync <TIMESYNC>': expected 'vsockPort=<port>'"},
        {{"--timesync", "vsockPort=x"},
         "invalid value 'vsockPort=x' for '--timesync <TIMESYNC>': invalid timesync port: invalid "
         "digit found in string"},
        {{"--device", "virtio-blk,path=/a=b"},
         "invalid value 'virtio-blk,path=/a=b' for '--device <DEVICES>': invalid argument format: "
         "path=/a=b"},
        {{"--device", "virtio-net,type=unixgram,path=/p"},
         "invalid value 'virtio-net,type=unixgram,path=/p' for '--device <DEVICES>': virtio-net is "
         "missing argument: mac"},
        {{"--bootloader", "efi,variable-store=/s"},
         "invalid value 'efi,variable-store=/s' for '--bootloader <BOOTLOADER>': bootloader is "
         "missing argument: create"},
        {{"--restful-uri", "http://localhost:1"},
         "invalid value 'http://localhost:1' for '--restful-uri <RESTFUL_URI>': invalid scheme "
         "input"},
        {{"--restful-uri=tcp://localhost"},
         "invalid value 'tcp://localhost' for '--restful-uri <RESTFUL_URI>': restful URI formatted "
         "incorrectly"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        assert_refused(PERSONALITY_KRUNKIT, vectors[i].words, vectors[i].error);
}

static void krunkit_refuses_sizes_later(void **state)
{
    assert_refused(PERSONALITY_KRUNKIT, WORDS("-c0", "-m1"),
                   "vcpus must be a minimum of 1 (0 is invalid)");
    assert_refused(PERSONALITY_KRUNKIT, WORDS("-c1", "-m0"), "zero MiB RAM inputted (invalid)");
    assert_refused(PERSONALITY_KRUNKIT, WORDS("-c1", "-m", "61441"),
                   "requested RAM larger than upper limit of 61440 MiB");
    assert_refused(PERSONALITY_KRUNKIT,
                   WORDS(KRUN, "--device", "virtio-serial,logFilePath=/a", "--device",
                         "virtio-serial,logFilePath=/b"),
                   "unable to set krun console output redirection to virtio-serial log file");
}

static void krunkit_takes_255_oem_strings(void **state)
{
    char name[] = "krunkit", cpus[] = "-c1", memory[] = "-m1", oem[] = "--oem-string=x";
    char *argv[3 + 256] = {name, cpus, memory};

    for (size_t i = 3; i < ARRAY_LEN(argv); i++)
        argv[i] = oem;
    for (int argc = 3 + 255; argc <= 3 + 256; argc++) {
        struct vm_config cfg;
        struct cmdline cl;
        struct err err = {0};

        vm_config_init(&cfg, PERSONALITY_KRUNKIT);
        assert_int_equal(cmdline_parse(PERSONALITY_KRUNKIT, argc, argv, &cl, &err), 0);
        assert_int_equal(cmdline_build(&cl, NULL, &cfg, &err), argc == 3 + 255 ? 0 : -EINVAL);
        cmdline_finish(&cl);
        vm_config_finish(&cfg);
    }
}

static void krunkit_reads_its_own_options(void **state)
{
    struct vm_config cfg;
    struct err err;

    assert_int_equal(parse_words(PERSONALITY_KRUNKIT,
                                 WORDS(KRUN, "--oem-string", "a", "--oem-string=b", "--nested",
                                       "--krun-log-level", "4", "--log-file=/l", "-f", "/fw",
                                       "--timesync", "vsockPort=1234", "--gui", "--pidfile", "/p"),
                                 &cfg, &err),
                     0);
    assert_int_equal(cfg.cpus, 2);
    assert_true(cfg.memory_bytes == UINT64_C(2) << 30);
    assert_int_equal(cfg.nr_oem_strings, 2);
    assert_string_equal(cfg.oem_strings[1], "b");
    assert_true(cfg.nested && cfg.gui);
    assert_int_equal(cfg.log_level, CONFIG_LOG_DEBUG);
    assert_string_equal(cfg.log_file, "/l");
    assert_string_equal(cfg.firmware_path, "/fw");
    assert_string_equal(cfg.pidfile, "/p");
    assert_int_equal(cfg.timesync_port, 1234);
    assert_int_equal(cfg.bootloader.kind, BOOT_EFI);
    assert_int_equal(cfg.nr_devices, 0);
    vm_config_finish(&cfg);
}

static void clap_stops_at_help_and_version(void **state)
{
    char name[] = "krunkit", version[] = "-V", bad[] = "--bad";
    char *argv[] = {name, version, bad};
    struct cmdline cl;
    struct err err = {0};

    assert_int_equal(cmdline_parse(PERSONALITY_KRUNKIT, 3, argv, &cl, &err), 0);
    assert_true(cl.values[OPT_VERSION].on);
    cmdline_finish(&cl);
    argv[1] = bad;
    argv[2] = version;
    assert_int_equal(cmdline_parse(PERSONALITY_KRUNKIT, 3, argv, &cl, &err), -EINVAL);
}

/* ---- berth */

static void berth_reads_the_union(void **state)
{
    struct vm_config cfg;
    struct err err;

    assert_int_equal(parse_words(PERSONALITY_BERTH,
                                 WORDS("--kernel", "/k", "-m", "1G", "--accel", "soft,a=b,c",
                                       "--arch", "aarch64", "--on-panic=pause", "--dry-run",
                                       "--log-level", "trace", "--oem-string", "x"),
                                 &cfg, &err),
                     0);
    assert_int_equal(cfg.bootloader.kind, BOOT_LINUX);
    assert_null(cfg.bootloader.initrd);
    assert_true(cfg.memory_bytes == UINT64_C(1) << 30);
    assert_int_equal(cfg.accel, ACCEL_SOFT);
    assert_string_equal(cfg.accel_options, "a=b,c");
    assert_int_equal(cfg.arch, ARCH_ARM64);
    assert_int_equal(cfg.on_panic, PANIC_PAUSE);
    assert_int_equal(cfg.log_level, CONFIG_LOG_TRACE);
    assert_true(cfg.dry_run);
    assert_int_equal(cfg.nr_oem_strings, 1);
    vm_config_finish(&cfg);
}

static void berth_names_the_words_that_would_do(void **state)
{
    static const struct {
        const char *words[6], *error;
    } vectors[] = {
        {{"-k", "/k", "--accel", "tcg"},
         "--accel has no 'tcg': it takes one of auto soft kvm hvf vz"},
        {{"-k", "/k", "--accel=,x"}, "--accel has no '': it takes one of auto soft kvm hvf vz"},
        {{"-k", "/k", "--arch", "riscv"},
         "--arch has no 'riscv': it takes one of auto arm64 x86_64"},
        {{"-k", "/k", "--on-panic", "burn"},
         "--on-panic has no 'burn': it takes one of exit reset pause ignore"},
        {{"-k", "/k", "--log-level", "loud"},
         "--log-level has no 'loud': it takes one of off error warn info debug trace"},
        {{NULL}, "nothing to boot: give --kernel PATH, or --bootloader with its options"},
        {{"--initrd", "/i"}, "--initrd needs --kernel"},
        {{"stray"}, "unexpected argument 'stray'"},
        {{"-k", "/k", "--cpus", "0x1FFFFFFFF"}, "--cpus 0x1FFFFFFFF is out of range"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        assert_refused(PERSONALITY_BERTH, vectors[i].words, vectors[i].error);
}

/* ---- §18 */

static void podman_applehv_is_understood(void **state)
{
    assert_means(
        PERSONALITY_VFKIT,
        WORDS("--cpus", "4", "--memory", "2048", "--bootloader",
              "efi,variable-store=/d/efi-bl-m,create", "--device", "virtio-blk,path=/d/m-arm64.raw",
              "--device", "virtio-rng", "--device",
              "virtio-vsock,port=1025,socketURL=/t/m.sock,listen", "--device",
              "virtio-serial,logFilePath=/t/m.log", "--device",
              "virtio-net,unixSocketPath=/t/m-gvproxy.sock,mac=5a:94:ef:e4:0c:ee", "--device",
              "virtio-fs,sharedDir=/Users,mountTag=a2a0ee2c717462feb1de2f5afd59de5fd2d8",
              "--timesync", "vsockPort=1234", "--restful-uri", "tcp://localhost:55", "--device",
              "virtio-vsock,port=1024,socketURL=/i.sock,listen"),
        "{\"vcpus\":4,\"memoryBytes\":2147483648,\"bootloader\":{\"kind\":\"efiBootloader\","
        "\"efiVariableStorePath\":\"/d/"
        "efi-bl-m\",\"createVariableStore\":true},\"devices\":[{\"kind\":"
        "\"virtioblk\",\"devName\":\"virtio-blk\",\"imagePath\":\"/d/m-arm64.raw\"},{\"kind\":"
        "\"virtiorng\"},{\"kind\":\"virtiosock\",\"port\":1025,\"socketURL\":\"/t/"
        "m.sock\",\"listen\":"
        "true},{\"kind\":\"virtioserial\",\"logFile\":\"/t/"
        "m.log\"},{\"kind\":\"virtionet\",\"nat\":false,"
        "\"socket\":{},\"vfkitMagic\":true,\"macAddress\":\"5a:94:ef:e4:0c:ee\"},{\"kind\":"
        "\"virtiofs\","
        "\"mountTag\":\"a2a0ee2c717462feb1de2f5afd59de5fd2d8\",\"sharedDir\":\"/Users\"},{\"kind\":"
        "\"virtiosock\",\"port\":1024,\"socketURL\":\"/i.sock\",\"listen\":true}],\"timesync\":"
        "{\"vsockPort\":1234}}");
}

static void other_clients_are_understood(void **state)
{
    static const struct {
        enum personality p;
        const char *words[40];
    } clients[] = {
        {PERSONALITY_KRUNKIT, /* podman libkrun */
         {"--cpus",        "4",
          "--memory",      "2048",
          "--bootloader",  "efi,variable-store=/v,create",
          "--device",      "virtio-blk,path=/m.raw",
          "--device",      "virtio-rng",
          "--device",      "virtio-vsock,port=1025,socketURL=/m.sock,listen",
          "--device",      "virtio-net,unixSocketPath=/g.sock,mac=5a:94:ef:e4:0c:ee",
          "--device",      "virtio-fs,sharedDir=/Users,mountTag=a2a0",
          "--timesync",    "vsockPort=1234",
          "--restful-uri", "tcp://localhost:55",
          "--device",      "virtio-gpu,width=800,height=600",
          "--device",      "virtio-input,pointing",
          "--device",      "virtio-input,keyboard",
          "--gui",         "--nested"}},
        {PERSONALITY_VFKIT, /* minikube */
         {"--memory",      "6000",
          "--cpus",        "2",
          "--restful-uri", "unix:///m/vfkit.sock",
          "--log-level",   "debug",
          "--bootloader",  "linux,kernel=/m/bzimage,initrd=/m/initrd,cmdline=\"console=hvc0\"",
          "--device",      "virtio-net,nat,mac=02:00:00:00:00:01",
          "--device",      "virtio-rng",
          "--device",      "virtio-blk,path=/m/boot2docker.iso",
          "--device",      "virtio-serial,logFilePath=/m/s.log",
          "--device",      "rosetta,mountTag=minikube-rosetta,install"}},
        {PERSONALITY_KRUNKIT, /* minikube */
         {"--memory", "6000", "--cpus", "2", "--restful-uri", "unix:///m/krunkit.sock", "--device",
          "virtio-net,type=unixgram,path=/h.sock,mac=02:00:00:00:00:01,offloading=false",
          "--device", "virtio-serial,logFilePath=/m/s.log", "--krun-log-level", "3", "--device",
          "virtio-blk,path=/m/boot2docker.iso"}},
        {PERSONALITY_KRUNKIT, /* lima */
         {"--memory", "4096", "--cpus", "4", "--device", "virtio-serial,logFilePath=/i/serial.log",
          "--krun-log-level", "3", "--restful-uri", "none://", "--device",
          "virtio-blk,path=/i/disk,format=raw", "--device",
          "virtio-vsock,port=2222,socketURL=/i/ga.sock,connect", "--device",
          "virtio-net,type=unixgram,fd=9,mac=52:55:55:01:02:03", "--device",
          "virtio-net,type=unixstream,path=/s,mac=52:55:55:01:02:04", "--nested"}},
        {PERSONALITY_VFKIT, /* vmnet-helper */
         {"--memory=1024", "--cpus=1", "--bootloader=efi,variable-store=/f,create",
          "--device=virtio-blk,path=/d", "--device=virtio-serial,logFilePath=/l",
          "--log-level=debug", "--device=virtio-rng",
          "--device=virtio-net,fd=4,mac=02:00:00:00:00:01",
          "--device=usb-mass-storage,path=cidata.iso,readonly"}},
        {PERSONALITY_KRUNKIT, /* vmnet-helper */
         {"--memory=1024", "--cpus=1", "--restful-uri=none://", "--device=virtio-blk,path=/d",
          "--krun-log-level=3", "--device=virtio-rng",
          "--device=virtio-net,type=unixgram,fd=4,mac=02:00:00:00:00:01,offloading=off"}},
        {PERSONALITY_VFKIT, /* crc */
         {"--cpus", "4", "--memory", "9216", "--bootloader", "efi,variable-store=/efistore.nvram",
          "--device", "virtio-net,unixSocketPath=/c.sock,mac=5a:94:ef:e4:0c:ee", "--timesync",
          "vsockPort=1234", "--device", "virtio-vsock,port=1024,socketURL=/tap.sock,listen"}},
    };

    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        struct vm_config cfg;
        struct err err;

        if (parse_words(clients[i].p, clients[i].words, &cfg, &err))
            fail_msg("client %zu: %s", i, err.text);
        vm_config_finish(&cfg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_choose_the_personality),
        cmocka_unit_test(pflag_takes_every_way_to_write_a_value),
        cmocka_unit_test(pflag_switches_take_words_with_an_equals_sign),
        cmocka_unit_test(pflag_refuses_in_its_own_words),
        cmocka_unit_test(legacy_options_boot_linux),
        cmocka_unit_test(help_and_version_come_before_the_rules),
        cmocka_unit_test(steps_fail_in_vfkits_order),
        cmocka_unit_test(host_is_met_in_vfkits_order),
        cmocka_unit_test(hook_that_refuses_ends_the_sequence),
        cmocka_unit_test(krunkit_writes_its_pid_file_last),
        cmocka_unit_test(timesync_needs_a_port),
        cmocka_unit_test(gui_adds_what_a_window_needs),
        cmocka_unit_test(macos_does_not_nest),
        cmocka_unit_test(clap_refuses_in_its_own_words),
        cmocka_unit_test(krunkit_refuses_sizes_later),
        cmocka_unit_test(krunkit_takes_255_oem_strings),
        cmocka_unit_test(krunkit_reads_its_own_options),
        cmocka_unit_test(clap_stops_at_help_and_version),
        cmocka_unit_test(berth_reads_the_union),
        cmocka_unit_test(berth_names_the_words_that_would_do),
        cmocka_unit_test(podman_applehv_is_understood),
        cmocka_unit_test(other_clients_are_understood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
