#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The built binary under its three names: versions, help, exit statuses, sentences, what it leaves behind.

    test_command_line.py BINDIR [unittest options]      BINDIR holds berth, vfkit and krunkit
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import guest
from nobody import as_nobody

BIN = pathlib.Path(sys.argv.pop(1)).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_YET = "this version of berth does not have "


def run(name, *args, **kwargs):
    env = dict(os.environ, LC_ALL="C", **kwargs.pop("env", {}))
    return subprocess.run([BIN / name, *args], capture_output=True, text=True, timeout=60, env=env,
                          stdin=subprocess.DEVNULL, **kwargs)


def options_in_help(name):
    return set(re.findall(r"^  (?:-\w,|   ) --([a-z-]+)", run(name, "--help").stdout, re.M))


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def file(self, name, content=b"x" * 512):
        path = pathlib.Path(self.dir.name, name)
        path.write_bytes(content)
        return str(path)

    def path(self, name):
        return str(pathlib.Path(self.dir.name, name))

    def refused(self, name, args, status, text):
        """`name args` exits with `status` and says exactly `text`, after the program's own prefix."""
        result = run(name, *args)
        prefix = {"vfkit": "Error: ", "berth": "berth: ", "krunkit": "error: " if status == 2 else "Error: "}[name]
        self.assertEqual((result.stderr.splitlines() or [""])[0], prefix + text)
        self.assertEqual(result.returncode, status)
        self.assertEqual(result.stdout, "")
        return result

    def linux(self):
        return ["--bootloader", f"linux,kernel={self.file('Image')},initrd={self.file('initrd')}"]


class Versions(Case):
    def test_one_line_that_clients_parse(self):
        for args in (["--version"], ["-v"]):
            result = run("vfkit", *args)
            self.assertRegex(result.stdout, r"\Avfkit version: v0\.6\.\d+\n\Z")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        for args in (["--version"], ["-V"]):
            result = run("krunkit", *args)
            match = re.fullmatch(r"krunkit (\d+)\.(\d+)\.(\d+)\n", result.stdout)
            self.assertGreaterEqual(tuple(map(int, match.groups())), (1, 2, 1))  # lima's minimum
            self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_name_is_not_taken_from_argv0(self):
        link = pathlib.Path(self.dir.name, "krunkit-1.9")
        link.symlink_to(BIN / "berth")
        self.assertTrue(subprocess.run([link, "-V"], capture_output=True, text=True).stdout.startswith("krunkit "))
        link = pathlib.Path(self.dir.name, "something")
        link.symlink_to(BIN / "berth")
        self.assertTrue(subprocess.run([link, "-v"], capture_output=True, text=True).stdout.startswith("vfkit version"))

    def test_berth_lists_features_on_request(self):
        self.assertRegex(run("berth", "--version").stdout, r"\Aberth [\d.]+\n\Z")
        self.assertEqual(run("berth", "version").stdout, run("berth", "-v").stdout)
        features = run("berth", "--version", "-v").stdout
        self.assertIn("jansson", features)
        self.assertIn("krunkit 1.", features)

    def test_berth_lists_libraries_built_in_and_left_out(self):
        features = run("berth", "--version", "-v").stdout
        for name in ("libuv", "jansson", "libmicrohttpd", "libfdt", "zlib", "libzstd"):
            self.assertRegex(features, rf"(?m)^  {name}( [\d.]+)?$")
        linked = b"io_uring_queue_init" in pathlib.Path(BIN, "berth").read_bytes()
        line = r"  liburing [\d.]+" if linked else "  without liburing: disks are read and written by threads"
        self.assertRegex(features, f"(?m)^{line}$")
        self.assertEqual(features.count("liburing"), 1)


class Sandbox(Case):
    def test_is_refused_where_there_is_none(self):
        self.file("Image", guest.sleep())
        result = run("vfkit", "--kernel", self.path("Image"), "--initrd", self.file("initrd"), "--kernel-cmdline", "",
                     env={"BERTH_SANDBOX": "on"})
        self.assertIn("there is no sandbox on Linux yet; unset BERTH_SANDBOX", result.stderr)
        self.assertEqual(result.returncode, 1)


