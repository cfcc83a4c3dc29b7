/* SPDX-License-Identifier: Apache-2.0
 *
 * objc_msgSend: looks the method up with every argument register kept, then jumps to it (System V ABI). Returning a
 * structure in memory is objc_msgSend_stret's business on Intel, and nothing here does. */
    .text
    .globl objc_msgSend
    .type objc_msgSend, @function
objc_msgSend:
    push %rbp
    mov %rsp, %rbp
    sub $0xc0, %rsp
    mov %rdi, -0x08(%rbp)
    mov %rsi, -0x10(%rbp)
    mov %rdx, -0x18(%rbp)
    mov %rcx, -0x20(%rbp)
    mov %r8, -0x28(%rbp)
    mov %r9, -0x30(%rbp)
    movups %xmm0, -0x50(%rbp)
    movups %xmm1, -0x60(%rbp)
    movups %xmm2, -0x70(%rbp)
    movups %xmm3, -0x80(%rbp)
    call standin_find_method@PLT
    mov %rax, %r11
    mov -0x08(%rbp), %rdi
    mov -0x10(%rbp), %rsi
    mov -0x18(%rbp), %rdx
    mov -0x20(%rbp), %rcx
    mov -0x28(%rbp), %r8
    mov -0x30(%rbp), %r9
    movups -0x50(%rbp), %xmm0
    movups -0x60(%rbp), %xmm1
    movups -0x70(%rbp), %xmm2
    movups -0x80(%rbp), %xmm3
    leave
    jmp *%r11
    .size objc_msgSend, .-objc_msgSend
    .section .note.GNU-stack,"",@progbits
