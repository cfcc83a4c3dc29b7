/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest memory through the software TLB (mmu.h draws the look-up): nine host instructions when the page is known and the
 * access stays inside it, else the interpreter's handler does the whole instruction. Unaligned
 * accesses inside a page are left to the host; the translator is not used while SCTLR_EL1.A asks for alignment checks. */
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/x86/gen.h"

static bool is_load(const struct ir *i)
{
    return i->op == IR_LDX || i->op == IR_LD || i->op == IR_LDP || i->op == IR_VLD || i->op == IR_VLDP;
}

static bool is_vector(const struct ir *i)
{
    return i->op >= IR_VLD && i->op <= IR_VSTP;
}

/* The virtual address in a host register: the base's own home when there is nothing to add, else rdx. */
static int address(struct gen *g, const struct ir *i)
{
    int base = gen_use(g, i->a, true, RDX), index;

    if (i->b == IR_NONE || i->b == A64_ZR) {
        if (i->imm) {
            x86_lea(&g->a, true, RDX, x86_m(base, (int32_t)i->imm));
            return RDX;
        }
        return base;
    }
    if (i->ext == EXT_SXTW) {
        x86_movsxd(&g->a, RCX, gen_loc(g, i->b));
        index = RCX;
    } else if (i->ext == EXT_UXTW) {
        x86_mov_load(&g->a, false, RCX, gen_loc(g, i->b));
        index = RCX;
    } else {
        index = gen_use(g, i->b, true, RCX);
    }
    if (i->shift > 3) { /* only 128-bit registers: shift by hand */
        if (index != RCX)
            x86_mov_load(&g->a, true, RCX, x86_r(index));
        x86_shift_imm(&g->a, SHIFT_SHL, true, x86_r(RCX), i->shift);
        x86_lea(&g->a, true, RDX, x86_mx(base, RCX, 0, 0));
    } else {
        x86_lea(&g->a, true, RDX, x86_mx(base, index, i->shift, 0));
    }
    return RDX;
}

/* Looks [va, va + bytes) up; afterwards the bytes are at [rcx + va]. A miss executes the whole guest instruction by its handler. */
static void look_up(struct gen *g, const struct ir *i, int va, unsigned bytes)
{
    struct gen_slow *s;

    g->eflags = EFLAGS_NONE;
    gen_find_page(g, va);
    if (bytes > 1 && !i->aligned)
        x86_lea(&g->a, true, RCX, x86_m(va, (int32_t)bytes - 1));
    else
        x86_mov_load(&g->a, true, RCX, x86_r(va));
    x86_alu_imm(&g->a, ALU_AND, true, x86_r(RCX),
                -(int32_t)A64_PAGE_SIZE | (i->aligned ? (int32_t)bytes - 1 : 0));
    x86_alu_load(&g->a, ALU_CMP, true, RCX, gen_page_tag(!is_load(i)));
    s = gen_otherwise(g, i, x86_jcc(&g->a, CC_NE));
    x86_mov_load(&g->a, true, RCX, x86_m(RAX, offsetof(struct a64_tlb_entry, addend)));
    if (is_load(i) && gen_may_straddle(i, bytes)) {
        s->kind = SLOW_STRADDLE;
        s->resume = g->a.p;
    }
}

/* One element at `src` into guest register `dst`, extended. */
static void load_element(struct gen *g, const struct ir *i, int dst, struct x86_rm src)
{
    int d = gen_def(g, dst, RAX);

    switch (i->size) {
    case 1:
        if (i->sign)
            x86_movsx8(&g->a, i->w, d, src);
        else
            x86_movzx8(&g->a, d, src);
        break;
    case 2:
        if (i->sign)
            x86_movsx16(&g->a, i->w, d, src);
        else
            x86_movzx16(&g->a, d, src);
        break;
    case 4:
        if (i->sign && i->w)
            x86_movsxd(&g->a, d, src);
        else
            x86_mov_load(&g->a, false, d, src);
        break;
    default:
        x86_mov_load(&g->a, true, d, src);
        break;
    }
    gen_def_end(g, dst, d);
}

static void store_element(struct gen *g, const struct ir *i, int value, struct x86_rm dst)
{
    int v = gen_use(g, value, i->size == 8, RAX);

    switch (i->size) {
    case 1:
        x86_store8(&g->a, dst, v);
        break;
    case 2:
        x86_store16(&g->a, dst, v);
        break;
    default:
        x86_mov_store(&g->a, i->size == 8, dst, v);
        break;
    }
}

