/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine's list of what it calls (engine/vz/calls.h) against the stand-in's table of what Apple
 * declares: each made without looking at the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "engine/vz/calls.h"
#include "standin.h"
#include "table.h"

#include <cmocka.h>

struct entry { /* one of the engine's list; types: the result, then the arguments */
    const char *cls;
    char kind;
    const char *selector;
    int since;
    const char *types[10];
};

#define ENTRY0(name, cls, kind, sel, since, R)          {#cls, kind, sel, since, {#R}},
#define ENTRY1(name, cls, kind, sel, since, R, A)       {#cls, kind, sel, since, {#R, #A}},
#define ENTRY2(name, cls, kind, sel, since, R, A, B)    {#cls, kind, sel, since, {#R, #A, #B}},
#define ENTRY3(name, cls, kind, sel, since, R, A, B, C) {#cls, kind, sel, since, {#R, #A, #B, #C}},
#define ENTRY4(name, cls, kind, sel, since, R, A, B, C, D)                                         \
    {#cls, kind, sel, since, {#R, #A, #B, #C, #D}},
#define ENTRY5(name, cls, kind, sel, since, R, A, B, C, D, E)                                      \
    {#cls, kind, sel, since, {#R, #A, #B, #C, #D, #E}},
#define ENTRY9(name, cls, kind, sel, since, R, A, B, C, D, E, F, G, H, I)                          \
    {#cls, kind, sel, since, {#R, #A, #B, #C, #D, #E, #F, #G, #H, #I}},

static const struct entry entries[] = {
    VZ_CALLS(ENTRY0, ENTRY1, ENTRY2, ENTRY3, ENTRY4, ENTRY5, ENTRY9)};

/* A word of a signature, in the engine's C. */
static const char *c_type(const struct table_word *w)
{
    static const struct {
        const char *word, *type;
    } known[] = {
        {"void", "void"},
        {"BOOL", "objc_bool"},
        {"NSInteger", "NSInteger"},
        {"NSUInteger", "NSUInteger"},
        {"uint64_t", "uint64_t"},
        {"uint32_t", "uint32_t"},
        {"int", "int"},
        {"short", "short"},
        {"double", "double"},
        {"SEL", "SEL"},
        {"char*", "const char *"},
        {"void*", "const void *"},
        {"NSError**", "id *"},
        {"^error", "struct objc_block *"},
        {"^object", "struct objc_block *"},
        {"NSRect", "struct ns_rect"},
        {"NSPoint", "struct ns_point"},
        {"NSOperatingSystemVersion", "struct ns_version"},
        {"dispatch_queue_t", "dispatch_queue_t"},
    };
    const struct apple_enum *e = table_enum(w->text, w->len);

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strlen(known[i].word) == w->len && !strncmp(known[i].word, w->text, w->len))
            return known[i].type;
    if (e)
        return e->is_unsigned ? "NSUInteger" : "NSInteger";
    return "id";
}

/* What is wrong with the entry, or NULL. */
static const char *fault(const struct entry *e)
{
    static char text[256];
    const struct apple_method *m = table_method(e->cls, e->kind, e->selector, true);
    const char *signature = m ? m->signature : NULL;
    struct table_word w;
    size_t n = 0;

    if (!m)
        return "Apple declares no such method there";
    if (m->since != e->since) {
        (void)snprintf(text, sizeof(text), "is there since %d", m->since);
        return text;
    }
    for (; table_next_word(&signature, &w); n++)
        if (!e->types[n] || strcmp(e->types[n], c_type(&w)) != 0) {
            (void)snprintf(text, sizeof(text), "type %zu is %s", n, c_type(&w));
            return text;
        }
    return n < ARRAY_LEN(e->types) && e->types[n] ? "has fewer arguments" : NULL;
}

static void every_call_is_as_apple_declares_it(void **state)
{
    unsigned faults = 0;

    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        const char *why = fault(&entries[i]);

        if (why)
            print_message("%c[%s %s]: %s\n", entries[i].kind, entries[i].cls, entries[i].selector,
                          why);
        faults += why != NULL;
    }
    assert_int_equal(faults, 0);
}

static void wrong_entries_are_seen(void **state)
{
    static const struct entry wrong[] = {
        {"VZVirtualMachine", '-', "begin", 1100, {"void"}},
        {"VZVirtualMachine",
         '+',
         "startWithCompletionHandler:",
         1100,
         {"void", "struct objc_block *"}},
        {"VZVirtioNetworkDeviceConfiguration",
         '-',
         "setMACAddress:",
         1100,
         {"void", "id"}}, /* its superclass's */
        {"VZVirtualMachine",
         '-',
         "stopWithCompletionHandler:",
         1100,
         {"void", "struct objc_block *"}},
        {"VZVirtualMachineConfiguration", '-', "setMemorySize:", 1100, {"void", "NSUInteger"}},
        {"VZVirtualMachineConfiguration", '-', "setMemorySize:", 1100, {"void"}},
        {"VZVirtualMachineConfiguration", '-', "setMemorySize:", 1100, {"void", "uint64_t", "id"}},
    };

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_non_null(fault(&wrong[i]));
}

static void every_class_is_as_apple_declares_it(void **state)
{
    static const struct {
        const char *name;
        int since;
    } classes[] = {
#define CLASS(name, since) {#name, since},
        VZ_CLASSES(CLASS)};

    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        const struct apple_class *c = table_class(classes[i].name);

        if (!c || c->since != classes[i].since)
            print_message("class %s is %s %d\n", classes[i].name,
                          c ? "there since" : "not in the table:", c ? c->since : 0);
        assert_true(c && c->since == classes[i].since);
    }
}

