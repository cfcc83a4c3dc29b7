# SPDX-License-Identifier: Apache-2.0
"""What a second CPU brings the same program: on two vCPUs, and on two of the host's own cores."""
import statistics

import bench
import figures

MILLISECONDS = 500
WANTED = 0.9


def gains(results):
    """By wall time, as felt; and what two threads do with one second of CPU time each: all but the scheduler's share."""
    one, two = results["one-thread"], results["two-threads"]
    return two.wall / one.wall, 2 * two.cpu / one.cpu


def run(programs, repeat, wanted=None):
    found = {}
    for _ in range(repeat):
        found.setdefault("native", []).append(gains(figures.run_native(figures.THREADS, MILLISECONDS)))
        for program in programs:
            results, _ = figures.run_guest(program, figures.THREADS, MILLISECONDS, cpus=2)
            found.setdefault(program.name, []).append(gains(results))
    print(f"\ngain of a second CPU (median of {repeat}): by wall time, by CPU time; in relation to the host's own")
    wall, cpu = (statistics.median(g[k] for g in found["native"]) for k in (0, 1))
    for name, values in found.items():
        own_wall, own_cpu = (statistics.median(g[k] for g in values) for k in (0, 1))
        print(f"  {name:28} {own_wall:6.2f} {own_cpu:6.2f}   {own_wall / wall:6.2f} {own_cpu / cpu:6.2f}"
              + (f"   wanted {WANTED}: {'met' if own_cpu / cpu >= WANTED else 'MISSED'}" if name == "berth" else ""))
