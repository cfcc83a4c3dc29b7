# SPDX-License-Identifier: Apache-2.0
"""What a guest computes and what its kernel does, by the programs of figures/: rates, ratios, and the targets of the project.

Ratios are by CPU time of the emulator's process: on a machine that others use too it says the same as wall time on a quiet one,
where wall time says how busy the machine was. Wall time stands beside it.
"""
import math
import statistics

import bench
import figures

MILLISECONDS = 200  # of one timed run
NATIVE, PEER = "native", "the fastest QEMU"
GROUPS = [  # title, figures, beside whom, the least geometric mean, the least of each
    ("integer", figures.INTEGER, PEER, 2, None),
    ("floating point", figures.FLOATING, PEER, 8, None),
    ("copies and strings", figures.STRING, NATIVE, 0.7, None),
    ("system", figures.SYSTEM, PEER, 4, 1.5),
]
NAMES = [name for _, names, _, _, _ in GROUPS for name in names]


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values))) if values else float("nan")


def measure(programs, repeat, names):
    """{program: {figure: [Result]}}, the programs in turns; the host itself is the program `native`."""
    found = {p.name: {} for p in programs} | {NATIVE: {}}
    for _ in range(repeat):
        rounds = [(p.name, figures.run_guest(p, names, MILLISECONDS)[0]) for p in programs]
        rounds.append((NATIVE, figures.run_native(names, MILLISECONDS)))
        for program, results in rounds:
            for name, result in results.items():
                found[program].setdefault(name, []).append(result)
    return found


def median(results, by):
    return statistics.median(getattr(r, by) for r in results)


def best_peer(found, name, by):
    """(rate, who) of the peer that does this figure fastest."""
    return max(((median(f[name], by), who) for who, f in found.items() if who not in ("berth", NATIVE) and name in f),
               default=(float("nan"), "-"))


def row(found, name):
    """The medians of one figure, and berth's in relation to the fastest peer and to the host; prints them."""
    ours = median(found["berth"][name], "cpu")
    peer, who = best_peer(found, name, "cpu")
    native = median(found[NATIVE][name], "cpu") if name in found[NATIVE] else float("nan")
    wall = median(found["berth"][name], "wall") / best_peer(found, name, "wall")[0]
    print(f"  {name:15} {ours:12.5g} {peer:12.5g} {ours / peer:7.2f} {wall:7.2f} {native:12.5g} {ours / native:7.2f}   {who}")
    return {PEER: ours / peer, NATIVE: ours / native}


def report(found, wanted, repeat):
    print(f"\nunits per second of CPU time (median of {repeat})")
    print(f"  {'':15} {'berth':>12} {'QEMU':>12} {'ratio':>7} {'(wall)':>7} {'native':>12} {'ratio':>7}   QEMU's fastest here")
    for title, names, beside, mean, least in GROUPS:
        here = [n for n in names if n in wanted and n in found["berth"]]
        ratios = [row(found, n)[beside] for n in here]
        if not ratios or any(map(math.isnan, ratios)):
            continue
        bench.verdict(f"{title}: geometric mean beside {beside}", geometric_mean(ratios), mean)
        if least:
            bench.verdict(f"{title}: the least", min(ratios), least)


def run(programs, repeat, wanted=None):
    wanted = wanted or NAMES
    report(measure(programs, repeat, wanted), wanted, repeat)
