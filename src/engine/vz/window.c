/* SPDX-License-Identifier: Apache-2.0
 *
 * A window as VZVirtualMachineView wants it. Everything whose name begins with main_ runs on the
 * main thread, in vm_main.run. */
#include "engine/vz/window.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "engine/vz/foundation.h"

#define APPKIT "/System/Library/Frameworks/AppKit.framework/AppKit"

/* AppKit's constants: NSApplication.h, NSWindow.h, NSEvent.h */
enum {
    POLICY_REGULAR = 0, /* a Dock icon and a menu bar */
    TERMINATE_CANCEL = 0,
    STYLE_TITLED = 1,
    STYLE_CLOSABLE = 2,
    STYLE_MINIATURIZABLE = 4,
    STYLE_RESIZABLE = 8,
    BACKING_BUFFERED = 2,
    EVENT_APPLICATION_DEFINED = 15,
};

struct vz_window {
    struct vz_machine *machine; /* a reference */
    id vm;                      /* likewise */
    const char *title;
    double width, height;
    id window, view, delegate; /* +1; main thread */
};

static bool load_appkit(void)
{
    return VZ_CLASS(NSApplication) ||
           (dlopen(APPKIT, RTLD_LAZY | RTLD_GLOBAL) && VZ_CLASS(NSApplication));
}

/* --- what the user asks for: the VM ends as if by SIGTERM, and the window with it --- */

static void quit(id self)
{
    const struct vz_window *w = objc_delegate_ctx(self);

    vz_machine_post_quit(w->machine);
}

static objc_bool main_should_close(id self, SEL cmd, id window)
{
    quit(self);
    return 0;
}

static NSUInteger main_should_terminate(id self, SEL cmd, id app)
{
    quit(self);
    return TERMINATE_CANCEL;
}

static void main_stop_chosen(id self, SEL cmd, id sender)
{
    quit(self);
}

static const struct objc_method methods[] = {
    {"windowShouldClose:", (void (*)(void))main_should_close, OBJC_BOOL "@:@"},
    {"applicationShouldTerminate:", (void (*)(void))main_should_terminate, "Q@:@"},
    {"stopVirtualMachine:", (void (*)(void))main_stop_chosen, "v@:@"},
};
static const struct objc_class_spec delegate_class = {
    .name = "BerthWindowDelegate",
    .protocol = "NSWindowDelegate",
    .methods = methods,
    .nr_methods = ARRAY_LEN(methods),
};

/* --- construction --- */

static void main_make_menu(id app, id target)
{
    id bar = objc_autorelease(ns_menu_init(VZ_ALLOC(NSMenu), vz_string("")));
    id menu = objc_autorelease(ns_menu_init(VZ_ALLOC(NSMenu), vz_string("")));
    id top =
        objc_autorelease(ns_item_init(VZ_ALLOC(NSMenuItem), vz_string(""), NULL, vz_string("")));
    id stop =
        objc_autorelease(ns_item_init(VZ_ALLOC(NSMenuItem), vz_string("Stop Virtual Machine"),
                                      sel_registerName("stopVirtualMachine:"), vz_string("q")));

    ns_item_set_target(stop, target);
    ns_menu_add(menu, stop);
    ns_item_set_submenu(top, menu);
    ns_menu_add(bar, top);
    ns_app_set_menu(app, bar);
}

static void main_make_view(struct vz_window *w)
{
    w->view = ns_init(VZ_ALLOC(VZVirtualMachineView));
    vz_view_set_vm(w->view, w->vm);
    vz_view_set_captures_keys(w->view, 1);
    if (macos_has(1400))
        vz_view_set_reconfigures(w->view, 1);
}

static void main_make_window(struct vz_window *w)
{
    const struct ns_rect frame = {.width = w->width, .height = w->height};
    const NSUInteger style = STYLE_TITLED | STYLE_CLOSABLE | STYLE_MINIATURIZABLE | STYLE_RESIZABLE;

    w->window = ns_window_init(VZ_ALLOC(NSWindow), frame, style, BACKING_BUFFERED, 0);
    ns_window_set_released(w->window, 0);
    ns_window_set_title(w->window, vz_string(w->title));
    ns_window_set_view(w->window, w->view);
    ns_window_set_delegate(w->window, w->delegate);
    ns_window_center(w->window);
    ns_window_show(w->window, NULL);
}

