/* SPDX-License-Identifier: Apache-2.0
 *
 * What host/darwin includes of Apple's headers: the queues of dispatch.c. */
#ifndef BERTH_TESTS_STANDIN_VZ_DISPATCH_H
#define BERTH_TESTS_STANDIN_VZ_DISPATCH_H

#define DISPATCH_QUEUE_SERIAL NULL

typedef struct dispatch_queue_s *dispatch_queue_t;
typedef void (*dispatch_function_t)(void *ctx);

dispatch_queue_t dispatch_queue_create(const char *label, void *attr);
void dispatch_sync_f(dispatch_queue_t queue, void *ctx, dispatch_function_t work);
void dispatch_release(void *object);

#endif
