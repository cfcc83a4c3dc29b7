/* SPDX-License-Identifier: Apache-2.0
 *
 * Without an engine there is nothing to run yet. */
#include "cli/run.h"

#include <errno.h>

int run_vm(struct vm_config *cfg, struct err *err)
{
    return err_set(err, -ENOTSUP,
                   "this version of berth parses command lines but has no engine yet");
}
