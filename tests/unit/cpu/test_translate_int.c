/* SPDX-License-Identifier: Apache-2.0
 *
 * Every integer operation of the intermediate form, with random operands in every combination of registers, as the back
 * end's host code against a plain evaluator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/arm64/translate/x86/gen.h"
#include "host/code_memory.h"

enum { ROUNDS = 400 };

static struct code_memory memory;
static struct gen_thunks thunks;
static size_t thunks_len;
static uint64_t seed = 1;

static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(0x2545f4914f6cdd1d);
}

/* Values near the edges as often as others. */
static uint64_t operand(void)
{
    static const uint64_t edges[] = {0, 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, INT32_MAX, UINT32_MAX,
                                     UINT64_C(0x80000000), UINT64_C(0xffffffff80000000)};

    return rnd() & 1 ? rnd() : edges[rnd() % ARRAY_LEN(edges)];
}

struct state {
    uint64_t x[IR_NR_VALUES];
    uint32_t nzcv;
};

static uint64_t get(const struct state *s, const struct ir *i, int v)
{
    uint64_t value = v == IR_IMM ? (uint64_t)i->imm : v == A64_ZR ? 0 : s->x[v];

    return i->w ? value : (uint32_t)value;
}

static bool holds(uint32_t nzcv, unsigned cond)
{
    bool n = nzcv & A64_N, z = nzcv & A64_Z, c = !(nzcv & A64_BORROW), v = nzcv & A64_V;
    const bool base[] = {z, c, n, v, c && !z, n == v, n == v && !z};

    return base[cond >> 1] != (cond & 1);
}

/* a + b + carry at the operation's width, with flags. */
static uint64_t add(const struct ir *i, uint64_t a, uint64_t b, unsigned carry, uint32_t *nzcv)
{
    unsigned bits = i->w ? 64 : 32;
    uint64_t mask = i->w ? UINT64_MAX : UINT32_MAX;
    unsigned __int128 wide = (unsigned __int128)(a & mask) + (b & mask) + carry;
    uint64_t r = (uint64_t)wide & mask, top = UINT64_C(1) << (bits - 1);

    *nzcv = (r & top ? A64_N : 0) | (r ? 0 : A64_Z) | (wide >> bits ? 0 : A64_BORROW) |
            (~(a ^ b) & (a ^ r) & top ? A64_V : 0);
    return r;
}

static uint32_t logic_flags(const struct ir *i, uint64_t r)
{
    return (r >> (i->w ? 63 : 31) & 1 ? A64_N : 0) | (r ? 0 : A64_Z) | A64_BORROW;
}

static uint64_t reverse_groups(uint64_t v, unsigned bits, unsigned container, unsigned unit)
{
    uint64_t r = 0;

    for (unsigned at = 0; at < bits; at += unit) {
        unsigned base = at / container * container, to = base + container - unit - (at - base);
        uint64_t piece = v >> at & ((UINT64_C(1) << unit) - 1);

        r |= piece << to;
    }
    return r;
}

static uint64_t field(const struct ir *i, uint64_t a, uint64_t old)
{
    unsigned lsb = i->aux & 0xff, width = i->aux >> 8, bits = i->w ? 64 : 32;
    uint64_t ones = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    uint64_t all = i->w ? UINT64_MAX : UINT32_MAX;
    uint64_t in = a & ones, out = a >> lsb & ones;
    int64_t sin = (int64_t)(in << (64 - width)) >> (64 - width), sout = (int64_t)(out << (64 - width)) >> (64 - width);

    (void)bits;
    switch (i->op) {
    case IR_UBFX:
        return out;
    case IR_SBFX:
        return (uint64_t)sout & all;
    case IR_UBFIZ:
        return in << lsb & all;
    case IR_SBFIZ:
        return (uint64_t)sin << lsb & all;
    case IR_BFI:
        return ((old & ~(ones << lsb)) | in << lsb) & all;
    default:
        return ((old & ~ones) | out) & all;
    }
}

