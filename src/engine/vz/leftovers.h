/* SPDX-License-Identifier: Apache-2.0
 *
 * What stays of building a VM beside Apple's objects, and is undone when the VM is gone: files to
 * remove, descriptors to close, objects that Apple refers to weakly. Zero-initialise. Loop thread.
 */
#ifndef BERTH_ENGINE_VZ_LEFTOVERS_H
#define BERTH_ENGINE_VZ_LEFTOVERS_H

#include "base/compiler.h"
#include "engine/vz/objc.h"

struct vz_leftover;

struct vz_leftovers {
    struct vz_leftover *last;
};

/* Each takes over its argument, also when it fails: then it is undone at once. 0 or -ENOMEM. */
NODISCARD int vz_leave_path(struct vz_leftovers *l, char *path); /* malloc'd; unlinked */
NODISCARD int vz_leave_fd(struct vz_leftovers *l, int fd);
NODISCARD int vz_leave_object(struct vz_leftovers *l, id obj); /* +1; released */

/* Last first. */
void vz_leftovers_finish(struct vz_leftovers *l);

#endif
