/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a flattened device tree front to back, over libfdt. The first failure is remembered and
 * everything after it does nothing, so a board lists its nodes in plain sequence and checks once,
 * at the end. */
#ifndef BERTH_BOOT_DEVTREE_H
#define BERTH_BOOT_DEVTREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

struct devtree {
    void *blob;
    unsigned depth; /* nodes that are open */
    int error;      /* libfdt's, negative; 0: none so far */
};

/* Starts a tree with its root node open in the caller's `len` bytes at `blob`, 8-byte aligned. */
void devtree_begin(struct devtree *t, void *blob, size_t len);

/* Closes the root node. *ret_len: bytes used. 0, or -ENOSPC or -EINVAL with the sentence. */
NODISCARD int devtree_end(struct devtree *t, size_t *ret_len, struct err *err);

/* `name@address`, the address in hexadecimal; its properties come before its children. */
void devtree_node(struct devtree *t, const char *name);
void devtree_node_at(struct devtree *t, const char *name, uint64_t address);
void devtree_node_end(struct devtree *t);

void devtree_flag(struct devtree *t, const char *name); /* a property without a value */
void devtree_u32(struct devtree *t, const char *name, uint32_t value);
void devtree_u64(struct devtree *t, const char *name, uint64_t value);
void devtree_string(struct devtree *t, const char *name, const char *value);
void devtree_bytes(struct devtree *t, const char *name, const void *value, size_t len);
void devtree_cells(struct devtree *t, const char *name, const uint32_t *cells,
                   size_t nr); /* host order */

/* devtree_list(t, "compatible", "arm,pl011", "arm,primecell") and devtree_cell_list(t,
 * "interrupts", 0, 1, 4). */
void devtree_strings(struct devtree *t, const char *name, const char *const *values, size_t nr);
#define devtree_list(t, name, ...)                                                                 \
    devtree_strings(t, name, (const char *const[]){__VA_ARGS__},                                   \
                    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
#define devtree_cell_list(t, name, ...)                                                            \
    devtree_cells(t, name, (const uint32_t[]){__VA_ARGS__},                                        \
                  sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* `reg` with two address and two size cells, as every node of ours under the root has it. */
void devtree_reg(struct devtree *t, uint64_t address, uint64_t len);

#endif
