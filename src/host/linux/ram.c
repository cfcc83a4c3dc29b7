/* SPDX-License-Identifier: Apache-2.0
 *
 * A memfd, mapped shared and without reservation. Each mapping starts on a 2 MiB boundary of both
 * the object and the address space, so that the kernel can use huge pages where the administrator
 * lets it. */
#include "host/ram.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define RAM_ALIGN (UINT64_C(2) << 20)

int ram_object_init(struct ram_object *o)
{
    int fd = memfd_create("berth-ram", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    *o = (struct ram_object){.fd = fd};
    return 0;
}

void ram_object_finish(struct ram_object *o)
{
    if (o->fd > 0)
        (void)close(o->fd);
    *o = (struct ram_object){.fd = -1};
}

/* Address space of `len` bytes that starts at a multiple of RAM_ALIGN; nothing accessible in it
 * yet. NULL: see errno. */
static char *reserve_aligned(uint64_t len)
{
    char *p =
        mmap(NULL, len + RAM_ALIGN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint64_t head;

    if (p == MAP_FAILED)
        return NULL;
    head = -(uintptr_t)p & (RAM_ALIGN - 1);
    if (head > 0)
        (void)munmap(p, head);
    (void)munmap(p + head + len, RAM_ALIGN - head);
    return p + head;
}

int ram_map(struct ram_object *o, uint64_t len, struct ram_mapping *ret)
{
    uint64_t offset = (o->len + RAM_ALIGN - 1) & ~(RAM_ALIGN - 1);
    char *p;

    if (len > INT64_MAX - 2 * RAM_ALIGN - offset)
        return -ENOMEM;
    if (ftruncate(o->fd, (off_t)(offset + len)))
        return -errno;
    p = reserve_aligned(len);
    if (!p)
        return -errno;
    if (mmap(p, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, o->fd,
             (off_t)offset) == MAP_FAILED) {
        int r = -errno;

        (void)munmap(p, len);
        return r;
    }
    (void)madvise(p, len, MADV_HUGEPAGE); /* a hint: refused where huge pages are switched off */
    (void)madvise(p, len, MADV_DONTDUMP);
    o->len = offset + len;
    *ret = (struct ram_mapping){.p = p, .len = len, .offset = offset};
    return 0;
}

void ram_unmap(const struct ram_mapping *m)
{
    if (m->p)
        (void)munmap(m->p, m->len);
}

int ram_zero(const struct ram_object *o, const struct ram_mapping *m)
{
    if (fallocate(o->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)m->offset,
                  (off_t)m->len))
        return -errno;
    return 0;
}
