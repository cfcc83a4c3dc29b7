/* SPDX-License-Identifier: Apache-2.0
 *
 * Exclusives, load-acquire and store-release, compare-and-swap, and LSE's atomic memory operations
 * (Arm ARM C4.1.94, B2).
 *
 * A load-exclusive remembers address and value; the store-exclusive succeeds if a host
 * compare-and-swap finds that value still there. So a store that puts the same value back in
 * between goes unnoticed (ABA), where hardware would fail; the usual read-modify-write loops cannot
 * tell.
 *
 * All atomics are sequentially consistent on the host, whatever their A and L bits say: on x86 they
 * are so anyway. Arm's STLR and LDAR are ordered among themselves, which is what C's seq_cst store
 * and load give. */
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/op.h"

static ALWAYS_INLINE uint64_t base_address(struct a64_cpu *cpu, const struct a64_insn *i)
{
    if (i->rn == A64_SP)
        a64_check_sp(cpu, i);
    return cpu->x[i->rn];
}

/* A handler for each access size; tables are indexed by the size field. */
#define BY_SIZE(X)                                                                                 \
    X(8)                                                                                           \
    X(16)                                                                                          \
    X(32)                                                                                          \
    X(64)
#define SIZES(name)                                                                                \
    {                                                                                              \
        op_##name##_8, op_##name##_16, op_##name##_32, op_##name##_64                              \
    }

static unsigned size_of(uint32_t raw)
{
    return a64_bits(raw, 30, 2);
}

/* --- Load-acquire, store-release --- */

