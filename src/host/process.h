/* SPDX-License-Identifier: Apache-2.0
 *
 * What a long-lived process sets right about itself before anything else. */
#ifndef BERTH_HOST_PROCESS_H
#define BERTH_HOST_PROCESS_H

/* Main thread, first thing. Opens /dev/null where standard input, output or error is missing, so
 * that no file of ours becomes one of them; ignores SIGPIPE; allows as many descriptors as the host
 * lets us. Touches no descriptor that is open. */
void process_prepare(void);

#endif
