/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest's Range header for its Ignition file: two bytes of length, then the header. Checked: what
 * is to be sent lies inside the file. */
#include <errno.h>
#include <string.h>

#include "api/ignition.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t file_len, first = 0, last = 0;
    char *header;
    int rc;

    if (len < 2)
        return 0;
    file_len = (size_t)data[0] << 8 | data[1];
    header = strndup((const char *)data + 2, len - 2);
    FUZZ_CHECK(header);
    rc = ignition_range(header, file_len, &first, &last);
    FUZZ_CHECK(rc == 0 || rc == -ENOENT || rc == -ERANGE);
    FUZZ_CHECK(rc != 0 || (first <= last && last < file_len));
    free(header);
    return 0;
}
