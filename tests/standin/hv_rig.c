/* SPDX-License-Identifier: Apache-2.0 */
#include "hv_rig.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

struct hv_rig rig;

enum { EC_SHIFT = 26, IL = 1 << 25, ISS_MASK = 0x1ffffff };

int rig_vm(void **state)
{
    (void)state;
    rig = (struct hv_rig){.ram = aligned_alloc(HV_RIG_PAGE, HV_RIG_RAM_LEN)};
    assert_non_null(rig.ram);
    memset(rig.ram, 0, HV_RIG_RAM_LEN);
    assert_int_equal(hv_vm_create(NULL), HV_SUCCESS);
    assert_int_equal(hv_vm_map(rig.ram, HV_RIG_RAM, HV_RIG_RAM_LEN, HV_RIG_ALL), HV_SUCCESS);
    return 0;
}

void rig_make_vcpu(void)
{
    assert_int_equal(hv_vcpu_create(&rig.id, &rig.exit, NULL), HV_SUCCESS);
    rig_set_sys(HV_SYS_REG_VBAR_EL1, HV_RIG_VBAR);
}

int rig_setup(void **state)
{
    (void)rig_vm(state);
    rig_make_vcpu();
    return 0;
}

int rig_teardown(void **state)
{
    (void)state;
    if (rig.exit)
        assert_int_equal(hv_vcpu_destroy(rig.id), HV_SUCCESS);
    assert_int_equal(hv_vm_destroy(), HV_SUCCESS);
    free(rig.ram);
    return 0;
}

void rig_load(uint64_t at, const enum insn *words, size_t nr)
{
    uint8_t *to = rig.ram + (at - HV_RIG_RAM);

    memcpy(to, words, nr * sizeof(words[0]));
    sys_icache_invalidate(to, nr * sizeof(words[0]));
}

uint64_t rig_get(hv_reg_t reg)
{
    uint64_t value = 0;

    assert_int_equal(hv_vcpu_get_reg(rig.id, reg, &value), HV_SUCCESS);
    return value;
}

void rig_set(hv_reg_t reg, uint64_t value)
{
    assert_int_equal(hv_vcpu_set_reg(rig.id, reg, value), HV_SUCCESS);
}

uint64_t rig_get_sys(hv_sys_reg_t reg)
{
    uint64_t value = 0;

    assert_int_equal(hv_vcpu_get_sys_reg(rig.id, reg, &value), HV_SUCCESS);
    return value;
}

void rig_set_sys(hv_sys_reg_t reg, uint64_t value)
{
    assert_int_equal(hv_vcpu_set_sys_reg(rig.id, reg, value), HV_SUCCESS);
}

void rig_begin(uint64_t x0)
{
    rig_set(HV_REG_CPSR, HV_RIG_EL1H);
    rig_set(HV_REG_PC, HV_RIG_CODE);
    rig_set(HV_REG_X0, x0);
}

void rig_run(hv_exit_reason_t reason)
{
    assert_int_equal(hv_vcpu_run(rig.id), HV_SUCCESS);
    assert_int_equal(rig.exit->reason, reason);
}

uint32_t rig_run_to(unsigned ec)
{
    uint64_t syndrome;

    rig_run(HV_EXIT_REASON_EXCEPTION);
    syndrome = rig.exit->exception.syndrome;
    assert_int_equal(syndrome >> EC_SHIFT, ec);
    assert_true(syndrome & IL);
    return (uint32_t)(syndrome & ISS_MASK);
}

void rig_mmu_on(void)
{
    enum { BLOCK_AF = 0x401, TCR = 25 | 1 << 23 | 1 << 31 /* 39 bits, no upper half */, MMU = 1 };
    uint64_t *table = (uint64_t *)(void *)(rig.ram + (HV_RIG_TABLE - HV_RIG_RAM));

    for (uint64_t i = 0; i < 4; i++)
        table[i] = i << 30 | BLOCK_AF;
    rig_set_sys(HV_SYS_REG_MAIR_EL1, 0xff);
    rig_set_sys(HV_SYS_REG_TCR_EL1, (uint32_t)TCR | UINT64_C(1) << 32);
    rig_set_sys(HV_SYS_REG_TTBR0_EL1, HV_RIG_TABLE);
    rig_set_sys(HV_SYS_REG_SCTLR_EL1, MMU);
}

void *rig_exit_in_a_while(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 1000; i++)
        (void)sched_yield();
    (void)hv_vcpus_exit(&rig.id, 1);
    return NULL;
}
