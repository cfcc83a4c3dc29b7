/* SPDX-License-Identifier: Apache-2.0
 *
 * Apple's Hypervisor framework on arm64 as of macOS 13, declared by ourselves: a cross compiler has
 * no framework headers, and on Linux the stand-in of tests/standin/hvf is all there is. Names and
 * values are Apple's (Hypervisor/hv_*.h), the choice is ours: what a virtual machine monitor calls.
 * What came later is in hv_later.h and must be looked up; what is declared here may be linked.
 *
 * One VM a process. A vCPU belongs to the thread that made it; only hv_vcpus_exit comes from any.
 */
#ifndef BERTH_ACCEL_HVF_HV_H
#define BERTH_ACCEL_HVF_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- types --- */

typedef int32_t hv_return_t;
typedef uint64_t hv_ipa_t; /* guest-physical address */
typedef uint64_t hv_memory_flags_t;
typedef uint64_t hv_vcpu_t;
typedef uint64_t hv_exception_syndrome_t; /* as ESR_EL2 */
typedef uint64_t hv_exception_address_t;  /* as FAR_EL2 */
typedef uint32_t hv_exit_reason_t;
typedef uint32_t hv_reg_t;
typedef uint32_t hv_simd_fp_reg_t;
typedef uint32_t hv_interrupt_type_t;
typedef uint32_t hv_feature_reg_t;
typedef uint16_t hv_sys_reg_t;
/* Passed in a vector register; GCC knows this spelling of it, too. */
typedef uint8_t hv_simd_fp_uchar16_t __attribute__((vector_size(16)));

/* Objects: given back with os_release. */
typedef struct hv_vm_config_s *hv_vm_config_t;
typedef struct hv_vcpu_config_s *hv_vcpu_config_t;

typedef struct {
    hv_exception_syndrome_t syndrome;
    hv_exception_address_t virtual_address;
    hv_ipa_t physical_address;
} hv_vcpu_exit_exception_t;

typedef struct {
    hv_exit_reason_t reason;
    hv_vcpu_exit_exception_t exception;
} hv_vcpu_exit_t;

_Static_assert(sizeof(hv_vcpu_exit_t) == 32, "Apple's layout");
_Static_assert(offsetof(hv_vcpu_exit_t, exception.physical_address) == 24, "Apple's layout");

/* --- values --- */

#define HV_SUCCESS             ((hv_return_t)0)
#define HV_ERROR               ((hv_return_t)0xfae94001)
#define HV_BUSY                ((hv_return_t)0xfae94002)
#define HV_BAD_ARGUMENT        ((hv_return_t)0xfae94003)
#define HV_ILLEGAL_GUEST_STATE ((hv_return_t)0xfae94004)
#define HV_NO_RESOURCES        ((hv_return_t)0xfae94005)
#define HV_NO_DEVICE           ((hv_return_t)0xfae94006)
#define HV_DENIED              ((hv_return_t)0xfae94007)
#define HV_EXISTS              ((hv_return_t)0xfae94008)
#define HV_UNSUPPORTED         ((hv_return_t)0xfae9400f)

enum {
    HV_EXIT_REASON_CANCELED,
    HV_EXIT_REASON_EXCEPTION,
    HV_EXIT_REASON_VTIMER_ACTIVATED,
    HV_EXIT_REASON_UNKNOWN,
};

enum { HV_MEMORY_READ = 1, HV_MEMORY_WRITE = 2, HV_MEMORY_EXEC = 4 };
enum { HV_INTERRUPT_TYPE_IRQ, HV_INTERRUPT_TYPE_FIQ };

enum {
    HV_REG_X0 = 0, /* to X30 */
    HV_REG_X30 = 30,
    HV_REG_PC = 31, /* not XZR, which register 31 of a syndrome is */
    HV_REG_FPCR = 32,
    HV_REG_FPSR = 33,
    HV_REG_CPSR = 34, /* PSTATE as SPSR shows it */
};

enum { HV_SIMD_FP_REG_Q0 = 0, HV_SIMD_FP_REG_Q31 = 31 };

