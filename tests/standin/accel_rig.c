/* SPDX-License-Identifier: Apache-2.0 */
#include "accel_rig.h"

#include <string.h>
#include <sys/mman.h>

struct accel_rig rig;

enum { RAM_LEN = 1 << 20 };

static uint64_t mpidr(unsigned index)
{
    return index;
}

int rig_make_vm(unsigned nr_cpus, const char *options)
{
    const struct accel_tuning tuning = {.options = options};
    const struct accel_vm_params params = {
        .memory = rig.memory, .nr_cpus = nr_cpus, .mpidr = mpidr, .tuning = &tuning};

    return accel_hvf->vm_create(&params, &rig.vm, &rig.err);
}

int rig_set_up(void **state)
{
    const struct mem_region *r;

    (void)state;
    memset(&rig, 0, sizeof(rig));
    assert_int_equal(mem_create(&rig.memory), 0);
    assert_int_equal(mem_add_ram(rig.memory, RIG_RAM, RAM_LEN, &rig.err), 0);
    assert_int_equal(rig_make_vm(1, NULL), 0);
    r = mem_region(rig.memory, 0);
    assert_int_equal(accel_hvf->map(rig.vm, RIG_RAM, r->host, r->len,
                                    PROT_READ | PROT_WRITE | PROT_EXEC, &rig.err),
                     0);
    assert_int_equal(accel_hvf->vcpu_create(rig.vm, 0, &rig.v, &rig.err), 0);
    return 0;
}

int rig_tear_down(void **state)
{
    (void)state;
    accel_hvf->vcpu_destroy(rig.v);
    accel_hvf->vm_destroy(rig.vm);
    mem_destroy(rig.memory);
    return 0;
}

void rig_load(gpa_t at, const enum insn *code, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        assert_int_equal(mem_store32(rig.memory, at + i * 4, (uint32_t)code[i]), 0);
    accel_hvf->loaded(rig.vm, at, nr * 4);
}

void rig_begin_with(const struct vcpu_regs *regs)
{
    assert_int_equal(accel_hvf->vcpu_reset(rig.v), 0);
    assert_int_equal(accel_hvf->set_regs(rig.v, regs), 0);
}

void rig_begin(void)
{
    const struct vcpu_regs regs = {
        .x = {RIG_DEVICE, 0x1111, 0x2222, [9] = RIG_VECTOR, [13] = RIG_FP_ALLOWED},
        .pc = RIG_RAM,
        .pstate = RIG_EL1H};

    rig_begin_with(&regs);
}

const struct vcpu_exit *rig_run(enum vcpu_exit_kind want)
{
    assert_int_equal(accel_hvf->vcpu_run(rig.v, &rig.exit), 0);
    if (rig.exit.kind == VCPU_EXIT_FAULT && want != VCPU_EXIT_FAULT)
        fail_msg("fault: %s", rig.exit.fault.why);
    assert_int_equal(rig.exit.kind, want);
    return &rig.exit;
}

struct vcpu_regs rig_stop(void)
{
    struct vcpu_regs regs;

    (void)rig_run(VCPU_EXIT_PSCI);
    assert_int_equal(accel_hvf->get_regs(rig.v, &regs), 0);
    return regs;
}
