/* SPDX-License-Identifier: Apache-2.0
 *
 * Translator against interpreter over a whole boot: two boards with one kernel, one translated, one
 * interpreted, run by turns from one exit to the next. Between two exits both must ask their
 * devices the same things in the same order, and have the same registers at each exception, each
 * return from one and each change of PAN; at the exit they must be equal to the last system
 * register. Memory is compared now and then, and at the end.
 *
 *     lockstep KERNEL INITRD COMMAND_LINE
 *
 * Time is part of what must be equal. It goes on at each of these points, and whenever the guest
 * reads the counter (the linker wraps a64_counter and a64_mmu_select for that); timers and
 * interrupt pins change at exits and on the way to EL0 only. So an interrupt comes at the same
 * instruction on both sides. What the kernel prints on its UART goes to standard output. Exit: 0
 * equal, 1 different, 2 usage or set-up. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/arm64/psci.h"
#include "accel/soft/clock.h"
#include "cpu/arm64/cpu.h"
#include "cpu/arm64/state.h"
#include "cpu/arm64/vm.h"
#include "machine/arm64_map.h"
#include "machine/machine.h"

enum {
    RAM_MIB = 256,
    TICKS_A_READ = 64,    /* of the counter */
    TICKS_A_CHANGE = 256, /* of privilege */
    TICKS_AN_EXIT = 256,
    EXITS_A_MEMORY_CHECK = 100,
};

struct access {
    uint64_t pa, value;
    unsigned size;
    bool write;
};

/* What one side asked of its devices since the last exit. */
struct log {
    struct access *a;
    size_t nr, room;
};

/* Registers where the CPU's privilege changed. */
struct checkpoint {
    uint64_t x[A64_ZR];
    uint64_t elr, spsr, esr, far, pstate, vectors; /* the last a sum over all of them */
};

struct trail {
    struct checkpoint *c;
    size_t nr, room;
};

struct side {
    const char *name;
    const struct side *leader; /* the other side, which ran before this one; NULL: this is it */
    struct vm_config cfg;
    struct loop *loop;
    struct guest_memory *memory;
    struct bus *bus;
    struct machine *machine;
    struct psci psci;
    struct a64_host host;
    struct a64_vm *vm;
    struct a64_cpu *cpu;
    struct a64_exit exit;
    struct log log;
    struct trail trail;
    uint64_t ticks;
    bool irq; /* level of the pin that the board wants */
};

static uint64_t nr_exits, nr_checkpoints;

static _Noreturn void fail(int status, const char *fmt, ...)
{
    va_list ap;

    (void)fflush(stdout);
    va_start(ap, fmt);
    (void)vfprintf(stderr, fmt, ap);
    va_end(ap);
    (void)fputc('\n', stderr);
    exit(status);
}

static void *grow(void *array, size_t *room, size_t size)
{
    *room = *room ? 2 * *room : 64;
    array = realloc(array, *room * size);
    if (!array)
        fail(2, "out of memory");
    return array;
}

/* --- time --- */

static uint64_t on_counter(void *ctx)
{
    return ((const struct side *)ctx)->ticks;
}

uint64_t __real_a64_counter(const struct a64_cpu *cpu);
uint64_t __wrap_a64_counter(const struct a64_cpu *cpu);

/* The guest reads the counter. */
uint64_t __wrap_a64_counter(const struct a64_cpu *cpu)
{
    struct side *s = cpu->vm->params.host->ctx;

    s->ticks += TICKS_A_READ;
    return __real_a64_counter(cpu);
}

static bool timer_output(const struct side *s, const struct a64_timer *t)
{
    return (t->ctl & 3) == 1 && s->ticks >= t->cval;
}

static void tell_timers(struct side *s)
{
    machine_timer(s->machine, 0, timer_output(s, &s->cpu->sys.virt),
                  timer_output(s, &s->cpu->sys.phys));
}

/* --- devices --- */

static void log_access(struct log *log, const struct access *a)
{
    if (log->nr == log->room)
        log->a = grow(log->a, &log->room, sizeof(*log->a));
    log->a[log->nr++] = *a;
}

/* The leader's access at the same place, which must be the same; reads of the wall clock take its
 * value, too. */
static const struct access *follow(const struct side *s, const struct access *a)
{
    const struct log *led = &s->leader->log;
    size_t n = s->log.nr;
    const struct access *l = &led->a[n];

    if (n >= led->nr)
        fail(1, "exit %" PRIu64 ": %s asks for %#" PRIx64 ", %s for nothing more", nr_exits,
             s->name, a->pa, s->leader->name);
    if (l->pa != a->pa || l->size != a->size || l->write != a->write ||
        (a->write && l->value != a->value))
        fail(1,
             "exit %" PRIu64 ", access %zu: %s %s %#" PRIx64 " (%u bytes, %#" PRIx64
             "), %s %s %#" PRIx64 " (%u bytes, %#" PRIx64 ")",
             nr_exits, n, s->name, a->write ? "writes" : "reads", a->pa, a->size, a->value,
             s->leader->name, l->write ? "writes" : "reads", l->pa, l->size, l->value);
    return l;
}

