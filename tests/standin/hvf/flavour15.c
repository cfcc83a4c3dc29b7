/* SPDX-License-Identifier: Apache-2.0
 *
 * A Mac with macOS 15: its own GIC (gic.c), and EL2 for guests to ask for, which this one has not. */
#include "rest.h"
#include "gic.h"
#include "standin.h"

const struct standin_flavour standin_flavour = {
    .macos = 15, .ipa_bits = 36, .max_ipa_bits = 40, .gic = &standin_gic_ops};

hv_return_t hv_vm_config_get_el2_supported(bool *supported)
{
    *supported = false;
    return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_el2_enabled(hv_vm_config_t config, bool *enabled)
{
    if (!config)
        return HV_BAD_ARGUMENT;
    *enabled = false;
    return HV_SUCCESS;
}

hv_return_t hv_vm_config_set_el2_enabled(hv_vm_config_t config, bool enabled)
{
    if (!config)
        return HV_BAD_ARGUMENT;
    return enabled ? HV_UNSUPPORTED : HV_SUCCESS;
}
