#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""vfkit-compat.md §10.2, through engine/vz on its stand-in: which files go at an orderly end and which stay; what a death leaves
is in nobody's way.

    test_vz_files.py BIN_DIR
"""
import os
import pathlib
import signal
import socket
import sys
import tempfile
import unittest

import guest
import test_vz
from test_vz import Case, Mac
from vm import wait_for


class LeftFiles(Case):
    CLIENTS = ["log", "meta-data", "net", "user-data"]

    def setUp(self):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup(1) the program would inherit that it is ignored
        place = tempfile.TemporaryDirectory(prefix="berth-left-")
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(peer.close)
        peer.bind(str(self.place / "net"))
        for name in ("user-data", "meta-data"):
            (self.place / name).write_text("#cloud-config\n", encoding="utf-8")

    def vm(self, image, scenario=None):
        return Mac(image, scenario, console=f"virtio-serial,logFilePath={self.place}/log", options=[
            "--cloud-init", f"{self.place}/user-data,{self.place}/meta-data",
            "--device", f"virtio-net,unixSocketPath={self.place}/net,mac=52:54:00:00:00:01",
            "--device", f"virtio-vsock,port=2222,socketURL={self.place}/agent,connect"])

    def seeds(self, vm):
        return list(pathlib.Path(vm.tmp.name, "vfkit-cloudinit").iterdir())

    def wait_ready(self, vm):
        wait_for(lambda: "ready" in (self.place / "log").read_text(encoding="utf-8"))
        wait_for((self.place / "agent").exists)
        self.assertTrue(vm.socket.exists() and vm.pidfile.exists())
        self.assertEqual(len(list(self.place.glob(f"vfkit-{vm.process.pid:x}-*.sock"))), 1)
        self.assertGreaterEqual(len(self.seeds(vm)), 1)

    def check_orderly(self, vm, status):
        self.assertEqual(vm.wait(), status, vm.errors())
        self.assertFalse(vm.socket.exists() or vm.pidfile.exists())
        self.assertEqual(self.seeds(vm), [])
        self.assertEqual(sorted(os.listdir(self.place)), self.CLIENTS)

    def test_after_every_orderly_end(self):
        for end in ("Stop", "HardStop", signal.SIGTERM, signal.SIGINT):
            with self.subTest(end=end), self.vm(guest.obey()) as vm:
                wait_for(lambda vm=vm: vm.state() == "Running")
                self.wait_ready(vm)
                if isinstance(end, signal.Signals):
                    vm.signal(end)
                else:
                    self.assertEqual(vm.ask(end)[0], 202)
                self.check_orderly(vm, 0)

    def test_after_a_guest_that_powers_off_and_a_vm_that_dies(self):
        with self.vm(guest.power_off()) as vm:
            self.check_orderly(vm, 0)
        with self.vm(guest.sleep(), {"DIES_MS": 300}) as vm:
            self.check_orderly(vm, 1)
        with self.vm(guest.sleep(), {"START_ERROR": 1}) as vm:
            self.check_orderly(vm, 1)

    def test_after_a_death(self):
        """SIGHUP has its default action, SIGKILL no other; the same command line starts again."""
        for signo in (signal.SIGHUP, signal.SIGKILL):
            with self.subTest(signo=signo), self.vm(guest.obey()) as vm:
                vm.wait_state("Running")
                self.wait_ready(vm)
                vm.signal(signo)
                self.assertEqual(vm.wait(), -signo)
                self.assertTrue(vm.socket.exists() and vm.pidfile.exists() and (self.place / "agent").exists())
                stale = [path.name for path in self.place.glob("vfkit-*.sock")]
                vm.end()
                vm.begin()
                vm.wait_state("Running")
                self.wait_ready(vm)
                vm.signal()
                self.assertEqual(vm.wait(), 0, vm.errors())
                self.assertFalse(vm.socket.exists() or vm.pidfile.exists() or (self.place / "agent").exists())
                for name in stale:
                    (self.place / name).unlink(missing_ok=True)
                self.assertEqual(sorted(os.listdir(self.place)), self.CLIENTS)


if __name__ == "__main__":
    test_vz.BIN = sys.argv.pop(1)
    unittest.main(verbosity=2)
