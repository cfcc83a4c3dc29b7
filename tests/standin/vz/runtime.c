/* SPDX-License-Identifier: Apache-2.0
 *
 * Classes, objects, messages, reference counts, pools, blocks. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"

enum { ALIVE = 0x4f424a43, MAX_ARGS = 9 };

struct standin_method {
    const char *selector;
    void (*imp)(void);
    struct standin_method *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* classes and selectors */
static Class classes;
_Atomic long live_objects;

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

static const char *name_of(SEL sel)
{
    return (const char *)sel;
}

/* --- classes --- */

static bool exists_here(const struct apple_class *c)
{
    return c->since <= scenario_macos() && !(c->arm64_only && scenario("INTEL"));
}

/* Lock held. */
static Class find_class(const char *name)
{
    Class c;

    for (c = classes; c && strcmp(c->name, name) != 0; c = c->next)
        ;
    if (c)
        return c;
    for (size_t i = 0; i < nr_apple_classes; i++) {
        const struct apple_class *a = &apple_classes[i];

        if (strcmp(a->name, name) != 0 || !exists_here(a))
            continue;
        c = calloc(1, sizeof(*c));
        if (!c)
            abort();
        *c = (struct objc_class){.name = a->name,
                                 .apple = a,
                                 .superclass = a->superclass ? find_class(a->superclass) : NULL};
        c->next = classes;
        classes = c;
    }
    return c;
}

Class objc_getClass(const char *name)
{
    Class c;

    (void)pthread_mutex_lock(&lock);
    c = scenario("NO_FRAMEWORK") && !strncmp(name, "VZ", 2) ? NULL : find_class(name);
    (void)pthread_mutex_unlock(&lock);
    return c;
}

Class objc_allocateClassPair(Class superclass, const char *name, size_t extra_bytes)
{
    Class c = calloc(1, sizeof(*c));

    if (!superclass || extra_bytes || objc_getClass(name))
        standin_fail("class %s cannot be made", name);
    if (c)
        *c = (struct objc_class){.name = name, .superclass = superclass};
    return c;
}

void objc_registerClassPair(Class c)
{
    (void)pthread_mutex_lock(&lock);
    c->next = classes;
    classes = c;
    (void)pthread_mutex_unlock(&lock);
}

Protocol *objc_getProtocol(const char *name)
{
    return (Protocol *)(void *)sel_registerName(name);
}

bool class_addProtocol(Class cls, Protocol *protocol)
{
    return cls && protocol;
}

bool class_addMethod(Class cls, SEL name, void (*imp)(void), const char *types)
{
    struct standin_method *m = calloc(1, sizeof(*m));

    if (!m || !types)
        return false;
    *m = (struct standin_method){.selector = name_of(name), .imp = imp, .next = cls->methods};
    cls->methods = m;
    return true;
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
    return obj->isa->name;
}

/* --- objects --- */

id class_createInstance(Class cls, size_t extra_bytes)
{
    id obj = calloc(1, sizeof(*obj) + extra_bytes);

    if (!obj)
        abort();
    *obj = (struct objc_object){.isa = cls, .refs = 1, .magic = ALIVE};
    (void)atomic_fetch_add(&live_objects, 1);
    return obj;
}

void *object_getIndexedIvars(id obj)
{
    return obj + 1;
}

id new_object(const char *cls)
{
    Class c = objc_getClass(cls);

    if (!c)
        standin_fail("no class %s here", cls);
    return class_createInstance(c, 0);
}

static void check_alive(id obj)
{
    if (obj->magic != ALIVE)
        standin_fail("an object is used after its end");
}

static bool is_class(id obj)
{
    return ((Class)(void *)obj)->isa == NULL;
}

id objc_retain(id obj)
{
    if (!obj || is_class(obj))
        return obj;
    check_alive(obj);
    (void)atomic_fetch_add(&obj->refs, 1);
    return obj;
}

static void free_object(id obj)
{
    if (obj->finish)
        obj->finish(obj);
    while (obj->properties) {
        struct property *p = obj->properties;

        obj->properties = p->next;
        objc_release(p->obj);
        free(p);
    }
    obj->magic = 0;
    (void)atomic_fetch_sub(&live_objects, 1);
    free(obj);
}