enum {
    HV_FEATURE_REG_ID_AA64DFR0_EL1,
    HV_FEATURE_REG_ID_AA64DFR1_EL1,
    HV_FEATURE_REG_ID_AA64ISAR0_EL1,
    HV_FEATURE_REG_ID_AA64ISAR1_EL1,
    HV_FEATURE_REG_ID_AA64MMFR0_EL1,
    HV_FEATURE_REG_ID_AA64MMFR1_EL1,
    HV_FEATURE_REG_ID_AA64MMFR2_EL1,
    HV_FEATURE_REG_ID_AA64PFR0_EL1,
    HV_FEATURE_REG_ID_AA64PFR1_EL1,
    HV_FEATURE_REG_CTR_EL0,
    HV_FEATURE_REG_CLIDR_EL1,
    HV_FEATURE_REG_DCZID_EL0,
};

/* A system register is named as in MRS and MSR, bits 20:5. */
#define HV_SYS_REG(op0, op1, crn, crm, op2)                                                        \
    ((hv_sys_reg_t)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)))

#define HV_SYS_REG_DBGBVR_EL1(n)    HV_SYS_REG(2, 0, 0, (n), 4) /* n: 0..15 */
#define HV_SYS_REG_DBGBCR_EL1(n)    HV_SYS_REG(2, 0, 0, (n), 5)
#define HV_SYS_REG_DBGWVR_EL1(n)    HV_SYS_REG(2, 0, 0, (n), 6)
#define HV_SYS_REG_DBGWCR_EL1(n)    HV_SYS_REG(2, 0, 0, (n), 7)
#define HV_SYS_REG_MDCCINT_EL1      HV_SYS_REG(2, 0, 0, 2, 0)
#define HV_SYS_REG_MDSCR_EL1        HV_SYS_REG(2, 0, 0, 2, 2)
#define HV_SYS_REG_MIDR_EL1         HV_SYS_REG(3, 0, 0, 0, 0)
#define HV_SYS_REG_MPIDR_EL1        HV_SYS_REG(3, 0, 0, 0, 5)
#define HV_SYS_REG_ID_AA64PFR0_EL1  HV_SYS_REG(3, 0, 0, 4, 0)
#define HV_SYS_REG_ID_AA64PFR1_EL1  HV_SYS_REG(3, 0, 0, 4, 1)
#define HV_SYS_REG_ID_AA64DFR0_EL1  HV_SYS_REG(3, 0, 0, 5, 0)
#define HV_SYS_REG_ID_AA64DFR1_EL1  HV_SYS_REG(3, 0, 0, 5, 1)
#define HV_SYS_REG_ID_AA64ISAR0_EL1 HV_SYS_REG(3, 0, 0, 6, 0)
#define HV_SYS_REG_ID_AA64ISAR1_EL1 HV_SYS_REG(3, 0, 0, 6, 1)
#define HV_SYS_REG_ID_AA64MMFR0_EL1 HV_SYS_REG(3, 0, 0, 7, 0)
#define HV_SYS_REG_ID_AA64MMFR1_EL1 HV_SYS_REG(3, 0, 0, 7, 1)
#define HV_SYS_REG_ID_AA64MMFR2_EL1 HV_SYS_REG(3, 0, 0, 7, 2)
#define HV_SYS_REG_SCTLR_EL1        HV_SYS_REG(3, 0, 1, 0, 0)
#define HV_SYS_REG_CPACR_EL1        HV_SYS_REG(3, 0, 1, 0, 2)
#define HV_SYS_REG_TTBR0_EL1        HV_SYS_REG(3, 0, 2, 0, 0)
#define HV_SYS_REG_TTBR1_EL1        HV_SYS_REG(3, 0, 2, 0, 1)
#define HV_SYS_REG_TCR_EL1          HV_SYS_REG(3, 0, 2, 0, 2)
#define HV_SYS_REG_APIAKEYLO_EL1    HV_SYS_REG(3, 0, 2, 1, 0)
#define HV_SYS_REG_APIAKEYHI_EL1    HV_SYS_REG(3, 0, 2, 1, 1)
#define HV_SYS_REG_APIBKEYLO_EL1    HV_SYS_REG(3, 0, 2, 1, 2)
#define HV_SYS_REG_APIBKEYHI_EL1    HV_SYS_REG(3, 0, 2, 1, 3)
#define HV_SYS_REG_APDAKEYLO_EL1    HV_SYS_REG(3, 0, 2, 2, 0)
#define HV_SYS_REG_APDAKEYHI_EL1    HV_SYS_REG(3, 0, 2, 2, 1)
#define HV_SYS_REG_APDBKEYLO_EL1    HV_SYS_REG(3, 0, 2, 2, 2)
#define HV_SYS_REG_APDBKEYHI_EL1    HV_SYS_REG(3, 0, 2, 2, 3)
#define HV_SYS_REG_APGAKEYLO_EL1    HV_SYS_REG(3, 0, 2, 3, 0)
#define HV_SYS_REG_APGAKEYHI_EL1    HV_SYS_REG(3, 0, 2, 3, 1)
#define HV_SYS_REG_SPSR_EL1         HV_SYS_REG(3, 0, 4, 0, 0)
#define HV_SYS_REG_ELR_EL1          HV_SYS_REG(3, 0, 4, 0, 1)
#define HV_SYS_REG_SP_EL0           HV_SYS_REG(3, 0, 4, 1, 0)
#define HV_SYS_REG_AFSR0_EL1        HV_SYS_REG(3, 0, 5, 1, 0)
#define HV_SYS_REG_AFSR1_EL1        HV_SYS_REG(3, 0, 5, 1, 1)
#define HV_SYS_REG_ESR_EL1          HV_SYS_REG(3, 0, 5, 2, 0)
#define HV_SYS_REG_FAR_EL1          HV_SYS_REG(3, 0, 6, 0, 0)
#define HV_SYS_REG_PAR_EL1          HV_SYS_REG(3, 0, 7, 4, 0)
#define HV_SYS_REG_MAIR_EL1         HV_SYS_REG(3, 0, 10, 2, 0)
#define HV_SYS_REG_AMAIR_EL1        HV_SYS_REG(3, 0, 10, 3, 0)
#define HV_SYS_REG_VBAR_EL1         HV_SYS_REG(3, 0, 12, 0, 0)
#define HV_SYS_REG_CONTEXTIDR_EL1   HV_SYS_REG(3, 0, 13, 0, 1)
#define HV_SYS_REG_TPIDR_EL1        HV_SYS_REG(3, 0, 13, 0, 4)
#define HV_SYS_REG_CNTKCTL_EL1      HV_SYS_REG(3, 0, 14, 1, 0)
#define HV_SYS_REG_CSSELR_EL1       HV_SYS_REG(3, 2, 0, 0, 0)
#define HV_SYS_REG_TPIDR_EL0        HV_SYS_REG(3, 3, 13, 0, 2)
#define HV_SYS_REG_TPIDRRO_EL0      HV_SYS_REG(3, 3, 13, 0, 3)
#define HV_SYS_REG_CNTV_CTL_EL0     HV_SYS_REG(3, 3, 14, 3, 1)
#define HV_SYS_REG_CNTV_CVAL_EL0    HV_SYS_REG(3, 3, 14, 3, 2)
#define HV_SYS_REG_SP_EL1           HV_SYS_REG(3, 4, 4, 1, 0)

