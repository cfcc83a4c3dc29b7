/* SPDX-License-Identifier: Apache-2.0
 *
 * A Mac with macOS 13: no GIC, and no more address bits than the default. */
#include "standin.h"

const struct standin_flavour standin_flavour = {.macos = 13, .ipa_bits = 36, .max_ipa_bits = 36};
