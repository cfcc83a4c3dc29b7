/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine of fake_machine.h. */
#include "fake_machine.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool no_mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret)
{
    return false;
}

static bool no_mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value)
{
    return false;
}

static uint64_t read_counter(void *ctx)
{
    struct fake_machine *m = ctx;

    return m->counter;
}

void fake_machine_init(struct fake_machine *m, unsigned nr_cpus, uint64_t code_bytes)
{
    *m = (struct fake_machine){.host = {no_mmio_read, no_mmio_write, read_counter, m}};
    assert_int_equal(mem_create(&m->memory), 0);
    assert_int_equal(mem_add_ram(m->memory, FAKE_RAM, FAKE_RAM_SIZE, NULL), 0);
    const struct a64_vm_params params = {
        .memory = m->memory,
        .host = &m->host,
        .nr_cpus = nr_cpus,
        .counter_hz = 1000000,
        .code_cache_bytes = code_bytes,
    };
    assert_int_equal(a64_vm_create(&params, &m->vm), 0);
    for (unsigned n = 0; n < nr_cpus; n++) {
        assert_int_equal(a64_cpu_create(m->vm, n, n, &m->cpu[n]), 0);
        a64_set_pc(m->cpu[n], FAKE_RAM);
    }
}

void fake_machine_finish(struct fake_machine *m)
{
    for (unsigned n = 0; n < FAKE_CPUS; n++)
        a64_cpu_destroy(m->cpu[n]);
    a64_vm_destroy(m->vm);
    mem_destroy(m->memory);
}

void fake_machine_load(struct fake_machine *m, uint64_t pa, const uint32_t *code, size_t nr)
{
    assert_int_equal(mem_write(m->memory, pa, code, nr * sizeof(*code)), 0);
}

void fake_machine_run(struct fake_machine *m)
{
    struct a64_exit exit;

    a64_set_pc(m->cpu[0], FAKE_RAM);
    a64_run(m->cpu[0], &exit);
    assert_int_equal(exit.kind, A64_EXIT_HVC);
}
