# SPDX-License-Identifier: Apache-2.0
"""From the start of the process to the first line that the guest's first user program prints, on the PL011: seconds, seconds of
CPU time (which a busy machine changes less), and the most memory that the process has had by then, the guest's included."""
import bench
import figures

TITLES = [("process start to first user-space line", "s"), ("the same in CPU time", "s"), ("peak resident memory by then", "MiB")]
WANTED = [2, 2, 1]  # times as good as the fastest, or smallest, QEMU


def measure(cpus):
    def once(program):
        process = program.start(do="first", cpus=cpus)
        seconds = bench.wait_for(process, b"berth-guest: init")
        found = seconds, figures.cpu_clock(process.pid), figures.peak_mib(process.pid)
        bench.end(process)
        return found
    return once


def run(programs, repeat):
    for cpus in (1, 2):
        found = bench.in_turns(programs, measure(cpus), repeat)
        for index, (title, unit) in enumerate(TITLES):
            medians = bench.report(f"boot, {cpus} vCPU{'s' if cpus > 1 else ''}: {title}", unit,
                                   {name: [f[index] for f in values] for name, values in found.items()})
            peers = [m for name, m in medians.items() if name != "berth"]
            if peers:
                bench.verdict("beside the best QEMU", min(peers) / medians["berth"], WANTED[index])
