/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores of one general register (Arm ARM C4.1.94): immediate, register, literal and
 * unprivileged forms, prefetch. One handler for each kind of access and addressing mode; the tables
 * below are indexed by the encoding.
 *
 * Each comes twice: the fast one serves what the TLB answers at once and calls nothing, so that it
 * needs no stack frame; anything else goes to its slow twin. */
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/op.h"

/* X(name, bits of the access, the register's value from what was read, v), in the order opc:size of
 * the encoding. */
#define LOADS(X, ...)                                                                              \
    X(ldrb, 8, v, __VA_ARGS__)                                                                     \
    X(ldrh, 16, v, __VA_ARGS__)                                                                    \
    X(ldr_w, 32, v, __VA_ARGS__)                                                                   \
    X(ldr_x, 64, v, __VA_ARGS__)                                                                   \
    X(ldrsb_x, 8, (uint64_t)(int8_t)v, __VA_ARGS__)                                                \
    X(ldrsh_x, 16, (uint64_t)(int16_t)v, __VA_ARGS__)                                              \
    X(ldrsw_x, 32, (uint64_t)(int32_t)v, __VA_ARGS__)                                              \
    X(ldrsb_w, 8, (uint64_t)(uint32_t)(int8_t)v, __VA_ARGS__)                                      \
    X(ldrsh_w, 16, (uint64_t)(uint32_t)(int16_t)v, __VA_ARGS__)
#define STORES(X, ...)                                                                             \
    X(strb, 8, __VA_ARGS__)                                                                        \
    X(strh, 16, __VA_ARGS__)                                                                       \
    X(str_w, 32, __VA_ARGS__)                                                                      \
    X(str_x, 64, __VA_ARGS__)

#define LOAD_TABLE(mode)                                                                           \
    {                                                                                              \
        op_ldrb_##mode, op_ldrh_##mode, op_ldr_w_##mode, op_ldr_x_##mode, op_ldrsb_x_##mode,       \
            op_ldrsh_x_##mode, op_ldrsw_x_##mode, NULL, op_ldrsb_w_##mode, op_ldrsh_w_##mode       \
    }
#define STORE_TABLE(mode)                                                                          \
    {                                                                                              \
        op_strb_##mode, op_strh_##mode, op_str_w_##mode, op_str_x_##mode                           \
    }

/* Index into a load's table. */
static unsigned load_index(uint32_t raw)
{
    return (a64_bits(raw, 22, 2) - 1) * 4 + a64_bits(raw, 30, 2);
}

#define HANDLER(kind, name)                                                                        \
    static kind const struct a64_insn *name(struct a64_cpu *cpu, const struct a64_insn *i)

/* Reads at `address` into rd; `write_back` follows the access. `odd`: the stack pointer may have to
 * be refused. `user` is empty or _user. */
