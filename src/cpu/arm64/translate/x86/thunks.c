/* SPDX-License-Identifier: Apache-2.0
 *
 * The seam between translated code and C (System V ABI): entering, leaving, calling an interpreter's handler. Inside
 * translated code rsp is a multiple of 16. A handler that faults unwinds over all this with _longjmp, which is why the guest
 * registers are stored before every call. */
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/translate/x86/gen.h"

#include <string.h>

static const int8_t saved[] = {RBX, RBP, R12, R13, R14, R15};

static void move_homes(struct gen *g, bool store)
{
    for (int v = 0; v < A64_ZR; v++) {
        size_t offset = offsetof(struct a64_cpu, x) + 8 * (size_t)v;

        if (gen_home(g, v) == X86_NO_REG)
            continue;
        if (store)
            x86_mov_store(&g->a, true, gen_field(offset), gen_home(g, v));
        else
            x86_mov_load(&g->a, true, gen_home(g, v), gen_field(offset));
    }
}

static const uint8_t *here(const struct gen *g)
{
    return g->a.p + g->exec_minus_write;
}

static void make_enter(struct gen *g)
{
    for (size_t n = 0; n < ARRAY_LEN(saved); n++)
        x86_push(&g->a, saved[n]);
    x86_alu_imm(&g->a, ALU_SUB, true, x86_r(RSP), 8);
    x86_lea(&g->a, true, RBP, x86_m(RDI, GEN_BIAS));
    gen_stack_begin(g);
    x86_mov_load(&g->a, true, RAX, x86_r(RSI));
    move_homes(g, false);
    x86_jmp_rm(&g->a, x86_r(RAX));
}

static void make_return(struct gen *g)
{
    gen_stack_end(g);
    x86_alu_imm(&g->a, ALU_ADD, true, x86_r(RSP), 8);
    for (size_t n = ARRAY_LEN(saved); n-- > 0;)
        x86_pop(&g->a, saved[n]);
    x86_ret(&g->a);
}

static void make_call(struct gen *g)
{
    uint8_t *left, *wanted;

    x86_alu_imm(&g->a, ALU_SUB, true, x86_r(RSP), 8);
    move_homes(g, true);
    gen_disarm(g);
    x86_lea(&g->a, true, RDI, x86_m(RBP, -GEN_BIAS));
    x86_mov_load(&g->a, true, RSI, x86_r(RAX));
    x86_call_rm(&g->a, x86_m(RAX, offsetof(struct a64_insn, fn)));
    x86_test(&g->a, true, x86_r(RAX), RAX);
    left = x86_jcc(&g->a, CC_E);
    move_homes(g, false);
    gen_group_forget(g);
    x86_alu_imm(&g->a, ALU_ADD, true, x86_r(RSP), 8);
    x86_ret(&g->a);
    if (!g->a.full)
        x86_patch(left, g->a.p);
    x86_alu_imm(&g->a, ALU_ADD, true, x86_r(RSP), 16); /* our 8 and the block's return address */
    x86_alu_imm(&g->a, ALU_CMP, false, CPU_FIELD(attention), 0);
    wanted = x86_jcc(&g->a, CC_NE);
    gen_stack_check(g);
    move_homes(g, false);
    x86_mov_load(&g->a, true, RDX, CPU_FIELD(pc));
    gen_jump(g, g->thunks->look_up);
    if (!g->a.full)
        x86_patch(wanted, g->a.p);
    x86_mov_imm(&g->a, RAX, TRANSLATE_MISS);
    make_return(g);
}

struct gen_trap gen_make_thunks(struct gen *g, struct gen_thunks *ret)
{
    const uint8_t *enter, *faults;
    struct gen_trap trap;

    g->thunks = ret;
    gen_homes_common(g);
    ret->fp = gen_make_fp_constants(g);
    faults = here(g);
    memcpy(&ret->faults, &faults, sizeof(faults)); /* ISO C has no cast from data to function pointers */
    trap = gen_make_faults(g);
    ret->arm = here(g);
    gen_make_arm(g);
    ret->disarm = here(g);
    gen_disarm(g);
    x86_ret(&g->a);
    for (int writes = 0; writes < 2; writes++) {
        ret->span[writes] = here(g);
        gen_make_span(g, writes);
    }
    ret->straddle = here(g);
    gen_make_straddle(g);
    ret->leave = here(g);
    move_homes(g, true);
    gen_disarm(g);
    make_return(g);
    ret->look_up = here(g);
    gen_make_look_up(g);
    ret->site = here(g);
    gen_make_site(g);
    ret->returned = here(g);
    gen_make_returned(g);
    enter = here(g);
    memcpy(&ret->enter, &enter, sizeof(enter));
    make_enter(g);
    ret->call = here(g);
    make_call(g);
    return trap;
}
