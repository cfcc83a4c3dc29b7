/* SPDX-License-Identifier: Apache-2.0
 *
 * Does this host offer Apple's Hypervisor framework? */
#ifndef BERTH_ACCEL_HVF_PROBE_H
#define BERTH_ACCEL_HVF_PROBE_H

#include "base/compiler.h"
#include "base/err.h"

/* 0, or -errno with the reason. Any thread. */
NODISCARD int hvf_probe(struct err *err);

#endif
