/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest RAM: one object (a memfd on Linux), mapped once, seen by everyone through these functions.
 * Addresses are guest-physical; an address without a length means nothing. Regions are added before
 * the first vCPU runs and stay; accessors may be called from any thread. */
#ifndef BERTH_MEMORY_MEMORY_H
#define BERTH_MEMORY_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

typedef uint64_t gpa_t; /* guest-physical address, bytes */

struct guest_memory;

/* How a span will be used: MEM_WRITE marks its pages dirty when tracking is on. */
enum mem_access { MEM_READ = 1, MEM_WRITE = 2 };

struct span {
    void *p;
    size_t len; /* bytes */
};

struct mem_region {
    gpa_t gpa;       /* page aligned */
    uint64_t len;    /* bytes, page aligned */
    void *host;      /* its first byte, mapped read-write */
    int fd;          /* object behind it, -1 if anonymous */
    uint64_t offset; /* in fd */
};

NODISCARD int mem_create(struct guest_memory **ret);
void mem_destroy(struct guest_memory *m);

/* Adds zeroed RAM at [gpa, gpa + len), committed by the host as it is touched. -EINVAL unaligned,
 * -EEXIST overlap, -ENOMEM; `err` gets the sentence. Before the first vCPU runs. */
NODISCARD int mem_add_ram(struct guest_memory *m, gpa_t gpa, uint64_t len, struct err *err);

size_t mem_nr_regions(const struct guest_memory *m);
const struct mem_region *mem_region(const struct guest_memory *m, size_t i); /* ascending by gpa */

/* Reads `len` bytes at `gpa` into `dst`. [gpa, gpa + len) must lie in RAM; it may span regions; len
 * 0 reads nothing. Returns 0, or -EFAULT with nothing copied. The bytes may change under you: copy
 * once, then check the copy. */
NODISCARD int mem_read(const struct guest_memory *m, gpa_t gpa, void *dst, size_t len);
NODISCARD int mem_write(struct guest_memory *m, gpa_t gpa, const void *src,
                        size_t len); /* likewise */

/* One aligned little-endian word, with acquire (load) or release (store) order. 0, -EFAULT, -EINVAL
 * unaligned. */
NODISCARD int mem_load16(const struct guest_memory *m, gpa_t gpa, uint16_t *ret);
NODISCARD int mem_store16(struct guest_memory *m, gpa_t gpa, uint16_t value);
NODISCARD int mem_load32(const struct guest_memory *m, gpa_t gpa, uint32_t *ret);
NODISCARD int mem_store32(struct guest_memory *m, gpa_t gpa, uint32_t value);

/* Host memory behind [gpa, gpa + len), within one region. 0, or -EFAULT. Valid for the life of `m`.
 */
NODISCARD int mem_span(struct guest_memory *m, gpa_t gpa, size_t len, enum mem_access how,
                       struct span *ret);

/* Gives all RAM back to the host and makes it read as zeros again: a machine reset. vCPUs and
 * devices stopped. */
NODISCARD int mem_clear(struct guest_memory *m);

#endif
