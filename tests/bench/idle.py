# SPDX-License-Identifier: Apache-2.0
"""A guest that has booted and waits: the host's memory above the guest's own, and the CPU time that waiting takes."""
import time

import bench
import figures

SETTLE, WATCH = 3, 10  # seconds
CACHE_KIB = 8 << 10  # a mapping of this size or more is a cache


def rss_above_guest(pid, memory_mib):
    """(all, small) MiB resident beside the guest's RAM, which is the one mapping large enough. `small` leaves out what
    is resident in large mappings: an emulator's caches of decoded and translated code."""
    everything, small, size = 0, 0, 0
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as smaps:
        for line in smaps:
            words = line.split()
            if words[0] == "Size:":
                size = int(words[1])
            elif words[0] == "Rss:" and size < memory_mib * 1024 * 0.9:
                everything += int(words[1])
                small += int(words[1]) if size < CACHE_KIB else 0
    return everything / 1024, small / 1024


def measure(program):
    process = program.start(do="wait", memory=512)
    bench.wait_for(process, b"berth-guest: waiting")
    time.sleep(SETTLE)
    before = figures.cpu_clock(process.pid)
    time.sleep(WATCH)
    found = (figures.cpu_clock(process.pid) - before) / WATCH * 100, *rss_above_guest(process.pid, 512)
    bench.end(process)
    return found


def run(programs, repeat):
    found = bench.in_turns(programs, measure, min(repeat, 3))
    titles = [("idle: CPU time of a waiting guest", "% of a core"), ("idle: resident memory above the guest's", "MiB"),
              ("idle: the same without large mappings (caches of code)", "MiB")]
    for index, (title, unit) in enumerate(titles):
        bench.report(title, unit, {name: [f[index] for f in values] for name, values in found.items()})
