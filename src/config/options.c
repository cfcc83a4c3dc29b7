/* SPDX-License-Identifier: Apache-2.0
 *
 * Every option of the three command lines: a catalogue of options, then one list for each program.
 * Two entries for one option mean that the programs read it differently. vfkit-compat.md §4.1 and
 * §16.1. */
#include "config/option.h"
#include "config/values.h"

static const char boot[] = "Boot", machine[] = "Machine", devices[] = "Devices",
                  control[] = "Control", other[] = "Other";

#define SPEC static const struct option_spec

/* ---- vfkit and berth */
SPEC bootloader = {
    OPT_BOOTLOADER,
    OPTION_QUOTED,
    "bootloader",
    'b',
    "LIST",
    .group = boot,
    .words = "linux,kernel= efi,variable-store= macos,machineIdentifierPath=",
    .help = "what to boot:\n"
            "  linux,kernel=PATH[,initrd=PATH][,cmdline=\"TEXT\"]\n"
            "  efi,variable-store=PATH[,create]\n"
            "  macos,machineIdentifierPath=PATH,hardwareModelPath=PATH,auxImagePath=PATH"};
SPEC kernel = {OPT_KERNEL,    OPTION_TEXT,
               "kernel",      'k',
               "PATH",        .words = "file",
               .group = boot, .help = "Linux kernel; short for --bootloader linux,kernel=PATH"};
SPEC kernel_cmdline = {OPT_KERNEL_CMDLINE,
                       OPTION_TEXT,
                       "kernel-cmdline",
                       'C',
                       "TEXT",
                       .group = boot,
                       .help = "its command line, taken verbatim"};
SPEC initrd = {OPT_INITRD, OPTION_TEXT,     "initrd",      'i',
               "PATH",     .words = "file", .group = boot, .help = "its initial RAM disk"};
SPEC cpus = {OPT_CPUS, OPTION_NUMBER, "cpus",           'c',
             "N",      read_go_uint,  .group = machine, .help = "virtual CPUs (default 1)"};
SPEC memory_mib = {
    OPT_MEMORY, OPTION_NUMBER, "memory",         'm',
    "MIB",      read_go_uint,  .group = machine, .help = "memory in MiB (default 512)"};
SPEC nested = {OPT_NESTED,
               OPTION_SWITCH,
               "nested",
               'n',
               NULL,
               .group = machine,
               .help = "offer virtualization to the guest"};
SPEC device = {OPT_DEVICE,       OPTION_LIST,
               "device",         'd',
               "LIST",           .words = "devices",
               .group = devices, .help = "add a device; repeat for more, in the guest's order"};
SPEC gui = {OPT_GUI,
            OPTION_SWITCH,
            "gui",
            '\0',
            NULL,
            .group = devices,
            .help = "show the guest's display in a window"};
SPEC cloud_init = {OPT_CLOUD_INIT,
                   OPTION_QUOTED,
                   "cloud-init",
                   '\0',
                   "LIST",
                   .words = "file",
                   .group = devices,
                   .help =
                       "user-data, meta-data and network-config files, as a disk made from them"};
SPEC ignition = {OPT_IGNITION,     OPTION_TEXT,
                 "ignition",       '\0',
                 "PATH",           .words = "file",
                 .group = devices, .help = "Ignition file, served to the guest on vsock port 1024"};
SPEC timesync = {OPT_TIMESYNC,
                 OPTION_TEXT,
                 "timesync",
                 't',
                 "vsockPort=N",
                 .words = "vsockPort=",
                 .group = devices,
                 .help =
                     "set the guest's clock after the host slept, through its agent on this port"};
SPEC restful_uri = {OPT_RESTFUL_URI,
                    OPTION_TEXT,
                    "restful-uri",
                    '\0',
                    "URI",
                    .words = "none:// tcp://localhost: unix:///",
                    .group = control,
                    .help = "REST service: none:// (default), tcp://HOST:PORT, unix:///PATH"};
