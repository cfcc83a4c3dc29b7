/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of mapped BARs under a sequence count. Order of memory: a writer makes `sequence` odd,
 * then stores each word with release, then makes it even with release; a reader loads `sequence`
 * and each word with acquire and `sequence` again. A reader that saw any new word therefore sees
 * the changed count too (H. Boehm, Can seqlocks get along with programming language memory models?,
 * 2012). */
#include "bus/pci_map.h"

#include <string.h>

void pci_map_init(struct pci_map *map)
{
    memset(map, 0, sizeof(*map));
    (void)pthread_mutex_init(&map->lock, NULL);
}

void pci_map_finish(struct pci_map *map)
{
    (void)pthread_mutex_destroy(&map->lock);
}

/* Inserts into the ascending table unless it overlaps what is there. Under the lock, with
 * `sequence` odd. */
static void insert(struct pci_map *map, const struct pci_mapping *m)
{
    unsigned n = atomic_load_explicit(&map->nr, memory_order_relaxed);
    unsigned i = n;

    for (; i > 0; i--) {
        gpa_t base = atomic_load_explicit(&map->slot[i - 1].base, memory_order_relaxed);
        const struct pci_bar *bar =
            atomic_load_explicit(&map->slot[i - 1].bar, memory_order_relaxed);

        if (base <= m->base) {
            if (m->base - base < bar->size)
                return;
            break;
        }
        if (base - m->base < m->bar->size)
            return;
    }
    for (unsigned k = n; k > i; k--) {
        atomic_store_explicit(&map->slot[k].base, map->slot[k - 1].base, memory_order_release);
        atomic_store_explicit(&map->slot[k].bar, map->slot[k - 1].bar, memory_order_release);
    }
    atomic_store_explicit(&map->slot[i].base, m->base, memory_order_release);
    atomic_store_explicit(&map->slot[i].bar, m->bar, memory_order_release);
    atomic_store_explicit(&map->nr, n + 1, memory_order_release);
}

void pci_map_publish(struct pci_map *map, const struct pci_mapping *mappings, unsigned nr)
{
    unsigned sequence;

    (void)pthread_mutex_lock(&map->lock);
    sequence = atomic_load_explicit(&map->sequence, memory_order_relaxed);
    atomic_store_explicit(&map->sequence, sequence + 1, memory_order_relaxed);
    atomic_store_explicit(&map->nr, 0, memory_order_release);
    for (unsigned i = 0; i < nr && i < PCI_MAP_MAX; i++)
        insert(map, &mappings[i]);
    atomic_store_explicit(&map->sequence, sequence + 2, memory_order_release);
    (void)pthread_mutex_unlock(&map->lock);
}

/* A binary search that stays in bounds whatever a writer does meanwhile. */
static bool search(struct pci_map *map, gpa_t addr, struct pci_mapping *ret)
{
    unsigned lo = 0, hi = atomic_load_explicit(&map->nr, memory_order_acquire);

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;

        if (atomic_load_explicit(&map->slot[mid].base, memory_order_acquire) <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == 0)
        return false;
    ret->base = atomic_load_explicit(&map->slot[lo - 1].base, memory_order_acquire);
    ret->bar = atomic_load_explicit(&map->slot[lo - 1].bar, memory_order_acquire);
    return addr - ret->base < ret->bar->size;
}

bool pci_map_find(struct pci_map *map, gpa_t addr, struct pci_mapping *ret)
{
    unsigned before = atomic_load_explicit(&map->sequence, memory_order_acquire);
    bool found = search(map, addr, ret);

    if (LIKELY(!(before & 1) &&
               atomic_load_explicit(&map->sequence, memory_order_relaxed) == before))
        return found;
    (void)pthread_mutex_lock(&map->lock);
    found = search(map, addr, ret);
    (void)pthread_mutex_unlock(&map->lock);
    return found;
}
