/* SPDX-License-Identifier: Apache-2.0
 *
 * The guest's calls and returns as CALL and RET of the host, whose processor then knows where returns go.
 *
 *     host_stack ──► saved rsp
 *                    0         a frame that no call made:
 *                    returned  a return that matches it is looked up
 *                    x30       what a call of the guest put into the link register,
 *                    address   of the host code behind it
 *     rsp ─────────►
 *
 * A return of the guest compares the address that it goes to with the newest frame's. If they differ
 * (a switch of threads, a jump out of functions, a call that was interpreted) all frames are
 * forgotten and the table of entry points is asked, as for any indirect branch. Frames hold as long
 * as the fetch context: only handlers change that, and those leave the block (gen_stack_check).
 *
 * The stack begins at a multiple of STACK_BYTES, so that its lower half is one bit of rsp away. */
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/translate/x86/gen.h"

enum {
    STACK_BYTES = 8192,
    STACK_BIT = STACK_BYTES / 2, /* set in rsp - 8 as long as there is room */
    FRAME_BYTES = 16,
    LINK_REGISTER = 30,
};

static void forget(struct gen *g)
{
    x86_mov_load(&g->a, true, RSP, CPU_FIELD(host_stack));
}

void gen_stack_begin(struct gen *g)
{
    struct x86_asm *a = &g->a;

    x86_mov_load(a, true, RDX, x86_r(RSP));
    x86_alu_imm(a, ALU_SUB, true, x86_r(RSP), FRAME_BYTES + 8);
    x86_alu_imm(a, ALU_AND, true, x86_r(RSP), -STACK_BYTES);
    x86_mov_imm(a, RCX, (uintptr_t)g->thunks->returned);
    x86_mov_store(a, true, x86_m(RSP, 0), RCX);
    x86_mov_store_imm(a, true, x86_m(RSP, 8), 0);
    x86_mov_store(a, true, x86_m(RSP, FRAME_BYTES), RDX);
    x86_mov_store(a, true, CPU_FIELD(host_stack), RSP);
    x86_mov_store_imm(a, true, CPU_FIELD(host_stack_context), 0); /* no context is 0 */
}

void gen_stack_end(struct gen *g)
{
    forget(g);
    x86_mov_load(&g->a, true, RSP, x86_m(RSP, FRAME_BYTES));
}

void gen_stack_check(struct gen *g)
{
    struct x86_asm *a = &g->a;
    uint8_t *same;

    x86_mov_load(a, true, RCX, CPU_FIELD(tlb));
    x86_mov_load(a, true, RCX, x86_m(RCX, offsetof(struct a64_tlb, context)));
    x86_alu_load(a, ALU_CMP, true, RCX, CPU_FIELD(host_stack_context));
    same = x86_jcc(a, CC_E);
    x86_mov_store(a, true, CPU_FIELD(host_stack_context), RCX);
    forget(g);
    if (!a->full)
        x86_patch(same, a->p);
}

void gen_make_returned(struct gen *g)
{
    forget(g);
    gen_jump(g, g->thunks->look_up);
}

static struct gen_slow *way_out(struct gen *g, enum gen_slow_kind kind, uint8_t *from, const struct ir *i)
{
    return gen_slow(g, kind, from, i->guest);
}

/* Half a frame. The link register is in memory wherever blocks join. */
static void push_link(struct gen *g)
{
    x86_push_rm(&g->a, gen_field(offsetof(struct a64_cpu, x) + sizeof(uint64_t) * LINK_REGISTER));
}

static void call_in_page(struct gen *g, const struct ir *i)
{
    struct gen_slow *s = gen_slow(g, SLOW_EXIT, x86_call_aligned(&g->a), NULL);

    s->imm = i->imm;
    s->asks = true; /* functions that call each other twice could go on for ages, though always onwards */
}

void gen_call_function(struct gen *g, const struct ir *i)
{
    int64_t behind = i->guest->page_off + 4;
    bool near = i->op == IR_B && gen_in_page(i->imm);
    bool in_rax = !g->fast.on; /* the link register, which was set right before: front_branch.c */
    struct gen_slow *deep;

    if (i->op == IR_B && !near && in_rax)
        x86_lea(&g->a, true, RDX, x86_m(RAX, (int32_t)(i->imm - behind)));
    else if (i->op == IR_B && !near)
        gen_target_address(g, i->imm);
    if (in_rax)
        x86_push(&g->a, RAX);
    else
        push_link(g);
    x86_test_imm(&g->a, false, x86_r(RSP), STACK_BIT);
    deep = way_out(g, SLOW_DEEP, x86_jcc(&g->a, CC_E), i);
    deep->resume = g->a.p;
    if (near)
        call_in_page(g, i);
    else
        gen_call_anywhere(g);
    gen_slow(g, SLOW_EXIT, x86_jmp_aligned(&g->a), NULL)->imm = behind;
}

void gen_return(struct gen *g, const struct ir *i)
{
    struct x86_asm *a = &g->a;

    x86_alu_load(a, ALU_CMP, true, RDX, x86_m(RSP, 8));
    (void)way_out(g, SLOW_RETURN, x86_jcc(a, CC_NE), i);
    x86_alu_imm(a, ALU_AND, true, x86_r(RDX), -(int32_t)A64_PAGE_SIZE);
    x86_mov_store(a, true, CPU_FIELD(page_va), RDX);
    x86_ret_imm(a, FRAME_BYTES - 8);
}

void gen_call_way_out(struct gen *g, const struct gen_slow *s)
{
    switch (s->kind) {
    case SLOW_DEEP:
        forget(g);
        push_link(g);
        x86_jmp_to(&g->a, s->resume);
        break;
    default:
        forget(g);
        gen_jump(g, g->thunks->look_up);
        break;
    }
}
