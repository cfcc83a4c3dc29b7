/* SPDX-License-Identifier: Apache-2.0
 *
 * objc_msgSend: stores the argument registers where standin_send can see them, asks it for the method, and jumps there
 * with every register as it was (AAPCS64).
 *
 *     frame: x0 to x7, then q0 to q7; x8 (where a structure is returned) after that */
    .text
    .globl objc_msgSend
    .type objc_msgSend, %function
objc_msgSend:
    .cfi_startproc
    stp x29, x30, [sp, #-16]!
    .cfi_def_cfa_offset 16
    .cfi_offset x29, -16
    .cfi_offset x30, -8
    mov x29, sp
    .cfi_def_cfa_register x29
    sub sp, sp, #0xd0
    stp x0, x1, [sp, #0x00]
    stp x2, x3, [sp, #0x10]
    stp x4, x5, [sp, #0x20]
    stp x6, x7, [sp, #0x30]
    stp q0, q1, [sp, #0x40]
    stp q2, q3, [sp, #0x60]
    stp q4, q5, [sp, #0x80]
    stp q6, q7, [sp, #0xa0]
    str x8, [sp, #0xc0]
    mov x0, sp
    mov w1, #8
    bl standin_send
    mov x16, x0
    ldp x0, x1, [sp, #0x00]
    ldp x2, x3, [sp, #0x10]
    ldp x4, x5, [sp, #0x20]
    ldp x6, x7, [sp, #0x30]
    ldp q0, q1, [sp, #0x40]
    ldp q2, q3, [sp, #0x60]
    ldp q4, q5, [sp, #0x80]
    ldp q6, q7, [sp, #0xa0]
    ldr x8, [sp, #0xc0]
    mov sp, x29
    ldp x29, x30, [sp], #16
    .cfi_def_cfa sp, 0
    br x16
    .cfi_endproc
    .size objc_msgSend, .-objc_msgSend
    .section .note.GNU-stack,"",%progbits
