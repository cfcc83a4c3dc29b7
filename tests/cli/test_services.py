#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a VM is given from outside, end to end (vfkit-compat.md §12 to §15): engine/vz on its stand-in. The guest is the
test, or Debian's own guest agent.

    test_services.py BIN_DIR AGENT_CLOCK        AGENT_CLOCK: agent_clock.c as a library
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import guest
import test_vz
from test_vz import Case, Mac
from vm import wait_for

CLOCK = None
AGENT = shutil.which("qemu-ga", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
# As the guest's side asks (coreos/ignition, provider applehv).
IGNITION_ASKS = b"GET / HTTP/1.1\r\nHost: d\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n\r\n"


class Service(Case):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="berth-vsock-")
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        self.log = ""

    def vm(self, *options, **scenario):
        return Mac(guest.obey(), {"VSOCK": self.place, **scenario}, options=["--log-level", "debug", *options])

    def guest_connects(self, port):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(client.close)
        client.settimeout(10)
        client.connect(str(self.place / "guest"))
        client.sendall(f"{port}\n".encode())
        return client

    def expect_log(self, vm, text, times=1):
        """Waits until standard error has had `text` so often."""
        os.set_blocking(vm.process.stderr.fileno(), False)

        def more():
            self.log += (vm.process.stderr.read() or b"").decode()
            return self.log.count(text) >= times

        wait_for(more)

    def ends(self, vm, *texts):
        """Asks the guest to power off, and looks for `texts` on standard error."""
        vm.signal()
        self.assertEqual(vm.wait(), 0)
        self.log += vm.errors()
        for text in texts:
            self.assertIn(text, self.log)


class Ignition(Service):
    def setUp(self):
        super().setUp()
        self.config = self.place / "config.ign"
        self.config.write_text('{"ignition": {"version": "3.4.0"}}', encoding="utf-8")

    def fetch(self, request):
        """(head, body) of the answer."""
        with self.guest_connects(1024) as client:
            client.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += client.recv(4096)
            head, _, body = answer.partition(b"\r\n\r\n")
            length = int(re.search(rb"(?i)\r\ncontent-length: (\d+)", head)[1])
            while len(body) < length and not request.startswith(b"HEAD"):
                body += client.recv(4096)
            return head.decode(), body

    def test_guest_fetches_its_file(self):
        with self.vm("--ignition", str(self.config)) as vm:
            vm.expect_output("ready")
            head, body = self.fetch(IGNITION_ASKS)
            self.assertTrue(head.startswith("HTTP/1.1 200 "), head)
            self.assertEqual(body, self.config.read_bytes())
            head, body = self.fetch(b"POST /any/path HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n\r\nhi")
            self.assertTrue(head.startswith("HTTP/1.1 200 "), head)
            self.assertEqual(body, self.config.read_bytes())
            head, body = self.fetch(b"GET / HTTP/1.1\r\nHost: d\r\nRange: bytes=2-9\r\n\r\n")
            self.assertTrue(head.startswith("HTTP/1.1 206 "), head)
            self.assertEqual(body, b"ignition")
            self.ends(vm)

    def test_large_file_arrives_whole(self):
        self.config.write_bytes(os.urandom(5 << 20))
        with self.vm("--ignition", str(self.config)) as vm:
            vm.expect_output("ready")
            _, body = self.fetch(IGNITION_ASKS)
            self.assertEqual(body, self.config.read_bytes())
            self.ends(vm)

    def test_open_connection_does_not_hold_up_the_end(self):
        with self.vm("--ignition", str(self.config)) as vm:
            vm.expect_output("ready")
            self.guest_connects(1024).sendall(b"GET / HT")
            began = time.monotonic()
            self.ends(vm)
            self.assertLess(time.monotonic() - began, 4)

    def test_missing_file_is_only_logged(self):
        with self.vm("--ignition", str(self.place / "absent.ign")) as vm:
            vm.expect_output("ready")
            self.ends(vm, "absent.ign")


