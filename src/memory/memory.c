/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest RAM. A board has one to three regions, so a lookup is a short scan of a sorted array; the
 * array is fixed before the first vCPU runs, so nobody takes a lock. Left out: tracking of dirty
 * pages. */
#include "memory/memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/ram.h"

enum { MEM_MAX_REGIONS = 8 };

struct guest_memory {
    unsigned nr;
    struct mem_region region[MEM_MAX_REGIONS]; /* ascending by gpa */
    struct ram_object object;
};

int mem_create(struct guest_memory **ret)
{
    struct guest_memory *m = calloc(1, sizeof(*m));
    int r;

    if (!m)
        return -ENOMEM;
    r = ram_object_init(&m->object);
    if (r) {
        free(m);
        return r;
    }
    *ret = m;
    return 0;
}

static struct ram_mapping mapping_of(const struct mem_region *r)
{
    return (struct ram_mapping){.p = r->host, .len = r->len, .offset = r->offset};
}

void mem_destroy(struct guest_memory *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < m->nr; i++) {
        struct ram_mapping map = mapping_of(&m->region[i]);

        ram_unmap(&map);
    }
    ram_object_finish(&m->object);
    free(m);
}

static bool overlaps(const struct guest_memory *m, gpa_t gpa, uint64_t len)
{
    for (unsigned i = 0; i < m->nr; i++) {
        const struct mem_region *r = &m->region[i];

        if (gpa < r->gpa + r->len && r->gpa < gpa + len)
            return true;
    }
    return false;
}

static void insert_region(struct guest_memory *m, const struct mem_region *region)
{
    unsigned i = m->nr++;

    for (; i > 0 && m->region[i - 1].gpa > region->gpa; i--)
        m->region[i] = m->region[i - 1];
    m->region[i] = *region;
}

int mem_add_ram(struct guest_memory *m, gpa_t gpa, uint64_t len, struct err *err)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    struct ram_mapping map;
    int r;

    if (len == 0 || gpa % page || len % page || len > UINT64_MAX - gpa)
        return err_set(
            err, -EINVAL,
            "guest RAM of %llu bytes at %#llx: address and size must be multiples of the host's "
            "page, %llu bytes",
            (unsigned long long)len, (unsigned long long)gpa, (unsigned long long)page);
    if (overlaps(m, gpa, len))
        return err_set(err, -EEXIST,
                       "guest RAM of %llu bytes at %#llx overlaps RAM that is already there",
                       (unsigned long long)len, (unsigned long long)gpa);
    if (m->nr == MEM_MAX_REGIONS)
        return err_set(err, -ENOSPC, "guest RAM: more than %d regions", MEM_MAX_REGIONS);
    r = ram_map(&m->object, len, &map);
    if (r)
        return err_set(err, r, "cannot reserve %llu MiB of guest memory: %s; ask for less memory",
                       (unsigned long long)(len >> 20), strerror(-r));
    insert_region(
        m, &(struct mem_region){
               .gpa = gpa, .len = len, .host = map.p, .fd = m->object.fd, .offset = map.offset});
    return 0;
}

size_t mem_nr_regions(const struct guest_memory *m)
{
    return m->nr;
}

const struct mem_region *mem_region(const struct guest_memory *m, size_t i)
{
    return &m->region[i];
}

/* Host address of `gpa`, and in *ret_left the bytes from there to its region's end. NULL and 0: not
 * RAM. */
static ALWAYS_INLINE uint8_t *host_at(const struct guest_memory *m, gpa_t gpa, uint64_t *ret_left)
{
    for (unsigned i = 0; i < m->nr; i++) {
        const struct mem_region *r = &m->region[i];
        uint64_t off = gpa - r->gpa;

        if (off < r->len) {
            *ret_left = r->len - off;
            return (uint8_t *)r->host + off;
        }
    }
    *ret_left = 0;
    return NULL;
}

