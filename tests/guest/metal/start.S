/* SPDX-License-Identifier: Apache-2.0
 *
 * Entry of the boot CPU and of those that PSCI starts, the vectors, and the ways into and out of code that is expected to
 * trap. An exception runs on a stack of its own, so a test may ruin SP. */
#include "asm.h"

        .section .head, "ax"
        .global head
head:   b       start
        .word   0
        .quad   0x80000                 /* text_offset */
        .quad   image_size
        .quad   0xa                     /* little endian, 4 KiB pages, anywhere */
        .quad   0, 0, 0
        .ascii  "ARM\x64"
        .word   0

        .text
start:  adrp    x0, bss_begin
        add     x0, x0, :lo12:bss_begin
        adrp    x1, bss_end
        add     x1, x1, :lo12:bss_end
1:      cmp     x0, x1
        b.hs    2f
        str     xzr, [x0], #8
        b       1b
2:      mov     x0, #0
        bl      cpu_setup
        bl      metal_boot

/* PSCI enters here; x0: index of the CPU. */
        .global secondary_start
secondary_start:
        bl      cpu_setup
        bl      metal_secondary

/* x0: index. Own stack, vectors, FP on. Keeps x0. */
cpu_setup:
        adrp    x1, stacks
        add     x1, x1, :lo12:stacks
        add     x2, x0, #1
        add     x1, x1, x2, lsl #STACK_SHIFT
        mov     sp, x1
        adrp    x1, vectors
        add     x1, x1, :lo12:vectors
        msr     vbar_el1, x1
        mov     x1, #3 << 20
        msr     cpacr_el1, x1
        isb
        ret

/* --- Exceptions --- */

        .macro  vector n
        .balign 128
        msr     tpidr_el1, x0
        mov     x0, #\n
        b       trap_entry
        .endm

        .balign 2048
        .global vectors
vectors:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vector  \n
        .endr

/* x0: which vector; its value is in TPIDR_EL1. */
trap_entry:
        msr     tpidrro_el0, x1
        msr     tpidr_el0, x2
        mrs     x1, mpidr_el1
        and     x1, x1, #0xff
        add     x1, x1, #1
        adrp    x2, trap_stacks
        add     x2, x2, :lo12:trap_stacks
        add     x2, x2, x1, lsl #STACK_SHIFT
        mov     x1, sp
        mov     sp, x2
        sub     sp, sp, #FRAME_BYTES
        str     x1, [sp, #FRAME_SP]
        str     x0, [sp, #FRAME_VECTOR]
        mrs     x0, tpidr_el1
        mrs     x1, tpidrro_el0
        mrs     x2, tpidr_el0
        stp     x0, x1, [sp, #0]
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x19, [sp, #144]
        stp     x20, x21, [sp, #160]
        stp     x22, x23, [sp, #176]
        stp     x24, x25, [sp, #192]
        stp     x26, x27, [sp, #208]
        stp     x28, x29, [sp, #224]
        str     x30, [sp, #240]
        mrs     x1, elr_el1
        mrs     x2, spsr_el1
        stp     x1, x2, [sp, #FRAME_ELR]
        mrs     x1, esr_el1
        mrs     x2, far_el1
        stp     x1, x2, [sp, #FRAME_ESR]
        mov     x0, sp
        bl      metal_trap
        ldp     x1, x2, [sp, #FRAME_ELR]
        msr     elr_el1, x1
        msr     spsr_el1, x2
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
        ldp     x18, x19, [sp, #144]
        ldp     x20, x21, [sp, #160]
        ldp     x22, x23, [sp, #176]
        ldp     x24, x25, [sp, #192]
        ldp     x26, x27, [sp, #208]
        ldp     x28, x29, [sp, #224]
        ldr     x30, [sp, #240]
        ldr     x1, [sp, #FRAME_SP]
        msr     tpidr_el1, x1
        ldp     x0, x1, [sp, #0]
        msr     tpidrro_el0, x0
        mrs     x0, tpidr_el1
        mov     sp, x0
        mrs     x0, tpidrro_el0
        eret

/* --- Code that may trap --- */

/* x16 = this CPU's record: x19…x30, SP. Clobbers x17. */
        .macro  recovery_record
        mrs     x16, mpidr_el1
        and     x16, x16, #0xff
        adrp    x17, recovery
        add     x17, x17, :lo12:recovery
        add     x16, x17, x16, lsl #RECOVERY_SHIFT
        .endm

        .macro  save_recovery
        recovery_record
        stp     x19, x20, [x16, #0]
        stp     x21, x22, [x16, #16]
        stp     x23, x24, [x16, #32]
        stp     x25, x26, [x16, #48]
        stp     x27, x28, [x16, #64]
        stp     x29, x30, [x16, #80]
        mov     x17, sp
        str     x17, [x16, #96]
        mov     x17, #1
        str     x17, [x16, #RECOVERY_ARMED]
        .endm

/* bool attempt(fn, arg): calls fn(arg) at EL1; true when it trapped. */
        .global attempt
attempt:
        save_recovery
        mov     x17, x0
        mov     x0, x1
        blr     x17
        recovery_record
        str     xzr, [x16, #RECOVERY_ARMED]
        ldp     x29, x30, [x16, #80]
        mov     x0, #0
        ret

/* bool attempt_el0(pc, arg, sp, lr, spsr): the same at EL0, where lr should lead to an SVC. */
        .global attempt_el0
attempt_el0:
        save_recovery
        msr     elr_el1, x0
        msr     spsr_el1, x4
        msr     sp_el0, x2
        mov     x0, x1
        mov     x30, x3
        eret

/* The trap handler comes back here: true; or false by metal_return. */
        .global attempt_trapped, attempt_returned
attempt_returned:
        mov     x0, #0
        b       1f
attempt_trapped:
        mov     x0, #1
1:      recovery_record
        str     xzr, [x16, #RECOVERY_ARMED]
        ldp     x19, x20, [x16, #0]
        ldp     x21, x22, [x16, #16]
        ldp     x23, x24, [x16, #32]
        ldp     x25, x26, [x16, #48]
        ldp     x27, x28, [x16, #64]
        ldp     x29, x30, [x16, #80]
        ldr     x17, [x16, #96]
        mov     sp, x17
        ret

/* How EL0 code returns. */
        .global el0_return
el0_return:
        svc     #EL0_RETURN

        .bss
        .balign 4096
stacks: .skip   METAL_CPUS << STACK_SHIFT
trap_stacks:
        .skip   METAL_CPUS << STACK_SHIFT
        .global recovery
recovery:
        .skip   METAL_CPUS << RECOVERY_SHIFT