static bool is_wall_clock(uint64_t pa)
{
    return pa >= ARM64_PL031_BASE && pa < ARM64_PL031_BASE + 4;
}

static bool on_mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret)
{
    struct side *s = ctx;
    struct access a = {.pa = pa, .size = size};
    bool answered = bus_read(s->bus, pa, size, &a.value) == 0;

    if (s->leader) {
        const struct access *l = follow(s, &a);

        if (is_wall_clock(pa))
            a.value = l->value;
        if (l->value != a.value)
            fail(1, "exit %" PRIu64 ": %#" PRIx64 " answers %s %#" PRIx64 " and %s %#" PRIx64,
                 nr_exits, pa, s->name, a.value, s->leader->name, l->value);
    }
    log_access(&s->log, &a);
    *ret = a.value;
    return answered;
}

static bool on_mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value)
{
    struct side *s = ctx;
    struct access a = {.pa = pa, .size = size, .value = value, .write = true};

    if (s->leader)
        (void)follow(s, &a);
    else if (pa == ARM64_PL011_BASE)
        (void)putchar((int)(value & 0xff));
    log_access(&s->log, &a);
    return bus_write(s->bus, pa, size, value) == 0;
}

static void on_pin(void *ctx, unsigned cpu, enum vcpu_pin pin, bool level)
{
    (void)cpu;
    if (pin == VCPU_PIN_IRQ)
        ((struct side *)ctx)->irq = level;
}

/* --- building --- */

static char *copy(const char *text)
{
    char *s = strdup(text);

    if (!s)
        fail(2, "out of memory");
    return s;
}

static void build_board(struct side *s, char **argv)
{
    const struct machine_host host = {.vcpu_pin = on_pin, .ctx = s};
    struct machine_params params = {.cfg = &s->cfg, .host = &host};
    struct err err = {0};

    vm_config_init(&s->cfg, PERSONALITY_BERTH);
    s->cfg.cpus = 1;
    s->cfg.memory_bytes = (uint64_t)RAM_MIB << 20;
    s->cfg.bootloader.kind = BOOT_LINUX;
    s->cfg.bootloader.kernel = copy(argv[1]);
    s->cfg.bootloader.initrd = copy(argv[2]);
    s->cfg.bootloader.cmdline = copy(argv[3]);
    if (loop_create(&s->loop) < 0 || mem_create(&s->memory) < 0 || bus_create(&s->bus) < 0)
        fail(2, "out of memory");
    params.loop = s->loop;
    params.memory = s->memory;
    params.bus = s->bus;
    if (machine_add_ram(&s->cfg, accel_soft.gpa_bits(), s->memory, &err) < 0 ||
        machine_create(&params, &s->machine, &err) < 0 || machine_reset(s->machine, &err) < 0)
        fail(2, "%s", err.text);
    psci_init(&s->psci, 1, machine_mpidr);
    psci_reset(&s->psci);
}

static void build_cpu(struct side *s, bool interpret)
{
    struct a64_vm_params params = {.memory = s->memory,
                                   .host = &s->host,
                                   .nr_cpus = 1,
                                   .counter_hz = SOFT_COUNTER_HZ,
                                   .interpret = interpret};
    struct vcpu_regs regs;

    s->host = (struct a64_host){on_mmio_read, on_mmio_write, on_counter, s};
    if (a64_vm_create(&params, &s->vm) < 0 ||
        a64_cpu_create(s->vm, 0, machine_mpidr(0), &s->cpu) < 0)
        fail(2, "the CPU cannot be made");
    machine_boot_regs(s->machine, &regs);
    a64_set_pstate(s->cpu, regs.pstate);
    a64_set_pc(s->cpu, regs.pc);
    for (unsigned i = 0; i < ARRAY_LEN(regs.x); i++)
        a64_set_x(s->cpu, i, regs.x[i]);
    psci_cpu_started(&s->psci, 0);
}

static void tear_down(struct side *s)
{
    a64_cpu_destroy(s->cpu);
    a64_vm_destroy(s->vm);
    machine_destroy(s->machine);
    bus_destroy(s->bus);
    mem_destroy(s->memory);
    loop_destroy(s->loop);
    psci_finish(&s->psci);
    vm_config_finish(&s->cfg);
    free(s->log.a);
    free(s->trail.c);
}

/* --- comparing --- */

