/* SPDX-License-Identifier: Apache-2.0
 *
 * The x86 guest of kvm_probe: real mode, protected mode, long mode, as a kernel boots. It is copied
 * to guest-physical PROBE_CODE; so every address is counted from there. */
#include "accel/kvm/probe_guest.h"
#include "accel/kvm/probe_x86.h"

#define AT(label) (label - kvm_probe_code + PROBE_CODE)

    .macro mark n
    movb $\n, %al
    outb %al, $PROBE_PORT
    .endm

    .macro phase first
    mark \first
    movl $PROBE_LOOPS, %ecx
1:  addl $1, %edx
    decl %ecx
    jnz 1b
    mark \first + 1
    .endm

    .section .rodata
    .globl kvm_probe_code, kvm_probe_code_end
kvm_probe_code:
    .code16
    phase 0
    lgdtl AT(gdtr)
    movl %cr0, %eax
    orl $1, %eax                    /* CR0.PE */
    movl %eax, %cr0
    ljmpl $8, $AT(protected)

    .code32
protected:
    movl $16, %eax
    movl %eax, %ds
    movl %eax, %ss
    phase 2
    movl $0x20, %eax                /* CR4.PAE */
    movl %eax, %cr4
    movl $PROBE_PML4, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx          /* EFER.LME */
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80000000, %eax           /* CR0.PG */
    movl %eax, %cr0
    ljmpl $24, $AT(long_mode)

    .code64
long_mode:
    phase 4
    hlt

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff        /* 8: 32-bit code */
    .quad 0x00cf92000000ffff        /* 16: data */
    .quad 0x00af9a000000ffff        /* 24: 64-bit code */
gdtr:
    .word gdtr - gdt - 1
    .long AT(gdt)
kvm_probe_code_end:

    .section .note.GNU-stack, "", %progbits
