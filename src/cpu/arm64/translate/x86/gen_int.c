/* SPDX-License-Identifier: Apache-2.0
 *
 * Integer operations of the intermediate form as x86-64 instructions. Every function leaves 32-bit results
 * zero-extended, as both architectures do. */
#include "cpu/arm64/translate/x86/gen.h"

#include <assert.h>

/* Destination slot of values that nobody reads. */
static bool is_discard(int v)
{
    return v == A64_DISCARD;
}

static bool fits_i32(int64_t v)
{
    return v == (int32_t)v;
}

/* Moves `v` into host register `dst`; what is there already may keep its upper half even without `w`. */
static void load_value(struct gen *g, int v, const struct ir *i, bool w, int dst)
{
    if (v == IR_IMM)
        x86_mov_imm(&g->a, dst, w ? (uint64_t)i->imm : (uint32_t)i->imm);
    else if (v == A64_ZR)
        x86_mov_imm(&g->a, dst, 0);
    else if (gen_home(g, v) != dst)
        x86_mov_load(&g->a, w, dst, gen_loc(g, v));
}

/* The same, the upper half cleared without `w`. */
static void load_whole(struct gen *g, int v, const struct ir *i, bool w, int dst)
{
    if (!w && v != IR_IMM && v != A64_ZR && gen_home(g, v) == dst)
        x86_mov_load(&g->a, false, dst, x86_r(dst));
    else
        load_value(g, v, i, w, dst);
}

/* The second operand as register or memory; an immediate or zero goes into `scratch`. */
static struct x86_rm operand(struct gen *g, int v, const struct ir *i, bool w, int scratch)
{
    if (v != IR_IMM && v != A64_ZR)
        return gen_loc(g, v);
    load_value(g, v, i, w, scratch);
    return x86_r(scratch);
}

static void gen_mov(struct gen *g, const struct ir *i)
{
    int d;

    if (is_discard(i->dst))
        return;
    d = gen_def(g, i->dst, RAX);
    load_whole(g, i->a, i, i->w, d);
    gen_def_end(g, i->dst, d);
}

/* Two-operand arithmetic into a third: dst = a op b. Returns the register that holds the result. */
static int alu(struct gen *g, const struct ir *i, enum x86_alu op, bool commutes)
{
    int a = i->a, b = i->b, d = gen_def(g, i->dst, RAX);
    struct x86_rm src;

    if (b == IR_IMM && fits_i32(i->w ? i->imm : (int32_t)i->imm)) {
        load_value(g, a, i, i->w, d);
        x86_alu_imm(&g->a, op, i->w, x86_r(d), (int32_t)i->imm);
        return d;
    }
    if (b == IR_IMM && commutes && a != A64_ZR && gen_home(g, a) != d) { /* a wide one is loaded where the result goes */
        load_value(g, b, i, i->w, d);
        x86_alu_load(&g->a, op, i->w, d, gen_loc(g, a));
        return d;
    }
    src = operand(g, b, i, i->w, RCX);
    if (!src.is_mem && src.reg == d && (b != a)) {
        if (commutes && a != A64_ZR && a != IR_IMM) {
            src = gen_loc(g, a);
            x86_alu_load(&g->a, op, i->w, d, src);
            return d;
        }
        d = RAX;
    }
    load_value(g, a, i, i->w, d);
    x86_alu_load(&g->a, op, i->w, d, src);
    return d;
}

static void finish(struct gen *g, const struct ir *i, int reg)
{
    int home;

    if (is_discard(i->dst))
        return;
    home = gen_home(g, i->dst);
    if (home != X86_NO_REG && home != reg)
        x86_mov_load(&g->a, true, home, x86_r(reg));
    else if (home == X86_NO_REG)
        gen_def_end(g, i->dst, reg);
}

static void gen_logic(struct gen *g, const struct ir *i, enum x86_alu op)
{
    g->eflags = EFLAGS_NONE;
    finish(g, i, alu(g, i, op, op != ALU_SUB));
}

