/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_TESTS_STANDIN_VZ_MACH_H
#define BERTH_TESTS_STANDIN_VZ_MACH_H

#include <stdint.h>

typedef uint32_t mach_port_t;
typedef int kern_return_t;
#define MACH_PORT_NULL 0

#endif
