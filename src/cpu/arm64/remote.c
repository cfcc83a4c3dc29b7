/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests between CPUs: remote.h has the rules. Each CPU has a small box; `sent` and `served`
 * number the requests, so a waiter knows what it waits for. The lock covers the box alone and is
 * held for a few stores.
 *
 * Each side stores, then loads what the other stored, all seq_cst:
 *   - a sender bumps `sent`, then asks `inside`; a CPU that enters sets `inside`, then asks `sent`:
 * so it serves before it executes, or the sender waits for it;
 *   - a waiter bumps `nr_waiters`, then asks `served` and `inside`; the CPU sets one of these, then
 * asks `nr_waiters`: so no wake-up is lost. */
#include "cpu/arm64/remote.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/mmu.h"
#include "cpu/arm64/vm.h"

enum {
    BOX_SIZE = 32,
    SPINS = 200, /* some microseconds: who executes answers sooner, who does not, far later */
};

struct request {
    a64_remote_fn *fn;
    uint64_t a, b;
};

struct a64_remote {
    _Atomic bool inside; /* the CPU may be executing */
    _Atomic uint64_t sent, served;
    _Atomic unsigned nr_waiters;
    pthread_mutex_t lock; /* box, nr, overflow; and sleeping for progress */
    pthread_cond_t progress;
    bool overflow;
    unsigned nr;
    struct request box[BOX_SIZE];
    uint64_t wanted[A64_MAX_CPUS]; /* own thread: the last request it sent to each other CPU */
};

int a64_remote_create(struct a64_cpu *cpu)
{
    struct a64_remote *r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->progress, NULL);
    cpu->remote = r;
    return 0;
}

void a64_remote_destroy(struct a64_cpu *cpu)
{
    if (!cpu->remote)
        return;
    pthread_cond_destroy(&cpu->remote->progress);
    pthread_mutex_destroy(&cpu->remote->lock);
    free(cpu->remote);
    cpu->remote = NULL;
}

void a64_remote_send(struct a64_cpu *cpu, struct a64_cpu *target, a64_remote_fn *fn, uint64_t a,
                     uint64_t b)
{
    struct a64_remote *r = target->remote;
    pthread_mutex_lock(&r->lock);
    if (fn && r->nr < BOX_SIZE)
        r->box[r->nr++] = (struct request){fn, a, b};
    else if (fn)
        r->overflow = true;
    cpu->remote->wanted[target->index] = atomic_fetch_add(&r->sent, 1) + 1;
    pthread_mutex_unlock(&r->lock);
    a64_attend(target, A64_ATTENTION_REMOTE);
    cpu->remote_waiting |= UINT64_C(1) << target->index;
}

static void wake_waiters(struct a64_remote *r)
{
    if (!atomic_load(&r->nr_waiters))
        return;
    pthread_mutex_lock(&r->lock);
    pthread_cond_broadcast(&r->progress);
    pthread_mutex_unlock(&r->lock);
}

void a64_remote_serve(struct a64_cpu *cpu)
{
    struct a64_remote *r = cpu->remote;
    struct request box[BOX_SIZE];
    pthread_mutex_lock(&r->lock);
    unsigned nr = r->nr;
    bool overflow = r->overflow;
    uint64_t sent = atomic_load(&r->sent);
    memcpy(box, r->box, nr * sizeof(box[0]));
    r->nr = 0;
    r->overflow = false;
    pthread_mutex_unlock(&r->lock);

    if (overflow)
        a64_tlb_flush(cpu);
    else
        for (unsigned n = 0; n < nr; n++)
            box[n].fn(cpu, box[n].a, box[n].b);
    atomic_store(&r->served, sent);
    wake_waiters(r);
}

void a64_remote_enter(struct a64_cpu *cpu)
{
    struct a64_remote *r = cpu->remote;
    atomic_store(&r->inside, true);
    if (atomic_load(&r->sent) != atomic_load_explicit(&r->served, memory_order_relaxed))
        a64_remote_serve(cpu);
}

void a64_remote_leave(struct a64_cpu *cpu)
{
    atomic_store(&cpu->remote->inside, false);
    wake_waiters(cpu->remote);
}

/* Acquire: what the CPU did before is done. */
static bool is_through(struct a64_remote *r, uint64_t wanted)
{
    return !atomic_load(&r->inside) || atomic_load(&r->served) >= wanted;
}

static void wait_for(struct a64_remote *r, uint64_t wanted)
{
    for (unsigned n = 0; n < SPINS; n++) {
        if (is_through(r, wanted))
            return;
        SPIN_PAUSE();
    }
    pthread_mutex_lock(&r->lock);
    atomic_fetch_add(&r->nr_waiters, 1);
    while (!is_through(r, wanted))
        pthread_cond_wait(&r->progress, &r->lock);
    atomic_fetch_sub(&r->nr_waiters, 1);
    pthread_mutex_unlock(&r->lock);
}

void a64_remote_wait_slow(struct a64_cpu *cpu)
{
    uint64_t waiting = cpu->remote_waiting;
    a64_remote_leave(cpu);
    for (; waiting; waiting &= waiting - 1) {
        unsigned n = (unsigned)__builtin_ctzll(waiting);
        wait_for(cpu->vm->cpu[n]->remote, cpu->remote->wanted[n]);
    }
    cpu->remote_waiting = 0;
    a64_remote_enter(cpu);
}