static const struct apple_callback *find_callback(const char *protocol, const char *selector)
{
    for (size_t i = 0; i < nr_table_callbacks; i++)
        if (!strcmp(table_callbacks[i].protocol, protocol) &&
            !strcmp(table_callbacks[i].selector, selector))
            return &table_callbacks[i];
    return NULL;
}

static void every_delegate_method_is_as_apple_declares_it(void **state)
{
    static const struct apple_callback methods[] = {
#define METHOD(protocol, selector, types, since) {#protocol, selector, types, since},
        VZ_DELEGATE_METHODS(METHOD)};

    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        const struct apple_callback *b = find_callback(methods[i].protocol, methods[i].selector);
        char types[24];

        assert_non_null(b);
        assert_int_equal(b->since, methods[i].since);
        (void)snprintf(types, sizeof(types), "%s", b->types);
        if (types[0] == 'B')
            types[0] = OBJC_BOOL[0];
        assert_string_equal(types, methods[i].types);
    }
}

/* --- the table itself --- */

static void check_table(const struct apple_table *t)
{
    for (size_t i = 0; i < t->nr_classes; i++) {
        const struct apple_class *c = &t->classes[i],
                                 *super = c->superclass ? table_class(c->superclass) : NULL;

        assert_ptr_equal(table_class(c->name), c);
        assert_true(!c->superclass || (super && super->since <= c->since));
    }
    for (size_t i = 0; i < t->nr_methods; i++) {
        const struct apple_method *m = &t->methods[i];

        assert_non_null(table_class(m->cls));
        assert_true(m->since >= table_class(m->cls)->since);
        assert_true(m->imp || m->keys);
    }
    for (size_t i = 0; i < t->nr_properties; i++) {
        assert_non_null(table_class(t->properties[i].cls));
        assert_true(t->properties[i].since >= table_class(t->properties[i].cls)->since);
    }
}

static void the_table_agrees_with_itself(void **state)
{
    check_table(&table_foundation);
    check_table(&table_appkit);
    check_table(&table_machine);
    check_table(&table_devices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_is_as_apple_declares_it),
        cmocka_unit_test(wrong_entries_are_seen),
        cmocka_unit_test(every_class_is_as_apple_declares_it),
        cmocka_unit_test(every_delegate_method_is_as_apple_declares_it),
        cmocka_unit_test(the_table_agrees_with_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
