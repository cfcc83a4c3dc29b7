/* SPDX-License-Identifier: Apache-2.0
 *
 * MAP_JIT: one mapping, writable or executable for each thread as pthread_jit_write_protect_np says. Needs the
 * com.apple.security.cs.allow-jit entitlement under the hardened runtime. Intel Macs have no such switch: they refuse,
 * and the CPU interprets. */
#include "host/code_memory.h"

#include <errno.h>
#include <libkern/OSCacheControl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

int code_memory_create(size_t len, struct code_memory *ret)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct code_memory m = {.fd = -1};

    if (!pthread_jit_write_protect_supported_np())
        return -ENOTSUP;
    m.len = (len + page - 1) & ~(page - 1);
    m.exec = mmap(NULL, m.len, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANON | MAP_JIT, -1, 0);
    if (m.exec == MAP_FAILED)
        return -errno;
    m.write = m.exec;
    *ret = m;
    return 0;
}

void code_memory_destroy(struct code_memory *m)
{
    if (!m->exec)
        return;
    (void)munmap(m->exec, m->len);
    *m = (struct code_memory){.fd = -1};
}

void code_write_begin(struct code_memory *m)
{
    (void)m;
    pthread_jit_write_protect_np(0);
}

void code_write_end(struct code_memory *m, size_t off, size_t len)
{
    pthread_jit_write_protect_np(1);
    sys_icache_invalidate(m->exec + off, len);
}