/* Is all of [gpa, gpa + len) RAM, in however many adjoining regions? */
static bool is_ram(const struct guest_memory *m, gpa_t gpa, size_t len)
{
    while (len > 0) {
        uint64_t left;

        if (!host_at(m, gpa, &left))
            return false;
        if (len <= left)
            return true;
        len -= left;
        gpa += left;
    }
    return true;
}

/* To `dst` from the guest, or from `src` to it; the other one is NULL. All of it is RAM. */
static void copy_spanning(const struct guest_memory *m, gpa_t gpa, uint8_t *dst, const uint8_t *src,
                          size_t len)
{
    for (size_t done = 0; done < len;) {
        uint64_t left;
        uint8_t *host = host_at(m, gpa + done, &left);
        size_t n = len - done <= left ? len - done : (size_t)left;

        if (dst)
            memcpy(dst + done, host, n);
        else
            memcpy(host, src + done, n);
        done += n;
    }
}

int mem_read(const struct guest_memory *m, gpa_t gpa, void *dst, size_t len)
{
    uint64_t left;
    const uint8_t *host = host_at(m, gpa, &left);

    if (LIKELY(host && len <= left)) {
        memcpy(dst, host, len);
        return 0;
    }
    if (!is_ram(m, gpa, len))
        return -EFAULT;
    copy_spanning(m, gpa, dst, NULL, len);
    return 0;
}

int mem_write(struct guest_memory *m, gpa_t gpa, const void *src, size_t len)
{
    uint64_t left;
    uint8_t *host = host_at(m, gpa, &left);

    if (LIKELY(host && len <= left)) {
        memcpy(host, src, len);
        return 0;
    }
    if (!is_ram(m, gpa, len))
        return -EFAULT;
    copy_spanning(m, gpa, NULL, src, len);
    return 0;
}

/* Host address of the aligned word [gpa, gpa + size). Regions are whole pages, so an aligned word
 * never leaves one. */
static ALWAYS_INLINE int word_at(const struct guest_memory *m, gpa_t gpa, unsigned size, void **ret)
{
    uint64_t left;

    if (gpa & (size - 1))
        return -EINVAL;
    *ret = host_at(m, gpa, &left);
    return *ret ? 0 : -EFAULT;
}

int mem_load16(const struct guest_memory *m, gpa_t gpa, uint16_t *ret)
{
    void *p;
    int r = word_at(m, gpa, sizeof(*ret), &p);

    if (r)
        return r;
    *ret = atomic_load_explicit((_Atomic uint16_t *)p, memory_order_acquire);
    return 0;
}

int mem_store16(struct guest_memory *m, gpa_t gpa, uint16_t value)
{
    void *p;
    int r = word_at(m, gpa, sizeof(value), &p);

    if (r)
        return r;
    atomic_store_explicit((_Atomic uint16_t *)p, value, memory_order_release);
    return 0;
}

int mem_load32(const struct guest_memory *m, gpa_t gpa, uint32_t *ret)
{
    void *p;
    int r = word_at(m, gpa, sizeof(*ret), &p);

    if (r)
        return r;
    *ret = atomic_load_explicit((_Atomic uint32_t *)p, memory_order_acquire);
    return 0;
}

int mem_store32(struct guest_memory *m, gpa_t gpa, uint32_t value)
{
    void *p;
    int r = word_at(m, gpa, sizeof(value), &p);

    if (r)
        return r;
    atomic_store_explicit((_Atomic uint32_t *)p, value, memory_order_release);
    return 0;
}

int mem_span(struct guest_memory *m, gpa_t gpa, size_t len, enum mem_access how, struct span *ret)
{
    uint64_t left;
    uint8_t *host = host_at(m, gpa, &left);

    (void)how;
    if (!host || len > left)
        return -EFAULT;
    *ret = (struct span){.p = host, .len = len};
    return 0;
}

int mem_clear(struct guest_memory *m)
{
    for (unsigned i = 0; i < m->nr; i++) {
        struct ram_mapping map = mapping_of(&m->region[i]);
        int r = ram_zero(&m->object, &map);

        if (r)
            return r;
    }
    return 0;
}
