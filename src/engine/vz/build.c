/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole configuration, part by part, and validation after each half: the first tells whether
 * this process may have a VM at all, before a socket is opened or a log is truncated. */
#include "engine/vz/build.h"

#include "engine/engine_ops.h"
#include "engine/vz/foundation.h"

static int validate(struct vz_build *b, struct err *err)
{
    id error = NULL;
    int rc;

    if (vz_config_validate(b->config, &error))
        return 0;
    rc = vz_error(err, error, "Virtualization framework");
    b->denied = rc == ENGINE_DENIED;
    return rc;
}

int vz_build_base(struct vz_build *b, struct err *err)
{
    int rc;

    b->config = vz_new(VZ_CLASS(VZVirtualMachineConfiguration));
    vz_config_set_cpus(b->config, b->cfg->cpus);
    vz_config_set_memory(b->config, b->cfg->memory_bytes);
    rc = vz_build_boot_loader(b, err);
    if (rc == 0)
        rc = vz_build_platform(b, err);
    return rc < 0 ? rc : validate(b, err);
}

static id new_list(void)
{
    return ns_array(VZ_CLASS(NSMutableArray));
}

static id list_of_new(id class)
{
    id list = new_list();

    ns_array_add(list, vz_new(class));
    return list;
}

/* The framework takes one of each of these; a second one replaces the first, or joins it. */
static void set_singles(struct vz_build *b)
{
    b->has_vsock = b->cfg->timesync_port || b->cfg->ignition_path;
    for (size_t i = 0; i < b->cfg->nr_devices; i++) {
        enum device_kind kind = b->cfg->devices[i].kind;

        b->has_vsock |= kind == DEVICE_VSOCK;
        if (kind == DEVICE_BALLOON)
            vz_config_set_balloons(
                b->config,
                list_of_new(VZ_CLASS(VZVirtioTraditionalMemoryBalloonDeviceConfiguration)));
    }
    if (b->has_vsock)
        vz_config_set_sockets(b->config, list_of_new(VZ_CLASS(VZVirtioSocketDeviceConfiguration)));
}

static int add_device(struct vz_build *b, id entropy, struct device_config *dev, struct err *err)
{
    switch (dev->kind) {
    case DEVICE_BLK:
    case DEVICE_NVME:
    case DEVICE_USB_MASS_STORAGE:
        return vz_add_disk(b, dev, err);
    case DEVICE_NBD:
        return vz_add_nbd(b, dev, err);
    case DEVICE_NET:
        return vz_add_net(b, dev, err);
    case DEVICE_SERIAL:
        return vz_add_serial(b, dev, err);
    case DEVICE_FS:
        return vz_add_fs(b, dev, err);
    case DEVICE_ROSETTA:
        return vz_add_rosetta(b, dev, err);
    case DEVICE_GPU:
        return vz_add_gpu(b, dev, err);
    case DEVICE_INPUT:
        return vz_add_input(b, dev, err);
    case DEVICE_RNG:
        ns_array_add(entropy, vz_new(VZ_CLASS(VZVirtioEntropyDeviceConfiguration)));
        return 0;
    case DEVICE_VSOCK:
    case DEVICE_BALLOON: /* set_singles */
        return 0;
    }
    return 0;
}

static void set_lists(struct vz_build *b, id entropy)
{
    id config = b->config, consoles = new_list();

    if (b->ptys)
        ns_array_add(consoles, b->ptys);
    vz_config_set_storage(config, b->storage);
    vz_config_set_network(config, b->network);
    vz_config_set_serial_ports(config, b->serial_ports);
    vz_config_set_consoles(config, consoles);
    vz_config_set_shares(config, b->shares);
    vz_config_set_graphics(config, b->graphics);
    vz_config_set_keyboards(config, b->keyboards);
    vz_config_set_pointing(config, b->pointing);
    vz_config_set_entropy(config, entropy);
}

int vz_build_devices(struct vz_build *b, struct err *err)
{
    id entropy = new_list();
    id *const lists[] = {&b->storage,  &b->network,   &b->serial_ports, &b->shares,
                         &b->graphics, &b->keyboards, &b->pointing,     &b->net_names};
    int rc = 0;

    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        *lists[i] = new_list();
    for (size_t i = 0; i < b->cfg->nr_devices && rc == 0; i++)
        rc = add_device(b, entropy, &b->cfg->devices[i], err);
    if (rc < 0)
        return rc;
    set_lists(b, entropy);
    set_singles(b);
    return validate(b, err);
}
