/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether Virtualization.framework could save and restore the VM of a vfkit command line, which
 * Apple documents for no device: the configuration is built as engine/vz builds it, and asked. Part
 * of `make check-mac`; no VM is started.
 *
 *     probe_save OPTION...     one line: "yes", or "no: " and Apple's reason */
#include <dlfcn.h>
#include <stdio.h>

#include "config/parse.h"
#include "engine/vz/build.h"
#include "engine/vz/foundation.h"

#define FRAMEWORK "/System/Library/Frameworks/Virtualization.framework/Versions/A/Virtualization"

/* Of macOS 14; not among engine/vz's own messages, so it is sent from here. */
static bool can_save(id config, id *ret_error)
{
    bool (*send)(id, SEL, id *) = (bool (*)(id, SEL, id *))objc_msgSend;

    return send(config, sel_registerName("validateSaveRestoreSupportWithError:"), ret_error);
}

static int ask(struct vm_config *cfg, struct err *err)
{
    struct vz_leftovers left = {0};
    struct vz_build b = {.cfg = cfg, .left = &left};
    id error = NULL;
    int rc = macos_require(1400, "saving a VM", "update it", err);

    if (rc == 0)
        rc = vz_build_base(&b, err);
    if (rc == 0)
        rc = vz_build_devices(&b, err);
    if (rc == 0 && !can_save(b.config, &error))
        rc = vz_error(err, error, "no");
    vz_leftovers_finish(&left);
    return rc;
}

static int build_config(int argc, char **argv, struct vm_config *cfg, struct err *err)
{
    const struct config_hooks hooks = {0};
    struct cmdline cl;
    int rc = cmdline_parse(PERSONALITY_VFKIT, argc, argv, &cl, err);

    if (rc)
        return rc;
    rc = cmdline_build(&cl, &hooks, cfg, err);
    cmdline_finish(&cl);
    return rc ? rc : vm_config_check(cfg, err);
}

int main(int argc, char **argv)
{
    struct vm_config cfg;
    struct err err = {0};
    void *pool = objc_autoreleasePoolPush();
    int rc = -1;

    vm_config_init(&cfg, PERSONALITY_VFKIT);
    if (!VZ_CLASS(VZVirtualMachineConfiguration) && !dlopen(FRAMEWORK, RTLD_LAZY | RTLD_GLOBAL))
        (void)err_set(&err, rc, "no: the framework is not here");
    else if (build_config(argc, argv, &cfg, &err) == 0)
        rc = ask(&cfg, &err);
    (void)puts(rc == 0 ? "yes" : err.text);
    vm_config_finish(&cfg);
    objc_autoreleasePoolPop(pool);
    return rc == 0 ? 0 : 1;
}
