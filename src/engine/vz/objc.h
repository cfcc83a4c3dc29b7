/* SPDX-License-Identifier: Apache-2.0
 *
 * What C needs of Apple's Objective-C runtime, dispatch queues and blocks, declared by ourselves:
 * no framework header is needed to compile this engine, on a Mac, for a Mac, or against a stand-in
 * on Linux. Names and layouts are Apple's: <objc/runtime.h>, <objc/message.h>,
 * <dispatch/dispatch.h> and the Block ABI (clang's "Block Implementation Specification"). Messages
 * go through calls.h, which gives each its type. Any thread. */
#ifndef BERTH_ENGINE_VZ_OBJC_H
#define BERTH_ENGINE_VZ_OBJC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- types, under Apple's names --- */

typedef struct objc_object *id;
typedef struct objc_class *Class;
typedef struct objc_selector *SEL;
typedef struct objc_protocol Protocol;
typedef long NSInteger;
typedef unsigned long NSUInteger;

/* BOOL is a character on Intel and a bool on Apple silicon; so is its encoding. */
#if defined(__x86_64__)
typedef signed char objc_bool;
#define OBJC_BOOL "c"
#else
typedef bool objc_bool;
#define OBJC_BOOL "B"
#endif

struct ns_point {
    double x, y;
};
struct ns_rect {
    double x, y, width, height;
};
struct ns_version { /* NSOperatingSystemVersion */
    NSInteger major, minor, patch;
};

/* --- runtime (libobjc, macOS 10.9 and later) --- */

/* Never called as it stands: Apple's arm64 passes variadic arguments differently. calls.h casts it.
 */
extern void objc_msgSend(void);

Class objc_getClass(const char *name); /* NULL: no such class here */
SEL sel_registerName(const char *name);
Protocol *
objc_getProtocol(const char *name); /* NULL: not known to the runtime; classes need not adopt it */
Class objc_allocateClassPair(Class superclass, const char *name, size_t extra_bytes);
void objc_registerClassPair(Class cls);
bool class_addProtocol(Class cls, Protocol *protocol);
bool class_addMethod(Class cls, SEL name, void (*imp)(void), const char *types);
id class_createInstance(Class cls, size_t extra_bytes); /* +1 */
void *object_getIndexedIvars(id obj);                   /* the extra bytes */
id objc_retain(id obj);
void objc_release(id obj);   /* NULL is fine, here and below */
id objc_autorelease(id obj); /* released when the innermost pool is popped */
void *objc_autoreleasePoolPush(void);
void objc_autoreleasePoolPop(void *pool);

/* --- dispatch queues (libSystem) --- */

typedef struct dispatch_queue_s *dispatch_queue_t;
typedef void (*dispatch_function_t)(void *ctx);

extern struct dispatch_queue_s _dispatch_main_q; /* served by the thread in -[NSApplication run] */

dispatch_queue_t dispatch_queue_create(const char *label, void *attr); /* attr NULL: serial */
void dispatch_async_f(dispatch_queue_t queue, void *ctx, dispatch_function_t work);
void dispatch_sync_f(dispatch_queue_t queue, void *ctx,
                     dispatch_function_t work); /* never from `queue` itself */
void dispatch_release(void *object);

/* --- blocks --- */

/* A block that carries one pointer. The layout is what a compiler makes of ^(…){ … ctx … };
 * `invoke` gets the block as its first argument. Lives on the caller's stack: whoever keeps it
 * copies it. */
struct objc_block_descriptor {
    unsigned long reserved, size;
    const char *signature;
};
struct objc_block {
    void *isa;
    int flags, reserved;
    void (*invoke)(void);
    const struct objc_block_descriptor *descriptor;
    void *ctx;
};
enum { OBJC_BLOCK_HAS_SIGNATURE = 1 << 30 };

extern void *_NSConcreteStackBlock[32];

/* The block for a handler of one argument, ^(NSError *), or of two, ^(id, NSError *). */
struct objc_block objc_block_1(void (*fn)(struct objc_block *b, id error), void *ctx);
struct objc_block objc_block_2(void (*fn)(struct objc_block *b, id result, id error), void *ctx);

/* --- small things made of the above --- */

/* A class of ours: NSObject with room for one pointer, adopting `protocol` if the runtime knows it.
 */
struct objc_method {
    const char *selector;
    void (*imp)(void);
    const char *types;
};
struct objc_class_spec {
    const char *name, *protocol; /* protocol NULL: none */
    const struct objc_method *methods;
    size_t nr_methods;
};
/* An instance whose pointer is `ctx`, +1; its class is registered the first time. NULL: out of
 * memory. */
id objc_delegate_create(const struct objc_class_spec *spec, void *ctx);
void *objc_delegate_ctx(id delegate);
void objc_delegate_set_ctx(id delegate, void *ctx);

#endif
