#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program on Hypervisor.framework's stand-in: what it does, and what it says when it cannot.

    test_hvf.py PROGRAM CASE [ARGUMENT]...     PROGRAM: build/tests/standin/berth-hvf13 or -hvf15

CASE is one of those below or of tests/boot/test_boot.py."""
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "boot"))
import test_boot  # noqa: E402
from guest import PATIENCE, Failure, Guest, initramfs, kernel  # noqa: E402

TICK = "berth-guest: tick"


class HvfGuest(Guest):
    """A guest that must be the framework's: another accelerator fails the test."""

    accel = ("--accel", "hvf")
    says = "accelerator hvf"

    def __init__(self, program, *, more=(), **rest):
        super().__init__(program, more=[*self.accel, *more], **rest)

    def finish(self, timeout=60, status=0):
        super().finish(timeout, status)
        self.log.seek(0)
        log = self.log.read()
        if self.says not in log:
            raise Failure(f"the log does not say '{self.says}'")


def own_gic(program):
    """Our interrupt controller in place of the framework's."""
    HvfGuest.accel = ("--accel", "hvf,gic=berth")
    test_boot.boots(program, "cloud", "2")


def pause_storm(program, cpus="2", rounds="60"):
    """Pause and resume as fast as they go, while interrupts come in; the guest goes on and its clock with it."""
    with HvfGuest(program, cpus=int(cpus), do="tick") as vm:
        vm.expect(TICK, count=3)
        for _ in range(int(rounds)):
            for state in ("Pause", "Resume"):
                end = time.monotonic() + 10 * PATIENCE
                while vm.rest("POST", "/vm/state", {"state": state})[0] != 202:
                    if time.monotonic() > end:
                        raise Failure(f"{state} was not accepted for 10 s")
                    time.sleep(0.005)
        before = vm.output.count(TICK)
        vm.expect(TICK, count=before + 10, timeout=20)
        vm.rest("POST", "/vm/state", {"state": "HardStop"})
        vm.finish(10)


def idle(program, cpus="4"):
    """A guest that waits costs next to nothing: WFI sleeps to its deadline."""
    with HvfGuest(program, cpus=int(cpus), do="wait") as vm:
        vm.expect("berth-guest: waiting")
        time.sleep(1)
        before = cpu_seconds(vm.process.pid)
        time.sleep(3)
        used = cpu_seconds(vm.process.pid) - before
        vm.rest("POST", "/vm/state", {"state": "HardStop"})
        vm.finish(10)
    print(f"{used / 3:.1%} of a core")
    if used > 0.3:
        raise Failure(f"an idle guest used {used:.2f} s of 3 s")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# What hvf answers when the framework does, and what the user must read of it.
REFUSALS = {
    "denied": ["HV_DENIED", "0xfae94007", "com.apple.security.hypervisor", "codesign"],
    "unsupported": ["HV_UNSUPPORTED", "0xfae9400f", "update macOS"],
    "no-resources": ["HV_NO_RESOURCES", "0xfae94005", "stop another VM"],
    "error": ["HV_ERROR", "0xfae94001", "berth doctor"],
    "no-hardware": ["kern.hv_support is 0"],
}


def require(text, words, where):
    missing = [w for w in words if w not in text]
    if missing:
        raise Failure(f"{where} does not say {missing}: {text}")


def refused(program, why):
    """Asked for by name it is an error of one sentence; left to choose, the software CPU takes over and says why."""
    os.environ["HV_STANDIN"] = why
    command = [program, "--accel", "hvf", "--kernel", str(kernel("cloud") / "vmlinuz"), "--initrd", str(initramfs("cloud"))]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode == 0:
        raise Failure("--accel hvf was no error")
    sentences = [line for line in done.stderr.splitlines() if "hvf" in line]
    if len(sentences) != 1:
        raise Failure(f"one sentence was expected: {done.stderr}")
    require(sentences[0], REFUSALS[why], "the error")
    HvfGuest.accel = ()
    HvfGuest.says = "accelerator soft"
    with HvfGuest(program) as vm:
        vm.expect(test_boot.FIRST)
        vm.finish()
        vm.log.seek(0)
        line = next((x for x in vm.log.read().splitlines() if "accelerator soft" in x), "")
        require(line, [*REFUSALS[why], "level=warning"], "the choice")
    doctor = subprocess.run([program, "doctor"], capture_output=True, text=True, timeout=30, check=False).stdout
    row = re.search(r"^ *hvf .*$", doctor, re.MULTILINE)
    require(row.group() if row else "", ["no: ", *REFUSALS[why][:1]], "doctor")


def chosen(program):
    """Where it works, it is what the program takes by itself, and doctor says so."""
    HvfGuest.accel = ()
    test_boot.boots(program, "cloud", "1")
    doctor = subprocess.run([program, "doctor"], capture_output=True, text=True, timeout=30, check=False).stdout
    require(doctor, ["hvf             yes: arm64 guests"], "doctor")


def bad_option(program):
    """What follows the name is checked."""
    command = [program, "--accel", "hvf,gic=mine", "--kernel", str(kernel("cloud") / "vmlinuz")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode == 0:
        raise Failure("it was taken")
    require(done.stderr, ["gic=mine", "gic=host|berth"], "the error")


CASES = {f.__name__: f for f in (own_gic, pause_storm, idle, refused, chosen, bad_option)}


def main():
    program, case, *arguments = sys.argv[1:]
    test_boot.Guest = HvfGuest
    try:
        {**test_boot.CASES, **CASES}[case](program, *arguments)
    except Failure as failure:
        print(f"FAILED: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