/* a - b, b being where the result goes, or a zero */
static void gen_negated(struct gen *g, const struct ir *i)
{
    int d = gen_def(g, i->dst, RAX);

    g->eflags = EFLAGS_NONE;
    load_value(g, i->b, i, i->w, d);
    x86_neg(&g->a, i->w, x86_r(d));
    if (i->a != A64_ZR)
        x86_alu_load(&g->a, ALU_ADD, i->w, d, gen_loc(g, i->a));
    gen_def_end(g, i->dst, d);
}

static bool is_negated(const struct gen *g, const struct ir *i)
{
    return i->op == IR_SUB && i->b != IR_IMM && i->b != A64_ZR &&
           (i->a == A64_ZR || (i->a != i->b && gen_home(g, i->b) != X86_NO_REG && gen_home(g, i->b) == gen_home(g, i->dst)));
}

/* Without flags to set, addition is an LEA: no move, and EFLAGS survive. Where there are none to survive, what is in memory can
 * stay there. */
static void gen_add(struct gen *g, const struct ir *i)
{
    bool imm = i->b == IR_IMM;
    int64_t v = i->op == IR_SUB ? -i->imm : i->imm;
    int d = gen_def(g, i->dst, RAX), a, b;

    if (i->a == A64_ZR && imm) {
        x86_mov_imm(&g->a, d, i->w ? (uint64_t)v : (uint32_t)v);
    } else if (imm && fits_i32(v) && i->w && i->dst == i->a && d == RAX && g->eflags == EFLAGS_NONE) {
        x86_alu_imm(&g->a, ALU_ADD, true, gen_loc(g, i->a), (int32_t)v);
        return;
    } else if (imm && fits_i32(v)) {
        a = gen_use(g, i->a, i->w, RAX);
        x86_lea(&g->a, i->w, d, x86_m(a, (int32_t)v));
    } else if (is_negated(g, i)) {
        gen_negated(g, i);
        return;
    } else if (i->op == IR_SUB || imm) {
        gen_logic(g, i, i->op == IR_SUB ? ALU_SUB : ALU_ADD);
        return;
    } else {
        a = gen_use(g, i->a, i->w, RAX);
        b = gen_use(g, i->b, i->w, RCX);
        x86_lea(&g->a, i->w, d, x86_mx(a, b, i->shift, 0));
    }
    gen_def_end(g, i->dst, d);
}

static void gen_alu_flags(struct gen *g, const struct ir *i, enum x86_alu op, enum gen_eflags form)
{
    bool subtracts = op == ALU_SUB;

    g->eflags = EFLAGS_NONE;
    if (subtracts && is_discard(i->dst)) { /* CMP needs no copy */
        int a = gen_use(g, i->a, i->w, RAX);

        if (i->b == IR_IMM && fits_i32(i->imm))
            x86_alu_imm(&g->a, ALU_CMP, i->w, x86_r(a), (int32_t)i->imm);
        else
            x86_alu_load(&g->a, ALU_CMP, i->w, a, operand(g, i->b, i, i->w, RCX));
    } else if (op == ALU_AND && is_discard(i->dst) && i->a != A64_ZR && i->b == IR_IMM && fits_i32(i->imm)) { /* TST */
        x86_test_imm(&g->a, i->w, x86_r(gen_use(g, i->a, i->w, RAX)), (int32_t)i->imm);
    } else if (op == ALU_AND && is_discard(i->dst) && i->b != IR_IMM && i->b != A64_ZR) {
        int b = gen_use(g, i->b, i->w, RCX);

        x86_test(&g->a, i->w, i->a == A64_ZR ? operand(g, A64_ZR, i, i->w, RAX) : gen_loc(g, i->a), b);
    } else {
        finish(g, i, alu(g, i, op, !subtracts));
    }
    gen_set_flags(g, i, form);
}

