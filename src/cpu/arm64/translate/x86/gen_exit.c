/* SPDX-License-Identifier: Apache-2.0
 *
 * Leaving a block. Inside the page, a branch becomes a jump to the other block's code, patched in
 * when that exists (until then the way out tells the run loop which jump it was). To anywhere else
 * it goes by virtual address (gen_site.c), and by the run loop when that is not known. */
#include <assert.h>

#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/translate/x86/gen.h"

// NOLINTNEXTLINE(readability-non-const-parameter): it is kept, and patched later
struct gen_slow *gen_slow(struct gen *g, enum gen_slow_kind kind, uint8_t *from,
                          const struct a64_insn *guest)
{
    struct gen_slow *s = &g->slow[g->nr_slow++];

    assert(g->nr_slow <= GEN_MAX_SLOW);
    *s = (struct gen_slow){.kind = kind, .from = from, .guest = guest, .fast = g->fast.on};
    return s;
}

void gen_call(struct gen *g, const uint8_t *thunk)
{
    x86_call_to(&g->a, thunk - g->exec_minus_write);
}

void gen_jump(struct gen *g, const uint8_t *thunk)
{
    x86_jmp_to(&g->a, thunk - g->exec_minus_write);
}

bool gen_in_page(int64_t page_off)
{
    return page_off >= 0 && page_off < (int64_t)A64_PAGE_SIZE;
}

void gen_target_address(struct gen *g, int64_t page_off)
{
    x86_mov_load(&g->a, true, RDX, CPU_FIELD(page_va));
    x86_alu_imm(&g->a, ALU_ADD, true, x86_r(RDX), (int32_t)page_off);
}

void gen_fall_off(struct gen *g, int64_t page_off)
{
    if (gen_fast_leave(g, page_off))
        return;
    if (gen_in_page(page_off)) {
        gen_slow(g, SLOW_EXIT, x86_jmp_aligned(&g->a), NULL)->imm = page_off;
    } else {
        gen_target_address(g, page_off);
        gen_jump_anywhere(g);
    }
}

/* Taken when `cc` holds. */
static void branch_if(struct gen *g, const struct ir *i, enum x86_cc cc)
{
    uint8_t *skip;

    if (gen_fast_branch(g, i, cc))
        return;
    if (gen_in_page(i->imm)) {
        gen_slow(g, SLOW_EXIT, x86_jcc_aligned(&g->a, cc), i->guest)->imm = i->imm;
        return;
    }
    skip = x86_jcc(&g->a, cc ^ 1);
    gen_target_address(g, i->imm);
    gen_jump_anywhere(g);
    if (!g->a.full)
        x86_patch(skip, g->a.p);
}

static void compare_zero(struct gen *g, const struct ir *i)
{
    int r = gen_use(g, i->a, i->w, RAX);

    x86_test(&g->a, i->w, x86_r(r), r);
    g->eflags = EFLAGS_NONE;
}

static void test_bit(struct gen *g, const struct ir *i)
{
    int r = gen_use(g, i->a, true, RAX);

    if (i->aux < 31)
        x86_test_imm(&g->a, false, x86_r(r), (int32_t)(UINT32_C(1) << i->aux));
    else
        x86_bt_imm(&g->a, true, x86_r(r), i->aux);
    g->eflags = EFLAGS_NONE;
}

/* Behind an instruction that translated code called: back to there. */
static const struct a64_insn *op_site_end(struct a64_cpu *cpu, const struct a64_insn *i)
{
    (void)cpu;
    return i;
}

void gen_handler(struct gen *g, const struct a64_insn *guest)
{
    struct gen_call_site *site = g->sites;

    if (g->site_of != guest) { /* the slow paths of one instruction come one after another */
        site = --g->sites;
        g->site_of = guest;
        *site = (struct gen_call_site){.insn = *guest, .end = {.fn = op_site_end}};
        site->end.page_off = (uint16_t)(guest->page_off + 4);
    }
    g->eflags = EFLAGS_NONE;
    g->fp_on = false;
    x86_mov_imm(&g->a, RAX, (uintptr_t)site);
    gen_call(g, g->thunks->call);
}

/* A call whose return goes to this page. */
static bool calls(const struct ir *i)
{
    return i->link && gen_in_page(i->guest->page_off + 4);
}

/* rdx = the address that an indirect branch goes to */
static void target_of(struct gen *g, const struct ir *i)
{
    int reg = gen_use(g, i->a, true, RDX);

    if (reg != RDX)
        x86_mov_load(&g->a, true, RDX, x86_r(reg));
}

