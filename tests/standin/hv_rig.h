/* SPDX-License-Identifier: Apache-2.0
 *
 * A VM of the framework with one vCPU on the test's thread, RAM, and a few instructions in it: for
 * tests of the stand-in itself, through Apple's functions alone. */
#ifndef BERTH_STANDIN_HV_RIG_H
#define BERTH_STANDIN_HV_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accel/hvf/hv.h"
#include "base/compiler.h"

#include <cmocka.h>

enum {
    HV_RIG_PAGE = 16384,
    HV_RIG_RAM_LEN = 64 * HV_RIG_PAGE,
    HV_RIG_EL1H = 0x3c5, /* EL1 with its own stack pointer, everything masked */
    HV_RIG_ALL = HV_MEMORY_READ | HV_MEMORY_WRITE | HV_MEMORY_EXEC,
};
#define HV_RIG_RAM    UINT64_C(0x40000000)
#define HV_RIG_CODE   HV_RIG_RAM
#define HV_RIG_VBAR   (HV_RIG_RAM + 0x4000)
#define HV_RIG_TABLE  (HV_RIG_RAM + 0x8000)
#define HV_RIG_DATA   (HV_RIG_RAM + 0x10000)
#define HV_RIG_NOBODY UINT64_C(0x09000000) /* nothing is mapped there */

/* Exception classes as EL2 sees them. */
enum {
    EC_WFX = 0x01,
    EC_HVC = 0x16,
    EC_SMC = 0x17,
    EC_SYSREG = 0x18,
    EC_INSN_ABORT = 0x20,
    EC_DATA_ABORT = 0x24,
    EC_STEP = 0x32,
    EC_BRK = 0x3c,
};

/* ISS of data aborts. */
enum {
    ISS_ISV = 1 << 24,
    ISS_SAS_SHIFT = 22,
    ISS_SSE = 1 << 21,
    ISS_SRT_SHIFT = 16,
    ISS_SF = 1 << 15,
    ISS_AR = 1 << 14,
    ISS_CM = 1 << 8,
    ISS_S1PTW = 1 << 7,
    ISS_WNR = 1 << 6,
    FSC_TRANSLATION = 0x07,
    FSC_BEYOND = 0x04,
    FSC_PERMISSION = 0x0f,
};

/* Instructions as the assembler encodes them. */
enum insn {
    STR_W1 = (int)0xb9000001,
    STR_X1 = (int)0xf9000001,
    STRB_W1 = 0x39000001,
    STRH_WZR_2 = 0x7900041f, /* strh wzr, [x0, #2] */
    LDR_W1 = (int)0xb9400001,
    LDR_X1 = (int)0xf9400001,
    LDRSB_W1 = 0x39c00001,
    LDRSB_X1 = 0x39800001,
    LDRSH_W1 = 0x79c00001,
    LDRSW_X1 = (int)0xb9800001,
    LDUR_X1_8 = (int)0xf8408001, /* ldur x1, [x0, #8] */
    LDR_X1_X2 = (int)0xf8626801, /* ldr x1, [x0, x2] */
    LDTR_X1 = (int)0xf8400801,
    LDAR_W1 = (int)0x88dffc01,
    STLR_X1 = (int)0xc89ffc01,
    LDR_XZR = (int)0xf940001f,
    LDP_X1_X2 = (int)0xa9400801,
    STP_W1_W2 = 0x29000801,
    LDR_X1_POST = (int)0xf8408401, /* ldr x1, [x0], #8 */
    STR_X1_PRE = (int)0xf8008c01,  /* str x1, [x0, #8]! */
    LDR_Q1 = 0x3dc00001,
    LDADD_X1_X2 = (int)0xf8210002,
    LDXR_X1 = (int)0xc85f7c01,
    DC_ZVA = (int)0xd50b7420,
    DC_CIVAC = (int)0xd50b7e20,
    IC_IVAU = (int)0xd50b7520,
    HVC_5 = (int)0xd40000a2,
    SMC_7 = (int)0xd40000e3,
    WFI = (int)0xd503207f,
    BRK_9 = (int)0xd4200120,
    MRS_X1_PMR = (int)0xd5384601,
    MSR_PMR_X1 = (int)0xd5184601,
    MRS_X1_IAR1 = (int)0xd538cc01,
    MRS_X1_PFR0 = (int)0xd5380401,
    MRS_X1_ISAR2 = (int)0xd5380641,
    MRS_X1_PMCCNTR = (int)0xd53b9d01,
    MRS_X1_CNTVCT = (int)0xd53be041,
    MRS_X1_CNTFRQ = (int)0xd53be001,
    MRS_X1_MPIDR = (int)0xd53800a1,
    MSR_CTL_X1 = (int)0xd51be321,
    MSR_OSLAR_X1 = (int)0xd5101081,
    MSR_MDSCR_X1 = (int)0xd5100241,
    MRS_X1_CNTP_CTL = (int)0xd53be221,
    MOV_X1_1 = (int)0xd2800021,
    MOV_X1_2 = (int)0xd2800041,
    ADD_X3_1 = (int)0x91000463, /* add x3, x3, #1 */
    NOP = (int)0xd503201f,
    B_SELF = 0x14000000,
    B_BACK = 0x17ffffff,   /* to the instruction before */
    B_BACK_2 = 0x17fffffe, /* to the one before that */
};

struct hv_rig {
    uint8_t *ram;
    hv_vcpu_t id;
    hv_vcpu_exit_t *exit;
};
extern struct hv_rig rig;

/* cmocka fixtures. rig_vm: RAM mapped, no vCPU; rig_setup: with a vCPU ready at HV_RIG_CODE. */
int rig_vm(void **state);
int rig_setup(void **state);
int rig_teardown(void **state);
void rig_make_vcpu(void);

/* Puts `nr` words at guest address `at`, for execution. */
void rig_load(uint64_t at, const enum insn *words, size_t nr);
#define LOAD(at, ...)                                                                              \
    rig_load(at, (const enum insn[]){__VA_ARGS__}, ARRAY_LEN(((const enum insn[]){__VA_ARGS__})))

uint64_t rig_get(hv_reg_t reg);
void rig_set(hv_reg_t reg, uint64_t value);
uint64_t rig_get_sys(hv_sys_reg_t reg);
void rig_set_sys(hv_sys_reg_t reg, uint64_t value);

/* Runs the words from HV_RIG_CODE with x0 = `x0`; fails unless the run ends for `reason`. */
void rig_run(hv_exit_reason_t reason);
void rig_begin(uint64_t x0);
/* ... with an exception of class `ec` whose ISS this returns. */
uint32_t rig_run_to(unsigned ec);

/* Turns the MMU on: the lowest 4 GiB of addresses as they are, Normal memory. */
void rig_mmu_on(void);

/* pthread start routine: hv_vcpus_exit of rig.id, when the vCPU has had time to run. */
void *rig_exit_in_a_while(void *unused);

#define HV_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
#define VM_TEST(name) cmocka_unit_test_setup_teardown(name, rig_vm, rig_teardown)

#endif
