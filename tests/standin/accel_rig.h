/* SPDX-License-Identifier: Apache-2.0
 *
 * accel/hvf with RAM, one vCPU on the test's thread, and a few instructions in it: for tests of
 * what comes out of a vCPU, and what goes back in. */
#ifndef BERTH_STANDIN_ACCEL_RIG_H
#define BERTH_STANDIN_ACCEL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "accel/accel.h"
#include "accel/hvf/hv.h"
#include "accel/hvf/hvf.h"
#include "insns.h"

#include <cmocka.h>

#define RIG_RAM    UINT64_C(0x40000000)
#define RIG_VECTOR UINT64_C(0x40001000)
#define RIG_DEVICE UINT64_C(0x09000000)

enum {
    RIG_EL1H = 0x3c5, /* EL1 with its own stack pointer, everything masked */
    RIG_FP_ALLOWED = 0x300000,
};

struct accel_rig {
    struct guest_memory *memory;
    struct accel_vm *vm;
    struct vcpu *v;
    struct vcpu_exit exit;
    struct err err;
};
extern struct accel_rig rig;

/* cmocka fixtures: a VM with one vCPU. */
int rig_set_up(void **state);
int rig_tear_down(void **state);
/* accel_hvf->vm_create into rig.vm. */
int rig_make_vm(unsigned nr_cpus, const char *options);

/* Puts `nr` instructions at guest address `at`. */
void rig_load(gpa_t at, const enum insn *code, size_t nr);
#define LOAD(at, ...)                                                                              \
    rig_load(at, (const enum insn[]){__VA_ARGS__}, ARRAY_LEN(((const enum insn[]){__VA_ARGS__})))

/* Resets the vCPU to the first instruction with these registers. rig_begin: x0 the device, x9 the
 * vectors, x13 RIG_FP_ALLOWED, x1 and x2 something. */
void rig_begin_with(const struct vcpu_regs *regs);
void rig_begin(void);

/* Runs until the vCPU has something to say, which must be `want`. */
const struct vcpu_exit *rig_run(enum vcpu_exit_kind want);
/* Runs to an HVC, the end of a piece of code; its registers. */
struct vcpu_regs rig_stop(void);

#define HVF_TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

#endif
