/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_machine.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct machine {
    int unused;
};

struct fake_machine fake_machine;

int machine_add_ram(const struct vm_config *cfg, unsigned gpa_bits, struct guest_memory *memory,
                    struct err *err)
{
    (void)cfg, (void)gpa_bits, (void)memory, (void)err;
    return 0;
}

int machine_create(const struct machine_params *params, struct machine **ret, struct err *err)
{
    if (fake_machine.create_rc < 0)
        return err_set(err, fake_machine.create_rc, "the fake machine was told to fail");
    fake_machine.host = *params->host;
    fake_machine.nr_created++;
    *ret = calloc(1, sizeof(**ret));
    return 0;
}

void machine_destroy(struct machine *m)
{
    fake_machine.nr_destroyed += m != NULL;
    free(m);
}

int machine_reset(struct machine *m, struct err *err)
{
    (void)m;
    if (fake_machine.reset_rc < 0)
        return err_set(err, fake_machine.reset_rc, "the fake kernel is missing");
    fake_machine.nr_resets++;
    return 0;
}

void machine_boot_regs(const struct machine *m, struct vcpu_regs *ret)
{
    (void)m;
    *ret = (struct vcpu_regs){.pc = FAKE_BOOT_PC, .pstate = 0x3c5};
}

uint64_t machine_mpidr(unsigned index)
{
    return index;
}

/* One register exists: 1, which reads 42. */
int machine_sysreg(struct machine *m, unsigned cpu, struct vcpu_exit *exit)
{
    (void)m, (void)cpu;
    if (exit->sysreg.reg != 1)
        return -ENOENT;
    exit->sysreg.value = 42;
    return 0;
}

void machine_timer(struct machine *m, unsigned cpu, bool virt, bool phys)
{
    (void)m, (void)cpu;
    atomic_store(&fake_machine.timers, (virt ? 1u : 0u) | (phys ? 2u : 0u));
}

void machine_power_key(struct machine *m)
{
    (void)m;
    fake_machine.nr_power_keys++;
}

void machine_quiesce(struct machine *m)
{
    (void)m;
    assert(!fake_machine.quiet);
    fake_machine.quiet = true;
}

void machine_unquiesce(struct machine *m)
{
    (void)m;
    assert(fake_machine.quiet);
    fake_machine.quiet = false;
}
