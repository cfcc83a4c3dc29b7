/* SPDX-License-Identifier: Apache-2.0
 *
 * Atomics as locked instructions, which order everything around them; reads of system registers; masking of interrupts. */
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/x86/gen.h"

/* Operand `v` in `scratch`. */
static void load(struct gen *g, const struct ir *i, int v, int scratch)
{
    int reg = gen_use(g, v, i->w, scratch);

    if (reg != scratch || !i->w)
        x86_mov_load(&g->a, i->w, scratch, x86_r(reg));
}

static void store_result(struct gen *g, const struct ir *i, int reg)
{
    int d = gen_def(g, i->dst, reg);

    if (d != reg && i->dst != A64_DISCARD)
        x86_mov_load(&g->a, true, d, x86_r(reg));
    gen_def_end(g, i->dst, d);
}

/* rax = old value at [rcx], which becomes old op operand. */
static void exchange_loop(struct gen *g, const struct ir *i, enum x86_alu op)
{
    const struct x86_rm at = x86_m(RCX, 0);
    uint8_t *again;

    x86_mov_load(&g->a, i->w, RAX, at);
    again = g->a.p;
    load(g, i, i->b, RDX);
    if (i->op == IR_FETCH_ANDN)
        x86_not(&g->a, i->w, x86_r(RDX));
    x86_alu_load(&g->a, op, i->w, RDX, x86_r(RAX));
    x86_lock(&g->a);
    x86_cmpxchg(&g->a, i->w, at, RDX);
    x86_jcc_to(&g->a, CC_NE, again);
    store_result(g, i, RAX);
}

void gen_atomic(struct gen *g, const struct ir *i)
{
    const struct x86_rm at = x86_m(RCX, 0);

    x86_lea(&g->a, true, RCX, x86_mx(RCX, gen_mem_look_up(g, i), 0, 0));
    switch (i->op) {
    case IR_CAS:
        load(g, i, i->b, RAX);
        load(g, i, i->c, RDX);
        x86_lock(&g->a);
        x86_cmpxchg(&g->a, i->w, at, RDX);
        store_result(g, i, RAX);
        break;
    case IR_SWAP:
        load(g, i, i->b, RAX);
        x86_xchg(&g->a, i->w, at, RAX);
        store_result(g, i, RAX);
        break;
    case IR_FETCH_ADD:
        load(g, i, i->b, RAX);
        x86_lock(&g->a);
        x86_xadd(&g->a, i->w, at, RAX);
        store_result(g, i, RAX);
        break;
    case IR_FETCH_ANDN:
        exchange_loop(g, i, ALU_AND);
        break;
    case IR_FETCH_XOR:
        exchange_loop(g, i, ALU_XOR);
        break;
    default:
        exchange_loop(g, i, ALU_OR);
        break;
    }
}

/* DC ZVA is prohibited at EL0 without SCTLR_EL1.DZE. */
static void read_dczid(struct gen *g, const struct ir *i)
{
    g->eflags = EFLAGS_NONE;
    x86_mov_imm(&g->a, RAX, A64_DCZID_BLOCK | A64_DCZID_PROHIBITED);
    x86_mov_imm(&g->a, RCX, A64_DCZID_BLOCK);
    x86_test_imm(&g->a, false, CPU_FIELD(sys.sctlr), A64_SCTLR_DZE);
    x86_cmov(&g->a, CC_NE, true, RAX, x86_r(RCX));
    x86_cmp8_imm(&g->a, CPU_FIELD(el), 0);
    x86_cmov(&g->a, CC_NE, true, RAX, x86_r(RCX));
    gen_def_from(g, i->dst, true, RAX);
}

void gen_mrs(struct gen *g, const struct ir *i)
{
    static const struct {
        uint16_t offset;
        bool el1, w;
    } fields[] = {
        [SYSTEM_SP_EL0] = {offsetof(struct a64_cpu, sp_el), true, true},
        [SYSTEM_TPIDR_EL0] = {offsetof(struct a64_cpu, sys.tpidr_el0), false, true},
        [SYSTEM_TPIDR_EL1] = {offsetof(struct a64_cpu, sys.tpidr_el1), true, true},
        [SYSTEM_DAIF] = {offsetof(struct a64_cpu, daif), true, false},
    };
    int d = gen_def(g, i->dst, RAX);

    if (i->aux == SYSTEM_DCZID) {
        read_dczid(g, i);
        return;
    }
    if (fields[i->aux].el1) { /* EL0 traps, or asks the handler */
        g->eflags = EFLAGS_NONE;
        x86_cmp8_imm(&g->a, CPU_FIELD(el), 0);
        gen_otherwise(g, i, x86_jcc(&g->a, CC_E));
    }
    if (i->aux == SYSTEM_SP_EL0) { /* SP_EL0 as the current stack pointer is not to be read */
        x86_cmp8_imm(&g->a, CPU_FIELD(sp_sel), 0);
        gen_otherwise(g, i, x86_jcc(&g->a, CC_E));
    }
    x86_mov_load(&g->a, fields[i->aux].w, d, gen_field(fields[i->aux].offset));
    gen_def_end(g, i->dst, d);
}

static void unless(struct gen *g, const struct ir *i, enum x86_cc cc)
{
    gen_otherwise(g, i, x86_jcc(&g->a, cc));
}

void gen_daif(struct gen *g, const struct ir *i)
{
    g->eflags = EFLAGS_NONE;
    x86_cmp8_imm(&g->a, CPU_FIELD(el), 0); /* may trap there */
    unless(g, i, CC_E);
    x86_cmp8_imm(&g->a, CPU_FIELD(debug_armed), 0); /* a step may begin or end */
    unless(g, i, CC_NE);
    if (i->op != IR_MASK) { /* an interrupt that waits is taken now */
        x86_alu_imm(&g->a, ALU_CMP, false, CPU_FIELD(pins), 0);
        unless(g, i, CC_NE);
    }
    if (i->op == IR_MASK) {
        x86_alu_imm(&g->a, ALU_OR, false, CPU_FIELD(daif), (int32_t)i->imm);
    } else if (i->op == IR_UNMASK) {
        x86_alu_imm(&g->a, ALU_AND, false, CPU_FIELD(daif), (int32_t)~i->imm);
    } else {
        x86_mov_load(&g->a, false, RAX, x86_r(gen_use(g, i->a, false, RAX)));
        x86_alu_imm(&g->a, ALU_AND, false, x86_r(RAX), A64_DAIF_D | A64_DAIF_A | A64_DAIF_I | A64_DAIF_F);
        x86_mov_store(&g->a, false, CPU_FIELD(daif), RAX);
    }
}
