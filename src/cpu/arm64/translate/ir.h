/* SPDX-License-Identifier: Apache-2.0
 *
 * The translator's intermediate form: a straight list of three-address operations for one block. The front end makes it
 * from predecoded guest instructions, opt.c thins it out, a back end turns it into host code. An operation names guest
 * registers directly (they live where the back end's register map says) or one of a few temporaries, which never outlive
 * the guest instruction that made them. */
#ifndef BERTH_CPU_ARM64_TRANSLATE_IR_H
#define BERTH_CPU_ARM64_TRANSLATE_IR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "cpu/arm64/state.h"

/* Operands: 0..30 general registers, A64_SP, A64_ZR (reads 0), A64_DISCARD (write only), then: */
enum {
    IR_T0 = 40, /* temporaries */
    IR_T1,
    IR_T2,
    IR_NR_VALUES,
    IR_IMM = -1,  /* the operand is ir->imm */
    IR_NONE = -2,
};

enum ir_op {
    IR_NOP,
    /* dst = a … b (b may be IR_IMM) */
    IR_MOV, /* dst = a */
    IR_ADD, IR_SUB, IR_AND, IR_OR, IR_XOR, /* IR_ADD: b, unless it is IR_IMM, shifted left by shift: 0 to 3 */
    IR_ANDN, IR_ORN, IR_XORN,            /* a op ~b */
    IR_SHL, IR_SHR, IR_SAR, IR_ROR,      /* amount modulo the width */
    IR_MUL, IR_UMULH, IR_SMULH, IR_UDIV, IR_SDIV,
    IR_ADC, IR_SBC,
    /* the same, and set NZCV */
    IR_ADDS, IR_SUBS, IR_ANDS, IR_ANDNS, IR_ADCS, IR_SBCS,
    /* if cond: NZCV from a - b or a + b, else NZCV = aux (as cpu->nzcv) */
    IR_CCMP, IR_CCMN,
    /* dst = cond ? a : b / b + 1 / ~b / -b */
    IR_CSEL, IR_CSINC, IR_CSINV, IR_CSNEG,
    /* dst = f(a) */
    IR_SXTB, IR_SXTH, IR_SXTW, IR_UXTB, IR_UXTH, IR_UXTW,
    IR_CLZ, IR_CLS, IR_RBIT, IR_REV16, IR_REV32, IR_REV64,
    /* bit fields: lsb and width in aux (lsb | width << 8) */
    IR_UBFX, IR_SBFX, IR_UBFIZ, IR_SBFIZ, IR_BFI, IR_BFXIL,
    IR_EXTR,                             /* dst = (a:b) >> imm */
    IR_CRC32, IR_CRC32C,                 /* dst = checksum a gone on over `size` bytes of b */
    IR_PC,                               /* dst = page of this block + imm */
    /* memory: address a + imm, or a + (b extended by ext, shifted left by shift) */
    IR_LD, IR_ST,                        /* `size` bytes: dst = memory; memory = c */
    IR_LDP, IR_STP,                      /* two of them: the first is dst (read by STP), the second c */
    IR_VLD, IR_VST, IR_VLDP, IR_VSTP,    /* the same with vector registers */
    /* atomics at address a, operand b, `size` bytes (4, 8): dst = old value. IR_CAS: b is expected, c the new value */
    IR_CAS, IR_SWAP, IR_FETCH_ADD, IR_FETCH_ANDN, IR_FETCH_XOR, IR_FETCH_OR,
    /* exclusives of `size` bytes at address a: dst = memory; dst = 0 and memory = b if the monitor holds this, else dst = 1. With
     * an operand c, these are the two halves of the memory: dst, c and b, c */
    IR_LDX, IR_STX, IR_CLREX,
    IR_ZERO,                             /* `size` bytes around address a */
    IR_MRS,                              /* dst = a system register; aux: enum ir_system */
    IR_MASK, IR_UNMASK, IR_MSR_DAIF,     /* PSTATE.DAIF |= imm, &= ~imm, = a */
    IR_FENCE,                            /* between everything before and everything behind */
    /* ends of the block. imm: target, as an offset from the block's page, may lie outside it */
    IR_B, IR_BCOND, IR_CBZ, IR_CBNZ, IR_TBZ, IR_TBNZ, /* the conditional ones fall through to the next op */
    IR_BR,                               /* to the address in a */
    IR_RET,                              /* the same, a return */
    /* floating point and vectors: aux says which (enum ir_fp); operands are vector registers but where ir_fp says */
    IR_FP,
    /* the interpreter's handler for this guest instruction */
    IR_CALL,
};

