/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers, switches, sizes and addresses as the two tools we stand in for read them, with their
 * words when they do not: vfkit is Go, krunkit is Rust. Each parser returns 0, or -EINVAL with the
 * sentence in `reason`. */
#ifndef BERTH_CONFIG_NUMBER_H
#define BERTH_CONFIG_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

/* strconv.ParseUint. `base` is 10, or 0 for Go's integer literals (0x, 0o, 0b, leading 0,
 * underscores). */
NODISCARD int go_parse_uint(const char *text, unsigned base, unsigned bits, uint64_t *ret,
                            struct err *reason);

/* strconv.ParseInt or strconv.Atoi (`fn` is the name for messages), base 10, optional sign. */
NODISCARD int go_parse_int(const char *fn, const char *text, unsigned bits, int64_t *ret,
                           struct err *reason);

NODISCARD int go_parse_bool(const char *text, bool *ret, struct err *reason);

/* net.ParseMAC, six-byte addresses only: aa:bb:…, aa-bb-…, aabb.ccdd.eeff. */
NODISCARD int go_parse_mac(const char *text, uint8_t ret[6], struct err *reason);

/* u8, u32 and friends under clap: plain decimal from 0 to `max`. */
NODISCARD int rust_parse_uint(const char *text, uint64_t max, uint64_t *ret, struct err *reason);

/* true/on, false/off. */
NODISCARD int krun_parse_bool(const char *text, bool *ret, struct err *reason);

/* krunkit's --memory: decimal with one of the suffixes M (default) G T P; result in MiB, at most 32
 * bits. */
NODISCARD int krun_parse_memory(const char *text, uint64_t *ret_mib, struct err *reason);

#endif