#define DEFINE_ORDERED(bits)                                                                       \
    static ALWAYS_INLINE uint64_t load_acquire##bits(struct a64_cpu *cpu,                          \
                                                     const struct a64_insn *i, uint64_t va)        \
    {                                                                                              \
        const uint##bits##_t *p;                                                                   \
        uint64_t value;                                                                            \
        a64_check_align(cpu, i, va, bits / 8, false);                                              \
        p = a64_host_ptr(cpu, i, va, bits / 8, false);                                             \
        if (LIKELY(p != NULL))                                                                     \
            return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                           \
        value = a64_ld##bits(cpu, i, va);                                                          \
        atomic_thread_fence(memory_order_seq_cst);                                                 \
        return value;                                                                              \
    }                                                                                              \
    A64_VARIANT(ldar_##bits)                                                                       \
    {                                                                                              \
        cpu->x[i->rd] = load_acquire##bits(cpu, i, base_address(cpu, i));                          \
    }                                                                                              \
    A64_VARIANT(stlr_##bits)                                                                       \
    {                                                                                              \
        uint64_t va = base_address(cpu, i);                                                        \
        uint##bits##_t *p, value = (uint##bits##_t)cpu->x[i->rd];                                  \
        a64_check_align(cpu, i, va, bits / 8, true);                                               \
        p = a64_host_ptr(cpu, i, va, bits / 8, true);                                              \
        if (LIKELY(p != NULL)) {                                                                   \
            __atomic_store_n(p, value, __ATOMIC_SEQ_CST);                                          \
        } else {                                                                                   \
            atomic_thread_fence(memory_order_seq_cst);                                             \
            a64_st##bits(cpu, i, va, value);                                                       \
            atomic_thread_fence(memory_order_seq_cst);                                             \
        }                                                                                          \
    }
BY_SIZE(DEFINE_ORDERED)

void a64_pre_ldar(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = SIZES(ldar);

    i->fn = fn[size_of(raw)];
}

void a64_pre_stlr(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = SIZES(stlr);

    i->fn = fn[size_of(raw)];
}

/* --- Exclusives --- */

static ALWAYS_INLINE void monitor_set(struct a64_cpu *cpu, uint64_t va, unsigned size, uint64_t lo,
                                      uint64_t hi)
{
    cpu->excl_valid = true;
    cpu->excl_size = (uint8_t)size;
    cpu->excl_va = va;
    cpu->excl_lo = lo;
    cpu->excl_hi = hi;
}

/* Ends the monitor's state; whether it was set for this access. */
static ALWAYS_INLINE bool monitor_take(struct a64_cpu *cpu, uint64_t va, unsigned size)
{
    bool ours = cpu->excl_valid && cpu->excl_va == va && cpu->excl_size == size;

    cpu->excl_valid = false;
    return ours;
}

/* Plain and acquiring forms alike: the order of the stronger one costs nothing on x86. */
#define DEFINE_EXCLUSIVE(bits)                                                                     \
    A64_VARIANT(ldxr_##bits)                                                                       \
    {                                                                                              \
        uint64_t va = base_address(cpu, i), value = load_acquire##bits(cpu, i, va);                \
        monitor_set(cpu, va, bits / 8, value, 0);                                                  \
        cpu->x[i->rd] = value;                                                                     \
    }                                                                                              \
    A64_VARIANT(stxr_##bits)                                                                       \
    {                                                                                              \
        uint64_t va = base_address(cpu, i);                                                        \
        uint##bits##_t *p, value = (uint##bits##_t)cpu->x[i->rd];                                  \
        a64_check_align(cpu, i, va, bits / 8, true);                                               \
        if (!monitor_take(cpu, va, bits / 8)) {                                                    \
            cpu->x[i->rm] = 1;                                                                     \
            return;                                                                                \
        }                                                                                          \
        p = a64_store_exclusive_ptr(cpu, i, va, bits / 8);                                         \
        cpu->x[i->rm] = !__sync_bool_compare_and_swap(p, (uint##bits##_t)cpu->excl_lo, value);     \
    }
BY_SIZE(DEFINE_EXCLUSIVE)

void a64_pre_ldxr(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = SIZES(ldxr);

    i->fn = fn[size_of(raw)];
}

void a64_pre_stxr(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = SIZES(stxr);

    i->fn = fn[size_of(raw)];
}

/* Pairs: two words are one 64-bit access; two doublewords one of 128 bits, whose halves a load may
 * read apart because only a successful store says that they belonged together. */
static ALWAYS_INLINE uint64_t two_words(uint64_t lo, uint64_t hi)
{
    return (uint32_t)lo | hi << 32;
}

static ALWAYS_INLINE unsigned __int128 two_doublewords(uint64_t lo, uint64_t hi)
{
    return lo | (unsigned __int128)hi << 64;
}

A64_VARIANT(ldxp_w)
{
    uint64_t va = base_address(cpu, i), value = load_acquire64(cpu, i, va);

    monitor_set(cpu, va, 8, value, 0);
    cpu->x[i->rd] = (uint32_t)value;
    cpu->x[i->ra] = value >> 32;
}

A64_VARIANT(ldxp_x)
{
    uint64_t va = base_address(cpu, i), lo, hi;

    a64_check_align(cpu, i, va, 16, false);
    lo = load_acquire64(cpu, i, va);
    hi = load_acquire64(cpu, i, va + 8);
    monitor_set(cpu, va, 16, lo, hi);
    cpu->x[i->rd] = lo;
    cpu->x[i->ra] = hi;
}

A64_VARIANT(stxp_w)
{
    uint64_t va = base_address(cpu, i), value = two_words(cpu->x[i->rd], cpu->x[i->ra]);
    uint64_t *p;

    a64_check_align(cpu, i, va, 8, true);
    if (!monitor_take(cpu, va, 8)) {
        cpu->x[i->rm] = 1;
        return;
    }
    p = a64_store_exclusive_ptr(cpu, i, va, 8);
    cpu->x[i->rm] = !__sync_bool_compare_and_swap(p, cpu->excl_lo, value);
}

A64_VARIANT(stxp_x)
{
    uint64_t va = base_address(cpu, i);
    unsigned __int128 *p, value = two_doublewords(cpu->x[i->rd], cpu->x[i->ra]);

    a64_check_align(cpu, i, va, 16, true);
    if (!monitor_take(cpu, va, 16)) {
        cpu->x[i->rm] = 1;
        return;
    }
    p = a64_store_exclusive_ptr(cpu, i, va, 16);
    cpu->x[i->rm] =
        !__sync_bool_compare_and_swap(p, two_doublewords(cpu->excl_lo, cpu->excl_hi), value);
}

void a64_pre_ldxp(struct a64_insn *i, uint32_t raw)
{
    i->fn = a64_bits(raw, 30, 1) ? op_ldxp_x : op_ldxp_w;
}

void a64_pre_stxp(struct a64_insn *i, uint32_t raw)
{
    i->fn = a64_bits(raw, 30, 1) ? op_stxp_x : op_stxp_w;
}

/* --- Compare and swap. i->rm: where the old value goes; i->ra: where the expected one is. --- */

#define DEFINE_CAS(bits)                                                                           \
    A64_VARIANT(cas_##bits)                                                                        \
    {                                                                                              \
        uint##bits##_t *p = a64_atomic_ptr(cpu, i, base_address(cpu, i), bits / 8);                \
        cpu->x[i->rm] = __sync_val_compare_and_swap(p, (uint##bits##_t)cpu->x[i->ra],              \
                                                    (uint##bits##_t)cpu->x[i->rd]);                \
    }
BY_SIZE(DEFINE_CAS)

void a64_pre_cas(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = SIZES(cas);

    i->ra = i->rm == A64_DISCARD ? A64_ZR : i->rm;
    i->fn = fn[size_of(raw)];
}

/* Register pairs begin at an even number, so 31 is only ever the second of a pair. */
static ALWAYS_INLINE uint64_t pair_second(const struct a64_cpu *cpu, unsigned first)
{
    return cpu->x[first == 30 ? A64_ZR : first + 1];
}

static ALWAYS_INLINE void pair_set(struct a64_cpu *cpu, unsigned first, uint64_t lo, uint64_t hi)
{
    cpu->x[first] = lo;
    cpu->x[first == 30 ? A64_DISCARD : first + 1] = hi;
}

A64_VARIANT(casp_w)
{
    uint64_t *p = a64_atomic_ptr(cpu, i, base_address(cpu, i), 8);
    uint64_t old = __sync_val_compare_and_swap(p, two_words(cpu->x[i->rm], pair_second(cpu, i->rm)),
                                               two_words(cpu->x[i->rd], pair_second(cpu, i->rd)));

    pair_set(cpu, i->rm, (uint32_t)old, old >> 32);
}

A64_VARIANT(casp_x)
{
    unsigned __int128 *p = a64_atomic_ptr(cpu, i, base_address(cpu, i), 16);
    unsigned __int128 old =
        __sync_val_compare_and_swap(p, two_doublewords(cpu->x[i->rm], pair_second(cpu, i->rm)),
                                    two_doublewords(cpu->x[i->rd], pair_second(cpu, i->rd)));

    pair_set(cpu, i->rm, (uint64_t)old, (uint64_t)(old >> 64));
}

void a64_pre_casp(struct a64_insn *i, uint32_t raw)
{
    i->fn = a64_bits(raw, 30, 1) ? op_casp_x : op_casp_w;
}

/* --- Atomic memory operations --- */

/* For those the host has no single instruction for: `choose` is the new value from `old` and
 * `operand`. */
#define DEFINE_CHOICE(name, bits, type, better)                                                    \
    static ALWAYS_INLINE uint##bits##_t fetch_##name##bits(uint##bits##_t *p,                      \
                                                           uint##bits##_t operand)                 \
    {                                                                                              \
        uint##bits##_t old = __atomic_load_n(p, __ATOMIC_RELAXED), seen;                           \
        for (;;) {                                                                                 \
            seen = __sync_val_compare_and_swap(p, old,                                             \
                                               (type)old better(type) operand ? old : operand);    \
            if (seen == old)                                                                       \
                return old;                                                                        \
            old = seen;                                                                            \
        }                                                                                          \
    }

#define ATOMIC(name, bits, expr)                                                                   \
    A64_VARIANT(name##_##bits)                                                                     \
    {                                                                                              \
        uint##bits##_t *p = a64_atomic_ptr(cpu, i, base_address(cpu, i), bits / 8);                \
        uint##bits##_t operand = (uint##bits##_t)cpu->x[i->rm];                                    \
        cpu->x[i->rd] = expr;                                                                      \
    }
#define ATOMICS(bits)                                                                              \
    DEFINE_CHOICE(smax, bits, int##bits##_t, >)                                                    \
    DEFINE_CHOICE(smin, bits, int##bits##_t, <)                                                    \
    DEFINE_CHOICE(umax, bits, uint##bits##_t, >)                                                   \
    DEFINE_CHOICE(umin, bits, uint##bits##_t, <)                                                   \
    ATOMIC(ldadd, bits, __atomic_fetch_add(p, operand, __ATOMIC_SEQ_CST))                          \
    ATOMIC(ldclr, bits, __atomic_fetch_and(p, (uint##bits##_t) ~operand, __ATOMIC_SEQ_CST))        \
    ATOMIC(ldeor, bits, __atomic_fetch_xor(p, operand, __ATOMIC_SEQ_CST))                          \
    ATOMIC(ldset, bits, __atomic_fetch_or(p, operand, __ATOMIC_SEQ_CST))                           \
    ATOMIC(swp, bits, __atomic_exchange_n(p, operand, __ATOMIC_SEQ_CST))                           \
    ATOMIC(ldsmax, bits, fetch_smax##bits(p, operand))                                             \
    ATOMIC(ldsmin, bits, fetch_smin##bits(p, operand))                                             \
    ATOMIC(ldumax, bits, fetch_umax##bits(p, operand))                                             \
    ATOMIC(ldumin, bits, fetch_umin##bits(p, operand))
BY_SIZE(ATOMICS)

/* By o3:opc. */
void a64_pre_atomic(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][4] = {SIZES(ldadd),  SIZES(ldclr),  SIZES(ldeor),
                                    SIZES(ldset),  SIZES(ldsmax), SIZES(ldsmin),
                                    SIZES(ldumax), SIZES(ldumin), SIZES(swp)};

    i->fn = fn[a64_bits(raw, 12, 4)][size_of(raw)];
}