/* --- the VM --- */

hv_return_t hv_vm_get_max_vcpu_count(uint32_t *max);
hv_vm_config_t hv_vm_config_create(void);
hv_return_t hv_vm_config_get_max_ipa_size(uint32_t *bits);
hv_return_t hv_vm_config_get_default_ipa_size(uint32_t *bits);
hv_return_t hv_vm_config_set_ipa_size(hv_vm_config_t config, uint32_t bits);
hv_return_t hv_vm_config_get_ipa_size(hv_vm_config_t config, uint32_t *bits);
hv_return_t hv_vm_create(hv_vm_config_t config); /* NULL: defaults */
hv_return_t hv_vm_destroy(void);                 /* every vCPU destroyed before */

/* Address, guest address and length are multiples of 16 KiB. */
hv_return_t hv_vm_map(void *addr, hv_ipa_t ipa, size_t size, hv_memory_flags_t flags);
hv_return_t hv_vm_unmap(hv_ipa_t ipa, size_t size);
hv_return_t hv_vm_protect(hv_ipa_t ipa, size_t size, hv_memory_flags_t flags);

/* --- a vCPU: on its own thread --- */

hv_vcpu_config_t hv_vcpu_config_create(void);
hv_return_t hv_vcpu_config_get_feature_reg(hv_vcpu_config_t config, hv_feature_reg_t reg,
                                           uint64_t *value);
