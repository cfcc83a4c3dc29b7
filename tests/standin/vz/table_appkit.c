/* SPDX-License-Identifier: Apache-2.0
 *
 * NSApplication.h, NSEvent.h, NSImage.h, NSMenu.h, NSMenuItem.h, NSView.h, NSWindow.h and
 * VZVirtualMachineView.h: all of it is the main thread's, but for what AppKit calls safe elsewhere.
 */
#include "base/compiler.h"
#include "methods.h"
#include "table.h"

/* clang-format off */
#define F(f) (void (*)(void))(f)

static const struct apple_class classes[] = {
    {"NSApplication", "NSObject", 1100, NO_INIT},
    {"NSEvent", "NSObject", 1100, NO_INIT},
    {"NSImage", "NSObject", 1100, 0},
    {"NSMenu", "NSObject", 1100, 0},
    {"NSMenuItem", "NSObject", 1100, 0},
    {"NSView", "NSObject", 1100, 0},
    {"NSWindow", "NSObject", 1100, 0},
    {"VZVirtualMachineView", "NSView", 1200, 0},
};

static const struct apple_property properties[] = {
    {"NSApplication", "delegate", "id<NSApplicationDelegate>?", 1100, WEAK, ON_MAIN, NULL},
    {"NSApplication", "mainMenu", "NSMenu*?", 1100, STRONG, ON_MAIN, NULL},
    {"NSApplication", "applicationIconImage", "NSImage*?", 1100, STRONG, ON_MAIN, NULL},
    {"NSMenuItem", "target", "id?", 1100, WEAK, ON_MAIN, NULL},
    {"NSMenuItem", "submenu", "NSMenu*?", 1100, STRONG, ON_MAIN, NULL},
    {"NSWindow", "title", "NSString*", 1100, COPY, ON_MAIN, NULL},
    {"NSWindow", "contentView", "NSView*?", 1100, STRONG, ON_MAIN, NULL},
    {"NSWindow", "delegate", "id<NSWindowDelegate>?", 1100, WEAK, ON_MAIN, NULL},
    {"NSWindow", "releasedWhenClosed", "BOOL", 1100, ASSIGN, ON_MAIN, "isReleasedWhenClosed"},
    {"VZVirtualMachineView", "virtualMachine", "VZVirtualMachine*?", 1200, STRONG, ON_MAIN, NULL},
    {"VZVirtualMachineView", "capturesSystemKeys", "BOOL", 1200, ASSIGN, ON_MAIN, NULL},
    {"VZVirtualMachineView", "automaticallyReconfiguresDisplay", "BOOL", 1400, ASSIGN, ON_MAIN, NULL},
};

static const struct apple_method methods[] = {
    {"NSApplication", '+', "sharedApplication", "NSApplication*", 1100, ON_MAIN, F(app_shared), NULL, NULL},
    {"NSApplication", '-', "setActivationPolicy:", "BOOL NSApplicationActivationPolicy", 1100, ON_MAIN,
     F(app_set_policy), NULL, NULL},
    {"NSApplication", '-', "activateIgnoringOtherApps:", "void BOOL", 1100, ON_MAIN, F(app_activate), NULL, NULL},
    {"NSApplication", '-', "run", "void", 1100, ON_MAIN, F(app_run), NULL, NULL},
    {"NSApplication", '-', "stop:", "void id?", 1100, ON_MAIN, F(app_stop), NULL, NULL},
    {"NSApplication", '-', "postEvent:atStart:", "void NSEvent* BOOL", 1100, ANYWHERE, F(app_post), NULL, NULL},
    {"NSEvent", '+', "otherEventWithType:location:modifierFlags:timestamp:windowNumber:context:subtype:data1:data2:",
     "NSEvent*? NSEventType NSPoint NSEventModifierFlags double NSInteger id? short NSInteger NSInteger", 1100, ANYWHERE,
     F(event_other), NULL, NULL},
    {"NSImage", '+', "imageNamed:", "NSImage*? NSString*", 1100, ANYWHERE, F(image_named), NULL, NULL},
    {"NSMenu", '-', "initWithTitle:", "instancetype NSString*", 1100, ON_MAIN, NULL, "title", NULL},
    {"NSMenu", '-', "addItem:", "void NSMenuItem*", 1100, ON_MAIN, F(menu_add), NULL, NULL},
    {"NSMenuItem", '-', "initWithTitle:action:keyEquivalent:", "instancetype NSString* SEL? NSString*", 1100, ON_MAIN,
     NULL, "title - keyEquivalent", NULL},
    {"NSWindow", '-', "initWithContentRect:styleMask:backing:defer:",
     "instancetype NSRect NSWindowStyleMask NSBackingStoreType BOOL", 1100, ON_MAIN, F(window_init), NULL, NULL},
    {"NSWindow", '-', "center", "void", 1100, ON_MAIN, F(window_center), NULL, NULL},
    {"NSWindow", '-', "makeKeyAndOrderFront:", "void id?", 1100, ON_MAIN, F(window_show), NULL, NULL},
    {"NSWindow", '-', "close", "void", 1100, ON_MAIN, F(window_close), NULL, NULL},
};

const struct apple_table table_appkit = {classes, ARRAY_LEN(classes), properties, ARRAY_LEN(properties), methods,
                                         ARRAY_LEN(methods)};
