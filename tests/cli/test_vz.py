#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What only macOS's engine can meet: the framework's errors, its versions, its denials; packed kernels, a window,
signals at every stage of a start (vfkit-compat.md §10). Runs engine/vz on its stand-in.

    test_vz.py BIN_DIR
"""
import gzip
import os
import pathlib
import signal
import socket
import stat
import sys
import tempfile
import time
import unittest

import guest
from vm import Vm, wait_for

BIN = None
FRAMEWORK_SAYS = "virtualization error: hypervisor virtualization error"  # of a VM that ran
START_FAILED = "Error: hypervisor virtualization error"

# VZError.h of macOS 15, every code, with the remedy that must come with it; and one that is not there.
REMEDIES = {
    1: "try again; if it stays, restart the Mac", 2: "change the option", 3: "try again", 4: "try again when",
    5: "attach a raw disk image", 6: "stop another virtual machine first", 7: "check the network", 8: "free some space",
    9: "start it again", 10: "leave the option out", 11: "free some space", 12: "start it without its saved state",
    10001: "check the network", 10002: "try again later", 10003: "update macOS", 10004: "download the restore image again",
    10005: "download the restore image again", 10006: "install the update", 10007: "install the guest again",
    20001: "check the NBD server, its address and the name of its export", 20002: "check the NBD server",
    30001: "give the virtual machine a USB controller", 30002: "detach the device first", 30003: "plug the device in again",
    30004: "attach the device first", 4711: "Console.app may say more"}

def block_device():
    """One that may be read, or None."""
    return next((f"/dev/{d}" for d in sorted(os.listdir("/dev")) if stat.S_ISBLK(os.lstat(f"/dev/{d}").st_mode) and
                 os.access(f"/dev/{d}", os.R_OK)), None)


class Mac(Vm):
    """A VM on a pretended Mac; `scenario` becomes the stand-in's variables."""

    def __init__(self, image, scenario=None, loader=None, environment=None, **more):
        self.tmp = tempfile.TemporaryDirectory(prefix="berth-tmp-")
        env = {**os.environ, "TMPDIR": self.tmp.name, "ASAN_OPTIONS": "detect_leaks=1", **(environment or {})}
        env.update({f"BERTH_STANDIN_{key}": str(value) for key, value in (scenario or {}).items()})
        super().__init__(BIN, image, env=env, **more)
        if loader:
            self.command[self.command.index("--bootloader") + 1] = loader

    def __exit__(self, *_):
        super().__exit__()
        self.tmp.cleanup()

    def left_over(self):
        """What the process has left where it puts temporary files."""
        return sorted(os.listdir(self.tmp.name))

    def errors(self):
        """Everything on standard error; after the end."""
        return self.process.stderr.read().decode()


class Case(unittest.TestCase):
    def assertEnds(self, vm, status):  # noqa: N802
        self.assertEqual(vm.wait(), status, vm.errors())
        self.assertEqual(vm.left_over(), [])
        self.assertFalse(vm.socket.exists())
        self.assertFalse(vm.pidfile.exists())

    def assertRefused(self, scenario, options, *texts, loader=None, **more):  # noqa: N802
        with Mac(guest.power_off(), scenario, options=options, loader=loader, **more) as vm:
            self.assertNotEqual(vm.wait(), 0)
            text = vm.errors()
            self.assertEqual(vm.left_over(), [])
        for expected in texts:
            self.assertIn(expected, text)
        self.assertNotIn("vz stand-in", text)


class Engine(Case):
    def test_vfkit_uses_it_and_says_so(self):
        with Mac(guest.power_off()) as vm:
            self.assertEqual(vm.wait(), 0)
            self.assertIn("engine vz", vm.errors())

    def test_berth_uses_it_when_asked(self):
        with Mac(guest.power_off(), program="berth", options=["--accel", "vz"]) as vm:
            self.assertEqual(vm.wait(), 0)
            self.assertIn("engine vz", vm.errors())

    def test_kernels_are_unpacked_and_the_copy_is_removed(self):
        with Mac(gzip.compress(guest.obey())) as vm:
            vm.expect_output("ready")
            self.assertEqual(len(vm.left_over()), 1)
            self.assertEqual(vm.ask("Stop")[0], 202)
            self.assertEnds(vm, 0)

    def test_kernels_that_are_none_are_refused_by_name(self):
        with Mac(b"BZh9" + bytes(600)) as vm:
            self.assertEqual(vm.wait(), 1)
            self.assertIn("packed with bzip2", vm.errors())


