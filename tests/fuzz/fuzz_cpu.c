/* SPDX-License-Identifier: Apache-2.0
 *
 * The software CPU on arbitrary instructions: decoder, predecoders, handlers, system registers,
 * page-table walks over whatever RAM holds. An input is a flag byte, four registers, then words of
 * code; they are executed one at a time, so that endless loops end. Checked: encodings match their
 * rows, register numbers stay inside the register files, XZR stays zero, PSTATE stays legal. */
#include <setjmp.h>
#include <string.h>

#include "a64_decode.h"
#include "a64_dispatch.h"
#include "base/compiler.h"
#include "base/strbuf.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/cpu.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/remote.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/trace.h"
#include "fuzz.h"
#include "memory/memory.h"

#define RAM UINT64_C(0x40000000)

enum {
    RAM_SIZE = 1 << 20,
    CODE = 0x1000, /* offset in RAM; vectors stand at 0 */
    MAX_CODE = 0x2000,
    MAX_STEPS = 400,
    FLAG_EL0 = 1,
    FLAG_IRQ = 2,
};

struct machine {
    struct guest_memory *memory;
    struct a64_host host;
    struct a64_vm *vm;
    struct a64_cpu *cpu;
    struct a64_exit exit;
    uint64_t counter;
};

static bool mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret)
{
    *ret = pa;
    return pa & 0x1000;
}

static bool mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value)
{
    return pa & 0x1000;
}

static uint64_t counter(void *ctx)
{
    struct machine *m = ctx;

    return m->counter++;
}

static void build(struct machine *m)
{
    memset(m, 0, sizeof(*m));
    m->host = (struct a64_host){mmio_read, mmio_write, counter, m};
    FUZZ_CHECK(mem_create(&m->memory) == 0);
    FUZZ_CHECK(mem_add_ram(m->memory, RAM, RAM_SIZE, NULL) == 0);
    const struct a64_vm_params params = {
        .memory = m->memory,
        .host = &m->host,
        .nr_cpus = 1,
        .counter_hz = 1000,
        .interpret = true,
    };
    FUZZ_CHECK(a64_vm_create(&params, &m->vm) == 0);
    FUZZ_CHECK(a64_cpu_create(m->vm, 0, 0, &m->cpu) == 0);
    m->cpu->exit = &m->exit;
}

static void tear_down(struct machine *m)
{
    a64_cpu_destroy(m->cpu);
    a64_vm_destroy(m->vm);
    mem_destroy(m->memory);
}

static void load(struct machine *m, struct cursor *c)
{
    size_t len = c->left < MAX_CODE ? c->left : MAX_CODE;
    const uint8_t *code = cursor_take(c, len);

    if (len)
        FUZZ_CHECK(mem_write(m->memory, RAM + CODE, code, len) == 0);
}

static void check_insn(const struct a64_insn *i, uint32_t raw)
{
    const struct a64_row *row = &a64_rows[i->op];
    const uint8_t slot[] = {i->rd, i->rn, i->rm, i->ra};
    struct strbuf text = {0};

    FUZZ_CHECK(i->fn != NULL && (raw & row->mask) == row->value);
    for (unsigned n = 0; n < ARRAY_LEN(slot); n++)
        if (row->reg[n].kind != A64_REG_NONE)
            FUZZ_CHECK(slot[n] < (row->reg[n].kind == A64_REG_VECTOR ? 32 : A64_NR_X));
    a64_disassemble(&text, raw);
    strbuf_finish(&text);
}

static const struct a64_insn *op_end(struct a64_cpu *cpu, const struct a64_insn *i)
{
    cpu->pc = a64_pc(cpu, i);
    return NULL;
}

/* May jump to cpu->unwind. Attention is set, so branches come back. */
static void step(struct a64_cpu *cpu)
{
    static struct a64_insn slot[2];
    unsigned page_off = cpu->pc & ~A64_PAGE_MASK;
    struct a64_fetch from;
    uint32_t raw;

    a64_fetch(cpu, cpu->pc, &from);
    memcpy(&raw, from.host + page_off, sizeof(raw));
    a64_predecode(&slot[0], raw, page_off, A64_PREDECODE_ALONE);
    check_insn(&slot[0], raw);
    slot[1].fn = op_end;
    slot[1].page_off = (uint16_t)(page_off + 4);
    cpu->page_va = cpu->pc & A64_PAGE_MASK;
    a64_attend(cpu, A64_ATTENTION_STEP);
    a64_dispatch(cpu, slot);
}

static void check_cpu(const struct a64_cpu *cpu)
{
    FUZZ_CHECK(cpu->x[A64_ZR] == 0);
    FUZZ_CHECK(cpu->el <= 1 && (cpu->el == 1 || !cpu->sp_sel));
    FUZZ_CHECK((cpu->daif & ~0x3c0u) == 0);
}

/* What the VMM does about an exit. false: the CPU cannot go on. */
static bool answer(struct machine *m)
{
    if (m->exit.kind == A64_EXIT_SYSREG)
        a64_sysreg_complete(m->cpu);
    return m->exit.kind != A64_EXIT_LOCKUP;
}

static void run(struct machine *m)
{
    for (volatile unsigned n = 0; n < MAX_STEPS; n++) {
        int why = _setjmp(m->cpu->unwind);

        if (why == 0) {
            (void)a64_take_interrupt(m->cpu);
            step(m->cpu);
        } else if (why == A64_UNWIND_EXIT && !answer(m)) {
            return;
        }
        check_cpu(m->cpu);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct cursor c = cursor_at(data, len);
    uint8_t flags = cursor_u8(&c);
    struct machine m;

    build(&m);
    for (unsigned n = 0; n < 4; n++)
        a64_set_x(m.cpu, n, cursor_le64(&c));
    for (unsigned n = 4; n < 31; n++)
        a64_set_x(m.cpu, n, RAM + n * 0x8000);
    a64_set_sp(m.cpu, 0, RAM + RAM_SIZE / 2);
    a64_set_sp(m.cpu, 1, RAM + RAM_SIZE / 2);
    load(&m, &c);
    m.cpu->sys.vbar = RAM;
    m.cpu->sys.cpacr = 3 << 20;
    a64_set_pstate(m.cpu, flags & FLAG_EL0 ? 0 : 0x5);
    a64_set_pin(m.cpu, false, flags & FLAG_IRQ);
    a64_set_pc(m.cpu, RAM + CODE);
    a64_remote_enter(m.cpu);
    run(&m);
    a64_remote_leave(m.cpu);
    tear_down(&m);
    return 0;
}
