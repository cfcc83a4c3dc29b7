# SPDX-License-Identifier: Apache-2.0
"""Mach-O files as mach-o/loader.h and mach-o/fat.h lay them out: just enough to sign a program and to look one over."""
import struct

FAT_MAGIC = 0xCAFEBABE
MH_MAGIC_64 = 0xFEEDFACF
CPU_X86_64, CPU_ARM64 = 0x01000007, 0x0100000C
MH_EXECUTE = 2

LC_REQ_DYLD = 0x80000000
LC_SYMTAB, LC_DYSYMTAB, LC_LOAD_DYLIB, LC_SEGMENT_64 = 0x2, 0xB, 0xC, 0x19
LC_CODE_SIGNATURE = 0x1D
LC_LOAD_WEAK_DYLIB = 0x18 | LC_REQ_DYLD
LC_RPATH, LC_REEXPORT_DYLIB = 0x1C | LC_REQ_DYLD, 0x1F | LC_REQ_DYLD
LC_MAIN = 0x28 | LC_REQ_DYLD
LC_DYLD_INFO_ONLY, LC_BUILD_VERSION = 0x22 | LC_REQ_DYLD, 0x32

HEADER = struct.Struct("<8I")  # magic, cpu, subtype, file type, nr commands, bytes of them, flags, reserved
SEGMENT = struct.Struct("<2I16s4Q4I")  # cmd, len, name, vmaddr, vmsize, fileoff, filesize, maxprot, initprot, nsects, flags
SECTION = struct.Struct("<16s16s2Q8I")
FAT_ARCH = struct.Struct(">5I")  # cpu, subtype, offset, size, align


class Malformed(Exception):
    """The file is not what it says it is."""


class Segment:
    def __init__(self, image, at):
        (_, _, name, self.vmaddr, self.vmsize, self.fileoff, self.filesize, self.maxprot, self.initprot, nr_sections,
         _) = SEGMENT.unpack_from(image, at)
        self.at, self.name = at, name.rstrip(b"\0").decode()
        self.sections = []
        for i in range(nr_sections):
            section = SECTION.unpack_from(image, at + SEGMENT.size + i * SECTION.size)
            self.sections.append((section[0].rstrip(b"\0").decode(), section[2], section[3], section[4]))


class MachO:
    """One slice: bytes, header fields, load commands as (command, offset, length)."""

    def __init__(self, image):
        self.image = image
        if len(image) < HEADER.size:
            raise Malformed("shorter than a header")
        magic, self.cpu, self.subtype, self.filetype, self.ncmds, self.sizeofcmds, self.flags, _ = HEADER.unpack_from(image)
        if magic != MH_MAGIC_64:
            raise Malformed(f"magic {magic:#x} is not that of a 64-bit Mach-O")
        self.commands = []
        at = HEADER.size
        for _ in range(self.ncmds):
            command, length = struct.unpack_from("<2I", image, at)
            if length < 8 or length % 8 or at + length > HEADER.size + self.sizeofcmds:
                raise Malformed(f"load command at {at:#x} has {length} bytes")
            self.commands.append((command, at, length))
            at += length
        if at != HEADER.size + self.sizeofcmds:
            raise Malformed("load commands do not fill their room")
        self.segments = [Segment(image, at) for command, at, _ in self.commands if command == LC_SEGMENT_64]

    def find(self, command):
        """The offset of the only such command, or None."""
        places = [at for c, at, _ in self.commands if c == command]
        if len(places) > 1:
            raise Malformed(f"{len(places)} load commands {command:#x}")
        return places[0] if places else None

    def segment(self, name):
        for segment in self.segments:
            if segment.name == name:
                return segment
        raise Malformed(f"no segment {name}")

    def string(self, at, length, offset_at):
        """The string that a load command keeps within itself."""
        start = at + struct.unpack_from("<I", self.image, at + offset_at)[0]
        return bytes(self.image[start:at + length]).split(b"\0")[0].decode()

    def room_for_commands(self):
        """Bytes between the last load command and what follows."""
        first = min((offset for s in self.segments for _, _, size, offset in s.sections if offset and size),
                    default=len(self.image))
        return first - HEADER.size - self.sizeofcmds


def slices(data):
    """[(offset, alignment exponent or None, bytes)] of a universal file or a single one."""
    if struct.unpack_from(">I", data)[0] != FAT_MAGIC:
        return [(0, None, data)]
    nr = struct.unpack_from(">I", data, 4)[0]
    found = []
    for i in range(nr):
        _, _, offset, size, align = FAT_ARCH.unpack_from(data, 8 + i * FAT_ARCH.size)
        if offset + size > len(data):
            raise Malformed(f"slice {i} ends after the file")
        found.append((offset, align, data[offset:offset + size]))
    return found
