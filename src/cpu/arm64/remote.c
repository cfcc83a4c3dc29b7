/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests between CPUs: remote.h has the rules. Each CPU has a small box under a lock; `sent` and
 * `served` number the requests, so a waiter knows what it waits for. Lock order: a box's lock is
 * taken alone. */
#include "cpu/arm64/remote.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "cpu/arm64/mmu.h"
#include "cpu/arm64/vm.h"

enum { BOX_SIZE = 32 };

struct request {
    a64_remote_fn *fn;
    uint64_t a, b;
};

struct a64_remote {
    pthread_mutex_t lock; /* everything here but `wanted` */
    pthread_cond_t progress;
    bool inside; /* the CPU may be executing */
    bool overflow;
    unsigned nr, nr_waiters;
    struct request box[BOX_SIZE];
    uint64_t sent, served;
    uint64_t wanted[A64_MAX_CPUS]; /* this CPU's thread: number of the last request it sent to each
                                      other CPU */
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
    cpu->remote->wanted[target->index] = ++r->sent;
    pthread_mutex_unlock(&r->lock);
    a64_attend(target, A64_ATTENTION_REMOTE);
    cpu->remote_waiting |= UINT64_C(1) << target->index;
}

/* With the lock held, on the CPU's thread. */
static void serve(struct a64_cpu *cpu)
{
    struct a64_remote *r = cpu->remote;
    if (r->overflow)
        a64_tlb_flush(cpu);
    else
        for (unsigned n = 0; n < r->nr; n++)
            r->box[n].fn(cpu, r->box[n].a, r->box[n].b);
    r->nr = 0;
    r->overflow = false;
    r->served = r->sent;
    if (r->nr_waiters)
        pthread_cond_broadcast(&r->progress);
}

void a64_remote_serve(struct a64_cpu *cpu)
{
    pthread_mutex_lock(&cpu->remote->lock);
    serve(cpu);
    pthread_mutex_unlock(&cpu->remote->lock);
}

void a64_remote_enter(struct a64_cpu *cpu)
{
    pthread_mutex_lock(&cpu->remote->lock);
    cpu->remote->inside = true;
    serve(cpu);
    pthread_mutex_unlock(&cpu->remote->lock);
}

void a64_remote_leave(struct a64_cpu *cpu)
{
    struct a64_remote *r = cpu->remote;
    pthread_mutex_lock(&r->lock);
    r->inside = false;
    if (r->nr_waiters)
        pthread_cond_broadcast(&r->progress);
    pthread_mutex_unlock(&r->lock);
}

static void wait_for(struct a64_remote *r, uint64_t wanted)
{
    pthread_mutex_lock(&r->lock);
    r->nr_waiters++;
    while (r->inside && r->served < wanted)
        pthread_cond_wait(&r->progress, &r->lock);
    r->nr_waiters--;
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
