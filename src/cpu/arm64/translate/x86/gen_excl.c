/* SPDX-License-Identifier: Apache-2.0
 *
 * Exclusives as the interpreter has them (op_excl.c): a load remembers address, size and value; a store is a locked
 * compare-and-exchange with that value, if address and size are the remembered ones. Whatever ends the monitor's state clears
 * the same fields. Hosts must have CMPXCHG16B (gen_host.c). */
#include "cpu/arm64/translate/x86/gen.h"

/* Whether the monitor is set, and for how many bytes: one word. */
_Static_assert(offsetof(struct a64_cpu, excl_size) == offsetof(struct a64_cpu, excl_valid) + 1, "read and written together");

static uint16_t monitor_for(const struct ir *i)
{
    return (uint16_t)(1 | i->size << 8);
}

static bool is_pair(const struct ir *i)
{
    return i->c != IR_NONE;
}

static void get(struct gen *g, int v, bool w, int reg)
{
    int r = gen_use(g, v, w, reg);

    if (r != reg || !w)
        x86_mov_load(&g->a, w, reg, x86_r(r));
}

static void load(struct gen *g, const struct ir *i)
{
    struct x86_asm *a = &g->a;
    int va = gen_mem_look_up(g, i);

    x86_mov_store(a, true, CPU_FIELD(excl_va), va);
    x86_lea(a, true, RCX, x86_mx(RCX, va, 0, 0));
    if (i->size == 1)
        x86_movzx8(a, RAX, x86_m(RCX, 0));
    else if (i->size == 2)
        x86_movzx16(a, RAX, x86_m(RCX, 0));
    else
        x86_mov_load(a, i->size >= 8, RAX, x86_m(RCX, 0));
    x86_mov_store(a, true, CPU_FIELD(excl_lo), RAX);
    x86_store16_imm(a, CPU_FIELD(excl_valid), monitor_for(i));
    if (i->size == 16) {
        x86_mov_load(a, true, RDX, x86_m(RCX, 8));
        x86_mov_store(a, true, CPU_FIELD(excl_hi), RDX);
    } else if (is_pair(i)) {
        x86_mov_load(a, true, RDX, x86_r(RAX));
        x86_shift_imm(a, SHIFT_SHR, true, x86_r(RDX), 32);
        x86_mov_load(a, false, RAX, x86_r(RAX));
    }
    gen_def_from(g, i->dst, true, RAX);
    if (is_pair(i))
        gen_def_from(g, i->c, true, RDX);
}

/* The value to store in rdx; rax is lost. */
static void new_value(struct gen *g, const struct ir *i)
{
    if (!is_pair(i)) {
        get(g, i->b, i->w, RDX);
        return;
    }
    get(g, i->c, true, RDX);
    x86_shift_imm(&g->a, SHIFT_SHL, true, x86_r(RDX), 32);
    get(g, i->b, false, RAX);
    x86_alu_load(&g->a, ALU_OR, true, RDX, x86_r(RAX));
}

static void exchange(struct gen *g, const struct ir *i)
{
    const struct x86_rm at = x86_m(RCX, 0);

    new_value(g, i);
    x86_mov_load(&g->a, true, RAX, CPU_FIELD(excl_lo));
    x86_lock(&g->a);
    if (i->size == 1)
        x86_cmpxchg8(&g->a, at, RDX);
    else if (i->size == 2)
        x86_cmpxchg16(&g->a, at, RDX);
    else
        x86_cmpxchg(&g->a, i->size == 8, at, RDX);
}

/* It wants rbx and all scratch registers for values, so the address is in r11 meanwhile. */
static void exchange_16(struct gen *g, const struct ir *i)
{
    struct x86_asm *a = &g->a;

    x86_push(a, RBX);
    x86_push(a, R11);
    x86_mov_load(a, true, R11, x86_r(RCX));
    get(g, i->c, true, RCX);
    get(g, i->b, true, RBX);
    x86_mov_load(a, true, RAX, CPU_FIELD(excl_lo));
    x86_mov_load(a, true, RDX, CPU_FIELD(excl_hi));
    x86_lock(a);
    x86_cmpxchg16b(a, x86_m(R11, 0));
    x86_pop(a, R11);
    x86_pop(a, RBX);
}

static void store(struct gen *g, const struct ir *i)
{
    struct x86_asm *a = &g->a;
    int va = gen_mem_look_up(g, i);
    uint8_t *not_ours[2];

    x86_movzx16(a, RAX, CPU_FIELD(excl_valid));
    x86_store16_imm(a, CPU_FIELD(excl_valid), 0);
    x86_alu_imm(a, ALU_CMP, false, x86_r(RAX), monitor_for(i));
    not_ours[0] = x86_jcc(a, CC_NE);
    x86_alu_load(a, ALU_CMP, true, va, CPU_FIELD(excl_va));
    not_ours[1] = x86_jcc(a, CC_NE);
    x86_lea(a, true, RCX, x86_mx(RCX, va, 0, 0));
    if (i->size == 16)
        exchange_16(g, i);
    else
        exchange(g, i);
    for (unsigned n = 0; n < ARRAY_LEN(not_ours) && !a->full; n++)
        x86_patch(not_ours[n], a->p);
    x86_setcc(a, CC_NE, RAX);
    x86_movzx8(a, RAX, x86_r(RAX));
    gen_def_from(g, i->dst, true, RAX);
}

void gen_exclusive(struct gen *g, const struct ir *i)
{
    if (i->op == IR_LDX)
        load(g, i);
    else if (i->op == IR_STX)
        store(g, i);
    else
        x86_store16_imm(&g->a, CPU_FIELD(excl_valid), 0);
}
