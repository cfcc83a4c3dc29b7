/* SPDX-License-Identifier: Apache-2.0
 *
 * Interrupt wires between devices and whatever controller the machine has. */
#ifndef BERTH_BUS_IRQ_H
#define BERTH_BUS_IRQ_H

#include <stdbool.h>
#include <stdint.h>

/* A level-sensitive line `n` of controller `ctrl`. Any thread; the caller may hold its device lock.
 */
struct irq_line {
    void (*set)(void *ctrl, unsigned n, bool level);
    void *ctrl;
    unsigned n; /* the controller's numbering; for a GIC the INTID */
};

static inline void irq_set(const struct irq_line *line, bool level)
{
    if (line->set)
        line->set(line->ctrl, line->n, level);
}

/* Where message-signalled interrupts go: a write of `data` to bus address `addr`. Any thread. */
struct msi_target {
    void (*send)(void *ctrl, uint64_t addr, uint32_t data);
    void *ctrl;
};

#endif
