/* SPDX-License-Identifier: Apache-2.0
 *
 * All of hv_later.h's functions, or none. */
#include "accel/hvf/hv_later.h"

#include <pthread.h>
#include <string.h>

#include "accel/hvf/framework.h"

static struct hv_later table;
static bool complete;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Fills one member: a function's address that came as an object's. */
static bool look_up(const char *name, void *member, size_t len)
{
    void *address = hv_symbol(name);

    memcpy(member, &address, len);
    return address;
}

static void look_all_up(void)
{
    bool all = true;

#define X(name) all = look_up("hv_" #name, &table.name, sizeof(table.name)) && all;
    HV_LATER_FUNCTIONS(X)
#undef X
    complete = all;
}

const struct hv_later *hv_later(void)
{
    (void)pthread_once(&once, look_all_up);
    return complete ? &table : NULL;
}
