/* SPDX-License-Identifier: Apache-2.0
 *
 * Where guest values live, and how NZCV moves between cpu->nzcv and EFLAGS. */
#include "cpu/arm64/translate/x86/gen.h"

#include <assert.h>

struct x86_rm gen_loc(const struct gen *g, int v)
{
    int home = gen_home(g, v);

    if (home != X86_NO_REG)
        return x86_r(home);
    if (v == IR_T1)
        return CPU_FIELD(temporary);
    assert(v < A64_ZR);
    return gen_field(offsetof(struct a64_cpu, x) + 8 * (size_t)v);
}

int gen_use(struct gen *g, int v, bool w, int scratch)
{
    int home;

    if (v == A64_ZR) {
        x86_mov_imm(&g->a, scratch, 0);
        return scratch;
    }
    home = gen_home(g, v);
    if (home != X86_NO_REG)
        return home;
    x86_mov_load(&g->a, w, scratch, gen_loc(g, v));
    return scratch;
}

int gen_def(const struct gen *g, int v, int scratch)
{
    int home = v == A64_DISCARD ? X86_NO_REG : gen_home(g, v);

    return home == X86_NO_REG ? scratch : home;
}

void gen_def_end(struct gen *g, int v, int reg)
{
    if (v != A64_DISCARD && gen_home(g, v) == X86_NO_REG)
        x86_mov_store(&g->a, true, gen_loc(g, v), reg);
}

void gen_def_from(struct gen *g, int v, bool w, int scratch)
{
    int d = gen_def(g, v, scratch);

    if (d != scratch)
        x86_mov_load(&g->a, w, d, x86_r(scratch));
    gen_def_end(g, v, d);
}

void gen_set_flags(struct gen *g, const struct ir *i, enum gen_eflags have)
{
    g->eflags = i->only_zn ? EFLAGS_ZN : have;
    if (!i->flags_live)
        return;
    if (have == EFLAGS_ADD) {
        x86_cmc(&g->a);
        g->eflags = EFLAGS_SUB;
    }
    x86_setcc(&g->a, CC_O, RAX);
    x86_lahf(&g->a);
    x86_mov_store(&g->a, false, CPU_FIELD(nzcv), RAX); /* as wide as gen_load_flags reads: stores are forwarded whole */
}

/* EFLAGS = rax, which has the form of cpu->nzcv and is lost. */
static void flags_from_rax(struct gen *g)
{
    x86_add_al_imm(&g->a, 0x7f); /* OF = V */
    x86_sahf(&g->a);             /* S, Z and C; OF stays */
    g->eflags = EFLAGS_SUB;
}

void gen_set_known_flags(struct gen *g, const struct ir *i, uint32_t nzcv)
{
    x86_mov_imm(&g->a, RAX, nzcv);
    if (i->flags_live)
        x86_mov_store(&g->a, false, CPU_FIELD(nzcv), RAX);
    flags_from_rax(g);
}

void gen_load_flags(struct gen *g)
{
    if (g->eflags == EFLAGS_ADD || g->eflags == EFLAGS_SUB)
        return;
    x86_mov_load(&g->a, false, RAX, CPU_FIELD(nzcv));
    flags_from_rax(g);
}

enum x86_cc gen_cond(struct gen *g, unsigned cond)
{
    /* By Arm's condition with its lowest bit cleared; C as EFLAGS_SUB has it. */
    static const uint8_t cc[] = {CC_E, CC_AE, CC_S, CC_O, CC_A, CC_GE, CC_G};
    unsigned c;

    if (g->eflags == EFLAGS_ZN && (cond >> 1 == 0 || cond >> 1 == 2))
        return cc[cond >> 1] ^ (cond & 1);
    gen_load_flags(g);
    if (cond >> 1 == 4 && g->eflags == EFLAGS_ADD) { /* HI and LS look at C and Z together */
        x86_cmc(&g->a);
        g->eflags = EFLAGS_SUB;
    }
    c = cc[cond >> 1];
    if (cond >> 1 == 1 && g->eflags == EFLAGS_ADD)
        c = CC_B;
    return c ^ (cond & 1);
}