class Replaced(Case):
    """Where the framework is missing or denied the native engine takes over, saying why."""

    def runs_natively(self, scenario, why):
        with Mac(guest.power_off(), scenario) as vm:
            self.assertEqual(vm.wait(), 0)
            self.assertIn(b"bye", vm.process.stdout.read())
            text = vm.errors()
        self.assertIn("the native engine takes over", text)
        self.assertIn(why, text)
        self.assertNotIn("engine vz", text)

    def test_without_the_entitlement(self):
        self.runs_natively({"DENIED": 1}, "lacks the entitlement com.apple.security.virtualization")

    def test_without_the_framework(self):
        self.runs_natively({"NO_FRAMEWORK": 1}, "cannot be loaded")

    def test_in_a_virtual_machine(self):
        self.runs_natively({"UNSUPPORTED": 1}, "runs no virtual machines")

    def test_on_an_older_macos(self):
        self.runs_natively({"MACOS": "12.6"}, "needs macOS 13 or later, and this is Version 12.6")

    def test_an_arm64_kernel_on_an_intel_mac(self):
        self.runs_natively({"INTEL": 1}, "runs no arm64 guests")

    def test_but_not_for_who_insists(self):
        for scenario, why in (({"DENIED": 1}, "entitlement"), ({"UNSUPPORTED": 1}, "use --accel auto")):
            with self.subTest(scenario):
                self.assertRefused(scenario, ["--accel", "vz"], why, program="berth")

    def test_denied_before_anything_is_touched(self):
        with tempfile.NamedTemporaryFile() as log:
            log.write(b"earlier")
            log.flush()
            self.assertRefused({"DENIED": 1}, ["--accel", "vz"], "entitlement", program="berth",
                               console=f"virtio-serial,logFilePath={log.name}")
            self.assertEqual(pathlib.Path(log.name).read_bytes(), b"earlier")


class Panic(Case):
    """A guest whose kernel panics: Apple's generic machine has no device to tell it by, and upstream shows nothing either."""

    def test_stays_running_and_ends_as_a_deaf_guest_does(self):
        with Mac(guest.panic()) as vm:
            vm.expect_output("panic")
            time.sleep(0.3)
            self.assertEqual(vm.state(), "Running")
            self.assertEqual(vm.ask("Stop")[0], 202)
            time.sleep(0.3)
            self.assertEqual(vm.state(), "Running")
            began = time.monotonic()
            vm.signal()
            self.assertEqual(vm.wait(), 0)
            self.assertGreater(time.monotonic() - began, 4.5)
            self.assertIn("the guest did not power off in time; stopped", vm.errors())
            self.assertEqual(vm.left_over(), [])
            self.assertFalse(vm.socket.exists())
            self.assertFalse(vm.pidfile.exists())

    def test_hard_stop_ends_it_at_once(self):
        with Mac(guest.panic()) as vm:
            vm.expect_output("panic")
            self.assertEqual(vm.ask("HardStop")[0], 202)
            self.assertEnds(vm, 0)

    def test_kernel_that_restarts_itself(self):
        """panic=SECONDS: a reset, which is the framework's own affair."""
        with Mac(guest.reset()) as vm:
            vm.expect_output("again")
            self.assertEqual(vm.state(), "Running")
            self.assertEqual(vm.ask("HardStop")[0], 202)
            self.assertEnds(vm, 0)

    def test_guest_that_the_framework_gives_up_is_an_error(self):
        with Mac(guest.crash()) as vm:
            self.assertEqual(vm.wait(), 1)
            text = vm.errors()
            self.assertIn(FRAMEWORK_SAYS, text)
            self.assertIn("Internal Virtualization error", text)
            self.assertEqual(vm.left_over(), [])

    def test_what_cannot_be_promised_is_refused_or_said(self):
        for action in ("reset", "pause"):
            self.assertRefused({}, ["--accel", "vz", "--on-panic", action], "does not tell when a guest's kernel panics",
                               "give the kernel panic=SECONDS", program="berth")
        with Mac(guest.power_off(), program="berth", options=["--accel", "vz"]) as vm:
            self.assertEqual(vm.wait(), 0)
            self.assertIn("such a guest stays", vm.errors())
        with Mac(guest.power_off(), program="berth", options=["--accel", "vz", "--on-panic", "ignore"]) as vm:
            self.assertEqual(vm.wait(), 0)
            self.assertNotIn("panics", vm.errors())


