/* SPDX-License-Identifier: Apache-2.0
 *
 * Anonymous memory. Whether a shm_open object may be mapped into a VM is unknown, so nothing is
 * shared yet. */
#include "host/ram.h"

#include <errno.h>
#include <sys/mman.h>

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

int ram_zero(const struct ram_object *o, const struct ram_mapping *m)
{
    (void)o;
    if (mmap(m->p, m->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
        return -errno;
    return 0;
}
