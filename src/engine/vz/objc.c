/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks and delegate classes made by hand, as clang's "Block Implementation Specification" and the
 * Objective-C runtime reference have them. */
#include "engine/vz/objc.h"

/* One argument, or two, after the block itself; each an object, eight bytes. */
static const struct objc_block_descriptor descriptor_1 = {.size = sizeof(struct objc_block),
                                                          .signature = "v16@?0@8"};
static const struct objc_block_descriptor descriptor_2 = {.size = sizeof(struct objc_block),
                                                          .signature = "v24@?0@8@16"};

static struct objc_block block(void (*invoke)(void), const struct objc_block_descriptor *d,
                               void *ctx)
{
    return (struct objc_block){
        .isa = _NSConcreteStackBlock,
        .flags = OBJC_BLOCK_HAS_SIGNATURE,
        .invoke = invoke,
        .descriptor = d,
        .ctx = ctx,
    };
}

struct objc_block objc_block_1(void (*fn)(struct objc_block *b, id error), void *ctx)
{
    return block((void (*)(void))fn, &descriptor_1, ctx);
}

struct objc_block objc_block_2(void (*fn)(struct objc_block *b, id result, id error), void *ctx)
{
    return block((void (*)(void))fn, &descriptor_2, ctx);
}

static Class register_class(const struct objc_class_spec *spec)
{
    Class cls = objc_allocateClassPair(objc_getClass("NSObject"), spec->name, 0);
    Protocol *protocol = spec->protocol ? objc_getProtocol(spec->protocol) : NULL;

    if (!cls)
        return NULL;
    if (protocol)
        (void)class_addProtocol(cls, protocol);
    for (size_t i = 0; i < spec->nr_methods; i++) {
        const struct objc_method *m = &spec->methods[i];

        (void)class_addMethod(cls, sel_registerName(m->selector), m->imp, m->types);
    }
    objc_registerClassPair(cls);
    return cls;
}

id objc_delegate_create(const struct objc_class_spec *spec, void *ctx)
{
    Class cls = objc_getClass(spec->name);
    id obj;

    if (!cls)
        cls = register_class(spec);
    obj = cls ? class_createInstance(cls, sizeof(ctx)) : NULL;
    if (obj)
        objc_delegate_set_ctx(obj, ctx);
    return obj;
}

void *objc_delegate_ctx(id delegate)
{
    return *(void **)object_getIndexedIvars(delegate);
}

void objc_delegate_set_ctx(id delegate, void *ctx)
{
    *(void **)object_getIndexedIvars(delegate) = ctx;
}