class Errors(Case):
    def test_start_fails(self):
        with Mac(guest.sleep(), {"START_ERROR": 6}) as vm:
            self.assertEnds(vm, 1)

    def test_start_error_is_told_with_its_remedy(self):
        self.assertRefused({"START_ERROR": 6}, [], START_FAILED, "the VM cannot be started", "VZErrorDomain 6",
                           "stop another virtual machine first")

    def test_every_error_has_a_remedy(self):
        for code, remedy in REMEDIES.items():
            with self.subTest(code=code):
                self.assertRefused({"START_ERROR": code}, [], START_FAILED,
                                   f"the VM cannot be started: An error for a test (VZErrorDomain {code}); {remedy}")

    def test_every_error_while_it_runs(self):
        for code, remedy in REMEDIES.items():
            with self.subTest(code=code), Mac(guest.sleep(), {"STOP_ERROR": code}) as vm:
                vm.wait_state("Running")
                self.assertEqual(vm.ask("HardStop")[0], 500)
                self.assertEqual(vm.wait(), 1)
                text = vm.errors()
                self.assertIn(FRAMEWORK_SAYS, text)
                self.assertIn(f"the VM cannot be stopped: An error for a test (VZErrorDomain {code}); {remedy}", text)
                self.assertEqual(vm.left_over(), [])

    def test_start_that_hangs_ends_after_five_seconds(self):
        began = time.monotonic()
        with Mac(guest.sleep(), {"START_HANGS": 1}) as vm:
            self.assertEqual(vm.wait(), 1)
            self.assertIn("Error: timeout waiting for VM state\n", vm.errors())
            self.assertEqual(vm.left_over(), [])
            self.assertFalse(vm.socket.exists())
            self.assertFalse(vm.pidfile.exists())
        self.assertTrue(4.5 < time.monotonic() - began < 9)

    def test_vm_dies(self):
        with Mac(guest.sleep(), {"DIES_MS": 200}) as vm:
            vm.wait_state("Running")
            self.assertEqual(vm.wait(), 1)
            text = vm.errors()
            self.assertIn(FRAMEWORK_SAYS, text)
            self.assertIn("The virtual machine stopped unexpectedly", text)
            self.assertEqual(vm.left_over(), [])
            self.assertFalse(vm.socket.exists())

    def test_vm_dies_while_paused(self):
        with Mac(guest.sleep(), {"DIES_MS": 600}) as vm:
            vm.wait_state("Running")
            self.assertEqual(vm.ask("Pause")[0], 202)
            self.assertEnds(vm, 1)

    def test_pause_that_fails_leaves_the_vm_running(self):
        with Mac(guest.chatter(), {"PAUSE_ERROR": 1}) as vm:
            vm.wait_state("Running")
            self.assertEqual(vm.ask("Pause")[0], 500)
            self.assertEqual(vm.state(), "Running")
            vm.expect_output(".")
            self.assertEqual(vm.ask("HardStop")[0], 202)
            self.assertEnds(vm, 0)

    def test_resume_that_fails_leaves_the_vm_paused(self):
        with Mac(guest.sleep(), {"RESUME_ERROR": 1}) as vm:
            vm.wait_state("Running")
            self.assertEqual(vm.ask("Pause")[0], 202)
            self.assertEqual(vm.ask("Resume")[0], 500)
            self.assertEqual(vm.state(), "Paused")
            self.assertEqual(vm.ask("HardStop")[0], 202)
            self.assertEnds(vm, 0)

    def test_power_button_that_is_refused(self):
        with Mac(guest.sleep(), {"REQUEST_STOP_ERROR": 3}) as vm:
            vm.wait_state("Running")
            self.assertEqual(vm.ask("Stop")[0], 500)
            self.assertEqual(vm.state(), "Running")
            vm.signal()  # asks, in vain, then forces
            self.assertEnds(vm, 0)

    def test_stop_that_fails_is_an_error(self):
        with Mac(guest.sleep(), {"STOP_ERROR": 1}) as vm:
            vm.wait_state("Running")
            self.assertEqual(vm.ask("HardStop")[0], 500)
            self.assertEnds(vm, 1)

    def test_network_that_goes_is_told_and_the_vm_goes_on(self):
        with tempfile.TemporaryDirectory(prefix="berth-net-") as place:
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            peer.bind(f"{place}/net")
            with Mac(guest.obey(), {"NETWORK_GONE_MS": 100},
                     options=["--device", f"virtio-net,unixSocketPath={place}/net,mac=52:54:00:00:00:01"]) as vm:
                vm.expect_output("ready")
                self.assertEqual(peer.recv(16), b"VFKT")
                time.sleep(0.5)
                self.assertEqual(vm.state(), "Running")
                self.assertEqual(len(os.listdir(place)), 2)
                vm.ask("Stop")
                self.assertEqual(vm.wait(), 0)
                self.assertIn(f"virtio-net {place}/net: the network is gone, the VM goes on", vm.errors())
            self.assertEqual(os.listdir(place), ["net"])
            peer.close()

    def test_missing_network_is_told(self):
        self.assertRefused({}, ["--device", "virtio-net,unixSocketPath=/nonexistent/net"],
                           "network socket '/nonexistent/net': No such file or directory")


