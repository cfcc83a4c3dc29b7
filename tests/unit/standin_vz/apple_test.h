/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the stand-in share: a valid configuration, and programs that must not survive.
 */
#ifndef BERTH_TESTS_UNIT_STANDIN_VZ_APPLE_TEST_H
#define BERTH_TESTS_UNIT_STANDIN_VZ_APPLE_TEST_H

#include <stdint.h>

#include "engine/vz/calls.h"

/* Sets BERTH_STANDIN_<name>; NULL takes it away. */
void pretend(const char *name, const char *value);

/* Runs fn in a process of its own, with an autorelease pool, and then exit(3). Returns how it
 * ended, as waitpid has it, with what it wrote to standard error in `ret`. */
int run_apart(void (*fn)(void), char *ret, size_t size);

id new_of(const char *cls); /* alloc and init, autoreleased */
id list_with(id obj);       /* NSMutableArray */
id empty_config(void);      /* 1 CPU, 64 MiB, an EFI boot loader with a new variable store; valid */
id new_vm(dispatch_queue_t q);   /* of empty_config, +1 */
const char *temporary_dir(void); /* removed with everything in it by temporary_dir_remove */
void temporary_dir_remove(void);

#endif
