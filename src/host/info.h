/* SPDX-License-Identifier: Apache-2.0
 *
 * What machine this is: for messages and `berth doctor`. Any thread. */
#ifndef BERTH_HOST_INFO_H
#define BERTH_HOST_INFO_H

#include <stdint.h>

struct host_info {
    char system[96];           /* "Linux 6.1.0-18-amd64" */
    char machine[32];          /* "x86_64", "arm64" */
    unsigned cpus;             /* that this process may use */
    uint64_t memory;           /* bytes of RAM; 0: unknown */
    uint64_t available;        /* bytes that could be had without swapping; 0: unknown */
    uint64_t files, files_max; /* open files: limit now, and what it may be raised to */
    uint64_t memlock;          /* bytes that may be locked; UINT64_MAX: no limit */
};

void host_info_get(struct host_info *ret);

/* In linux/ and darwin/: fill `memory`, `available` and `cpus`. */
void host_info_get_sizes(struct host_info *info);

#endif
