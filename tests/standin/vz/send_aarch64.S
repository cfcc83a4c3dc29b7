/* SPDX-License-Identifier: Apache-2.0
 *
 * objc_msgSend: looks the method up with every argument register kept, then jumps to it (AAPCS64). */
    .text
    .globl objc_msgSend
    .type objc_msgSend, %function
objc_msgSend:
    stp x29, x30, [sp, #-0xd0]!
    mov x29, sp
    stp x0, x1, [sp, #0x10]
    stp x2, x3, [sp, #0x20]
    stp x4, x5, [sp, #0x30]
    stp x6, x7, [sp, #0x40]
    stp q0, q1, [sp, #0x50]
    stp q2, q3, [sp, #0x70]
    str x8, [sp, #0x90]
    bl standin_find_method
    mov x16, x0
    ldp x0, x1, [sp, #0x10]
    ldp x2, x3, [sp, #0x20]
    ldp x4, x5, [sp, #0x30]
    ldp x6, x7, [sp, #0x40]
    ldp q0, q1, [sp, #0x50]
    ldp q2, q3, [sp, #0x70]
    ldr x8, [sp, #0x90]
    ldp x29, x30, [sp], #0xd0
    br x16
    .size objc_msgSend, .-objc_msgSend
    .section .note.GNU-stack,"",%progbits