/* a op ~b */
static void gen_inverted(struct gen *g, const struct ir *i, enum x86_alu op)
{
    int d = gen_def(g, i->dst, RAX), a;

    g->eflags = EFLAGS_NONE;
    if (op == ALU_AND) {
        int b = gen_use(g, i->b, i->w, RCX);

        x86_andn(&g->a, i->w, d, b, operand(g, i->a, i, i->w, RAX));
    } else {
        load_value(g, i->b, i, i->w, RCX);
        x86_not(&g->a, i->w, x86_r(RCX));
        if (i->a == A64_ZR && (op == ALU_OR || op == ALU_XOR)) {
            d = RCX;
        } else {
            a = gen_use(g, i->a, i->w, RAX);
            x86_alu_load(&g->a, op, i->w, RCX, x86_r(a));
            d = RCX;
        }
    }
    finish(g, i, d);
    if (i->op == IR_ANDNS) {
        /* ANDN leaves CF and OF clear and S, Z by the result, as Arm's BICS. */
        gen_set_flags(g, i, EFLAGS_ADD);
    }
}

static void gen_carry(struct gen *g, const struct ir *i, bool subtract)
{
    bool flags = i->op == IR_ADCS || i->op == IR_SBCS;
    struct x86_rm b;

    /* CF must be Arm's C for ADC and its inverse for SBB; gen_cond(CS) tells which it is now. */
    (void)gen_cond(g, 2);
    if ((g->eflags == EFLAGS_SUB) != subtract)
        x86_cmc(&g->a);
    load_value(g, i->a, i, i->w, RAX);
    b = operand(g, i->b, i, i->w, RCX);
    x86_alu_load(&g->a, subtract ? ALU_SBB : ALU_ADC, i->w, RAX, b);
    g->eflags = EFLAGS_NONE;
    finish(g, i, RAX);
    if (flags)
        gen_set_flags(g, i, subtract ? EFLAGS_SUB : EFLAGS_ADD);
}

static void gen_ccmp(struct gen *g, const struct ir *i)
{
    enum x86_cc cc = gen_cond(g, i->cond);
    uint8_t *no = x86_jcc(&g->a, cc ^ 1), *end;

    if (i->op == IR_CCMP) {
        int a = gen_use(g, i->a, i->w, RAX);

        if (i->b == IR_IMM && i->imm == (int32_t)i->imm)
            x86_alu_imm(&g->a, ALU_CMP, i->w, x86_r(a), (int32_t)i->imm);
        else
            x86_alu_load(&g->a, ALU_CMP, i->w, a, operand(g, i->b, i, i->w, RCX));
    } else {
        load_value(g, i->a, i, i->w, RAX);
        x86_alu_load(&g->a, ALU_ADD, i->w, RAX, operand(g, i->b, i, i->w, RCX));
        x86_cmc(&g->a);
    }
    gen_set_flags(g, i, EFLAGS_SUB);
    end = x86_jmp(&g->a);
    if (!g->a.full)
        x86_patch(no, g->a.p);
    gen_set_known_flags(g, i, i->aux);
    if (!g->a.full)
        x86_patch(end, g->a.p);
}

/* CSET, CSETM: cc ? 0 : 1 or -1 */
static void select_constant(struct gen *g, const struct ir *i, enum x86_cc cc)
{
    int d = gen_def(g, i->dst, RAX);

    x86_setcc(&g->a, cc ^ 1, d);
    x86_movzx8(&g->a, d, x86_r(d));
    if (i->op == IR_CSINV) {
        x86_neg(&g->a, i->w, x86_r(d));
        g->eflags = EFLAGS_NONE;
    }
    gen_def_end(g, i->dst, d);
}

/* reg = what is chosen if the condition does not hold. EFLAGS stay. */
static void load_otherwise(struct gen *g, const struct ir *i, int reg)
{
    if (i->op == IR_CSINC) {
        x86_lea(&g->a, i->w, reg, x86_m(gen_use(g, i->b, i->w, reg), 1));
        return;
    }
    load_value(g, i->b, i, i->w, reg);
    if (i->op != IR_CSEL)
        x86_not(&g->a, i->w, x86_r(reg));
    if (i->op == IR_CSNEG)
        x86_lea(&g->a, i->w, reg, x86_m(reg, 1));
}

