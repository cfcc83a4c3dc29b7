/* SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for Apple's Objective-C runtime, dispatch queues and Virtualization.framework, so that
 * engine/vz runs on Linux unchanged. It is strict where macOS is lenient: an unknown selector, a
 * call on the wrong thread or queue, one that the pretended macOS does not have yet, an object used
 * after its end: each aborts with a line that says so.
 *
 * An object is a bag of named properties; setters and most initializers are generic, driven by
 * apple.c. */
#ifndef BERTH_TESTS_STANDIN_VZ_H
#define BERTH_TESTS_STANDIN_VZ_H

#include <stdint.h>
#include <stdio.h>

#include "base/compiler.h"
#include "engine/vz/objc.h"

NORETURN void standin_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* --- what this run pretends (scenario.c): environment variables, read once --- */

int scenario_macos(void);               /* BERTH_STANDIN_MACOS=13.6; default 15.0 */
const char *scenario(const char *name); /* BERTH_STANDIN_<name>, or NULL */
NSInteger scenario_number(const char *name, NSInteger otherwise);

/* --- apple.c: the interfaces, as Apple's headers have them --- */

enum {
    RULE_NONE,
    RULE_QUEUE,
    RULE_MAIN
}; /* where a message may be sent: anywhere, the VM's queue, the main thread */

struct apple_class {
    const char *name, *superclass;
    int since;
    bool arm64_only;
};
/* Types of result and arguments, one character each: v void, @ object, B BOOL, q NSInteger, Q
 * NSUInteger or uint64_t, I uint32_t, i int, s short, d double, * C string, ^ pointer, E NSError
 * **, : selector, ? block, D queue, r rectangle, p point, V version. `keys`: under which names a
 * generic initializer keeps its arguments. */
struct apple_method {
    const char *cls;
    char kind; /* '+' or '-' */
    const char *selector, *types;
    int since, rule;
    void (*imp)(void); /* NULL: generic, by the name: a setter, a getter, an initializer */
    const char *keys;
};

extern const struct apple_class apple_classes[];
extern const size_t nr_apple_classes;
extern const struct apple_method apple_methods[];
extern const size_t nr_apple_methods;

/* --- runtime.c --- */

struct property {
    struct property *next;
    const char *key;
    char type; /* '@', 'Q' for every number but 'd' */
    id obj;
    uint64_t number;
    double real;
};

struct objc_class {
    Class isa; /* NULL: this is a class */
    Class superclass;
    const char *name;
    const struct apple_class *apple; /* NULL: the program's own */
    struct standin_method *methods;  /* the program's own */
    Class next;
};
struct objc_object {
    Class isa;
    _Atomic int refs;
    struct property *properties;
    void (*finish)(id self); /* before the properties go; may be NULL */
    void *impl;              /* the stand-in's */
    dispatch_queue_t queue;  /* where it may be used; NULL: anywhere */
    uint64_t magic;
};

bool is_kind_of(id obj, const char *cls);
const char *class_name(id obj);
id new_object(const char *cls); /* +1 */
id get_object(id self, const char *key);
uint64_t get_number(id self, const char *key);
double get_real(id self, const char *key);
void put_object(id self, const char *key, id value); /* retained */
void put_number(id self, const char *key, uint64_t value);
void put_real(id self, const char *key, double value);
/* Whether a program's class has the method, and it. */
void (*find_own_method(id obj, const char *selector))(void);

extern _Atomic long live_objects;

struct objc_block *block_copy(const struct objc_block *b);
void block_call(struct objc_block *b, id error); /* and releases it */
void block_call_2(struct objc_block *b, id result, id error);

/* --- foundation.c --- */

id string_of(const char *utf8); /* autoreleased */
const char *utf8_of(id string);
const char *path_of(id url);
int fd_of(id handle);
size_t count_of(id array);
id element(id array, size_t i);
id error_of(const char *domain, NSInteger code, const char *description,
            const char *reason); /* autoreleased */
/* *ret = error, if anybody wants to know. */
void give_error(id *ret, id error);

/* --- dispatch.c --- */

bool on_queue(dispatch_queue_t q);
bool on_main_thread(void);
void main_queue_serve(void); /* main thread: runs what is queued until main_queue_leave */
void main_queue_leave(void);

/* --- dump.c --- */

void dump_object(FILE *out, id obj); /* JSON */

#endif
