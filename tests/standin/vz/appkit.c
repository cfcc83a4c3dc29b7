/* SPDX-License-Identifier: Apache-2.0
 *
 * AppKit without a screen: -run serves the main queue; what the user does comes from the scenario.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "methods.h"

static id app;         /* lives as long as the process */
static bool stopped;   /* -stop: was sent; an event makes -run look at it */
static id open_window; /* +1 */

id app_shared(id cls, SEL cmd)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    (void)pthread_mutex_lock(&lock);
    if (!app) {
        app = new_object("NSApplication");
        app->immortal = true;
        account_add(ACCOUNT_OBJECTS, -1);
    }
    (void)pthread_mutex_unlock(&lock);
    return app;
}

objc_bool app_set_policy(id self, SEL cmd, NSInteger policy)
{
    put_number(self, "activationPolicy", (uint64_t)policy);
    return 1;
}

void app_activate(id self, SEL cmd, objc_bool on)
{
    if (get_number(self, "activationPolicy") != 0)
        standin_fail("an application without a Dock icon is activated");
}

void app_run(id self, SEL cmd)
{
    main_queue_serve();
    put_object(self, "mainMenu", NULL);
    put_object(self, "applicationIconImage", NULL);
}

void app_stop(id self, SEL cmd, id sender)
{
    stopped = true;
}

void app_post(id self, SEL cmd, id event, objc_bool at_start)
{
    if (stopped)
        main_queue_leave();
}

id event_other(id cls, SEL cmd, NSUInteger type, struct ns_point at, NSUInteger flags, double time,
               NSInteger window, id ctx, short subtype, NSInteger data1, NSInteger data2)
{
    if (type != 15 || at.x != 0.0 || at.y != 0.0 || data2 != 0)
        standin_fail("an event of type %lu (%g, %g) %ld", type, at.x, at.y, data2);
    return objc_autorelease(new_object("NSEvent"));
}

id image_named(id cls, SEL cmd, id name)
{
    return objc_autorelease(new_object("NSImage"));
}

id window_init(id self, SEL cmd, struct ns_rect frame, NSUInteger style, NSUInteger backing,
               objc_bool defer)
{
    put_number(self, "width", (uint64_t)frame.width);
    put_number(self, "height", (uint64_t)frame.height);
    put_number(self, "styleMask", style);
    return self;
}

void window_center(id self, SEL cmd)
{
}

static id delegate_of(id obj)
{
    return get_object(obj, "delegate");
}

/* The user's hand: closes the window, quits from the Dock, or takes the menu's item. */
static void act(void *arg)
{
    const char *what = scenario("USER");
    id delegate = open_window ? delegate_of(open_window) : NULL;

    if (!delegate || !what)
        return;
    if (!strcmp(what, "close"))
        (void)((objc_bool(*)(id, SEL, id))own_method(delegate, "windowShouldClose:"))(
            delegate, sel_registerName("windowShouldClose:"), open_window);
    else if (!strcmp(what, "quit"))
        (void)((NSUInteger(*)(id, SEL, id))own_method(delegate_of(app),
                                                      "applicationShouldTerminate:"))(
            delegate, sel_registerName("applicationShouldTerminate:"), app);
    else
        ((void (*)(id, SEL, id))own_method(delegate, "stopVirtualMachine:"))(
            delegate, sel_registerName("stopVirtualMachine:"), NULL);
}

/* When the test opens the named pipe, or else after a while. */
static void *act_later(void *arg)
{
    const char *pipe = scenario("USER_PIPE");

    if (pipe)
        (void)close(open(pipe, O_RDONLY | O_CLOEXEC));
    else
        (void)usleep((unsigned)scenario_number("USER_MS", 300) * 1000);
    dispatch_async_f(&_dispatch_main_q, NULL, act);
    return NULL;
}

void window_show(id self, SEL cmd, id sender)
{
    id view = get_object(self, "contentView");
    const char *path = scenario("DUMP_WINDOW");
    FILE *out = path ? fopen(path, "w") : NULL;
    pthread_t thread;

    if (!is_kind_of(view, "VZVirtualMachineView") || !get_object(view, "virtualMachine"))
        standin_fail("a window that shows no virtual machine");
    if (out) {
        (void)fprintf(out, "%s %llux%llu\n", utf8_of(get_object(self, "title")),
                      (unsigned long long)get_number(self, "width"),
                      (unsigned long long)get_number(self, "height"));
        (void)fclose(out);
    }
    open_window = objc_retain(self);
    if (scenario("USER") && pthread_create(&thread, NULL, act_later, NULL) == 0)
        (void)pthread_detach(thread);
}

void window_close(id self, SEL cmd)
{
    objc_release(open_window);
    open_window = NULL;
}

void menu_add(id self, SEL cmd, id item)
{
    char key[24];

    put_number(self, ".items", get_number(self, ".items") + 1);
    (void)snprintf(key, sizeof(key), "item %llu", (unsigned long long)get_number(self, ".items"));
    put_object(self, key, item);
}
