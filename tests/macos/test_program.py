#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/macos/codesign and universal make a program that tests/macos/check-program finds sound, and every way of breaking
that program is found. The program is the smallest that has everything; no compiler is needed."""
import importlib.machinery
import importlib.util
import pathlib
import struct
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load(name, path):
    loader = importlib.machinery.SourceFileLoader(name, str(ROOT / path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


check_program = load("check_program", "tests/macos/check-program")
codesign = load("codesign", "tools/macos/codesign")
universal = load("universal", "tools/macos/universal")
macho = check_program.macho

ENTITLEMENTS = (ROOT / "tools/macos/berth.entitlements").read_bytes()
STUB = """--- !tapi-tbd
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '/usr/lib/libSystem.B.dylib'
exports:
  - targets:         [ x86_64-macos, arm64-macos ]
    symbols:         [ _exit,
                       _write ]
  - targets:         [ x86_64-macos ]
    symbols:         [ _only_intel ]
...
"""
PAGE = 0x4000
N_EXT = 1


def segment(name, vmaddr, vmsize, fileoff, filesize, protection, sections=b""):
    length = macho.SEGMENT.size + len(sections)
    return macho.SEGMENT.pack(macho.LC_SEGMENT_64, length, name, vmaddr, vmsize, fileoff, filesize, protection, protection,
                              len(sections) // macho.SECTION.size, 0) + sections


def dylib(name, command=macho.LC_LOAD_DYLIB):
    text = name.encode() + b"\0"
    text += bytes(-len(text) % 8)
    return struct.pack("<6I", command, 24 + len(text), 24, 2, 0, 0) + text


def program(cpu, symbol=b"_exit", minos=13 << 16, flags=0x200085, protection=5, library="/usr/lib/libSystem.B.dylib", ordinal=1,
            extra=b"", text=b"\x1f\x20\x03\xd5", room=True):
    """A program of one page of text and one imported symbol."""
    code_at = PAGE - len(text) if room else 0
    strings = b"\0" + symbol + b"\0"
    symbols = struct.pack("<I2BHQ", 1, N_EXT, 0, ordinal << 8, 0)

    def commands(code_at):
        section = macho.SECTION.pack(b"__text", b"__TEXT", 0x100000000 + code_at, len(text), code_at, 2, 0, 0, 0, 0, 0, 0)
        return [
            segment(b"__TEXT", 0x100000000, PAGE, 0, PAGE, protection, section),
            segment(b"__LINKEDIT", 0x100000000 + PAGE, PAGE, PAGE, len(symbols) + len(strings), 1),
            struct.pack("<6I", macho.LC_SYMTAB, 24, PAGE, 1, PAGE + len(symbols), len(strings)),
            struct.pack("<2I2Q", macho.LC_MAIN, 24, code_at, 0),
            struct.pack("<6I", macho.LC_BUILD_VERSION, 24, 1, minos, minos, 0),
            dylib(library), extra,
        ]

    listed = [c for c in commands(code_at) if c]
    body = b"".join(listed)
    if not room:
        code_at = macho.HEADER.size + len(body)
        body = b"".join(c for c in commands(code_at) if c)
    head = macho.HEADER.pack(macho.MH_MAGIC_64, cpu, 0, macho.MH_EXECUTE, len(listed), len(body), flags, 0)
    return ((head + body).ljust(code_at, b"\0") + text).ljust(PAGE, b"\0") + symbols + strings


class Program(unittest.TestCase):
    def setUp(self):
        self.stub = pathlib.Path(tempfile.mkstemp(suffix=".tbd")[1])
        self.stub.write_text(STUB, encoding="utf-8")
        self.addCleanup(self.stub.unlink)

    def faults(self, data):
        return check_program.check(bytes(data), [self.stub])[0]

    def sign(self, image, name="berth", xml=ENTITLEMENTS):
        return codesign.sign(image, name, xml)

    def both(self, **how):
        return [self.sign(program(cpu, **how)) for cpu in (macho.CPU_X86_64, macho.CPU_ARM64)]

    def assert_fault(self, data, words):
        faults = self.faults(data)
        self.assertTrue(any(words in f for f in faults), f"no '{words}' in {faults}")

    def test_a_signed_universal_program_is_sound(self):
        self.assertEqual(self.faults(universal.combine(self.both())), [])

    def test_signing_twice_changes_nothing(self):
        once = self.sign(program(macho.CPU_ARM64))
        self.assertEqual(self.sign(once), once)

    def test_slices_begin_at_their_pages(self):
        places = [(offset, align) for offset, align, _ in macho.slices(universal.combine(self.both()))]
        self.assertEqual([align for _, align in places], [12, 14])
        self.assertTrue(all(offset % (1 << align) == 0 for offset, align in places))

    def test_every_changed_byte_before_the_signature_is_noticed(self):
        whole = universal.combine(self.both())
        arm64 = macho.slices(whole)[1]
        for at in (PAGE - 1, PAGE + 17):  # the last instruction, the symbols
            broken = bytearray(whole)
            broken[arm64[0] + at] ^= 1
            self.assert_fault(broken, "does not have the hash")

    def test_changed_entitlements_are_noticed(self):
        whole = universal.combine(self.both())
        self.assert_fault(whole.replace(b"hypervisor</key>", b"hyperbolic</key>", 1), "slot 5 does not have the hash")
        other = ENTITLEMENTS.replace(b"security.hypervisor", b"security.network01")
        self.assert_fault(universal.combine([self.sign(program(c), xml=other) for c in (macho.CPU_X86_64, macho.CPU_ARM64)]),
                          "claims")

    def test_each_rule_of_the_program(self):
        rules = [
            (dict(symbol=b"_hv_gic_create"), "is not in /usr/lib/libSystem.B.dylib of macOS 13"),
            (dict(symbol=b"_only_intel"), "arm64: _only_intel is not in"),
            (dict(minos=14 << 16), "needs macOS 14.0"),
            (dict(flags=0x85), "PIE is missing"),
            (dict(flags=0x200084), "NOUNDEFS is missing"),
            (dict(protection=7), "writable and executable"),
            (dict(library="/opt/homebrew/lib/libuv.1.dylib"), "loads /opt/homebrew/lib/libuv.1.dylib"),
            (dict(ordinal=3), "library 3 of 1"),
            (dict(extra=struct.pack("<4I", macho.LC_RPATH, 16, 12, 0)), "search path"),
            (dict(text=b"/home/me/src/main.c\0\0\0\0\0"), "paths of the build machine: /home/me/src/main.c"),
        ]
        for how, words in rules:
            with self.subTest(words):
                self.assert_fault(universal.combine(self.both(**how)), words)

    def test_a_slice_too_few_is_noticed(self):
        self.assert_fault(self.both()[1], "holds arm64")

    def test_an_unsigned_program_is_noticed(self):
        self.assert_fault(universal.combine([program(c) for c in (macho.CPU_X86_64, macho.CPU_ARM64)]), "is not signed")

    def test_signing_without_room_for_its_command_is_refused(self):
        with self.assertRaises(SystemExit) as raised:
            self.sign(program(macho.CPU_ARM64, room=False))
        self.assertIn("no room", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
