/* SPDX-License-Identifier: Apache-2.0
 *
 * Which BAR answers at an address. The guest moves BARs on one vCPU while others go through them,
 * so the table is published under a sequence count: a reader takes no lock unless it meets a
 * writer. BARs live as long as the VM, so a reader may go on using the one it found while it moves
 * away, as an access in flight on a real bus would. */
#ifndef BERTH_BUS_PCI_MAP_H
#define BERTH_BUS_PCI_MAP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "bus/pci.h"

enum { PCI_MAP_MAX = 32 * PCI_NR_BARS };

struct pci_mapping {
    gpa_t base;
    const struct pci_bar *bar;
};

struct pci_map {
    pthread_mutex_t lock;      /* writers, and readers that met one */
    _Atomic unsigned sequence; /* odd while the rest changes */
    _Atomic unsigned nr;
    struct {
        _Atomic uint64_t base;
        const struct pci_bar *_Atomic bar;
    } slot[PCI_MAP_MAX]; /* ascending, disjoint */
};

void pci_map_init(struct pci_map *map);
void pci_map_finish(struct pci_map *map);

/* Replaces the table by these mappings. Where two overlap the earlier one in the array answers,
 * alone. Any thread. */
void pci_map_publish(struct pci_map *map, const struct pci_mapping *mappings, unsigned nr);

/* The mapping that holds `addr`. Any thread. */
bool pci_map_find(struct pci_map *map, gpa_t addr, struct pci_mapping *ret);

#endif
