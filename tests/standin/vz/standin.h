/* SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for Apple's Objective-C runtime, dispatch queues and Virtualization.framework, so that
 * engine/vz runs on Linux unchanged. It is strict where macOS is lenient: whatever breaks a rule of
 * Apple's, or leaks, ends the process with a line that says so.
 *
 * An object is a bag of named properties; accessors and most initializers are generic, driven by
 * table.h. */
#ifndef BERTH_TESTS_STANDIN_VZ_H
#define BERTH_TESTS_STANDIN_VZ_H

#include <stdint.h>
#include <stdio.h>

#include "base/compiler.h"
#include "engine/vz/objc.h"

NORETURN void standin_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* --- scenario.c: what this run pretends --- */

int scenario_macos(void);               /* BERTH_STANDIN_MACOS=13.6; default 15.0 */
const char *scenario(const char *name); /* BERTH_STANDIN_<name>, or NULL */
NSInteger scenario_number(const char *name, NSInteger otherwise);

/* --- moment.c --- */

void moment(void); /* something of Apple's is about to happen */

/* --- account.c: what has to be gone when the process ends --- */

enum account { ACCOUNT_OBJECTS, ACCOUNT_BLOCKS, ACCOUNT_QUEUES, NR_ACCOUNTS };
void account_add(enum account what, int n);
void account_check(void); /* waits a moment for what is just ending; fails for the rest */

/* --- class.c --- */

struct own_method { /* of a class of the program's */
    const char *selector;
    void (*imp)(void);
    struct own_method *next;
};
struct objc_class {
    Class isa; /* NULL: this is a class */
    Class superclass;
    const char *name;
    bool registered;
    const struct apple_class *apple; /* NULL: the program's own */
    struct own_method *methods;
    Class next;
};

bool is_kind_of(id obj, const char *cls);
bool is_class(id obj);
const char *class_name(id obj);
const char *selector_name(SEL sel);
/* What a class of the program's does for the selector; NULL: nothing. */
void (*own_method(id obj, const char *selector))(void);

/* --- object.c --- */

struct property {
    struct property *next;
    const char *key;
    char type; /* '@' an object, 'w' one that is not retained, 'Q' a number, 'd' a double */
    id obj;
    uint64_t number;
    double real;
};

struct objc_object {
    Class isa;
    uint64_t magic;
    _Atomic int refs, weak_refs;
    bool is_init, frozen, immortal;
    struct property *properties;
    void (*finish)(id self); /* before the properties go; may be NULL */
    void *impl;              /* the stand-in's */
    dispatch_queue_t queue;  /* where it may be used; NULL: anywhere */
    id next, *link;          /* of all living objects; when dead, of the dead */
};

id new_object(const char *cls); /* +1 */
void check_alive(id obj);
id object_try_retain(id obj);  /* NULL: it is going, or gone */
void objects_print(FILE *out); /* what is alive, by class */

id get_object(id self, const char *key);
uint64_t get_number(id self, const char *key);
double get_real(id self, const char *key);
void put_object(id self, const char *key, id value); /* retained */
void put_weak(id self, const char *key, id value);   /* must not die while it is here */
void put_number(id self, const char *key, uint64_t value);
void put_real(id self, const char *key, double value);

/* Keys that begin with a dot are the stand-in's own, and not dumped. From now on the object, and
 * what it refers to, must not be changed. */
void freeze(id obj);
/* How often anything that a configuration may hold was changed so far. Lists are copied, so theirs
 * do not count. */
uint64_t changes(void);
void note_change(id self); /* fails if it is frozen */

/* --- block.c --- */

struct objc_block *block_copy(const struct objc_block *b);
void block_check(const struct objc_block *b, const char *signature);
extern const char block_of_error[], block_of_object[]; /* their signatures */
void block_call(struct objc_block *b, id error);       /* and releases it */
void block_call_2(struct objc_block *b, id result, id error);
void block_release(struct objc_block *b); /* without a call */

/* --- foundation.c --- */

id string_of(const char *utf8); /* autoreleased */
const char *utf8_of(id string);
const char *path_of(id url);
int fd_of(id handle);
id array_of(id other); /* autoreleased, immutable; NULL: empty */
void array_add(id array, id obj);
size_t count_of(id array);
id element(id array, size_t i);
id error_of(const char *domain, NSInteger code, const char *description,
            const char *reason); /* autoreleased; reason may be NULL */
/* *ret = error, if anybody wants to know. */
void give_error(id *ret, id error);

/* --- dispatch.c --- */

void dispatch_retain(void *object);
bool on_queue(dispatch_queue_t q);
bool on_main_thread(void);
void main_queue_serve(void); /* main thread: runs what is queued until main_queue_leave */
void main_queue_leave(void);

/* --- dump.c --- */

void dump_object(FILE *out, id obj); /* JSON */

#endif
