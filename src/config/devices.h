/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar of --device as data: a table of device types, each a table of keys. Two tables,
 * because vfkit and krunkit differ in almost every key; berth uses vfkit's with the keys marked
 * `berth_only`. Help and completions read them too. */
#ifndef BERTH_CONFIG_DEVICES_H
#define BERTH_CONFIG_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"

struct device_type;

/* A device while its text is being read: the result, and what only the rules between keys need. */
struct device_draft {
    struct device_config dev;
    const struct device_type *type;
    enum personality personality;
    union {
        struct {
            bool nat, has_fd, has_type, has_magic, magic, has_offloading, by_path, stream;
            const char *needs_type; /* first key given that makes no sense without type= */
        } net;
        struct {
            bool log, stdio, pty;
        } serial;
        struct {
            bool chosen;
        } input;
        struct {
            bool listen, connect;
        } vsock;
    };
};

struct device_key {
    const char *name;
    /* Reads `value` ("" when there was none) into the draft. 0, -ENOMEM, or -EINVAL with the
     * contract's sentence. */
    int (*read)(struct device_draft *d, const struct device_key *key, const char *value,
                struct err *reason);
    size_t offset;      /* for the generic readers: the member inside struct device_config */
    bool required;      /* krunkit: `<device> is missing argument: <key>` */
    bool berth_only;    /* vfkit's table: unknown to vfkit itself */
    const char *values; /* for help: "PATH", "on|off"; NULL: the key stands alone */
};

struct device_type {
    const char *name;
    enum device_kind kind;
    const struct device_key *keys;
    size_t nr_keys;
    const char *unknown; /* vfkit's table: "unknown option for NAME devices", before ": <key>" */
    /* The rules between keys, after the last; may be NULL. */
    int (*finish)(struct device_draft *d, struct err *reason);
    const char *help;
};

struct device_table {
    const struct device_type *types;
    size_t nr;
};
extern const struct device_table devices_vfkit, devices_krunkit;

/* Read one --device value; the device becomes the caller's, with device_config_finish. 0, -ENOMEM
 * or -EINVAL. */
NODISCARD int vfkit_parse_device(const char *text, enum personality personality,
                                 struct device_config *ret, struct err *reason);
NODISCARD int krunkit_parse_device(const char *text, struct device_config *ret, struct err *reason);

/* Generic readers. Text: the last one given wins, "" is kept as NULL. */
int read_text(struct device_draft *d, const struct device_key *key, const char *value,
              struct err *reason);
/* A switch whose value, if any, is ignored. */
int read_flag(struct device_draft *d, const struct device_key *key, const char *value,
              struct err *reason);

/* vfkit's checks of a whole device that come when the VM is built (§7, "B"): mandatory members,
 * nbd's rules. Pure. */
NODISCARD int device_check(const struct device_config *dev, struct err *err);

/* "virtio-blk" and so on. */
const char *device_kind_name(enum device_kind kind);

#endif
