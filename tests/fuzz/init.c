/* SPDX-License-Identifier: Apache-2.0
 *
 * Before the first input: a fuzzer's guests misbehave all the time, so warnings about them are not
 * printed. */
#include "base/log.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    log_set_level(LOG_ERROR);
    return 0;
}