static uint64_t divide(const struct ir *i, uint64_t a, uint64_t b)
{
    int64_t sa = i->w ? (int64_t)a : (int32_t)a, sb = i->w ? (int64_t)b : (int32_t)b;

    if (!b)
        return 0;
    if (i->op == IR_UDIV)
        return a / b;
    return sb == -1 ? 0 - (uint64_t)sa : (uint64_t)(sa / sb);
}

static unsigned leading_zeros(const struct ir *i, uint64_t v)
{
    return v ? (unsigned)__builtin_clzll(v) - (i->w ? 0 : 32) : i->w ? 64 : 32;
}

/* Bit by bit, in reflected order. */
static uint64_t checksum(const struct ir *i, uint64_t crc, uint64_t value)
{
    crc = (uint32_t)crc;
    for (unsigned n = 0; n < i->size * 8u; n++) {
        bool bit = (crc ^ value >> n) & 1;

        crc = crc >> 1 ^ (!bit ? 0 : i->op == IR_CRC32 ? 0xedb88320 : 0x82f63b78);
    }
    return crc;
}

static void evaluate(struct state *s, const struct ir *i)
{
    uint64_t a = i->a == IR_NONE ? 0 : get(s, i, i->a), b = i->b == IR_NONE ? 0 : get(s, i, i->b), r = 0;
    uint64_t all = i->w ? UINT64_MAX : UINT32_MAX;
    unsigned bits = i->w ? 64 : 32, n = (unsigned)b & (bits - 1), c = s->nzcv & A64_BORROW ? 0 : 1;
    uint32_t flags = s->nzcv;
    int64_t sa = i->w ? (int64_t)a : (int32_t)a;

    switch (i->op) {
    case IR_MOV: r = a; break;
    case IR_ADD: r = a + (b << i->shift); break;
    case IR_SUB: r = a - b; break;
    case IR_AND: r = a & b; break;
    case IR_OR: r = a | b; break;
    case IR_XOR: r = a ^ b; break;
    case IR_ANDN: r = a & ~b; break;
    case IR_ORN: r = a | ~b; break;
    case IR_XORN: r = a ^ ~b; break;
    case IR_SHL: r = a << n; break;
    case IR_SHR: r = a >> n; break;
    case IR_SAR: r = (uint64_t)(sa >> n); break;
    case IR_ROR: r = n ? a >> n | a << (bits - n) : a; break;
    case IR_MUL: r = a * b; break;
    case IR_UMULH: r = (uint64_t)((unsigned __int128)a * b >> 64); break;
    case IR_SMULH: r = (uint64_t)((__int128)(int64_t)a * (int64_t)b >> 64); break;
    case IR_UDIV:
    case IR_SDIV: r = divide(i, a, b); break;
    case IR_ADDS: r = add(i, a, b, 0, &flags); break;
    case IR_SUBS: r = add(i, a, ~b, 1, &flags); break;
    case IR_ADC:
    case IR_ADCS: r = add(i, a, b, c, &flags); break;
    case IR_SBC:
    case IR_SBCS: r = add(i, a, ~b, c, &flags); break;
    case IR_ANDS: r = a & b; flags = logic_flags(i, r); break;
    case IR_ANDNS: r = a & ~b & all; flags = logic_flags(i, r); break;
    case IR_CCMP:
        if (holds(flags, i->cond)) (void)add(i, a, ~b, 1, &flags); else flags = i->aux;
        break;
    case IR_CCMN:
        if (holds(flags, i->cond)) (void)add(i, a, b, 0, &flags); else flags = i->aux;
        break;
    case IR_CSEL: r = holds(flags, i->cond) ? a : b; break;
    case IR_CSINC: r = holds(flags, i->cond) ? a : b + 1; break;
    case IR_CSINV: r = holds(flags, i->cond) ? a : ~b; break;
    case IR_CSNEG: r = holds(flags, i->cond) ? a : 0 - b; break;
    case IR_SXTB: r = (uint64_t)(int8_t)a; break;
    case IR_SXTH: r = (uint64_t)(int16_t)a; break;
    case IR_SXTW: r = (uint64_t)(int32_t)a; break;
    case IR_UXTB: r = (uint8_t)a; break;
    case IR_UXTH: r = (uint16_t)a; break;
    case IR_UXTW: r = (uint32_t)a; break;
    case IR_CLZ: r = leading_zeros(i, a); break;
    case IR_CLS: r = leading_zeros(i, (a ^ (uint64_t)(sa >> 63)) & all) - 1; break;
    case IR_RBIT: r = reverse_groups(a, bits, bits, 1); break;
    case IR_REV16: r = reverse_groups(a, bits, 16, 8); break;
    case IR_REV32: r = reverse_groups(a, bits, 32, 8); break;
    case IR_REV64: r = reverse_groups(a, 64, 64, 8); break;
    case IR_EXTR: n = (unsigned)i->imm; r = n ? b >> n | a << (bits - n) : b; break;
    case IR_CRC32:
    case IR_CRC32C: r = checksum(i, a, b); break;
    case IR_PC: r = (uint64_t)i->imm + s->x[A64_DISCARD]; break;
    default: r = field(i, a, i->dst >= 0 ? s->x[i->dst] : 0); break;
    }
    if (i->dst != IR_NONE && i->dst != A64_DISCARD)
        s->x[i->dst] = r & all;
    if (i->flags_live)
        s->nzcv = flags;
}

