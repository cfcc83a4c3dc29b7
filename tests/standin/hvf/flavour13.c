/* SPDX-License-Identifier: Apache-2.0
 *
 * A Mac with macOS 13: no GIC, and no more address bits than the default. */
#include "standin.h"

const struct standin_gic_ops *const standin_gic = NULL;
const uint32_t standin_max_ipa_bits = 36;
