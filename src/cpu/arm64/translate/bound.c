/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a loop that counts goes on: comparisons of a register that moves by a constant each turn with one that does not
 * move, or with a constant. */
#include "cpu/arm64/translate/bulk.h"

enum { EQ = 0, NE, CS, CC, MI, PL, HI = 8, LS, GE, LT, GT, LE };

/* a - b, or a + b, sets flags. */
static struct bound_flags compare(const struct turn *t, const struct ir *i)
{
    struct bound_flags f = {.what = FLAGS_UNKNOWN, .only_equal = i->op == IR_ADDS};
    struct turn_value left = turn_value(t, i->a), right = turn_value(t, i->b);
    int64_t step, still = 0;

    if (!i->w || !turn_stride(t, left, &step))
        return f;
    if (i->b == IR_IMM) {
        right = (struct turn_value){.root = IR_IMM, .add = i->op == IR_ADDS ? -i->imm : i->imm};
    } else if (i->op == IR_ADDS || !turn_stride(t, right, &still)) {
        return f;
    } else if (!step) {
        struct turn_value other = left;

        left = right;
        right = other;
        step = still;
        still = 0;
        f.swapped = true;
    }
    if (still || !step || (right.root != IR_IMM && right.add))
        return f;
    f.what = FLAGS_COMPARE;
    f.bound = (struct ir_bound){
        .left = left.root, .right = right.root, .step = (int32_t)step, .add = left.add, .imm = right.add};
    return f;
}

void bound_step(struct bound_flags *f, const struct turn *t, const struct ir *i, bool is_zero)
{
    if (i->again) /* what it makes again is what f says */
        return;
    if (i->op == IR_SUBS || i->op == IR_ADDS) {
        *f = compare(t, i);
    } else if (i->op == IR_CCMP) {
        bool zero = is_zero && i->w && i->b == IR_IMM && !i->imm && !(i->aux & A64_Z);

        f->what = f->what == FLAGS_COMPARE && zero ? FLAGS_COMPARE_AND_ZERO : FLAGS_UNKNOWN;
        f->bound.cond = i->cond;
    } else if ((i->op >= IR_ADDS && i->op <= IR_CCMN) || i->op == IR_CALL) {
        f->what = FLAGS_UNKNOWN;
    }
}

/* b cond a, as a condition of a and b. */
static unsigned swap(unsigned cond)
{
    static const uint8_t swapped[] = {[CS] = LS, [CC] = HI, [HI] = CC, [LS] = CS, [GE] = LE, [LT] = GT, [GT] = LT, [LE] = GE};

    return cond == NE ? NE : cond < ARRAY_LEN(swapped) ? swapped[cond] : EQ;
}

/* Does moving by `step` make an end of `cond` sooner or later, and not before the two sides meet? */
static bool runs_out(unsigned cond, bool down)
{
    switch (cond) {
    case NE:
        return true;
    case HI:
    case CS:
    case GT:
    case GE:
    case PL:
        return down;
    case CC:
    case LS:
    case LT:
    case LE:
    case MI:
        return !down;
    default:
        return false;
    }
}

static bool add(struct ir_bulk *bulk, struct ir_bound bound, unsigned cond)
{
    if (!runs_out(cond, bound.step < 0) || bulk->nr_bounds == IR_MAX_BOUNDS)
        return false;
    bound.cond = (uint8_t)cond;
    bulk->bound[bulk->nr_bounds++] = bound;
    return true;
}

static bool by_flags(struct ir_bulk *bulk, const struct bound_flags *f, unsigned cond, bool closes)
{
    struct ir_bound bound = f->bound;

    if (f->what == FLAGS_COMPARE_AND_ZERO && cond == EQ)
        cond = f->bound.cond;
    else if (f->what != FLAGS_COMPARE)
        return false;
    if (f->only_equal && cond != NE)
        return false;
    bound.inside = !closes;
    return add(bulk, bound, f->swapped ? swap(cond) : cond);
}

bool bound_branch(struct ir_bulk *bulk, const struct bound_flags *f, const struct turn *t, const struct ir *i, bool closes,
                  bool is_zero)
{
    struct turn_value v = turn_value(t, i->a);
    int64_t step;

    switch (i->op) {
    case IR_B:
        return closes;
    case IR_BCOND:
        return by_flags(bulk, f, closes ? i->cond : i->cond ^ 1u, closes);
    case IR_CBZ:
    case IR_CBNZ:
        if (is_zero)
            return (i->op == IR_CBZ) == closes;
        if ((i->op == IR_CBZ) == closes || !i->w || !turn_stride(t, v, &step) || !step)
            return false;
        return add(bulk, (struct ir_bound){.left = v.root, .right = IR_IMM, .step = (int32_t)step, .add = v.add, .inside = !closes}, NE);
    default:
        return false;
    }
}
