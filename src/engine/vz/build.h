/* SPDX-License-Identifier: Apache-2.0
 *
 * From a vm_config to a VZVirtualMachineConfiguration: one file for each kind of thing, each adding
 * its objects to the lists here. The order of a list is that of the command line and decides what
 * the guest enumerates. The table of what becomes what: macos-backends.md §2.5.
 *
 * Everything here is called on the loop thread with an autorelease pool in force, which owns every
 * object; the configuration retains what is added to it. Each function returns 0, or -errno with
 * the sentence in `err`. */
#ifndef BERTH_ENGINE_VZ_BUILD_H
#define BERTH_ENGINE_VZ_BUILD_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "engine/vz/calls.h"
#include "engine/vz/leftovers.h"

struct vz_build {
    struct vm_config *cfg;
    struct vz_leftovers *left; /* what has to be undone when the VM is gone */
    bool denied;               /* macOS lets this process have no VM, whatever its configuration */
    bool has_vsock;
    id config; /* VZVirtualMachineConfiguration */
    id storage, network, serial_ports, shares, graphics, keyboards, pointing; /* NSMutableArray */
    id ptys; /* the shared console device of all pseudo-terminals, or NULL */
    NSUInteger nr_ptys;
    id net_names; /* NSMutableArray of NSString, for messages: "virtio-net 2 (PATH)" */
};

/* CPUs, memory, boot loader, platform: a VM without devices. Touches nothing outside but a copy of
 * a packed kernel and, if asked for, a new EFI variable store. */
NODISCARD int vz_build_base(struct vz_build *b, struct err *err);
/* The devices of cfg, and what other options need of devices. */
NODISCARD int vz_build_devices(struct vz_build *b, struct err *err);

/* --- the parts of those two --- */

NODISCARD int vz_build_boot_loader(struct vz_build *b, struct err *err);
NODISCARD int vz_build_platform(struct vz_build *b, struct err *err);

NODISCARD int vz_add_disk(struct vz_build *b, const struct device_config *dev, struct err *err);
NODISCARD int vz_add_nbd(struct vz_build *b, const struct device_config *dev, struct err *err);
NODISCARD int vz_add_net(struct vz_build *b, struct device_config *dev, struct err *err);
NODISCARD int vz_add_serial(struct vz_build *b, struct device_config *dev, struct err *err);
NODISCARD int vz_add_fs(struct vz_build *b, const struct device_config *dev, struct err *err);
NODISCARD int vz_add_rosetta(struct vz_build *b, const struct device_config *dev, struct err *err);
NODISCARD int vz_add_gpu(struct vz_build *b, const struct device_config *dev, struct err *err);
NODISCARD int vz_add_input(struct vz_build *b, const struct device_config *dev, struct err *err);

/* Whether macOS's framework could do all of `cfg` here. engine_ops.supports and .nested. */
NODISCARD int vz_supports(const struct vm_config *cfg, struct err *err);
NODISCARD int vz_nested(const struct vm_config *cfg, struct err *err);

#endif
