# SPDX-License-Identifier: Apache-2.0
"""The programs of figures/: built for the guest and for the host, put into an initramfs, run, and their lines read."""
import os
import pathlib
import subprocess
import sys
import time

import bench

SOURCE = pathlib.Path(__file__).resolve().parent / "figures"
OUT = bench.ROOT / "cache" / "bench"
FILES = ["main.c", "integer.c", "floating.c", "string.c", "system.c", "threads.c"]
FLAGS = ["-O2", "-std=gnu17", "-static", "-pthread", "-Wall", "-Wextra"]

INTEGER = ["mix", "crc32", "sha256", "sort", "awk", "gzip", "lua"]
FLOATING = ["matrix", "matrix-simd", "matrix-single", "fft", "divide"]
STRING = ["memcpy-64", "memcpy-4k", "memcpy-1m", "memset-4k", "loop-4k", "strlen-24", "strlen-1000", "memchr-4k", "memcmp-4k"]
SYSTEM = ["getppid", "fork", "fork-exec", "pipe", "fault", "switch-process", "switch-thread"]
THREADS = ["one-thread", "two-threads"]
ONLY_IN_GUEST = {"awk", "gzip", "lua"}


def newer(out, sources):
    return out.exists() and all(out.stat().st_mtime >= s.stat().st_mtime for s in sources)


def compile_with(compiler, out, more):
    sources = [SOURCE / name for name in FILES] + [pathlib.Path(m) for m in more if m.endswith((".c", ".a"))]
    flags = [m for m in more if not m.endswith((".c", ".a"))]
    if not newer(out, [*SOURCE.iterdir(), pathlib.Path(__file__)]):
        print(f"bench: building {out.name}", file=sys.stderr)
        # the C library says about static programs that open libraries what it always says
        done = subprocess.run([compiler, *FLAGS, *flags, *map(str, sources), "-o", str(out), "-lm"], stderr=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(done.stderr)
    return out


def lua():
    """Arguments to compile with Debian's Lua library for arm64, or without one."""
    fetched = subprocess.run([SOURCE.parent / "fetch-lua"], stdout=subprocess.PIPE, text=True)
    if fetched.returncode:
        return [str(SOURCE / "lua_none.c")]
    root = fetched.stdout.strip()
    return [f"-I{root}/usr/include/lua5.4", f"-I{root}/usr/include/aarch64-linux-gnu", str(SOURCE / "lua.c"),
            f"{root}/usr/lib/aarch64-linux-gnu/liblua5.4.a"]


def native_program():
    OUT.mkdir(parents=True, exist_ok=True)
    return compile_with("gcc", OUT / "figures-native", [str(SOURCE / "lua_none.c")])


def initramfs():
    OUT.mkdir(parents=True, exist_ok=True)
    program, out = compile_with("aarch64-linux-gnu-gcc", OUT / "figures-arm64", lua()), OUT / "figures.cpio.gz"
    if not newer(out, [program]):
        subprocess.run([bench.ROOT / "tools" / "guest" / "initramfs", "--kernel", bench.guest.kernel("cloud"), "--init", program,
                        "--out", out], check=True)
    return out


def cpu_clock(pid):
    """Seconds of CPU time of all threads of a process, to the nanosecond (Linux: clock_getcpuclockid)."""
    return time.clock_gettime(~pid << 3 | 2)


def peak_mib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0)  # none: it has ended


class Result:
    """What one timed run says: units per second of wall time, and of the process's CPU time."""

    def __init__(self, units, seconds, cpu):
        self.wall = units / seconds
        self.cpu = units / cpu if cpu > 0 else float("nan")


def read_figures(process):
    """{name: Result} and the peak memory in MiB, from a process's begin and end lines."""
    results, began, peak = {}, 0, 0
    for line in process.stdout:
        words = line.decode(errors="replace").split()
        if words[:1] == ["begin"]:
            began = cpu_clock(process.pid)
        elif words[:1] == ["end"] and len(words) == 4:
            results[words[1]] = Result(float(words[2]), float(words[3]), cpu_clock(process.pid) - began)
            peak = max(peak, peak_mib(process.pid))
        elif words[:1] == ["fail"]:
            sys.exit(f"bench: {process.args[0]}: {line.decode()}")
        elif words[:1] == ["done"]:
            break
    bench.end(process)
    return results, peak


def run_guest(program, names, milliseconds, cpus=1):
    process = program.start(cpus=cpus, initrd=initramfs(),
                            words=f"console=ttyAMA0 quiet figures={','.join(names)} milliseconds={milliseconds}")
    results, peak = read_figures(process)
    missing = set(names) - set(results) - {"lua"}
    if missing:
        sys.exit(f"bench: {program.name} ended without {', '.join(sorted(missing))}")
    return results, peak


def run_native(names, milliseconds):
    environment = {**os.environ, "figures": ",".join(n for n in names if n not in ONLY_IN_GUEST), "milliseconds": str(milliseconds)}
    return read_figures(subprocess.Popen([native_program()], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE))[0]