SPEC pidfile = {
    OPT_PIDFILE, OPTION_TEXT,     "pidfile",        '\0',
    "PATH",      .words = "file", .group = control, .help = "write the process id to this file"};
SPEC log_level = {OPT_LOG_LEVEL,    OPTION_TEXT,
                  "log-level",      '\0',
                  "LEVEL",          .words = "error info debug",
                  .group = control, .help = "error, info (default) or debug"};
SPEC version = {OPT_VERSION,
                OPTION_SWITCH,
                "version",
                'v',
                NULL,
                .group = other,
                .help = "print the version and exit"};
SPEC help = {
    OPT_HELP, OPTION_SWITCH, "help", 'h', NULL, .group = other, .help = "print this text and exit"};

/* ---- krunkit; berth takes those that vfkit lacks */
SPEC krun_cpus = {
    OPT_CPUS,         OPTION_NUMBER,         "cpus", 'c', "CPUS", read_rust_u8, .required = true,
    .group = machine, .help = "virtual CPUs"};
SPEC krun_memory = {OPT_MEMORY,
                    OPTION_NUMBER,
                    "memory",
                    'm',
                    "MEMORY",
                    read_krun_memory,
                    .required = true,
                    .group = machine,
                    .help = "memory in MiB, or with a suffix M, G, T or P"};
SPEC krun_bootloader = {
    OPT_BOOTLOADER,
    OPTION_TEXT,
    "bootloader",
    '\0',
    "BOOTLOADER",
    check_krun_bootloader,
    .words = "efi,create,variable-store=",
    .group = boot,
    .help = "efi,variable-store=PATH,create: checked, then ignored (EFI is built in)"};
SPEC firmware_path = {OPT_FIRMWARE_PATH,
                      OPTION_TEXT,
                      "firmware-path",
                      'f',
                      "PATH",
                      .words = "file",
                      .group = boot,
                      .help = "EFI firmware to use instead of the built-in choice"};
SPEC krun_device = {OPT_DEVICE,
                    OPTION_LIST,
                    "device",
                    '\0',
                    "DEVICES",
                    check_krun_device,
                    .words = "devices",
                    .group = devices,
                    .help = "add a device; repeat for more, in the guest's order"};
SPEC krun_gui = {OPT_GUI,
                 OPTION_SWITCH,
                 "gui",
                 '\0',
                 NULL,
                 .group = devices,
                 .help = "accepted, without effect"};
SPEC oem_string = {OPT_OEM_STRING,
                   OPTION_LIST,
                   "oem-string",
                   '\0',
                   "OEM_STRINGS",
                   .group = devices,
                   .help = "SMBIOS type 11 string; repeat for more, in order"};
SPEC krun_timesync = {
    OPT_TIMESYNC,
    OPTION_TEXT,
    "timesync",
    '\0',
    "TIMESYNC",
    check_krun_timesync,
    .words = "vsockPort=",
    .group = devices,
    .help =
        "vsockPort=N: set the guest's clock after the host slept, through its agent on this port"};
SPEC krun_restful_uri = {
    OPT_RESTFUL_URI,
    OPTION_TEXT,
    "restful-uri",
    '\0',
    "RESTFUL_URI",
    check_krun_uri,
    .words = "none:// tcp://localhost: unix:///",
    .group = control,
    .help = "REST service: none:// (default), tcp://IPV4:PORT, tcp://localhost:PORT, unix:///PATH"};
SPEC krun_pidfile = {
    OPT_PIDFILE, OPTION_TEXT,     "pidfile",        '\0',
    "PIDFILE",   .words = "file", .group = control, .help = "write the process id to this file"};
