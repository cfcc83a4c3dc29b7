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

    def read_back(self, image, path):
        """A file of the image, by the specification of FAT: Microsoft's, 1.03."""
        data = image.read_bytes()
        kind, first = data[446 + 4], int.from_bytes(data[446 + 8:446 + 12], "little")
        volume = data[first * 512:]
        word = lambda at, n=2: int.from_bytes(volume[at:at + n], "little")  # noqa: E731
        cluster, fat, fats, root = volume[13] * 512, word(14) * 512, volume[16], word(17)
        area = fat + fats * word(22) * 512 + root * 32
        self.assertEqual((kind, word(510), word(11)), (0xEF, 0xAA55, 512))

        def chain(n):
            while 2 <= n < 0xFFF8:
                yield volume[area + (n - 2) * cluster:][:cluster]
                n = word(fat + 2 * n)

        folder = volume[area - root * 32:area]
        *_, last = parts = [check_mac.esp.short_name(part) for part in path.split("/")]
        for part in parts:
            found = next(folder[i:i + 32] for i in range(0, len(folder), 32) if folder[i:i + 11] == part)
            content = b"".join(chain(int.from_bytes(found[26:28], "little")))
            folder = content
        self.assertEqual(found[:11], last)
        return content[:int.from_bytes(found[28:32], "little")]

    def test_an_efi_disk_holds_its_files(self):
        image = self.folder / "disk.img"
        files = {"EFI/BOOT/BOOTAA64.EFI": bytes(range(256)) * 50, "EFI/debian/grub.cfg": b"linux /vmlinuz\n",
                 "vmlinuz": b"k" * 4096, "empty": b""}
        check_mac.esp.Image(files).write(image)
        for name, content in files.items():
            self.assertEqual(self.read_back(image, name), content)
        self.assertEqual(image.stat().st_size % 512, 0)
        with self.assertRaises(ValueError):
            check_mac.esp.Image({"much-too-long.efi": b""})

    def test_podmans_command_line_is_the_contracts(self):
        network = type("Network", (), {"socket": "/n"})()
        machine = check_mac.replay.Machine("vfkit", self.folder, "/d.raw", ["/Users"])
        text = " ".join(machine.command(55, network, True)[1:])
        self.assertEqual(text, f"--cpus 2 --memory 2048 --bootloader efi,variable-store={self.folder}/efi-bl-berth-check,create "
                         "--device virtio-blk,path=/d.raw --device virtio-rng --device virtio-vsock,port=1025,socketURL="
                         f"{self.folder}/berth-check.sock,listen --device virtio-serial,logFilePath={self.folder}/berth-check.log "
                         "--device virtio-net,unixSocketPath=/n,mac=5a:94:ef:e4:0c:ee "
                         "--device virtio-fs,sharedDir=/Users,mountTag=a2a0ee2c717462feb1de2f5afd59de5fd2d8 "
                         "--timesync vsockPort=1234 --restful-uri tcp://localhost:55 "
                         f"--device virtio-vsock,port=1024,socketURL={self.folder}/berth-check-ignition.sock,listen")
        self.assertNotIn("port=1024", " ".join(machine.command(55, network, False)))

    def test_a_deb_is_taken_apart(self):
        def member(name, data):
            return f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)

        deb = b"!<arch>\n" + member("debian-binary", b"2.0\n") + member("control.tar.xz", b"odd") + member("data.tar.xz", b"data")
        self.assertEqual(check_mac.data_of_deb(deb), b"data")
        with self.assertRaises(check_mac.Failure):
            check_mac.data_of_deb(b"!<arch>\n")


if __name__ == "__main__":
    unittest.main()
