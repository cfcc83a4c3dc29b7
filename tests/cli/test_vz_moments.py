#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ends that come at any moment of a life: SIGTERM, and each verb of REST, while the program is at the first message that
it sends to Apple's frameworks, at the second, and so on to the last (vfkit-compat.md §10). However a life ends, the exit
status is 0, no file is left, and the stand-in has counted every object, block and queue back in.

    test_vz_moments.py BIN_DIR
"""
import errno
import http.client
import os
import pathlib
import signal
import socket
import sys
import tempfile
import threading
import time
import unittest

import guest
from vm import PATIENCE_S, UnixConnection, Vm, wait_for

BIN = None
LAST = 1000  # more moments than a life has


class Life(Vm):
    """A VM that waits at its moment number `moment` until act() has been called."""

    def __init__(self, moment, options=()):
        self.tmp = tempfile.TemporaryDirectory(prefix="berth-tmp-")
        self.pipe = pathlib.Path(self.tmp.name, "moment")
        os.mkfifo(self.pipe)
        env = {**os.environ, "TMPDIR": self.tmp.name, "BERTH_STANDIN_MOMENT": str(moment),
               "BERTH_STANDIN_MOMENT_PIPE": str(self.pipe), "BERTH_STANDIN_VSOCK": self.tmp.name}
        super().__init__(BIN, guest.obey(), options=options, env=env)

    def __exit__(self, *_):
        super().__exit__()
        self.tmp.cleanup()

    def act(self, action):
        """Runs action() at the moment. False if it does not come: `until` has, or the program has ended."""
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            self.assert_in_time(end)
            try:
                pipe = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nobody reads
                    raise
                time.sleep(0.002)
                continue
            try:
                action()
            finally:
                os.close(pipe)
            return True
        return False

    @staticmethod
    def assert_in_time(end):
        if time.monotonic() > end:
            raise TimeoutError("neither the moment nor the end has come")

    def begin_request(self, verb):
        """Asks over REST without waiting for the answer; None where nobody listens yet, or any more."""
        connection = UnixConnection(self.socket)
        try:
            connection.request("POST", "/vm/state", f'{{"state":"{verb}"}}')
            return connection
        except (ConnectionError, FileNotFoundError):
            connection.close()
            return None


def lived(vm, script):
    """Verbs, one after the other, from Running on; how each is answered does not matter here."""
    try:
        wait_for(lambda: vm.process.poll() is not None or vm.state() == "Running")
        for verb in script:
            vm.ask(verb)
    except (OSError, TimeoutError, http.client.HTTPException):
        pass  # the end has come from elsewhere


def read_all(peer):
    try:
        while peer.recv(1 << 16):
            pass
    except OSError:
        pass  # closed


class Moments(unittest.TestCase):
    place = None  # where sockets are made, if any are

    def check_end(self, vm):
        """True if it was orderly. Until signals are watched, which is right before REST, SIGTERM ends the program at once."""
        status = vm.wait()
        text = vm.process.stderr.read().decode()
        if status == -signal.SIGTERM and "rest: listening" not in text:
            return False
        self.assertEqual(status, 0, text)
        self.assertNotIn("vz stand-in", text)
        self.assertEqual([name for name in os.listdir(vm.tmp.name) if name != "moment"], [])
        self.assertFalse(vm.socket.exists())
        self.assertFalse(vm.pidfile.exists())
        if self.place:
            self.assertEqual([name for name in os.listdir(self.place) if f"-{vm.process.pid:x}-" in name], [])
        return True

    def each_moment(self, action, check, script, options=()):
        """Lives that reach moment 1, 2, 3…, with action(vm) at it, until a life has fewer; check(vm) follows each."""
        for moment in range(1, LAST):
            with self.subTest(moment=moment), Life(moment, options) as vm:
                rest = threading.Thread(target=lived, args=(vm, script))
                rest.start()
                try:
                    came = vm.act(lambda vm=vm: action(vm))
                    check(vm)
                finally:
                    vm.process.kill()
                    rest.join()
            if not came:
                return
        self.fail("more moments than any life has")

    def sigterm(self, script, options=()):
        ends = set()
        self.each_moment(Vm.signal, lambda vm: ends.add(self.check_end(vm)), script, options)
        self.assertEqual(ends, {False, True})

    def test_sigterm(self):
        self.sigterm(["Pause", "Resume", "Stop"])

    def test_sigterm_with_a_window(self):
        self.sigterm(["Stop"], ["--gui"])

    def test_sigterm_with_devices(self):
        with tempfile.TemporaryDirectory(prefix="berth-net-") as place, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
            self.place = place
            peer.bind(f"{place}/net")
            threading.Thread(target=read_all, args=(peer,), daemon=True).start()
            self.sigterm(["Stop"], [word for device in (
                "virtio-rng", "virtio-balloon", f"virtio-vsock,port=1,socketURL={place}/in", "rosetta,mountTag=r",
                f"virtio-vsock,port=2,socketURL={place}/out,connect", f"virtio-net,unixSocketPath={place}/net",
                f"virtio-fs,sharedDir={place},mountTag=t", "virtio-serial,pty") for word in ("--device", device)])

    @staticmethod
    def answered(vm):
        try:
            return vm.ask("HardStop")
        except (ConnectionError, http.client.HTTPException):
            return False  # it was going

    def verb(self, verb, script):
        """REST's `verb` at every moment; what it does not end, SIGTERM does."""
        def action(vm):
            connection = vm.begin_request(verb)
            if connection:
                self.addCleanup(connection.close)

        def check(vm):
            if verb != "HardStop":
                wait_for(lambda: vm.process.poll() is not None or vm.socket.exists())
                vm.signal()
            elif vm.process.poll() is None:
                wait_for(lambda: vm.process.poll() is not None or not self.answered(vm))
            self.check_end(vm)

        self.each_moment(action, check, script)

    def test_hard_stop(self):
        self.verb("HardStop", ["Pause", "Resume", "HardStop"])


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main(verbosity=2)
