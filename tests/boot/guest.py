# SPDX-License-Identifier: Apache-2.0
"""A berth that runs Debian's kernel with our initramfs, seen from outside: its output, its exit, its REST socket."""
import gzip
import http.client
import json
import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "cache" / "guest"
SKIP = 77  # Meson: skipped
PATIENCE = float(os.environ.get("BERTH_TEST_PATIENCE", "1"))  # times as long: for sanitizers
CONSOLES = "console=ttyAMA0 console=hvc0 quiet loglevel=5"


class Failure(Exception):
    """Something did not happen; the text says what."""


def kernel(name):
    """The folder of a kernel that tools/guest/fetch got; ends the test as skipped if it is not there."""
    folder = CACHE / name
    if not (folder / "vmlinuz").exists():
        print(f"skipped: no kernel in {folder}; run tools/guest/fetch {name}")
        sys.exit(SKIP)
    return folder


def initramfs(name):
    """The initramfs for that kernel, made once a change of the scripts it holds."""
    folder = kernel(name)
    tool = ROOT / "tools" / "guest"
    out = CACHE / f"test-{name}.cpio.gz"
    parts = [tool / "initramfs", tool / "init", tool / "self-check", folder / "vmlinuz"]
    if not out.exists() or out.stat().st_mtime < max(p.stat().st_mtime for p in parts):
        subprocess.run([tool / "initramfs", "--kernel", folder, "--out", out], check=True)
    return out


def initramfs_of(name, init, out, tree=None, add=()):
    """An initramfs for that kernel whose process 1 is the program `init`, with the files of the folder `tree`, and `add`:
    pairs of a name there and a file."""
    subprocess.run([ROOT / "tools" / "guest" / "initramfs", "--kernel", kernel(name), "--out", out, "--init", init,
                    *(["--tree", tree] if tree else []), *[f"--add={there}={here}" for there, here in add]], check=True)
    return out


def packed(image, form, out):
    """The uncompressed Image `image` in another form that distributions ship."""
    data = image.read_bytes()
    if form == "zstd":
        payload = subprocess.run(["zstd", "-q", "-3"], input=data, stdout=subprocess.PIPE, check=True).stdout
    else:
        payload = gzip.compress(data, compresslevel=1)
    if form == "zboot":  # Linux drivers/firmware/efi/libstub/zboot-header.S
        head = bytearray(0x1000)
        struct.pack_into("<4s4sII8x32s", head, 0, b"MZ", b"zimg", len(head), len(payload), b"gzip")
        struct.pack_into("<II", head, 0x38, 0x818223CD, 0x40)
        struct.pack_into("<4sH", head, 0x40, b"PE\0\0", 0xAA64)
        payload = bytes(head) + payload
    out.write_bytes(payload)
    return out


class Guest:
    """One running program. Use it in a `with`: whatever happens, it is gone at the end."""

    def __init__(self, program, *, name="cloud", image=None, cpus=1, memory=512, do="first", initrd=None, words="",
                 more=()):
        self.dir = tempfile.TemporaryDirectory(prefix="berth-boot-")
        self.socket = f"{self.dir.name}/rest.sock"
        self.log = open(f"{self.dir.name}/stderr", "w+", encoding="utf-8")
        cmdline = f"{CONSOLES} berth.do={do} berth.cpus={cpus} berth.mem={memory} {words}".rstrip()
        self.command = [
            str(program), "--cpus", str(cpus), "--memory", str(memory), "--bootloader",
            f'linux,kernel={image or kernel(name) / "vmlinuz"},initrd={initrd or initramfs(name)},cmdline="{cmdline}"',
            "--device", "virtio-serial,stdio", "--device", "virtio-rng", "--restful-uri", f"unix://{self.socket}", *more]
        self.output = ""
        self.taken = 0  # of output, by line()
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.log)
        os.set_blocking(self.process.stdout.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        if kind:
            self.log.seek(0)
            print(f"--- command\n{' '.join(self.command)}\n--- output\n{self.output}\n--- log\n{self.log.read()}")
        self.log.close()
        self.dir.cleanup()

    def seconds(self):
        return time.monotonic() - self.started

    def _read(self, timeout):
        """Takes what is there, waiting for it at most so long. False at the end of the output."""
        if not select.select([self.process.stdout], [], [], max(0, timeout))[0]:
            return True
        data = self.process.stdout.read()
        self.output += (data or b"").decode(errors="replace")
        return bool(data)

    def expect(self, pattern, timeout=60, count=1):
        """Waits until `pattern` was printed `count` times."""
        timeout *= PATIENCE
        end = time.monotonic() + timeout
        while len(re.findall(pattern, self.output)) < count:
            left = end - time.monotonic()
            if left <= 0:
                raise Failure(f"'{pattern}' was not printed within {timeout} s")
            if not self._read(left) and len(re.findall(pattern, self.output)) < count:
                raise Failure(f"it ended without printing '{pattern}' (exit {self.process.wait()})")

    def line(self, timeout):
        """The next line that it prints, without its end. None if there is none within that time."""
        end = time.monotonic() + timeout
        while (at := self.output.find("\n", self.taken)) < 0:
            left = end - time.monotonic()
            if left <= 0:
                return None
            if not self._read(left):
                raise Failure(f"it ended (exit {self.process.wait()})")
        text, self.taken = self.output[self.taken:at].rstrip("\r"), at + 1
        return text

    def finish(self, timeout=60, status=0):
        """Waits for the end, and for that exit status."""
        timeout *= PATIENCE
        end = time.monotonic() + timeout
        while self._read(end - time.monotonic()):
            if time.monotonic() >= end:
                raise Failure(f"it did not end within {timeout} s")
        got = self.process.wait(max(0.1, end - time.monotonic()))
        if got != status:
            raise Failure(f"exit status {got}, expected {status}")

    def rest(self, method, path, body=None):
        """(status, JSON or text) of one request."""
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(10 * PATIENCE)
        connection.sock.connect(self.socket)
        connection.request(method, path, json.dumps(body) if body else None,
                           {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if text.startswith("{") else text

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)
