/* SPDX-License-Identifier: Apache-2.0
 *
 * Adapters from the parsers of single values to the option tables. */
#include "config/values.h"

#include <errno.h>
#include <string.h>

#include "config/bootloader.h"
#include "config/devices.h"
#include "config/number.h"
#include "config/rest_uri.h"

int read_go_uint(const char *text, uint64_t *ret, struct err *reason)
{
    return go_parse_uint(text, 0, 64, ret, reason);
}

int read_rust_u8(const char *text, uint64_t *ret, struct err *reason)
{
    return rust_parse_uint(text, UINT8_MAX, ret, reason);
}

int read_rust_u32(const char *text, uint64_t *ret, struct err *reason)
{
    return rust_parse_uint(text, UINT32_MAX, ret, reason);
}

int read_krun_memory(const char *text, uint64_t *ret, struct err *reason)
{
    return krun_parse_memory(text, ret, reason);
}

int check_krun_bootloader(const char *text, uint64_t *ret, struct err *reason)
{
    return krunkit_check_bootloader(text, reason);
}

int check_krun_device(const char *text, uint64_t *ret, struct err *reason)
{
    struct device_config dev;
    int r = krunkit_parse_device(text, &dev, reason);

    if (!r)
        device_config_finish(&dev);
    return r;
}

/* `vsockPort=<u32>` and nothing else; the port is also the option's number. */
int check_krun_timesync(const char *text, uint64_t *ret, struct err *reason)
{
    static const char key[] = "vsockPort=";
    struct err why = {0};

    if (strncmp(text, key, strlen(key)) != 0)
        return err_set(reason, -EINVAL, "expected 'vsockPort=<port>'");
    if (rust_parse_uint(text + strlen(key), UINT32_MAX, ret, &why))
        return err_set(reason, -EINVAL, "invalid timesync port: %s", why.text);
    return 0;
}

int check_krun_uri(const char *text, uint64_t *ret, struct err *reason)
{
    struct rest_config rest = {0};
    int r = krunkit_parse_rest_uri(text, &rest, reason);

    if (!r)
        rest_config_finish(&rest);
    return r;
}
