/* SPDX-License-Identifier: Apache-2.0 */
#include "host/fp_trap.h"

#include <ucontext.h>

bool fp_trap_redirect(void *context, fp_trap_fn *fn)
{
    greg_t *pc = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    uintptr_t to = fn((uintptr_t)*pc);

    if (to)
        *pc = (greg_t)to;
    return to != 0;
}
