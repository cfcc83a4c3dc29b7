#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The parts of tools/macos/check-mac that need no Mac and no guest; `check-mac --rehearse` tries the rest."""
import importlib.machinery
import importlib.util
import pathlib
import platform
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools/macos/check-mac"
loader = importlib.machinery.SourceFileLoader("check_mac", str(SCRIPT))
check_mac = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_mac", loader))
loader.exec_module(check_mac)

NO_CONSOLE = "  dmesg             Warning: unable to open an initial console.\n  dmesg      FAILED 1 warnings\n"


class CheckMac(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.report = check_mac.Report(self.folder / "report.md", "title")

    @unittest.skipIf(platform.system() == "Darwin", "there it goes to work")
    def test_says_in_one_sentence_that_it_needs_a_mac(self):
        done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"^check-mac: this needs a Mac; .*\n$")

    def test_a_report_is_whole_after_each_answer(self):
        self.report.add("a", check_mac.PASSED, "good")
        self.assertIn("| a | ok | good |", self.report.path.read_text())
        self.report.add("b", check_mac.FAILED, "bad | worse\nwhy: ```")
        text = self.report.path.read_text()
        self.assertIn("| b | FAILED | bad / worse |", text)
        self.assertIn("## b", text)
        self.assertEqual(text.count("```"), 2)
        self.assertEqual(self.report.failures(), 1)

    def test_a_step_that_fails_in_any_way_is_an_answer(self):
        def step_raises(error):
            def step_one(here, report):
                raise error
            return step_one

        here = type("Here", (), {"rehearsal": None})()
        for error, verdict in ((check_mac.Failure("x"), check_mac.FAILED), (check_mac.Skip("y"), check_mac.SKIPPED),
                               (FileNotFoundError("z"), check_mac.FAILED),
                               (subprocess.TimeoutExpired("w", 3), check_mac.FAILED)):
            check_mac.take(step_raises(error), here, self.report)
            self.assertEqual(self.report.rows[-1][1], verdict)

    def test_a_commands_failure_says_what_it_printed(self):
        with self.assertRaises(check_mac.Failure) as raised:
            check_mac.run("sh", "-c", "echo because; exit 3")
        self.assertIn("exit status 3\nbecause", str(raised.exception))

    def test_only_the_warning_that_vz_cannot_avoid_is_forgiven(self):
        passed = check_mac.self_check_passed
        self.assertTrue(passed("berth-guest: check passed"))
        self.assertTrue(passed("  cpus       ok     2\n" + NO_CONSOLE + "berth-guest: check FAILED"))
        self.assertFalse(passed("  disk       FAILED\n" + NO_CONSOLE))
        self.assertFalse(passed("  dmesg             something else\n" + NO_CONSOLE))
        self.assertFalse(passed(""))

    def test_a_deb_is_taken_apart(self):
        def member(name, data):
            return f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)

        deb = b"!<arch>\n" + member("debian-binary", b"2.0\n") + member("control.tar.xz", b"odd") + member("data.tar.xz", b"data")
        self.assertEqual(check_mac.data_of_deb(deb), b"data")
        with self.assertRaises(check_mac.Failure):
            check_mac.data_of_deb(b"!<arch>\n")


if __name__ == "__main__":
    unittest.main()
