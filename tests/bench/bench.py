# SPDX-License-Identifier: Apache-2.0
"""What every benchmark needs: the programs side by side, runs that take turns, medians and ratios."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "boot"))
import guest  # noqa: E402

PEER_CPUS = ["cortex-a57", "neoverse-n1", "max,pauth-impdef=on"]


class Program:
    """One way to run the guest: a name, and a command for the wanted guest."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.command = command
        self.environment = environment

    def start(self, **wanted):
        return subprocess.Popen(self.command(**wanted), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)


def cmdline(do, cpus, memory):
    return f"{guest.CONSOLES} berth.do={do} berth.cpus={cpus} berth.mem={memory}"


def berth(program):
    def command(do="first", cpus=1, memory=512, disk=None, initrd=None, words=None):
        boot = (f"linux,kernel={guest.kernel('cloud') / 'vmlinuz'},initrd={initrd or guest.initramfs('cloud')},"
                f'cmdline="{words or cmdline(do, cpus, memory)}"')
        devices = ["--device", "virtio-serial,stdio"] + (["--device", f"virtio-blk,path={disk}"] if disk else [])
        return [str(program), "--cpus", str(cpus), "--memory", str(memory), "--bootloader", boot, *devices]
    return Program("berth", command)


def qemu(program, version, cpu):
    def command(do="first", cpus=1, memory=512, disk=None, initrd=None, words=None):
        drive = ["-drive", f"if=none,id=d,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=d"] if disk else []
        return [program, "-M", "virt,gic-version=3", "-cpu", cpu, "-smp", str(cpus), "-m", str(memory), "-nodefaults",
                "-display", "none", "-no-reboot", "-chardev", "stdio,id=c,mux=on,signal=off", "-serial", "chardev:c",
                "-device", "virtio-serial-pci", "-device", "virtconsole,chardev=c", *drive,
                "-kernel", str(guest.kernel("cloud") / "vmlinuz"), "-initrd", str(initrd or guest.initramfs("cloud")),
                "-append", words or cmdline(do, cpus, memory)]
    return Program(f"qemu {version} {cpu.split(',')[0]}", command)


def backports():
    """The QEMU of Debian's backports, or nothing where there is none."""
    return subprocess.run([ROOT / "tests" / "bench" / "fetch-peer"], stdout=subprocess.PIPE, text=True).stdout.strip()


def peers():
    """Every qemu-system-aarch64 that is here: the distribution's, its backports', and one that QEMU_PEER names."""
    found = []
    for program in filter(None, [shutil.which("qemu-system-aarch64"), backports(), os.environ.get("QEMU_PEER")]):
        words = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        found += [qemu(program, words[3].split("(")[0], cpu) for cpu in PEER_CPUS]
    return found


def wait_for(process, text, timeout=300):
    """Seconds until the process printed `text`; ends the benchmark if it never does."""
    started, seen, end = time.monotonic(), b"", time.monotonic() + timeout
    os.set_blocking(process.stdout.fileno(), True)
    while text not in seen:
        data = os.read(process.stdout.fileno(), 4096)
        if not data or time.monotonic() > end:
            sys.exit(f"bench: {process.args[0]} did not print {text!r}; its last words: {seen[-300:]!r}")
        seen += data
    return time.monotonic() - started


def end(process):
    process.kill()
    process.wait()
    process.stdout.close()


def in_turns(programs, measure, repeat):
    """{name: [figure, ...]}: each program once, then each again, so that a busy moment hits all of them."""
    figures = {p.name: [] for p in programs}
    for _ in range(repeat):
        for program in programs:
            figures[program.name].append(measure(program))
    return figures


def verdict(what, value, least):
    print(f"  {what} {value:.2f}, wanted {least}: {'met' if value >= least else 'MISSED'}")


def report(title, unit, figures, smaller_is_better=True):
    """The medians, and each peer's in relation to berth's: above 1 means that berth is better."""
    medians = {name: statistics.median(values) for name, values in figures.items()}
    ours = medians["berth"]
    print(f"\n{title} ({unit}; median of {len(figures['berth'])})")
    for name, median in medians.items():
        ratio = (median / ours if smaller_is_better else ours / median) if ours and median else float("nan")
        spread = f"{min(figures[name]):.2f}..{max(figures[name]):.2f}"
        print(f"  {name:28} {median:10.2f}   {spread:>18}" + ("" if name == "berth" else f"   berth is {ratio:.2f} times as good"))
    sys.stdout.flush()
    return medians
