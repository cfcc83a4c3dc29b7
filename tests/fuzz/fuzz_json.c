/* SPDX-License-Identifier: Apache-2.0
 *
 * A configuration in JSON, from anyone. What is accepted is stable: written and read again, it is
 * the same text. */
#include <stdlib.h>
#include <string.h>

#include "config/json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct vm_config cfg, again;
    struct err err = {0};
    char *first, *second;

    if (vm_config_from_json((const char *)data, len, &cfg, &err)) {
        FUZZ_CHECK(err.text[0]);
        return 0;
    }
    first = vm_config_to_json(&cfg, JSON_VIEW_FULL);
    FUZZ_CHECK(first && vm_config_from_json(first, strlen(first), &again, &err) == 0);
    second = vm_config_to_json(&again, JSON_VIEW_FULL);
    FUZZ_CHECK(second && !strcmp(first, second));
    free(first);
    free(second);
    vm_config_finish(&cfg);
    vm_config_finish(&again);
    return 0;
}
