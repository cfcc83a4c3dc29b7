/* SPDX-License-Identifier: Apache-2.0
 *
 * Integer arithmetic and logic with immediate, shifted, extended and carry operands (Arm ARM
 * C4.1.92, C4.1.95), and what depends on a condition. Predecoders choose a handler for the
 * operand's shape and size, so that each is a few host instructions; the suffix _w or _x is the
 * size. */
#include "a64_flags.h"
#include "cpu/arm64/cond.h"
#include "cpu/arm64/op.h"

/* Every handler twice: `bits` 32 for _w and 64 for _x. */
#define BOTH_SIZES(X)                                                                              \
    X(w, 32)                                                                                       \
    X(x, 64)

/* The handlers op_NAME_w and op_NAME_x, for tables indexed by sf. */
#define SIZES(name)                                                                                \
    {                                                                                              \
        op_##name##_w, op_##name##_x                                                               \
    }

static unsigned sf_of(uint32_t raw)
{
    return raw >> 31;
}

/* Operands as the size of the handler. */
#define N(bits) ((uint##bits##_t)cpu->x[i->rn])
#define M(bits) ((uint##bits##_t)cpu->x[i->rm])

/* --- Immediate and register operands --- */

/* rd = f(rn, operand): `op` computes from n and m of type T. */
#define BINARY(name, size, bits, operand, expr)                                                    \
    A64_VARIANT(name##_##size)                                                                     \
    {                                                                                              \
        uint##bits##_t n = N(bits), m = (uint##bits##_t)(operand);                                 \
        cpu->x[i->rd] = (uint##bits##_t)(expr);                                                    \
    }

/* The same for each kind of second operand: immediate, plain register, register shifted by i->imm.
 */
#define ROTATED(bits) (M(bits) >> i->imm | M(bits) << (-i->imm & (bits - 1)))
#define SHIFTABLE(name, size, bits, expr)                                                          \
    BINARY(name##_reg, size, bits, M(bits), expr)                                                  \
    BINARY(name##_lsl, size, bits, M(bits) << i->imm, expr)                                        \
    BINARY(name##_lsr, size, bits, M(bits) >> i->imm, expr)                                        \
    BINARY(name##_asr, size, bits, (int##bits##_t)M(bits) >> i->imm, expr)

#define ARITHMETIC(size, bits)                                                                     \
    BINARY(add_imm, size, bits, i->imm, n + m)                                                     \
    BINARY(adds_imm, size, bits, i->imm, a64_adds##bits(n, m, &cpu->nzcv))                         \
    BINARY(subs_imm, size, bits, i->imm, a64_subs##bits(n, m, &cpu->nzcv))                         \
    SHIFTABLE(add, size, bits, n + m)                                                              \
    SHIFTABLE(sub, size, bits, n - m)                                                              \
    SHIFTABLE(adds, size, bits, a64_adds##bits(n, m, &cpu->nzcv))                                  \
    SHIFTABLE(subs, size, bits, a64_subs##bits(n, m, &cpu->nzcv))

#define LOGICAL_SHIFTABLE(name, size, bits, expr)                                                  \
    SHIFTABLE(name, size, bits, expr)                                                              \
    BINARY(name##_ror, size, bits, ROTATED(bits), expr)
#define LOGICAL(size, bits)                                                                        \
    BINARY(and_imm, size, bits, i->imm, n &m)                                                      \
    BINARY(orr_imm, size, bits, i->imm, n | m)                                                     \
    BINARY(eor_imm, size, bits, i->imm, n ^ m)                                                     \
    BINARY(ands_imm, size, bits, i->imm, a64_nz##bits(n &m, &cpu->nzcv))                           \
    LOGICAL_SHIFTABLE(and, size, bits, n &m)                                                       \
    LOGICAL_SHIFTABLE(bic, size, bits, n & ~m)                                                     \
    LOGICAL_SHIFTABLE(orr, size, bits, n | m)                                                      \
    LOGICAL_SHIFTABLE(orn, size, bits, n | ~m)                                                     \
    LOGICAL_SHIFTABLE(eor, size, bits, n ^ m)                                                      \
    LOGICAL_SHIFTABLE(eon, size, bits, n ^ ~m)                                                     \
    LOGICAL_SHIFTABLE(ands, size, bits, a64_nz##bits(n &m, &cpu->nzcv))                            \
    LOGICAL_SHIFTABLE(bics, size, bits, a64_nz##bits(n & ~m, &cpu->nzcv))

BOTH_SIZES(ARITHMETIC)
BOTH_SIZES(LOGICAL)

/* CMP and TST: no result. */
#define COMPARE(size, bits)                                                                        \
    A64_VARIANT(cmp_imm_##size)                                                                    \
    {                                                                                              \
        (void)a64_subs##bits(N(bits), (uint##bits##_t)i->imm, &cpu->nzcv);                         \
    }                                                                                              \
    A64_VARIANT(cmp_reg_##size)                                                                    \
    {                                                                                              \
        (void)a64_subs##bits(N(bits), M(bits), &cpu->nzcv);                                        \
    }                                                                                              \
    A64_VARIANT(tst_imm_##size)                                                                    \
    {                                                                                              \
        (void)a64_nz##bits(N(bits) & (uint##bits##_t)i->imm, &cpu->nzcv);                          \
    }                                                                                              \
    A64_VARIANT(tst_reg_##size)                                                                    \
    {                                                                                              \
        (void)a64_nz##bits(N(bits) & M(bits), &cpu->nzcv);                                         \
    }
BOTH_SIZES(COMPARE)

/* Moves: what ORR, MOVZ, ADR and ADRP most often are. */
A64_VARIANT(mov_const)
{
    cpu->x[i->rd] = (uint64_t)i->imm;
}

A64_VARIANT(mov_w)
{
    cpu->x[i->rd] = M(32);
}

A64_VARIANT(mov_x)
{
    cpu->x[i->rd] = M(64);
}

A64_VARIANT(mov_page_relative)
{
    cpu->x[i->rd] = cpu->page_va + (uint64_t)i->imm;
}

void a64_pre_adr(struct a64_insn *i, uint32_t raw)
{
    i->imm = i->page_off + (a64_sbits(raw, 5, 19) * 4 | a64_bits(raw, 29, 2));
    i->fn = op_mov_page_relative;
}

void a64_pre_adrp(struct a64_insn *i, uint32_t raw)
{
    i->imm = (a64_sbits(raw, 5, 19) * 4 | a64_bits(raw, 29, 2)) * 4096;
    i->fn = op_mov_page_relative;
}

void a64_pre_addsub_imm(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const compare[2] = SIZES(cmp_imm), *const add[2] = SIZES(add_imm),
                         *const adds[2] = SIZES(adds_imm), *const subs[2] = SIZES(subs_imm);
    unsigned sf = sf_of(raw);

    i->imm = (int64_t)a64_bits(raw, 10, 12) << (a64_bits(raw, 22, 1) ? 12 : 0);
    switch (i->op) {
    case A64_OP_ADD_IMM:
        i->fn = add[sf];
        break;
    case A64_OP_SUB_IMM:
        i->imm = -i->imm;
        i->fn = add[sf];
        break;
    case A64_OP_ADDS_IMM:
        i->fn = adds[sf];
        break;
    default:
        i->fn = i->rd == A64_DISCARD ? compare[sf] : subs[sf];
        break;
    }
}

/* DecodeBitMasks: a run of ones, rotated, in elements of 2 to 64 bits. The row admits only valid
 * encodings. */
static uint64_t bitmask_immediate(uint32_t raw)
{
    unsigned n = a64_bits(raw, 22, 1), immr = a64_bits(raw, 16, 6), imms = a64_bits(raw, 10, 6);
    unsigned len = 31 - (unsigned)__builtin_clz(n << 6 | (~imms & 0x3f));
    unsigned esize = 1u << len, ones = (imms & (esize - 1)) + 1, rotate = immr & (esize - 1);
    uint64_t element = ~UINT64_C(0) >> (64 - ones);

    if (rotate)
        element = element >> rotate | element << (esize - rotate);
    if (esize < 64)
        element &= (UINT64_C(1) << esize) - 1;
    for (unsigned width = esize; width < 64; width *= 2)
        element |= element << width;
    return element;
}

void a64_pre_logical_imm(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][2] = {SIZES(and_imm), SIZES(orr_imm), SIZES(eor_imm),
                                    SIZES(ands_imm)};
    static a64_op *const test[2] = SIZES(tst_imm);
    unsigned sf = sf_of(raw);
    uint64_t imm = bitmask_immediate(raw);

    i->imm = (int64_t)(sf ? imm : (uint32_t)imm);
    i->fn = fn[a64_bits(raw, 29, 2)][sf];
    if (i->op == A64_OP_ORR_IMM && i->rn == A64_ZR)
        i->fn = op_mov_const;
    if (i->op == A64_OP_ANDS_IMM && i->rd == A64_DISCARD)
        i->fn = test[sf];
}

#define SHIFT_KINDS(name)                                                                          \
    {                                                                                              \
        SIZES(name##_reg), SIZES(name##_lsl), SIZES(name##_lsr), SIZES(name##_asr)                 \
    }
#define ROTATE_KINDS(name)                                                                         \
    {                                                                                              \
        SIZES(name##_reg), SIZES(name##_lsl), SIZES(name##_lsr), SIZES(name##_asr),                \
            SIZES(name##_ror)                                                                      \
    }

/* 0: no shift; 1..4: LSL, LSR, ASR, ROR, with the amount in i->imm. */
static unsigned shift_kind(struct a64_insn *i, uint32_t raw)
{
    i->imm = a64_bits(raw, 10, 6);
    return i->imm ? a64_bits(raw, 22, 2) + 1 : 0;
}

void a64_pre_logical_reg(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][5][2] = {ROTATE_KINDS(and),  ROTATE_KINDS(bic), ROTATE_KINDS(orr),
                                       ROTATE_KINDS(orn),  ROTATE_KINDS(eor), ROTATE_KINDS(eon),
                                       ROTATE_KINDS(ands), ROTATE_KINDS(bics)};
    static a64_op *const mov[2] = SIZES(mov), *const test[2] = SIZES(tst_reg);
    unsigned sf = sf_of(raw), kind = shift_kind(i, raw);

    i->fn = fn[a64_bits(raw, 29, 2) * 2 + a64_bits(raw, 21, 1)][kind][sf];
    if (kind == 0 && i->op == A64_OP_ORR_REG && i->rn == A64_ZR)
        i->fn = mov[sf];
    if (kind == 0 && i->op == A64_OP_ANDS_REG && i->rd == A64_DISCARD)
        i->fn = test[sf];
}

void a64_pre_addsub_reg(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][4][2] = {SHIFT_KINDS(add), SHIFT_KINDS(adds), SHIFT_KINDS(sub),
                                       SHIFT_KINDS(subs)};
    static a64_op *const compare[2] = SIZES(cmp_reg);
    unsigned sf = sf_of(raw), kind = shift_kind(i, raw);

    i->fn = fn[a64_bits(raw, 29, 2)][kind][sf];
    if (kind == 0 && i->op == A64_OP_SUBS_REG && i->rd == A64_DISCARD)
        i->fn = compare[sf];
}

/* Moves of 16 bits. */
A64_VARIANT(movk)
{
    cpu->x[i->rd] = (cpu->x[i->rd] & ~(UINT64_C(0xffff) << i->aux)) | (uint64_t)i->imm;
}

A64_VARIANT(movk_w)
{
    cpu->x[i->rd] = (uint32_t)(cpu->x[i->rd] & ~(UINT64_C(0xffff) << i->aux)) | (uint64_t)i->imm;
}

static uint64_t wide_immediate(uint32_t raw)
{
    return (uint64_t)a64_bits(raw, 5, 16) << (a64_bits(raw, 21, 2) * 16);
}

void a64_pre_movz(struct a64_insn *i, uint32_t raw)
{
    i->imm = (int64_t)wide_immediate(raw);
    i->fn = op_mov_const;
}

void a64_pre_movn(struct a64_insn *i, uint32_t raw)
{
    uint64_t imm = ~wide_immediate(raw);

    i->imm = (int64_t)(sf_of(raw) ? imm : (uint32_t)imm);
    i->fn = op_mov_const;
}

void a64_pre_movk(struct a64_insn *i, uint32_t raw)
{
    i->imm = (int64_t)wide_immediate(raw);
    i->aux = (uint16_t)(a64_bits(raw, 21, 2) * 16);
    i->fn = sf_of(raw) ? op_movk : op_movk_w;
}

/* --- Extended register --- */

/* UXTB … UXTX: i->imm masks, i->aux shifts. SXTB … SXTX: sign bit moved up by i->ra, then back,
 * shifted by i->aux. */
#define UNSIGNED_OPERAND ((cpu->x[i->rm] & (uint64_t)i->imm) << i->aux)
#define SIGNED_OPERAND   ((uint64_t)((int64_t)(cpu->x[i->rm] << i->ra) >> i->ra) << i->aux)
#define EXTENDABLE(name, size, bits, expr)                                                         \
    BINARY(name##_uxt, size, bits, UNSIGNED_OPERAND, expr)                                         \
    BINARY(name##_sxt, size, bits, SIGNED_OPERAND, expr)
#define EXTENDED(size, bits)                                                                       \
    EXTENDABLE(add, size, bits, n + m)                                                             \
    EXTENDABLE(sub, size, bits, n - m)                                                             \
    EXTENDABLE(adds, size, bits, a64_adds##bits(n, m, &cpu->nzcv))                                 \
    EXTENDABLE(subs, size, bits, a64_subs##bits(n, m, &cpu->nzcv))
BOTH_SIZES(EXTENDED)

#define EXTEND_KINDS(name)                                                                         \
    {                                                                                              \
        SIZES(name##_uxt), SIZES(name##_sxt)                                                       \
    }

void a64_pre_addsub_ext(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][2][2] = {EXTEND_KINDS(add), EXTEND_KINDS(adds), EXTEND_KINDS(sub),
                                       EXTEND_KINDS(subs)};
    unsigned option = a64_bits(raw, 13, 3), unused_bits = 64 - (8u << (option & 3));

    i->imm = (int64_t)(~UINT64_C(0) >> unused_bits);
    i->ra = (uint8_t)unused_bits;
    i->aux = (uint16_t)a64_bits(raw, 10, 3);
    i->fn = fn[a64_bits(raw, 29, 2)][option >> 2][sf_of(raw)];
}

/* --- Carry --- */

#define CARRY (cpu->nzcv & A64_BORROW) == 0
#define WITH_CARRY(size, bits)                                                                     \
    BINARY(adc, size, bits, M(bits), n + m + (CARRY))                                              \
    BINARY(sbc, size, bits, ~M(bits), n + m + (CARRY))                                             \
    BINARY(adcs, size, bits, M(bits), a64_adc##bits(n, m, CARRY, &cpu->nzcv))                      \
    BINARY(sbcs, size, bits, ~M(bits), a64_adc##bits(n, m, CARRY, &cpu->nzcv))
BOTH_SIZES(WITH_CARRY)

void a64_pre_addsub_carry(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][2] = {SIZES(adc), SIZES(adcs), SIZES(sbc), SIZES(sbcs)};

    i->fn = fn[a64_bits(raw, 29, 2)][sf_of(raw)];
}

/* --- Conditions --- */

uint16_t a64_cond_mask(unsigned cond)
{
    unsigned mask = 0;

    for (uint32_t flags = 0; flags < 16; flags++) {
        uint32_t f = a64_nzcv_from_imm4(flags);
        bool holds = true;
#define HOLDS(name, number, test)                                                                  \
    if (cond == (number))                                                                          \
        holds = (test);
        A64_CONDITIONS(HOLDS)
#undef HOLDS
        mask |= (unsigned)holds << flags;
    }
    return (uint16_t)mask;
}

/* i->aux: the condition's mask. */
#define SELECT(size, bits)                                                                         \
    BINARY(csel, size, bits, M(bits), a64_mask_holds(i->aux, cpu->nzcv) ? n : m)                   \
    BINARY(csinc, size, bits, M(bits), a64_mask_holds(i->aux, cpu->nzcv) ? n : m + 1)              \
    BINARY(csinv, size, bits, M(bits), a64_mask_holds(i->aux, cpu->nzcv) ? n : ~m)                 \
    BINARY(csneg, size, bits, M(bits), a64_mask_holds(i->aux, cpu->nzcv) ? n : -m)
BOTH_SIZES(SELECT)

void a64_pre_csel(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][2] = {SIZES(csel), SIZES(csinc), SIZES(csinv), SIZES(csneg)};

    i->aux = a64_cond_mask(a64_bits(raw, 12, 4));
    i->fn = fn[a64_bits(raw, 30, 1) * 2 + a64_bits(raw, 10, 1)][sf_of(raw)];
}

/* i->imm: the immediate operand; i->ra: flags when the condition fails, as NZCV numbers; i->aux as
 * above. */
#define CONDITIONAL_COMPARE(name, size, bits, operand, function)                                   \
    A64_VARIANT(name##_##size)                                                                     \
    {                                                                                              \
        if (a64_mask_holds(i->aux, cpu->nzcv))                                                     \
            (void)function(N(bits), (uint##bits##_t)(operand), &cpu->nzcv);                        \
        else                                                                                       \
            cpu->nzcv = a64_nzcv_from_imm4(i->ra);                                                 \
    }
#define CONDITIONAL_COMPARES(size, bits)                                                           \
    CONDITIONAL_COMPARE(ccmn_reg, size, bits, M(bits), a64_adds##bits)                             \
    CONDITIONAL_COMPARE(ccmn_imm, size, bits, i->imm, a64_adds##bits)                              \
    CONDITIONAL_COMPARE(ccmp_reg, size, bits, M(bits), a64_subs##bits)                             \
    CONDITIONAL_COMPARE(ccmp_imm, size, bits, i->imm, a64_subs##bits)
BOTH_SIZES(CONDITIONAL_COMPARES)

void a64_pre_ccmp(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][2] = {SIZES(ccmn_reg), SIZES(ccmn_imm), SIZES(ccmp_reg),
                                    SIZES(ccmp_imm)};

    i->aux = a64_cond_mask(a64_bits(raw, 12, 4));
    i->imm = a64_bits(raw, 16, 5);
    i->ra = (uint8_t)a64_bits(raw, 0, 4);
    i->fn = fn[a64_bits(raw, 30, 1) * 2 + a64_bits(raw, 11, 1)][sf_of(raw)];
}
