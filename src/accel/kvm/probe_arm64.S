/* SPDX-License-Identifier: Apache-2.0
 *
 * The arm64 guest of kvm_probe: EL1 with the MMU off, then on, as a kernel boots. It is copied to
 * guest-physical PROBE_CODE and holds no address of its own. */
#include "accel/kvm/probe_arm64.h"
#include "accel/kvm/probe_guest.h"

    .macro phase first
    mov w2, #\first
    str w2, [x1]
    mov x0, #PROBE_LOOPS
1:  add x3, x3, #1
    subs x0, x0, #1
    b.ne 1b
    mov w2, #\first + 1
    str w2, [x1]
    .endm

    .section .rodata
    .balign 4
    .globl kvm_probe_code, kvm_probe_code_end
kvm_probe_code:
    mov x1, #PROBE_MARK
    mrs x4, sctlr_el1
    orr x4, x4, #1 << 12            /* SCTLR_EL1.I: or every fetch goes to memory */
    msr sctlr_el1, x4
    isb
    phase 0

    mov x5, #PROBE_TABLE
    msr ttbr0_el1, x5
    mov x5, #0xff                   /* attribute 0: normal, write-back */
    msr mair_el1, x5
    movz x5, #0x3519                /* T0SZ 25, inner and outer write-back, inner shareable, 4 KiB */
    movk x5, #0x0080, lsl #16       /* EPD1 */
    msr tcr_el1, x5
    isb
    tlbi vmalle1
    dsb sy
    orr x4, x4, #1                  /* SCTLR_EL1.M */
    msr sctlr_el1, x4
    isb
    phase 2
    b .
kvm_probe_code_end:

    .section .note.GNU-stack, "", %progbits