/* A scalar or whole vector register; the bits above the element become zero, as a move into an xmm
 * register does. */
static void vload_element(struct gen *g, const struct ir *i, int dst, struct x86_rm src)
{
    struct x86_rm home = gen_vector(g, dst);
    int d = home.is_mem ? XMM0 : home.reg;

    if (i->size == 16) {
        x86_vex(&g->a, 1, 2, false, false, 0x6f, d, 0, src); /* vmovdqu */
    } else if (i->size >= 4) {
        gen_vector_load(g, d, src, i->size);
    } else {
        if (i->size == 1)
            x86_movzx8(&g->a, RAX, src);
        else
            x86_movzx16(&g->a, RAX, src);
        x86_vex(&g->a, 1, 1, false, false, 0x6e, d, 0, x86_r(RAX)); /* vmovd */
    }
    gen_vector_end(g, dst, d);
}

static void vstore_element(struct gen *g, const struct ir *i, int value, struct x86_rm dst)
{
    int v = gen_vector_use(g, value, i->size < 4 ? 4 : i->size, XMM0);

    switch (i->size) {
    case 1:
        x86_vex_imm(&g->a, 3, 1, false, false, 0x14, v, 0, dst, 0); /* vpextrb */
        break;
    case 2:
        x86_vex_imm(&g->a, 3, 1, false, false, 0x15, v, 0, dst, 0); /* vpextrw */
        break;
    case 4:
        x86_vex(&g->a, 1, 1, false, false, 0x7e, v, 0, dst); /* vmovd */
        break;
    case 8:
        x86_vex(&g->a, 1, 1, false, false, 0xd6, v, 0, dst); /* vmovq */
        break;
    default:
        x86_vex(&g->a, 1, 2, false, false, 0x7f, v, 0, dst); /* vmovdqu */
        break;
    }
}

static struct x86_rm second_of(const struct ir *i, struct x86_rm first)
{
    first.disp += i->size;
    return first;
}

static void pair_load(struct gen *g, const struct ir *i, struct x86_rm first)
{
    struct x86_rm second = second_of(i, first);

    /* The first destination may be the base: then read the second before. Never both (unpredictable). */
    if (is_vector(i)) {
        vload_element(g, i, i->dst, first);
        vload_element(g, i, i->c, second);
    } else if (first.index != X86_NO_REG && gen_home(g, i->dst) == first.index) {
        load_element(g, i, i->c, second);
        load_element(g, i, i->dst, first);
    } else {
        load_element(g, i, i->dst, first);
        load_element(g, i, i->c, second);
    }
}

static void pair_store(struct gen *g, const struct ir *i, struct x86_rm first)
{
    struct x86_rm second = second_of(i, first);

    if (is_vector(i)) {
        vstore_element(g, i, i->dst, first);
        vstore_element(g, i, i->c, second);
    } else {
        store_element(g, i, i->dst, first);
        store_element(g, i, i->c, second);
    }
}

/* Two registers whose elements take turns in memory. */
static void load_turns(struct gen *g, const struct ir *i, struct x86_rm at)
{
    unsigned q = i->size == 16;

    x86_vex(&g->a, 1, 2, false, false, 0x6f, XMM0, 0, at); /* vmovdqu */
    if (q)
        x86_vex(&g->a, 1, 2, false, false, 0x6f, XMM1, 0, second_of(i, at));
    gen_unzip(g, i->turns, XMM2, x86_r(XMM0), x86_r(q ? XMM1 : XMM0), false);
    gen_unzip(g, i->turns, XMM1, x86_r(XMM0), x86_r(q ? XMM1 : XMM0), true);
    if (!q) {
        gen_vector_clear_above(g, XMM2, 8);
        gen_vector_clear_above(g, XMM1, 8);
    }
    gen_vector_end(g, i->dst, XMM2);
    gen_vector_end(g, (i->dst + 1) & 31, XMM1);
}

static void store_turns(struct gen *g, const struct ir *i, struct x86_rm at)
{
    int first = gen_vector_use(g, i->c, 16, XMM0);
    struct x86_rm second = gen_vector(g, (i->c + 1) & 31);

    gen_zip(g, i->turns, XMM1, first, second, false);
    x86_vex(&g->a, 1, 2, false, false, 0x7f, XMM1, 0, at);
    if (i->size == 8)
        return;
    gen_zip(g, i->turns, XMM1, first, second, true);
    x86_vex(&g->a, 1, 2, false, false, 0x7f, XMM1, 0, second_of(i, at));
}