static void gen_select(struct gen *g, const struct ir *i)
{
    enum x86_cc cc = gen_cond(g, i->cond);
    int d;

    if (is_discard(i->dst))
        return;
    if (i->a == A64_ZR && i->b == A64_ZR && i->op != IR_CSEL && i->op != IR_CSNEG) {
        select_constant(g, i, cc);
        return;
    }
    d = gen_def(g, i->dst, RCX);
    if (i->a != A64_ZR && gen_home(g, i->a) == d) { /* the choice is whether it stays */
        bool there = i->op == IR_CSEL && i->b != A64_ZR;

        if (!there)
            load_otherwise(g, i, RCX);
        x86_cmov(&g->a, cc ^ 1, i->w, d, there ? gen_loc(g, i->b) : x86_r(RCX));
        return;
    }
    load_otherwise(g, i, d);
    if (i->a == A64_ZR)
        x86_mov_imm(&g->a, RAX, 0);
    x86_cmov(&g->a, cc, i->w, d, i->a == A64_ZR ? x86_r(RAX) : gen_loc(g, i->a));
    finish(g, i, d);
}

static void gen_extend(struct gen *g, const struct ir *i)
{
    int d = gen_def(g, i->dst, RAX);
    struct x86_rm a = operand(g, i->a, i, true, RAX);

    switch (i->op) {
    case IR_SXTB:
        x86_movsx8(&g->a, i->w, d, a);
        break;
    case IR_SXTH:
        x86_movsx16(&g->a, i->w, d, a);
        break;
    case IR_SXTW:
        x86_movsxd(&g->a, d, a);
        break;
    case IR_UXTB:
        x86_movzx8(&g->a, d, a);
        break;
    case IR_UXTH:
        x86_movzx16(&g->a, d, a);
        break;
    default:
        x86_mov_load(&g->a, false, d, a);
        break;
    }
    gen_def_end(g, i->dst, d);
}

static void gen_shift(struct gen *g, const struct ir *i)
{
    int d = gen_def(g, i->dst, RAX), n;
    unsigned imm = (unsigned)i->imm & (i->w ? 63 : 31);

    if (i->b == IR_IMM && i->op == IR_ROR) {
        x86_rorx(&g->a, i->w, d, operand(g, i->a, i, i->w, RAX), imm);
    } else if (i->b == IR_IMM && imm == 0) {
        load_whole(g, i->a, i, i->w, d);
    } else if (i->b == IR_IMM) {
        load_value(g, i->a, i, i->w, d);
        x86_shift_imm(&g->a, i->op == IR_SHL ? SHIFT_SHL : i->op == IR_SHR ? SHIFT_SHR : SHIFT_SAR, i->w,
                      x86_r(d), imm);
        g->eflags = EFLAGS_NONE;
    } else if (i->op == IR_ROR) {
        load_value(g, i->b, i, false, RCX);
        load_value(g, i->a, i, i->w, RAX);
        x86_shift_cl(&g->a, SHIFT_ROR, i->w, x86_r(RAX));
        g->eflags = EFLAGS_NONE;
        finish(g, i, RAX);
        return;
    } else {
        n = gen_use(g, i->b, i->w, RCX);
        if (i->op == IR_SHL)
            x86_shlx(&g->a, i->w, d, operand(g, i->a, i, i->w, RAX), n);
        else if (i->op == IR_SHR)
            x86_shrx(&g->a, i->w, d, operand(g, i->a, i, i->w, RAX), n);
        else
            x86_sarx(&g->a, i->w, d, operand(g, i->a, i, i->w, RAX), n);
    }
    gen_def_end(g, i->dst, d);
}

static void gen_multiply(struct gen *g, const struct ir *i)
{
    g->eflags = EFLAGS_NONE;
    if (i->op == IR_MUL) {
        int d = gen_def(g, i->dst, RAX), a = i->a, b = i->b;

        if (gen_home(g, b) == d && d != X86_NO_REG) {
            a = i->b;
            b = i->a;
        }
        load_value(g, a, i, i->w, d);
        x86_imul(&g->a, i->w, d, operand(g, b, i, i->w, RCX));
        gen_def_end(g, i->dst, d);
    } else {
        load_value(g, i->a, i, i->w, RAX);
        x86_mul_rdx_rax(&g->a, i->op == IR_SMULH, operand(g, i->b, i, true, RCX));
        finish(g, i, RDX);
    }
}

