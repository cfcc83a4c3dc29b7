/* SPDX-License-Identifier: Apache-2.0
 *
 * engine_ops on Virtualization.framework: the loop thread's side. The framework takes care of CPUs,
 * devices and a guest's reset; here is when which of our states is entered, and what is left when
 * the VM is gone. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/engine_ops.h"
#include "engine/vz/build.h"
#include "engine/vz/foundation.h"
#include "engine/vz/machine.h"
#include "engine/vz/vsock.h"
#include "engine/vz/window.h"

#define FRAMEWORK "/System/Library/Frameworks/Virtualization.framework/Virtualization"

struct vz_vm {
    struct vm base;
    struct vz_machine *machine;
    struct vz_vsock vsock;
    struct vz_leftovers left;
    struct vz_window *window; /* NULL: none */
};

static struct vz_vm *of(struct vm *vm)
{
    return container_of(vm, struct vz_vm, base);
}

/* --- is it here? --- */

/* Only the half of the framework for Apple silicon knows Macs as guests. */
static enum guest_arch framework_arch(void)
{
    return VZ_CLASS(VZMacPlatformConfiguration) ? ARCH_ARM64 : ARCH_X86_64;
}

static int probe_framework(enum guest_arch arch, struct err *err)
{
    if (!VZ_CLASS(VZVirtualMachine) && !dlopen(FRAMEWORK, RTLD_LAZY | RTLD_GLOBAL))
        return err_set(err, -ENOTSUP, "the Virtualization framework cannot be loaded: %s",
                       dlerror());
    if (!VZ_CLASS(VZVirtualMachine))
        return err_set(err, -ENOTSUP, "the Virtualization framework is not there");
    if (!macos_has(MACOS_OLDEST))
        return macos_require(MACOS_OLDEST, "the Virtualization framework (vz)", "update macOS",
                             err);
    if (!vz_vm_is_supported(VZ_CLASS(VZVirtualMachine)))
        return err_set(err, -ENOTSUP,
                       "the Virtualization framework says that this Mac runs no virtual machines "
                       "(inside a virtual machine it needs nested virtualization)");
    if (arch != ARCH_AUTO && arch != framework_arch())
        return err_set(err, -ENOTSUP, "the Virtualization framework of this Mac runs no %s guests",
                       arch == ARCH_ARM64 ? "arm64" : "x86-64");
    return 0;
}

static int probe(enum guest_arch arch, struct err *err)
{
    void *pool = objc_autoreleasePoolPush();
    int rc = probe_framework(arch, err);

    objc_autoreleasePoolPop(pool);
    return rc;
}

/* --- news of the machine --- */

static void handle_event(struct vz_vm *vm, const struct vz_news *news)
{
    if (!life_allows(vm->base.state, news->event)) {
        log_debug("vm: news too late for its state %s", life_state_name(vm->base.state));
        return;
    }
    if (news->event == LIFE_FAIL)
        vm->base.failure = news->err;
    else if (news->err.code)
        log_warn("vm: %s", news->err.text);
    vm_transition(&vm->base, news->event);
}

static void on_news(void *ctx, const struct vz_news *news)
{
    struct vz_vm *vm = ctx;

    if (news->kind == VZ_NEWS_LIFE)
        handle_event(vm, news);
    else if (vm->base.observer.quit)
        vm->base.observer.quit(vm->base.observer.ctx);
}

/* --- operations --- */

static int start(struct vm *base, struct err *err)
{
    (void)err;
    vm_transition(base, LIFE_START);
    vz_machine_start(of(base)->machine);
    return 0;
}

static void pause_vm(struct vm *base)
{
    vz_machine_pause(of(base)->machine);
}

static void resume(struct vm *base)
{
    vz_machine_resume(of(base)->machine);
}

static void stop(struct vm *base)
{
    vz_machine_stop(of(base)->machine);
}

static int request_stop(struct vm *base)
{
    return vz_machine_request_stop(of(base)->machine);
}

/* --- balloon --- */

struct balloon_wish {
    uint64_t bytes;
    int result;
};

