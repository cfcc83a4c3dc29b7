/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit's clients expect Apple's devices, so they get Apple's engine wherever it exists; everybody
 * else gets ours, but for x86-64 guests, for which it has no board. */
#include "engine/select.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/log.h"
#include "boot/kernel_file.h"

/* What the files say without being asked much: an arm64 kernel shows itself in its first bytes. */
static enum guest_arch guest_arch(const struct vm_config *cfg)
{
    struct boot_source kernel = {.fd = -1};
    struct kernel_file file;
    bool is_arm64;

    if (cfg->arch != ARCH_AUTO)
        return cfg->arch;
    if (cfg->bootloader.kind == BOOT_MACOS)
        return ARCH_ARM64;
    if (cfg->bootloader.kind != BOOT_LINUX || !cfg->bootloader.kernel ||
        boot_source_open(&kernel, "kernel", cfg->bootloader.kernel, NULL) < 0)
        return ARCH_AUTO;
    is_arm64 = kernel_file_identify(&kernel, &file, NULL) == 0;
    boot_source_close(&kernel);
    return is_arm64 ? ARCH_ARM64 : ARCH_AUTO;
}

/* Whether nobody but Apple's engine should be tried first. */
static bool prefers_vz(const struct vm_config *cfg, enum guest_arch arch)
{
    switch (cfg->personality) {
    case PERSONALITY_VFKIT:
        return true;
    case PERSONALITY_BERTH: /* an Intel Mac, or a guest for one */
        return arch != ARCH_ARM64 && engine_vz.probe(ARCH_X86_64, NULL) == 0;
    default:
        return false;
    }
}

/* Once: the question is asked at several places of a start. */
static void say_why_not(const struct err *why)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;

    if (!atomic_flag_test_and_set(&said))
        log_warn("%s; the native engine takes over", why->text);
}

int engine_select(const struct vm_config *cfg, const struct engine_ops **ret, struct err *err)
{
    enum guest_arch arch = guest_arch(cfg);
    struct err why = {0};
    int rc;

    *ret = &engine_native;
    if (cfg->accel != ACCEL_VZ && (cfg->accel != ACCEL_AUTO || !prefers_vz(cfg, arch)))
        return 0;
    rc = engine_vz.probe(arch, &why);
    if (rc == 0) {
        *ret = &engine_vz;
        return 0;
    }
    if (cfg->accel == ACCEL_VZ)
        return err_set(err, -ENOTSUP, "%s; use --accel auto", why.text);
    if (rc != -ENOSYS)
        say_why_not(&why);
    return 0;
}
