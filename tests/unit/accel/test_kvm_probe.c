/* SPDX-License-Identifier: Apache-2.0
 *
 * The probe gives a verdict on whatever host this is, soon, and a reason with every no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "accel/kvm/probe.h"
#include "accel/select.h"

#include <cmocka.h>

enum { SOON_S = 10 }; /* on a busy machine; the probe itself takes a tenth of a second */

static void kvm_probe_gives_a_verdict_soon(void **state)
{
    struct err err = {0};
    time_t began = time(NULL);
    int r = kvm_probe(&err);

    assert_true(time(NULL) - began < SOON_S);
    assert_true(r <= 0);
    assert_int_equal(err.code, r);
    assert_int_equal(err.text[0] != '\0', r != 0);
}

/* The lowest descriptor that is free. */
static int free_descriptor(void)
{
    int fd = dup(STDERR_FILENO);

    assert_true(fd >= 0);
    (void)close(fd);
    return fd;
}

static void kvm_probe_leaves_no_descriptor_open(void **state)
{
    struct err err = {0};
    int before = free_descriptor(), first = kvm_probe(&err);

    assert_int_equal(free_descriptor(), before);
    assert_int_equal(kvm_probe(&err), first);
}

static void survey_has_a_reason_for_every_no(void **state)
{
    struct accel_report reports[8];
    size_t nr = accel_survey(reports, 8);

    assert_true(nr >= 3);
    for (size_t i = 0; i < nr; i++)
        assert_true(reports[i].status == 0 || reports[i].why.text[0]);
    assert_string_equal(reports[nr - 1].name, "soft"); /* best first */
    assert_true(reports[nr - 1].built && reports[nr - 1].status == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kvm_probe_gives_a_verdict_soon),
        cmocka_unit_test(kvm_probe_leaves_no_descriptor_open),
        cmocka_unit_test(survey_has_a_reason_for_every_no),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
