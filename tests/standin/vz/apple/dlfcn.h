/* SPDX-License-Identifier: Apache-2.0
 *
 * IOKit is loaded at run time, from a path that no other system has. */
#ifndef BERTH_TESTS_STANDIN_VZ_DLFCN_H
#define BERTH_TESTS_STANDIN_VZ_DLFCN_H

#include_next <dlfcn.h>

void *standin_dlopen(const char *path, int mode);
void *standin_dlsym(void *library, const char *name);
#define dlopen standin_dlopen
#define dlsym  standin_dlsym

#endif