/* Division by zero gives 0, and the most negative number over -1 gives itself; x86 would trap at both. */
static void gen_divide(struct gen *g, const struct ir *i)
{
    bool is_signed = i->op == IR_SDIV;
    uint8_t *zero, *divide = NULL, *end = NULL, *end_zero;

    g->eflags = EFLAGS_NONE;
    load_value(g, i->b, i, i->w, RCX);
    load_value(g, i->a, i, i->w, RAX);
    x86_test(&g->a, i->w, x86_r(RCX), RCX);
    zero = x86_jcc(&g->a, CC_E);
    if (is_signed) {
        x86_alu_imm(&g->a, ALU_CMP, i->w, x86_r(RCX), -1);
        divide = x86_jcc(&g->a, CC_NE);
        x86_neg(&g->a, i->w, x86_r(RAX));
        end = x86_jmp(&g->a);
        if (!g->a.full)
            x86_patch(divide, g->a.p);
        x86_cdq_cqo(&g->a, i->w);
    } else {
        x86_mov_imm(&g->a, RDX, 0);
    }
    x86_div_rdx_rax(&g->a, i->w, is_signed, x86_r(RCX));
    end_zero = x86_jmp(&g->a);
    if (!g->a.full)
        x86_patch(zero, g->a.p);
    x86_mov_imm(&g->a, RAX, 0);
    if (!g->a.full) {
        x86_patch(end_zero, g->a.p);
        if (end)
            x86_patch(end, g->a.p);
    }
    finish(g, i, RAX);
}

static void gen_count(struct gen *g, const struct ir *i)
{
    struct x86_rm a = operand(g, i->a, i, i->w, RAX);

    g->eflags = EFLAGS_NONE;
    if (i->op == IR_CLZ) {
        int d = gen_def(g, i->dst, RAX);

        x86_lzcnt(&g->a, i->w, d, a);
        gen_def_end(g, i->dst, d);
        return;
    } else { /* CLS: zeros above the value once its sign is taken off, less the sign bit itself */
        x86_mov_load(&g->a, i->w, RCX, a);
        x86_mov_load(&g->a, i->w, RAX, x86_r(RCX));
        x86_shift_imm(&g->a, SHIFT_SAR, i->w, x86_r(RAX), i->w ? 63 : 31);
        x86_alu_load(&g->a, ALU_XOR, i->w, RAX, x86_r(RCX));
        x86_lzcnt(&g->a, i->w, RAX, x86_r(RAX));
        x86_lea(&g->a, false, RAX, x86_m(RAX, -1));
    }
    finish(g, i, RAX);
}

/* rax = ((rax >> n) & mask) | ((rax & mask) << n), mask repeated over the word */
static void swap_groups(struct gen *g, bool w, unsigned n, uint64_t mask)
{
    x86_mov_imm(&g->a, RCX, w ? mask : (uint32_t)mask);
    x86_mov_load(&g->a, w, RDX, x86_r(RAX));
    x86_shift_imm(&g->a, SHIFT_SHR, w, x86_r(RDX), n);
    x86_alu_load(&g->a, ALU_AND, w, RDX, x86_r(RCX));
    x86_alu_load(&g->a, ALU_AND, w, RAX, x86_r(RCX));
    x86_shift_imm(&g->a, SHIFT_SHL, w, x86_r(RAX), n);
    x86_alu_load(&g->a, ALU_OR, w, RAX, x86_r(RDX));
}

