/* SPDX-License-Identifier: Apache-2.0
 *
 * A memfd mapped read-write and, elsewhere, read-execute. x86 keeps instruction and data caches coherent; other
 * architectures are told through the compiler's builtin. */
#include "host/code_memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int code_memory_create(size_t len, struct code_memory *ret)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct code_memory m = {.fd = -1};
    int r;

    m.len = (len + page - 1) & ~(page - 1);
    m.fd = memfd_create("berth-code", MFD_CLOEXEC);
    if (m.fd < 0)
        return -errno;
    if (ftruncate(m.fd, (off_t)m.len)) {
        r = -errno;
        goto out_close;
    }
    m.write = mmap(NULL, m.len, PROT_READ | PROT_WRITE, MAP_SHARED, m.fd, 0);
    if (m.write == MAP_FAILED) {
        r = -errno;
        goto out_close;
    }
    m.exec = mmap(NULL, m.len, PROT_READ | PROT_EXEC, MAP_SHARED, m.fd, 0);
    if (m.exec == MAP_FAILED) {
        r = -errno;
        goto out_unmap;
    }
    *ret = m;
    return 0;

out_unmap:
    (void)munmap(m.write, m.len);
out_close:
    (void)close(m.fd);
    return r;
}

void code_memory_destroy(struct code_memory *m)
{
    if (!m->exec)
        return;
    (void)munmap(m->exec, m->len);
    (void)munmap(m->write, m->len);
    (void)close(m->fd);
    *m = (struct code_memory){.fd = -1};
}

void code_write_begin(struct code_memory *m)
{
    (void)m;
}

void code_write_end(struct code_memory *m, size_t off, size_t len)
{
    __builtin___clear_cache((char *)m->exec + off, (char *)m->exec + off + len);
}
