/* SPDX-License-Identifier: Apache-2.0
 *
 * A board: address map, interrupt map, devices in construction order, and what the first
 * instruction sees. The engine owns vCPU threads and the VM's life; the machine owns everything
 * that is soldered on. */
#ifndef BERTH_MACHINE_MACHINE_H
#define BERTH_MACHINE_MACHINE_H

#include "accel/accel.h"
#include "base/err.h"
#include "bus/bus.h"
#include "config/config.h"
#include "host/loop.h"
#include "memory/memory.h"

struct machine;

/* What a board needs from the VM around it. Callbacks may come from any thread. */
struct machine_host {
    void (*vcpu_pin)(void *ctx, unsigned cpu, enum vcpu_pin pin,
                     bool level); /* the GIC's output to a vCPU */
    void (*panicked)(void *ctx);  /* pvpanic: the guest says it crashed */
    void (*powered_off)(
        void *ctx); /* not by PSCI: a board register, or the user at the serial terminal */
    /* As accel_ops.irqchip; NULL: the CPUs bring none. Once, while the machine is built. */
    int (*irqchip)(void *ctx, const struct irqchip_params *params, struct irqchip *ret,
                   struct err *err);
    /* As accel_ops.loaded; NULL: nobody cares. Each reset, on the loop thread. */
    void (*loaded)(void *ctx, gpa_t gpa, uint64_t len);
    void *ctx;
};

struct machine_params {
    struct vm_config *cfg; /* outlives the machine */
    struct loop *loop;
    struct guest_memory *memory; /* as machine_add_ram left it */
    struct bus *bus;             /* empty; the board adds devices */
    const struct machine_host *host;
    unsigned gpa_bits; /* of a guest-physical address: nothing lies beyond */
};

/* Adds the RAM that `cfg` asks for to empty memory, where CPUs with addresses of `gpa_bits` bits
 * reach all of it. */
NODISCARD int machine_add_ram(const struct vm_config *cfg, unsigned gpa_bits,
                              struct guest_memory *memory, struct err *err);

/* Builds every device that the configuration names; opens files and sockets. Loop thread. */
NODISCARD int machine_create(const struct machine_params *params, struct machine **ret,
                             struct err *err);
void machine_destroy(struct machine *m); /* vCPUs gone */

/* Puts kernel, initrd and device tree into cleared RAM and resets every device: the first start and
 * each guest reset. vCPUs stopped, loop thread. */
NODISCARD int machine_reset(struct machine *m, struct err *err);

/* Registers of the boot CPU at its first instruction, after machine_reset. */
void machine_boot_regs(const struct machine *m, struct vcpu_regs *ret);

/* Multiprocessor affinity (MPIDR_EL1 bits 39:0) of vCPU `index`; the same formula everywhere. */
uint64_t machine_mpidr(unsigned index);

/* An interrupt-controller system register access by vCPU `cpu`; a read fills exit->sysreg.value.
 * vCPU thread. 0, or -ENOENT when there is no such register (the guest gets an UNDEF). */
NODISCARD int machine_sysreg(struct machine *m, unsigned cpu, struct vcpu_exit *exit);

/* The timers' output lines of vCPU `cpu`. Its thread. */
void machine_timer(struct machine *m, unsigned cpu, bool virt, bool phys);

/* Presses the power key. Loop thread. */
void machine_power_key(struct machine *m);

/* Stops the devices' own activity (no new host I/O begins, none in flight) and starts it again.
 * vCPUs stopped. */
void machine_quiesce(struct machine *m);
void machine_unquiesce(struct machine *m);

#endif
