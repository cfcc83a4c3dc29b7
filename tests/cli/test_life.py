#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a VM as its clients see it: REST, signals, exit statuses, what is left behind (vfkit-compat.md §9, §10).

    test_life.py BIN_DIR
"""
import pathlib
import signal
import socket
import sys
import time
import unittest

import guest
from vm import Vm, wait_for

BIN = None


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class PowerOff(unittest.TestCase):
    def test_guest_powers_off(self):
        with Vm(BIN, guest.power_off()) as vm:
            self.assertEqual(vm.wait(), 0)
            self.assertIn(b"bye", vm.process.stdout.read())
            self.assertFalse(vm.socket.exists())
            self.assertFalse(vm.pidfile.exists())

    def test_stop_presses_the_power_key(self):
        with Vm(BIN, guest.obey()) as vm:
            vm.expect_output("ready")
            status, body = vm.ask("Stop")
            self.assertEqual((status, body), (202, ""))
            vm.expect_output("key")
            self.assertEqual(vm.wait(), 0)

    def test_stop_only_asks(self):
        with Vm(BIN, guest.sleep()) as vm:
            vm.expect_output("asleep")
            self.assertEqual(vm.ask("Stop")[0], 202)
            time.sleep(0.3)
            self.assertEqual(vm.state(), "Running")

    def test_hard_stop_is_answered_and_ends_the_process(self):
        for _ in range(20):
            with Vm(BIN, guest.sleep()) as vm:
                vm.wait_state("Running")
                self.assertEqual(vm.ask("HardStop"), (202, ""))
                self.assertEqual(vm.wait(), 0)
                self.assertIsNone(vm.request("GET", "/vm/state"))


class Pause(unittest.TestCase):
    def test_pause_stops_the_guest_and_resume_lets_it_go_on(self):
        with Vm(BIN, guest.chatter()) as vm:
            vm.expect_output(".")
            self.assertEqual(vm.ask("Pause"), (202, ""))
            self.assertEqual(vm.state(), "Paused")
            time.sleep(0.1)
            vm.process.stdout.read()
            before = vm.cpu_seconds()
            time.sleep(0.3)
            self.assertFalse(vm.process.stdout.read())
            self.assertLess(vm.cpu_seconds() - before, 0.03)
            self.assertEqual(vm.ask("Resume"), (202, ""))
            vm.expect_output(".")
            self.assertEqual(vm.ask("HardStop")[0], 202)
            self.assertEqual(vm.wait(), 0)

    def test_paused_vm_can_be_stopped_hard_only(self):
        with Vm(BIN, guest.sleep()) as vm:
            vm.wait_state("Running")
            vm.ask("Pause")
            self.assertEqual(vm.ask("Stop")[0], 500)
            self.assertEqual(vm.ask("Pause")[0], 500)
            self.assertEqual(vm.ask("HardStop")[0], 202)
            self.assertEqual(vm.wait(), 0)


class Signals(unittest.TestCase):
    def test_sigterm_asks_the_guest(self):
        for signo in (signal.SIGTERM, signal.SIGINT):
            with Vm(BIN, guest.obey()) as vm:
                vm.expect_output("ready")
                vm.signal(signo)
                self.assertEqual(vm.wait(4), 0)

    def test_sigterm_stops_a_deaf_guest_after_five_seconds(self):
        with Vm(BIN, guest.sleep()) as vm:
            vm.expect_output("asleep")
            start = time.monotonic()
            vm.signal()
            time.sleep(0.5)
            vm.signal()  # no shortcut
            self.assertEqual(vm.wait(), 0)
            self.assertGreater(time.monotonic() - start, 4.9)
            self.assertLess(time.monotonic() - start, 8)

    def test_reader_that_leaves_kills_and_stops_nothing(self):
        with Vm(BIN, guest.chatter(20_000)) as vm:
            vm.expect_output(".")
            vm.process.stdout.close()
            vm.process.stderr.close()
            time.sleep(0.3)
            self.assertEqual(vm.state(), "Running")
            before = vm.cpu_seconds()
            self.assertEqual(vm.ask("Pause")[0], 202)
            time.sleep(0.3)
            self.assertLess(vm.cpu_seconds() - before, 0.2)
            self.assertEqual(vm.ask("HardStop")[0], 202)
            self.assertEqual(vm.wait(), 0)

    def test_reader_that_sleeps_stops_nothing(self):
        with Vm(BIN, guest.chatter(2_000)) as vm:
            vm.wait_state("Running")
            time.sleep(1)  # a pipe's worth of output
            self.assertEqual(vm.state(), "Running")
            self.assertEqual(vm.ask("HardStop")[0], 202)
            self.assertEqual(vm.wait(), 0)


class Guest(unittest.TestCase):
    def test_reset_restarts_the_guest_in_the_same_process(self):
        with Vm(BIN, guest.reset()) as vm:
            seen = ""
            while seen.count("again") < 5:
                seen += vm.expect_output("again")
            self.assertEqual(vm.state(), "Running")
            self.assertEqual(vm.ask("HardStop")[0], 202)
            self.assertEqual(vm.wait(), 0)

    def test_guest_that_cannot_go_on_is_an_error(self):
        with Vm(BIN, guest.crash()) as vm:
            self.assertEqual(vm.wait(), 1)
            text = vm.process.stderr.read().decode()
            self.assertIn("virtualization error: hypervisor virtualization error", text)
            self.assertIn("cannot go on at pc", text)
            self.assertFalse(vm.pidfile.exists())
            self.assertFalse(vm.socket.exists())

    def test_sleeping_guest_uses_no_cpu(self):
        with Vm(BIN, guest.sleep()) as vm:
            vm.expect_output("asleep")
            before = vm.cpu_seconds()
            time.sleep(2)
            self.assertLess(vm.cpu_seconds() - before, 0.04)


class Panic(unittest.TestCase):
    def test_exit_says_so_in_its_status(self):
        with Vm(BIN, guest.panic(), program="berth") as vm:
            self.assertEqual(vm.wait(), 6)
            self.assertIn(b"kernel panicked", vm.process.stderr.read())

    def test_reset_starts_the_guest_again(self):
        with Vm(BIN, guest.panic(), program="berth", options=["--on-panic", "reset"]) as vm:
            for _ in range(3):
                vm.expect_output("panic")

    def test_pause_keeps_the_guest(self):
        with Vm(BIN, guest.panic(), program="berth", options=["--on-panic", "pause"]) as vm:
            vm.wait_state("Paused")

    def test_vfkit_has_no_such_device(self):
        with Vm(BIN, guest.panic()) as vm:
            vm.expect_output("panic")
            time.sleep(0.3)
            self.assertEqual(vm.state(), "Running")


class Process(unittest.TestCase):
    def test_name_and_pid_are_what_clients_look_for(self):
        with Vm(BIN, guest.sleep()) as vm:
            vm.wait_state("Running")
            status = pathlib.Path(f"/proc/{vm.process.pid}/status").read_text()
            self.assertEqual(status.splitlines()[0], "Name:\tvfkit")
            self.assertEqual(vm.pidfile.read_text(), str(vm.process.pid))
            self.assertEqual(vm.pidfile.stat().st_mode & 0o777, 0o600)
            self.assertEqual(vm.socket.stat().st_mode & 0o777, 0o600)

    def test_what_sigkill_leaves_does_not_block_the_next_start(self):
        with Vm(BIN, guest.sleep()) as vm:
            vm.wait_state("Running")
            vm.end()
            self.assertTrue(vm.socket.exists())
            vm.begin()
            vm.wait_state("Running")

    def test_port_in_use_is_told_before_the_guest_starts(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            uri = f"tcp://localhost:{taken.getsockname()[1]}"
            with Vm(BIN, guest.power_off(), options=["--restful-uri", uri]) as vm:
                self.assertEqual(vm.wait(), 1)
                self.assertIn("choose another port", vm.process.stderr.read().decode())
                self.assertEqual(vm.process.stdout.read(), b"")
                self.assertFalse(vm.pidfile.exists())

    def test_rest_on_tcp(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with Vm(BIN, guest.sleep(), options=["--restful-uri", f"tcp://localhost:{port}"]) as vm:
            wait_for(lambda: listens(port))
            vm.signal(signal.SIGKILL)


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main(verbosity=2)
