/* SPDX-License-Identifier: Apache-2.0
 *
 * objc_msgSend: stores the argument registers where standin_send can see them, asks it for the method, and jumps there
 * with every register as it was (System V ABI). Returning a structure in memory is objc_msgSend_stret's business on
 * Intel, and nothing here does.
 *
 *     frame: rdi rsi rdx rcx r8 r9, then xmm0 to xmm7 */
    .text
    .globl objc_msgSend
    .type objc_msgSend, @function
objc_msgSend:
    .cfi_startproc
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    sub $0xb0, %rsp
    mov %rdi, 0x00(%rsp)
    mov %rsi, 0x08(%rsp)
    mov %rdx, 0x10(%rsp)
    mov %rcx, 0x18(%rsp)
    mov %r8, 0x20(%rsp)
    mov %r9, 0x28(%rsp)
    movups %xmm0, 0x30(%rsp)
    movups %xmm1, 0x40(%rsp)
    movups %xmm2, 0x50(%rsp)
    movups %xmm3, 0x60(%rsp)
    movups %xmm4, 0x70(%rsp)
    movups %xmm5, 0x80(%rsp)
    movups %xmm6, 0x90(%rsp)
    movups %xmm7, 0xa0(%rsp)
    mov %rsp, %rdi
    mov $6, %esi
    call standin_send@PLT
    mov %rax, %r11
    mov 0x00(%rsp), %rdi
    mov 0x08(%rsp), %rsi
    mov 0x10(%rsp), %rdx
    mov 0x18(%rsp), %rcx
    mov 0x20(%rsp), %r8
    mov 0x28(%rsp), %r9
    movups 0x30(%rsp), %xmm0
    movups 0x40(%rsp), %xmm1
    movups 0x50(%rsp), %xmm2
    movups 0x60(%rsp), %xmm3
    movups 0x70(%rsp), %xmm4
    movups 0x80(%rsp), %xmm5
    movups 0x90(%rsp), %xmm6
    movups 0xa0(%rsp), %xmm7
    leave
    .cfi_def_cfa %rsp, 8
    jmp *%r11
    .cfi_endproc
    .size objc_msgSend, .-objc_msgSend
    .section .note.GNU-stack,"",@progbits