class Help(Case):
    def test_goes_to_stdout_and_succeeds(self):
        for name, args in (("berth", ["help"]), ("berth", ["-h"]), ("vfkit", ["--help"]), ("vfkit", ["-h"]),
                           ("krunkit", ["--help"]), ("krunkit", ["-h"])):
            result = run(name, *args)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("--device", result.stdout)

    def test_comes_before_missing_options(self):
        self.assertEqual(run("vfkit", "--kernel", "/k", "--help").returncode, 0)
        self.assertEqual(run("krunkit", "--cpus", "1", "-h", "--bad").returncode, 0)

    def test_each_program_has_its_own_options(self):
        vfkit, krunkit, berth = map(options_in_help, ("vfkit", "krunkit", "berth"))
        self.assertIn("ignition", vfkit - krunkit)
        self.assertIn("oem-string", krunkit - vfkit)
        self.assertEqual(berth - vfkit - krunkit, {"accel", "arch", "on-panic", "dry-run"})
        self.assertLessEqual(vfkit | krunkit, berth)

    def test_reader_that_leaves_is_no_failure(self):
        result = subprocess.run(f"{BIN}/berth help | true; exit ${{PIPESTATUS[0]}}", shell=True, executable="/bin/bash")
        self.assertEqual(result.returncode, 0)


class BadFlags(Case):
    def test_vfkit(self):
        result = self.refused("vfkit", ["--foo"], 1, "unknown flag: --foo")
        self.assertGreaterEqual(result.stderr.count("unknown flag: --foo"), 2)  # and once more after the usage
        self.refused("vfkit", ["-x"], 1, "unknown shorthand flag: 'x' in -x")
        self.refused("vfkit", ["--cpus"], 1, "flag needs an argument: --cpus")
        self.refused("vfkit", ["-c", "abc"], 1, 'invalid argument "abc" for "-c, --cpus" flag: '
                                                'strconv.ParseUint: parsing "abc": invalid syntax')
        self.refused("vfkit", [], 1, "empty option list in --bootloader command line argument")
        self.refused("vfkit", ["--log-level", "warn"], 1, "unknown log level: warn")
        self.assertIn("did you mean --cpus?", run("vfkit", "--cpu", "1").stderr)

    def test_krunkit(self):
        result = self.refused("krunkit", [], 2, "the following required arguments were not provided:")
        self.assertIn("\n  --cpus <CPUS>\n  --memory <MEMORY>\n", result.stderr)
        self.refused("krunkit", ["--foo"], 2, "unexpected argument '--foo' found")
        self.refused("krunkit", ["-c1", "-m1", "--device", "nvme,path=/d"], 2,
                     "invalid value 'nvme,path=/d' for '--device <DEVICES>': "
                     "invalid virtio device label specified: nvme")
        self.refused("krunkit", ["-c0", "-m1"], 1, "vcpus must be a minimum of 1 (0 is invalid)")
        self.refused("krunkit", ["-c1", "-m", "61441"], 1, "requested RAM larger than upper limit of 61440 MiB")

    def test_berth(self):
        self.refused("berth", ["--foo"], 2, "unknown flag: --foo")
        self.refused("berth", ["stray"], 2, "unexpected argument 'stray'")
        self.refused("berth", [], 2, "nothing to boot: give --kernel PATH, or --bootloader with its options")
        self.refused("berth", ["--kernel", "/k", "--accel", "tcg"], 2, "--accel has no 'tcg': it takes one of auto soft kvm hvf vz")
        self.refused("berth", ["completion", "tcsh"], 2, "berth completion takes one of bash, zsh, fish")


