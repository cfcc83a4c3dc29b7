/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-gpu and virtio-input: vfkit-compat.md §7.8 and §7.9. Keyboard and pointer are USB devices
 * here, whatever the option is called. The window itself: window.c. */
#include <errno.h>

#include "engine/vz/build.h"
#include "engine/vz/foundation.h"

enum { MAC_PIXELS_PER_INCH = 80 }; /* upstream's */

static id list_of(id obj)
{
    id list = ns_array(VZ_CLASS(NSMutableArray));

    ns_array_add(list, obj);
    return list;
}

static id mac_gpu(const struct gpu_config *gpu)
{
    id device = vz_new(VZ_CLASS(VZMacGraphicsDeviceConfiguration));
    id display = objc_autorelease(vz_mac_display_init(
        VZ_ALLOC(VZMacGraphicsDisplayConfiguration), gpu->width, gpu->height, MAC_PIXELS_PER_INCH));

    vz_mac_gpu_set_displays(device, list_of(display));
    return device;
}

static id linux_gpu(const struct gpu_config *gpu)
{
    id device = vz_new(VZ_CLASS(VZVirtioGraphicsDeviceConfiguration));
    id scanout = objc_autorelease(
        vz_scanout_init(VZ_ALLOC(VZVirtioGraphicsScanoutConfiguration), gpu->width, gpu->height));

    vz_gpu_set_scanouts(device, list_of(scanout));
    return device;
}

int vz_add_gpu(struct vz_build *b, const struct device_config *dev, struct err *err)
{
    bool is_mac = b->cfg->bootloader.kind == BOOT_MACOS;

    ns_array_add(b->graphics, is_mac ? mac_gpu(&dev->gpu) : linux_gpu(&dev->gpu));
    return 0;
}

int vz_add_input(struct vz_build *b, const struct device_config *dev, struct err *err)
{
    if (dev->input == INPUT_KEYBOARD)
        ns_array_add(b->keyboards, vz_new(VZ_CLASS(VZUSBKeyboardConfiguration)));
    else
        ns_array_add(b->pointing,
                     vz_new(VZ_CLASS(VZUSBScreenCoordinatePointingDeviceConfiguration)));
    return 0;
}
