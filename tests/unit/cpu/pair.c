/* SPDX-License-Identifier: Apache-2.0
 *
 * The two machines of pair.h. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "a64_decode.h"
#include "base/compiler.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"

#include <cmocka.h>

enum { TABLE = 0x100000 }; /* translation tables, from FAKE_RAM */

uint32_t pair_random(void)
{
    static uint64_t seed = 0x1234567;

    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 32);
}

static void put_descriptor(struct fake_machine *m, uint64_t table, unsigned index, uint64_t descriptor)
{
    assert_int_equal(mem_write(m->memory, FAKE_RAM + table + index * 8, &descriptor, sizeof(descriptor)), 0);
}

/* RAM as 1 GiB of Normal memory where it is; and above it the window, its pages in another order, so that an access over the
 * end of a page goes wrong if it is taken for one inside. */
static void map_memory(struct fake_machine *m)
{
    static const uint64_t order[] = {2, 1, 0};
    struct a64_cpu *cpu = m->cpu[0];

    put_descriptor(m, TABLE, 1, FAKE_RAM | 0x701 | UINT64_C(1) << 54); /* AF, inner shareable, index 0, block; UXN */
    put_descriptor(m, TABLE, PAIR_MAPPED >> 30, (FAKE_RAM + TABLE + 0x1000) | 3);
    put_descriptor(m, TABLE + 0x1000, 0, PAIR_DESCRIPTORS | 3);
    for (unsigned page = 0; page < ARRAY_LEN(order); page++)
        put_descriptor(m, PAIR_DESCRIPTORS - FAKE_RAM, page, (FAKE_RAM + PAIR_WINDOW + order[page] * A64_PAGE_SIZE) | PAIR_NORMAL_PAGE);
    cpu->sys.ttbr0 = FAKE_RAM + TABLE;
    cpu->sys.tcr = 25 | UINT64_C(1) << 23 | 25 << 16 | UINT64_C(2) << 32;
    cpu->sys.mair = 0xff;
    cpu->sys.sctlr |= 1;
    cpu->sys.cpacr = 3 << 20;
    a64_tlb_flush(cpu);
    a64_mmu_select(cpu);
}

void pair_init(struct pair *p)
{
    fake_machine_init(&p->interprets, 1, 0);
    translate_destroy(p->interprets.vm->translate);
    p->interprets.vm->translate = NULL;
    fake_machine_init(&p->translates, 1, 0);
    if (!p->translates.vm->translate)
        skip();
    translate_rest(p->translates.vm->translate, 0); /* what faults once is to fault again */
    map_memory(&p->interprets);
    map_memory(&p->translates);
}

void pair_finish(struct pair *p)
{
    fake_machine_finish(&p->interprets);
    fake_machine_finish(&p->translates);
}

static void load(struct fake_machine *m, const uint32_t *code, size_t nr)
{
    fake_machine_load(m, FAKE_RAM, code, nr);
    a64_code_invalidate_all(m->vm);
}

static void start(struct fake_machine *m, const struct pair_state *s)
{
    memcpy(m->cpu[0]->v, s->v, sizeof(m->cpu[0]->v));
    m->cpu[0]->fpsr = s->fpsr;
    m->cpu[0]->fpcr = s->fpcr;
    assert_int_equal(mem_write(m->memory, FAKE_RAM + PAIR_WINDOW, s->window, sizeof(s->window)), 0);
    for (unsigned n = 0; n < 31; n++)
        a64_set_x(m->cpu[0], n, s->x[n]);
    m->cpu[0]->nzcv = 0;
}

static bool same_x(const struct a64_cpu *a, const struct a64_cpu *b)
{
    bool same = true;

    for (unsigned n = 0; n < 31; n++)
        if (a64_get_x(a, n) != a64_get_x(b, n)) {
            print_message("x%u: interpreted %#llx, translated %#llx\n", n,
                          (unsigned long long)a64_get_x(a, n), (unsigned long long)a64_get_x(b, n));
            same = false;
        }
    return same;
}

static bool same_v(const struct a64_cpu *a, const struct a64_cpu *b)
{
    bool same = true;

    for (unsigned n = 0; n < 32; n++)
        if (memcmp(&a->v[n], &b->v[n], sizeof(union a64_vreg)) != 0) {
            print_message("v%u: interpreted %016llx%016llx, translated %016llx%016llx\n", n,
                          (unsigned long long)a->v[n].d[1], (unsigned long long)a->v[n].d[0],
                          (unsigned long long)b->v[n].d[1], (unsigned long long)b->v[n].d[0]);
            same = false;
        }
    return same;
}

static bool same_flags(struct a64_cpu *a, struct a64_cpu *b)
{
    if (a->fpsr != b->fpsr)
        print_message("FPSR: interpreted %#x, translated %#x\n", a->fpsr, b->fpsr);
    if (a64_get_pstate(a) != a64_get_pstate(b))
        print_message("PSTATE: interpreted %#x, translated %#x\n", (unsigned)a64_get_pstate(a),
                      (unsigned)a64_get_pstate(b));
    return a->fpsr == b->fpsr && a64_get_pstate(a) == a64_get_pstate(b);
}

static bool same_memory(struct pair *p)
{
    static uint8_t a[PAIR_WINDOW_SIZE], b[PAIR_WINDOW_SIZE];
    size_t n = 0;

    assert_int_equal(mem_read(p->interprets.memory, FAKE_RAM + PAIR_WINDOW, a, sizeof(a)), 0);
    assert_int_equal(mem_read(p->translates.memory, FAKE_RAM + PAIR_WINDOW, b, sizeof(b)), 0);
    while (n < sizeof(a) && a[n] == b[n])
        n++;
    if (n < sizeof(a))
        print_message("byte %#zx of memory: interpreted %#x, translated %#x\n", n, a[n], b[n]);
    return n == sizeof(a);
}

void pair_run(struct pair *p, const uint32_t *code, size_t nr, const struct pair_state *s)
{
    load(&p->interprets, code, nr);
    load(&p->translates, code, nr);
    pair_run_again(p, code, nr, s);
}

void pair_run_again(struct pair *p, const uint32_t *code, size_t nr, const struct pair_state *s)
{
    struct a64_cpu *a = p->interprets.cpu[0], *b = p->translates.cpu[0];
    bool x, v, flags, memory;

    start(&p->interprets, s);
    start(&p->translates, s);
    fake_machine_run(&p->interprets);
    fake_machine_run(&p->translates);
    x = same_x(a, b);
    v = same_v(a, b);
    flags = same_flags(a, b);
    memory = same_memory(p);
    if (x && v && flags && memory)
        return;
    print_message("FPCR %#x, FPSR %#x before\n", s->fpcr, s->fpsr);
    for (size_t n = 0; n < nr; n++)
        print_message("    %08x %s\n", code[n], a64_rows[a64_decode(code[n])].name);
    fail_msg("translated code computes something else");
}
