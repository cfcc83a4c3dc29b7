/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the kernel; the framework itself, and the entitlement it wants, are tried when a VM starts.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/sysctl.h>

#include "accel/hvf/probe.h"

int hvf_probe(struct err *err)
{
    int supported = 0;
    size_t len = sizeof(supported);

    if (sysctlbyname("kern.hv_support", &supported, &len, NULL, 0) || !supported)
        return err_set(err, -ENOTSUP,
                       "this Mac (or the virtual machine it is) offers no Hypervisor framework: "
                       "kern.hv_support is 0");
    return 0;
}
