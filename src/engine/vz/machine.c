/* SPDX-License-Identifier: Apache-2.0
 *
 * VZVirtualMachine and its delegate. The framework's states are not ours: what an operation came to
 * is told by its completion handler, and a failed one looks at the state to see where the VM is. */
#include "engine/vz/machine.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/vz/foundation.h"

/* VZVirtualMachineState */
enum { STATE_STOPPED = 0, STATE_RUNNING = 1, STATE_PAUSED = 2 };

enum { NEWS_MAX = 8 }; /* one operation at a time, and the end can come but once or twice */

struct vz_machine {
    _Atomic unsigned refs;
    dispatch_queue_t queue;
    id vm;        /* on the queue only; NULL: gone */
    id delegate;  /* ours: the framework's reference is weak */
    id net_names; /* NSArray of NSString */

    pthread_mutex_t lock; /* guards what follows */
    struct loop *loop;    /* NULL: nobody wants news any more */
    struct vz_machine_client client;
    struct task task;
    struct vz_news news[NEWS_MAX];
    unsigned nr_news;
    struct vz_parcel *parcels, **last_parcel;
};

struct vz_machine *vz_machine_ref(struct vz_machine *m)
{
    (void)atomic_fetch_add(&m->refs, 1);
    return m;
}

void vz_machine_unref(struct vz_machine *m)
{
    if (atomic_fetch_sub(&m->refs, 1) > 1)
        return;
    objc_release(m->net_names);
    if (m->queue)
        dispatch_release(m->queue);
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

/* --- news --- */

/* Any thread. */
static void post_news(struct vz_machine *m, const struct vz_news *news)
{
    (void)pthread_mutex_lock(&m->lock);
    if (m->loop && m->nr_news < NEWS_MAX) {
        m->news[m->nr_news++] = *news;
        loop_post(m->loop, &m->task);
    }
    (void)pthread_mutex_unlock(&m->lock);
}

static void post_event(struct vz_machine *m, enum life_event event, const struct err *err)
{
    struct vz_news news = {.kind = VZ_NEWS_LIFE, .event = event};

    if (err)
        news.err = *err;
    post_news(m, &news);
}

void vz_machine_post_quit(struct vz_machine *m)
{
    const struct vz_news news = {.kind = VZ_NEWS_QUIT};

    post_news(m, &news);
}

static bool take_news(struct vz_machine *m, struct vz_news *ret)
{
    bool some;

    (void)pthread_mutex_lock(&m->lock);
    some = m->nr_news > 0;
    if (some) {
        *ret = m->news[0];
        m->nr_news--;
        for (unsigned i = 0; i < m->nr_news; i++)
            m->news[i] = m->news[i + 1];
    }
    (void)pthread_mutex_unlock(&m->lock);
    return some;
}

void vz_machine_send(struct vz_machine *m, struct vz_parcel *p)
{
    bool listens;

    (void)pthread_mutex_lock(&m->lock);
    listens = m->loop;
    if (listens) {
        p->next = NULL;
        *m->last_parcel = p;
        m->last_parcel = &p->next;
        loop_post(m->loop, &m->task);
    }
    (void)pthread_mutex_unlock(&m->lock);
    if (!listens)
        p->open(p, false);
}

static struct vz_parcel *take_parcels(struct vz_machine *m)
{
    struct vz_parcel *first;

    (void)pthread_mutex_lock(&m->lock);
    first = m->parcels;
    m->parcels = NULL;
    m->last_parcel = &m->parcels;
    (void)pthread_mutex_unlock(&m->lock);
    return first;
}

static void open_parcels(struct vz_machine *m, bool delivered)
{
    for (struct vz_parcel *p = take_parcels(m), *next; p; p = next) {
        next = p->next;
        p->open(p, delivered);
    }
}

static void on_posted(struct task *t)
{
    struct vz_machine *m = container_of(t, struct vz_machine, task);
    struct vz_news news;

    while (take_news(m, &news))
        m->client.on_news(m->client.ctx, &news);
    open_parcels(m, true);
}

/* --- the delegate; on the queue --- */

static void guest_did_stop(id self, SEL cmd, id vm)
{
    post_event(objc_delegate_ctx(self), LIFE_STOPPED, NULL);
}

static void did_stop_with_error(id self, SEL cmd, id vm, id error)
{
    void *pool = objc_autoreleasePoolPush();
    struct err err = {0};

    (void)vz_error(&err, error, "the Virtualization framework stopped the VM");
    post_event(objc_delegate_ctx(self), LIFE_FAIL, &err);
    objc_autoreleasePoolPop(pool);
}

/* The VM goes on without it. */
static void network_was_disconnected(id self, SEL cmd, id vm, id device, id error)
{
    const struct vz_machine *m = objc_delegate_ctx(self);
    void *pool = objc_autoreleasePoolPush();
    NSUInteger index = ns_array_index_of(vz_vm_network_devices(vm), device);
    const char *name = "?";
    struct err err = {0};

    if (index < ns_array_count(m->net_names))
        name = ns_string_utf8(ns_array_at(m->net_names, index));
    (void)vz_error(&err, error, "virtio-net %s: the network is gone, the VM goes on", name);
    log_error("%s", err.text);
    objc_autoreleasePoolPop(pool);
}

static const struct objc_method methods[] = {
    {"guestDidStopVirtualMachine:", (void (*)(void))guest_did_stop, "v@:@"},
    {"virtualMachine:didStopWithError:", (void (*)(void))did_stop_with_error, "v@:@@"},
    {"virtualMachine:networkDevice:attachmentWasDisconnectedWithError:",
     (void (*)(void))network_was_disconnected, "v@:@@@"},
};
static const struct objc_class_spec delegate_class = {
    .name = "BerthVMDelegate",
    .protocol = "VZVirtualMachineDelegate",
    .methods = methods,
    .nr_methods = ARRAY_LEN(methods),
};

/* --- work on the queue --- */

struct work {
    struct vz_machine *m; /* a reference */
    void (*fn)(id vm, void *ctx);
    void *ctx;
};

static void do_work(void *arg)
{
    const struct work *w = arg;
    void *pool = objc_autoreleasePoolPush();

    if (w->m->vm)
        w->fn(w->m->vm, w->ctx);
    objc_autoreleasePoolPop(pool);
}

static void do_work_and_free(void *arg)
{
    struct work *w = arg;

    do_work(w);
    vz_machine_unref(w->m);
    free(w);
}

void vz_machine_do(struct vz_machine *m, void (*fn)(id vm, void *ctx), void *ctx)
{
    struct work w = {.m = m, .fn = fn, .ctx = ctx};

    dispatch_sync_f(m->queue, &w, do_work);
}

void vz_machine_do_later(struct vz_machine *m, void (*fn)(id vm, void *ctx), void *ctx)
{
    struct work *w = malloc(sizeof(*w));

    if (!w) {
        vz_machine_do(m, fn, ctx);
        return;
    }
    *w = (struct work){.m = vz_machine_ref(m), .fn = fn, .ctx = ctx};
    dispatch_async_f(m->queue, w, do_work_and_free);
}

/* --- operations --- */

/* Where the VM is after `error` ended an operation; `stays`: it is where it was, in state `was`. On
 * the queue. */
static void post_failure(struct vz_machine *m, id error, const char *doing, NSInteger was,
                         enum life_event stays)
{
    NSInteger state = m->vm ? vz_vm_state(m->vm) : STATE_STOPPED;
    struct err err = {0};

    (void)vz_error(&err, error, "the VM cannot be %s", doing);
    if (state == was)
        post_event(m, stays, &err);
    else if (state == STATE_STOPPED && was != STATE_STOPPED)
        post_event(m, LIFE_STOPPED, &err);
    else
        post_event(m, LIFE_FAIL, &err);
}

/* Ends an operation: the reference that its handler held goes. */
static void complete(struct objc_block *block, id error, enum life_event done, const char *doing,
                     NSInteger was, enum life_event stays)
{
    struct vz_machine *m = block->ctx;
    void *pool = objc_autoreleasePoolPush();

    if (error)
        post_failure(m, error, doing, was, stays);
    else
        post_event(m, done, NULL);
    objc_autoreleasePoolPop(pool);
    vz_machine_unref(m);
}

static void on_started(struct objc_block *b, id error)
{
    complete(b, error, LIFE_STARTED, "started", STATE_STOPPED, LIFE_FAIL);
}

static void on_paused(struct objc_block *b, id error)
{
    complete(b, error, LIFE_PAUSED, "paused", STATE_RUNNING, LIFE_PAUSE_FAILED);
}

static void on_resumed(struct objc_block *b, id error)
{
    complete(b, error, LIFE_RESUMED, "resumed", STATE_PAUSED, LIFE_RESUME_FAILED);
}

static void on_stopped(struct objc_block *b, id error)
{
    complete(b, error, LIFE_STOPPED, "stopped", STATE_RUNNING, LIFE_FAIL);
}

static void start(id vm, void *ctx)
{
    struct objc_block block = objc_block_1(on_started, vz_machine_ref(ctx));

    vz_vm_start(vm, &block);
}

static void pause_vm(id vm, void *ctx)
{
    struct objc_block block = objc_block_1(on_paused, vz_machine_ref(ctx));

    vz_vm_pause(vm, &block);
}

static void resume(id vm, void *ctx)
{
    struct objc_block block = objc_block_1(on_resumed, vz_machine_ref(ctx));

    vz_vm_resume(vm, &block);
}

/* A guest that powered itself off just now cannot be stopped any more; its delegate has told. */
static void stop(id vm, void *ctx)
{
    struct objc_block block = objc_block_1(on_stopped, vz_machine_ref(ctx));

    if (vz_vm_can_stop(vm)) {
        vz_vm_stop(vm, &block);
        return;
    }
    if (vz_vm_state(vm) != STATE_STOPPED)
        log_warn("vm: the Virtualization framework cannot stop it in its state %ld",
                 vz_vm_state(vm));
    post_event(ctx, LIFE_STOPPED, NULL);
    vz_machine_unref(ctx);
}

void vz_machine_start(struct vz_machine *m)
{
    vz_machine_do_later(m, start, m);
}

void vz_machine_pause(struct vz_machine *m)
{
    vz_machine_do_later(m, pause_vm, m);
}

void vz_machine_resume(struct vz_machine *m)
{
    vz_machine_do_later(m, resume, m);
}

void vz_machine_stop(struct vz_machine *m)
{
    vz_machine_do_later(m, stop, m);
}

static void request_stop(id vm, void *ctx)
{
    struct err err = {0};
    id error = NULL;
    int *ret = ctx;

    *ret = 0;
    if (vz_vm_can_request_stop(vm) && vz_vm_request_stop(vm, &error))
        return;
    *ret = vz_error(&err, error, "the guest cannot be asked to power off");
    log_warn("vm: %s", err.text);
}

int vz_machine_request_stop(struct vz_machine *m)
{
    int rc = -EBUSY; /* the VM is gone */

    vz_machine_do(m, request_stop, &rc);
    return rc;
}

/* --- birth and end --- */

struct birth {
    struct vz_machine *m;
    id config;
};

static void be_born(void *arg)
{
    const struct birth *b = arg;
    struct vz_machine *m = b->m;
    void *pool = objc_autoreleasePoolPush();

    m->vm = vz_vm_init(VZ_ALLOC(VZVirtualMachine), b->config, m->queue);
    if (m->vm)
        vz_vm_set_delegate(m->vm, m->delegate);
    objc_autoreleasePoolPop(pool);
}

int vz_machine_create(id config, id net_names, struct loop *loop,
                      const struct vz_machine_client *client, struct vz_machine **ret,
                      struct err *err)
{
    struct vz_machine *m = calloc(1, sizeof(*m));
    struct birth birth = {.m = m, .config = config};

    if (!m)
        return err_set(err, -ENOMEM, "out of memory");
    m->refs = 1;
    (void)pthread_mutex_init(&m->lock, NULL);
    m->task.fn = on_posted;
    m->last_parcel = &m->parcels;
    m->loop = loop;
    m->client = *client;
    m->net_names = objc_retain(net_names);
    m->queue = dispatch_queue_create("berth.vm", NULL);
    m->delegate = objc_delegate_create(&delegate_class, m);
    if (m->queue && m->delegate)
        dispatch_sync_f(m->queue, &birth, be_born);
    if (!m->vm) {
        objc_release(m->delegate);
        vz_machine_unref(m);
        return err_set(err, -EIO,
                       "the Virtualization framework makes no VM of a configuration that it calls "
                       "valid; restart the Mac, or use --accel hvf or soft");
    }
    *ret = m;
    return 0;
}

/* Nothing of the delegate runs after this: its methods come on this queue. */
static void die(void *arg)
{
    struct vz_machine *m = arg;
    void *pool = objc_autoreleasePoolPush();
    id vm = m->vm;

    vz_vm_set_delegate(vm, NULL);
    m->vm = NULL; /* a handler that is called while it goes sends it nothing */
    objc_release(vm);
    objc_autoreleasePoolPop(pool);
    objc_release(m->delegate);
    m->delegate = NULL;
}

void vz_machine_destroy(struct vz_machine *m)
{
    struct loop *loop = m->loop;

    (void)pthread_mutex_lock(&m->lock);
    m->loop = NULL;
    (void)pthread_mutex_unlock(&m->lock);
    loop_cancel(loop, &m->task);
    open_parcels(m, false);
    dispatch_sync_f(m->queue, m, die);
    vz_machine_unref(m);
}
