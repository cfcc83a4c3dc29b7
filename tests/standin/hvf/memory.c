/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest memory (Hypervisor/hv_vm.h): stretches with rights, kept in order, in multiples of 16 KiB.
 * To change them no vCPU may be in the guest, and others must not notice: those that are inside are
 * asked out and come back by themselves. */
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/code.h"
#include "rest.h"
#include "standin.h"

enum { ALL_RIGHTS = HV_MEMORY_READ | HV_MEMORY_WRITE | HV_MEMORY_EXEC };

_Static_assert(A64_STAGE2_READ == (int)HV_MEMORY_READ && A64_STAGE2_WRITE == (int)HV_MEMORY_WRITE &&
                   A64_STAGE2_EXEC == (int)HV_MEMORY_EXEC,
               "rights are passed on as they are");

/* Nobody enters while it is being stopped: so a kick that follows reaches everyone inside, and a
 * vCPU that it sent out does not come back too soon. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned nr_inside;
    bool stopped;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static struct {
    pthread_mutex_t lock;
    struct a64_stage2 *map; /* ascending, none empty, none overlaps */
    size_t nr;
} memory = {.lock = PTHREAD_MUTEX_INITIALIZER};

void standin_world_enter(void)
{
    (void)pthread_mutex_lock(&world.lock);
    while (world.stopped)
        (void)pthread_cond_wait(&world.changed, &world.lock);
    world.nr_inside++;
    (void)pthread_mutex_unlock(&world.lock);
}

void standin_world_leave(void)
{
    (void)pthread_mutex_lock(&world.lock);
    if (--world.nr_inside == 0 && world.stopped)
        (void)pthread_cond_broadcast(&world.changed);
    (void)pthread_mutex_unlock(&world.lock);
}

void standin_world_stop(void)
{
    (void)pthread_mutex_lock(&world.lock);
    while (world.stopped)
        (void)pthread_cond_wait(&world.changed, &world.lock);
    world.stopped = true;
    (void)pthread_mutex_unlock(&world.lock);
    for (unsigned i = 0; i < STANDIN_MAX_VCPUS; i++)
        standin_poke(&standin_vm.vcpus[i], a64_kick);
    (void)pthread_mutex_lock(&world.lock);
    while (world.nr_inside > 0)
        (void)pthread_cond_wait(&world.changed, &world.lock);
    (void)pthread_mutex_unlock(&world.lock);
}

void standin_world_start(void)
{
    (void)pthread_mutex_lock(&world.lock);
    world.stopped = false;
    (void)pthread_cond_broadcast(&world.changed);
    (void)pthread_mutex_unlock(&world.lock);
}

void standin_memory_forget(void)
{
    free(memory.map);
    memory.map = NULL;
    memory.nr = 0;
}

/* Memory becomes `map`, which is taken over. Lock held. */
static hv_return_t become(struct a64_stage2 *map, size_t nr)
{
    int rc;

    standin_world_stop();
    rc = a64_vm_set_stage2(standin_vm.a64, map, nr);
    standin_world_start();
    if (rc < 0) {
        free(map);
        return HV_NO_RESOURCES;
    }
    free(memory.map);
    memory.map = map;
    memory.nr = nr;
    return HV_SUCCESS;
}

static uint64_t end_of(const struct a64_stage2 *s)
{
    return s->ipa + s->len;
}

/* The part of `s` in [from, to). */
static struct a64_stage2 part(const struct a64_stage2 *s, uint64_t from, uint64_t to)
{
    return (struct a64_stage2){
        .ipa = from, .len = to - from, .host = (uint8_t *)s->host + (from - s->ipa), .allowed = s->allowed};
}

/* Bytes of [from, to) that are mapped. */
static uint64_t mapped(uint64_t from, uint64_t to)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < memory.nr; i++) {
        uint64_t low = memory.map[i].ipa > from ? memory.map[i].ipa : from;
        uint64_t high = end_of(&memory.map[i]) < to ? end_of(&memory.map[i]) : to;

        sum += high > low ? high - low : 0;
    }
    return sum;
}

/* What is mapped, with [from, to) cut out, or kept with other rights (`keep`). Room is left for one more. */
static struct a64_stage2 *without(uint64_t from, uint64_t to, bool keep, unsigned allowed,
                                  size_t *ret_nr)
{
    struct a64_stage2 *map = calloc(3 * memory.nr + 1, sizeof(*map));
    size_t nr = 0;

    for (size_t i = 0; map && i < memory.nr; i++) {
        const struct a64_stage2 *s = &memory.map[i];
        uint64_t low = s->ipa > from ? s->ipa : from, high = end_of(s) < to ? end_of(s) : to;

        if (low >= high) {
            map[nr++] = *s;
            continue;
        }
        if (s->ipa < low)
            map[nr++] = part(s, s->ipa, low);
        if (keep) {
            map[nr] = part(s, low, high);
            map[nr++].allowed = allowed;
        }
        if (high < end_of(s))
            map[nr++] = part(s, high, end_of(s));
    }
    *ret_nr = nr;
    return map;
}

