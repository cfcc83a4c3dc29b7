/* SPDX-License-Identifier: Apache-2.0
 *
 * VMs and CPUs come and go, and are looked at from outside: cpu.h. */
#include "cpu/arm64/cpu.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/code.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/remote.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"

/* PSTATE out of reset: EL1h, D A I F masked. */
#define PSTATE_RESET 0x3c5

int a64_vm_create(const struct a64_vm_params *params, struct a64_vm **ret)
{
    struct a64_vm *vm;
    int rc;

    if (params->nr_cpus < 1 || params->nr_cpus > A64_MAX_CPUS)
        return -EINVAL;
    vm = calloc(1, sizeof(*vm));
    if (!vm)
        return -ENOMEM;
    vm->params = *params;
    rc = a64_vm_map_ram(vm);
    if (rc == 0)
        rc = a64_code_create(vm, params->code_cache_bytes);
    /* A host that cannot translate interprets. */
    if (rc == 0 && !params->interpret &&
        translate_create(TRANSLATE_DEFAULT_BYTES, &vm->translate) == -ENOMEM)
        rc = -ENOMEM;
    if (rc < 0) {
        a64_vm_destroy(vm);
        return rc;
    }
    *ret = vm;
    return 0;
}

void a64_vm_destroy(struct a64_vm *vm)
{
    if (!vm)
        return;
    a64_code_destroy(vm);
    translate_destroy(vm->translate);
    free(vm->ram);
    free(vm);
}

int a64_cpu_create(struct a64_vm *vm, unsigned index, uint64_t mpidr, struct a64_cpu **ret)
{
    struct a64_cpu *cpu;
    int rc;

    assert(index < A64_MAX_CPUS && !atomic_load(&vm->cpu[index]));
    cpu = aligned_alloc(64, (sizeof(*cpu) + 63) / 64 * 64);
    if (!cpu)
        return -ENOMEM;
    memset(cpu, 0, sizeof(*cpu));
    cpu->vm = vm;
    cpu->index = index;
    cpu->mpidr = mpidr;
    rc = a64_mmu_create(cpu);
    if (rc == 0)
        rc = a64_remote_create(cpu);
    if (rc == 0)
        rc = a64_code_cpu_create(cpu);
    if (rc == 0 && vm->translate)
        rc = translate_cpu_create(cpu);
    if (rc < 0) {
        a64_cpu_destroy(cpu);
        return rc;
    }
    a64_cpu_reset(cpu);
    atomic_store(&vm->cpu[index], cpu);
    *ret = cpu;
    return 0;
}

void a64_cpu_destroy(struct a64_cpu *cpu)
{
    if (!cpu)
        return;
    atomic_store(&cpu->vm->cpu[cpu->index], NULL);
    translate_cpu_destroy(cpu);
    a64_code_cpu_destroy(cpu);
    a64_remote_destroy(cpu);
    a64_mmu_destroy(cpu);
    free(cpu);
}

/* RAM may have changed under the decoded code: a reset of the machine clears it. */
void a64_cpu_reset(struct a64_cpu *cpu)
{
    memset(cpu->x, 0, sizeof(cpu->x));
    memset(cpu->v, 0, sizeof(cpu->v));
    memset(cpu->sp_el, 0, sizeof(cpu->sp_el));
    cpu->pc = 0;
    cpu->nzcv = a64_nzcv_from_imm4(0);
    cpu->fpcr = cpu->fpsr = 0;
    cpu->excl_valid = false;
    cpu->sysreg_pending = false;
    cpu->virt_line = cpu->phys_line = false;
    a64_sysreg_reset(cpu);
    a64_pstate_set(cpu, PSTATE_RESET);
    a64_tlb_flush(cpu);
    a64_code_invalidate_all(cpu->vm);
}

uint64_t a64_get_x(const struct a64_cpu *cpu, unsigned n)
{
    assert(n < 31);
    return cpu->x[n];
}

void a64_set_x(struct a64_cpu *cpu, unsigned n, uint64_t value)
{
    assert(n < 31);
    cpu->x[n] = value;
}

uint64_t a64_get_pc(const struct a64_cpu *cpu)
{
    return cpu->pc;
}

void a64_set_pc(struct a64_cpu *cpu, uint64_t pc)
{
    cpu->pc = pc;
}

uint64_t a64_get_pstate(const struct a64_cpu *cpu)
{
    return a64_pstate(cpu);
}

void a64_set_pstate(struct a64_cpu *cpu, uint64_t spsr)
{
    a64_pstate_set(cpu, spsr);
}

/* Which of the two the current stack pointer is. */
static bool sp_is_current(const struct a64_cpu *cpu, unsigned el)
{
    return el == (cpu->el && cpu->sp_sel);
}

uint64_t a64_get_sp(const struct a64_cpu *cpu, unsigned el)
{
    assert(el <= 1);
    return sp_is_current(cpu, el) ? cpu->x[A64_SP] : cpu->sp_el[el];
}

void a64_set_sp(struct a64_cpu *cpu, unsigned el, uint64_t value)
{
    assert(el <= 1);
    if (sp_is_current(cpu, el))
        cpu->x[A64_SP] = value;
    else
        cpu->sp_el[el] = value;
}