hv_return_t hv_vcpu_create(hv_vcpu_t *vcpu, hv_vcpu_exit_t **exit, hv_vcpu_config_t config);
hv_return_t hv_vcpu_destroy(hv_vcpu_t vcpu);
hv_return_t hv_vcpu_run(hv_vcpu_t vcpu);
hv_return_t hv_vcpus_exit(const hv_vcpu_t *vcpus, uint32_t count); /* any thread; sticky */
hv_return_t hv_vcpu_get_reg(hv_vcpu_t vcpu, hv_reg_t reg, uint64_t *value);
hv_return_t hv_vcpu_set_reg(hv_vcpu_t vcpu, hv_reg_t reg, uint64_t value);
hv_return_t hv_vcpu_get_simd_fp_reg(hv_vcpu_t vcpu, hv_simd_fp_reg_t reg,
                                    hv_simd_fp_uchar16_t *value);
hv_return_t hv_vcpu_set_simd_fp_reg(hv_vcpu_t vcpu, hv_simd_fp_reg_t reg,
                                    hv_simd_fp_uchar16_t value);
hv_return_t hv_vcpu_get_sys_reg(hv_vcpu_t vcpu, hv_sys_reg_t reg, uint64_t *value);
hv_return_t hv_vcpu_set_sys_reg(hv_vcpu_t vcpu, hv_sys_reg_t reg, uint64_t value);
/* Pending interrupts are forgotten when hv_vcpu_run returns. */
hv_return_t hv_vcpu_get_pending_interrupt(hv_vcpu_t vcpu, hv_interrupt_type_t type, bool *pending);
hv_return_t hv_vcpu_set_pending_interrupt(hv_vcpu_t vcpu, hv_interrupt_type_t type, bool pending);
/* An exit for the virtual timer masks it; the guest's counter is mach_absolute_time() - offset. */
hv_return_t hv_vcpu_get_vtimer_mask(hv_vcpu_t vcpu, bool *masked);
hv_return_t hv_vcpu_set_vtimer_mask(hv_vcpu_t vcpu, bool masked);
hv_return_t hv_vcpu_get_vtimer_offset(hv_vcpu_t vcpu, uint64_t *offset);
hv_return_t hv_vcpu_set_vtimer_offset(hv_vcpu_t vcpu, uint64_t offset);
hv_return_t hv_vcpu_get_trap_debug_exceptions(hv_vcpu_t vcpu, bool *trapped);
hv_return_t hv_vcpu_set_trap_debug_exceptions(hv_vcpu_t vcpu, bool trapped);
hv_return_t hv_vcpu_get_trap_debug_reg_accesses(hv_vcpu_t vcpu, bool *trapped);
hv_return_t hv_vcpu_set_trap_debug_reg_accesses(hv_vcpu_t vcpu, bool trapped);

/* --- libSystem, as far as the above needs it --- */

struct mach_timebase_info {
    uint32_t numer, denom; /* nanoseconds = ticks * numer / denom */
};

uint64_t mach_absolute_time(void);
int mach_timebase_info(struct mach_timebase_info *info);
void os_release(void *object);
void sys_icache_invalidate(void *start, size_t len);
void sys_dcache_flush(void *start, size_t len);

#endif