class Refused(Case):
    """What the framework cannot do, and what it is given that is not right: a sentence with the thing and what to do."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="berth-refused-")
        self.addCleanup(place.cleanup)
        self.place = place.name
        pathlib.Path(self.place, "good").write_bytes(b"bplist00 for a test")
        pathlib.Path(self.place, "bad").write_bytes(b"not one")

    def test_options_that_it_does_not_have(self):
        qcow2 = pathlib.Path(self.place, "disk.qcow2")
        qcow2.write_bytes(b"QFI\xfb" + bytes(508))
        for options, *texts in (
                (["--device", f"virtio-blk,path={qcow2},format=qcow2"], "has no qcow2 disks", f"convert {qcow2}: qemu-img"),
                (["--device", "virtio-net,type=unixstream,path=/x,mac=52:54:00:00:00:01"], "no stream sockets", "use type=unixgram"),
                (["--oem-string", "x"], "takes no --oem-string", "leave it out"),
                (["--firmware-path", "/x"], "brings its own firmware", "leave --firmware-path out")):
            with self.subTest(options):
                self.assertRefused({}, ["--accel", "vz", *options], *texts, program="berth")
        self.assertRefused({}, ["--accel", "vz,jit=off"], "--accel vz takes no options, but got 'jit=off'", program="berth")

    def macos(self, **paths):
        paths = {"hardwareModelPath": "good", "auxImagePath": "good", "machineIdentifierPath": "good", **paths}
        return "macos," + ",".join(f"{key}={self.place}/{name}" for key, name in paths.items())

    def test_macos_guests(self):
        for scenario, loader, *texts in (
                ({}, self.macos(hardwareModelPath="none"), f"hardwareModel error: open {self.place}/none: No such file",
                 "name the file that the installation"),
                ({}, self.macos(hardwareModelPath="bad"), f"hardwareModel error: {self.place}/bad is not", "take the file"),
                ({"OLD_MAC": 1}, self.macos(), "hardwareModel error: this Mac cannot run", "update the Mac"),
                ({}, self.macos(auxImagePath="none"), f"macAuxiliaryStorage error: open {self.place}/none: No such file",
                 "name the file that the installation"),
                ({}, self.macos(machineIdentifierPath="none"), f"machineIdentifier error: open {self.place}/none: No such file",
                 "name the file that the installation"),
                ({}, self.macos(machineIdentifierPath="bad"), f"machineIdentifier error: {self.place}/bad is not", "take the file")):
            with self.subTest(texts):
                self.assertRefused(scenario, [], *texts, loader=loader)
        self.assertRefused({"INTEL": 1}, [], "runs no arm64 guests", "macOS guests", loader=self.macos())
        self.assertRefused({"INTEL": 1}, ["--accel", "vz", "--arch", "x86_64"],
                           "running macOS guests is only supported on ARM devices", loader=self.macos(), program="berth")

    def test_variable_stores(self):
        for words, text in ((f"variable-store={self.place}/none", f"stat {self.place}/none: No such file or directory; add ,create"),
                            (f"variable-store={self.place}/none/x,create", f"EFI variable store '{self.place}/none/x' cannot be created"),
                            ("create", "stat : no such file or directory")):
            with self.subTest(words):
                self.assertRefused({}, [], text, loader=f"efi,{words}")
        self.assertRefused({}, [], "name a variable store: --bootloader efi,variable-store=PATH,create", loader="efi,create")

    def test_closed_standard_streams_are_no_fault(self):
        for fd in range(3):
            with self.subTest(fd=fd), Mac(guest.power_off(), preexec_fn=lambda fd=fd: os.close(fd)) as vm:
                self.assertEqual(vm.wait(), 0)

    def test_no_place_to_unpack_a_kernel(self):
        with Mac(gzip.compress(guest.obey()), environment={"TMPDIR": "/nonexistent"}) as vm:
            self.assertEqual(vm.wait(), 1)
            self.assertIn("no temporary file to unpack it into: No such file or directory; set TMPDIR", vm.errors())

    def test_files_that_cannot_be_opened(self):
        for device, text in ((f"nvme,path={self.place}/none", f"disk '{self.place}/none': "),
                             (f"usb-mass-storage,path={self.place}", f"disk '{self.place}': "),
                             (f"virtio-serial,logFilePath={self.place}/none/log", f"serial log '{self.place}/none/log': "),
                             (f"nvme,path={self.place}/none,type=dev", f"{self.place}/none: no such file"),
                             (f"nvme,path={self.place}/good,type=dev", f"file {self.place}/good is not a block device"),
                             (f"virtio-fs,sharedDir={self.place}/none", f"{self.place}/none: no such file")):
            with self.subTest(device):
                self.assertRefused({}, ["--device", device], text)


class Sandbox(Case):
    """BERTH_SANDBOX: the profile that macOS is given, and how it is refused."""

    def test_is_built_around_the_vms_paths(self):
        with tempfile.TemporaryDirectory() as place, Mac(
                guest.obey(), {"SANDBOX": f"{place}/profile"}, environment={"BERTH_SANDBOX": "on"},
                options=["--device", f"virtio-fs,sharedDir={place},mountTag=t"]) as vm:
            vm.expect_output("ready")
            lines = pathlib.Path(place, "profile").read_text(encoding="utf-8").splitlines()
            vm.signal()
            self.assertEnds(vm, 0)
        self.assertIn("(deny file-write*)", lines)
        self.assertEqual(set(lines[6:]), {
            f'(allow file-read-data (literal "{vm.path}/kernel"))', f'(allow file-read-data (literal "{vm.path}/initrd"))',
            f'(allow file-read-data file-write* (literal "{vm.path}/rest.sock"))',
            f'(allow file-read-data file-write* (literal "{vm.path}/pid"))',
            f'(allow file-read-data file-write* (subpath "{place}"))',
            f'(allow file-read-data file-write* (subpath "{vm.tmp.name}"))'})

    def test_that_cannot_be_entered_ends_the_start(self):
        for value, text in (("on", "the sandbox cannot be entered: a profile that a test refuses; unset BERTH_SANDBOX"),
                            ("yes", "BERTH_SANDBOX is 'yes'; set it to on, or unset it")):
            self.assertRefused({}, [], text, environment={"BERTH_SANDBOX": value})


class Limits(Case):
    def test_sizes_are_the_macs(self):
        self.assertRefused({"MAX_CPUS": 4}, ["--cpus", "5"], "--cpus 5 is out of range: this Mac allows 1 to 4")
        self.assertRefused({}, ["--memory", "999999"], "--memory 999999 MiB is out of range: this Mac allows 4 to 16384 MiB")

    def test_options_need_their_macos(self):
        """Each option on each macOS runs, or is refused in a sentence with its name, the version it needs, this one and what to do."""
        with tempfile.TemporaryDirectory() as place, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
            disk = pathlib.Path(place, "disk.img")
            disk.write_bytes(bytes(4096))
            peer.bind(f"{place}/net")
            new = {"--device nvme": (14, f"nvme,path={disk}"), "--device nbd": (14, "nbd,uri=nbd://127.0.0.1:1,deviceId=d"),
                   "a block device as a disk (type=dev)": (14, f"usb-mass-storage,path={block_device()},type=dev,readonly")}
            if not block_device():
                new.popitem()
            old = (f"virtio-blk,path={disk},deviceId=d", f"usb-mass-storage,path={disk}", "virtio-net,nat", "virtio-rng",
                   f"virtio-net,unixSocketPath={place}/net", "virtio-balloon", f"virtio-vsock,port=5,socketURL={place}/s",
                   f"virtio-fs,sharedDir={place}", "rosetta,mountTag=r", "virtio-serial,pty",
                   f"virtio-serial,logFilePath={place}/log", "virtio-gpu", "virtio-input,keyboard", "virtio-input,pointing")
            for macos in (13, 14, 15):
                scenario = {"MACOS": f"{macos}.0"}
                for what, (since, device) in new.items():
                    with self.subTest(macos=macos, option=what):
                        if macos < since:
                            self.assertRefused(scenario, ["--device", device], f"{what} needs macOS {since} or later, and "
                                               f"this is Version {macos}.0", "or update macOS")
                        else:
                            self.assertRefused({**scenario, "START_ERROR": 1}, ["--device", device], "the VM cannot be started")
                for device in old:
                    with self.subTest(macos=macos, option=device):
                        self.assertRefused({**scenario, "START_ERROR": 1}, ["--device", device], "the VM cannot be started")

    def test_tags_are_the_frameworks_to_judge_where_its_documents_are(self):
        with tempfile.TemporaryDirectory() as share:
            podmans = "a2a0ee2c717462feb1de2f5afd59de5fd2d8"
            device = f"virtio-fs,sharedDir={share},mountTag={podmans}"
            with Mac(guest.power_off(), options=["--device", device]) as vm:
                self.assertEnds(vm, 0)
            self.assertRefused({"TAG_MAX": 35}, ["--device", device],
                               f"mountTag '{podmans}' (36 bytes, where 1 to 35 are sure to do)")
            self.assertRefused({}, ["--device", device + "0"], f"invalid virtio-fs 'mountTag': {podmans}0 (at most 36 bytes)")
            self.assertRefused({"TAG_MAX": 35}, ["--device", f"rosetta,mountTag={podmans}"], f"mountTag '{podmans}' (36 bytes")

    def test_urls_are_urls(self):
        self.assertRefused({}, ["--device", "nbd,uri=nbd://host/a b,deviceId=d"],
                           "nbd disk 'nbd://host/a b': this is no URL; write a blank as %20")

    def test_nesting(self):
        sentence = "nested virtualization is not supported"
        self.assertRefused({"MACOS": "14.5"}, ["--nested"], sentence, "it needs macOS 15")
        self.assertRefused({}, ["--nested"], sentence, "it needs an M3 or newer")
        with Mac(guest.power_off(), {"NESTED": 1}, options=["--nested"]) as vm:
            self.assertEnds(vm, 0)

    def test_macos_13_runs_what_it_can(self):
        with Mac(guest.obey(), {"MACOS": "13.0"}, options=["--device", "virtio-rng", "--device", "virtio-balloon",
                                                           "--device", "virtio-vsock,port=5,socketURL=/tmp/nobody"]) as vm:
            vm.expect_output("ready")
            vm.signal()
            self.assertEnds(vm, 0)


class Balloon(Case):
    def test_target_is_asked_and_kept(self):
        with Mac(guest.obey(), program="berth", options=["--accel", "vz", "--device", "virtio-balloon"]) as vm:
            vm.wait_state("Running")
            self.assertEqual(vm.request("GET", "/vm/memory"), (200, '{"memoryBytes":134217728,"targetBytes":134217728}'))
            self.assertEqual(vm.request("POST", "/vm/memory", '{"targetBytes":67108864}'), (202, ""))
            self.assertEqual(vm.request("GET", "/vm/memory"), (200, '{"memoryBytes":134217728,"targetBytes":67108864}'))
            for body, status in (('{"targetBytes":1}', 400), ('{"targetBytes":268435456}', 400), ("{}", 400), ("", 400)):
                self.assertEqual(vm.request("POST", "/vm/memory", body)[0], status, body)
            vm.ask("Stop")
            self.assertEnds(vm, 0)

    def test_without_one(self):
        for accel, why in (("vz", "add --device virtio-balloon"), ("soft", "the native engine has no balloon device")):
            with Mac(guest.sleep(), program="berth", options=["--accel", accel]) as vm:
                vm.wait_state("Running")
                status, text = vm.request("POST", "/vm/memory", '{"targetBytes":67108864}')
                self.assertEqual((status, why in text), (500, True), text)

    def test_is_berths_own(self):
        with Mac(guest.sleep(), options=["--device", "virtio-balloon"]) as vm:
            vm.wait_state("Running")
            self.assertEqual(vm.request("GET", "/vm/memory")[0], 404)


class Rosetta(Case):
    DEVICE = ["--device", "rosetta,mountTag=r"]

    def test_installed(self):
        with Mac(guest.power_off(), options=self.DEVICE) as vm:
            self.assertEnds(vm, 0)

    def test_missing(self):
        self.assertRefused({"ROSETTA": 0}, self.DEVICE, "rosetta is not supported")
        self.assertRefused({"ROSETTA": 1}, self.DEVICE, "rosetta is not installed", "softwareupdate")
        for code in (7, 8, 9, 10):  # those that its installation documents
            self.assertRefused({"ROSETTA": 1, "ROSETTA_INSTALL": code}, ["--device", "rosetta,mountTag=r,install"],
                               "failed to install rosetta", f"(VZErrorDomain {code}); {REMEDIES[code]}")

    def test_is_installed_on_the_way(self):
        with Mac(guest.power_off(), {"ROSETTA": 1}, options=["--device", "rosetta,mountTag=r,install"]) as vm:
            self.assertEnds(vm, 0)

    def test_left_out_when_asked(self):
        with Mac(guest.power_off(), {"ROSETTA": 1}, options=["--device", "rosetta,mountTag=r,ignore-if-missing"]) as vm:
            self.assertEqual(vm.wait(), 0)
            self.assertIn("left out, as ignore-if-missing says", vm.errors())


class Vsock(Case):
    """Bridges between unix sockets and the framework's vsock device; the test is the guest."""

    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="berth-vsock-")
        self.addCleanup(self.place.cleanup)

    def path(self, name):
        return f"{self.place.name}/{name}"

    def listener(self, name):
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.settimeout(10)
        server.bind(self.path(name))
        server.listen()
        self.addCleanup(server.close)
        return server

    def client(self, name):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(client.close)
        client.connect(self.path(name))
        client.settimeout(10)
        return client

    def vm(self, *devices):
        words = [word for device in devices for word in ("--device", device)]
        return Mac(guest.obey(), {"VSOCK": self.place.name}, options=words)

    def test_guest_reaches_a_socket_of_the_host(self):
        server = self.listener("ready")
        with self.vm(f"virtio-vsock,port=1025,socketURL={self.path('ready')},listen") as vm:
            vm.expect_output("ready")
            from_guest = self.client("guest")
            from_guest.sendall(b"1025\nhello from the guest")
            from_guest.shutdown(socket.SHUT_WR)
            connection, _ = server.accept()
            with connection:
                self.assertEqual(connection.makefile("rb").read(), b"hello from the guest")
                connection.sendall(b"and back")
            self.assertEqual(from_guest.makefile("rb").read(), b"and back")
            vm.signal()
            self.assertEnds(vm, 0)

    def test_port_that_nobody_listens_on_is_closed(self):
        with self.vm(f"virtio-vsock,port=1025,socketURL={self.path('nobody')},listen") as vm:
            vm.expect_output("ready")
            for port in (b"77\n", b"1025\n"):
                from_guest = self.client("guest")
                from_guest.sendall(port)
                try:
                    self.assertEqual(from_guest.recv(1), b"")
                except ConnectionResetError:
                    pass  # as good
            vm.signal()
            self.assertEnds(vm, 0)

    def test_host_reaches_a_port_of_the_guest(self):
        in_guest = self.listener("2222")
        with self.vm(f"virtio-vsock,port=2222,socketURL={self.path('agent')},connect") as vm:
            vm.expect_output("ready")
            wait_for(lambda: os.path.exists(self.path("agent")))
            client = self.client("agent")
            client.sendall(b"question")
            connection, _ = in_guest.accept()
            with connection:
                self.assertEqual(connection.recv(64), b"question")
                connection.sendall(b"answer")
            self.assertEqual(client.makefile("rb").read(), b"answer")
            in_guest.close()
            self.assertEqual(self.client("agent").recv(1), b"")  # accepted, then closed
            vm.signal()
            self.assertEnds(vm, 0)
        self.assertFalse(os.path.exists(self.path("agent")))

    def test_many_at_once_and_an_end_in_the_middle(self):
        server = self.listener("ready")
        with self.vm(f"virtio-vsock,port=1,socketURL={self.path('ready')}") as vm:
            vm.expect_output("ready")
            for _ in range(40):
                self.client("guest").sendall(b"1\nx")
            held = [server.accept()[0] for _ in range(20)]
            vm.ask("HardStop")
            self.assertEnds(vm, 0)
            for connection in held:
                connection.close()


