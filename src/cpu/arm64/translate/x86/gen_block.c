/* SPDX-License-Identifier: Apache-2.0
 *
 * A block: the question whether the run loop wants us, the operations in order, then the ways out.
 */
#include <string.h>

#include "cpu/arm64/translate/x86/gen.h"

/* Writes to `place`, though not as bytes. */
// NOLINTNEXTLINE(readability-non-const-parameter)
void gen_patch(uint8_t *place, const uint8_t *target)
{
    int32_t rel = (int32_t)(target - (place + 4));

    __atomic_store_n((int32_t *)(void *)place, rel, __ATOMIC_RELEASE);
}

/* Does the run loop want us? NE then. */
static void ask_attention(struct x86_asm *a)
{
    x86_alu_imm(a, ALU_CMP, false, CPU_FIELD(attention), 0);
}

const uint8_t *gen_behind_question(const uint8_t *code)
{
    uint8_t question[16];
    struct x86_asm a = {.p = question, .end = question + sizeof(question)};

    ask_attention(&a);
    return memcmp(code, question, (size_t)(a.p - question)) ? code : code + (x86_jcc(&a, CC_NE) + 4 - question);
}

/* Any locked access orders everything, and sooner than MFENCE does. */
static void fence(struct gen *g)
{
    x86_lock(&g->a);
    x86_alu_imm(&g->a, ALU_OR, false, x86_m(RSP, 0), 0);
    g->eflags = EFLAGS_NONE;
}

static void gen_op(struct gen *g, const struct ir *i)
{
    if (i->op <= IR_PC)
        gen_int(g, i);
    else if (i->op <= IR_VSTP)
        gen_mem(g, i);
    else if (i->op < IR_LDX)
        gen_atomic(g, i);
    else if (i->op < IR_ZERO)
        gen_exclusive(g, i);
    else if (i->op == IR_ZERO)
        gen_zero(g, i);
    else if (i->op == IR_MRS)
        gen_mrs(g, i);
    else if (i->op < IR_FENCE)
        gen_daif(g, i);
    else if (i->op == IR_FENCE)
        fence(g);
    else if (i->op == IR_FP)
        gen_fp(g, i);
    else
        gen_exit(g, i);
}

/* The host code from `from` on is of one guest instruction of the fast form, operation `k` its first. */
static void note_trap(struct gen *g, unsigned k, uint32_t dirty, const uint8_t *from)
{
    struct gen_slow *s = gen_slow(g, SLOW_TRAP, NULL, g->fast.entry);

    s->op = k;
    s->dirty = dirty;
    s->trap = g->nr_traps;
    s->xmm = g->fast.kept;
    g->trap[g->nr_traps++] = (struct gen_trap){.from = from, .to = g->a.p};
}

/* The slow paths of one guest instruction go on behind all of its operations. */
static void set_back(struct gen *g, unsigned first_slow)
{
    for (unsigned n = first_slow; n < g->nr_slow; n++) {
        g->slow[n].back = g->a.p;
        g->slow[n].eflags = g->eflags;
    }
}

/* Operations [0, nr) in order; `at` gets where each begins. */
static void gen_ops(struct gen *g, const struct ir_block *b, unsigned nr, const uint8_t **at)
{
    for (unsigned k = 0; k < nr;) {
        const struct a64_insn *guest = b->op[k].guest;
        unsigned first_slow = g->nr_slow, first = k;
        uint32_t dirty = g->fast.dirty;
        bool raises = false;

        g->fast.at = k;
        g->fast.kept = X86_NO_REG;
        g->slow_eflags[k] = (uint8_t)g->eflags;
        for (; k < nr && b->op[k].guest == guest; k++) {
            at[k] = g->a.p;
            raises |= gen_fp_raises(&b->op[k]);
            gen_op(g, &b->op[k]);
        }
        if (raises && g->fast.on)
            note_trap(g, first, dirty, at[first]);
        set_back(g, first_slow);
    }
}

static void fast_form(struct gen *g, const struct ir_block *b, int64_t end)
{
    gen_fast_begin(g);
    gen_ops(g, b, g->fast.nr, g->op_at);
    for (unsigned k = g->fast.nr; k <= b->nr; k++)
        g->op_at[k] = g->a.p;
    gen_fast_end(g, b, end);
    if (b->nr_runs) {
        gen_fast_alone(g);
        gen_ops(g, b, g->fast.nr, g->slow_at); /* the slow form writes these again */
        gen_fast_end(g, b, end);
    }
    gen_fast_done(g);
}

static void slow_form(struct gen *g, const struct ir_block *b, const struct a64_insn *entry,
                      int64_t end)
{
    const struct ir *last = b->nr ? &b->op[b->nr - 1] : NULL;

    g->eflags = EFLAGS_NONE;
    g->fp_on = false;
    g->slow_at[GEN_ENTRY] = g->a.p;
    g->slow_eflags[GEN_ENTRY] = EFLAGS_NONE;
    ask_attention(&g->a);
    (void)gen_slow(g, SLOW_ATTENTION, x86_jcc(&g->a, CC_NE), entry);
    if (g->raises)
        gen_ask_disarmed(g);
    gen_ops(g, b, b->nr, g->slow_at);
    if (!last || (last->op != IR_B && last->op != IR_BR && last->op != IR_RET))
        gen_fall_off(g, end);
}

void gen_block(struct gen *g, const struct ir_block *b, const struct a64_insn *entry, int64_t end)
{
    bool fast;

    g->entry = entry->page_off;
    gen_homes_common(g);
    fast = gen_fast_plan(g, b, entry);
    g->nr_slow = g->nr_traps = 0;
    g->raises = false;
    for (unsigned k = 0; k < b->nr; k++)
        g->raises |= gen_fp_raises(&b->op[k]);
    g->site_of = NULL;
    if (fast)
        fast_form(g, b, end);
    slow_form(g, b, entry, end);
    if (!fast) {
        memcpy(g->op_at, g->slow_at, b->nr * sizeof(g->op_at[0]));
        g->op_at[b->nr] = g->a.p;
    }
    gen_slow_paths(g);
}
