/* SPDX-License-Identifier: Apache-2.0
 *
 * dlopen(3). MICROHTTPD_SONAME is the library that this build was compiled against. */
#include "api/http_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

static struct microhttpd lib;

/* Function pointers as dlsym gives them: POSIX says that the conversion works, C does not. */
static bool find(void *handle, const char *name, void *slot)
{
    void *symbol = dlsym(handle, name);

    memcpy(slot, &symbol, sizeof(symbol));
    return symbol != NULL;
}

int microhttpd_load(const struct microhttpd **ret, struct err *err)
{
    void *handle = dlopen(MICROHTTPD_SONAME, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return err_set(err, -ENOTSUP,
                       "--restful-uri and --ignition need libmicrohttpd, which is not here (%s); "
                       "install it, or leave them out",
                       dlerror());
    if (!find(handle, "MHD_start_daemon", &lib.start_daemon) ||
        !find(handle, "MHD_stop_daemon", &lib.stop_daemon) ||
        !find(handle, "MHD_quiesce_daemon", &lib.quiesce_daemon) ||
        !find(handle, "MHD_add_connection", &lib.add_connection) ||
        !find(handle, "MHD_lookup_connection_value", &lib.lookup_connection_value) ||
        !find(handle, "MHD_suspend_connection", &lib.suspend_connection) ||
        !find(handle, "MHD_resume_connection", &lib.resume_connection) ||
        !find(handle, "MHD_create_response_from_buffer", &lib.create_response_from_buffer) ||
        !find(handle, "MHD_add_response_header", &lib.add_response_header) ||
        !find(handle, "MHD_queue_response", &lib.queue_response) ||
        !find(handle, "MHD_destroy_response", &lib.destroy_response))
        return err_set(err, -ENOTSUP,
                       "--restful-uri and --ignition need a newer libmicrohttpd than the one "
                       "installed (%s)",
                       dlerror());
    *ret = &lib;
    return 0;
}
