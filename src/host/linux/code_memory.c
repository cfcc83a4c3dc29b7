/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared anonymous memory mapped read-write and, elsewhere, read-execute. x86 keeps instruction and data caches coherent; other
 * architectures are told through the compiler's builtin. Not a memfd: perf looks a mapping's symbols up in /tmp/perf-PID.map only
 * when it has no file of its own. */
#include "host/code_memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int code_memory_create(size_t len, struct code_memory *ret)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct code_memory m = {.fd = -1, .len = (len + page - 1) & ~(page - 1)};
    int r;

    m.write = mmap(NULL, m.len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (m.write == MAP_FAILED)
        return -errno;
    m.exec = mremap(m.write, 0, m.len, MREMAP_MAYMOVE); /* length 0: a second mapping of the same pages */
    if (m.exec == MAP_FAILED) { /* qemu-user has none, and would not see code change through one */
        r = -ENOTSUP;
        goto out_unmap;
    }
    if (mprotect(m.exec, m.len, PROT_READ | PROT_EXEC)) {
        r = -errno;
        (void)munmap(m.exec, m.len);
        goto out_unmap;
    }
    *ret = m;
    return 0;

out_unmap:
    (void)munmap(m.write, m.len);
    return r;
}

void code_memory_destroy(struct code_memory *m)
{
    if (!m->exec)
        return;
    (void)munmap(m->exec, m->len);
    (void)munmap(m->write, m->len);
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
