/* SPDX-License-Identifier: Apache-2.0
 *
 * Two connected stream sockets as one: what arrives at either is written to the other, and the end
 * of a direction is passed on as such (a half-close stays half). Loop thread. */
#ifndef BERTH_SERVICE_SPLICE_H
#define BERTH_SERVICE_SPLICE_H

#include "base/compiler.h"
#include "host/loop.h"

struct splice;

/* Takes over `a` and `b`, non-blocking, and copies until both directions have ended; then calls
 * done(ctx, s), where splice_destroy is due. On failure (-ENOMEM, or the loop's) both descriptors
 * are closed. */
NODISCARD int splice_create(struct loop *loop, int a, int b,
                            void (*done)(void *ctx, struct splice *s), void *ctx,
                            struct splice **ret);

/* Closes both ends; what was not written yet is lost. NULL is fine. */
void splice_destroy(struct splice *s);

#endif
