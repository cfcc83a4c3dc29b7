/* SPDX-License-Identifier: Apache-2.0
 *
 * What start.S and C agree on. */
#ifndef METAL_ASM_H
#define METAL_ASM_H

#define METAL_CPUS     4
#define STACK_SHIFT    13
#define RECOVERY_SHIFT 7
#define RECOVERY_ARMED 104
#define EL0_RETURN     0xfff

/* struct frame */
#define FRAME_SP     248
#define FRAME_ELR    256
#define FRAME_ESR    272
#define FRAME_VECTOR 288
#define FRAME_BYTES  304

#endif
