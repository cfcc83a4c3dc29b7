/* SPDX-License-Identifier: Apache-2.0
 *
 * As much of a GICv3 as the tests need: group 1, one priority. */
#ifndef METAL_GIC_H
#define METAL_GIC_H

#include <stdint.h>

void gic_reset(void);            /* everything off, nothing pending */
void gic_init(void);             /* distributor; CPU 0, once */
void gic_cpu_init(void);         /* redistributor and CPU interface of the calling CPU */
void gic_enable(unsigned intid); /* a private interrupt (0 to 31) of the calling CPU */
unsigned gic_acknowledge(void);
void gic_end(unsigned intid);
void gic_send(unsigned cpu, unsigned sgi);

#endif
