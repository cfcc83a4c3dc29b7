/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest RAM as the host sees it: an object that grows, and read-write mappings of it. The host
 * commits pages as they are touched, so an object may be larger than the host's memory. Linux backs
 * it with a memfd, which a helper process can share; macOS with anonymous memory. */
#ifndef BERTH_HOST_RAM_H
#define BERTH_HOST_RAM_H

#include <stdint.h>

#include "base/compiler.h"

struct ram_object {
    int fd;       /* -1: anonymous */
    uint64_t len; /* bytes handed out so far */
};

struct ram_mapping {
    void *p;         /* aligned for the host's huge pages */
    uint64_t len;    /* bytes */
    uint64_t offset; /* of `p` in the object */
};

/* An empty object. 0 or -errno. */
NODISCARD int ram_object_init(struct ram_object *o);
void ram_object_finish(struct ram_object *o); /* every mapping gone; a zeroed object is fine */

/* Grows the object by `len` zeroed bytes, a multiple of the host's page size, and maps them. 0 or
 * -errno. */
NODISCARD int ram_map(struct ram_object *o, uint64_t len, struct ram_mapping *ret);
void ram_unmap(const struct ram_mapping *m);

/* The pages read as zeros from now on, and are the host's again where it can take them back from a
 * mapping that stays. Nobody may be using them. 0 or
 * -errno. */
NODISCARD int ram_zero(const struct ram_object *o, const struct ram_mapping *m);

#endif
