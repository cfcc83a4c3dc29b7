/* SPDX-License-Identifier: Apache-2.0
 *
 * In place of what asks the host: a CPU with nothing that the translator could do without, whose floating point does not fault. */
#include <errno.h>

#include "cpu/arm64/translate/ir.h"
#include "host/fp_trap.h"

bool ir_host_has_crc32(void)
{
    return false;
}

bool ir_host_has(enum ir_fp kind)
{
    (void)kind;
    return false;
}

int fp_trap_install(fp_trap_fn *fn)
{
    (void)fn;
    return -ENOTSUP;
}
