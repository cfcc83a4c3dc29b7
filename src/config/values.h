/* SPDX-License-Identifier: Apache-2.0
 *
 * Values that are read while flags are parsed, in the form that struct option_spec wants. */
#ifndef BERTH_CONFIG_VALUES_H
#define BERTH_CONFIG_VALUES_H

#include <stdint.h>

#include "base/err.h"

int read_go_uint(const char *text, uint64_t *ret, struct err *reason);
int read_rust_u8(const char *text, uint64_t *ret, struct err *reason);
int read_rust_u32(const char *text, uint64_t *ret, struct err *reason);
int read_krun_memory(const char *text, uint64_t *ret, struct err *reason); /* MiB */

/* krunkit refuses bad text as it meets it; it is read again, for its meaning, by krunkit.c. */
int check_krun_bootloader(const char *text, uint64_t *ret, struct err *reason);
int check_krun_device(const char *text, uint64_t *ret, struct err *reason);
int check_krun_timesync(const char *text, uint64_t *ret, struct err *reason);
int check_krun_uri(const char *text, uint64_t *ret, struct err *reason);

#endif
