#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's stock kernels, booted from a vfkit command line, to their end.

    test_boot.py PROGRAM CASE [ARGUMENT]...        PROGRAM: build/bin/vfkit
"""
import os
import pathlib
import re
import sys
import tempfile
import time

from guest import Failure, Guest, initramfs_of, kernel, packed

FIRST = "berth-guest: init"


def boots(program, name="cloud", cpus="1"):
    """Reaches the first user program and powers off."""
    with Guest(program, name=name, cpus=int(cpus)) as vm:
        vm.expect(FIRST)
        print(f"first line after {vm.seconds():.2f} s")
        vm.finish()


def packed_kernel(program, form):
    """A kernel that vfkit itself would refuse."""
    with tempfile.TemporaryDirectory() as folder:
        image = packed(kernel("cloud") / "vmlinuz", form, pathlib.Path(folder) / f"vmlinuz.{form}")
        with Guest(program, image=image) as vm:
            vm.expect(FIRST)
            vm.finish()


def self_check(program, name="cloud", cpus="2"):
    """The guest finds everything that it was given, and its log has no warning about it."""
    with tempfile.NamedTemporaryFile() as disk:
        disk.truncate(64 << 20)
        with Guest(program, name=name, cpus=int(cpus), do="check", more=["--device", f"virtio-blk,path={disk.name}"]) as vm:
            vm.expect("check (passed|FAILED)", timeout=180)
            vm.finish()
            if "check passed" not in vm.output:
                raise Failure("the guest's self-check failed")


def reboot(program):
    """A reset starts the same VM again, in the same process, as often as the guest likes."""
    with Guest(program, do="reboot") as vm:
        vm.expect(FIRST, timeout=120, count=3)
        status, answer = vm.rest("GET", "/vm/state")
        if status != 200 or answer["state"] != "VirtualMachineStateRunning":
            raise Failure(f"state after a reboot: {status} {answer}")
        vm.rest("POST", "/vm/state", {"state": "HardStop"})
        vm.finish(10)


def stop(program):
    """REST Stop presses the power key, and the guest powers off."""
    with Guest(program, name="full", do="wait") as vm:
        vm.expect("berth-guest: waiting")
        status, _ = vm.rest("POST", "/vm/state", {"state": "Stop"})
        if status != 202:
            raise Failure(f"Stop was answered with {status}")
        vm.expect("reboot: Power down", timeout=20)
        vm.finish(20)


def seed(program):
    """--cloud-init: Linux reads the image, finds it by its label, and nothing stays behind."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("user-data", "meta-data"):
            (pathlib.Path(folder) / name).write_text(f"{name} of the test\n", encoding="utf-8")
        os.environ["TMPDIR"] = folder
        with Guest(program, do="seed", more=["--cloud-init", f"{folder}/user-data,{folder}/meta-data"]) as vm:
            for text in ("label: cidata ", "network-config", "user-data of the test", "meta-data of the test"):
                vm.expect(text)
            vm.finish()
        if list((pathlib.Path(folder) / "vfkit-cloudinit").iterdir()):
            raise Failure("the image was left behind")


def hard_stop(program):
    """REST HardStop ends the VM at once."""
    with Guest(program, do="wait") as vm:
        vm.expect("berth-guest: waiting")
        vm.rest("POST", "/vm/state", {"state": "HardStop"})
        vm.finish(5)


def sigterm(program):
    """SIGTERM asks the guest; one without a power key is stopped after five seconds. Exit status 0."""
    with Guest(program, do="wait") as vm:
        vm.expect("berth-guest: waiting")
        asked = time.monotonic()
        vm.signal()
        vm.finish(15)
        if not 4 < time.monotonic() - asked < 9:
            raise Failure(f"it ended {time.monotonic() - asked:.1f} s after SIGTERM; five were promised")


def pause(program):
    """A paused guest does nothing; a resumed one goes on."""
    with Guest(program, do="tick") as vm:
        vm.expect("berth-guest: tick", count=3)
        vm.rest("POST", "/vm/state", {"state": "Pause"})
        vm.expect("berth-guest: tick")
        before = vm.output.count("tick")
        time.sleep(1)
        vm._read(0)
        if vm.output.count("tick") > before + 1:
            raise Failure("the guest ran on while it was paused")
        vm.rest("POST", "/vm/state", {"state": "Resume"})
        vm.expect("berth-guest: tick", count=before + 3)
        vm.rest("POST", "/vm/state", {"state": "HardStop"})
        vm.finish(10)


def host_clock(program, init):
    """A guest whose time stood still finds the host's: the kernel's /dev/ptp0 is ours."""
    with tempfile.TemporaryDirectory() as folder:
        initrd = initramfs_of("cloud", init, pathlib.Path(folder) / "initrd.gz")
        with Guest(program, initrd=initrd) as vm:
            def look(count):
                vm.expect(r"ahead -?\d+ ms, at \d+", count=count)
                ahead, at = re.findall(r"ahead (-?\d+) ms, at (\d+)", vm.output)[-1]
                if abs(int(at) - time.time()) > 10:
                    raise Failure(f"the guest reads {at}, and it is {time.time():.0f}")
                return int(ahead)

            before = look(3)
            vm.rest("POST", "/vm/state", {"state": "Pause"})
            time.sleep(3)
            vm.rest("POST", "/vm/state", {"state": "Resume"})
            behind = look(vm.output.count("ahead") + 3) - before
            print(f"three seconds of standing still: {behind} ms")
            if not 2700 < behind < 6000:
                raise Failure(f"after three seconds of standing still the guest's own clock is {behind} ms behind")
            vm.rest("POST", "/vm/state", {"state": "HardStop"})
            vm.finish(10)


CASES = {f.__name__: f for f in (boots, packed_kernel, self_check, reboot, stop, seed, hard_stop, sigterm, pause, host_clock)}


def main():
    program, case, *arguments = sys.argv[1:]
    try:
        CASES[case](program, *arguments)
    except Failure as failure:
        print(f"FAILED: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
