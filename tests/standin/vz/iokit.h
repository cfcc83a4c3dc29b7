/* SPDX-License-Identifier: Apache-2.0
 *
 * The host going to sleep, as IOKit/pwr_mgt/IOPMLib.h tells a program of it. */
#ifndef BERTH_TESTS_STANDIN_VZ_IOKIT_H
#define BERTH_TESTS_STANDIN_VZ_IOKIT_H

#include <stdint.h>

/* The host wants to sleep for `ns`: whoever has registered is asked, told, waited for, and told
 * again when it is awake. Any thread but a queue's. */
void iokit_sleep(uint64_t ns);
/* Something else than sleep that is told the same way; it wants no answer. */
void iokit_message(uint32_t type);

#endif