SPEC krun_log_level = {OPT_KRUN_LOG_LEVEL,
                       OPTION_NUMBER,
                       "krun-log-level",
                       '\0',
                       "N",
                       read_rust_u32,
                       .words = "0 1 2 3 4 5",
                       .group = control,
                       .help = "0 off, 1 error, 2 warn, 3 info (default), 4 debug, 5 trace"};
SPEC log_file = {OPT_LOG_FILE,     OPTION_TEXT,
                 "log-file",       '\0',
                 "PATH",           .words = "file",
                 .group = control, .help = "append the log to this file instead of standard error"};
SPEC krun_version = {OPT_VERSION,
                     OPTION_SWITCH,
                     "version",
                     'V',
                     NULL,
                     .group = other,
                     .help = "print the version and exit"};

/* ---- berth alone */
SPEC memory = {
    OPT_MEMORY,       OPTION_NUMBER,
    "memory",         'm',
    "SIZE",           read_krun_memory,
    .group = machine, .help = "memory in MiB, or with a suffix M, G, T or P (default 512)"};
SPEC accel = {
    OPT_ACCEL,
    OPTION_TEXT,
    "accel",
    '\0',
    "NAME[,OPTIONS]",
    .words = "auto soft kvm hvf vz",
    .group = machine,
    .help = "what runs the guest's code: auto (default: the best that works), soft, kvm, hvf, vz"};
SPEC arch = {OPT_ARCH,         OPTION_TEXT,
             "arch",           '\0',
             "ARCH",           .words = "auto arm64 x86_64",
             .group = machine, .help = "auto (default: from what is booted), arm64, x86_64"};
SPEC on_panic = {OPT_ON_PANIC,
                 OPTION_TEXT,
                 "on-panic",
                 '\0',
                 "ACTION",
                 .words = "exit reset pause ignore",
                 .group = control,
                 .help = "when the guest's kernel panics: exit (default), reset, pause, ignore"};
SPEC berth_log_level = {OPT_LOG_LEVEL,    OPTION_TEXT,
                        "log-level",      '\0',
                        "LEVEL",          .words = "off error warn info debug trace",
                        .group = control, .help = "off, error, warn, info (default), debug, trace"};
SPEC dry_run = {OPT_DRY_RUN,
                OPTION_SWITCH,
                "dry-run",
                '\0',
                NULL,
                .group = other,
                .help = "print the resolved configuration as JSON and exit"};
SPEC berth_version = {
    OPT_VERSION,
    OPTION_SWITCH,
    "version",
    'v',
    NULL,
    .group = other,
    .help = "print the version and exit; --version -v: also what this build contains"};

static const struct option_spec *const vfkit[] = {
    &bootloader, &kernel,  &kernel_cmdline, &initrd,   &cpus,     &memory_mib,  &nested,
    &device,     &gui,     &cloud_init,     &ignition, &timesync, &restful_uri, &pidfile,
    &log_level,  &version, &help,
};

static const struct option_spec *const krunkit[] = {
    &krun_cpus,    &krun_memory,    &nested,     &krun_bootloader, &firmware_path,
    &krun_device,  &krun_gui,       &oem_string, &krun_timesync,   &krun_restful_uri,
    &krun_pidfile, &krun_log_level, &log_file,   &krun_version,    &help,
};

static const struct option_spec *const berth[] = {
    &bootloader,    &kernel,   &kernel_cmdline,  &initrd,
    &firmware_path, &cpus,     &memory,          &accel,
    &arch,          &nested,   &device,          &gui,
    &cloud_init,    &ignition, &timesync,        &oem_string,
    &restful_uri,   &pidfile,  &berth_log_level, &krun_log_level,
    &log_file,      &on_panic, &dry_run,         &berth_version,
    &help,
};

const struct option_table options_vfkit = {"vfkit", vfkit, ARRAY_LEN(vfkit)};
const struct option_table options_krunkit = {"krunkit", krunkit, ARRAY_LEN(krunkit)};
const struct option_table options_berth = {"berth", berth, ARRAY_LEN(berth)};