static void gen_reverse(struct gen *g, const struct ir *i)
{
    int d = gen_def(g, i->dst, RAX);

    if (i->op == IR_REV64 || i->op == IR_REV32) {
        load_value(g, i->a, i, i->w, d);
        x86_bswap(&g->a, i->w, d);
        if (i->op == IR_REV32 && i->w)
            x86_rorx(&g->a, true, d, x86_r(d), 32);
        gen_def_end(g, i->dst, d);
        return;
    }
    g->eflags = EFLAGS_NONE;
    load_value(g, i->a, i, i->w, RAX);
    if (i->op == IR_REV16) {
        swap_groups(g, i->w, 8, UINT64_C(0x00ff00ff00ff00ff));
    } else { /* IR_RBIT */
        x86_bswap(&g->a, i->w, RAX);
        swap_groups(g, i->w, 4, UINT64_C(0x0f0f0f0f0f0f0f0f));
        swap_groups(g, i->w, 2, UINT64_C(0x3333333333333333));
        swap_groups(g, i->w, 1, UINT64_C(0x5555555555555555));
    }
    finish(g, i, RAX);
}

static void and_mask(struct gen *g, bool w, int reg, int scratch, uint64_t mask)
{
    if (w && !fits_i32((int64_t)mask)) {
        x86_mov_imm(&g->a, scratch, mask);
        x86_alu_load(&g->a, ALU_AND, true, reg, x86_r(scratch));
    } else {
        x86_alu_imm(&g->a, ALU_AND, w, x86_r(reg), (int32_t)mask);
    }
}

/* Extraction and placement of a field: shift it to the top, then down, arithmetically if signed. */
static void gen_field_move(struct gen *g, const struct ir *i)
{
    unsigned bits = i->w ? 64 : 32, lsb = i->aux & 0xff, width = i->aux >> 8, up, down;
    bool is_signed = i->op == IR_SBFX || i->op == IR_SBFIZ, place = i->op == IR_UBFIZ || i->op == IR_SBFIZ;
    int d = gen_def(g, i->dst, RAX);

    if (i->op == IR_UBFX && lsb && width < 32 && lsb + width < bits) {
        x86_rorx(&g->a, i->w, d, operand(g, i->a, i, i->w, RAX), lsb);
        x86_alu_imm(&g->a, ALU_AND, false, x86_r(d), (int32_t)((UINT32_C(1) << width) - 1));
        g->eflags = EFLAGS_NONE;
        gen_def_end(g, i->dst, d);
        return;
    }
    up = place ? bits - width : bits - width - lsb;
    down = place ? bits - width - lsb : bits - width;
    if (!place && lsb + width == bits) { /* LSR, ASR */
        up = 0;
        down = lsb;
    }
    if (up || down)
        load_value(g, i->a, i, i->w, d);
    else
        load_whole(g, i->a, i, i->w, d);
    if (up)
        x86_shift_imm(&g->a, SHIFT_SHL, i->w, x86_r(d), up);
    if (down)
        x86_shift_imm(&g->a, is_signed ? SHIFT_SAR : SHIFT_SHR, i->w, x86_r(d), down);
    g->eflags = EFLAGS_NONE;
    gen_def_end(g, i->dst, d);
}

static void gen_field_insert(struct gen *g, const struct ir *i)
{
    unsigned lsb = i->aux & 0xff, width = i->aux >> 8;
    uint64_t low = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    uint64_t keep = i->op == IR_BFI ? ~(low << lsb) : ~low;

    g->eflags = EFLAGS_NONE;
    load_value(g, i->a, i, i->w, RAX);
    if (i->op == IR_BFXIL && lsb)
        x86_shift_imm(&g->a, SHIFT_SHR, i->w, x86_r(RAX), lsb);
    and_mask(g, i->w, RAX, RDX, i->w ? low : (uint32_t)low);
    if (i->op == IR_BFI && lsb)
        x86_shift_imm(&g->a, SHIFT_SHL, i->w, x86_r(RAX), lsb);
    load_value(g, i->dst, i, i->w, RCX);
    and_mask(g, i->w, RCX, RDX, i->w ? keep : (uint32_t)keep);
    x86_alu_load(&g->a, ALU_OR, i->w, RAX, x86_r(RCX));
    finish(g, i, RAX);
}

