/* SPDX-License-Identifier: Apache-2.0
 *
 * Apple's interfaces as data, written from the declarations in Apple's headers (macOS 11 to 15
 * SDKs), apart from the engine's own list: test_table.c compares the two. What no header of ours
 * mentions does not exist here.
 *
 * A signature is words, the result first. Objects: `NSURL*`, and `NSURL*?` where nil may be passed
 * or come back; `instancetype`; `instancetype?` for an initializer that can fail; `NSArray<C>*`
 * checks the elements; `id<P>?` is any object. Enumerations go by their own names (table_enums).
 * `^error` is a block of an NSError, `^object` one of an object and an NSError. */
#ifndef BERTH_TESTS_STANDIN_VZ_TABLE_H
#define BERTH_TESTS_STANDIN_VZ_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    ARM64_ONLY = 1,
    NO_INIT = 2
}; /* only in that half of the framework; `init` is NS_UNAVAILABLE */

struct apple_class {
    const char *name, *superclass;
    int since; /* 1203: macOS 12.3; 1100: that or older */
    unsigned flags;
};

/* Where a message may be sent: anywhere, on the VM's queue, on the main thread. */
enum apple_place { ANYWHERE, ON_QUEUE, ON_MAIN };

/* READONLY has no setter; the others say how the value is kept. */
enum apple_property_kind { READONLY, ASSIGN, STRONG, COPY, WEAK };

struct apple_property {
    const char *cls, *name, *type;
    int since;
    enum apple_property_kind kind;
    enum apple_place place;
    const char *getter; /* NULL: the name itself */
};

struct apple_method {
    const char *cls;
    char kind; /* '+' or '-' */
    const char *selector, *signature;
    int since;
    enum apple_place place;
    void (*imp)(void); /* NULL: generic */
    const char *keys;  /* under which names a generic initializer keeps its arguments; "-": not */
    const struct apple_property *property; /* this is its setter or getter */
};

/* Methods that Apple's objects call on a program's. */
struct apple_callback {
    const char *protocol, *selector, *types; /* the runtime's encoding, B for BOOL */
    int since;
};

struct apple_enum {
    const char *name;
    bool is_unsigned;
    long min, max;
};

struct apple_table {
    const struct apple_class *classes;
    size_t nr_classes;
    const struct apple_property *properties;
    size_t nr_properties;
    const struct apple_method *methods;
    size_t nr_methods;
};
extern const struct apple_table table_foundation, table_appkit, table_machine, table_devices;

extern const struct apple_callback table_callbacks[];
extern const size_t nr_table_callbacks;
extern const struct apple_enum table_enums[];
extern const size_t nr_table_enums;

/* NULL: no such thing, whatever the version of macOS. `declared`: by `cls` itself; otherwise
 * inherited counts too. */
const struct apple_class *table_class(const char *name);
const struct apple_method *table_method(const char *cls, char kind, const char *selector,
                                        bool declared);
const struct apple_enum *table_enum(const char *name, size_t len);

/* The next word of a signature, without '?'; false at its end. */
struct table_word {
    const char *text;
    size_t len;
    bool nullable;
};
bool table_next_word(const char **signature, struct table_word *ret);

#endif
