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

/* LeakSanitizer asks. What only a decoded page points to looks lost to it: the pages lie in a mapping, where it does not look
 * (cpu/arm64/code.c), and the fuzzers' machines live until the end. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:translate_slot\n";
}