static void gen_extract(struct gen *g, const struct ir *i)
{
    int d = gen_def(g, i->dst, RAX);

    if (i->a == i->b) {
        x86_rorx(&g->a, i->w, d, operand(g, i->a, i, i->w, RAX), (unsigned)i->imm);
        gen_def_end(g, i->dst, d);
        return;
    }
    g->eflags = EFLAGS_NONE;
    load_value(g, i->b, i, i->w, RAX);
    load_value(g, i->a, i, i->w, RCX);
    x86_shrd_imm(&g->a, i->w, RAX, RCX, (unsigned)i->imm);
    finish(g, i, RAX);
}

static void gen_pc(struct gen *g, const struct ir *i)
{
    int d = gen_def(g, i->dst, RAX);

    x86_mov_load(&g->a, true, d, CPU_FIELD(page_va));
    if (fits_i32(i->imm)) {
        x86_lea(&g->a, true, d, x86_m(d, (int32_t)i->imm));
    } else {
        x86_mov_imm(&g->a, RCX, (uint64_t)i->imm);
        x86_lea(&g->a, true, d, x86_mx(d, RCX, 0, 0));
    }
    gen_def_end(g, i->dst, d);
}

void gen_int(struct gen *g, const struct ir *i)
{
    switch (i->op) {
    case IR_MOV:
        gen_mov(g, i);
        break;
    case IR_ADD:
    case IR_SUB:
        if (!is_discard(i->dst))
            gen_add(g, i);
        break;
    case IR_AND:
        gen_logic(g, i, ALU_AND);
        break;
    case IR_OR:
        gen_logic(g, i, ALU_OR);
        break;
    case IR_XOR:
        gen_logic(g, i, ALU_XOR);
        break;
    case IR_ANDN:
    case IR_ANDNS:
        gen_inverted(g, i, ALU_AND);
        break;
    case IR_ORN:
        gen_inverted(g, i, ALU_OR);
        break;
    case IR_XORN:
        gen_inverted(g, i, ALU_XOR);
        break;
    case IR_ADDS:
        gen_alu_flags(g, i, ALU_ADD, EFLAGS_ADD);
        break;
    case IR_SUBS:
        gen_alu_flags(g, i, ALU_SUB, EFLAGS_SUB);
        break;
    case IR_ANDS:
        gen_alu_flags(g, i, ALU_AND, EFLAGS_ADD);
        break;
    case IR_ADC:
    case IR_ADCS:
        gen_carry(g, i, false);
        break;
    case IR_SBC:
    case IR_SBCS:
        gen_carry(g, i, true);
        break;
    case IR_CCMP:
    case IR_CCMN:
        gen_ccmp(g, i);
        break;
    case IR_CSEL:
    case IR_CSINC:
    case IR_CSINV:
    case IR_CSNEG:
        gen_select(g, i);
        break;
    case IR_SXTB:
    case IR_SXTH:
    case IR_SXTW:
    case IR_UXTB:
    case IR_UXTH:
    case IR_UXTW:
        gen_extend(g, i);
        break;
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
    case IR_ROR:
        gen_shift(g, i);
        break;
    case IR_MUL:
    case IR_UMULH:
    case IR_SMULH:
        gen_multiply(g, i);
        break;
    case IR_UDIV:
    case IR_SDIV:
        gen_divide(g, i);
        break;
    case IR_CLZ:
    case IR_CLS:
        gen_count(g, i);
        break;
    case IR_RBIT:
    case IR_REV16:
    case IR_REV32:
    case IR_REV64:
        gen_reverse(g, i);
        break;
    case IR_UBFX:
    case IR_SBFX:
    case IR_UBFIZ:
    case IR_SBFIZ:
        gen_field_move(g, i);
        break;
    case IR_BFI:
    case IR_BFXIL:
        gen_field_insert(g, i);
        break;
    case IR_EXTR:
        gen_extract(g, i);
        break;
    case IR_CRC32:
    case IR_CRC32C:
        gen_crc(g, i);
        break;
    case IR_PC:
        gen_pc(g, i);
        break;
    default:
        assert(i->op == IR_NOP);
        break;
    }
}
