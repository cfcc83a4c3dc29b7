/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two device grammars share, and the checks that vfkit makes only when it builds the VM.
 */
#include "config/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/text.h"

const char *device_kind_name(enum device_kind kind)
{
    static const char *const names[] = {
        [DEVICE_BLK] = "virtio-blk",
        [DEVICE_NVME] = "nvme",
        [DEVICE_USB_MASS_STORAGE] = "usb-mass-storage",
        [DEVICE_NBD] = "nbd",
        [DEVICE_NET] = "virtio-net",
        [DEVICE_SERIAL] = "virtio-serial",
        [DEVICE_VSOCK] = "virtio-vsock",
        [DEVICE_FS] = "virtio-fs",
        [DEVICE_ROSETTA] = "rosetta",
        [DEVICE_RNG] = "virtio-rng",
        [DEVICE_BALLOON] = "virtio-balloon",
        [DEVICE_GPU] = "virtio-gpu",
        [DEVICE_INPUT] = "virtio-input",
    };

    return names[kind];
}

static void *member(struct device_draft *d, const struct device_key *key)
{
    return (char *)&d->dev + key->offset;
}

int read_text(struct device_draft *d, const struct device_key *key, const char *value,
              struct err *reason)
{
    char **slot = member(d, key), *copy = NULL;

    if (*value) {
        copy = strdup(value);
        if (!copy)
            return -ENOMEM;
    }
    free(*slot);
    *slot = copy;
    return 0;
}

int read_flag(struct device_draft *d, const struct device_key *key, const char *value,
              struct err *reason)
{
    *(bool *)member(d, key) = true;
    return 0;
}

static int check_nbd(const struct nbd_config *nbd, struct err *err)
{
    static const char *const schemes[] = {"nbd", "nbds", "nbd+unix", "nbds+unix"};
    size_t scheme_len;

    if (!nbd->uri)
        return err_set(err, -EINVAL, "invalid NBD device 'uri': 'uri' must be specified");
    scheme_len = strcspn(nbd->uri, ":");
    for (size_t i = 0; i <= ARRAY_LEN(schemes); i++) {
        if (i == ARRAY_LEN(schemes))
            return err_set(
                err, -EINVAL,
                "invalid NBD device 'uri': invalid scheme: %.*s. Expected one of: 'nbd', 'nbds', "
                "'nbd+unix', or 'nbds+unix'",
                nbd->uri[scheme_len] ? (int)scheme_len : 0, nbd->uri);
        if (nbd->uri[scheme_len] && strlen(schemes[i]) == scheme_len &&
            !strncmp(nbd->uri, schemes[i], scheme_len))
            break;
    }
    if (!nbd->device_id)
        return err_set(err, -EINVAL, "invalid NBD device 'deviceId': 'deviceId' must be specified");
    if (strchr(nbd->device_id, '/'))
        return err_set(err, -EINVAL,
                       "invalid NBD device 'deviceId': invalid 'deviceId': it cannot contain any "
                       "forward slash");
    if (strlen(nbd->device_id) > 255)
        return err_set(err, -EINVAL,
                       "invalid NBD device 'deviceId': invalid 'deviceId': exceeds maximum length");
    return 0;
}

/* virtio 1.2 §5.2.6: VIRTIO_BLK_T_GET_ID returns 20 bytes. */
enum { DEVICE_ID_MAX = 20 };

static int check_disk(const struct device_config *dev, struct err *err)
{
    const char *id = dev->disk.device_id;

    if (!dev->disk.path)
        return err_set(err, -EINVAL, "missing mandatory 'path' option for %s device",
                       device_kind_name(dev->kind));
    for (const char *p = id; p && *p; p++)
        if (p - id >= DEVICE_ID_MAX || (unsigned char)*p >= 0x80)
            return err_set(err, -EINVAL,
                           "invalid virtio-blk 'deviceId': %s (at most %d ASCII characters)", id,
                           DEVICE_ID_MAX);
    return 0;
}

static int check_fs(const struct fs_config *fs, struct err *err)
{
    const char *tag;
    size_t len;

    if (!fs->shared_dir)
        return err_set(err, -EINVAL, "missing mandatory 'sharedDir' option for virtio-fs device");
    len = fs_config_tag(fs, &tag);
    if (len <= FS_TAG_MAX)
        return 0;
    (void)err_set(err, -EINVAL, "invalid virtio-fs 'mountTag': %.*s (at most %d bytes)", (int)len,
                  tag, FS_TAG_MAX);
    return tag == fs->mount_tag ? -EINVAL
                                : err_hint(err, "it is the name of sharedDir; add mountTag=NAME");
}

static int check_rosetta(const struct rosetta_config *rosetta, struct err *err)
{
    if (!rosetta->mount_tag) /* vfkit's own spelling */
        return err_set(err, -EINVAL, "missing mandatory 'mountTage' option for rosetta share");
    if (strlen(rosetta->mount_tag) > FS_TAG_MAX)
        return err_set(err, -EINVAL, "invalid rosetta 'mountTag': %s (at most %d bytes)",
                       rosetta->mount_tag, FS_TAG_MAX);
    return 0;
}

/* krunkit finds a socket without a place only now (§16.3). */
static int check_net(const struct net_config *net, struct err *err)
{
    if (net->path || net->kind == NET_NAT || net->kind == NET_FD)
        return 0;
    return err_set(
        err, -EINVAL,
        "virtio-net unable to add device with unix %s backend: neither path nor fd is given",
        net->kind == NET_UNIXSTREAM ? "stream" : "datagram");
}

static int check_serial(const struct serial_config *serial, struct err *err)
{
    if (serial->kind == SERIAL_LOG && !serial->log_path)
        return err_set(err, -EINVAL, "virtio-serial: logFilePath is empty");
    return 0;
}

int device_check(const struct device_config *dev, struct err *err)
{
    switch (dev->kind) {
    case DEVICE_BLK:
    case DEVICE_NVME:
    case DEVICE_USB_MASS_STORAGE:
        return check_disk(dev, err);
    case DEVICE_NBD:
        return check_nbd(&dev->nbd, err);
    case DEVICE_NET:
        return check_net(&dev->net, err);
    case DEVICE_SERIAL:
        return check_serial(&dev->serial, err);
    case DEVICE_FS:
        return check_fs(&dev->fs, err);
    case DEVICE_ROSETTA:
        return check_rosetta(&dev->rosetta, err);
    default:
        return 0;
    }
}
