#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The questions of `make check-mac` put to a stand-in of Hypervisor.framework: each can be put, and is answered as accel/hvf
assumes, which is how the stand-in was made.

    test_probe.py PROBE"""
import os
import shlex
import subprocess
import sys

SECONDS = 20
WRAPPER = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))  # runs programs of another CPU


def main():
    probe = sys.argv[1]
    names = subprocess.run([*WRAPPER, probe], capture_output=True, text=True, check=True).stdout.split()
    faults = []
    for name in names:
        done = subprocess.run([*WRAPPER, probe, name], capture_output=True, text=True, timeout=SECONDS, check=False)
        answer = done.stdout.strip().split("\t")
        if done.returncode or len(answer) != 3 or answer[0] != name or answer[1] not in ("ok", "note", "skipped"):
            faults.append(f"{name}: exit {done.returncode}: {done.stdout}{done.stderr}")
    print("\n".join(faults) or f"{len(names)} questions answered as assumed")
    sys.exit(1 if faults or not names else 0)


if __name__ == "__main__":
    main()
