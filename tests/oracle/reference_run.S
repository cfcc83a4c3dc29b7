/* SPDX-License-Identifier: Apache-2.0
 *
 * void reference_run(struct machine_state *m, const void *code): x27 holds m, x28 the code; struct machine_state is x[32] at 0,
 * v[32] at 256, nzcv at 768, fpcr at 776, fpsr at 784. */
    .text
    .global reference_run, reference_save
    .type reference_run, %function
reference_run:
    stp x29, x30, [sp, #-16]!
    stp x27, x28, [sp, #-16]!
    stp x25, x26, [sp, #-16]!
    stp x23, x24, [sp, #-16]!
    stp x21, x22, [sp, #-16]!
    stp x19, x20, [sp, #-16]!
    stp d14, d15, [sp, #-16]!
    stp d12, d13, [sp, #-16]!
    stp d10, d11, [sp, #-16]!
    stp d8, d9, [sp, #-16]!
    adrp x2, host_sp
    mov x3, sp
    str x3, [x2, :lo12:host_sp]
    mov x27, x0
    mov x28, x1

    ldr x0, [x27, #768]
    msr nzcv, x0
    ldr x0, [x27, #776]
    msr fpcr, x0
    ldr x0, [x27, #784]
    msr fpsr, x0
    add x1, x27, #256
    .irp n, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30
    ldr q\n, [x1, #\n * 16]
    .endr
    .irp n, 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31
    ldr q\n, [x1, #\n * 16]
    .endr
    ldr x0, [x27, #248]
    mov sp, x0
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,29,30
    ldr x\n, [x27, #\n * 8]
    .endr
    br x28

reference_save:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,29,30
    str x\n, [x27, #\n * 8]
    .endr
    mov x0, sp
    str x0, [x27, #248]
    mrs x0, nzcv
    str x0, [x27, #768]
    mrs x0, fpcr
    str x0, [x27, #776]
    mrs x0, fpsr
    str x0, [x27, #784]
    add x1, x27, #256
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str q\n, [x1, #\n * 16]
    .endr
    msr fpcr, xzr
    adrp x2, host_sp
    ldr x3, [x2, :lo12:host_sp]
    mov sp, x3
    ldp d8, d9, [sp], #16
    ldp d10, d11, [sp], #16
    ldp d12, d13, [sp], #16
    ldp d14, d15, [sp], #16
    ldp x19, x20, [sp], #16
    ldp x21, x22, [sp], #16
    ldp x23, x24, [sp], #16
    ldp x25, x26, [sp], #16
    ldp x27, x28, [sp], #16
    ldp x29, x30, [sp], #16
    ret

    .bss
    .balign 8
host_sp:
    .skip 8
    .section .note.GNU-stack, "", %progbits
