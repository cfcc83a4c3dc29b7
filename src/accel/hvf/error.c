/* SPDX-License-Identifier: Apache-2.0
 *
 * Every hv_return_t (Hypervisor/hv_kern_types.h): name, errno, remedy. */
#include "accel/hvf/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { WHAT_MAX = 256 };

struct answer {
    hv_return_t status;
    int code;
    const char *name, *remedy;
};

static const struct answer unknown = {
    HV_ERROR, -EIO, "an unknown answer",
    "it is not in the framework's documentation; report it with the output of 'berth doctor'"};

static const struct answer answers[] = {
    {HV_ERROR, -EIO, "HV_ERROR",
     "the framework does not say why; report it with the output of 'berth doctor'"},
    {HV_BUSY, -EBUSY, "HV_BUSY",
     "a process has one VM, and this one has it already; start another process"},
    {HV_BAD_ARGUMENT, -EINVAL, "HV_BAD_ARGUMENT",
     "this macOS does not take that value; report it with the output of 'berth doctor'"},
    {HV_ILLEGAL_GUEST_STATE, -EIO, "HV_ILLEGAL_GUEST_STATE",
     "the guest's registers hold something that the CPU refuses; try --accel soft"},
    {HV_NO_RESOURCES, -ENOMEM, "HV_NO_RESOURCES",
     "the host is out of memory or of room for virtual machines; ask for fewer --cpus or less "
     "--memory, or stop another VM"},
    {HV_NO_DEVICE, -ENODEV, "HV_NO_DEVICE",
     "the VM or vCPU is gone; report it with the output of 'berth doctor'"},
    {HV_DENIED, -EACCES, "HV_DENIED",
     "this program lacks the entitlement com.apple.security.hypervisor; sign it: codesign --force "
     "--sign - --entitlements vm.entitlements PROGRAM"},
    {HV_EXISTS, -EEXIST, "HV_EXISTS",
     "it is there already; report it with the output of 'berth doctor'"},
    {HV_UNSUPPORTED, -ENOTSUP, "HV_UNSUPPORTED",
     "this Mac or its macOS cannot do that; update macOS, or use --accel soft"},
};

static const struct answer *find(hv_return_t status)
{
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        if (answers[i].status == status)
            return &answers[i];
    return &unknown;
}

int hvf_errno(hv_return_t status)
{
    return status == HV_SUCCESS ? 0 : find(status)->code;
}

const char *hvf_status_name(hv_return_t status)
{
    return find(status)->name;
}

const char *hvf_remedy(hv_return_t status)
{
    return find(status)->remedy;
}

int hvf_error(struct err *err, hv_return_t status, const char *what, ...)
{
    const struct answer *a = find(status);
    char text[WHAT_MAX];
    va_list ap;

    if (status == HV_SUCCESS)
        return 0;
    va_start(ap, what);
    (void)vsnprintf(text, sizeof(text), what, ap);
    va_end(ap);
    return err_set(err, a->code, "%s: %s (%#x): %s", text, a->name, (unsigned)status, a->remedy);
}
