/* SPDX-License-Identifier: Apache-2.0
 *
 * Thin layers over Foundation. */
#include "engine/vz/foundation.h"

#include <errno.h>
#include <stdio.h>

#include "config/text.h"

id vz_new(id cls)
{
    return cls ? objc_autorelease(ns_init(ns_alloc(cls))) : NULL;
}

/* Foundation makes no string of what is not UTF-8. */
id vz_string(const char *text)
{
    struct strbuf valid = {0};
    id string;

    utf8_repair(&valid, text ? text : "");
    string = ns_string(VZ_CLASS(NSString), valid.s ? valid.s : "");
    strbuf_finish(&valid);
    return string;
}

id vz_file_url(const char *path)
{
    return ns_url_of_file(VZ_CLASS(NSURL), vz_string(path));
}

id vz_file_handle(int fd)
{
    return objc_autorelease(ns_file_handle_init(VZ_ALLOC(NSFileHandle), fd, 1));
}

bool macos_has(int since)
{
    const struct ns_version v = {.major = since / 100, .minor = since % 100};

    return ns_process_info_at_least(ns_process_info(VZ_CLASS(NSProcessInfo)), v);
}

int macos_require(int since, const char *what, const char *remedy, struct err *err)
{
    char minor[8] = "";
    id version;

    if (macos_has(since))
        return 0;
    if (since % 100)
        (void)snprintf(minor, sizeof(minor), ".%d", since % 100);
    version = ns_process_info_version(ns_process_info(VZ_CLASS(NSProcessInfo)));
    return err_set(err, -ENOTSUP, "%s needs macOS %d%s or later, and this is %s; %s", what,
                   since / 100, minor, ns_string_utf8(version), remedy);
}