/* The seeds in the device trees differ: the follower gets the leader's memory. */
static void same_memory(const struct side *from, const struct side *to)
{
    for (size_t i = 0; i < mem_nr_regions(from->memory); i++)
        memcpy(mem_region(to->memory, i)->host, mem_region(from->memory, i)->host,
               mem_region(from->memory, i)->len);
}

static void compare_memory(const struct side *a, const struct side *b)
{
    for (size_t i = 0; i < mem_nr_regions(a->memory); i++) {
        const struct mem_region *ra = mem_region(a->memory, i), *rb = mem_region(b->memory, i);
        const uint8_t *pa = ra->host, *pb = rb->host;

        for (uint64_t off = 0; memcmp(pa, pb, ra->len) != 0 && off < ra->len; off++)
            if (pa[off] != pb[off])
                fail(1, "exit %" PRIu64 ": the byte at %#" PRIx64 " is %#x for %s, %#x for %s",
                     nr_exits, ra->gpa + off, pa[off], a->name, pb[off], b->name);
    }
}

static void compare_word(const char *what, unsigned n, const struct side *a, uint64_t va,
                         const struct side *b, uint64_t vb)
{
    if (va != vb)
        fail(1,
             "exit %" PRIu64 " (pc %#" PRIx64 "): %s%u is %#" PRIx64 " for %s, %#" PRIx64 " for %s",
             nr_exits, a->cpu->pc, what, n, va, a->name, vb, b->name);
}

static void compare_registers(const struct side *a, const struct side *b)
{
    const struct a64_cpu *ca = a->cpu, *cb = b->cpu;
    const uint64_t *sys_a = (const void *)&ca->sys, *sys_b = (const void *)&cb->sys;

    compare_word("pc, CPU ", 0, a, ca->pc, b, cb->pc);
    compare_word("exit kind, CPU ", 0, a, a->exit.kind, b, b->exit.kind);
    for (unsigned i = 0; i <= A64_SP; i++)
        compare_word("x", i, a, ca->x[i], b, cb->x[i]);
    compare_word("pstate, CPU ", 0, a, a64_get_pstate(ca), b, a64_get_pstate(cb));
    compare_word("banked sp_el", 0, a, ca->sp_el[0], b, cb->sp_el[0]);
    compare_word("banked sp_el", 1, a, ca->sp_el[1], b, cb->sp_el[1]);
    for (unsigned i = 0; i < 64; i++)
        compare_word("half vector ", i, a, ca->v[i / 2].d[i % 2], b, cb->v[i / 2].d[i % 2]);
    compare_word("fpcr, CPU ", 0, a, ca->fpcr, b, cb->fpcr);
    compare_word("fpsr, CPU ", 0, a, ca->fpsr, b, cb->fpsr);
    for (unsigned i = 0; i < sizeof(ca->sys) / sizeof(*sys_a); i++)
        compare_word("word of struct a64_sysregs ", i, a, sys_a[i], b, sys_b[i]);
    compare_word("time, CPU ", 0, a, a->ticks, b, b->ticks);
    compare_word("number of device accesses, CPU ", 0, a, a->log.nr, b, b->log.nr);
    compare_word("number of checkpoints, CPU ", 0, a, a->trail.nr, b, b->trail.nr);
}

/* --- where privilege changes --- */

static uint64_t sum(uint64_t h, uint64_t word)
{
    return (h ^ word) * UINT64_C(0x100000001b3) ^ h >> 29;
}

static void take_checkpoint(const struct a64_cpu *cpu, struct checkpoint *c)
{
    uint64_t h = cpu->fpcr | (uint64_t)cpu->fpsr << 32;

    *c = (struct checkpoint){.elr = cpu->sys.elr,
                             .spsr = cpu->sys.spsr,
                             .esr = cpu->sys.esr,
                             .far = cpu->sys.far,
                             .pstate = a64_get_pstate(cpu)};
    memcpy(c->x, cpu->x, sizeof(c->x));
    for (unsigned i = 0; i < 64; i++)
        h = sum(h, cpu->v[i / 2].d[i % 2]);
    c->vectors = h;
}

static void compare_checkpoint(const struct side *s, const struct checkpoint *c)
{
    const struct side *l = s->leader;
    const struct checkpoint *led = &l->trail.c[s->trail.nr];

    if (s->trail.nr >= l->trail.nr)
        fail(1, "exit %" PRIu64 ": %s changes its privilege at elr %#" PRIx64 ", %s does not",
             nr_exits, s->name, c->elr, l->name);
    compare_word("checkpoint, elr", 0, l, led->elr, s, c->elr);
    compare_word("checkpoint, spsr", 0, l, led->spsr, s, c->spsr);
    compare_word("checkpoint, esr", 0, l, led->esr, s, c->esr);
    compare_word("checkpoint, far", 0, l, led->far, s, c->far);
    compare_word("checkpoint, pstate", 0, l, led->pstate, s, c->pstate);
    for (unsigned i = 0; i < A64_ZR; i++)
        compare_word("checkpoint, x", i, l, led->x[i], s, c->x[i]);
    compare_word("checkpoint, sum of the vectors ", 0, l, led->vectors, s, c->vectors);
}

