/* SPDX-License-Identifier: Apache-2.0
 *
 * Recognising loops that search, copy or fill memory: what search.c, copy.c and bound.c tell bulk.c. */
#ifndef BERTH_CPU_ARM64_TRANSLATE_BULK_H
#define BERTH_CPU_ARM64_TRANSLATE_BULK_H

#include "cpu/arm64/translate/turn.h"

/* What NZCV are made of. */
struct bound_flags {
    enum { FLAGS_UNKNOWN, FLAGS_COMPARE, FLAGS_COMPARE_AND_ZERO } what;
    struct ir_bound bound; /* cond: for COMPARE_AND_ZERO; both hold: it, and equal (something is zero) */
    bool swapped;          /* the comparison was made with its sides exchanged */
    bool only_equal;       /* C and V are not those of a comparison */
};

/* Follows the flags over `i`. `is_zero`: operand a is zero in every turn that goes on. */
void bound_step(struct bound_flags *f, const struct turn *t, const struct ir *i, bool is_zero);

/* The conditional branch `i`, which `closes` the loop or leaves it: adds to bulk->bound what has to hold for the loop to go on.
 * false: that is not known. */
bool bound_branch(struct ir_bulk *bulk, const struct bound_flags *f, const struct turn *t, const struct ir *i, bool closes,
                  bool is_zero);

/* Fill in what is particular to the kind; false: the loop is not of it. */
bool bulk_search(struct ir_block *b, struct ir_bulk *bulk);
bool bulk_copy(struct ir_block *b, struct ir_bulk *bulk);
bool bulk_map(struct ir_block *b, struct ir_bulk *bulk);

/* A memory operation as elements: how many, and the n-th register of them. */
unsigned bulk_elements(const struct ir *i);
int bulk_element(const struct ir *i, unsigned n);

#endif
