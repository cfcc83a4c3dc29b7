/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects, their reference counts and properties, autorelease pools. The dead stay in memory, so
 * that their use is always noticed. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"

enum { ALIVE = 0x4f424a43, DEAD = 0x44454144 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the two lists */
static id alive, dead;
static _Atomic uint64_t nr_changes;

/* --- birth and end --- */

id class_createInstance(Class cls, size_t extra_bytes)
{
    id obj = calloc(1, sizeof(*obj) + extra_bytes);

    if (!obj)
        abort();
    if (!cls || !cls->registered)
        standin_fail("an instance of %s", cls ? "a class that is not registered" : "no class");
    obj->isa = cls;
    obj->refs = 1;
    obj->magic = ALIVE;
    obj->is_init = true;
    (void)pthread_mutex_lock(&lock);
    obj->next = alive;
    obj->link = &alive;
    if (alive)
        alive->link = &obj->next;
    alive = obj;
    (void)pthread_mutex_unlock(&lock);
    account_add(ACCOUNT_OBJECTS, 1);
    return obj;
}

void *object_getIndexedIvars(id obj)
{
    check_alive(obj);
    return obj + 1;
}

id new_object(const char *cls)
{
    return class_createInstance(objc_getClass(cls), 0);
}

void check_alive(id obj)
{
    if (obj->magic != ALIVE)
        standin_fail("a %s is used after its end",
                     obj->magic == DEAD ? class_name(obj) : "thing that is no object");
}

void objects_print(FILE *out)
{
    unsigned left = 20;

    (void)pthread_mutex_lock(&lock);
    for (id obj = alive; obj && left; obj = obj->next)
        if (!obj->immortal && left--)
            (void)fprintf(out, "vz stand-in:   a %s with %d references\n", class_name(obj),
                          obj->refs);
    (void)pthread_mutex_unlock(&lock);
}

static void drop(struct property *p)
{
    if (p->type == 'w' && p->obj)
        (void)atomic_fetch_sub(&p->obj->weak_refs, 1);
    else
        objc_release(p->obj);
    p->obj = NULL;
}

static void bury(id obj)
{
    (void)pthread_mutex_lock(&lock);
    *obj->link = obj->next;
    if (obj->next)
        obj->next->link = obj->link;
    obj->magic = DEAD;
    obj->next = dead;
    dead = obj;
    (void)pthread_mutex_unlock(&lock);
    account_add(ACCOUNT_OBJECTS, -1);
}

static void end_object(id obj)
{
    if (obj->immortal)
        standin_fail("the %s is released once too often", class_name(obj));
    if (obj->weak_refs)
        standin_fail("a %s is gone while it is still a delegate or target", class_name(obj));
    if (obj->finish)
        obj->finish(obj);
    while (obj->properties) {
        struct property *p = obj->properties;

        obj->properties = p->next;
        drop(p);
        free(p);
    }
    bury(obj);
}

id objc_retain(id obj)
{
    if (!obj || is_class(obj))
        return obj;
    check_alive(obj);
    if (atomic_fetch_add(&obj->refs, 1) < 1)
        standin_fail("a %s is retained while it is going", class_name(obj));
    return obj;
}

id object_try_retain(id obj)
{
    int refs = atomic_load(&obj->refs);

    while (refs > 0 && !atomic_compare_exchange_weak(&obj->refs, &refs, refs + 1))
        ;
    return refs > 0 ? obj : NULL;
}

void objc_release(id obj)
{
    if (!obj || is_class(obj))
        return;
    check_alive(obj);
    if (atomic_fetch_sub(&obj->refs, 1) == 1)
        end_object(obj);
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
    if (!obj || is_class(obj))
        return obj;
    check_alive(obj);
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

static struct property *make_property(id self, const char *key)
{
    struct property *p = find_property(self, key), **end;

    if (p)
        return p;
    p = calloc(1, sizeof(*p));
    if (!p)
        abort();
    p->key = selector_name(sel_registerName(key));
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
    struct property *p = make_property(self, key);

    (void)objc_retain(value);
    drop(p);
    p->type = '@';
    p->obj = value;
}

void put_weak(id self, const char *key, id value)
{
    struct property *p = make_property(self, key);

    if (value)
        (void)atomic_fetch_add(&value->weak_refs, 1);
    drop(p);
    p->type = 'w';
    p->obj = value;
}

void put_number(id self, const char *key, uint64_t value)
{
    struct property *p = make_property(self, key);

    p->type = 'Q';
    p->number = value;
}

void put_real(id self, const char *key, double value)
{
    struct property *p = make_property(self, key);

    p->type = 'd';
    p->real = value;
}

/* --- change --- */

uint64_t changes(void)
{
    return atomic_load(&nr_changes);
}

void note_change(id self)
{
    if (self->frozen)
        standin_fail("a %s is changed after a virtual machine was made of it", class_name(self));
    if (!strncmp(class_name(self), "VZ", 2) && !is_kind_of(self, "NSView"))
        (void)atomic_fetch_add(&nr_changes, 1);
}

void freeze(id obj)
{
    if (!obj || obj->frozen)
        return;
    obj->frozen = true;
    for (const struct property *p = obj->properties; p; p = p->next)
        if (p->type == '@')
            freeze(p->obj);
    if (is_kind_of(obj, "NSArray"))
        for (size_t i = 0; i < count_of(obj); i++)
            freeze(element(obj, i));
}
