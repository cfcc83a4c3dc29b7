/* SPDX-License-Identifier: Apache-2.0
 *
 * libfdt's sequential writer (Devicetree Specification 0.4, chapter 5) behind a latch for errors.
 */
#include "boot/devtree.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LEN = 64 };

static void latch(struct devtree *t, int r)
{
    if (r < 0 && t->error == 0)
        t->error = r;
}

void devtree_begin(struct devtree *t, void *blob, size_t len)
{
    *t = (struct devtree){.blob = blob};
    latch(t, fdt_create(blob, len < INT32_MAX ? (int)len : INT32_MAX));
    if (t->error == 0)
        latch(t, fdt_finish_reservemap(blob));
    devtree_node(t, "");
}

int devtree_end(struct devtree *t, size_t *ret_len, struct err *err)
{
    assert(t->depth == 1);
    devtree_node_end(t);
    if (t->error == 0)
        latch(t, fdt_finish(t->blob));
    if (t->error)
        return err_set(err, t->error == -FDT_ERR_NOSPACE ? -ENOSPC : -EINVAL,
                       "the device tree cannot be built: %s", fdt_strerror(t->error));
    *ret_len = fdt_totalsize(t->blob);
    return 0;
}

void devtree_node(struct devtree *t, const char *name)
{
    t->depth++;
    if (t->error == 0)
        latch(t, fdt_begin_node(t->blob, name));
}

void devtree_node_at(struct devtree *t, const char *name, uint64_t address)
{
    char full[NAME_MAX_LEN];

    (void)snprintf(full, sizeof(full), "%s@%" PRIx64, name, address);
    devtree_node(t, full);
}

void devtree_node_end(struct devtree *t)
{
    assert(t->depth > 0);
    t->depth--;
    if (t->error == 0)
        latch(t, fdt_end_node(t->blob));
}

/* Room for a property's value, filled in by the caller; NULL after a failure. */
static void *value_room(struct devtree *t, const char *name, size_t len)
{
    void *p = NULL;

    if (t->error == 0)
        latch(t, len < INT32_MAX ? fdt_property_placeholder(t->blob, name, (int)len, &p)
                                 : -FDT_ERR_NOSPACE);
    return t->error ? NULL : p;
}

void devtree_bytes(struct devtree *t, const char *name, const void *value, size_t len)
{
    void *p = value_room(t, name, len);

    if (p && len)
        memcpy(p, value, len);
}

void devtree_flag(struct devtree *t, const char *name)
{
    devtree_bytes(t, name, NULL, 0);
}

void devtree_string(struct devtree *t, const char *name, const char *value)
{
    devtree_bytes(t, name, value, strlen(value) + 1);
}

void devtree_cells(struct devtree *t, const char *name, const uint32_t *cells, size_t nr)
{
    uint8_t *p = nr < INT32_MAX / sizeof(*cells) ? value_room(t, name, nr * sizeof(*cells)) : NULL;

    for (size_t i = 0; p && i < nr; i++) {
        fdt32_t be = cpu_to_fdt32(cells[i]);

        memcpy(p + i * sizeof(be), &be, sizeof(be));
    }
}

void devtree_u32(struct devtree *t, const char *name, uint32_t value)
{
    devtree_cells(t, name, &value, 1);
}

void devtree_u64(struct devtree *t, const char *name, uint64_t value)
{
    devtree_cell_list(t, name, (uint32_t)(value >> 32), (uint32_t)value);
}

void devtree_strings(struct devtree *t, const char *name, const char *const *values, size_t nr)
{
    size_t len = 0;
    char *p;

    for (size_t i = 0; i < nr; i++)
        len += strlen(values[i]) + 1;
    p = value_room(t, name, len);
    for (size_t i = 0; p && i < nr; i++) {
        size_t n = strlen(values[i]) + 1;

        memcpy(p, values[i], n);
        p += n;
    }
}

void devtree_reg(struct devtree *t, uint64_t address, uint64_t len)
{
    devtree_cell_list(t, "reg", (uint32_t)(address >> 32), (uint32_t)address, (uint32_t)(len >> 32),
                      (uint32_t)len);
}
