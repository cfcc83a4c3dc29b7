/* SPDX-License-Identifier: Apache-2.0
 *
 * The running half of the program: vfkit-compat.md §8 from step 11 on, and §10.1. All of it is one
 * state: what the observer, the signals and the grace timer see. */
#include "cli/run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "api/ignition.h"
#include "api/rest.h"
#include "base/log.h"
#include "cli/confine.h"
#include "cli/exit_status.h"
#include "engine/engine.h"
#include "host/clock.h"
#include "host/loop.h"
#include "host/thread.h"
#include "host/tty.h"
#include "service/bridge.h"
#include "service/timesync.h"

/* How long a guest may take to power off after SIGTERM: vfkit's figure, and well below what clients
 * wait. */
#define GRACE_NS UINT64_C(5000000000)

struct run {
    struct loop *loop;
    struct vm *vm;
    struct rest *rest; /* NULL: not asked for, as the three below */
    struct bridges *bridges;
    struct ignition *ignition;
    struct timesync *timesync;
    bool stood_still; /* paused; the guest's clock is to be set when it goes on */
    struct signal_watch terminate, interrupt, cont;
    struct timer grace;
    bool stopping; /* a signal is being obeyed */
    bool asked;    /* for it, the guest has been asked to power off */
    bool forced;   /* the grace is over: stop as soon as the state allows */
    bool ran;      /* has been VM_RUNNING */
    bool failed;
    struct err failure;
};

/* Here and below: the state may be between two others; then on_changed tries again. */
static void ask_guest(struct run *r)
{
    int rc = vm_request_stop(r->vm);

    r->asked = rc == 0;
    if (rc < 0)
        log_warn("vm: the guest cannot be asked to power off now: %s", strerror(-rc));
}

static void force_stop(struct run *r)
{
    r->forced = true;
    if (vm_can_stop(r->vm) && vm_stop(r->vm) == 0)
        log_warn("vm: the guest did not power off in time; stopped");
}

static void on_grace_over(void *ctx)
{
    force_stop(ctx);
}

static void on_changed(void *ctx, enum vm_state state, const struct err *err)
{
    struct run *r = ctx;

    if (r->rest)
        rest_vm_changed(r->rest, state);
    if (state == VM_PAUSED)
        r->stood_still = true;
    if (state == VM_RUNNING && r->stood_still) {
        r->stood_still = false;
        timesync_now(r->timesync);
    }
    if (state == VM_RUNNING)
        r->ran = true;
    if (state == VM_ERROR) {
        r->failed = true;
        r->failure = *err;
    }
    if (state == VM_STOPPED || state == VM_ERROR)
        loop_stop(r->loop);
    else if (r->forced)
        force_stop(r);
    else if (r->stopping && !r->asked && state == VM_RUNNING)
        ask_guest(r);
}

/* A second wish finds the first being obeyed, and changes nothing. */
static void end_vm(struct run *r, const char *why)
{
    if (r->stopping)
        return;
    r->stopping = true;
    log_info("vm: %s: asking the guest to power off", why);
    ask_guest(r);
    r->grace = (struct timer){.fn = on_grace_over, .ctx = r};
    if (loop_timer_arm(r->loop, &r->grace, clock_monotonic_ns() + GRACE_NS) < 0)
        force_stop(r);
}

static void on_terminate(void *ctx, int signo)
{
    end_vm(ctx, strsignal(signo));
}

static void on_quit(void *ctx)
{
    end_vm(ctx, "the window was closed");
}

/* fg after Ctrl-Z: the shell has set the terminal to its own liking. */
static void on_continue(void *ctx, int signo)
{
    (void)ctx, (void)signo;
    tty_reapply();
}

static int watch_signals(struct run *r, struct err *err)
{
    int rc;

    r->terminate = (struct signal_watch){.signo = SIGTERM, .fn = on_terminate, .ctx = r};
    r->interrupt = (struct signal_watch){.signo = SIGINT, .fn = on_terminate, .ctx = r};
    r->cont = (struct signal_watch){.signo = SIGCONT, .fn = on_continue, .ctx = r};
    rc = loop_signal(r->loop, &r->terminate);
    if (rc == 0)
        rc = loop_signal(r->loop, &r->interrupt);
    if (rc == 0)
        rc = loop_signal(r->loop, &r->cont);
    return rc < 0 ? err_set(err, rc, "signals cannot be watched: %s", strerror(-rc)) : 0;
}

