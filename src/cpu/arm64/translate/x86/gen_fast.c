/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast form of a block. A block that computes with vector registers, or accesses memory in a
 * loop, is generated twice:
 *
 *     entry ─► are things as usual? ──no──────────────────────────────► slow form: each operation
 * by itself, exact for │ yes                                                  everything that can
 * happen (gen_block.c) load xmm registers                                             ▲ ┌────► fast
 * form: state in xmm registers, pages remembered ──────────┘ bail: store, go on at the same guest
 *       └──────────┘ loop      │                                               instruction
 *                              └─► store, leave the block
 *
 * The fast form may assume what its entry asked (floating point enabled, armed: gen_fp_armed.c) and give up at any guest instruction: before an instruction changes
 * anything, everything is as the slow form wants it, but for xmm registers that are newer than
 * memory. It ends before the first handler call. */
#include "cpu/arm64/translate/x86/gen.h"

static bool is_vector_op(const struct ir *i)
{
    return i->op == IR_FP || (i->op >= IR_VLD && i->op <= IR_VSTP);
}

/* Does the operation go back to the first instruction of the block? */
static bool closes_loop(const struct gen *g, const struct ir *i)
{
    return i->op >= IR_B && i->op <= IR_TBNZ && !i->link && i->imm == g->fast.entry->page_off;
}

static bool asks_for_page(const struct ir_block *b, unsigned k)
{
    const struct ir *i = &b->op[k];
    bool is_access = (i->op >= IR_LD && i->op <= IR_VSTP) || i->op == IR_ZERO;

    return is_access && !i->run && (!i->group || b->group[i->group - 1].first == k);
}

/* Straight blocks of fewer vector operations are not worth asking, unless they compute. */
enum { LEAST_VECTORS = 4 };

bool gen_fast_plan(struct gen *g, const struct ir_block *b, const struct a64_insn *entry)
{
    struct gen_fast *f = &g->fast;
    unsigned vectors = 0;
    bool tables = false;

    *f = (struct gen_fast){.entry = entry};
    g->nr_moved = 0;
    for (; f->nr < b->nr && b->op[f->nr].op != IR_CALL; f->nr++) {
        const struct ir *i = &b->op[f->nr];

        vectors += is_vector_op(i);
        f->accesses += asks_for_page(b, f->nr);
        f->computes |= gen_fp_raises(i);
        f->loop |= closes_loop(g, i);
        tables |= ir_is_table(b, f->nr);
    }
    if (f->computes && !g->faults)
        return false;
    /* Remembering pages is worth the second form where accesses come back to the same. */
    f->vectors = f->computes || vectors >= (f->loop ? 1 : LEAST_VECTORS);
    f->on = (f->loop && gen_homes_plan(g, b, f->nr)) || f->vectors || b->nr_runs || (f->loop && tables);
    if (f->on) {
        gen_vector_plan(g, b);
        gen_run_plan(g, b);
    }
    return f->on;
}

void gen_fast_spill(struct gen *g, uint32_t dirty)
{
    gen_vector_spill(g, dirty);
    gen_homes_leave(g);
}

struct gen_slow *gen_bail(struct gen *g, uint8_t *from)
{
    struct gen_slow *s = gen_slow(g, SLOW_BAIL, from, g->fast.entry);

    s->op = g->fast.at;
    s->dirty = g->fast.dirty;
    return s;
}

/* Before anything else: what the fast form takes for granted. */
static void ask(struct gen *g)
{
    if (g->fast.computes) {
        gen_ask_armed(g);
        return;
    }
    x86_mov_load(&g->a, false, RAX, CPU_FIELD(sys.cpacr));
    x86_not(&g->a, false, x86_r(RAX));
    x86_test_imm(&g->a, false, x86_r(RAX), 3 << 20);
    gen_bail(g, x86_jcc(&g->a, CC_NE));
}

void gen_fast_begin(struct gen *g)
{
    struct gen_slow *s;

    g->fast.at = GEN_ENTRY;
    if (g->fast.vectors)
        ask(g);
    gen_vector_begin(g);
    gen_homes_enter(g);
    if (g->fast.loop)
        gen_page_begin(g, g->ir->nr_runs, g->fast.accesses);
    g->fast.head = g->a.p;
    g->eflags = EFLAGS_NONE;
    x86_alu_imm(&g->a, ALU_CMP, false, CPU_FIELD(attention), 0);
    s = gen_slow(g, SLOW_ATTENTION, x86_jcc(&g->a, CC_NE), g->fast.entry);
    s->dirty = g->fast.dirty;
    if (g->ir->nr_runs)
        gen_run_begin(g);
}

/* Round the loop once more, if `cc`. */
static void go_round(struct gen *g, enum x86_cc cc)
{
    uint8_t *leave;

    if (!g->ir->nr_runs) {
        x86_jcc_to(&g->a, cc, g->fast.head);
        return;
    }
    leave = x86_jcc(&g->a, cc ^ 1);
    gen_run_next(g);
    if (!g->a.full)
        x86_patch(leave, g->a.p);
}

bool gen_fast_branch(struct gen *g, const struct ir *i, enum x86_cc cc)
{
    struct gen_slow *s;

    if (!g->fast.on)
        return false;
    if (g->fast.loop && closes_loop(g, i)) {
        go_round(g, cc);
        return true;
    }
    if (!g->fast.dirty && !g->nr_moved)
        return false;
    s = gen_slow(g, SLOW_SPILL, x86_jcc(&g->a, cc), i->guest);
    s->imm = i->imm;
    s->dirty = g->fast.dirty;
    return true;
}

bool gen_fast_leave(struct gen *g, int64_t page_off)
{
    if (!g->fast.on)
        return false;
    if (g->fast.loop && page_off == g->fast.entry->page_off) {
        if (g->ir->nr_runs)
            gen_run_next(g);
        else
            x86_jmp_to(&g->a, g->fast.head);
        return true;
    }
    gen_fast_spill(g, g->fast.dirty);
    return false;
}

void gen_fast_end(struct gen *g, const struct ir_block *b, int64_t end)
{
    const struct ir *last = &b->op[b->nr - 1];

    g->fast.at = g->fast.nr;
    if (g->fast.nr < b->nr)
        gen_bail(g, x86_jmp(&g->a));
    else if (last->op != IR_B && last->op != IR_BR && last->op != IR_RET)
        gen_fall_off(g, end);
}

void gen_fast_alone(struct gen *g)
{
    g->fast.alone = true;
    g->fast.alone_at = g->a.p;
    g->eflags = EFLAGS_NONE;
}

void gen_fast_done(struct gen *g)
{
    g->fast.on = g->fast.alone = false;
    gen_homes_common(g);
}
