/* SPDX-License-Identifier: Apache-2.0
 *
 * The library as part of the program: on macOS a name alone is not looked for where Homebrew
 * installs, and the build for distribution has it without TLS, which is what made it heavy. */
#include "api/http_library.h"

static const struct microhttpd lib = {
    .start_daemon = MHD_start_daemon,
    .stop_daemon = MHD_stop_daemon,
    .quiesce_daemon = MHD_quiesce_daemon,
    .add_connection = MHD_add_connection,
    .lookup_connection_value = MHD_lookup_connection_value,
    .suspend_connection = MHD_suspend_connection,
    .resume_connection = MHD_resume_connection,
    .create_response_from_buffer = MHD_create_response_from_buffer,
    .add_response_header = MHD_add_response_header,
    .queue_response = MHD_queue_response,
    .destroy_response = MHD_destroy_response,
};

int microhttpd_load(const struct microhttpd **ret, struct err *err)
{
    (void)err;
    *ret = &lib;
    return 0;
}