static void main_open(void *ctx)
{
    struct vz_window *w = ctx;
    void *pool = objc_autoreleasePoolPush();
    id app = ns_app(VZ_CLASS(NSApplication));

    w->delegate = objc_delegate_create(&delegate_class, w);
    ns_app_set_delegate(app, w->delegate);
    main_make_menu(app, w->delegate);
    main_make_view(w);
    main_make_window(w);
    ns_app_activate(app, 1);
    objc_autoreleasePoolPop(pool);
}

static void main_close(void *ctx)
{
    struct vz_window *w = ctx;
    void *pool = objc_autoreleasePoolPush();
    id app = ns_app(VZ_CLASS(NSApplication));

    ns_app_set_delegate(app, NULL);
    ns_app_set_menu(app, NULL); /* the delegate is its item's target */
    ns_window_set_delegate(w->window, NULL);
    vz_view_set_vm(w->view, NULL);
    ns_window_close(w->window);
    objc_release(w->window);
    objc_release(w->view);
    objc_release(w->delegate);
    objc_release(w->vm);
    vz_machine_unref(w->machine);
    free(w);
    objc_autoreleasePoolPop(pool);
}

/* --- for the loop thread --- */

static const struct gpu_config *shown_gpu(const struct vm_config *cfg)
{
    for (size_t i = 0; i < cfg->nr_devices; i++)
        if (cfg->devices[i].kind == DEVICE_GPU && cfg->devices[i].gpu.use_gui)
            return &cfg->devices[i].gpu;
    return NULL;
}

static void retain_vm(id vm, void *ctx)
{
    *(id *)ctx = objc_retain(vm);
}

int vz_window_open(const struct vm_config *cfg, struct vz_machine *machine, struct vz_window **ret,
                   struct err *err)
{
    const struct gpu_config *gpu = shown_gpu(cfg);
    struct vz_window *w;

    *ret = NULL;
    if (!cfg->gui || !gpu)
        return 0;
    if (!load_appkit())
        return err_set(err, -ENOTSUP, "--gui: AppKit cannot be loaded; leave the option out");
    w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(err, -ENOMEM, "out of memory");
    w->machine = vz_machine_ref(machine);
    vz_machine_do(machine, retain_vm, &w->vm);
    w->title = cfg->personality == PERSONALITY_VFKIT ? "vfkit" : "berth";
    w->width = gpu->width;
    w->height = gpu->height;
    dispatch_async_f(&_dispatch_main_q, w, main_open);
    *ret = w;
    return 0;
}

void vz_window_close(struct vz_window *w)
{
    if (w)
        dispatch_async_f(&_dispatch_main_q, w, main_close);
}

/* --- the main thread's own loop --- */

static void run(void)
{
    void *pool = objc_autoreleasePoolPush();

    if (load_appkit()) {
        id app = ns_app(VZ_CLASS(NSApplication));

        (void)ns_app_set_policy(app, POLICY_REGULAR);
        ns_app_set_icon(app, ns_image_named(VZ_CLASS(NSImage), vz_string("NSComputer")));
        ns_app_run(app);
    }
    objc_autoreleasePoolPop(pool);
}

/* -[NSApplication stop:] takes effect after the next event, so there has to be one. */
static void main_stop(void *ctx)
{
    void *pool = objc_autoreleasePoolPush();
    id app = ns_app(VZ_CLASS(NSApplication));
    id event = ns_event_other(VZ_CLASS(NSEvent), EVENT_APPLICATION_DEFINED, (struct ns_point){0}, 0,
                              0.0, 0, NULL, 0, 0, 0);

    ns_app_stop(app, NULL);
    ns_app_post(app, event, 1);
    objc_autoreleasePoolPop(pool);
}

static void stop(void)
{
    dispatch_async_f(&_dispatch_main_q, NULL, main_stop);
}

const struct vm_main *vz_main_for(const struct vm_config *cfg)
{
    static const struct vm_main appkit = {.run = run, .stop = stop};

    return cfg->gui && shown_gpu(cfg) ? &appkit : NULL;
}
