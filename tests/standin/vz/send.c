/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: which method, whether it may be sent now and here, whether its arguments are what the
 * table says; and the accessors and initializers that only keep a value. */
#include <stdlib.h>
#include <string.h>

#include "standin.h"
#include "table.h"

/* What objc_msgSend has stored: argument registers, the integer ones. */
struct message {
    id self;
    SEL cmd;
    uint64_t args[];
};

static const char *kind_text(id self)
{
    return is_class(self) ? "+" : "-";
}

NORETURN static void complain(const struct message *m, const char *what)
{
    standin_fail("%s[%s %s]: %s", kind_text(m->self), class_name(m->self), selector_name(m->cmd),
                 what);
}

/* --- arguments --- */

static bool is(const struct table_word *w, const char *text)
{
    return strlen(text) == w->len && !strncmp(w->text, text, w->len);
}

static bool begins(const struct table_word *w, const char *text)
{
    return !strncmp(w->text, text, strlen(text));
}

static bool is_object(const struct table_word *w)
{
    return is(w, "id") || begins(w, "id<") ||
           (w->text[w->len - 1] == '*' && (begins(w, "NS") || begins(w, "VZ")) &&
            w->text[w->len - 2] != '*');
}

/* The name between the word's start, or its '<', and its end. */
static void class_in(const struct table_word *w, bool element, char *ret, size_t size)
{
    const char *begin = w->text;

    if (element)
        begin += strcspn(begin, "<") + 1;
    (void)snprintf(ret, size, "%.*s", (int)strcspn(begin, "<>*? "), begin);
}

static void check_elements(const struct message *m, const struct table_word *w, id array)
{
    char wanted[64], text[192];

    class_in(w, true, wanted, sizeof(wanted));
    for (size_t i = 0; i < count_of(array); i++) {
        if (is_kind_of(element(array, i), wanted))
            continue;
        (void)snprintf(text, sizeof(text), "element %zu is a %s, not a %s", i,
                       class_name(element(array, i)), wanted);
        complain(m, text);
    }
}

static void check_object(const struct message *m, const struct table_word *w, id obj)
{
    char wanted[64], text[192];

    check_alive(obj);
    if (!obj->is_init)
        complain(m, "an argument was allocated, but not initialized");
    if (begins(w, "id"))
        return;
    class_in(w, false, wanted, sizeof(wanted));
    if (!is_kind_of(obj, wanted)) {
        (void)snprintf(text, sizeof(text), "a %s is given, not a %s", class_name(obj), wanted);
        complain(m, text);
    }
    if (memchr(w->text, '<', w->len))
        check_elements(m, w, obj);
}

static void check_enum(const struct message *m, const struct table_word *w, uint64_t value)
{
    const struct apple_enum *e = table_enum(w->text, w->len);
    char text[128];

    if (!e || ((int64_t)value >= e->min && (int64_t)value <= e->max))
        return;
    (void)snprintf(text, sizeof(text), "%s has no value %lld", e->name, (long long)value);
    complain(m, text);
}

static void check_argument(const struct message *m, const struct table_word *w, uint64_t value)
{
    bool is_pointer = w->text[w->len - 1] == '*' || *w->text == '^' || begins(w, "id") ||
                      is(w, "SEL") || is(w, "dispatch_queue_t");

    if (is_pointer && value == 0) {
        if (!w->nullable && !is(w, "NSError**"))
            complain(m, "nil or NULL is given for what must not be");
        return;
    }
    if (is_object(w))
        check_object(m, w, (id)(uintptr_t)value); /* NOLINT: a register */
    else if (*w->text == '^')
        block_check((const struct objc_block *)(uintptr_t)value, /* NOLINT */
                    is(w, "^error") ? block_of_error : block_of_object);
    else if (is(w, "BOOL") && (value & 0xff) > 1)
        complain(m, "a BOOL is neither YES nor NO");
    else
        check_enum(m, w, value);
}

/* Those in integer registers; the rest of a long signature travels by memory. */
static void check_arguments(const struct message *m, const char *signature, unsigned nr)
{
    struct table_word w;

    (void)table_next_word(&signature, &w); /* the result */
    for (unsigned i = 2;
         i < nr && table_next_word(&signature, &w) && !is(&w, "NSOperatingSystemVersion");) {
        if (is(&w, "double") || is(&w, "NSPoint") || is(&w, "NSRect"))
            continue;
        check_argument(m, &w, m->args[i - 2]);
        i++;
    }
}

/* --- generic methods --- */

