/* SPDX-License-Identifier: Apache-2.0
 *
 * Selectors, classes of Apple's and of the program's, protocols. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"
#include "table.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards selectors and classes */
static Class classes;

/* --- selectors: interned strings --- */

struct interned {
    struct interned *next;
    char text[];
};
static struct interned *selectors;

SEL sel_registerName(const char *name)
{
    struct interned *s;

    (void)pthread_mutex_lock(&lock);
    for (s = selectors; s && strcmp(s->text, name) != 0; s = s->next)
        ;
    if (!s) {
        s = malloc(sizeof(*s) + strlen(name) + 1);
        if (!s)
            abort();
        (void)strcpy(s->text, name);
        s->next = selectors;
        selectors = s;
    }
    (void)pthread_mutex_unlock(&lock);
    return (SEL)(void *)s->text;
}

const char *selector_name(SEL sel)
{
    return (const char *)sel;
}

/* --- classes --- */

static bool exists_here(const struct apple_class *c)
{
    if (scenario("NO_FRAMEWORK") && !strncmp(c->name, "VZ", 2))
        return false;
    return c->since <= scenario_macos() && !(c->flags & ARM64_ONLY && scenario("INTEL"));
}

static Class make_class(const char *name, Class superclass, const struct apple_class *apple)
{
    Class c = calloc(1, sizeof(*c));

    if (!c)
        abort();
    *c = (struct objc_class){
        .name = name, .superclass = superclass, .apple = apple, .registered = apple};
    return c;
}

/* Lock held. */
static Class find_class(const char *name)
{
    const struct apple_class *a = table_class(name);
    Class c;

    for (c = classes; c && strcmp(c->name, name) != 0; c = c->next)
        ;
    if (c || !a || !exists_here(a))
        return c;
    c = make_class(a->name, a->superclass ? find_class(a->superclass) : NULL, a);
    c->next = classes;
    classes = c;
    return c;
}

Class objc_getClass(const char *name)
{
    Class c;

    (void)pthread_mutex_lock(&lock);
    c = find_class(name);
    (void)pthread_mutex_unlock(&lock);
    return c;
}

bool is_class(id obj)
{
    return obj->isa == NULL;
}

bool is_kind_of(id obj, const char *cls)
{
    for (Class c = obj ? obj->isa : NULL; c; c = c->superclass)
        if (!strcmp(c->name, cls))
            return true;
    return false;
}

const char *class_name(id obj)
{
    return is_class(obj) ? ((Class)(void *)obj)->name : obj->isa->name;
}

/* --- the program's classes --- */

Class objc_allocateClassPair(Class superclass, const char *name, size_t extra_bytes)
{
    if (!superclass)
        standin_fail("class %s has no superclass", name);
    if (extra_bytes)
        standin_fail("class %s: extra bytes of a class itself are not known here", name);
    return objc_getClass(name) ? NULL : make_class(name, superclass, NULL);
}

void objc_registerClassPair(Class c)
{
    if (c->registered)
        standin_fail("class %s is registered twice", c->name);
    (void)pthread_mutex_lock(&lock);
    c->registered = true;
    c->next = classes;
    classes = c;
    (void)pthread_mutex_unlock(&lock);
}

/* Apple's encoding of BOOL is the host's. */
static bool same_encoding(const char *table, const char *given)
{
    for (; *table && *given; table++, given++)
        if (*given != (*table == 'B' ? OBJC_BOOL[0] : *table))
            return false;
    return *table == *given;
}

static void check_callback(Class c, const char *selector, const char *types)
{
    for (size_t i = 0; i < nr_table_callbacks; i++) {
        const struct apple_callback *b = &table_callbacks[i];

        if (!strcmp(b->selector, selector) && !same_encoding(b->types, types))
            standin_fail("class %s: %s of %s is encoded as %s, not %s", c->name, selector,
                         b->protocol, b->types, types);
    }
}

bool class_addMethod(Class c, SEL name, void (*imp)(void), const char *types)
{
    struct own_method *m = calloc(1, sizeof(*m));

    if (!m)
        abort();
    if (c->apple)
        standin_fail("a method is added to Apple's class %s", c->name);
    check_callback(c, selector_name(name), types);
    *m = (struct own_method){.selector = selector_name(name), .imp = imp, .next = c->methods};
    c->methods = m;
    return true;
}

void (*own_method(id obj, const char *selector))(void)
{
    for (Class c = obj ? obj->isa : NULL; c; c = c->superclass)
        for (const struct own_method *m = c->methods; m; m = m->next)
            if (!strcmp(m->selector, selector))
                return m->imp;
    return NULL;
}

/* --- protocols: their names --- */

Protocol *objc_getProtocol(const char *name)
{
    for (size_t i = 0; i < nr_table_callbacks; i++)
        if (!strcmp(table_callbacks[i].protocol, name) &&
            table_callbacks[i].since <= scenario_macos())
            return (Protocol *)(void *)sel_registerName(name);
    return NULL;
}

bool class_addProtocol(Class c, Protocol *protocol)
{
    if (c->registered || !protocol)
        standin_fail("class %s adopts a protocol %s", c->name,
                     protocol ? "too late" : "that is NULL");
    return true;
}
