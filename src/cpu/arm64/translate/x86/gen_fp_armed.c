/* SPDX-License-Identifier: Apache-2.0
 *
 * Floating point of the fast form: the host faults (SIGFPE) where it might not do what Arm does, so
 * results need no look. The CPU is "armed" while MXCSR unmasks invalid operations, division by zero,
 * overflow and underflow. A fault changes nothing; its instruction starts over in the slow form, and
 * the block goes without the fast one for a while. What is left to do here:
 *
 *  - NaNs. With a quiet one, sums, products, quotients, roots and conversions agree, as DN is clear
 *    and operands stand in Arm's order. Fused operations do not: an ordered comparison of the result
 *    with itself faults.
 *  - Underflow. The host looks after rounding, Arm before: a result of the least magnitude that is
 *    normal may be one on Arm alone. Half of it faults. A sum that small is exact.
 *  - IXC. MXCSR collects inexact results, and whoever disarms adds them to FPSR. So nothing that is
 *    more inexact than Arm's instruction may run armed, not even in elements that nobody wants.
 *
 * Arming and disarming cost as much as twenty operations, so they happen late: the first fast form
 * that needs it arms, having asked about FPEN and FPCR; C code and slow forms disarm. While armed,
 * those answers hold: only C code changes them.
 *
 * SDM volume 1, 11.5 and 14.4; Arm ARM, FPProcessException and FPRoundBase. */
#include "cpu/arm64/fp.h"
#include "cpu/arm64/translate/x86/gen_fp.h"

enum { MXCSR_PE = 1 << 5 };

bool gen_fp_raises(const struct ir *i)
{
    if (i->op != IR_FP)
        return false;
    switch (i->aux) {
    case FP_ABS:
    case FP_NEG:
    case FP_MOV:
    case FP_CSEL:
    case FP_MOV_FROM:
    case FP_MOV_TO:
    case FP_IMM:
        return false;
    default:
        return i->aux < FP_VFABS;
    }
}

static void load_mxcsr(struct gen *g, const uint32_t *value)
{
    x86_vex(&g->a, 1, 0, false, false, 0xae, 2, 0, x86_at(value)); /* vldmxcsr */
}

void gen_make_arm(struct gen *g)
{
    uint8_t *disabled, *unusual;

    x86_mov_load(&g->a, false, RAX, CPU_FIELD(sys.cpacr));
    x86_not(&g->a, false, x86_r(RAX));
    x86_test_imm(&g->a, false, x86_r(RAX), 3 << 20);
    disabled = x86_jcc(&g->a, CC_NE);
    x86_test_imm(&g->a, false, CPU_FIELD(fp.fpcr), FPCR_FZ | FPCR_RMODE | FPCR_DN);
    unusual = x86_jcc(&g->a, CC_NE);
    load_mxcsr(g, &g->thunks->fp->mxcsr_armed);
    x86_mov_store_imm(&g->a, false, CPU_FIELD(fp_armed), 1);
    x86_patch(disabled, g->a.p);
    x86_patch(unusual, g->a.p);
    x86_ret(&g->a);
}

static void answer(struct gen *g, bool faults)
{
    load_mxcsr(g, &g->thunks->fp->mxcsr_plain);
    x86_mov_imm(&g->a, RAX, faults);
    x86_ret(&g->a);
}

/* 0 / 0, armed. QEMU's TCG knows no such faults. */
struct gen_trap gen_make_faults(struct gen *g)
{
    struct gen_trap trap;

    load_mxcsr(g, &g->thunks->fp->mxcsr_armed);
    x86_vex(&g->a, 1, 0, false, false, 0x57, XMM0, XMM0, x86_r(XMM0)); /* vxorps */
    trap.from = g->a.p;
    x86_vex(&g->a, 1, 3, false, false, 0x5e, XMM0, XMM0, x86_r(XMM0)); /* vdivsd */
    trap.to = g->a.p;
    answer(g, false);
    trap.bail = g->a.p;
    answer(g, true);
    return trap;
}

void gen_disarm(struct gen *g)
{
    uint8_t *not_armed, *exact;

    x86_alu_imm(&g->a, ALU_CMP, false, CPU_FIELD(fp_armed), 0);
    not_armed = x86_jcc(&g->a, CC_E);
    x86_vex(&g->a, 1, 0, false, false, 0xae, 3, 0, CPU_FIELD(mxcsr)); /* vstmxcsr */
    x86_test_imm(&g->a, false, CPU_FIELD(mxcsr), MXCSR_PE);
    exact = x86_jcc(&g->a, CC_E);
    x86_alu_imm(&g->a, ALU_OR, false, CPU_FIELD(fp.fpsr), FPSR_IXC);
    x86_patch(exact, g->a.p);
    load_mxcsr(g, &g->thunks->fp->mxcsr_plain);
    x86_mov_store_imm(&g->a, false, CPU_FIELD(fp_armed), 0);
    x86_patch(not_armed, g->a.p);
}

uint32_t gen_fp_rest(const struct gen *g)
{
    return (uint32_t)(g->fast.entry->page_off / 4 + g->page) % A64_FP_RESTS;
}

static struct x86_rm rest(const struct gen *g)
{
    return gen_field(offsetof(struct a64_cpu, fp_rest) + sizeof(uint32_t) * gen_fp_rest(g));
}

void gen_ask_armed(struct gen *g)
{
    struct gen_slow *s;

    x86_alu_imm(&g->a, ALU_CMP, false, rest(g), 0);
    (void)gen_slow(g, SLOW_REST, x86_jcc(&g->a, CC_NE), g->fast.entry);
    x86_alu_imm(&g->a, ALU_CMP, false, CPU_FIELD(fp_armed), 0);
    s = gen_slow(g, SLOW_ARM, x86_jcc(&g->a, CC_E), g->fast.entry);
    s->resume = g->a.p;
}

void gen_ask_disarmed(struct gen *g)
{
    struct gen_slow *s;

    x86_alu_imm(&g->a, ALU_CMP, false, CPU_FIELD(fp_armed), 0);
    s = gen_slow(g, SLOW_DISARM, x86_jcc(&g->a, CC_NE), NULL);
    s->resume = g->a.p;
}

void gen_armed_slow(struct gen *g, const struct gen_slow *s)
{
    const uint8_t *entry = g->slow_at[GEN_ENTRY];

    switch (s->kind) {
    case SLOW_REST:
        x86_alu_imm(&g->a, ALU_SUB, false, rest(g), 1);
        x86_jmp_to(&g->a, entry);
        break;
    case SLOW_ARM:
        gen_call(g, g->thunks->arm);
        x86_jcc_to(&g->a, CC_NE, entry);
        x86_jmp_to(&g->a, s->resume);
        break;
    default:
        gen_call(g, g->thunks->disarm);
        x86_jmp_to(&g->a, s->resume);
        break;
    }
}

static unsigned pp(unsigned size, bool packed)
{
    return packed ? packed_pp(size) : scalar_pp(size);
}

void gen_fault_if_small(struct gen *g, const struct ir *i, int xmm, unsigned size)
{
    x86_vex(&g->a, 1, pp(size, i->aux >= FP_VFADD), false, false, 0x59, XMM2, xmm,
            x86_at(g->thunks->fp->half[size == 8])); /* vmul */
}

void gen_fault_if_nan(struct gen *g, const struct ir *i, int xmm)
{
    x86_vex_imm(&g->a, 1, pp(i->size, i->aux >= FP_VFADD), false, false, 0xc2, XMM2, xmm, x86_r(xmm),
                1); /* vcmp: less, signalling */
}
