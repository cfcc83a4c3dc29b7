/* SPDX-License-Identifier: Apache-2.0
 *
 * Branches (Arm ARM C4.1.93). A branch inside its page moves among the slots; any other asks the
 * CPU's jump cache. A conditional branch that is not taken just goes on. */
#include "cpu/arm64/cond.h"
#include "cpu/arm64/op.h"

#define BRANCH_OP(name)                                                                            \
    static const struct a64_insn *op_##name(struct a64_cpu *cpu, const struct a64_insn *i)

static ALWAYS_INLINE const struct a64_insn *near_target(const struct a64_insn *i, int64_t offset)
{
    return (const struct a64_insn *)((const char *)i + offset);
}

static ALWAYS_INLINE uint64_t next_pc(const struct a64_cpu *cpu, const struct a64_insn *i)
{
    return cpu->page_va + i->page_off + 4;
}

/* Unconditional. Near: i->imm is the offset of the target's slot; far: of the target in bytes from
 * this page. */
BRANCH_OP(b_near)
{
    A64_BRANCH(cpu, near_target(i, i->imm));
}

BRANCH_OP(b_far)
{
    A64_JUMP(cpu, cpu->page_va + (uint64_t)i->imm);
}

BRANCH_OP(bl_near)
{
    cpu->x[30] = next_pc(cpu, i);
    A64_BRANCH(cpu, near_target(i, i->imm));
}

BRANCH_OP(bl_far)
{
    cpu->x[30] = next_pc(cpu, i);
    A64_JUMP(cpu, cpu->page_va + (uint64_t)i->imm);
}

/* Chooses between two handlers, and sets i->imm for the one chosen. */
static void predecode_target(struct a64_insn *i, int64_t disp, a64_op *near, a64_op *far)
{
    if (a64_branch_is_near(i, disp)) {
        i->imm = a64_near_offset(disp);
        i->aux |= A64_PREDECODE_NEAR;
        i->fn = near;
    } else {
        i->imm = i->page_off + disp;
        i->fn = far;
    }
}

void a64_pre_b(struct a64_insn *i, uint32_t raw)
{
    predecode_target(i, a64_sbits(raw, 0, 26) * 4, op_b_near, op_b_far);
}

void a64_pre_bl(struct a64_insn *i, uint32_t raw)
{
    predecode_target(i, a64_sbits(raw, 0, 26) * 4, op_bl_near, op_bl_far);
}

/* A near and a far handler that branch if `test` holds. */
#define CONDITIONAL(name, test)                                                                    \
    BRANCH_OP(name##_near)                                                                         \
    {                                                                                              \
        if (test)                                                                                  \
            A64_BRANCH(cpu, near_target(i, i->imm));                                               \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    BRANCH_OP(name##_far)                                                                          \
    {                                                                                              \
        if (test)                                                                                  \
            A64_JUMP(cpu, cpu->page_va + (uint64_t)i->imm);                                        \
        A64_NEXT(cpu, i);                                                                          \
    }

static ALWAYS_INLINE bool flags_hold(uint32_t f, unsigned cond)
{
    switch (cond) {
#define CASE(name, number, test)                                                                   \
    case number:                                                                                   \
        return test;
        A64_CONDITIONS(CASE)
#undef CASE
    default:
        return true;
    }
}

#define B_COND(name, number, test) CONDITIONAL(b_##name, flags_hold(cpu->nzcv, number))
A64_CONDITIONS(B_COND)

void a64_pre_b_cond(struct a64_insn *i, uint32_t raw)
{
#define NEAR(name, number, test) op_b_##name##_near,
#define FAR(name, number, test)  op_b_##name##_far,
    static a64_op *const near[16] = {A64_CONDITIONS(NEAR) op_b_near, op_b_near};
    static a64_op *const far[16] = {A64_CONDITIONS(FAR) op_b_far, op_b_far};
    unsigned cond = a64_bits(raw, 0, 4);

    predecode_target(i, a64_sbits(raw, 5, 19) * 4, near[cond], far[cond]);
}

/* Compare with zero. */
CONDITIONAL(cbz_w, (uint32_t)cpu->x[i->rd] == 0)
CONDITIONAL(cbz_x, cpu->x[i->rd] == 0)
CONDITIONAL(cbnz_w, (uint32_t)cpu->x[i->rd] != 0)
CONDITIONAL(cbnz_x, cpu->x[i->rd] != 0)

void a64_pre_cbz(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const near[] = {op_cbz_w_near, op_cbnz_w_near, op_cbz_x_near, op_cbnz_x_near};
    static a64_op *const far[] = {op_cbz_w_far, op_cbnz_w_far, op_cbz_x_far, op_cbnz_x_far};
    unsigned n = a64_bits(raw, 31, 1) * 2 + a64_bits(raw, 24, 1);

    predecode_target(i, a64_sbits(raw, 5, 19) * 4, near[n], far[n]);
}

/* Test bit i->rm. */
CONDITIONAL(tbz, (cpu->x[i->rd] >> i->rm & 1) == 0)
CONDITIONAL(tbnz, (cpu->x[i->rd] >> i->rm & 1) != 0)

void a64_pre_tbz(struct a64_insn *i, uint32_t raw)
{
    bool nonzero = a64_bits(raw, 24, 1);

    i->rm = (uint8_t)(a64_bits(raw, 31, 1) * 32 + a64_bits(raw, 19, 5));
    predecode_target(i, a64_sbits(raw, 5, 14) * 4, nonzero ? op_tbnz_near : op_tbz_near,
                     nonzero ? op_tbnz_far : op_tbz_far);
}

/* Register */
const struct a64_insn *a64_op_br(struct a64_cpu *cpu, const struct a64_insn *i)
{
    A64_JUMP(cpu, cpu->x[i->rn]);
}

const struct a64_insn *a64_op_ret(struct a64_cpu *cpu, const struct a64_insn *i)
{
    A64_JUMP(cpu, cpu->x[i->rn]);
}

const struct a64_insn *a64_op_blr(struct a64_cpu *cpu, const struct a64_insn *i)
{
    uint64_t target = cpu->x[i->rn];

    cpu->x[30] = next_pc(cpu, i);
    A64_JUMP(cpu, target);
}
