/* SPDX-License-Identifier: Apache-2.0
 *
 * Accesses of one block at constant distances from one base register (a frame, a structure, a buffer that is copied) form a
 * group: the first looks the page of all of them up, once, and the others use the host address that it found. Between two
 * members the base may change by constants only, and no handler may run that could change what addresses mean. */
#include <string.h>

#include "cpu/arm64/translate/ir.h"

enum {
    MAX_SPAN = 512,   /* bytes; a wider group meets the end of its page too often */
    MAX_OFFSET = 4096, /* of the base, between the first member and the last */
};

static bool is_access(const struct ir *i)
{
    return i->op >= IR_LD && i->op <= IR_VSTP;
}

static bool is_load(const struct ir *i)
{
    return i->op == IR_LD || i->op == IR_LDP || i->op == IR_VLD || i->op == IR_VLDP;
}

static bool can_join(const struct ir *i, int base)
{
    return is_access(i) && i->a == base && i->b == IR_NONE && !i->aligned && !i->group;
}

/* dst = base + imm on the base itself: its value goes on by a constant. */
static bool moves_on(const struct ir *i, int base)
{
    return (i->op == IR_ADD || i->op == IR_SUB) && i->w && i->dst == base && i->a == base && i->b == IR_IMM &&
           i->imm > -MAX_OFFSET && i->imm < MAX_OFFSET;
}

static bool ends_group(const struct ir *i)
{
    return i->op == IR_CALL || i->op == IR_B || i->op == IR_BR || i->op == IR_RET;
}

struct range {
    int64_t lo, hi; /* bytes from the base's value at the first member */
};

/* The range with the access `i` in it, the base having moved by `moved`; false: it would be too wide. */
static bool widen(struct range *r, const struct ir *i, int64_t moved)
{
    int64_t lo = i->imm + moved, hi = lo + (int64_t)ir_access_bytes(i);
    struct range with = {lo < r->lo ? lo : r->lo, hi > r->hi ? hi : r->hi};

    if (with.hi - with.lo > MAX_SPAN || moved > MAX_OFFSET || moved < -MAX_OFFSET)
        return false;
    *r = with;
    return true;
}

/* Walks from the possible first member `k` and marks those behind it with group `id`, or (0) only counts them. */
static unsigned walk(struct ir_block *b, unsigned k, unsigned id, struct ir_group *group)
{
    int base = b->op[k].a;
    bool writes = !is_load(&b->op[k]), branched = false;
    struct range r = {INT64_MAX / 2, INT64_MIN / 2};
    int64_t moved = 0;
    unsigned members = 0;

    for (unsigned n = k; n < b->nr && !ends_group(&b->op[n]); n++) {
        struct ir *i = &b->op[n];

        /* What a branch may skip must not ask for more than what comes before it. */
        if (can_join(i, base) && (is_load(i) || writes || !branched) && widen(&r, i, moved)) {
            members++;
            writes |= !is_load(i);
            group->last = n;
            if (id) {
                i->group = (uint8_t)id;
                i->moved = (int32_t)moved;
            }
        }
        branched |= i->op >= IR_BCOND && i->op <= IR_TBNZ;
        if (moves_on(i, base))
            moved += i->op == IR_ADD ? i->imm : -i->imm;
        else if (ir_changes(i, base))
            break;
    }
    group->lo = (int32_t)r.lo;
    group->hi = (int32_t)r.hi;
    group->writes = writes;
    return members;
}

void ir_group_accesses(struct ir_block *b)
{
    unsigned busy_until[IR_GROUP_PLACES] = {0}, nr = 0;

    for (unsigned k = 0; k < b->nr && nr < IR_MAX_GROUPS; k++) {
        struct ir_group group = {.first = k};
        unsigned place = 0;

        if (!is_access(&b->op[k]) || b->op[k].a == A64_ZR || !can_join(&b->op[k], b->op[k].a) || walk(b, k, 0, &group) < 2)
            continue;
        while (place < IR_GROUP_PLACES && busy_until[place] > k)
            place++;
        if (place == IR_GROUP_PLACES)
            continue;
        (void)walk(b, k, nr + 1, &group);
        group.place = (uint8_t)place;
        busy_until[place] = group.last + 1;
        b->group[nr++] = group;
    }
}
