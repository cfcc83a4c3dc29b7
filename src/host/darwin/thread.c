/* SPDX-License-Identifier: Apache-2.0 */
#include "host/thread.h"

#include <pthread/qos.h>

void thread_name(const char *name)
{
    (void)pthread_setname_np(name);
}

void thread_urgent(void)
{
    (void)pthread_set_qos_class_self_np(QOS_CLASS_USER_INTERACTIVE, 0);
}