void __real_a64_mmu_select(struct a64_cpu *cpu);
void __wrap_a64_mmu_select(struct a64_cpu *cpu);

void __wrap_a64_mmu_select(struct a64_cpu *cpu)
{
    struct side *s = cpu->vm->params.host->ctx;
    struct trail *t = &s->trail;
    struct checkpoint c;

    __real_a64_mmu_select(cpu);
    if (cpu != s->cpu)
        return; /* it is being made */
    take_checkpoint(cpu, &c);
    if (s->leader)
        compare_checkpoint(s, &c);
    if (t->nr == t->room)
        t->c = grow(t->c, &t->room, sizeof(*t->c));
    t->c[t->nr++] = c;
    nr_checkpoints++;
    s->ticks += TICKS_A_CHANGE;
    if (cpu->el)
        return;
    tell_timers(s);
    a64_set_pin(cpu, false, s->irq);
}

/* --- running --- */

/* Up to the next thing that must be done outside. */
static void run(struct side *s)
{
    s->log.nr = 0;
    s->trail.nr = 0;
    a64_set_pin(s->cpu, false, s->irq);
    do
        a64_run(s->cpu, &s->exit);
    while (s->exit.kind == A64_EXIT_TIMER); /* told of timers at exits only */
}

/* Time goes on to where a timer ends the sleep. */
static void sleep_cpu(struct side *s)
{
    uint64_t deadline;

    tell_timers(s);
    if (s->irq)
        return;
    deadline = a64_timer_deadline(s->cpu);
    if (deadline == UINT64_MAX)
        fail(1, "exit %" PRIu64 ": the guest sleeps for ever", nr_exits);
    if (s->ticks < deadline)
        s->ticks = deadline;
}

static void answer_sysreg(struct side *s)
{
    struct vcpu_exit exit = {.sysreg = {.reg = s->exit.sysreg.reg,
                                        .value = s->exit.sysreg.value,
                                        .write = s->exit.sysreg.write}};

    if (machine_sysreg(s->machine, 0, &exit) < 0)
        a64_undefined(s->cpu);
    else
        s->exit.sysreg.value = exit.sysreg.value;
}

/* Does what the CPU left for. false: the guest is off. */
static bool serve(struct side *s)
{
    uint64_t arg[4], result = 0;
    struct psci_start start;
    bool on = true;

    s->ticks += TICKS_AN_EXIT;
    switch (s->exit.kind) {
    case A64_EXIT_WFI:
        sleep_cpu(s);
        break;
    case A64_EXIT_HVC:
        for (unsigned i = 0; i < ARRAY_LEN(arg); i++)
            arg[i] = a64_get_x(s->cpu, i);
        on = psci_call(&s->psci, 0, arg, &result, &start) == PSCI_RETURN;
        a64_set_x(s->cpu, 0, result);
        break;
    case A64_EXIT_SYSREG:
        answer_sysreg(s);
        break;
    default:
        fail(1, "exit %" PRIu64 ": %s: unexpected kind %d at pc %#" PRIx64, nr_exits, s->name,
             (int)s->exit.kind, s->cpu->pc);
    }
    tell_timers(s);
    return on;
}

int main(int argc, char **argv)
{
    static struct side a = {.name = "the translator"},
                       b = {.name = "the interpreter", .leader = &a};
    bool on = true;

    if (argc != 4)
        fail(2, "usage: %s KERNEL INITRD COMMAND_LINE", argv[0]);
    build_board(&a, argv);
    build_board(&b, argv);
    same_memory(&a, &b);
    build_cpu(&a, false);
    build_cpu(&b, true);
    while (on) {
        nr_exits++;
        run(&a);
        run(&b);
        compare_registers(&a, &b);
        on = serve(&a);
        if (serve(&b) != on)
            fail(1, "exit %" PRIu64 ": only one side is off", nr_exits);
        if (nr_exits % EXITS_A_MEMORY_CHECK == 0 || !on)
            compare_memory(&a, &b);
    }
    (void)printf("lockstep: %" PRIu64 " exits and %" PRIu64
                 " changes of privilege compared, %.1f s of guest time: equal\n",
                 nr_exits, nr_checkpoints / 2, (double)a.ticks / SOFT_COUNTER_HZ);
    tear_down(&a);
    tear_down(&b);
    return 0;
}
