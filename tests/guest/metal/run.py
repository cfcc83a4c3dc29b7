#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one metal guest on one machine and judges what it prints.

    run.py NAME IMAGE soft BERTH          our software CPU
    run.py NAME IMAGE qemu CPU-MODEL      the reference

Good is: every line says ok or skip, and the last one "done". A failure on the reference means that the
test expects what the architecture does not say, unless GAPS knows that QEMU falls short there."""
import shutil
import subprocess
import sys

SKIPPED = 77
TIMEOUT_S = 120
CPUS = 4

# Where QEMU (7.2, TCG) differs from the architecture; newer ones mend some of it.
GAPS = {
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
    'code': {
        'code rewritten for another CPU',  # now and then a write does not reach the other CPU's code
    },
}


def command(image, machine, what):
    if machine == 'qemu':  # highmem off: PCI configuration space where ours is
        return ['qemu-system-aarch64', '-M', 'virt,gic-version=3,highmem=off', '-cpu', what,
                '-smp', str(CPUS), '-m', '512', '-nic', 'none', '-nographic',
                '-device', 'virtio-rng-pci,disable-legacy=on', '-kernel', image]
    return [what, '--accel', 'soft', '--cpus', str(CPUS), '--memory', '512', '--kernel', image,
            '--device', 'virtio-serial,stdio', '--device', 'virtio-rng']


def complaints(name, machine, lines):
    """What is wrong with the output; nothing if it is good."""
    gaps = GAPS.get(name, set()) if machine == 'qemu' else set()
    for line in lines:
        word, _, rest = line.partition(' ')
        if word == 'FAIL' and not any(rest == g or rest.startswith(g + ':') for g in gaps):
            yield line
    if not any(line.startswith('ok ') for line in lines):
        yield 'nothing was checked'
    if not lines or not lines[-1].startswith('done'):
        yield 'it did not come to its end'


def main():
    name, image, machine, what = sys.argv[1:]
    argv = command(image, machine, what)
    if not shutil.which(argv[0]):
        print(f'{argv[0]}: not installed')
        return SKIPPED
    try:
        run = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=TIMEOUT_S,
                             check=False)
        output, ended = run.stdout, f'exit status {run.returncode}'
    except subprocess.TimeoutExpired as late:
        output, ended = late.stdout or b'', f'stopped after {TIMEOUT_S} s'
    lines = output.decode(errors='replace').replace('\r', '').splitlines()
    print('\n'.join(lines))
    wrong = list(complaints(name, machine, lines))
    if wrong:
        print(f'--- {name} on {machine} ({ended}):')
        print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
