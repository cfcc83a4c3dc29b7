/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector registers. They live in memory, but the fast form of a block (gen_fast.c) keeps those it
 * uses most in xmm registers from its beginning to its end, and all the way round a loop. What is
 * there and newer than memory is "dirty"; whoever leaves the fast form stores that first.
 *
 * Scalar instructions of the host keep the bits above the element, Arm's clear them. So the plan
 * gives each register a width: the most bytes of it that the block reads or writes. Above its width
 * a register in xmm is zero at all times, and a scalar operation whose first operand is no wider
 * than itself needs no extra step. */
#include "cpu/arm64/translate/x86/gen.h"

enum { FIRST_HOME = XMM4, LAST_HOME = 15 };

static struct x86_rm in_memory(int v)
{
    return gen_field(offsetof(struct a64_cpu, v) + 16 * (size_t)v);
}

static bool homed(const struct gen *g, int v)
{
    return g->fast.on && g->fast.homed >> v & 1;
}

struct x86_rm gen_vector(const struct gen *g, int v)
{
    return homed(g, v) ? x86_r(g->fast.home[v]) : in_memory(v);
}

void gen_vector_load(struct gen *g, int xmm, struct x86_rm src, unsigned bytes)
{
    if (bytes == 4 && src.is_mem)
        x86_vex(&g->a, 1, 2, false, false, 0x10, xmm, 0, src); /* vmovss */
    else if (bytes == 8)
        x86_vex(&g->a, 1, 2, false, false, 0x7e, xmm, 0, src); /* vmovq */
    else
        x86_vex(&g->a, 1, 1, false, false, 0x6f, xmm, 0, src); /* vmovdqa */
}

int gen_vector_use(struct gen *g, int v, unsigned bytes, int scratch)
{
    if (homed(g, v))
        return g->fast.home[v];
    gen_vector_load(g, scratch, in_memory(v), bytes);
    return scratch;
}

void gen_vector_low(struct gen *g, int v, unsigned bytes, int scratch)
{
    if (homed(g, v) && bytes == 4)
        x86_vex_imm(&g->a, 3, 1, false, false, 0x21, scratch, g->fast.home[v], gen_vector(g, v),
                    0xe); /* vinsertps */
    else
        gen_vector_load(g, scratch, gen_vector(g, v), bytes);
}

bool gen_vector_is_narrow(const struct gen *g, int v, unsigned bytes)
{
    return !homed(g, v) || g->fast.width[v] <= bytes; /* from memory, only the element is loaded */
}

void gen_vector_low_of(struct gen *g, int dst, int xmm, unsigned bytes)
{
    if (bytes == 4)
        x86_vex_imm(&g->a, 3, 1, false, false, 0x21, dst, xmm, x86_r(xmm),
                    0xe); /* vinsertps: zeros in 1 to 3 */
    else
        gen_vector_load(g, dst, x86_r(xmm), bytes);
}

void gen_vector_clear_above(struct gen *g, int xmm, unsigned bytes)
{
    if (bytes < 16)
        gen_vector_low_of(g, xmm, xmm, bytes);
}

void gen_vector_to_general(struct gen *g, int v, unsigned bytes, int reg)
{
    if (homed(g, v))
        x86_vex(&g->a, 1, 1, bytes == 8, false, 0x7e, g->fast.home[v], 0,
                x86_r(reg)); /* vmovd, vmovq */
    else
        x86_mov_load(&g->a, bytes == 8, reg, in_memory(v));
}

int gen_vector_def(struct gen *g, const struct ir *i, int scratch)
{
    struct ir_vectors v;

    if (!homed(g, i->dst))
        return scratch;
    ir_vectors(i, &v);
    for (unsigned n = 0; n < v.nr_read; n++)
        if (v.read[n].reg == i->dst)
            return scratch;
    return g->fast.home[i->dst];
}

int gen_vector_def_at_once(const struct gen *g, const struct ir *i, int scratch)
{
    return homed(g, i->dst) ? g->fast.home[i->dst] : scratch;
}

void gen_vector_end(struct gen *g, int v, int xmm)
{
    if (!homed(g, v)) {
        x86_vex(&g->a, 1, 1, false, false, 0x7f, xmm, 0, in_memory(v)); /* vmovdqa */
        return;
    }
    g->fast.dirty |= UINT32_C(1) << v;
    if (xmm != g->fast.home[v])
        gen_vector_load(g, g->fast.home[v], x86_r(xmm), 16);
}

void gen_vector_spill(struct gen *g, uint32_t dirty)
{
    for (; dirty; dirty &= dirty - 1) {
        int v = __builtin_ctz(dirty);

        x86_vex(&g->a, 1, 1, false, false, 0x7f, g->fast.home[v], 0, in_memory(v));
    }
}

/* Into xmm at the beginning: what is read before it is written, in a loop everything. A register
 * that must be zero above its width, and is also written, has to be so already: else the slow form
 * begins. */
static void load_home(struct gen *g, int v)
{
    const struct gen_fast *f = &g->fast;
    uint32_t bit = UINT32_C(1) << v;
    struct x86_rm high = in_memory(v);

    if (f->live & bit && f->width[v] < 16 && !(f->written & bit)) {
        gen_vector_load(g, f->home[v], in_memory(v), f->width[v]);
        return;
    }
    if (f->live & bit && f->width[v] < 16) {
        high.disp += 8;
        x86_alu_imm(&g->a, ALU_CMP, true, high, 0);
        gen_bail(g, x86_jcc(&g->a, CC_NE));
        if (f->width[v] < 8) {
            high.disp -= 4;
            x86_alu_imm(&g->a, ALU_CMP, false, high, 0);
            gen_bail(g, x86_jcc(&g->a, CC_NE));
        }
    }
    gen_vector_load(g, f->home[v], in_memory(v), 16);
}

void gen_vector_begin(struct gen *g)
{
    struct gen_fast *f = &g->fast;

    f->dirty = 0;
    for (int v = 0; v < 32; v++)
        if ((f->homed & (f->loop ? ~UINT32_C(0) : f->live)) >> v & 1)
            load_home(g, v);
    if (f->loop)
        f->dirty = f->homed & f->written;
}

static void see(struct gen_fast *f, struct ir_vector v, unsigned *uses)
{
    uses[v.reg]++;
    if (f->width[v.reg] < v.bytes)
        f->width[v.reg] = v.bytes < 4 ? 4 : v.bytes;
}

void gen_vector_plan(struct gen *g, const struct ir_block *b)
{
    struct gen_fast *f = &g->fast;
    unsigned uses[32] = {0};
    int xmm = FIRST_HOME;

    f->homed = f->live = f->written = 0;
    for (int v = 0; v < 32; v++)
        f->width[v] = 0;
    for (unsigned k = 0; k < f->nr; k++) {
        struct ir_vectors v;

        ir_vectors(&b->op[k], &v);
        for (unsigned n = 0; n < v.nr_read; n++) {
            see(f, v.read[n], uses);
            if (!(f->written >> v.read[n].reg & 1))
                f->live |= UINT32_C(1) << v.read[n].reg;
        }
        for (unsigned n = 0; n < v.nr_write; n++) {
            see(f, v.write[n], uses);
            f->written |= UINT32_C(1) << v.write[n].reg;
        }
    }
    for (; xmm <= LAST_HOME; xmm++) {
        int most = 0;

        for (int v = 1; v < 32; v++)
            if (uses[v] > uses[most])
                most = v;
        if (uses[most] < (f->loop ? 1 : 2))
            break;
        uses[most] = 0;
        f->home[most] = (int8_t)xmm;
        f->homed |= UINT32_C(1) << most;
    }
}
