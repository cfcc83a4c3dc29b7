/* SPDX-License-Identifier: Apache-2.0
 *
 * What the framework's answers mean to a user. */
#ifndef BERTH_ACCEL_HVF_ERROR_H
#define BERTH_ACCEL_HVF_ERROR_H

#include "accel/hvf/hv.h"
#include "base/compiler.h"
#include "base/err.h"

/* The negative errno that `status` is to the rest of the program; 0 for HV_SUCCESS. */
int hvf_errno(hv_return_t status);

/* Apple's name of it, "HV_DENIED"; "an unknown answer" for others. */
const char *hvf_status_name(hv_return_t status);

/* What to do about it; always a clause, never "". */
const char *hvf_remedy(hv_return_t status);

/* 0 for HV_SUCCESS; otherwise the sentence "WHAT: NAME (0xVALUE): REMEDY", returning its errno. */
int hvf_error(struct err *err, hv_return_t status, const char *what, ...) PRINTF_LIKE(3, 4);

#endif
