/* SPDX-License-Identifier: Apache-2.0
 *
 * Which guest registers live in host registers. All blocks agree (gen.h), so that they join without moves; but the fast form of
 * a loop gives the host registers to what the loop uses most, and puts things back where it is left. */
#include <string.h>

#include "cpu/arm64/translate/x86/gen.h"

enum {
    LEAST_USES = 2,   /* in a turn: a register used less is not worth moving in and out */
    LEAST_GAIN = 5,   /* uses of all that move; a loop that gains less stays as it is */
    LEAST_BETTER = 2, /* more uses than the register that has to give way */
};

static const int8_t common[IR_NR_VALUES] = {
    [0] = RBX,       [1] = R12, [2] = R13,        [3] = R14,       [A64_SP] = R15,      [4] = RSI,
    [8] = R8,        [19] = R9, [20] = R10,       [IR_T0] = RDI,
};

void gen_homes_common(struct gen *g)
{
    memcpy(g->home, common, sizeof(common));
}

int gen_home(const struct gen *g, int v)
{
    return g->home[v] ? g->home[v] : X86_NO_REG; /* RAX (0) is scratch, so 0 means none */
}

static void count(unsigned uses[IR_NR_VALUES], int v)
{
    if (v >= 0 && v < IR_NR_VALUES)
        uses[v]++;
}

/* How often operations name each general register; those of vectors alone do not count. */
static void count_uses(const struct ir_block *b, unsigned nr, unsigned uses[IR_NR_VALUES])
{
    for (unsigned k = 0; k < nr; k++) {
        const struct ir *i = &b->op[k];

        if (i->op == IR_FP)
            continue;
        count(uses, i->a);
        count(uses, i->b);
        if (i->op < IR_VLD || i->op > IR_VSTP) {
            count(uses, i->c);
            count(uses, i->dst);
        }
    }
}

static int most_used_in_memory(const struct gen *g, const unsigned uses[IR_NR_VALUES])
{
    int best = X86_NO_REG;

    for (int v = 0; v < A64_ZR; v++)
        if (!g->home[v] && uses[v] >= LEAST_USES && (best == X86_NO_REG || uses[v] > uses[best]))
            best = v;
    return best;
}

/* Who gives way: the least used that was not moved in. The stack pointer keeps its place where it is used at all. */
static int least_used_in_register(const struct gen *g, const unsigned uses[IR_NR_VALUES])
{
    int best = X86_NO_REG;

    if (!uses[IR_T0] && g->home[IR_T0])
        return IR_T0;
    for (int v = 0; v < A64_ZR; v++)
        if (g->home[v] && g->home[v] == common[v] && !(v == A64_SP && uses[v]) &&
            (best == X86_NO_REG || uses[v] < uses[best]))
            best = v;
    return best;
}

bool gen_homes_plan(struct gen *g, const struct ir_block *b, unsigned nr)
{
    unsigned uses[IR_NR_VALUES] = {0}, gain = 0;

    g->nr_moved = 0;
    count_uses(b, nr, uses);
    while (g->nr_moved < GEN_MAX_MOVED) {
        int in = most_used_in_memory(g, uses), out = least_used_in_register(g, uses);

        if (in == X86_NO_REG || out == X86_NO_REG || uses[in] < uses[out] + LEAST_BETTER)
            break;
        gain += uses[in] - uses[out];
        g->moved[g->nr_moved++] = (struct gen_moved){.in = (int8_t)in, .out = (int8_t)out, .host = g->home[out]};
        g->home[in] = g->home[out];
        g->home[out] = 0;
    }
    if (gain >= LEAST_GAIN)
        return true;
    gen_homes_common(g);
    g->nr_moved = 0;
    return false;
}

int gen_homes_lend(struct gen *g, const struct ir_block *b)
{
    unsigned uses[IR_NR_VALUES] = {0};

    count_uses(b, b->nr, uses);
    for (int v = 0; v <= IR_T0 && g->nr_moved < GEN_MAX_MOVED; v++) {
        int host = g->home[v];

        if (!host || host != common[v] || uses[v])
            continue;
        g->moved[g->nr_moved++] = (struct gen_moved){.in = IR_NONE, .out = (int8_t)v, .host = (int8_t)host};
        g->home[v] = 0;
        return host;
    }
    return X86_NO_REG;
}

static struct x86_rm in_memory(int v)
{
    return gen_field(offsetof(struct a64_cpu, x) + 8 * (size_t)v);
}

void gen_homes_enter(struct gen *g)
{
    for (unsigned n = 0; n < g->nr_moved; n++) {
        const struct gen_moved *m = &g->moved[n];

        if (m->out != IR_T0)
            x86_mov_store(&g->a, true, in_memory(m->out), m->host);
        if (m->in != IR_NONE)
            x86_mov_load(&g->a, true, m->host, in_memory(m->in));
    }
}

void gen_homes_leave(struct gen *g)
{
    for (unsigned n = 0; n < g->nr_moved; n++) {
        const struct gen_moved *m = &g->moved[n];

        if (m->in != IR_NONE)
            x86_mov_store(&g->a, true, in_memory(m->in), m->host);
        if (m->out != IR_T0)
            x86_mov_load(&g->a, true, m->host, in_memory(m->out));
    }
}
