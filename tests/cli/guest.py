# SPDX-License-Identifier: Apache-2.0
"""Guests of a few instructions, as arm64 kernel images: no assembler needed. Each starts as a kernel does: MMU off, at EL1."""
import struct

UART = 0x0900_0000
PCI_CONFIG, PCI_MEMORY = 0x3F00_0000, 0x1000_0000
PL061_KEY = 0x0903_0020  # DATA, masked to line 3: the power key
PSCI_OFF, PSCI_RESET = 0x8400_0008, 0x8400_0009


class Asm:
    """The instructions that these guests need; registers are numbers."""

    def __init__(self):
        self.words = []

    def emit(self, word):
        self.words.append(word & 0xFFFF_FFFF)

    def here(self):
        return len(self.words)

    def mov(self, rd, value):
        self.emit(0xD280_0000 | (value & 0xFFFF) << 5 | rd)
        if value >> 16:
            self.emit(0xF2A0_0000 | (value >> 16 & 0xFFFF) << 5 | rd)

    def strb(self, rt, rn):
        self.emit(0x3900_0000 | rn << 5 | rt)

    def str(self, rt, rn):  # 32 bits
        self.emit(0xB900_0000 | rn << 5 | rt)

    def ldr(self, rt, rn):  # 32 bits
        self.emit(0xB940_0000 | rn << 5 | rt)

    def add(self, rd, rn, imm):
        self.emit(0x9100_0000 | imm << 10 | rn << 5 | rd)

    def subs(self, rd, rn, imm):
        self.emit(0xF100_0000 | imm << 10 | rn << 5 | rd)

    def branch(self, to):
        self.emit(0x1400_0000 | (to - self.here()) & 0x3FF_FFFF)

    def branch_ne(self, to):
        self.emit(0x5400_0001 | ((to - self.here()) & 0x7_FFFF) << 5)

    def cbz(self, rt, to):  # 32 bits
        self.emit(0x3400_0000 | ((to - self.here()) & 0x7_FFFF) << 5 | rt)

    def br(self, rn):
        self.emit(0xD61F_0000 | rn << 5)

    def wfi(self):
        self.emit(0xD503_207F)

    def hvc(self):
        self.emit(0xD400_0002)

    def say(self, text):
        self.mov(1, UART)
        for char in text.encode():
            self.mov(0, char)
            self.strb(0, 1)

    def psci(self, call):
        self.mov(0, call)
        self.hvc()

    def image(self):
        code = struct.pack(f"<{len(self.words)}I", *self.words)
        size = 64 + len(code)
        head = struct.pack("<IIQQQQQQ4sI", 0x1400_0010, 0, 0, size, 0xA, 0, 0, 0, b"ARM\x64", 0)
        return head + code


def power_off():
    a = Asm()
    a.say("bye\n")
    a.psci(PSCI_OFF)
    return a.image()


def sleep():
    """Sleeps for ever, deaf to the power key."""
    a = Asm()
    a.say("asleep\n")
    loop = a.here()
    a.wfi()
    a.branch(loop)
    return a.image()


def obey():
    """Polls the power key and powers off when it is pressed."""
    a = Asm()
    a.say("ready\n")
    a.mov(2, PL061_KEY)
    loop = a.here()
    a.ldr(3, 2)
    a.cbz(3, loop)
    a.say("key\n")
    a.psci(PSCI_OFF)
    return a.image()


def chatter(pause=200_000):
    """Prints dots for ever, some thousand a second."""
    a = Asm()
    a.mov(1, UART)
    a.mov(0, ord("."))
    loop = a.here()
    a.strb(0, 1)
    a.mov(4, pause)
    delay = a.here()
    a.subs(4, 4, 1)
    a.branch_ne(delay)
    a.branch(loop)
    return a.image()


def reset():
    """Says so and resets, for ever."""
    a = Asm()
    a.say("again\n")
    a.psci(PSCI_RESET)
    return a.image()


def crash():
    """Jumps to where nothing is; so are its exception vectors."""
    a = Asm()
    a.mov(0, 0x3000_0000)
    a.br(0)
    return a.image()


def panic():
    """Tells pvpanic, in whichever of the first PCI slots it is, that it has panicked, and sleeps. The first register of
    other functions takes the same byte without harm."""
    a = Asm()
    a.say("panic\n")
    for slot in range(1, 5):
        config, memory = PCI_CONFIG + (slot << 15), PCI_MEMORY + (slot << 16)
        a.mov(1, config + 0x10)  # BAR 0
        a.mov(0, memory)
        a.str(0, 1)
        a.mov(1, config + 0x04)  # command: memory
        a.mov(0, 2)
        a.str(0, 1)
        a.mov(1, memory)
        a.mov(0, 1)
        a.strb(0, 1)
    loop = a.here()
    a.wfi()
    a.branch(loop)
    return a.image()