class Window(Case):
    def test_is_shown_on_the_main_thread_while_the_guest_runs(self):
        with tempfile.NamedTemporaryFile() as dump:
            with Mac(guest.obey(), {"DUMP_WINDOW": dump.name}, options=["--gui"]) as vm:
                vm.expect_output("ready")
                wait_for(lambda: pathlib.Path(dump.name).read_text())
                self.assertEqual(pathlib.Path(dump.name).read_text(), "vfkit 800x600\n")
                self.assertEqual(vm.state(), "Running")
                self.assertEqual(vm.ask("Stop")[0], 202)
                self.assertEnds(vm, 0)

    def test_closing_it_asks_the_guest(self):
        for user in ("close", "quit", "stop"):
            with self.subTest(user), tempfile.TemporaryDirectory() as folder:
                pipe = pathlib.Path(folder, "user")
                os.mkfifo(pipe)
                with Mac(guest.obey(), {"USER": user, "USER_PIPE": pipe}, options=["--gui"]) as vm:
                    vm.expect_output("ready")
                    pipe.write_bytes(b"")
                    vm.expect_output("key")
                    self.assertEnds(vm, 0)

    def test_closing_it_stops_a_deaf_guest_after_five_seconds(self):
        with Mac(guest.sleep(), {"USER": "close"}, options=["--gui"]) as vm:
            self.assertEnds(vm, 0)

    def test_signals_work_beside_it(self):
        with Mac(guest.obey(), options=["--gui"]) as vm:
            vm.expect_output("ready")
            vm.signal()
            self.assertEnds(vm, 0)

    def test_error_ends_it(self):
        for scenario in ({"DIES_MS": 100}, {"START_ERROR": 1}):
            with self.subTest(scenario), Mac(guest.sleep(), scenario, options=["--gui"]) as vm:
                self.assertEnds(vm, 1)

    def test_failed_start_ends_it(self):
        self.assertRefused({}, ["--gui", "--device", "virtio-net,unixSocketPath=/nonexistent/net"], "/nonexistent/net")

    def test_process_keeps_its_name(self):
        with Mac(guest.obey(), options=["--gui"]) as vm:
            vm.expect_output("ready")
            self.assertEqual(pathlib.Path(f"/proc/{vm.process.pid}/comm").read_text(), "vfkit\n")
            vm.signal()
            self.assertEnds(vm, 0)