static const struct apple_method *method_of(id self, SEL cmd)
{
    return table_method(self->isa->name, '-', selector_name(cmd), false);
}

/* As wide as its type says: the rest of the register is not part of the argument. */
static uint64_t narrow(const char *type, uint64_t v)
{
    if (!strcmp(type, "BOOL"))
        return (v & 0xff) != 0;
    return !strcmp(type, "uint32_t") || !strcmp(type, "int") ? (uint32_t)v : v;
}

static void keep(id self, const char *key, const char *type, enum apple_property_kind kind,
                 uint64_t value)
{
    id obj = (id)(uintptr_t)value; /* NOLINT: a register */

    if (kind == ASSIGN)
        put_number(self, key, narrow(type, value));
    else if (kind == WEAK)
        put_weak(self, key, obj);
    else if (kind == COPY && is_kind_of(obj, "NSArray"))
        put_object(self, key, array_of(obj));
    else
        put_object(self, key, obj);
}

static void generic_set(id self, SEL cmd, uint64_t value)
{
    const struct apple_property *p = method_of(self, cmd)->property;

    if (p->kind != WEAK)
        note_change(self);
    keep(self, p->name, p->type, p->kind, value);
}

static uint64_t generic_get(id self, SEL cmd)
{
    const struct apple_property *p = method_of(self, cmd)->property;
    id obj = get_object(self, p->name);

    return obj ? (uint64_t)(uintptr_t)obj : get_number(self, p->name);
}

/* Keeps each argument under its name; "-" is not kept. */
static id generic_init(id self, SEL cmd, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const struct apple_method *m = method_of(self, cmd);
    const uint64_t args[] = {a, b, c, d};
    const char *signature = m->signature, *key = m->keys;
    struct table_word w;
    char name[64], type[64];

    (void)table_next_word(&signature, &w);
    for (size_t i = 0; *key && table_next_word(&signature, &w); i++) {
        size_t len = strcspn(key, " ");

        (void)snprintf(name, sizeof(name), "%.*s", (int)len, key);
        (void)snprintf(type, sizeof(type), "%.*s", (int)w.len, w.text);
        if (name[0] != '-')
            keep(self, name, type, is_object(&w) ? STRONG : ASSIGN, args[i]);
        key += len + (key[len] == ' ');
    }
    return self;
}

static void (*generic(const struct apple_method *m))(void)
{
    if (!m->property)
        return (void (*)(void))generic_init;
    return strchr(m->selector, ':') ? (void (*)(void))generic_set : (void (*)(void))generic_get;
}

/* --- whether it may be sent --- */

static void check_version(const struct message *m, const struct apple_method *method)
{
    char text[64];

    if (method->since <= scenario_macos())
        return;
    (void)snprintf(text, sizeof(text), "needs macOS %d.%d, and this is %d.%d", method->since / 100,
                   method->since % 100, scenario_macos() / 100, scenario_macos() % 100);
    complain(m, text);
}

static void check_place(const struct message *m, const struct apple_method *method)
{
    if (method->place == ON_MAIN && !on_main_thread())
        complain(m, "is for the main thread only");
    if (method->place == ON_QUEUE && !is_class(m->self) && m->self->queue &&
        !on_queue(m->self->queue))
        complain(m, "is for the virtual machine's queue only");
}

static void check_life(const struct message *m)
{
    bool inits = !strncmp(selector_name(m->cmd), "init", 4);

    if (is_class(m->self))
        return;
    check_alive(m->self);
    if (m->self->is_init == inits)
        complain(m, inits ? "is initialized twice" : "is not initialized yet");
    if (inits) /* other threads read it of what they were given since */
        m->self->is_init = true;
}

static const struct apple_method *find(const struct message *m)
{
    const char *cls = is_class(m->self) ? class_name(m->self) : m->self->isa->name;
    const struct apple_method *ret =
        table_method(cls, *kind_text(m->self), selector_name(m->cmd), false);

    if (!ret)
        complain(m, "unrecognized selector");
    return ret;
}

void (*standin_send(const struct message *m, unsigned nr_registers))(void);

void (*standin_send(const struct message *m, unsigned nr_registers))(void)
{
    const struct apple_method *method;

    if (!m->self)
        standin_fail("%s is sent to nil", selector_name(m->cmd));
    moment();
    method = find(m);
    check_life(m);
    check_version(m, method);
    check_place(m, method);
    check_arguments(m, method->signature, nr_registers);
    return method->imp ? method->imp : generic(method);
}
