/* SPDX-License-Identifier: Apache-2.0 */
#include "host/thread.h"

void thread_name(const char *name)
{
    (void)pthread_setname_np(pthread_self(), name);
}

void thread_urgent(void)
{
}
