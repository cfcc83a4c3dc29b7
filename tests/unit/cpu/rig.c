/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

static bool mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret)
{
    struct rig *r = ctx;
    if (pa >> 12 != RIG_DEVICE >> 12)
        return false;
    r->mmio_pa = pa;
    r->mmio_size = size;
    r->mmio_count++;
    *ret = r->mmio_value;
    return true;
}

static bool mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value)
{
    struct rig *r = ctx;
    if (pa >> 12 != RIG_DEVICE >> 12)
        return false;
    r->mmio_pa = pa;
    r->mmio_size = size;
    r->mmio_count++;
    r->mmio_value = value;
    return true;
}

static uint64_t counter(void *ctx)
{
    struct rig *r = ctx;
    uint64_t now = r->counter;

    r->counter += r->counter_step;
    return now;
}

/* In place of code.c, which decodes: only what IC asked for is of interest here. */
void a64_code_invalidate_page(struct a64_vm *vm, uint64_t pa);
void a64_code_invalidate_all(struct a64_vm *vm);

void a64_code_invalidate_page(struct a64_vm *vm, uint64_t pa)
{
    container_of(vm, struct rig, vm)->code_dropped = pa;
}

void a64_code_invalidate_all(struct a64_vm *vm)
{
    container_of(vm, struct rig, vm)->code_dropped = 1;
}

static struct a64_cpu *make_cpu(struct rig *r, unsigned index)
{
    struct a64_cpu *cpu = aligned_alloc(64, (sizeof(*cpu) + 63) / 64 * 64);
    assert_non_null(cpu);
    memset(cpu, 0, sizeof(*cpu));
    cpu->vm = &r->vm;
    cpu->index = index;
    cpu->mpidr = index;
    cpu->exit = &r->exit;
    cpu->el = 1;
    cpu->sp_sel = true;
    cpu->daif = 0x3c0;
    assert_int_equal(a64_mmu_create(cpu), 0);
    assert_int_equal(a64_remote_create(cpu), 0);
    a64_sysreg_reset(cpu);
    cpu->sys.vbar = RIG_VBAR;
    cpu->sys.cpacr = 3 << 20;
    r->vm.cpu[index] = cpu;
    return cpu;
}

int rig_setup(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    struct err err;
    assert_non_null(r);
    assert_int_equal(mem_create(&r->memory), 0);
    assert_int_equal(mem_add_ram(r->memory, RIG_RAM, RIG_RAM_BYTES, &err), 0);
    r->host = (struct a64_host){mmio_read, mmio_write, counter, r};
    r->vm.params = (struct a64_vm_params){
        .memory = r->memory, .host = &r->host, .nr_cpus = RIG_CPUS, .counter_hz = 1000000};
    assert_int_equal(a64_vm_map_ram(&r->vm), 0);
    for (unsigned n = 0; n < RIG_CPUS; n++)
        (void)make_cpu(r, n);
    r->cpu = r->vm.cpu[0];
    r->cpu->page_va = RIG_PC & A64_PAGE_MASK;
    r->insn = (struct a64_insn){.page_off = RIG_PC & ~A64_PAGE_MASK, .rd = 5};
    r->next_table = RIG_TABLES;
    *state = r;
    return 0;
}

int rig_teardown(void **state)
{
    struct rig *r = *state;
    for (unsigned n = 0; n < RIG_CPUS; n++) {
        a64_remote_destroy(r->vm.cpu[n]);
        a64_mmu_destroy(r->vm.cpu[n]);
        free(r->vm.cpu[n]);
    }
    free(r->vm.ram);
    mem_destroy(r->memory);
    free(r);
    return 0;
}

void rig_write64(struct rig *r, uint64_t pa, uint64_t value)
{
    assert_int_equal(mem_write(r->memory, pa, &value, sizeof(value)), 0);
}

uint64_t rig_read64(struct rig *r, uint64_t pa)
{
    uint64_t value;
    assert_int_equal(mem_read(r->memory, pa, &value, sizeof(value)), 0);
    return value;
}

static uint64_t new_table(struct rig *r)
{
    uint64_t table = r->next_table;
    r->next_table += A64_PAGE_SIZE;
    return table;
}

uint64_t rig_entry(struct rig *r, uint64_t va, unsigned level)
{
    uint64_t table = r->root[va >> 55 & 1];
    for (unsigned at = 0;; at++) {
        uint64_t entry = table + (va >> (39 - 9 * at) & 511) * 8;
        if (at == level)
            return entry;
        uint64_t desc = rig_read64(r, entry);
        if ((desc & 3) != 3) {
            desc = new_table(r) | 3;
            rig_write64(r, entry, desc);
        }
        table = desc & UINT64_C(0x0000fffffffff000);
    }
}

void rig_map(struct rig *r, uint64_t va, unsigned level, uint64_t desc)
{
    rig_write64(r, rig_entry(r, va, level), desc);
}

void rig_mmu_on(struct rig *r)
{
    struct a64_sysregs *sys = &r->cpu->sys;
    r->root[0] = new_table(r);
    r->root[1] = new_table(r);
    for (unsigned n = 0; n < RIG_CPUS; n++) {
        sys = &r->vm.cpu[n]->sys;
        sys->ttbr0 = r->root[0];
        sys->ttbr1 = r->root[1];
        sys->mair = UINT64_C(0x4404ff);
        sys->tcr = 16 | 16 << 16 | UINT64_C(2) << 30 | UINT64_C(2) << 32 | UINT64_C(1) << 36;
        sys->sctlr |= 1;
        a64_tlb_flush(r->vm.cpu[n]);
        a64_mmu_select(r->vm.cpu[n]);
    }
}

void rig_at(struct rig *r, unsigned el)
{
    a64_pstate_set(r->cpu, el ? 0x3c5 : 0x3c0);
}

static void set_raw(struct rig *r, uint32_t encoding, bool read)
{
    r->insn.raw = 0xd5000000u | (read ? 1u << 21 : 0u) | encoding << 5 | r->insn.rd;
}

void rig_msr(struct rig *r, uint32_t reg, uint64_t value)
{
    set_raw(r, reg, false);
    a64_msr(r->cpu, &r->insn, a64_sysreg_row(reg), value);
}

uint64_t rig_mrs(struct rig *r, uint32_t reg)
{
    set_raw(r, reg, true);
    return a64_mrs(r->cpu, &r->insn, a64_sysreg_row(reg));
}

void rig_sys(struct rig *r, uint32_t op, uint64_t value)
{
    set_raw(r, op, false);
    a64_sys(r->cpu, &r->insn, op, value);
}
