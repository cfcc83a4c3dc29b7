/* SPDX-License-Identifier: Apache-2.0
 *
 * Which engine runs what, with an Apple's engine of this test's own making. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine_ops.h"
#include "engine/select.h"

#include <cmocka.h>

/* A Mac's: what its framework runs, or why it does not. */
static struct {
    enum guest_arch arch;
    int status;
    int create_status;
    unsigned created;
} mac;

static int probe(enum guest_arch arch, struct err *err)
{
    if (mac.status < 0)
        return err_set(err, mac.status, "vz: not today");
    if (arch != ARCH_AUTO && arch != mac.arch)
        return err_set(err, -ENOTSUP, "vz: no such guests");
    return 0;
}

static int supports(const struct vm_config *cfg, struct err *err)
{
    return 0;
}

static int create(struct vm_config *cfg, struct loop *loop, const struct vm_observer *observer,
                  struct vm **ret, struct err *err)
{
    mac.created++;
    return err_set(err, mac.create_status, "vz: create");
}

const struct engine_ops engine_vz = {
    .name = "vz", .probe = probe, .supports = supports, .nested = supports, .create = create};

static struct vm_config config(enum personality personality, enum accel_kind accel)
{
    return (struct vm_config){.personality = personality,
                              .accel = accel,
                              .cpus = 1,
                              .memory_bytes = UINT64_C(512) << 20,
                              .bootloader = {.kind = BOOT_EFI}};
}

static const struct engine_ops *chosen(const struct vm_config *cfg)
{
    const struct engine_ops *ops = NULL;
    struct err err = {0};

    return engine_select(cfg, &ops, &err) == 0 ? ops : NULL;
}

static int set_up(void **state)
{
    memset(&mac, 0, sizeof(mac));
    mac.arch = ARCH_ARM64;
    return 0;
}

static void apple_silicon_gives_vfkit_apples_engine(void **state)
{
    struct vm_config vfkit = config(PERSONALITY_VFKIT, ACCEL_AUTO),
                     krunkit = config(PERSONALITY_KRUNKIT, ACCEL_AUTO),
                     berth = config(PERSONALITY_BERTH, ACCEL_AUTO);

    assert_ptr_equal(chosen(&vfkit), &engine_vz);
    assert_ptr_equal(chosen(&krunkit), &engine_native);
    assert_ptr_equal(chosen(&berth), &engine_native);
}

static void intel_runs_x86_guests_with_it(void **state)
{
    struct vm_config berth = config(PERSONALITY_BERTH, ACCEL_AUTO);

    mac.arch = ARCH_X86_64;
    assert_ptr_equal(chosen(&berth), &engine_vz);
    berth.arch = ARCH_X86_64;
    assert_ptr_equal(chosen(&berth), &engine_vz);
    berth.arch = ARCH_ARM64;
    assert_ptr_equal(chosen(&berth), &engine_native);
    berth.personality = PERSONALITY_VFKIT;
    assert_ptr_equal(chosen(&berth), &engine_native);
}

/* An arm64 kernel shows itself, so vfkit on an Intel Mac runs it on the software CPU. */
static void a_kernel_tells_its_architecture(void **state)
{
    struct vm_config cfg = config(PERSONALITY_VFKIT, ACCEL_AUTO);
    char path[] = "/tmp/berth-test-XXXXXX", image[64] = {0};
    int fd = mkstemp(path);

    memcpy(image + 0x38, "ARM\x64", 4);
    assert_true(fd >= 0 && write(fd, image, sizeof(image)) == sizeof(image));
    cfg.bootloader = (struct bootloader_config){.kind = BOOT_LINUX, .kernel = path};
    mac.arch = ARCH_X86_64;
    assert_ptr_equal(chosen(&cfg), &engine_native);
    mac.arch = ARCH_ARM64;
    assert_ptr_equal(chosen(&cfg), &engine_vz);
    (void)close(fd);
    (void)unlink(path);
}

static void asking_decides(void **state)
{
    struct vm_config vz = config(PERSONALITY_BERTH, ACCEL_VZ),
                     soft = config(PERSONALITY_VFKIT, ACCEL_SOFT);
    struct err err = {0};
    const struct engine_ops *ops;

    assert_ptr_equal(chosen(&vz), &engine_vz);
    assert_ptr_equal(chosen(&soft), &engine_native);
    mac.status = -ENOTSUP;
    assert_int_equal(engine_select(&vz, &ops, &err), -ENOTSUP);
    assert_string_equal(err.text, "vz: not today; use --accel auto");
}

static void what_is_missing_is_replaced(void **state)
{
    struct vm_config vfkit = config(PERSONALITY_VFKIT, ACCEL_AUTO);

    mac.status = -ENOTSUP;
    assert_ptr_equal(chosen(&vfkit), &engine_native);
    mac.status = -ENOSYS;
    assert_ptr_equal(chosen(&vfkit), &engine_native);
}

/* The native engine runs no macOS either, so both sentences are told; --accel vz gets one. */
static void denial_goes_to_the_native_engine(void **state)
{
    struct vm_config cfg = config(PERSONALITY_VFKIT, ACCEL_AUTO);
    struct err err = {0};
    struct vm *vm = NULL;

    cfg.bootloader.kind = BOOT_MACOS;
    mac.create_status = ENGINE_DENIED;
    assert_int_equal(vm_create(&cfg, NULL, NULL, &vm, &err), ENGINE_DENIED);
    assert_string_equal(err.text, "vz: create");
    assert_non_null(strstr(err.hint, "macOS guests"));
    err = (struct err){0};
    cfg.accel = ACCEL_VZ;
    assert_int_equal(vm_create(&cfg, NULL, NULL, &vm, &err), ENGINE_DENIED);
    assert_string_equal(err.hint, "");
    assert_int_equal(mac.created, 2);
    mac.create_status = -ENOSPC; /* any other failure is the VM's own */
    cfg.accel = ACCEL_AUTO;
    assert_int_equal(vm_create(&cfg, NULL, NULL, &vm, &err), -ENOSPC);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(apple_silicon_gives_vfkit_apples_engine),
        TEST(intel_runs_x86_guests_with_it),
        TEST(a_kernel_tells_its_architecture),
        TEST(asking_decides),
        TEST(what_is_missing_is_replaced),
        TEST(denial_goes_to_the_native_engine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