@unittest.skipUnless(AGENT, "no qemu-ga here: Debian's package qemu-guest-agent has it")
class Agent(Service):
    """--timesync with the real agent. It may not set any clock of the host's: it runs without that right."""

    def start_agent(self, **env):
        command = ["setpriv", "--bounding-set", "-sys_time", "--inh-caps", "-sys_time", "--no-new-privs",
                   "env", *(f"{name}={value}" for name, value in env.items()), AGENT, "--method", "unix-listen",
                   "--path", str(self.place / "1234"), "--statedir", str(self.place)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(lambda: (self.place / "1234").exists())

    def pause_and_resume(self, vm):
        self.assertEqual(vm.ask("Pause")[0], 202)
        self.assertEqual(vm.ask("Resume")[0], 202)

    def test_agent_sets_the_clock_after_each_standstill(self):
        clock = self.place / "clock"
        self.start_agent(LD_PRELOAD=CLOCK, BERTH_AGENT_CLOCK=str(clock))
        with self.vm("--timesync", "vsockPort=1234") as vm:
            vm.expect_output("ready")
            for times in (1, 2):
                self.pause_and_resume(vm)
                self.expect_log(vm, "the guest's clock is set", times)
            self.ends(vm)
        seconds = [int(line) for line in clock.read_text().split()]
        self.assertEqual(len(seconds), 2)
        for second in seconds:
            self.assertLess(abs(second - time.time()), 60)

    def test_agent_sets_the_clock_when_the_host_wakes_up(self):
        """By macOS's power notifications: host/darwin/power.c on the stand-in's IOKit."""
        clock, pipe = self.place / "clock", self.place / "sleep"
        os.mkfifo(pipe)
        self.start_agent(LD_PRELOAD=CLOCK, BERTH_AGENT_CLOCK=str(clock))
        with self.vm("--timesync", "vsockPort=1234", SLEEP_PIPE=pipe) as vm:
            vm.expect_output("ready")
            for times, seconds in ((1, 3600), (2, 86400)):
                pipe.write_text(f"{seconds}\n", encoding="utf-8")
                self.expect_log(vm, "the host slept", times)
                self.expect_log(vm, "the guest's clock is set", times)
            self.ends(vm)
        self.assertEqual(len(clock.read_text().split()), 2)

    def test_host_that_sleeps_while_the_vm_is_paused(self):
        clock, pipe = self.place / "clock", self.place / "sleep"
        os.mkfifo(pipe)
        self.start_agent(LD_PRELOAD=CLOCK, BERTH_AGENT_CLOCK=str(clock))
        with self.vm("--timesync", "vsockPort=1234", SLEEP_PIPE=pipe) as vm:
            vm.expect_output("ready")
            self.assertEqual(vm.ask("Pause")[0], 202)
            pipe.write_text("60\n", encoding="utf-8")
            self.expect_log(vm, "the host slept")
            self.assertEqual(vm.ask("Resume")[0], 202)
            self.expect_log(vm, "the guest's clock is set")
            self.ends(vm)

    def test_refusal_is_told_in_the_agents_words(self):
        self.start_agent()
        with self.vm("--timesync", "vsockPort=1234") as vm:
            vm.expect_output("ready")
            self.pause_and_resume(vm)
            self.expect_log(vm, "the agent says: Failed to set time to guest: Operation not permitted")
            self.ends(vm)

    def test_agent_that_comes_late_is_found(self):
        clock = self.place / "clock"
        with self.vm("--timesync", "vsockPort=1234") as vm:
            vm.expect_output("ready")
            self.pause_and_resume(vm)
            self.expect_log(vm, "trying again")
            self.start_agent(LD_PRELOAD=CLOCK, BERTH_AGENT_CLOCK=str(clock))
            self.expect_log(vm, "the guest's clock is set")
            self.ends(vm)


if __name__ == "__main__":
    CLOCK = sys.argv.pop(2)
    test_vz.BIN = sys.argv.pop(1)
    unittest.main(verbosity=2)
