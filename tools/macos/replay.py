# SPDX-License-Identifier: Apache-2.0
"""What podman does with a machine (applehv provider, podman 6), step by step and in its words: for check-mac."""
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

NAME = "berth-check"
MAC = "5a:94:ef:e4:0c:ee"
GVPROXY = [pathlib.Path(p) for p in ("/opt/homebrew/opt/podman/libexec/podman/gvproxy", "/usr/local/opt/podman/libexec/podman/gvproxy",
                                     "/opt/podman/bin/gvproxy", "/usr/libexec/podman/gvproxy", "/usr/lib/podman/gvproxy")]
STOP_SECONDS = 30


class Skip(Exception):
    """Why a step is not taken here."""


class Failure(Exception):
    """What went otherwise than claimed."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Rest:
    def __init__(self, port):
        self.port = port

    def ask(self, method="GET", state=None):
        link = http.client.HTTPConnection("localhost", self.port, timeout=5)
        body = json.dumps({"state": state}) if state else None
        link.request(method, "/vm/state", body)
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        return answer.status, json.loads(text).get("state", "") if text else ""

    def wait(self, wanted, seconds=STOP_SECONDS):
        end, got = time.monotonic() + seconds, None
        while time.monotonic() < end:
            try:
                got = self.ask()[1]
                if got.endswith(wanted):
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.2)
        raise Failure(f"REST: no state {wanted} in {seconds} s, but {got}")

    def wait_until_refused(self, seconds=STOP_SECONDS):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.ask()
            except (OSError, http.client.HTTPException):
                return
            time.sleep(0.2)
        raise Failure(f"REST still answers after {seconds} s")


class Gvproxy:
    """podman's network program, or where there is none a socket that only notes what a VM says first."""

    def __init__(self, folder):
        self.socket = folder / f"{NAME}-gvproxy.sock"
        self.folder = folder
        self.program = next((p for p in [pathlib.Path(shutil.which("gvproxy") or "/none"), *GVPROXY] if p.exists()), None)
        self.first = None

    def __enter__(self):
        if self.program:
            self.process = subprocess.Popen(
                [str(self.program), "-mtu", "1500", "-ssh-port", str(free_port()), "-listen-vfkit", f"unixgram://{self.socket}",
                 "-pid-file", str(self.folder / "gvproxy.pid"), "-log-file", str(self.folder / "gvproxy.log")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        else:
            self.peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.peer.bind(str(self.socket))
            threading.Thread(target=self.listen, daemon=True).start()
        pause = 0.5
        for _ in range(6):
            if self.socket.exists():
                return self
            time.sleep(pause)
            pause *= 2
        raise Failure("gvproxy makes no socket")

    def listen(self):
        try:
            while True:
                data, sender = self.peer.recvfrom(1 << 16)
                self.first = self.first or (data, sender)
        except OSError:
            pass  # closed

    def check(self):
        if self.program:
            if self.process.poll() is not None:
                raise Failure(f"gvproxy has ended:\n{(self.folder / 'gvproxy.log').read_text()[-2000:]}")
            return f"gvproxy {self.program}"
        if not self.first or self.first[0] != b"VFKT" or not self.first[1]:
            raise Failure(f"the network's first datagram is {self.first}, not VFKT with a sender's name")
        return "no gvproxy here; a socket in its place was greeted"

    def __exit__(self, *_):
        if self.program:
            self.process.terminate()
            self.process.wait()
        else:
            self.peer.close()
        self.socket.unlink(missing_ok=True)


def listener(path):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path.unlink(missing_ok=True)
    server.bind(str(path))
    server.listen()
    return server


class Machine:
    """One machine in a folder of its own, which holds nothing else."""

    def __init__(self, program, folder, disk, shares):
        self.program, self.folder, self.disk, self.shares = program, folder, disk, shares
        self.console, self.log = folder / f"{NAME}.log", folder / "vfkit.log"
        self.ready, self.ignition = folder / f"{NAME}.sock", folder / f"{NAME}-ignition.sock"
        self.store = folder / f"efi-bl-{NAME}"

    def command(self, port, network, first_start):
        command = [self.program, "--cpus", "2", "--memory", "2048", "--bootloader", f"efi,variable-store={self.store},create",
                   "--device", f"virtio-blk,path={self.disk}", "--device", "virtio-rng",
                   "--device", f"virtio-vsock,port=1025,socketURL={self.ready},listen",
                   "--device", f"virtio-serial,logFilePath={self.console}",
                   "--device", f"virtio-net,unixSocketPath={network.socket},mac={MAC}"]
        for share in self.shares:
            tag = hashlib.sha256(share.encode()).hexdigest()[:36]
            command += ["--device", f"virtio-fs,sharedDir={share},mountTag={tag}"]
        command += ["--timesync", "vsockPort=1234", "--restful-uri", f"tcp://localhost:{port}"]
        if first_start:
            command += ["--device", f"virtio-vsock,port=1024,socketURL={self.ignition},listen"]
        return [str(word) for word in command]

    def evidence(self):
        said = self.console.read_text(errors="replace") if self.console.exists() else ""
        return f"$ {self.text}\n--- vfkit\n{self.log.read_text(errors='replace')[-2000:]}\n--- console\n{said[-3000:]}"

    def fail(self, sentence):
        raise Failure(f"{sentence}\n{self.evidence()}")

    def wait_for_console(self, process, words, seconds):
        end = time.monotonic() + seconds
        while words not in (self.console.read_text(errors="replace") if self.console.exists() else ""):
            if process.poll() is not None:
                self.fail(f"ended with status {process.returncode} before the guest said '{words}'")
            if time.monotonic() > end:
                self.fail(f"the guest did not say '{words}' in {seconds} s")
            time.sleep(0.5)

    def live(self, first_start, says=None, patience=300, asked_seconds=10):
        """A start and a stop. Returns what was seen of it in one line."""
        port = free_port()
        rest = Rest(port)
        with Gvproxy(self.folder) as network, listener(self.ready), listener(self.ignition), \
                open(self.log, "w", encoding="utf-8") as log:
            command = self.command(port, network, first_start)
            self.text = " ".join(command)
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                seen = self.start(process, rest, network, says, patience)
                return f"{seen}; {self.stop(process, rest, asked_seconds)}"
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
                for path in (self.ready, self.ignition):
                    path.unlink(missing_ok=True)

    def start(self, process, rest, network, says, patience):
        began = time.monotonic()
        try:
            rest.wait("Running", 31)  # six rounds, half a second doubling
        except Failure as failure:
            self.fail(str(failure))
        if says:
            self.wait_for_console(process, says, patience)
        time.sleep(0.5)
        if process.poll() is not None:
            self.fail(f"ended with status {process.returncode}")
        return f"{'up' if says else 'Running'} after {time.monotonic() - began:.1f} s; {network.check()}"

    def stop(self, process, rest, asked_seconds):
        """Stop, and 90 seconds later HardStop: here sooner, for a guest without a daemon for its power key."""
        rest.wait("Running")
        status = rest.ask("POST", "Stop")[0]
        if status != 202:
            self.fail(f"POST Stop: status {status}")
        how = "Stop"
        try:
            rest.wait_until_refused(asked_seconds)
        except Failure:
            rest.ask("POST", "HardStop")
            how = "Stop, then HardStop"
            rest.wait_until_refused()
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.fail(f"REST is gone, the process is not, after {STOP_SECONDS} s")
        left = sorted(p.name for p in self.folder.iterdir() if p.name.startswith("vfkit-"))
        if status or left or not self.store.exists():
            self.fail(f"exit status {status}, left over: {left}, variable store {'kept' if self.store.exists() else 'gone'}")
        return f"{how}; exit status 0, nothing left over, variable store kept"


def podmans_disk():
    """A machine's own disk, if podman has one here: the newest."""
    place = pathlib.Path.home() / ".local/share/containers/podman/machine"
    found = sorted(place.glob("*/*.raw"), key=os.path.getmtime)
    return found[-1] if found else None
