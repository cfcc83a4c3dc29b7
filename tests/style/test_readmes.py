#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every folder of src/ has a page of its own, short enough to be read, that names only files which exist.

    test_readmes.py ROOT       prints one line a fault; exits 1 if there is any
"""
import pathlib
import re
import sys

LINES = 40
SECTIONS = ["**What it is.**", "**Start here.**", "**Map.**", "**Contract.**", "**Spec.**", "**Test.**"]
CELL = re.compile(r"^\| *`([^`]+)`")  # first column of the map


def missing_files(folder, text):
    """Names in the map's first column that match nothing; `x.[ch]` and `*_y.c` are patterns."""
    for line in text.splitlines():
        found = CELL.match(line)
        if found and not any(folder.glob(found[1].rstrip("/"))):
            yield found[1]


def check(folder, root):
    readme = folder / "README.md"
    name = readme.relative_to(root)
    if not readme.exists():
        return [f"{name}: is missing"]
    text = readme.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    faults = [f"{name}: has no section {s}" for s in SECTIONS if s.strip("*.") not in text]
    faults += [f"{name}: names {f}, which is not there" for f in missing_files(folder, text)]
    if lines > LINES:
        faults.append(f"{name}: {lines} lines; {LINES} must do")
    return faults


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    folders = [f for f in (root / "src").rglob("*") if f.is_dir() and any(f.glob("*.c")) and
               len(f.relative_to(root).parts) == (3 if "cpu" in f.parts else 2)]
    faults = [fault for folder in sorted(folders) for fault in check(folder, root)]
    for line in faults:
        print(line)
    print(f"{len(folders)} folders, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