class Stages(Case):
    """SIGTERM at any moment of a start: dead at once before signals are watched, an orderly end after."""

    def test_sigterm_while_starting(self):
        with Mac(guest.obey(), {"START_MS": 700}) as vm:
            wait_for(vm.socket.exists)
            self.assertEqual(vm.state(), "Starting")
            began = time.monotonic()
            vm.signal()
            self.assertEnds(vm, 0)  # asked as soon as it ran: long before the five seconds are over
            self.assertLess(time.monotonic() - began, 4.5)

    def test_sigterm_while_pausing_and_paused(self):
        with Mac(guest.obey()) as vm:
            vm.wait_state("Running")
            vm.ask("Pause")
            vm.signal()
            self.assertEnds(vm, 0)

    def test_sigterm_at_every_moment(self):
        orderly = 0
        for ms in range(0, 120, 4):
            with Mac(gzip.compress(guest.obey())) as vm:
                time.sleep(ms / 1000)
                vm.signal()
                status = vm.wait()
                self.assertIn(status, (0, -signal.SIGTERM), vm.errors())
                if status == 0:
                    orderly += 1
                    self.assertEqual(vm.left_over(), [])
                    self.assertFalse(vm.socket.exists())
                    self.assertFalse(vm.pidfile.exists())
        self.assertGreater(orderly, 0)


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main(verbosity=2)
