/* SPDX-License-Identifier: Apache-2.0 */
#include "host/fp_trap.h"

#include <sys/ucontext.h>

bool fp_trap_redirect(void *context, fp_trap_fn *fn)
{
    __uint64_t *pc = &((ucontext_t *)context)->uc_mcontext->__ss.__rip;
    uintptr_t to = fn((uintptr_t)*pc);

    if (to)
        *pc = to;
    return to != 0;
}