#define LOAD(name, bits, value, mode, user, odd, address, write_back)                              \
    HANDLER(NOINLINE, slow_##name##_##mode)                                                        \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        uint##bits##_t v;                                                                          \
        if (odd)                                                                                   \
            a64_check_sp(cpu, i);                                                                  \
        v = a64_ld##bits##user(cpu, i, va);                                                        \
        write_back;                                                                                \
        cpu->x[i->rd] = (value);                                                                   \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    HANDLER(, op_##name##_##mode)                                                                  \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        const uint##bits##_t *p = a64_fast_read(cpu->tlb##user, va, bits / 8);                     \
        uint##bits##_t v;                                                                          \
        if (UNLIKELY(!p || (odd)))                                                                 \
            return slow_##name##_##mode(cpu, i);                                                   \
        v = __atomic_load_n(p, __ATOMIC_RELAXED);                                                  \
        write_back;                                                                                \
        cpu->x[i->rd] = (value);                                                                   \
        A64_NEXT(cpu, i);                                                                          \
    }

#define STORE(name, bits, mode, user, odd, address, write_back)                                    \
    HANDLER(NOINLINE, slow_##name##_##mode)                                                        \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        if (odd)                                                                                   \
            a64_check_sp(cpu, i);                                                                  \
        a64_st##bits##user(cpu, i, va, (uint##bits##_t)cpu->x[i->rd]);                             \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    HANDLER(, op_##name##_##mode)                                                                  \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        uint##bits##_t *p = a64_fast_write(cpu->tlb##user, va, bits / 8);                          \
        if (UNLIKELY(!p || (odd)))                                                                 \
            return slow_##name##_##mode(cpu, i);                                                   \
        __atomic_store_n(p, (uint##bits##_t)cpu->x[i->rd], __ATOMIC_RELAXED);                      \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }

#define IS_BASE     false                        /* the base is not SP */
#define IS_SP       ((cpu->x[A64_SP] & 15) != 0) /* it is */
#define MAY_BE_SP   (i->rn == A64_SP && IS_SP)
#define KEEP_BASE   (void)0
#define BASE_OFFSET (cpu->x[i->rn] + (uint64_t)i->imm)

/* --- Base and immediate. `off`: any base but SP; `sp`: SP; `pre`, `post`: with write-back. --- */

LOADS(LOAD, off, , IS_BASE, BASE_OFFSET, KEEP_BASE)
LOADS(LOAD, sp, , IS_SP, cpu->x[A64_SP] + (uint64_t)i->imm, KEEP_BASE)
LOADS(LOAD, pre, , MAY_BE_SP, BASE_OFFSET, cpu->x[i->rn] = va)
LOADS(LOAD, post, , MAY_BE_SP, cpu->x[i->rn], cpu->x[i->rn] = va + (uint64_t)i->imm)
STORES(STORE, off, , IS_BASE, BASE_OFFSET, KEEP_BASE)
STORES(STORE, sp, , IS_SP, cpu->x[A64_SP] + (uint64_t)i->imm, KEEP_BASE)
STORES(STORE, pre, , MAY_BE_SP, BASE_OFFSET, cpu->x[i->rn] = va)
STORES(STORE, post, , MAY_BE_SP, cpu->x[i->rn], cpu->x[i->rn] = va + (uint64_t)i->imm)

static a64_op *const load_off[] = LOAD_TABLE(off), *const load_sp[] = LOAD_TABLE(sp);
static a64_op *const store_off[] = STORE_TABLE(off), *const store_sp[] = STORE_TABLE(sp);

void a64_pre_ldr_u12(struct a64_insn *i, uint32_t raw)
{
    i->imm = (int64_t)a64_bits(raw, 10, 12) << a64_bits(raw, 30, 2);
    i->fn = (i->rn == A64_SP ? load_sp : load_off)[load_index(raw)];
}

void a64_pre_str_u12(struct a64_insn *i, uint32_t raw)
{
    i->imm = (int64_t)a64_bits(raw, 10, 12) << a64_bits(raw, 30, 2);
    i->fn = (i->rn == A64_SP ? store_sp : store_off)[a64_bits(raw, 30, 2)];
}

/* idx: 0 unscaled offset, 1 post-index, 3 pre-index. */
void a64_pre_ldr_i9(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const pre[] = LOAD_TABLE(pre), *const post[] = LOAD_TABLE(post);
    a64_op *const *const table[] = {i->rn == A64_SP ? load_sp : load_off, post, NULL, pre};

    i->imm = a64_sbits(raw, 12, 9);
    i->fn = table[a64_bits(raw, 10, 2)][load_index(raw)];
}

void a64_pre_str_i9(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const pre[] = STORE_TABLE(pre), *const post[] = STORE_TABLE(post);
    a64_op *const *const table[] = {i->rn == A64_SP ? store_sp : store_off, post, NULL, pre};

    i->imm = a64_sbits(raw, 12, 9);
    i->fn = table[a64_bits(raw, 10, 2)][a64_bits(raw, 30, 2)];
}

/* --- Base and register, shifted by i->aux --- */

#define REG_LSL  (cpu->x[i->rn] + (cpu->x[i->rm] << i->aux))
#define REG_UXTW (cpu->x[i->rn] + ((uint64_t)(uint32_t)cpu->x[i->rm] << i->aux))
#define REG_SXTW (cpu->x[i->rn] + ((uint64_t)(int32_t)cpu->x[i->rm] << i->aux))
LOADS(LOAD, lsl, , MAY_BE_SP, REG_LSL, KEEP_BASE)
LOADS(LOAD, uxtw, , MAY_BE_SP, REG_UXTW, KEEP_BASE)
LOADS(LOAD, sxtw, , MAY_BE_SP, REG_SXTW, KEEP_BASE)
STORES(STORE, lsl, , MAY_BE_SP, REG_LSL, KEEP_BASE)
STORES(STORE, uxtw, , MAY_BE_SP, REG_UXTW, KEEP_BASE)
STORES(STORE, sxtw, , MAY_BE_SP, REG_SXTW, KEEP_BASE)

/* option: 2 UXTW, 3 LSL, 6 SXTW, 7 SXTX, which is LSL */
static unsigned offset_kind(struct a64_insn *i, uint32_t raw)
{
    static const uint8_t kind[8] = {[2] = 1, [6] = 2};

    i->aux = (uint16_t)(a64_bits(raw, 12, 1) ? a64_bits(raw, 30, 2) : 0);
    return kind[a64_bits(raw, 13, 3)];
}

void a64_pre_ldr_r(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const table[][10] = {LOAD_TABLE(lsl), LOAD_TABLE(uxtw), LOAD_TABLE(sxtw)};

    i->fn = table[offset_kind(i, raw)][load_index(raw)];
}

void a64_pre_str_r(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const table[][4] = {STORE_TABLE(lsl), STORE_TABLE(uxtw), STORE_TABLE(sxtw)};

    i->fn = table[offset_kind(i, raw)][a64_bits(raw, 30, 2)];
}

/* --- Literal: i->imm is the offset from this page --- */

#define LITERAL (cpu->page_va + (uint64_t)i->imm)
LOAD(ldr_w, 32, v, lit, , IS_BASE, LITERAL, KEEP_BASE)
LOAD(ldr_x, 64, v, lit, , IS_BASE, LITERAL, KEEP_BASE)
LOAD(ldrsw_x, 32, (uint64_t)(int32_t)v, lit, , IS_BASE, LITERAL, KEEP_BASE)

void a64_pre_ldr_lit(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = {op_ldr_w_lit, op_ldr_x_lit, op_ldrsw_x_lit};

    i->imm = i->page_off + a64_sbits(raw, 5, 19) * 4;
    i->fn = fn[a64_bits(raw, 30, 2)];
}

/* --- With EL0's permissions --- */

LOADS(LOAD, user, _user, MAY_BE_SP, BASE_OFFSET, KEEP_BASE)
STORES(STORE, user, _user, MAY_BE_SP, BASE_OFFSET, KEEP_BASE)

void a64_pre_ldtr(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = LOAD_TABLE(user);

    i->imm = a64_sbits(raw, 12, 9);
    i->fn = fn[load_index(raw)];
}

void a64_pre_sttr(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = STORE_TABLE(user);

    i->imm = a64_sbits(raw, 12, 9);
    i->fn = fn[a64_bits(raw, 30, 2)];
}

/* --- Prefetch: nothing to do --- */

A64_OP(prfm_lit)
{
}

A64_OP(prfum)
{
}

A64_OP(prfm_u12)
{
}

A64_OP(prfm_r)
{
}
