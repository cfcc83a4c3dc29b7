#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the tables of encodings (*.decode) into a64_decode.h, a64_decode.c and a64_exec.c (names handlers, so it links
only with all of them).

A table is lines of text; '#' starts a comment.

  [class]                       starts a class of encodings: what random-instruction tests iterate over
  name  TOKENS...  [key=value]  a row. Tokens stand most significant bit first and make 32 bits together:
                                a run of 0, 1 and x (either) digits, or field:width.

Fields that name registers fill struct a64_insn before the row's predecoder runs:

  rd rt vd vt -> .rd    rn vn -> .rn    rm rs vm -> .rm    ra rt2 va vt2 -> .ra

  v*: a vector register, number kept. Others: number 31 is XZR; rn, rm, ra are read (A64_ZR), rd, rt, rt2, rs written
  (A64_DISCARD). A suffix says otherwise: _r read, _w written, _sp the stack pointer.

Keys (a value with blanks stands in "quotes"; EXPR is a condition over fields in Python's words):

  pre=NAME     predecoder: void a64_pre_NAME(struct a64_insn *i, uint32_t raw)
  fn=pre       the predecoder always chooses the handler; without it the handler is a64_op_<row name>
  feat=NAME    the extension the row belongs to
  when=EXPR    the row holds only for encodings where EXPR is true ...
  unless=EXPR  ... or is not true; others are Undefined unless another row has them
  test=no      random-instruction tests leave the row out
  skip=EXPR    ... or leave these encodings out (CONSTRAINED UNPREDICTABLE)
  mem=yes      the row accesses memory at [rn]: tests point rn into a window
  mem=aligned  ... at an address that suits any access
"""

import itertools
import re
import shlex
import sys

KEYS = {"pre", "fn", "feat", "when", "unless", "test", "skip", "mem"}
SLOTS = {"rd": "rd", "rt": "rd", "vd": "rd", "vt": "rd", "rn": "rn", "vn": "rn",
         "rm": "rm", "rs": "rm", "vm": "rm", "ra": "ra", "rt2": "ra", "va": "ra", "vt2": "ra"}
WRITTEN = {"rd", "rt", "rt2", "rs"}
MAX_CONDITION_BITS = 20


class TableError(Exception):
    pass


class Row:
    """One encoding: fixed bits (mask, value), fields {name: (lo, width)} and keys."""

    def __init__(self, where, cls, name, tokens, keys):
        self.where, self.cls, self.name, self.keys = where, cls, name, keys
        self.mask = self.value = 0
        self.fields = {}
        self._parse_tokens(tokens)
        self.conditions = [(keys[k], k == "when") for k in ("when", "unless") if k in keys]
        for text in [c for c, _ in self.conditions] + ([keys["skip"]] if "skip" in keys else []):
            self._names(text)

    def _parse_tokens(self, tokens):
        at = 32
        for token in tokens:
            if re.fullmatch(r"[01x]+", token):
                for digit in token:
                    at -= 1
                    if digit != "x" and at >= 0:
                        self.mask |= 1 << at
                        self.value |= int(digit) << at
            elif m := re.fullmatch(r"([a-z]\w*):(\d+)", token):
                at -= int(m[2])
                if m[1] in self.fields:
                    raise TableError(f"{self.where}: field {m[1]} twice")
                self.fields[m[1]] = (at, int(m[2]))
            else:
                raise TableError(f"{self.where}: '{token}' is neither digits nor field:width")
        if at != 0:
            raise TableError(f"{self.where}: {self.name} has {32 - at} bits, not 32")

    def _names(self, text):
        names = set(re.findall(r"[a-z]\w*", text)) - {"and", "or", "not", "in"}
        for n in names - set(self.fields):
            raise TableError(f"{self.where}: '{n}' in '{text}' is no field of {self.name}")
        return names

    def condition_bits(self):
        names = set().union(*[self._names(t) for t, _ in self.conditions]) if self.conditions else set()
        return {b for n in names for b in range(self.fields[n][0], sum(self.fields[n]))}

    def holds(self, raw):
        values = {n: raw >> lo & (1 << w) - 1 for n, (lo, w) in self.fields.items()}
        return all(bool(eval(t, {"__builtins__": {}}, values)) == want for t, want in self.conditions)

    def c_expr(self, text):
        for py, c in (("and", "&&"), ("or", "||"), ("not", "!")):
            text = re.sub(rf"\b{py}\b", c, text)
        def field(m):
            lo, width = self.fields[m[0]]
            return f"(raw >> {lo} & {(1 << width) - 1:#x}u)"
        return re.sub(r"[a-z]\w*", field, text)

    def c_condition(self):
        return " && ".join(("" if want else "!") + f"({self.c_expr(t)})" for t, want in self.conditions)

    def registers(self):
        """{slot: (lo, kind)}; kind is a suffix of A64_REG_."""
        slots = {}
        for name, (lo, _) in self.fields.items():
            base, _, suffix = name.partition("_")
            if base not in SLOTS or suffix not in ("", "r", "w", "sp"):
                continue
            if SLOTS[base] in slots:
                raise TableError(f"{self.where}: two fields for {SLOTS[base]}")
            kind = {"r": "READ", "w": "WRITE", "sp": "SP"}.get(suffix)
            if kind is None:
                kind = "VECTOR" if base[0] == "v" else "WRITE" if base in WRITTEN else "READ"
            slots[SLOTS[base]] = (lo, kind)
        return slots


def parse(path):
    rows, cls = [], None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        where = f"{path}:{number}"
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if m := re.fullmatch(r"\[(\w+)\]", words[0]):
            cls = m[1]
            continue
        if cls is None:
            raise TableError(f"{where}: a row before the first [class]")
        keys = dict(w.split("=", 1) for w in words[1:] if "=" in w)
        if bad := set(keys) - KEYS:
            raise TableError(f"{where}: unknown key {sorted(bad)}")
        rows.append(Row(where, cls, words[0], [w for w in words[1:] if "=" not in w], keys))
    return rows


def overlap(a, b):
    """Is there an encoding that both rows claim?"""
    common = a.mask & b.mask
    if (a.value ^ b.value) & common:
        return False
    base = a.value | b.value
    free = sorted((a.condition_bits() | b.condition_bits()) - {n for n in range(32) if (a.mask | b.mask) >> n & 1})
    if len(free) > MAX_CONDITION_BITS:
        raise TableError(f"{a.where}: conditions of {a.name} and {b.name} span too many bits to compare")
    for bits in itertools.product((0, 1), repeat=len(free)):
        raw = base
        for n, bit in zip(free, bits):
            raw |= bit << n
        if a.holds(raw) and b.holds(raw):
            return True
    return False


def check(rows):
    names = {}
    for r in rows:
        if r.name in names:
            raise TableError(f"{r.where}: {r.name} stands already at {names[r.name].where}")
        names[r.name] = r
    for a, b in itertools.combinations(rows, 2):
        if overlap(a, b):
            raise TableError(f"{b.where}: {b.name} overlaps {a.name} of {a.where}")


class Tree:
    """Emits nested switches that end in one row, or a few tried in turn."""

    MAX_SWITCH_BITS = 6

    def __init__(self, rows):
        self.lines = []
        self._node(rows, 0, 1)

    def _emit(self, depth, text):
        self.lines.append("    " * depth + text)

    def _leaf(self, rows, tested, depth):
        for r in rows:
            tests = []
            if r.mask & ~tested:
                tests.append(f"(raw & {r.mask & ~tested:#010x}u) == {r.value & ~tested:#010x}u")
            if r.conditions:
                tests.append(r.c_condition())
            if tests:
                self._emit(depth, f"if ({' && '.join(tests)})")
                self._emit(depth + 1, f"return A64_OP_{r.name.upper()};")
            else:
                self._emit(depth, f"return A64_OP_{r.name.upper()};")
                return
        self._emit(depth, "return A64_OP_UNDEFINED;")

    @staticmethod
    def _matches(r, lo, width, v):
        field = ((1 << width) - 1) << lo
        return ((r.value ^ v << lo) & r.mask & field) == 0

    def _best_field(self, rows, tested):
        """The field whose switch leaves the least work: fewest rows in the fullest branch, then in all."""
        best = None
        for width in range(1, self.MAX_SWITCH_BITS + 1):
            for lo in range(0, 33 - width):
                field = ((1 << width) - 1) << lo
                if field & tested or not all(field & r.mask for r in rows):
                    continue
                counts = [sum(self._matches(r, lo, width, v) for r in rows) for v in range(1 << width)]
                cost = (max(counts), sum(counts), width)
                if max(counts) < len(rows) and (best is None or cost < best[0]):
                    best = (cost, lo, width)
        return best and best[1:]

    def _node(self, rows, tested, depth):
        field = self._best_field(rows, tested) if len(rows) > 2 else None
        if not field:
            self._leaf(rows, tested, depth)
            return
        lo, width = field
        mask = (1 << width) - 1
        self._emit(depth, f"switch (raw >> {lo} & {mask:#x}u) {{")
        groups = {}
        for v in range(1 << width):
            inside = tuple(r for r in rows if self._matches(r, lo, width, v))
            if inside:
                # Values with the same rows share a branch only if the rows do not care about the field.
                free = all(not r.mask & mask << lo for r in inside)
                groups.setdefault((inside, None if free else v), []).append(v)
        for (inside, _), values in groups.items():
            for v in values:
                self._emit(depth, f"case {v:#x}:")
            self._node(list(inside), tested | mask << lo if len(values) == 1 else tested, depth + 1)
        self._emit(depth, "default:")
        self._emit(depth + 1, "return A64_OP_UNDEFINED;")
        self._emit(depth, "}")


HEADER = """\
/* Generated by gen_decode.py from the tables of encodings: do not edit. */
#ifndef BERTH_CPU_ARM64_A64_DECODE_H
#define BERTH_CPU_ARM64_A64_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/arm64/state.h"

/* One a row of the tables. */
enum a64_opcode {
    A64_OP_UNDEFINED,
%(opcodes)s
    A64_NR_OPS,
};

enum a64_class {
%(classes)s
    A64_NR_CLASSES,
};

/* The row that `raw` belongs to; A64_OP_UNDEFINED if none. */
enum a64_opcode a64_decode(uint32_t raw);

/* How a register field of the encoding becomes a slot of struct a64_insn. */
enum a64_reg { A64_REG_NONE, A64_REG_READ, A64_REG_WRITE, A64_REG_SP, A64_REG_VECTOR };

struct a64_field {
    const char *name;
    uint8_t lo, width;
};

enum a64_row_mem { A64_MEM_NONE, A64_MEM_YES, A64_MEM_ALIGNED };

struct a64_row {
    const char *name;
    enum a64_class cls;
    uint32_t mask, value;            /* fixed bits */
    const struct a64_field *fields;  /* most significant first; name NULL ends */
    struct {
        uint8_t kind, lo;            /* enum a64_reg */
    } reg[4];                        /* rd, rn, rm, ra */
    bool test;                       /* random-instruction tests may run it */
    uint8_t mem;                     /* enum a64_row_mem: accesses memory at [rn] */
    bool (*skip)(uint32_t raw);      /* encodings that tests leave out, or NULL */
    const char *feature;             /* or NULL: ARMv8.0 */
};

extern const struct a64_row a64_rows[A64_NR_OPS];
extern const char *const a64_class_names[A64_NR_CLASSES];

/* What predecoding a row takes. */
struct a64_row_exec {
    a64_op *fn;                                        /* NULL: `pre` chooses */
    void (*pre)(struct a64_insn *i, uint32_t raw);     /* or NULL */
};
extern const struct a64_row_exec a64_row_exec[A64_NR_OPS];

a64_op a64_op_undefined;
%(handlers)s

%(pres)s

#endif
"""


def header(rows, classes):
    pres = sorted({r.keys["pre"] for r in rows if "pre" in r.keys})
    return HEADER % {
        "opcodes": "\n".join(f"    A64_OP_{r.name.upper()}," for r in rows),
        "classes": "\n".join(f"    A64_CLASS_{c.upper()}," for c in classes),
        "handlers": "\n".join(f"a64_op a64_op_{r.name};" for r in rows if "fn" not in r.keys),
        "pres": "\n".join(f"void a64_pre_{p}(struct a64_insn *i, uint32_t raw);" for p in pres),
    }


def c_row(r):
    regs = r.registers()
    reg = ", ".join("{A64_REG_%s, %d}" % (regs[s][1], regs[s][0]) if s in regs else "{A64_REG_NONE, 0}"
                    for s in ("rd", "rn", "rm", "ra"))
    test = "false" if r.keys.get("test") == "no" else "true"
    mem = f"A64_MEM_{r.keys.get('mem', 'none').upper()}"
    skip = f"skip_{r.name}" if "skip" in r.keys else "NULL"
    feat = f'"{r.keys["feat"]}"' if "feat" in r.keys else "NULL"
    return (f'    [A64_OP_{r.name.upper()}] = {{"{r.name}", A64_CLASS_{r.cls.upper()}, {r.mask:#010x}, '
            f"{r.value:#010x}, fields_{r.name}, {{{reg}}}, {test}, {mem}, {skip}, {feat}}},")


def source(rows, classes):
    out = ["/* Generated by gen_decode.py from the tables of encodings: do not edit. */",
           '#include "a64_decode.h"', "", "#include <stddef.h>", ""]
    for r in rows:
        ordered = sorted(r.fields.items(), key=lambda f: -f[1][0])
        fields = "".join(f'{{"{n}", {lo}, {w}}}, ' for n, (lo, w) in ordered)
        out.append(f"static const struct a64_field fields_{r.name}[] = {{{fields}{{NULL, 0, 0}}}};")
        if "skip" in r.keys:
            out += [f"static bool skip_{r.name}(uint32_t raw)", "{",
                    f"    return {r.c_expr(r.keys['skip'])};", "}"]
    out += ["", "static const struct a64_field fields_undefined[] = {{NULL, 0, 0}};",
            "const struct a64_row a64_rows[A64_NR_OPS] = {",
            '    [A64_OP_UNDEFINED] = {.name = "undefined", .fields = fields_undefined},']
    out += [c_row(r) for r in rows]
    out += ["};", "", "const char *const a64_class_names[A64_NR_CLASSES] = {"]
    out += [f'    "{c}",' for c in classes]
    out += ["};", "", "enum a64_opcode a64_decode(uint32_t raw)", "{"]
    out += Tree(rows).lines
    out += ["}"]
    return "\n".join(out) + "\n"


def exec_source(rows):
    out = ["/* Generated by gen_decode.py from the tables of encodings: do not edit. */",
           '#include "a64_decode.h"', "", "#include <stddef.h>", "",
           "const struct a64_row_exec a64_row_exec[A64_NR_OPS] = {",
           "    [A64_OP_UNDEFINED] = {a64_op_undefined, NULL},"]
    for r in rows:
        fn = "NULL" if "fn" in r.keys else f"a64_op_{r.name}"
        pre = f"a64_pre_{r.keys['pre']}" if "pre" in r.keys else "NULL"
        out.append(f"    [A64_OP_{r.name.upper()}] = {{{fn}, {pre}}},")
    return "\n".join(out + ["};"]) + "\n"


def main(argv):
    header_path, source_path, exec_path, *tables = argv[1:]
    try:
        rows = [r for t in tables for r in parse(t)]
        check(rows)
    except (TableError, OSError, ValueError) as e:
        sys.exit(f"gen_decode: {e}")
    classes = list(dict.fromkeys(r.cls for r in rows))
    for path, text in ((header_path, header(rows, classes)), (source_path, source(rows, classes)),
                       (exec_path, exec_source(rows))):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    main(sys.argv)