/* Registers that live in host registers and registers that live in memory. */
static int random_register(void)
{
    static const int8_t some[] = {0, 1, 2, 4, 5, 6, 19, 29, 30, A64_SP};

    return some[rnd() % ARRAY_LEN(some)];
}

static struct ir random_op(enum ir_op op)
{
    struct ir i = {.op = (uint8_t)op, .w = rnd() & 1, .dst = (int8_t)random_register(), .a = (int8_t)random_register(),
                   .b = (int8_t)random_register(), .c = IR_NONE, .cond = (uint8_t)(rnd() % 14)};
    unsigned bits;

    if (op == IR_UMULH || op == IR_SMULH || op == IR_REV64 || op == IR_PC || op == IR_SXTW)
        i.w = true;
    bits = i.w ? 64 : 32;
    if (op >= IR_ADDS && op <= IR_CCMN) {
        i.flags_live = rnd() & 1;
        if (rnd() % 4 == 0)
            i.dst = A64_DISCARD;
    }
    if (rnd() % 8 == 0)
        i.a = A64_ZR;
    if (rnd() % 8 == 0)
        i.b = A64_ZR;
    if (((op >= IR_ADD && op <= IR_XOR) || (op >= IR_SHL && op <= IR_ROR) || (op >= IR_ADDS && op <= IR_ANDS) ||
         op == IR_CCMP || op == IR_CCMN) && rnd() & 1) {
        i.b = IR_IMM;
        i.imm = i.w ? (int64_t)operand() : (int32_t)operand();
        if (op >= IR_SHL && op <= IR_ROR)
            i.imm &= bits - 1;
    }
    if (op == IR_ADD && i.b != IR_IMM)
        i.shift = rnd() & 3;
    if (op == IR_CCMP || op == IR_CCMN) {
        i.dst = IR_NONE;
        i.aux = (uint16_t)a64_nzcv_from_imm4((uint32_t)rnd() & 15);
    }
    if (op >= IR_UBFX && op <= IR_BFXIL) {
        unsigned lsb = (unsigned)(rnd() % bits), width = 1 + (unsigned)(rnd() % (bits - lsb));

        i.aux = (uint16_t)(lsb | width << 8);
    }
    if (op == IR_CRC32 || op == IR_CRC32C) {
        unsigned size = (unsigned)(rnd() % 4);

        i.size = (uint8_t)(1u << size);
        i.w = size == 3;
    }
    if (op == IR_EXTR || op == IR_PC)
        i.imm = op == IR_PC ? (int32_t)rnd() : (int64_t)(rnd() % bits);
    return i;
}

