/* SPDX-License-Identifier: Apache-2.0
 *
 * No Lua here. */
#include "figures.h"

const struct figure lua_figures[] = {{0}};
