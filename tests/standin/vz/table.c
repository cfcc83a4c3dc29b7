/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking things up. Properties become methods the first time that something is asked for. */
#include "table.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "standin.h"

static const struct apple_table *const tables[] = {&table_foundation, &table_appkit, &table_machine,
                                                   &table_devices};

enum { MAX_METHODS = 640, TEXT_MAX = 96 };

static struct apple_method methods[MAX_METHODS];
static size_t nr_methods;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add(const struct apple_method *m)
{
    if (nr_methods == MAX_METHODS)
        standin_fail("the table of methods is full");
    methods[nr_methods++] = *m;
}

/* The texts live as long as the process. */
static char *text(const char *fmt, const char *a)
{
    char *ret = NULL;

    if (asprintf(&ret, fmt, a) < 0)
        abort();
    return ret;
}

static char *setter_name(const char *name)
{
    char *ret = text("set%s:", name);

    ret[3] = (char)toupper((unsigned char)ret[3]);
    return ret;
}

/* A getter called isX belongs to a property x, whose setter is setX:. */
static void add_property(const struct apple_property *p)
{
    struct apple_method m = {
        .cls = p->cls, .kind = '-', .since = p->since, .place = p->place, .property = p};

    m.selector = text("%s", p->getter ? p->getter : p->name);
    m.signature = text("%s", p->type);
    add(&m);
    if (p->kind == READONLY)
        return;
    m.selector = setter_name(p->name);
    m.signature = text("void %s", p->type);
    add(&m);
}

static void expand(void)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        for (size_t j = 0; j < tables[i]->nr_properties; j++)
            add_property(&tables[i]->properties[j]);
        for (size_t j = 0; j < tables[i]->nr_methods; j++)
            add(&tables[i]->methods[j]);
    }
}

const struct apple_class *table_class(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        for (size_t j = 0; j < tables[i]->nr_classes; j++)
            if (!strcmp(tables[i]->classes[j].name, name))
                return &tables[i]->classes[j];
    return NULL;
}

const struct apple_method *table_method(const char *cls, char kind, const char *selector,
                                        bool declared)
{
    (void)pthread_once(&once, expand);
    while (cls) {
        const struct apple_class *c = table_class(cls);

        for (size_t i = 0; i < nr_methods; i++)
            if (methods[i].kind == kind && !strcmp(methods[i].selector, selector) &&
                !strcmp(methods[i].cls, cls))
                return &methods[i];
        cls = c && !declared ? c->superclass : NULL;
    }
    return NULL;
}

const struct apple_enum *table_enum(const char *name, size_t len)
{
    for (size_t i = 0; i < nr_table_enums; i++)
        if (strlen(table_enums[i].name) == len && !strncmp(table_enums[i].name, name, len))
            return &table_enums[i];
    return NULL;
}

bool table_next_word(const char **signature, struct table_word *ret)
{
    const char *p = *signature + strspn(*signature, " ");
    size_t len = strcspn(p, " ");

    if (len == 0)
        return false;
    *signature = p + len;
    *ret = (struct table_word){.text = p, .len = len, .nullable = p[len - 1] == '?'};
    ret->len -= ret->nullable;
    return true;
}
