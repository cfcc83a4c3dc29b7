/* SPDX-License-Identifier: Apache-2.0
 *
 * The trace: trace.h. Whole lines are written at once, so those of several CPUs do not mix. */
#include "cpu/arm64/trace.h"

#include <inttypes.h>
#include <stdlib.h>

#include "a64_decode.h"
#include "base/strbuf.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/op.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"

void a64_vm_trace(struct a64_vm *vm, FILE *out)
{
    vm->trace = out;
}

void a64_vm_trace_blocks(struct a64_vm *vm, FILE *listing, FILE *perf_map)
{
    if (vm->translate)
        translate_observe(vm->translate, listing, perf_map);
}

void a64_disassemble(struct strbuf *out, uint32_t raw)
{
    const struct a64_row *row = &a64_rows[a64_decode(raw)];

    strbuf_add(out, row->name);
    for (const struct a64_field *f = row->fields; f->name; f++)
        strbuf_addf(out, " %s=%" PRIu32, f->name, a64_bits(raw, f->lo, f->width));
}

/* The general registers that the row reads, with their values before it. */
static void add_operands(struct strbuf *out, const struct a64_cpu *cpu, const struct a64_insn *i)
{
    const struct a64_row *row = &a64_rows[i->op];

    for (unsigned n = 0; n < ARRAY_LEN(row->reg); n++) {
        unsigned number = a64_bits(i->raw, row->reg[n].lo, 5);
        if (row->reg[n].kind == A64_REG_SP && number == 31)
            strbuf_addf(out, " sp=%#" PRIx64, cpu->x[A64_SP]);
        else if (row->reg[n].kind == A64_REG_SP ||
                 (row->reg[n].kind == A64_REG_READ && number != 31))
            strbuf_addf(out, " x%u=%#" PRIx64, number, cpu->x[number]);
    }
}

void a64_trace_insn(struct a64_cpu *cpu, const struct a64_insn *i)
{
    struct strbuf line = {0};
    char *text;

    strbuf_addf(&line, "%u EL%u %016" PRIx64 " %08" PRIx32 " %" PRIx32 " ", cpu->index, cpu->el,
                a64_pc(cpu, i), i->raw, a64_nzcv_to_imm4(cpu->nzcv));
    a64_disassemble(&line, i->raw);
    strbuf_add(&line, " ;");
    add_operands(&line, cpu, i);
    strbuf_addc(&line, '\n');
    text = strbuf_take(&line);
    if (text)
        (void)fputs(text, cpu->vm->trace);
    free(text);
}