static void vload(struct gen *g, const struct ir *i, struct x86_rm at)
{
    if (i->turns) {
        load_turns(g, i, at);
        return;
    }
    for (int n = 0; n == 0 || n < i->count; n++, at.disp += i->size)
        vload_element(g, i, (i->dst + n) & 31, at);
}

static void vstore(struct gen *g, const struct ir *i, struct x86_rm at)
{
    if (i->turns) {
        store_turns(g, i, at);
        return;
    }
    for (int n = 0; n == 0 || n < i->count; n++, at.disp += i->size)
        vstore_element(g, i, (i->c + n) & 31, at);
}

/* The access itself; everything about its address is known to be right. */
static void access(struct gen *g, const struct ir *i, struct x86_rm at)
{
    switch (i->op) {
    case IR_LD:
        load_element(g, i, i->dst, at);
        break;
    case IR_ST:
        store_element(g, i, i->c, at);
        break;
    case IR_VLD:
        vload(g, i, at);
        break;
    case IR_VST:
        vstore(g, i, at);
        break;
    case IR_LDP:
    case IR_VLDP:
        pair_load(g, i, at);
        break;
    default:
        pair_store(g, i, at);
        break;
    }
}

void gen_mem_alone(struct gen *g, const struct ir *i)
{
    int va = address(g, i);

    if (gen_page_has_place(g, i)) {
        if (va != RDX)
            x86_mov_load(&g->a, true, RCX, x86_r(va));
        va = va == RDX ? RDX : RCX;
        gen_page(g, i, va, ir_access_bytes(i), !is_load(i));
        access(g, i, x86_m(va, 0));
        return;
    }
    look_up(g, i, va, ir_access_bytes(i));
    access(g, i, x86_mx(RCX, va, 0, 0));
}

void gen_may_zero(struct gen *g)
{
    uint8_t *may;

    x86_test_imm(&g->a, false, CPU_FIELD(sys.sctlr), A64_SCTLR_DZE);
    may = x86_jcc(&g->a, CC_NE);
    x86_cmp8_imm(&g->a, CPU_FIELD(el), 0);
    if (!g->a.full)
        x86_patch(may, g->a.p);
}

void gen_zero(struct gen *g, const struct ir *i)
{
    const unsigned chunk = 32;
    struct x86_rm at = x86_m(RDX, 0);

    g->eflags = EFLAGS_NONE;
    gen_may_zero(g);
    gen_otherwise(g, i, x86_jcc(&g->a, CC_E));
    x86_mov_load(&g->a, true, RDX, x86_r(gen_use(g, i->a, true, RDX)));
    x86_alu_imm(&g->a, ALU_AND, true, x86_r(RDX), -(int32_t)i->size);
    if (gen_run_has(g, i)) {
        x86_alu_load(&g->a, ALU_ADD, true, RDX, gen_run_addend(g, i->run - 1u));
    } else if (gen_page_has_place(g, i)) {
        gen_page(g, i, RDX, i->size, true);
    } else {
        look_up(g, i, RDX, 1);
        at = x86_mx(RCX, RDX, 0, 0);
    }
    x86_vex(&g->a, 1, 1, false, false, 0xef, XMM0, XMM0, x86_r(XMM0)); /* vpxor */
    for (unsigned n = 0; n < i->size; n += chunk, at.disp += (int32_t)chunk)
        x86_vex(&g->a, 1, 2, false, true, 0x7f, XMM0, 0, at); /* vmovdqu */
}

/* SCTLR_EL1.SA: the handler knows whether a stack pointer that is not a multiple of 16 is a fault. */
static void check_stack(struct gen *g, const struct ir *i)
{
    x86_test_imm(&g->a, false, x86_r(gen_home(g, A64_SP)), 15);
    gen_otherwise(g, i, x86_jcc(&g->a, CC_NE));
}

void gen_mem(struct gen *g, const struct ir *i)
{
    if (is_vector(i))
        gen_fp_on(g, i);
    if (i->a == A64_SP)
        check_stack(g, i);
    if (gen_run_has(g, i))
        access(g, i, gen_run(g, i));
    else if (i->group && !g->fast.alone)
        access(g, i, gen_group(g, i));
    else
        gen_mem_alone(g, i);
    gen_group_resume(g, i);
}

int gen_mem_look_up(struct gen *g, const struct ir *i)
{
    int va;

    if (i->a == A64_SP)
        check_stack(g, i);
    va = gen_use(g, i->a, true, RDX);
    look_up(g, i, va, i->size);
    return va;
}
