/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks: clang's "Block Implementation Specification". */
#include <stdlib.h>
#include <string.h>

#include "standin.h"

void *_NSConcreteStackBlock[32];
static void *malloc_block[32];

const char block_of_error[] = "v16@?0@8", block_of_object[] = "v24@?0@8@16";

void block_check(const struct objc_block *b, const char *signature)
{
    if (b->isa != _NSConcreteStackBlock && b->isa != malloc_block)
        standin_fail("a block whose class is not one of a block");
    if (b->descriptor->size != sizeof(*b))
        standin_fail("a block of %lu bytes, which is not what it holds", b->descriptor->size);
    if (!(b->flags & OBJC_BLOCK_HAS_SIGNATURE) || strcmp(b->descriptor->signature, signature) != 0)
        standin_fail("a block of signature %s, not %s",
                     b->flags & OBJC_BLOCK_HAS_SIGNATURE ? b->descriptor->signature : "none",
                     signature);
}

struct objc_block *block_copy(const struct objc_block *b)
{
    struct objc_block *copy = malloc(sizeof(*copy));

    if (!copy)
        abort();
    *copy = *b;
    copy->isa = malloc_block;
    account_add(ACCOUNT_BLOCKS, 1);
    return copy;
}

void block_release(struct objc_block *b)
{
    if (b->isa != malloc_block)
        standin_fail("a block is released that is no copy");
    free(b);
    account_add(ACCOUNT_BLOCKS, -1);
}

void block_call(struct objc_block *b, id error)
{
    moment();
    ((void (*)(struct objc_block *, id))b->invoke)(b, error);
    block_release(b);
}

void block_call_2(struct objc_block *b, id result, id error)
{
    moment();
    ((void (*)(struct objc_block *, id, id))b->invoke)(b, result, error);
    block_release(b);
}
