/* SPDX-License-Identifier: Apache-2.0
 *
 * What the user asked for: pure data, no file opened, nothing checked against the host. Made by the parsers of the
 * command lines (vfkit.c, krunkit.c, berth.c) or from JSON (json.c); read by everyone, changed by nobody after
 * start-up but for the run-time facts marked so. All strings are owned by the configuration; NULL means "not given". */
#ifndef BERTH_CONFIG_CONFIG_H
#define BERTH_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

enum personality { PERSONALITY_BERTH, PERSONALITY_VFKIT, PERSONALITY_KRUNKIT };

enum accel_kind { ACCEL_AUTO, ACCEL_SOFT, ACCEL_KVM, ACCEL_HVF, ACCEL_VZ };
enum guest_arch { ARCH_AUTO, ARCH_ARM64, ARCH_X86_64 };

enum bootloader_kind { BOOT_NONE, BOOT_LINUX, BOOT_EFI, BOOT_MACOS };

struct bootloader_config {
    enum bootloader_kind kind;
    char *kernel, *initrd, *cmdline;                        /* BOOT_LINUX */
    char *variable_store;                                   /* BOOT_EFI */
    bool create_variable_store;                             /* BOOT_EFI */
    char *machine_identifier, *hardware_model, *aux_image;  /* BOOT_MACOS */
};

enum device_kind {
    DEVICE_BLK, DEVICE_NVME, DEVICE_USB_MASS_STORAGE, DEVICE_NBD, DEVICE_NET, DEVICE_SERIAL, DEVICE_VSOCK,
    DEVICE_FS, DEVICE_ROSETTA, DEVICE_RNG, DEVICE_BALLOON, DEVICE_GPU, DEVICE_INPUT,
};

enum disk_format { DISK_RAW, DISK_QCOW2 };

struct disk_config { /* blk, nvme, usb-mass-storage */
    char *path;
    char *type;       /* as given: "image", "dev", or NULL */
    char *device_id;  /* virtio-blk serial */
    bool read_only;
    enum disk_format format; /* krunkit, berth */
    bool cloud_init;  /* ours: made from --cloud-init, deleted on exit */
};

struct nbd_config {
    char *uri, *device_id;
    int32_t timeout_ms;
    bool sync_full, read_only;
};

enum net_kind { NET_NAT, NET_FD, NET_UNIXGRAM, NET_UNIXSTREAM };

struct net_config {
    enum net_kind kind;
    int fd;              /* NET_FD, or krunkit's type=…,fd= ; -1: none */
    bool fd_stream;      /* fd speaks the stream framing */
    char *path;
    bool magic, offloading;
    bool has_mac;        /* as given; without it a random one is used and not shown */
    uint8_t mac[6];
};

enum serial_kind { SERIAL_LOG, SERIAL_STDIO, SERIAL_PTY };

struct serial_config {
    enum serial_kind kind;
    char *log_path;
    char *pty_name;      /* run time: filled in by the engine */
};

struct vsock_config {
    uint32_t port;
    char *socket_path;
    bool listen;         /* guest connects; otherwise the host does */
};

struct fs_config {
    char *shared_dir;
    char *mount_tag;     /* as given, or the default the personality gives */
    bool complete_permissions; /* krunkit 1.3 permissionSemantics */
};

/* virtio 1.2 §5.11.4: 36 bytes, padded with NULs, so that many may be in use. Apple's documents
 * allow one less; the framework takes what podman has always given it, which is 36. */
enum { FS_TAG_MAX = 36 };

struct rosetta_config {
    char *mount_tag;
    bool install, ignore_if_missing;
};

enum { GPU_DEFAULT_WIDTH = 800, GPU_DEFAULT_HEIGHT = 600 };

struct gpu_config {
    uint32_t width, height;
    bool use_gui;
};

enum input_kind { INPUT_KEYBOARD, INPUT_POINTING };

struct device_config {
    enum device_kind kind;
    union {
        struct disk_config disk;
        struct nbd_config nbd;
        struct net_config net;
        struct serial_config serial;
        struct vsock_config vsock;
        struct fs_config fs;
        struct rosetta_config rosetta;
        struct gpu_config gpu;
        enum input_kind input;
    };
};

enum rest_kind { REST_NONE, REST_TCP, REST_UNIX };

struct rest_config {
    enum rest_kind kind;
    char *host;          /* REST_TCP: as given, without brackets; "" is every address */
    uint16_t port;
    char *path;          /* REST_UNIX */
};

enum config_log_level { CONFIG_LOG_ERROR, CONFIG_LOG_WARN, CONFIG_LOG_INFO, CONFIG_LOG_DEBUG, CONFIG_LOG_TRACE, CONFIG_LOG_OFF };

/* krunkit's numbers: 0 off, 1 error, 2 warn, 3 info, 4 debug, 5 and up trace. */
enum config_log_level config_log_level_of(uint64_t krun_level);

/* What the guest sees when it panics through pvpanic: a `berth` option. */
enum panic_action { PANIC_EXIT, PANIC_RESET, PANIC_PAUSE, PANIC_IGNORE };

struct vm_config {
    enum personality personality;
    unsigned cpus;
    uint64_t memory_bytes;
    struct bootloader_config bootloader;
    struct device_config *devices; /* command-line order, then cloud-init's disk, then --gui's additions */
    size_t nr_devices;
    struct rest_config rest;
    uint32_t timesync_port;        /* 0: off */
    char *ignition_path;
    char **cloud_init;             /* file paths */
    size_t nr_cloud_init;
    char **oem_strings;            /* SMBIOS type 11 */
    size_t nr_oem_strings;
    char *pidfile, *log_file, *firmware_path;
    bool gui, nested;
    enum config_log_level log_level;
    /* berth's own */
    enum accel_kind accel;
    char *accel_options;           /* text after the name in --accel NAME,… */
    enum guest_arch arch;
    enum panic_action on_panic;
    bool dry_run;
};

/* A configuration with every default of `personality`. */
void vm_config_init(struct vm_config *cfg, enum personality personality);
void vm_config_finish(struct vm_config *cfg);

/* Frees what one of them owns. */
void device_config_finish(struct device_config *dev);
void bootloader_config_finish(struct bootloader_config *b);

/* The bytes that the guest mounts `fs` by, its sharedDir given: its mountTag, or else that directory's
 * name. They belong to `fs` and are not terminated. Returns how many. */
size_t fs_config_tag(const struct fs_config *fs, const char **ret);

/* A new zeroed device of `kind` at the end. NULL: out of memory. Valid until the next call. */
NODISCARD struct device_config *vm_config_add_device(struct vm_config *cfg, enum device_kind kind);

#endif
