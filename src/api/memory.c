/* SPDX-License-Identifier: Apache-2.0 */
#include "api/memory.h"

#include <errno.h>
#include <jansson.h>

int memory_parse(const char *body, size_t len, uint64_t *ret, struct err *err)
{
    json_error_t why;
    json_t *root = json_loadb(body ? body : "", len, 0, &why),
           *target = json_object_get(root, "targetBytes");
    int rc = 0;

    if (!root)
        rc = err_set(err, -EINVAL, "%s", why.text);
    else if (!json_is_integer(target) || json_integer_value(target) < 0)
        rc = err_set(err, -EINVAL, "targetBytes: a number of bytes is missing");
    else
        *ret = (uint64_t)json_integer_value(target);
    json_decref(root);
    return rc;
}