void objc_release(id obj)
{
    if (!obj || is_class(obj))
        return;
    check_alive(obj);
    if (atomic_fetch_sub(&obj->refs, 1) == 1)
        free_object(obj);
}

/* --- pools --- */

struct pooled {
    struct pooled *before;
    id obj; /* NULL: where a pool begins */
};
static _Thread_local struct pooled *pooled;

static void push(id obj)
{
    struct pooled *p = malloc(sizeof(*p));

    if (!p)
        abort();
    *p = (struct pooled){.before = pooled, .obj = obj};
    pooled = p;
}

id objc_autorelease(id obj)
{
    if (!obj)
        return NULL;
    if (!pooled)
        standin_fail("a %s is autoreleased without a pool: it would leak", class_name(obj));
    push(obj);
    return obj;
}

void *objc_autoreleasePoolPush(void)
{
    push(NULL);
    return pooled;
}

void objc_autoreleasePoolPop(void *pool)
{
    for (bool last = false; !last;) {
        struct pooled *p = pooled;

        if (!p)
            standin_fail("an autorelease pool is popped that is not on this thread");
        last = p == pool;
        pooled = p->before;
        objc_release(p->obj);
        free(p);
    }
}

/* --- properties --- */

static struct property *find_property(id self, const char *key)
{
    struct property *p;

    for (p = self->properties; p && strcmp(p->key, key) != 0; p = p->next)
        ;
    return p;
}

static struct property *make_property(id self, const char *key, char type)
{
    struct property *p = find_property(self, key), **end;

    if (p) {
        objc_release(p->obj);
        p->obj = NULL;
        p->type = type;
        return p;
    }
    p = calloc(1, sizeof(*p));
    if (!p)
        abort();
    p->key = name_of(sel_registerName(key));
    p->type = type;
    for (end = &self->properties; *end; end = &(*end)->next)
        ;
    *end = p;
    return p;
}

id get_object(id self, const char *key)
{
    const struct property *p = self ? find_property(self, key) : NULL;

    return p ? p->obj : NULL;
}

uint64_t get_number(id self, const char *key)
{
    const struct property *p = self ? find_property(self, key) : NULL;

    return p ? p->number : 0;
}

double get_real(id self, const char *key)
{
    const struct property *p = self ? find_property(self, key) : NULL;

    return p ? p->real : 0;
}

void put_object(id self, const char *key, id value)
{
    (void)objc_retain(value);
    make_property(self, key, '@')->obj = value;
}

void put_number(id self, const char *key, uint64_t value)
{
    make_property(self, key, 'Q')->number = value;
}

void put_real(id self, const char *key, double value)
{
    make_property(self, key, 'd')->real = value;
}

/* --- generic methods --- */

/* As wide as its type says: the rest of the register is not part of the argument. */
static uint64_t narrow(char type, uint64_t v)
{
    switch (type) {
    case 'B':
        return (v & 0xff) != 0;
    case 'I':
    case 'i':
        return (uint32_t)v;
    default:
        return v;
    }
}

static void put(id self, const char *key, char type, uint64_t v)
{
    if (type == '@')
        put_object(self, key, (id)(void *)(uintptr_t)v); /* NOLINT: an argument register */
    else
        put_number(self, key, narrow(type, v));
}

/* setFooBar: keeps fooBar; setMACAddress: keeps MACAddress. */
static void property_name(const char *selector, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s", selector + 3);
    ret[strlen(ret) - 1] = '\0';
    if (!(ret[1] >= 'A' && ret[1] <= 'Z'))
        ret[0] = (char)(ret[0] | 0x20);
}

static const struct apple_method *look_up(Class cls, char kind, const char *selector);

static const struct apple_method *method_of(id self, SEL cmd)
{
    return look_up(self->isa, '-', name_of(cmd));
}

static void generic_set(id self, SEL cmd, uint64_t value)
{
    char key[64];

    property_name(name_of(cmd), key, sizeof(key));
    put(self, key, method_of(self, cmd)->types[1], value);
}

static uint64_t generic_get(id self, SEL cmd)
{
    char type = method_of(self, cmd)->types[0];

    if (type == '@')
        return (uint64_t)(uintptr_t)get_object(self, name_of(cmd));
    return get_number(self, name_of(cmd));
}