static void inflate(id vm, void *ctx)
{
    struct balloon_wish *wish = ctx;
    id balloons = vz_vm_balloons(vm);

    wish->result = -ENOTSUP;
    if (ns_array_count(balloons) == 0)
        return;
    vz_balloon_set_target(ns_array_at(balloons, 0), wish->bytes);
    wish->result = 0;
}

static int set_memory_target(struct vm *base, uint64_t bytes, struct err *err)
{
    struct balloon_wish wish = {.bytes = bytes};

    vz_machine_do(of(base)->machine, inflate, &wish);
    return wish.result == 0
               ? 0
               : err_set(err, wish.result, "the VM has no balloon; add --device virtio-balloon");
}

/* --- vsock --- */

static int vsock_listen(struct vm *vm, uint32_t port, const struct vsock_listener *listener,
                        struct err *err)
{
    return vz_vsock_listen(&of(vm)->vsock, port, listener, err);
}

static void vsock_unlisten(struct vm *vm, uint32_t port)
{
    vz_vsock_unlisten(&of(vm)->vsock, port);
}

static int vsock_connect(struct vm *vm, uint32_t port, struct vsock_connect *c, struct err *err)
{
    return vz_vsock_connect(&of(vm)->vsock, port, c, err);
}

static void vsock_cancel(struct vm *vm, struct vsock_connect *c)
{
    vz_vsock_cancel(c);
}

static const struct vsock_ops vsock_ops = {.listen = vsock_listen,
                                           .unlisten = vsock_unlisten,
                                           .connect = vsock_connect,
                                           .cancel = vsock_cancel};

/* --- birth and end --- */

static void destroy(struct vm *base)
{
    struct vz_vm *vm = of(base);

    vz_window_close(vm->window);
    if (vm->machine) {
        vz_vsock_finish(&vm->vsock);
        vz_machine_destroy(vm->machine);
    }
    vz_leftovers_finish(&vm->left);
    free(vm);
}

static int build(struct vz_vm *vm, struct err *err)
{
    const struct vz_machine_client client = {.on_news = on_news, .ctx = vm};
    struct vz_build b = {.cfg = vm->base.cfg, .left = &vm->left};
    int rc = vz_build_base(&b, err);

    if (rc == 0)
        rc = vz_build_devices(&b, err);
    if (rc == 0)
        rc = vz_machine_create(b.config, b.net_names, vm->base.loop, &client, &vm->machine, err);
    if (rc == 0)
        rc = vz_window_open(vm->base.cfg, vm->machine, &vm->window, err);
    vm->vsock = (struct vz_vsock){.machine = vm->machine, .has_device = b.has_vsock};
    /* a file that may not be opened is not the engine's denial */
    return rc == ENGINE_DENIED && !b.denied ? -EACCES : rc;
}

static int create(struct vm_config *cfg, struct loop *loop, const struct vm_observer *observer,
                  struct vm **ret, struct err *err)
{
    struct vz_vm *vm = calloc(1, sizeof(*vm));
    void *pool;
    int rc;

    if (!vm)
        return err_set(err, -ENOMEM, "out of memory");
    vm_init(&vm->base, &engine_vz, cfg, loop, observer);
    pool = objc_autoreleasePoolPush();
    rc = build(vm, err);
    objc_autoreleasePoolPop(pool);
    if (rc < 0) {
        destroy(&vm->base);
        return rc;
    }
    log_info("engine vz: macOS's Virtualization framework");
    if (cfg->on_panic == PANIC_EXIT)
        log_info(
            "vm: the framework does not tell when a guest's kernel panics; such a guest stays");
    *ret = &vm->base;
    return 0;
}

const struct engine_ops engine_vz = {
    .name = "vz",
    .probe = probe,
    .supports = vz_supports,
    .nested = vz_nested,
    .main_for = vz_main_for,
    .create = create,
    .destroy = destroy,
    .start = start,
    .pause = pause_vm,
    .resume = resume,
    .stop = stop,
    .request_stop = request_stop,
    .set_memory_target = set_memory_target,
    .vsock = &vsock_ops,
};
