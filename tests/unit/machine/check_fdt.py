#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The arm64 board's device tree, taken apart by dtc, is the one in arm64.dts, and dtc finds nothing odd in it.

usage: check_fdt.py DTC FDT_DUMP EXPECTED [--update]"""
import difflib
import os
import shlex
import subprocess
import sys


def dtc_to_source(dtc, kind, data):
    run = subprocess.run([dtc, "-I", kind, "-O", "dts"], input=data, check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    return run.stdout.decode(), run.stderr.decode()


def main():
    dtc, fdt_dump, expected = sys.argv[1:4]
    wrapper = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))  # a cross build's emulator
    blob = subprocess.run([*wrapper, fdt_dump], check=True, stdout=subprocess.PIPE).stdout
    got, warnings = dtc_to_source(dtc, "dtb", blob)
    if "--update" in sys.argv:
        with open(expected, "w") as f:
            f.write(got)
    with open(expected, "rb") as f:
        want, _ = dtc_to_source(dtc, "dts", f.read())  # versions of dtc write lists differently
    diff = list(difflib.unified_diff(want.splitlines(), got.splitlines(), "expected", "built", lineterm=""))
    print("\n".join(diff), warnings)
    sys.exit(1 if diff or warnings else 0)


main()
