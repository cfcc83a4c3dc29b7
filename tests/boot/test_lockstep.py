# SPDX-License-Identifier: Apache-2.0
"""Translator against interpreter over a boot of Debian's kernel and a few programs: tests/oracle/lockstep.c."""
import subprocess
import sys

import guest

if __name__ == "__main__":
    program, do = sys.argv[1:]
    command = [program, guest.kernel("cloud") / "vmlinuz", guest.initramfs("cloud"),
               f"console=ttyAMA0 earlycon berth.do={do}"]
    sys.exit(subprocess.run(command, check=False).returncode)