static void run_native(struct a64_cpu *cpu, const struct ir *ops, unsigned nr)
{
    struct gen *g = calloc(1, sizeof(*g));

    assert_non_null(g);
    g->a = (struct x86_asm){.p = memory.write + thunks_len, .end = memory.write + memory.len};
    g->exec_minus_write = memory.exec - memory.write;
    g->thunks = &thunks;
    gen_homes_common(g);
    for (unsigned n = 0; n < nr; n++)
        gen_int(g, &ops[n]);
    x86_mov_imm(&g->a, RAX, 0);
    gen_jump(g, thunks.leave);
    assert_false(g->a.full);
    code_write_end(&memory, thunks_len, (size_t)(g->a.p - memory.write) - thunks_len);
    assert_int_equal(thunks.enter(cpu, memory.exec + thunks_len).jump, TRANSLATE_MISS);
    free(g);
}

static void check(enum ir_op op)
{
    static struct a64_cpu cpu;
    struct state want;
    struct ir ops[2] = {random_op(op), random_op(IR_CSINC)};
    struct strbuf text = {0};

    memset(&want, 0, sizeof(want));
    memset(&cpu, 0, sizeof(cpu));
    for (int n = 0; n < A64_ZR; n++)
        cpu.x[n] = want.x[n] = operand();
    cpu.nzcv = want.nzcv = a64_nzcv_from_imm4((uint32_t)rnd() & 15);
    cpu.page_va = want.x[A64_DISCARD] = rnd() & ~UINT64_C(0xfff);
    /* The second operation reads flags from wherever the first left them. */
    if (!ops[0].flags_live && op >= IR_ADDS && op <= IR_CCMN)
        ops[0].flags_live = true;
    ir_print(&ops[0], &text);
    strbuf_add(&text, "; ");
    ir_print(&ops[1], &text);
    strbuf_addf(&text, " with NZCV %x", a64_nzcv_to_imm4(cpu.nzcv));
    evaluate(&want, &ops[0]);
    evaluate(&want, &ops[1]);
    run_native(&cpu, ops, 2);
    for (int n = 0; n < A64_ZR; n++)
        if (cpu.x[n] != want.x[n])
            fail_msg("%s: x%d is %#llx, want %#llx", text.s, n, (unsigned long long)cpu.x[n],
                     (unsigned long long)want.x[n]);
    if (a64_nzcv_to_imm4(cpu.nzcv) != a64_nzcv_to_imm4(want.nzcv))
        fail_msg("%s: nzcv is %x, want %x", text.s, a64_nzcv_to_imm4(cpu.nzcv), a64_nzcv_to_imm4(want.nzcv));
    strbuf_finish(&text);
}

static void integer_operations_compute_what_arm_says(void **state)
{
    (void)state;
    for (int op = IR_MOV; op <= IR_PC; op++)
        for (int round = 0; round < ROUNDS && (op != IR_CRC32 || ir_host_has_crc32()); round++)
            check((enum ir_op)op);
}

static int set_up(void **state)
{
    struct gen *g = calloc(1, sizeof(*g));

    (void)state;
    if (!g || code_memory_create(1 << 16, &memory))
        return -1;
    g->a = (struct x86_asm){.p = memory.write, .end = memory.write + memory.len};
    g->exec_minus_write = memory.exec - memory.write;
    gen_make_thunks(g, &thunks);
    thunks_len = (size_t)(g->a.p - memory.write);
    free(g);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    code_memory_destroy(&memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integer_operations_compute_what_arm_says),
    };

    return cmocka_run_group_tests_name("translate_int", tests, set_up, tear_down);
}
