/* SPDX-License-Identifier: Apache-2.0
 *
 * The framework is linked, so opening it again costs nothing. */
#include <dlfcn.h>
#include <stddef.h>
#include <sys/sysctl.h>

#include "accel/hvf/framework.h"

#define FRAMEWORK "/System/Library/Frameworks/Hypervisor.framework/Versions/A/Hypervisor"

void *hv_symbol(const char *name)
{
    void *framework = dlopen(FRAMEWORK, RTLD_LAZY | RTLD_LOCAL);

    return framework ? dlsym(framework, name) : NULL;
}

bool hv_host_supports(void)
{
    int supported = 0;
    size_t len = sizeof(supported);

    return sysctlbyname("kern.hv_support", &supported, &len, NULL, 0) == 0 && supported;
}
