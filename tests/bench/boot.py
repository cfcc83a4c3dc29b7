# SPDX-License-Identifier: Apache-2.0
"""From the start of the process to the first line that the guest's first user program prints, on the PL011."""
import bench

TITLE = "boot: process start to first user-space line"


def measure(cpus):
    def once(program):
        process = program.start(do="first", cpus=cpus)
        seconds = bench.wait_for(process, b"berth-guest: init")
        bench.end(process)
        return seconds
    return once


def run(programs, repeat):
    for cpus in (1, 2):
        bench.report(f"{TITLE}, {cpus} vCPU{'s' if cpus > 1 else ''}", "s", bench.in_turns(programs, measure(cpus), repeat))
