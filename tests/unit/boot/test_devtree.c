/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "boot/devtree.h"

#include <cmocka.h>

static void devtree_writes_what_libfdt_reads(void **state)
{
    _Alignas(8) char blob[4096];
    struct devtree t;
    size_t len = 0;
    int node, n;
    const fdt32_t *reg;

    devtree_begin(&t, blob, sizeof(blob));
    devtree_u32(&t, "#address-cells", 2);
    devtree_node_at(&t, "pl011", 0x9000000);
    devtree_list(&t, "compatible", "arm,pl011", "arm,primecell");
    devtree_reg(&t, UINT64_C(0x109000000), 0x1000);
    devtree_cell_list(&t, "interrupts", 0, 1, 4);
    devtree_flag(&t, "dma-coherent");
    devtree_node_end(&t);
    assert_int_equal(devtree_end(&t, &len, NULL), 0);

    assert_int_equal(fdt_check_full(blob, len), 0);
    node = fdt_path_offset(blob, "/pl011@9000000");
    assert_true(node > 0);
    assert_int_equal(fdt_stringlist_search(blob, node, "compatible", "arm,primecell"), 1);
    reg = fdt_getprop(blob, node, "reg", &n);
    assert_int_equal(n, 16);
    assert_int_equal(fdt32_to_cpu(reg[0]), 1);
    assert_int_equal(fdt32_to_cpu(reg[1]), 0x9000000);
    assert_int_equal(fdt32_to_cpu(reg[3]), 0x1000);
    assert_non_null(fdt_getprop(blob, node, "dma-coherent", &n));
    assert_int_equal(n, 0);
}

static void devtree_remembers_that_room_ran_out(void **state)
{
    _Alignas(8) char blob[256];
    struct devtree t;
    struct err err;
    size_t len;

    devtree_begin(&t, blob, sizeof(blob));
    for (unsigned i = 0; i < 100; i++)
        devtree_u64(&t, "filler", i);
    assert_int_equal(devtree_end(&t, &len, &err), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devtree_writes_what_libfdt_reads),
        cmocka_unit_test(devtree_remembers_that_room_ran_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