struct ir {
    uint8_t op;          /* enum ir_op */
    bool w;              /* 64-bit; otherwise the result is zero-extended from 32 */
    uint8_t cond;        /* Arm condition */
    bool flags_live;     /* opt.c: somebody may look at the NZCV this sets */
    bool again;          /* opt.c: sets in the host what an earlier operation set; nothing else */
    bool only_zn;        /* with again: N and Z alone are right */
    int8_t dst, a, b, c; /* operands; c: second register of a pair, or addend */
    uint16_t aux;
    uint8_t size;        /* memory: bytes of one element */
    bool sign;           /* memory: sign-extend to 32 (or, with w, 64) bits */
    uint8_t ext, shift;  /* memory: enum ir_ext of the index b, and its shift; IR_ADD */
    bool by_element;     /* IR_FP */
    bool link;           /* IR_B, IR_BR: a call; the link register says where it returns to, right behind the instruction */
    bool aligned;        /* memory: an unaligned address faults (LDAR, STLR) */
    uint8_t count;       /* IR_VLD, IR_VST: registers from dst or c on; 0: one */
    uint8_t turns;       /* the same: bytes of the elements that they take turns with; 0: one register after the other */
    uint8_t group;       /* memory: 1 + index of the group it is in; 0: none */
    uint8_t run;         /* memory: 1 + index of the run it is in; 0: none; */
    int32_t place;       /* then: bytes from the run's first byte */
    int32_t moved;       /* memory: what was added to the base since the group's first member */
    int64_t imm;
    const struct a64_insn *guest;
};

/* IR_FP. `size` is bytes of an element (4, 8; FP_VADD…: 1 to 8), `w` a 128-bit vector. A vector by element: the second
 * operand is element imm of b (IR_FP with by_element). */
