# SPDX-License-Identifier: Apache-2.0
"""What the guest's compiler makes of the guest's sources under qemu-user: the SHA-256 of each object file.

Each is written down as soon as it is known, in a file named for everything that it depends on. So a run that was
interrupted goes on where it was, and the next one has nothing to do.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "boot"))
from guest import ROOT  # noqa: E402

COMPILER = ROOT / "cache" / "compiler"
TREE = COMPILER / "root"
SUM = re.compile(r"([0-9a-f]{64})  (\S+\.o)")


def key(*files):
    """A name for the compiler, its libraries, the sources, and these files."""
    digest = hashlib.sha256()
    for path in [*files, *sorted(TREE.rglob("*"))]:
        data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        digest.update(b"%s %d\n" % (os.fsencode(path.name), len(data)) + data)
    return digest.hexdigest()[:16]


def emulated(program, arguments):
    """Runs the guest's program at the guest's paths, standing in /src."""
    return subprocess.run([shutil.which("qemu-aarch64"), "-L", TREE, "-0", program, f"{TREE}{program}", *arguments],
                          cwd=TREE / "src", env={"PWD": "/src", "PATH": "/usr/bin", "LC_ALL": "C"},
                          capture_output=True, text=True, check=True)


def found(program):
    """The path of what the driver would start; qemu-user answers its question for cc1 with the host's files."""
    places = [*TREE.glob(f"usr/lib/gcc/*/*/{program}"), TREE / "usr" / "bin" / program]
    return "/" + str(places[0].relative_to(TREE))


def compile_emulated(command):
    """One line of `make -n`. The driver only says what it would start: under qemu-user it could not."""
    for line in emulated("/usr/bin/gcc", ["-###", *shlex.split(command)[1:]]).stderr.splitlines():
        if line.startswith(" "):
            program, *arguments = shlex.split(line)
            emulated(found(pathlib.PurePath(program).name), arguments)


def commands(sources, out):
    """How make would compile each object file, by its name; the folders that they go to are made."""
    result = {}
    for line in subprocess.run(["make", "-n", "-C", TREE / "src", "-f", HERE / "Makefile", "--no-print-directory", f"OUT={out}",
                                *([f"SOURCES={sources.replace(',', ' ')}"] if sources else [])],
                               capture_output=True, text=True, check=True).stdout.splitlines():
        if line.startswith("gcc "):
            path = pathlib.Path(shlex.split(line)[-1])
            path.parent.mkdir(parents=True, exist_ok=True)
            result[str(path.relative_to(out))] = line
    return result


def reference(sources):
    """SHA-256 of the object file of each source (of all if there are none), by its name: made by as many processes as
    the host has CPUs, unless known."""
    book = COMPILER / f"reference-{key(HERE / 'Makefile', HERE / 'reference.py')}"
    known = {name: digest for digest, name in SUM.findall(book.read_text())} if book.exists() else {}
    with tempfile.TemporaryDirectory(prefix="berth-compile-") as out:
        wanted = commands(sources, out)
        missing = [name for name in wanted if name not in known]

        def make(name):
            compile_emulated(wanted[name])
            path = pathlib.Path(out, name)
            known[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            path.unlink()
            with open(book, "a", encoding="ascii") as file:
                file.write(f"{known[name]}  {name}\n")

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            made = {pool.submit(make, name): name for name in missing}
            for n, job in enumerate(concurrent.futures.as_completed(made), 1):
                job.result()
                print(f"under qemu-user: {made[job]}, {n} of {len(missing)}", flush=True)
    return {name: known[name] for name in wanted}