/* vfkit's words for a VM that the framework has given up; why it did is the hint. */
static int in_vfkits_words(const struct run *r, struct err *err)
{
    if (!r->ran && r->failure.code == -ETIMEDOUT) {
        *err = r->failure; /* engine.h: they are its own */
        return err->code;
    }
    (void)err_set(err, r->failure.code, "%shypervisor virtualization error",
                  r->ran ? "virtualization error: " : "");
    return err_hint(err, "%.*s", ERR_HINT_MAX - 1, r->failure.text);
}

/* How an ended VM ends the process. */
static int result(const struct run *r, const struct vm_config *cfg, struct err *err)
{
    if (!r->failed)
        return 0;
    if (r->failure.code == VM_GUEST_PANICKED && cfg->personality == PERSONALITY_BERTH)
        return STATUS_PANIC; /* the engine has logged it */
    if (cfg->personality == PERSONALITY_VFKIT)
        return in_vfkits_words(r, err);
    *err = r->failure;
    return err->code;
}

/* What the guest may ask for in its first moment. */
static int serve(struct run *r, const struct vm_config *cfg, struct err *err)
{
    int rc = bridges_create(r->vm, cfg, r->loop, &r->bridges, err);

    if (rc == 0 && cfg->ignition_path)
        rc = ignition_create(r->vm, cfg->ignition_path, r->loop, &r->ignition, err);
    if (rc == 0 && cfg->timesync_port)
        rc = timesync_create(r->vm, cfg->timesync_port, r->loop, &r->timesync, err);
    return rc;
}

static int run(struct run *r, struct vm_config *cfg, struct err *err)
{
    const struct vm_observer observer = {.changed = on_changed, .quit = on_quit, .ctx = r};
    int rc;

    rc = vm_create(cfg, r->loop, &observer, &r->vm, err);
    if (rc == 0)
        rc = watch_signals(r, err); /* taken when the loop runs; before anything is made that has to go again */
    if (rc == 0 && cfg->rest.kind != REST_NONE)
        rc = rest_create(r->vm, cfg, r->loop, &r->rest, err);
    if (rc == 0)
        rc = serve(r, cfg, err);
    if (rc == 0)
        rc = confine(cfg, err);
    if (rc == 0)
        rc = vm_start(r->vm, err);
    if (rc < 0)
        return rc;
    loop_run(r->loop);
    return result(r, cfg, err);
}

/* Nothing is left behind by a signal that comes from here on: this thread, which alone takes them,
 * takes none until the process ends. */
static void forget_signals(struct run *r)
{
    sigset_t unused;

    thread_block_signals(&unused);
    loop_unsignal(r->loop, &r->terminate);
    loop_unsignal(r->loop, &r->interrupt);
    loop_unsignal(r->loop, &r->cont);
}

/* Loop thread: the whole of it. */
static int run_on_loop(struct vm_config *cfg, struct err *err)
{
    struct run r = {0};
    int rc = loop_create(&r.loop);

    if (rc < 0)
        return err_set(err, rc, "the event loop cannot be made: %s", strerror(-rc));
    rc = run(&r, cfg, err);
    forget_signals(&r);
    rest_destroy(r.rest); /* refuses connections before the VM is gone */
    timesync_destroy(r.timesync);
    ignition_destroy(r.ignition);
    bridges_destroy(r.bridges);
    loop_timer_cancel(r.loop, &r.grace);
    vm_destroy(r.vm);
    loop_destroy(r.loop);
    return rc;
}

/* Beside a window, which keeps the main thread to itself. */
struct beside {
    struct vm_config *cfg;
    const struct vm_main *main;
    sigset_t signals; /* those that the process came with */
    struct err *err;
    int result;
};

static void *loop_thread(void *arg)
{
    struct beside *b = arg;

    thread_name("loop");
    thread_restore_signals(&b->signals);
    b->result = run_on_loop(b->cfg, b->err);
    b->main->stop();
    return NULL;
}

int run_vm(struct vm_config *cfg, struct err *err)
{
    struct beside b = {.cfg = cfg, .main = vm_main_for(cfg), .err = err};
    pthread_t thread;
    int rc;

    if (!b.main)
        return run_on_loop(cfg, err);
    thread_block_signals(&b.signals); /* the loop thread takes them */
    rc = thread_create(&thread, loop_thread, &b);
    if (rc < 0)
        return err_set(err, rc, "no thread beside the window: %s", strerror(-rc));
    b.main->run();
    (void)pthread_join(thread, NULL);
    return b.result;
}
