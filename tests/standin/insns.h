/* SPDX-License-Identifier: Apache-2.0
 *
 * The instructions that test_accel_hvf*.c put together, as the assembler encodes them. */
#ifndef BERTH_STANDIN_INSNS_H
#define BERTH_STANDIN_INSNS_H

enum insn {
    STP_X1_X2 = (int)0xa9000801,        /* stp x1, x2, [x0] */
    LDP_W3_W4_POST = 0x28c11003,        /* ldp w3, w4, [x0], #8 */
    STR_Q0_PRE = 0x3c810c00,            /* str q0, [x0, #16]! */
    LDR_Q1 = 0x3dc00001,                /* ldr q1, [x0] */
    LDRSH_X5 = 0x79800005,              /* ldrsh x5, [x0] */
    LDRSB_W6 = 0x39c00006,              /* ldrsb w6, [x0] */
    STRH_ZR = 0x7900041f,               /* strh wzr, [x0, #2] */
    LDR_XZR = (int)0xf940001f,          /* ldr xzr, [x0] */
    LDR_X1 = (int)0xf9400001,           /* ldr x1, [x0] */
    LDADD = (int)0xf8210002,            /* ldadd x1, x2, [x0] */
    DUP_V0 = 0x4e010c20,                /* dup v0.16b, w1 */
    HVC = (int)0xd4000002,              /* hvc #0 */
    SMC = (int)0xd4000003,              /* smc #0 */
    WFI = (int)0xd503207f,              /* wfi */
    MSR_CPACR_X13 = (int)0xd518104d,    /* msr cpacr_el1, x13 */
    MSR_VBAR_X9 = (int)0xd518c009,      /* msr vbar_el1, x9 */
    MRS_X10_ESR = (int)0xd538520a,      /* mrs x10, esr_el1 */
    MRS_X11_FAR = (int)0xd538600b,      /* mrs x11, far_el1 */
    MRS_X12_ELR = (int)0xd538402c,      /* mrs x12, elr_el1 */
    MRS_X0_PFR0 = (int)0xd5380400,      /* mrs x0, id_aa64pfr0_el1 */
    MRS_X1_PFR1 = (int)0xd5380421,      /* mrs x1, id_aa64pfr1_el1 */
    MRS_X2_DFR0 = (int)0xd5380502,      /* mrs x2, id_aa64dfr0_el1 */
    MRS_X3_MMFR0 = (int)0xd5380703,     /* mrs x3, id_aa64mmfr0_el1 */
    MRS_X4_MPIDR = (int)0xd53800a4,     /* mrs x4, mpidr_el1 */
    MRS_X0_CNTVCT = (int)0xd53be040,    /* mrs x0, cntvct_el0 */
    MRS_X1_CNTPCT = (int)0xd53be021,    /* mrs x1, cntpct_el0 */
    MSR_OSLAR_XZR = (int)0xd510109f,    /* msr oslar_el1, xzr */
    MRS_X2_OSLSR = (int)0xd5301182,     /* mrs x2, oslsr_el1 */
    MRS_X0_NOTHING = (int)0xd538f000,   /* mrs x0, s3_0_c15_c0_0 */
    MSR_CVAL_XZR = (int)0xd51be35f,     /* msr cntv_cval_el0, xzr */
    MSR_CVAL_X1 = (int)0xd51be341,      /* msr cntv_cval_el0, x1 */
    MSR_CTL_X1 = (int)0xd51be321,       /* msr cntv_ctl_el0, x1 */
    MSR_CTL_XZR = (int)0xd51be33f,      /* msr cntv_ctl_el0, xzr */
    MSR_CNTP_TVAL_X1 = (int)0xd51be201, /* msr cntp_tval_el0, x1 */
    MSR_CNTP_CTL_X2 = (int)0xd51be222,  /* msr cntp_ctl_el0, x2 */
    B_SELF = 0x14000000,                /* b . */
    B_BACK = 0x17ffffff,                /* b . - 4 */
};

#endif
