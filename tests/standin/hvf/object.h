/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects that os_release takes: they begin with a struct standin_object. */
#ifndef BERTH_STANDIN_HVF_OBJECT_H
#define BERTH_STANDIN_HVF_OBJECT_H

#include <stddef.h>
#include <stdint.h>

enum { STANDIN_OBJECT = 0x6f626a31 };

struct standin_object {
    uint32_t magic;
};

/* Zeroed, or NULL. */
void *standin_object_create(size_t size);

#endif
