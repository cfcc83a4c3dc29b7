/* SPDX-License-Identifier: Apache-2.0
 *
 * Anonymous memory. Whether a shm_open object may be mapped into a VM is unknown, so nothing is
 * shared yet. */
#include "host/ram.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES_AT_ONCE = 4096 };

int ram_object_init(struct ram_object *o)
{
    *o = (struct ram_object){.fd = -1};
    return 0;
}

void ram_object_finish(struct ram_object *o)
{
    *o = (struct ram_object){.fd = -1};
}

int ram_map(struct ram_object *o, uint64_t len, struct ram_mapping *ret)
{
    void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

    if (p == MAP_FAILED)
        return -errno;
    *ret = (struct ram_mapping){.p = p, .len = len, .offset = o->len};
    o->len += len;
    return 0;
}

void ram_unmap(const struct ram_mapping *m)
{
    if (m->p)
        (void)munmap(m->p, m->len);
}

/* Zeroes those of `nr` pages that were ever touched. */
static int zero_touched(uint8_t *p, size_t nr, size_t page)
{
    char touched[PAGES_AT_ONCE];

    if (mincore(p, nr * page, touched))
        return -errno;
    for (size_t i = 0; i < nr; i++)
        if (touched[i])
            memset(p + i * page, 0, page);
    return 0;
}

/* In place: a hypervisor may have these very pages mapped, so others must not take their place, as
 * a new mapping over the old one would have it. */
int ram_zero(const struct ram_object *o, const struct ram_mapping *m)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), left = m->len / page;
    uint8_t *p = m->p;
    int r = 0;

    (void)o;
    while (left > 0 && r == 0) {
        size_t nr = left < PAGES_AT_ONCE ? left : PAGES_AT_ONCE;

        r = zero_touched(p, nr, page);
        p += nr * page;
        left -= nr;
    }
    return r;
}