class Files(Case):
    def test_disks(self):
        missing, empty = self.path("missing"), self.file("empty", b"")
        qcow2 = self.file("q", b"QFI\xfb" + bytes(508))
        for name, statuses in (("vfkit", (1, 1, 1)), ("berth", (3, 2, 2))):
            args = self.linux() + ["--device"]
            self.refused(name, args + [f"virtio-blk,path={missing}"], statuses[0],
                         f"failed to open file {missing}: open {missing}: no such file or directory")
            self.refused(name, args + [f"virtio-blk,path={empty}"], statuses[1],
                         f"failed to read the header of file {empty}: EOF")
            self.refused(name, args + [f"virtio-blk,path={qcow2}"], statuses[2],
                         "vfkit does not support qcow2 image format" if name == "vfkit" else
                         f"disk {qcow2} is a qcow2 image, not a raw one")

    def test_block_devices_are_not_files_or_links(self):
        disk = self.file("disk")
        self.refused("vfkit", self.linux() + ["--device", f"virtio-blk,type=dev,path={disk}"], 1,
                     f"file {disk} is not a block device")

    def test_headers_are_read_as_devices_are_parsed(self):
        missing = self.path("missing")
        self.refused("vfkit", self.linux() + ["--device", f"virtio-blk,path={missing}", "--device", "foo"], 1,
                     f"failed to open file {missing}: open {missing}: no such file or directory")

    def test_kernel_and_initrd(self):
        missing, there = self.path("missing"), self.file("there")
        self.refused("vfkit", ["-b", f"linux,kernel={missing},initrd={there}"], 1,
                     f"invalid linux kernel path: stat {missing}: no such file or directory")
        self.refused("vfkit", ["-b", f"linux,kernel={there},initrd={missing}"], 1,
                     f"invalid initial RAM disk path: stat {missing}: no such file or directory")
        self.refused("berth", ["--kernel", self.dir.name], 3,
                     f"invalid linux kernel path: {self.dir.name} is a directory")

    def test_shared_directory(self):
        missing = self.path("missing")
        self.refused("vfkit", self.linux() + ["--device", f"virtio-fs,sharedDir={missing}"], 1,
                     f"stat {missing}: no such file or directory")

    def test_no_permission(self):
        disk = self.file("disk")
        os.chmod(disk, 0)
        program, popen = as_nobody(BIN / "berth", self.dir.name)
        result = run(program, *self.linux(), "--device", f"virtio-blk,path={disk}", **popen)
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertEqual(result.stderr.splitlines()[0], f"berth: failed to open file {disk}: open {disk}: permission denied")


class LeftBehind(Case):
    def test_pid_file_goes_with_a_failed_start(self):
        pidfile = self.path("pid")
        self.refused("vfkit", self.linux() + ["--pidfile", pidfile, "--device", "foo"], 1, "unknown device type: foo")
        self.assertFalse(os.path.exists(pidfile))

    def test_pid_file_that_cannot_be_written(self):
        pidfile = self.path("no/such/pid")
        self.refused("berth", self.linux() + ["--pidfile", pidfile], 3,
                     f"pid file {pidfile}: No such file or directory")

    def test_log_file_is_appended_to(self):
        log = self.file("log", b"before\n")
        run("krunkit", "-c1", "-m1", "--log-file", log)
        self.assertEqual(pathlib.Path(log).read_bytes()[:7], b"before\n")


class NotYet(Case):
    def test_what_is_missing_refuses_in_one_sentence(self):
        for name, status in (("berth", 4), ("vfkit", 1)):
            result = run(name, *self.linux(), "--device", "virtio-balloon")
            if NOT_YET not in result.stderr:
                self.skipTest("virtio-balloon is built")
            self.assertEqual(result.returncode, status)

    def test_contracts_words_come_first(self):
        nested = "nested virtualization is not supported"
        self.refused("vfkit", self.linux() + ["--nested", "--device", "foo"], 1, nested)  # before the devices
        self.refused("berth", self.linux() + ["--nested"], 4, nested)
        self.refused("vfkit", self.linux() + ["--device", "rosetta,mountTag=r"], 1, "rosetta is not supported")

    def test_sizes(self):
        self.refused("berth", self.linux() + ["--cpus", "65"], 2, "--cpus 65 is out of range: 1 to 64")
        self.refused("vfkit", self.linux() + ["--memory", "1"], 1,
                     "--memory 1 MiB is out of range: 16 to 65536 MiB")