/* Keeps each argument under its name; "-" is not kept. */
static id generic_init(id self, SEL cmd, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const struct apple_method *m = method_of(self, cmd);
    const uint64_t args[] = {a, b, c, d};
    const char *key = m->keys;
    char name[64];

    for (size_t i = 0; key && *key; i++) {
        size_t len = strcspn(key, " ");

        (void)snprintf(name, sizeof(name), "%.*s", (int)len, key);
        if (name[0] != '-')
            put(self, name, m->types[i + 1], args[i]);
        key += len + (key[len] == ' ');
    }
    return self;
}

/* --- messages --- */

static const struct apple_method *look_up(Class cls, char kind, const char *selector)
{
    for (Class c = cls; c; c = c->superclass)
        for (size_t i = 0; i < nr_apple_methods; i++)
            if (apple_methods[i].kind == kind && !strcmp(apple_methods[i].selector, selector) &&
                !strcmp(apple_methods[i].cls, c->name))
                return &apple_methods[i];
    return NULL;
}

void (*find_own_method(id obj, const char *selector))(void)
{
    for (Class c = obj ? obj->isa : NULL; c; c = c->superclass)
        for (const struct standin_method *m = c->methods; m; m = m->next)
            if (!strcmp(m->selector, selector))
                return m->imp;
    return NULL;
}

static void check_place(id self, const struct apple_method *m)
{
    if (m->rule == RULE_MAIN && !on_main_thread())
        standin_fail("-[%s %s] off the main thread", m->cls, m->selector);
    if (m->rule == RULE_QUEUE && self->queue && !on_queue(self->queue))
        standin_fail("-[%s %s] off the virtual machine's queue", m->cls, m->selector);
}

static void (*generic(const struct apple_method *m))(void)
{
    if (!strncmp(m->selector, "set", 3))
        return (void (*)(void))generic_set;
    if (!strncmp(m->selector, "init", 4))
        return (void (*)(void))generic_init;
    return (void (*)(void))generic_get;
}

/* Messages to nil do nothing and return zeros. */
static uint64_t nil_method(void)
{
    return 0;
}

void (*standin_find_method(id self, SEL cmd))(void);

void (*standin_find_method(id self, SEL cmd))(void)
{
    const char *selector = name_of(cmd);
    const struct apple_method *m;
    void (*own)(void);
    Class cls;
    char kind;

    if (!self)
        return (void (*)(void))nil_method;
    kind = is_class(self) ? '+' : '-';
    cls = is_class(self) ? (Class)(void *)self : self->isa;
    if (kind == '-') {
        check_alive(self);
        own = find_own_method(self, selector);
        if (own)
            return own;
    }
    m = look_up(cls, kind, selector);
    if (!m)
        standin_fail("%c[%s %s]: unrecognized selector", kind, cls->name, selector);
    if (m->since > scenario_macos())
        standin_fail("%c[%s %s] needs macOS %d.%d", kind, cls->name, selector, m->since / 100,
                     m->since % 100);
    if (kind == '-')
        check_place(self, m);
    return m->imp ? m->imp : generic(m);
}

/* --- blocks --- */

void *_NSConcreteStackBlock[32];
static void *malloc_block[32];

struct objc_block *block_copy(const struct objc_block *b)
{
    struct objc_block *copy;

    if (b->isa != _NSConcreteStackBlock || b->descriptor->size != sizeof(*b))
        standin_fail("a block of a layout that no compiler makes");
    copy = malloc(sizeof(*copy));
    if (!copy)
        abort();
    *copy = *b;
    copy->isa = malloc_block;
    return copy;
}

void block_call(struct objc_block *b, id error)
{
    if (strcmp(b->descriptor->signature, "v16@?0@8") != 0)
        standin_fail("a block of one argument is wanted, not %s", b->descriptor->signature);
    ((void (*)(struct objc_block *, id))b->invoke)(b, error);
    free(b);
}

void block_call_2(struct objc_block *b, id result, id error)
{
    if (strcmp(b->descriptor->signature, "v24@?0@8@16") != 0)
        standin_fail("a block of two arguments is wanted, not %s", b->descriptor->signature);
    ((void (*)(struct objc_block *, id, id))b->invoke)(b, result, error);
    free(b);
}
