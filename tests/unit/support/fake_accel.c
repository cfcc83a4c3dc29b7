/* SPDX-License-Identifier: Apache-2.0
 *
 * One lock over everything: speed is no aim here. */
#include "fake_accel.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { SCRIPT_MAX = 64, IDLE_WAIT_S = 5 };

struct accel_vm {
    int unused;
};

struct vcpu {
    unsigned index;
};

struct fake_cpu {
    struct vcpu_exit script[SCRIPT_MAX], answer, *given;
    unsigned first, end, nr_resets, nr_runs, pins;
    struct vcpu_regs regs;
    bool kicked, idle;
    int create_rc, run_rc;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct fake_cpu cpus[FAKE_MAX_CPUS];
static bool clock_runs;

static void enter(void)
{
    (void)pthread_mutex_lock(&lock);
}

static void leave(void)
{
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

void fake_accel_reset(void)
{
    enter();
    for (unsigned i = 0; i < FAKE_MAX_CPUS; i++)
        cpus[i] = (struct fake_cpu){0};
    clock_runs = true;
    leave();
}

void fake_accel_push(unsigned cpu, const struct vcpu_exit *exit)
{
    enter();
    assert(cpus[cpu].end < SCRIPT_MAX);
    cpus[cpu].script[cpus[cpu].end++] = *exit;
    cpus[cpu].idle = false;
    leave();
}

void fake_accel_push_psci(unsigned cpu, uint64_t id, uint64_t a1, uint64_t a2, uint64_t a3)
{
    const struct vcpu_exit e = {.kind = VCPU_EXIT_PSCI,
                                .psci = {.arg = {id, a1, a2, a3}, .deadline_ns = UINT64_MAX}};

    fake_accel_push(cpu, &e);
}

bool fake_accel_wait_idle(unsigned cpu)
{
    struct timespec until;
    bool idle;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += IDLE_WAIT_S;
    enter();
    while (!cpus[cpu].idle && rc == 0)
        rc = pthread_cond_timedwait(&changed, &lock, &until);
    idle = cpus[cpu].idle;
    leave();
    return idle;
}

struct vcpu_exit fake_accel_answer(unsigned cpu)
{
    struct vcpu_exit e;

    enter();
    e = cpus[cpu].answer;
    leave();
    return e;
}

struct vcpu_regs fake_accel_regs(unsigned cpu)
{
    struct vcpu_regs r;

    enter();
    r = cpus[cpu].regs;
    leave();
    return r;
}

unsigned fake_accel_nr_resets(unsigned cpu)
{
    unsigned n;

    enter();
    n = cpus[cpu].nr_resets;
    leave();
    return n;
}

unsigned fake_accel_nr_runs(unsigned cpu)
{
    unsigned n;

    enter();
    n = cpus[cpu].nr_runs;
    leave();
    return n;
}

bool fake_accel_clock_runs(void)
{
    bool runs;

    enter();
    runs = clock_runs;
    leave();
    return runs;
}

bool fake_accel_pin(unsigned cpu, enum vcpu_pin pin)
{
    bool level;

    enter();
    level = cpus[cpu].pins & (1u << pin);
    leave();
    return level;
}

void fake_accel_fail_create(unsigned cpu, int code)
{
    enter();
    cpus[cpu].create_rc = code;
    leave();
}

void fake_accel_fail_run(unsigned cpu, int code)
{
    enter();
    cpus[cpu].run_rc = code;
    cpus[cpu].kicked = true;
    leave();
}

/* --- accel.h --- */

static int fake_probe(struct err *err)
{
    (void)err;
    return 0;
}

static int fake_vm_create(const struct accel_vm_params *params, struct accel_vm **ret,
                          struct err *err)
{
    (void)err;
    assert(params->nr_cpus <= FAKE_MAX_CPUS);
    *ret = calloc(1, sizeof(**ret));
    return 0;
}

static void fake_vm_destroy(struct accel_vm *vm)
{
    free(vm);
}

static unsigned fake_gpa_bits(void)
{
    return 40;
}

static int fake_map(struct accel_vm *vm, gpa_t gpa, void *host, uint64_t len, unsigned prot,
                    struct err *err)
{
    (void)vm, (void)gpa, (void)host, (void)len, (void)prot, (void)err;
    return 0;
}

static int fake_vcpu_create(struct accel_vm *vm, unsigned index, struct vcpu **ret,
                            struct err *err)
{
    struct vcpu *v;
    int rc;

    (void)vm;
    enter();
    rc = cpus[index].create_rc;
    leave();
    if (rc < 0)
        return err_set(err, rc, "the fake vCPU was told to fail");
    v = calloc(1, sizeof(*v));
    v->index = index;
    *ret = v;
    return 0;
}

static void fake_vcpu_destroy(struct vcpu *v)
{
    free(v);
}

static int fake_vcpu_run(struct vcpu *v, struct vcpu_exit *exit)
{
    struct fake_cpu *c = &cpus[v->index];
    int rc = 0;

    enter();
    c->nr_runs++;
    if (c->given)
        c->answer = *c->given;
    c->given = NULL;
    while (!c->kicked && c->first == c->end) {
        c->idle = true;
        (void)pthread_cond_broadcast(&changed);
        (void)pthread_cond_wait(&changed, &lock);
    }
    c->idle = false;
    if (c->run_rc < 0) {
        rc = c->run_rc;
        c->run_rc = 0;
        c->kicked = false;
    } else if (c->kicked) {
        c->kicked = false;
        *exit = (struct vcpu_exit){.kind = VCPU_EXIT_KICKED};
    } else {
        *exit = c->script[c->first++];
        c->given = exit;
    }
    leave();
    return rc;
}

static void fake_vcpu_kick(struct vcpu *v)
{
    enter();
    cpus[v->index].kicked = true;
    leave();
}

static void fake_vcpu_irq(struct vcpu *v, enum vcpu_pin pin, bool level)
{
    enter();
    if (level)
        cpus[v->index].pins |= 1u << pin;
    else
        cpus[v->index].pins &= ~(1u << pin);
    leave();
}

static int fake_vcpu_reset(struct vcpu *v)
{
    enter();
    cpus[v->index].nr_resets++;
    cpus[v->index].given = NULL;
    leave();
    return 0;
}

static int fake_set_regs(struct vcpu *v, const struct vcpu_regs *regs)
{
    enter();
    cpus[v->index].regs = *regs;
    leave();
    return 0;
}

static int fake_get_regs(struct vcpu *v, struct vcpu_regs *ret)
{
    *ret = fake_accel_regs(v->index);
    return 0;
}

static void set_clock(bool runs)
{
    enter();
    assert(clock_runs != runs);
    clock_runs = runs;
    leave();
}

static void fake_clock_stop(struct accel_vm *vm)
{
    (void)vm;
    set_clock(false);
}

static void fake_clock_start(struct accel_vm *vm)
{
    (void)vm;
    set_clock(true);
}

const struct accel_ops fake_accel = {
    .name = "fake",
    .probe = fake_probe,
    .gpa_bits = fake_gpa_bits,
    .vm_create = fake_vm_create,
    .vm_destroy = fake_vm_destroy,
    .map = fake_map,
    .vcpu_create = fake_vcpu_create,
    .vcpu_destroy = fake_vcpu_destroy,
    .vcpu_run = fake_vcpu_run,
    .vcpu_kick = fake_vcpu_kick,
    .vcpu_irq = fake_vcpu_irq,
    .get_regs = fake_get_regs,
    .set_regs = fake_set_regs,
    .vcpu_reset = fake_vcpu_reset,
    .clock_stop = fake_clock_stop,
    .clock_start = fake_clock_start,
};
