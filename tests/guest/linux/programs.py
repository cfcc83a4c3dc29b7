#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Static glibc programs in a guest: every one prints what it prints under qemu-user.

    programs.py BERTH MODE CPUS PROGRAM...      MODE: what follows --accel, such as soft or soft,translator=off
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
TIMEOUT_S = 240


def reference(program):
    """What the program prints, and its exit status, under qemu-user."""
    run = subprocess.run(["qemu-aarch64", "-cpu", "max", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, timeout=TIMEOUT_S)
    return run.stdout, run.returncode


def in_guest(berth, mode, cpus, programs):
    """{name: (output, status)} of the programs run as a guest's only work."""
    folder = ROOT / "cache" / "guest" / "cloud"
    if not (folder / "vmlinuz").exists():
        print("skipped: no kernel in cache/guest/cloud; run tools/guest/fetch cloud")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as work:
        initrd = f"{work}/initrd.gz"
        add = [word for p in programs for word in ("--add", f"programs/{p.stem}={p}")]
        subprocess.run([ROOT / "tools/guest/initramfs", "--kernel", folder, "--out", initrd, "--init", HERE / "init", *add],
                       check=True)
        run = subprocess.run([berth, "--accel", mode, "--cpus", cpus, "--memory", "512", "--kernel", folder / "vmlinuz",
                              "--initrd", initrd, "--kernel-cmdline", "console=ttyAMA0 quiet",
                              "--device", f"virtio-serial,logFilePath={work}/log"], timeout=TIMEOUT_S, check=False)
        text = pathlib.Path(f"{work}/log").read_text(errors="replace").replace("\r\n", "\n")
    if run.returncode or "programs done" not in text:
        print(text)
        sys.exit(f"the guest did not get to its end (exit status {run.returncode})")
    return {name: (output, int(status)) for name, output, status
            in re.findall(r"begin (\w+)\n(.*?)end \1 (\d+)\n", text, re.DOTALL)}


def main():
    berth, mode, cpus, *programs = sys.argv[1:]
    programs = [pathlib.Path(p) for p in programs]
    got = in_guest(berth, mode, cpus, programs)
    bad = 0
    for program in programs:
        want = reference(program)
        if got.get(program.stem) == want:
            print(f"ok {program.stem}: {len(want[0].splitlines())} lines")
            continue
        bad += 1
        print(f"FAIL {program.stem}\n--- qemu-user\n{want}\n--- guest\n{got.get(program.stem)}")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
