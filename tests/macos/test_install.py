#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/macos/package/install.sh, with this machine dressed up as a Mac: uname, sw_vers, xattr and codesign are stand-ins
that write down how they were called. What Apple's would do is not shown by this."""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        self.calls = self.top / "calls"
        self.tools = self.top / "tools"
        self.tools.mkdir()
        self.tool("uname", "echo Darwin")
        self.tool("sw_vers", "echo 13.0")
        self.tool("xattr", "exit 1")  # no mark: not an error
        self.tool("codesign", "exit 0")
        self.package = self.top / "package"
        for name in ("bin/berth", "share/berth/berth.entitlements", "share/man/man1/berth.1", "install.sh"):
            (self.package / name).parent.mkdir(parents=True, exist_ok=True)
            (self.package / name).write_text("#!/bin/sh\necho berth 0.1.0\n", encoding="utf-8")
        (self.package / "install.sh").write_bytes((ROOT / "tools/macos/package/install.sh").read_bytes())

    def tool(self, name, does):
        path = self.tools / name
        path.write_text(f'#!/bin/sh\necho {name} "$@" >>{self.calls}\n{does}\n', encoding="utf-8")
        path.chmod(0o755)

    def install(self, *arguments):
        env = dict(os.environ, PATH=f"{self.tools}:{os.environ['PATH']}", HOME=str(self.top / "home"))
        return subprocess.run(["sh", self.package / "install.sh", *arguments], env=env, text=True, capture_output=True,
                              check=False)

    def test_installs_signs_and_links(self):
        prefix = self.top / "prefix"
        done = self.install(str(prefix))
        self.assertEqual(done.returncode, 0, done.stderr)
        program = prefix / "bin/berth"
        for name in ("vfkit", "krunkit"):
            self.assertTrue((prefix / "libexec/berth" / name).samefile(program))
        self.assertTrue((prefix / "share/man/man1/berth.1").exists())
        calls = self.calls.read_text()
        self.assertIn(f"xattr -d com.apple.quarantine {program}.new", calls)
        self.assertIn("codesign --force --sign - --identifier berth --entitlements", calls)
        self.assertIn("helper_binaries_dir", done.stdout)
        self.assertIn(str(prefix / "libexec/berth"), done.stdout)

    def test_a_second_time_replaces_the_first(self):
        prefix = self.top / "prefix"
        self.assertEqual(self.install(str(prefix)).returncode, 0)
        self.assertEqual(self.install(str(prefix)).returncode, 0)
        self.assertTrue((prefix / "libexec/berth/vfkit").samefile(prefix / "bin/berth"))
        self.assertFalse((prefix / "bin/berth.new").exists())

    def test_leaves_the_old_program_when_signing_fails(self):
        prefix = self.top / "prefix"
        self.assertEqual(self.install(str(prefix)).returncode, 0)
        before = (prefix / "bin/berth").stat().st_ino
        self.tool("codesign", "exit 1")
        done = self.install(str(prefix))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("codesign failed", done.stderr)
        self.assertEqual((prefix / "bin/berth").stat().st_ino, before)

    def test_refuses_other_systems_and_old_ones(self):
        self.tool("sw_vers", "echo 12.7.6")
        self.assertIn("macOS 12.7.6 is too old", self.install(str(self.top / "prefix")).stderr)
        self.tool("uname", "echo Linux")
        self.assertIn("this is for macOS", self.install(str(self.top / "prefix")).stderr)
        self.assertFalse((self.top / "prefix").exists())


if __name__ == "__main__":
    unittest.main()
