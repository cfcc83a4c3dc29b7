#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one test guest on one machine and judges what it prints.

    run.py NAME IMAGE ACCEL BERTH         ours: "soft", "soft,translator=off", "hvf"
    run.py NAME IMAGE qemu CPU-MODEL      the reference

IMAGE is a metal guest, or a Linux program that becomes process 1 of Debian's kernel (an ELF file; tools/guest/fetch got
the kernel). Good is: every check says ok or skip, "value" lines are those of metal/NAME.expected, and "done" comes after them. A failure on the reference means that the
test expects what the architecture does not say, unless GAPS knows that QEMU falls short there."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
TIMEOUT_S = 120 * float(os.environ.get('BERTH_TEST_PATIENCE', '1'))
CPUS = 4
GOOD_END = 'exit status 0'

# Where a machine differs from the architecture. QEMU is 7.2, TCG; newer ones mend some of it.
GAPS = {
    'hvf': {
        'debug': {
            'breakpoint under OS lock',  # the framework leaves the lock to us, and keeps breakpoints to itself
        },
    },
    'qemu': {
        'abort': {
            'unaligned, device memory',  # no alignment faults by memory type
            'unaligned write, device memory',
            'DC ZVA, device memory',
        },
        'trap': {
            'DAIFSet with UMA 0',  # op1 and op2 change places in the ISS
            'SP alignment',  # not checked
            'SP alignment from EL0',
        },
        'debug': {
            'breakpoint under OS lock',  # looks at the wrong bit of OSLSR_EL1
        },
        'litmus': {
            'SB with STLR and LDAR',  # no barrier between them on a host with stores that may wait
        },
        'system-memory': {
            'execution at an odd address',  # looks at the page's rights before the PC's alignment
        },
        'code': {
            'code rewritten for another CPU',  # now and then a write does not reach the other CPU's code
        },
    },
}


ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNEL = ROOT / 'cache' / 'guest' / 'cloud'
CMDLINE = 'console=ttyAMA0 quiet'


def command(kernel, initrd, machine, what):
    if machine == 'qemu':  # highmem off: PCI configuration space where ours is
        return ['qemu-system-aarch64', '-M', 'virt,gic-version=3,highmem=off', '-cpu', what,
                '-smp', str(CPUS), '-m', '512', '-nic', 'none', '-nographic',
                '-device', 'virtio-rng-pci,disable-legacy=on', '-kernel', kernel,
                *(['-initrd', initrd, '-append', CMDLINE] if initrd else [])]
    return [what, '--accel', machine, '--cpus', str(CPUS), '--memory', '512', '--kernel', kernel,
            '--device', 'virtio-serial,stdio', '--device', 'virtio-rng',
            *(['--initrd', initrd, '--kernel-cmdline', CMDLINE] if initrd else [])]


def is_program(image):
    return pathlib.Path(image).read_bytes()[:4] == b'\x7fELF'


def make_initrd(program, folder):
    out = pathlib.Path(folder) / 'initrd'
    subprocess.run([ROOT / 'tools' / 'guest' / 'initramfs', '--kernel', KERNEL, '--init', program,
                    '--out', out], check=True)
    return str(out)


def complaints(name, machine, lines):
    """What is wrong with the output; nothing if it is good."""
    gaps = GAPS.get(machine, {}).get(name, set())
    for line in lines:
        word, _, rest = line.partition(' ')
        if word == 'FAIL' and not any(rest == g or rest.startswith(g + ':') for g in gaps):
            yield line
    expected = ROOT / 'tests' / 'guest' / 'metal' / f'{name}.expected'
    values = [line for line in lines if line.startswith('value ')]
    if values != (expected.read_text().splitlines() if expected.exists() else []):
        yield f'the values are not those of {expected}'
    if not any(line.startswith('ok ') for line in lines):
        yield 'nothing was checked'
    if not any(line.startswith('done') for line in lines):
        yield 'it did not come to its end'


def run(argv):
    """What it printed, and how it ended."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=TIMEOUT_S,
                              check=False)
        output, ended = done.stdout, f'exit status {done.returncode}'
    except subprocess.TimeoutExpired as late:
        output, ended = late.stdout or b'', f'stopped after {TIMEOUT_S:.0f} s'
    return output.decode(errors='replace').replace('\r', '').splitlines(), ended


def main():
    name, image, machine, what = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix='berth-guest-') as folder:
        kernel, initrd = image, None
        if is_program(image):
            kernel = str(KERNEL / 'vmlinuz')
            if not pathlib.Path(kernel).exists():
                print(f'{kernel}: not there; run tools/guest/fetch cloud')
                return SKIPPED
            initrd = make_initrd(image, folder)
        argv = command(kernel, initrd, machine, what)
        if not shutil.which(argv[0]):
            print(f'{argv[0]}: not installed')
            return SKIPPED
        lines, ended = run(argv)
    print('\n'.join(lines))
    wrong = list(complaints(name, machine, lines))
    if ended != GOOD_END:  # a sanitizer has something to say, too
        wrong.append(f'it ended by {ended}')
    if wrong:
        print(f'--- {name} on {machine} ({ended}):')
        print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