enum ir_fp {
    /* scalars: dst = a op b */
    FP_ADD, FP_SUB, FP_MUL, FP_DIV, FP_SQRT, FP_NMUL,
    FP_MADD, FP_MSUB, FP_NMADD, FP_NMSUB,   /* c is the addend */
    FP_ABS, FP_NEG, FP_MOV,
    FP_CMP, FP_CMP0,                        /* sets NZCV */
    FP_CSEL,
    FP_TO_DOUBLE, FP_TO_SINGLE,             /* size: of the source */
    FP_FROM_INT, FP_TO_INT,                 /* a, or dst, is a general register of 64 (w) or 32 bits, signed */
    FP_MOV_FROM, FP_MOV_TO,                 /* bits: a, or dst, is a general register */
    FP_IMM,                                 /* dst = imm, as bits */
    FP_MAX, FP_MIN, FP_ROUND,               /* ROUND: imm is ROUNDPD's mode; FRINTX and FRINTI, too */
    FP_TO_UINT, FP_FROM_UINT,
    FP_FROM_INT_V, FP_FROM_UINT_V,          /* the same, from the lowest element of vector register a */
    FP_CCMP,                                /* if cond: sets NZCV as FP_CMP, else NZCV = imm */
    FP_PAIR_SUM,                            /* of the lowest two elements of a */
    FP_ROUND_INT, FP_ROUND_UINT,            /* like FP_TO_INT, FP_TO_UINT; imm: as of FP_ROUND */
    /* vectors of floating point: dst = a op b, lane by lane */
    FP_VFADD, FP_VFSUB, FP_VFMUL, FP_VFDIV, FP_VFSQRT,
    FP_VFMLA, FP_VFMLS,                     /* dst += or -= a * b */
    FP_VFADDP,                              /* sums of neighbours */
    FP_VFROM_INT, FP_VTO_DOUBLE, FP_VTO_SINGLE, /* size: of the source; w: its, or the result's, upper half */
    FP_VFCMEQ, FP_VFCMGE, FP_VFCMGT, FP_VFACGE, FP_VFACGT, /* all ones where true; AC: of magnitudes */
    FP_VFCMEQ0, FP_VFCMGT0, FP_VFCMGE0, FP_VFCMLE0, FP_VFCMLT0,
    FP_VFMAX, FP_VFMIN, FP_VFABD,           /* ABD: of the difference, the magnitude */
    FP_VFROUND, FP_VFTO_INT,                /* imm: as of FP_ROUND; signed, truncated */
    FP_VFABS, FP_VFNEG,                     /* from here on nothing raises an exception */
    /* vectors of integers and bits */
    FP_VAND, FP_VOR, FP_VXOR, FP_VADD, FP_VSUB, FP_VMUL, FP_VCMEQ, FP_VCMGT, FP_VUMIN, FP_VUMAX, FP_VSMIN, FP_VSMAX,
    FP_VUAVG,                               /* rounded up */
    FP_VBIC, FP_VORN, FP_VBSL, FP_VBIT, FP_VBIF,
    FP_VCMGE, FP_VCMHI, FP_VCMHS, FP_VCMTST,
    FP_VCMEQ0, FP_VCMGT0, FP_VCMGE0, FP_VCMLE0, FP_VCMLT0, FP_VNOT, FP_VNEG, FP_VABS,
    FP_VMLA, FP_VMLS,
    FP_VADDP, FP_VUMAXP, FP_VUMINP, FP_VSMAXP, FP_VSMINP, /* neighbours of a, then of b */
    FP_VSHL, FP_VUSHR, FP_VSSHR, FP_VUSRA, FP_VSSRA,      /* by imm; A: added to dst */
    FP_VSHRN,                               /* size: of the source; w: into the upper half */
    FP_VSHLL,                               /* sign; size: of the source; w: its upper half */
    FP_VADDL, FP_VSUBL, FP_VMULL, FP_VMLAL, FP_VMLSL, FP_VADDW, FP_VSUBW, /* the same */
    /* elements and their order */
    FP_VDUP, FP_VDUP_FROM,                  /* element imm of a; general register a */
    FP_VINS, FP_VINS_FROM,                  /* dst's element shift = element imm of a; general register a */
    FP_VMOV_TO,                             /* general register dst = element imm of a, sign */
    FP_VIMM, FP_VORI, FP_VBICI,             /* imm: each half */
    FP_VZIP1, FP_VZIP2, FP_VUZP1, FP_VUZP2, FP_VTRN1, FP_VTRN2,
    FP_VEXT,                                /* from byte imm of a, then b */
    FP_VTBL,                                /* bytes of a by the numbers in b */
    FP_VREV,                                /* elements in each imm bytes */
    FP_VACROSS_ADD, FP_VACROSS_UMAX, FP_VACROSS_UMIN, FP_VACROSS_SMAX, FP_VACROSS_SMIN, /* one scalar of all elements */
    FP_VACROSS_ADDL,                        /* of bytes, 16 bits, unsigned */
    FP_VCNT, FP_VSLI, FP_VSRI,              /* bits of each byte; shifted by imm, the other bits of dst stay */
    /* cryptography, of hosts that have it: ir_host_has */
    FP_AESE, FP_AESD, FP_AESMC, FP_AESIMC,
    FP_AESEMC, FP_AESDIMC,                  /* AESE, then AESMC; AESD, then AESIMC */
    FP_PMULL,                               /* of 64-bit elements; w: the upper ones */
    FP_SHA1C, FP_SHA1P, FP_SHA1M, FP_SHA1H, FP_SHA1SU0, FP_SHA1SU1,
    FP_SHA256H, FP_SHA256H2, FP_SHA256SU0, FP_SHA256SU1,
};

enum ir_system { SYSTEM_SP_EL0, SYSTEM_TPIDR_EL0, SYSTEM_TPIDR_EL1, SYSTEM_DAIF, SYSTEM_DCZID };

enum ir_ext { EXT_NONE, EXT_UXTW, EXT_SXTW };

enum { IR_MAX = 512 }; /* operations in a block; a longer block is cut */

/* Accesses at constant distances from one base, looked up together by the first: group.c. */
struct ir_group {
    unsigned first, last; /* operations */
    int32_t lo, hi;       /* bytes from the base as it is at the first: [lo, hi) */
    bool writes;
    uint8_t place; /* where a back end keeps the host address: below IR_GROUP_PLACES, shared with no group in between */
};

enum { IR_MAX_GROUPS = 32, IR_GROUP_PLACES = A64_GROUP_PLACES };

/* Accesses of a loop, one or a group, whose address goes on by a constant from turn to turn: run.c. At the beginning of a
 * turn their first byte is at base + (index << shift) + offset. */
struct ir_run {
    int8_t base, index; /* general registers; index: or IR_NONE */
    uint8_t shift;
    bool writes;
    int16_t stride;     /* bytes a turn */
    uint16_t bytes;
    int32_t offset;
};