static bool fits(hv_ipa_t ipa, size_t size)
{
    uint64_t limit = UINT64_C(1) << standin_vm.el2.ipa_bits;

    return size > 0 && ipa % STANDIN_PAGE == 0 && size % STANDIN_PAGE == 0 && size <= limit &&
           ipa <= limit - size;
}

static int by_address(const void *a, const void *b)
{
    const struct a64_stage2 *x = a, *y = b;

    return x->ipa < y->ipa ? -1 : 1;
}

static hv_return_t map_locked(const struct a64_stage2 *s)
{
    struct a64_stage2 *map;
    size_t nr;

    if (mapped(s->ipa, end_of(s)))
        return HV_ERROR;
    map = without(0, 0, false, 0, &nr);
    if (!map)
        return HV_NO_RESOURCES;
    map[nr++] = *s;
    qsort(map, nr, sizeof(*map), by_address);
    return become(map, nr);
}

/* Unmaps, or with `keep` gives other rights to, what is mapped from end to end. */
static hv_return_t change_locked(hv_ipa_t ipa, size_t size, bool keep, unsigned allowed)
{
    struct a64_stage2 *map;
    size_t nr;

    if (mapped(ipa, ipa + size) != size)
        return HV_BAD_ARGUMENT;
    map = without(ipa, ipa + size, keep, allowed, &nr);
    return map ? become(map, nr) : HV_NO_RESOURCES;
}

hv_return_t hv_vm_map(void *addr, hv_ipa_t ipa, size_t size, hv_memory_flags_t flags)
{
    const struct a64_stage2 s = {.ipa = ipa, .len = size, .host = addr, .allowed = (unsigned)flags};
    hv_return_t status = standin_forced("hv_vm_map");

    if (!standin_vm.used)
        return HV_NO_DEVICE;
    if (status != HV_SUCCESS)
        return status;
    if (!addr || (uintptr_t)addr % STANDIN_PAGE || !fits(ipa, size) || flags & ~(uint64_t)ALL_RIGHTS)
        return HV_BAD_ARGUMENT;
    (void)pthread_mutex_lock(&memory.lock);
    status = map_locked(&s);
    (void)pthread_mutex_unlock(&memory.lock);
    return status;
}

static hv_return_t change(hv_ipa_t ipa, size_t size, bool keep, hv_memory_flags_t flags)
{
    hv_return_t status;

    if (!standin_vm.used)
        return HV_NO_DEVICE;
    if (!fits(ipa, size) || flags & ~(uint64_t)ALL_RIGHTS)
        return HV_BAD_ARGUMENT;
    (void)pthread_mutex_lock(&memory.lock);
    status = change_locked(ipa, size, keep, (unsigned)flags);
    (void)pthread_mutex_unlock(&memory.lock);
    return status;
}

hv_return_t hv_vm_unmap(hv_ipa_t ipa, size_t size)
{
    return change(ipa, size, false, 0);
}

hv_return_t hv_vm_protect(hv_ipa_t ipa, size_t size, hv_memory_flags_t flags)
{
    return change(ipa, size, true, flags);
}

hv_return_t hv_vm_allocate(void **uvap, size_t size, hv_allocate_flags_t flags)
{
    void *p;

    if (flags != HV_ALLOCATE_DEFAULT || size == 0 || size % STANDIN_PAGE)
        return HV_BAD_ARGUMENT;
    p = aligned_alloc(STANDIN_PAGE, size);
    if (!p)
        return HV_NO_RESOURCES;
    *uvap = memset(p, 0, size);
    return HV_SUCCESS;
}

hv_return_t hv_vm_deallocate(void *uva, size_t size)
{
    if (!uva || size == 0 || size % STANDIN_PAGE)
        return HV_BAD_ARGUMENT;
    free(uva);
    return HV_SUCCESS;
}

/* --- the instruction cache --- */

/* Decoded code is one, and as stale as hardware's: who does not call this sees the guest run what
 * was there before. */
void sys_icache_invalidate(void *start, size_t len)
{
    const uint8_t *from = start, *to = from + len;

    (void)pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; i < memory.nr; i++) {
        const struct a64_stage2 *s = &memory.map[i];
        const uint8_t *host = s->host;
        const uint8_t *low = from > host ? from : host;
        const uint8_t *high = to < host + s->len ? to : host + s->len;

        for (const uint8_t *p = low; p < high; p += A64_PAGE_SIZE - (uintptr_t)p % A64_PAGE_SIZE)
            a64_code_invalidate_page(standin_vm.a64, s->ipa + (uint64_t)(p - host));
    }
    (void)pthread_mutex_unlock(&memory.lock);
}

/* The host's data caches are coherent. */
void sys_dcache_flush(void *start, size_t len)
{
    (void)start, (void)len;
}
