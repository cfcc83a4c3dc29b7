#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads every source file and holds the rules of the house that a compiler cannot: which folder may include which,
where the operating system may be named, and how a file begins.

    test_layout.py ROOT        prints one line a fault; exits 1 if there is any
"""
import pathlib
import re
import sys

BOTTOM = {"base", "host", "config"}  # layers 0 and 1
DEVICES = BOTTOM | {"memory", "bus", "backend"}

# What a folder of src/ may include besides itself.
MAY_INCLUDE = {
    "base": set(),
    "host": {"base"},
    "config": {"base"},
    "memory": BOTTOM,
    "bus": BOTTOM | {"memory"},
    "backend": BOTTOM,
    "cpu": BOTTOM | {"memory"},
    "device": DEVICES,
    "virtio": DEVICES,
    "accel": BOTTOM | {"memory", "bus", "cpu"},
    "boot": BOTTOM | {"memory"},
    "machine": DEVICES | {"cpu", "device", "virtio", "accel", "boot"},
    "engine": DEVICES | {"cpu", "device", "virtio", "accel", "boot", "machine"},
    "service": BOTTOM | {"engine"},
    "api": BOTTOM | {"engine"},
    "cli": BOTTOM | {"engine", "service", "api"},  # main starts the REST server beside the engine
}
MAY_NAME_THE_SYSTEM = ("src/host/", "src/accel/", "src/base/compiler.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
SYSTEM = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b.*\b(__APPLE__|__MACH__|__linux__|__linux|linux|_WIN32|"
                    r"__FreeBSD__|__unix__)\b")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")
SPDX = "SPDX-License-Identifier: Apache-2.0"


def fault(path, line, text):
    return f"{path}:{line}: {text}"


def check_include(path, line, target, src):
    folder = path.parts[1]
    first = target.split("/")[0]
    if (src.parent / path.parent / target).exists() and "/" not in target:
        return None  # a neighbour
    if first not in MAY_INCLUDE:
        return None if first == target else fault(path, line, f'"{target}" names no folder of src/')
    if first != folder and first not in MAY_INCLUDE[folder]:
        return fault(path, line, f"{folder}/ may not include {first}/ (house style: layers point down only)")
    return None


def check_file(path, text, src):
    faults = []
    if SPDX not in "\n".join(text.splitlines()[:2]):
        faults.append(fault(path, 1, f"does not begin with '{SPDX}'"))
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            faults.append(check_include(path, number, found[1], src))
        if SYSTEM.match(line) and not str(path).startswith(MAY_NAME_THE_SYSTEM):
            faults.append(fault(path, number, "names the system; make it a file in host/linux and host/darwin"))
        if UNFINISHED.search(line):
            faults.append(fault(path, number, "is marked as unfinished"))
    return [f for f in faults if f]


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    src = root / "src"
    faults = []
    for path in sorted(src.rglob("*")):
        if path.suffix in (".c", ".h", ".m", ".py", ".build", ".decode"):
            faults += check_file(path.relative_to(root), path.read_text(encoding="utf-8"), src)
    unknown = {f.name for f in src.iterdir() if f.is_dir()} - MAY_INCLUDE.keys()
    faults += [f"src/{name}: is not in the table of layers" for name in sorted(unknown)]
    for line in faults:
        print(line)
    print(f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