enum { IR_MAX_RUNS = A64_SEEN_PAGES };

/* The loop goes on while left + add `cond` right: registers as the turn begins, the left one moving by `step` each turn. */
struct ir_bound {
    int8_t left, right; /* right: or IR_IMM */
    uint8_t cond;       /* Arm condition of a comparison, as a64_cond has it */
    bool inside;        /* it is left inside a turn: what stands behind is as the turn before left it */
    int32_t step;
    int64_t add, imm;
};

/* Bytes of a run, from its first byte as the turn begins on. */
struct ir_piece {
    uint8_t run; /* index */
    int32_t at;
};

/* A register that a turn stores and then loads again: at its end it holds these bytes. */
struct ir_carried {
    int8_t reg;
    bool vector;
    struct ir_piece from;
};

enum { IR_MAX_PIECES = 16, IR_MAX_BOUNDS = 2, IR_MAX_STEADY = 8, IR_MAX_CARRIED = 12 };

/* What all turns but the last can do together: bulk.c. */
struct ir_bulk {
    enum { BULK_NONE, BULK_SEARCH, BULK_COPY, BULK_FILL, BULK_MAP } kind;
    /* SEARCH: goes on while no element of `size` bytes of these pieces of 16 is equal to that of vector register `value`
     * (IR_NONE: to 0); or, with `differs`, while they are equal to those of other[]. COPY: other[0] to piece[0], FILL: register
     * `value` (vector or general, A64_ZR; with `zeroes` by IR_ZERO) to piece[0]; as many bytes as the run's stride. MAP: what 16 bytes of each of other[]
     * become element by element to piece[0]. */
    struct ir_piece piece[IR_MAX_PIECES], other[IR_MAX_PIECES];
    unsigned nr_pieces, nr_others; /* nr_others: MAP */
    bool differs, vector, zeroes;
    uint8_t size;
    int8_t value;
    struct ir_bound bound[IR_MAX_BOUNDS]; /* each turn that all of these allow goes on to the next */
    unsigned nr_bounds;
    struct {
        int8_t reg;
        int32_t stride;
    } steady[IR_MAX_STEADY]; /* registers that move */
    unsigned nr_steady;
    struct ir_carried carried[IR_MAX_CARRIED];
    unsigned nr_carried;
};

struct ir_block {
    struct ir op[IR_MAX];
    unsigned nr;
    struct ir_group group[IR_MAX_GROUPS];
    struct ir_run run[IR_MAX_RUNS];
    unsigned nr_runs;
    int8_t counter;         /* where there are runs: a register that each turn adds counter_stride to, which is not 0 */
    int32_t counter_stride;
    struct ir_bulk bulk;
};

/* The vector registers that an operation reads and writes, with how many of their low bytes matter; a write clears the
 * bytes above. Nothing for IR_CALL, which may touch all of them. */
struct ir_vector {
    int8_t reg;
    uint8_t bytes;
};
struct ir_vectors {
    struct ir_vector read[4], write[4];
    unsigned nr_read, nr_write;
};
void ir_vectors(const struct ir *i, struct ir_vectors *ret);

/* May the operation give general register or temporary `v` a new value? */
bool ir_changes(const struct ir *i, int v);

/* Bytes that a memory operation accesses. */
unsigned ir_access_bytes(const struct ir *i);

/* Is operation k of a loop an access to a table: its place stays, its index is small (table.c)? */
bool ir_is_table(const struct ir_block *b, unsigned k);

/* Marks which flag results anybody can see, and drops operations whose result nobody can. */
void ir_optimise(struct ir_block *b);

/* Finds the groups. */
void ir_group_accesses(struct ir_block *b);

/* Finds the runs, after the groups, if the block is a loop to its first instruction, byte `entry` of the page. */
void ir_find_runs(struct ir_block *b, int64_t entry);

/* Finds out, after that, whether the loop is a search, a copy or a fill (b->bulk). */
void ir_find_bulk(struct ir_block *b);

/* Back end: does the host have instructions for these? Of IR_CRC32 and the cryptography among IR_FP, which it may lack. */
bool ir_host_has_crc32(void);
bool ir_host_has(enum ir_fp kind);

/* One line of text, such as "add.64 x0, x1, #4". */
void ir_print(const struct ir *i, struct strbuf *out);

#endif
