# SPDX-License-Identifier: Apache-2.0
"""A program under test: started with a guest, spoken to over its REST socket, always ended."""
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE_S = 20


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("_", timeout=PATIENCE_S)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(self.path)


def wait_for(what, seconds=PATIENCE_S):
    """Calls what() until it returns something true, and returns that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = what()
        if result:
            return result
        time.sleep(0.01)
    raise TimeoutError(what)


class Vm:
    """`with Vm(bin_dir, image) as vm:` The guest's console is standard output unless `console` says otherwise."""

    def __init__(self, bin_dir, image, program="vfkit", options=(), console="virtio-serial,stdio", **popen):
        self.dir = tempfile.TemporaryDirectory(prefix="berth-cli-")
        self.path = pathlib.Path(self.dir.name)
        self.socket, self.pidfile = self.path / "rest.sock", self.path / "pid"
        (self.path / "kernel").write_bytes(image)
        (self.path / "initrd").write_bytes(b"\0" * 512)
        self.command = [str(pathlib.Path(bin_dir) / program), "--cpus", "1", "--memory", "128"]
        self.command += ["--bootloader", f"linux,kernel={self.path}/kernel,initrd={self.path}/initrd,cmdline=quiet"]
        self.command += ["--restful-uri", f"unix://{self.socket}", "--pidfile", str(self.pidfile)]
        self.command += [*options, "--device", console]
        self.popen = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **popen}

    def begin(self):
        self.process = subprocess.Popen(self.command, **self.popen)

    def end(self):
        """SIGKILL, if it has not ended by itself."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def __enter__(self):
        self.begin()
        return self

    def __exit__(self, *_):
        self.end()
        self.dir.cleanup()

    def request(self, method, path, body=None):
        """(status, text); None when nobody listens."""
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (ConnectionRefusedError, FileNotFoundError):
            return None
        finally:
            connection.close()

    def state(self):
        answer = self.request("GET", "/vm/state")
        return json.loads(answer[1])["state"].removeprefix("VirtualMachineState") if answer else None

    def ask(self, verb):
        return self.request("POST", "/vm/state", json.dumps({"state": verb}))

    def wait_state(self, state):
        wait_for(lambda: self.state() == state)

    def expect_output(self, text):
        """Reads standard output up to and with `text`."""
        os.set_blocking(self.process.stdout.fileno(), False)
        seen = b""

        def more():
            nonlocal seen
            seen += self.process.stdout.read() or b""
            return text.encode() in seen

        wait_for(more)
        return seen.decode()

    def signal(self, signo=signal.SIGTERM):
        self.process.send_signal(signo)

    def wait(self, seconds=PATIENCE_S):
        return self.process.wait(seconds)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