class DryRun(Case):
    def test_prints_the_configuration_and_touches_nothing(self):
        pidfile, log = self.path("pid"), self.path("log")
        disk = self.file("disk")
        result = run("berth", "--dry-run", *self.linux(), "--cpus", "2", "-m", "1G", "--pidfile", pidfile,
                     "--log-file", log, "--accel", "soft", "--device", f"virtio-blk,path={disk},deviceId=d<",
                     "--device", "virtio-serial,stdio", "--restful-uri", "tcp://localhost:1")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        config = json.loads(result.stdout)
        self.assertEqual((config["vcpus"], config["memoryBytes"]), (2, 1 << 30))
        self.assertEqual(config["devices"][0], {"kind": "virtioblk", "devName": "virtio-blk", "imagePath": disk,
                                                "deviceIdentifier": "d<"})
        self.assertEqual(config["berth"]["accel"], "soft")
        self.assertEqual(config["berth"]["restfulURI"], "tcp://localhost:1")
        self.assertIn("\\u003c", result.stdout)
        self.assertFalse(os.path.exists(pidfile) or os.path.exists(log))

    def test_is_berths_alone(self):
        self.refused("vfkit", ["--dry-run"], 1, "unknown flag: --dry-run")
        self.refused("krunkit", ["--dry-run"], 2, "unexpected argument '--dry-run' found")


class Doctor(Case):
    def test_says_what_runs_here_and_why_not_the_rest(self):
        began = time.monotonic()
        result = run("berth", "doctor")
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"(?m)^  soft +yes: arm64 guests$")
        self.assertRegex(result.stdout, r"(?m)^  kvm +(yes|no: .{10,})")
        self.assertRegex(result.stdout, r"(?m)^This host runs .* guests with --accel \w+\.$")


class Completions(Case):
    def test_hold_every_option(self):
        for shell, form in (("bash", "--{}"), ("zsh", "--{}"), ("fish", "-l {}")):
            script = run("berth", "completion", shell).stdout
            for option in options_in_help("berth"):
                self.assertIn(form.format(option), script, shell)

    def test_shells_can_read_them(self):
        tried = 0
        for shell in ("bash", "zsh", "fish"):
            if shutil.which(shell):
                script = self.file(shell, run("berth", "completion", shell).stdout.encode())
                result = subprocess.run([shell, "-n", script], capture_output=True, text=True)
                self.assertEqual((result.returncode, result.stderr), (0, ""), shell)
                tried += 1
        self.assertTrue(tried)

    def test_bash_completes(self):
        script = self.file("bash", run("berth", "completion", "bash").stdout.encode())

        def complete(*words):
            code = (f"compopt() {{ :; }}; source {script}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($#-1)); _$1; "
                    "echo \"${COMPREPLY[@]}\"")
            return subprocess.run(["bash", "-c", code, "bash", *words], capture_output=True, text=True).stdout.split()

        self.assertEqual(complete("berth", "--log-level", "tr"), ["trace"])
        self.assertEqual(complete("vfkit", "-d", "virtio-blk,path=/x,re"), ["virtio-blk,path=/x,readonly"])
        self.assertEqual(complete("vfkit", "-d", "virtio-blk,fo"), [])
        self.assertEqual(complete("berth", "-d", "virtio-blk,fo"), ["virtio-blk,format="])
        self.assertEqual(complete("krunkit", "--krun"), ["--krun-log-level"])
        self.assertEqual(complete("berth", "doc"), ["doctor"])


class Manual(Case):
    def setUp(self):
        super().setUp()
        self.page = (ROOT / "man" / "berth.1").read_text(encoding="utf-8").replace("\\-", "-")

    def test_describes_every_option(self):
        for name in ("berth", "vfkit", "krunkit"):
            for option in options_in_help(name):
                self.assertTrue(re.search(rf"Fl -{option}\b", self.page), option)

    def test_describes_every_device_key(self):
        text = run("berth", "help").stdout
        for device, keys in re.findall(r"^  ([a-z-]+) +\S.*\n(?:      ,?(\S+)\n)?", text.split("Devices for")[1].split("Examples:")[0], re.M):
            self.assertTrue(f".It Cm {device}\n" in self.page, device)
            for key in re.findall(r"\[?,([A-Za-z-]+)", keys):
                section = self.page.split(f".It Cm {device}\n")[1].split("\n.El\n")[0]
                self.assertTrue(re.search(rf"\.It Cm .*\b{key}\b", section), f"{device},{key}")

    def test_lists_every_exit_status(self):
        header = (ROOT / "src" / "cli" / "exit_status.h").read_text(encoding="utf-8")
        for status in re.findall(r"^\s+STATUS_\w+ = (\d+)", header, re.M):
            self.assertTrue(re.search(rf"(?m)^\.It {status}$", self.page), status)


if __name__ == "__main__":
    unittest.main()
