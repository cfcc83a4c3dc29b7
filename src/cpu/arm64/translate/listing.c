/* SPDX-License-Identifier: Apache-2.0
 *
 * One string a block, written at once, so those of several CPUs do not mix. Host code stays in hexadecimal: tools/blocks
 * has a disassembler read it. */
#include "cpu/arm64/translate/listing.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cpu/arm64/trace.h"

static void add_bytes(struct strbuf *out, const uint8_t *p, const uint8_t *end)
{
    while (p < end)
        strbuf_addf(out, "%02x", *p++);
    strbuf_addc(out, '\n');
}

static void add_guest(struct strbuf *out, const struct a64_insn *i)
{
    strbuf_addf(out, "  %03x %08" PRIx32 " ", i->page_off, i->raw);
    a64_disassemble(out, i->raw);
    strbuf_addc(out, '\n');
}

void listing_block(FILE *out, const struct gen *g, const struct ir_block *b, uint64_t pa, const uint8_t *code,
                   const uint8_t *out_code)
{
    const struct a64_insn *guest = NULL;
    struct strbuf text = {0};
    char *s;

    strbuf_addf(&text, "block %" PRIx64 " at %" PRIxPTR "\n", pa, (uintptr_t)(code + g->exec_minus_write));
    strbuf_add(&text, "      entry ");
    add_bytes(&text, code, g->op_at[0]);
    for (unsigned n = 0; n < b->nr; n++) {
        struct strbuf op = {0};

        if (b->op[n].guest != guest) {
            guest = b->op[n].guest;
            add_guest(&text, guest);
        }
        ir_print(&b->op[n], &op);
        strbuf_addf(&text, "      %-40s ", op.s ? op.s : "");
        strbuf_finish(&op);
        add_bytes(&text, g->op_at[n], g->op_at[n + 1]);
    }
    strbuf_add(&text, "      end ");
    add_bytes(&text, g->op_at[b->nr], g->a.p);
    strbuf_addf(&text, "      ways out, at %" PRIxPTR " ", (uintptr_t)(out_code + g->exec_minus_write));
    add_bytes(&text, out_code, g->out.p);
    s = strbuf_take(&text);
    if (s)
        (void)fputs(s, out);
    free(s);
}
