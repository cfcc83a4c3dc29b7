/* SPDX-License-Identifier: Apache-2.0
 *
 * A stack of things to undo. */
#include "engine/vz/leftovers.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct vz_leftover {
    struct vz_leftover *before;
    char *path; /* NULL: none */
    int fd;     /* -1: none */
    id obj;     /* NULL: none */
};

static void undo(const struct vz_leftover *o)
{
    if (o->path)
        (void)unlink(o->path);
    free(o->path);
    if (o->fd >= 0)
        (void)close(o->fd);
    objc_release(o->obj);
}

static int leave(struct vz_leftovers *l, struct vz_leftover what)
{
    struct vz_leftover *o = malloc(sizeof(*o));

    if (!o) {
        undo(&what);
        return -ENOMEM;
    }
    what.before = l->last;
    *o = what;
    l->last = o;
    return 0;
}

int vz_leave_path(struct vz_leftovers *l, char *path)
{
    return leave(l, (struct vz_leftover){.path = path, .fd = -1});
}

int vz_leave_fd(struct vz_leftovers *l, int fd)
{
    return leave(l, (struct vz_leftover){.fd = fd});
}

int vz_leave_object(struct vz_leftovers *l, id obj)
{
    return leave(l, (struct vz_leftover){.fd = -1, .obj = obj});
}

void vz_leftovers_finish(struct vz_leftovers *l)
{
    while (l->last) {
        struct vz_leftover *o = l->last;

        l->last = o->before;
        undo(o);
        free(o);
    }
}
