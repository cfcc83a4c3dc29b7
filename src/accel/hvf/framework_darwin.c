/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the framework is on a Mac. It is linked, so opening it again costs nothing. */
#include <dlfcn.h>

#include "accel/hvf/hv_later.h"

#define FRAMEWORK "/System/Library/Frameworks/Hypervisor.framework/Versions/A/Hypervisor"

void *hv_symbol(const char *name)
{
    void *framework = dlopen(FRAMEWORK, RTLD_LAZY | RTLD_LOCAL);

    return framework ? dlsym(framework, name) : NULL;
}
