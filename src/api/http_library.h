/* SPDX-License-Identifier: Apache-2.0
 *
 * libmicrohttpd, loaded when a command line asks for the REST service or for Ignition: with the TLS
 * library behind it, it would cost every other run megabytes and milliseconds. */
#ifndef BERTH_API_HTTP_LIBRARY_H
#define BERTH_API_HTTP_LIBRARY_H

#include <microhttpd.h>

#include "base/compiler.h"
#include "base/err.h"

/* The functions used here, each under its own name less the prefix. */
struct microhttpd {
    __typeof__(&MHD_start_daemon) start_daemon;
    __typeof__(&MHD_stop_daemon) stop_daemon;
    __typeof__(&MHD_quiesce_daemon) quiesce_daemon;
    __typeof__(&MHD_add_connection) add_connection;
    __typeof__(&MHD_lookup_connection_value) lookup_connection_value;
    __typeof__(&MHD_suspend_connection) suspend_connection;
    __typeof__(&MHD_resume_connection) resume_connection;
    __typeof__(&MHD_create_response_from_buffer) create_response_from_buffer;
    __typeof__(&MHD_add_response_header) add_response_header;
    __typeof__(&MHD_queue_response) queue_response;
    __typeof__(&MHD_destroy_response) destroy_response;
};

/* Loads the library, once in the process; it stays. -ENOTSUP with the sentence in `err`. */
NODISCARD int microhttpd_load(const struct microhttpd **ret, struct err *err);

#endif
