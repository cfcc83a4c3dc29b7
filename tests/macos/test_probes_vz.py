#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The probes of `make check-mac` that ask Virtualization.framework and the sandbox, on their stand-ins.

    test_probes_vz.py PROBE_SAVE PROBE_SANDBOX
"""
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import guest  # noqa: E402

SAVE, SANDBOX = None, None
WRAPPER = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))  # runs programs of another CPU


def run(program, *words, **scenario):
    env = {**os.environ, **{f"BERTH_STANDIN_{key}": str(value) for key, value in scenario.items()}}
    done = subprocess.run([*WRAPPER, program, *words], capture_output=True, text=True, timeout=30, check=False, env=env)
    return done.returncode, done.stdout, done.stderr


class Save(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for name, content in (("kernel", guest.sleep()), ("initrd", bytes(512)), ("usb.img", bytes(4096))):
            pathlib.Path(folder.name, name).write_bytes(content)

    def ask(self, *words, **scenario):
        loader = f"linux,kernel={self.folder}/kernel,initrd={self.folder}/initrd,cmdline=x"
        return run(SAVE, "--cpus", "1", "--memory", "512", "--bootloader", loader, *words, **scenario)

    def test_the_framework_is_asked_of_each_device(self):
        for device in ("virtio-rng", "virtio-balloon", "virtio-net,nat", f"virtio-fs,sharedDir={self.folder},mountTag=t",
                       f"nvme,path={self.folder}/usb.img", "virtio-gpu,width=800,height=600", "rosetta,mountTag=r"):
            with self.subTest(device):
                self.assertEqual(self.ask("--device", device), (0, "yes\n", ""))

    def test_its_reason_is_the_answer(self):
        status, said, _ = self.ask(SAVE_ERROR=2)
        self.assertEqual(status, 1)
        self.assertRegex(said, r"^no: Invalid virtual machine configuration: A device for a test cannot be saved .*\n$")

    def test_old_macos_is_an_answer(self):
        status, said, _ = self.ask(MACOS="13.5")
        self.assertEqual((status, said.startswith("saving a VM needs macOS 14 or later")), (1, True), said)

    def test_bad_device_is_an_answer(self):
        status, said, _ = self.ask("--device", "nvme,path=/nonexistent")
        self.assertEqual((status, "/nonexistent" in said), (1, True), said)


class Sandbox(unittest.TestCase):
    def test_what_a_mac_would_deny_is_seen_to_be_allowed(self):
        with tempfile.TemporaryDirectory() as folder:
            _, said, _ = run(SANDBOX, folder, SANDBOX=f"{folder}/profile")
            self.assertIn(f'(subpath "{folder}")', pathlib.Path(folder, "profile").read_text(encoding="utf-8"))
        answers = {line.split("\t")[0]: line.split("\t")[1] for line in said.splitlines()}
        self.assertEqual({name for name, verdict in answers.items() if verdict == "FAILED"},
                         {"other-folders-are-not-written", "users-folders-are-not-read", "no-program-is-started"})
        self.assertEqual(len(answers), 10)

    def test_refused_profile_is_an_answer(self):
        status, said, _ = run(SANDBOX, "/tmp")
        self.assertEqual(status, 1)
        self.assertIn("profile-is-accepted\tFAILED\t", said)
        self.assertIn("a profile that a test refuses", said)


if __name__ == "__main__":
    SANDBOX = sys.argv.pop(2)
    SAVE = sys.argv.pop(1)
    unittest.main(verbosity=2)