void gen_exit(struct gen *g, const struct ir *i)
{
    switch (i->op) {
    case IR_B:
        if (!calls(i)) {
            gen_fall_off(g, i->imm);
            break;
        }
        if (g->fast.on)
            gen_fast_spill(g, g->fast.dirty);
        gen_call_function(g, i);
        break;
    case IR_BCOND:
        branch_if(g, i, gen_cond(g, i->cond));
        break;
    case IR_CBZ:
        compare_zero(g, i);
        branch_if(g, i, CC_E);
        break;
    case IR_CBNZ:
        compare_zero(g, i);
        branch_if(g, i, CC_NE);
        break;
    case IR_TBZ:
        test_bit(g, i);
        branch_if(g, i, i->aux < 31 ? CC_E : CC_AE);
        break;
    case IR_TBNZ:
        test_bit(g, i);
        branch_if(g, i, i->aux < 31 ? CC_NE : CC_B);
        break;
    case IR_BR:
    case IR_RET:
        target_of(g, i);
        if (g->fast.on)
            gen_fast_spill(g, g->fast.dirty);
        if (i->op == IR_RET)
            gen_return(g, i);
        else if (calls(i))
            gen_call_function(g, i);
        else
            gen_jump_anywhere(g);
        break;
    default:
        assert(i->op == IR_CALL);
        gen_handler(g, i->guest);
        break;
    }
}

struct gen_slow *gen_otherwise(struct gen *g, const struct ir *i, uint8_t *from)
{
    if (g->fast.on)
        return gen_bail(g, from);
    return gen_slow(g, SLOW_INTERPRET, from, i->guest);
}

/* Into the slow form, whose EFLAGS are what it expects at this operation. */
static void bail(struct gen *g, const struct gen_slow *s)
{
    enum gen_eflags wanted = (enum gen_eflags)g->slow_eflags[s->op];

    if (s->op != GEN_ENTRY) { /* at the entry nothing is in place yet */
        gen_fast_spill(g, s->dirty);
        if (g->raises)
            gen_call(g, g->thunks->disarm);
        if (g->ir->nr_runs)
            gen_group_forget(g); /* whose first members were part of runs */
    }
    g->eflags = EFLAGS_NONE;
    if (wanted != EFLAGS_NONE)
        gen_load_flags(g);
    if (wanted == EFLAGS_ADD)
        x86_cmc(&g->a);
    x86_jmp_to(&g->a, g->slow_at[s->op]);
}

static void interpret(struct gen *g, const struct gen_slow *s)
{
    gen_handler(g, s->guest);
    if (s->eflags != EFLAGS_NONE)
        gen_load_flags(g);
    if (s->eflags == EFLAGS_ADD)
        x86_cmc(&g->a);
    x86_jmp_to(&g->a, s->back);
}

static void slow_path(struct gen *g, struct gen_slow *s)
{
    if (s->from)
        x86_patch(s->from, g->a.p);
    switch (s->kind) {
    case SLOW_INTERPRET:
        interpret(g, s);
        break;
    case SLOW_TRAP:
        g->trap[s->trap].bail = g->a.p;
        if (s->xmm != X86_NO_REG)
            gen_vector_load(g, s->xmm, x86_r(XMM0), 16);
        bail(g, s);
        break;
    case SLOW_REST:
    case SLOW_ARM:
    case SLOW_DISARM:
        gen_armed_slow(g, s);
        break;
    case SLOW_SPAN:
        gen_span(g, s);
        break;
    case SLOW_STRADDLE:
        gen_straddle(g, s);
        if (s->fast)
            bail(g, s);
        else
            interpret(g, s);
        break;
    case SLOW_BAIL:
        bail(g, s);
        break;
    case SLOW_PAGE:
        gen_page_look_up(g, s);
        break;
    case SLOW_SPILL:
        gen_fast_spill(g, s->dirty);
        gen_fall_off(g, s->imm);
        break;
    case SLOW_ZERO:
        gen_fp_zero(g, s);
        interpret(g, s);
        break;
    case SLOW_DEEP:
    case SLOW_RETURN:
        gen_call_way_out(g, s);
        break;
    case SLOW_SITE:
    case SLOW_SITE_CALL:
        gen_site_way_out(g, s);
        break;
    case SLOW_ALONE:
        gen_group_alone(g, s);
        break;
    case SLOW_ATTENTION:
        if (s->fast)
            gen_fast_spill(g, s->dirty);
        gen_target_address(g, s->guest->page_off);
        x86_mov_store(&g->a, true, CPU_FIELD(pc), RDX);
        x86_mov_imm(&g->a, RAX, 0);
        gen_jump(g, g->thunks->leave);
        break;
    case SLOW_EXIT:
        gen_target_address(g, s->imm);
        x86_mov_store(&g->a, true, CPU_FIELD(pc), RDX);
        /* The jump that came here, for the run loop to patch. */
        x86_mov_imm(&g->a, RAX, (uintptr_t)s->from | (s->imm > g->entry && !s->asks ? TRANSLATE_ONWARDS : 0));
        x86_mov_imm(&g->a, RDX, g->page);
        gen_jump(g, g->thunks->leave);
        break;
    }
}

void gen_slow_paths(struct gen *g)
{
    struct x86_asm block = g->a;

    g->a = g->out;
    for (unsigned n = 0; n < g->nr_slow && !block.full && !g->a.full; n++)
        slow_path(g, &g->slow[n]);
    g->out = g->a;
    g->a = block;
    g->a.full |= g->out.full;
}
