# SPDX-License-Identifier: Apache-2.0
"""A disk image that EFI firmware boots from: a partition table with one EFI system partition, FAT16, and files in it. Made
byte by byte, because a Mac has no tool for it that needs no administrator. Names are 8.3, which EFI's own are."""
import struct

SECTOR, CLUSTER = 512, 4096
FIRST = 2048                 # sector of the partition
RESERVED, FATS, ROOT_ENTRIES = 1, 2, 512
EFI_SYSTEM, END_OF_CHAIN, DIRECTORY, FILE = 0xEF, 0xFFFF, 0x10, 0x20
FAT16_CLUSTERS = range(4085, 65525)


def short_name(name):
    stem, _, suffix = name.upper().partition(".")
    if not 0 < len(stem) <= 8 or len(suffix) > 3 or not name.isascii():
        raise ValueError(f"{name}: not a name of eight and three letters")
    return f"{stem:<8}{suffix:<3}".encode()


class Image:
    """`files` is {"EFI/BOOT/BOOTAA64.EFI": bytes}."""

    def __init__(self, files):
        self.clusters = []   # contents, from cluster 2 on
        self.fat = [0xFFF8, 0xFFFF]
        tree = {}
        for path, data in files.items():
            *folders, name = path.split("/")
            place = tree
            for folder in folders:
                place = place.setdefault(folder, {})
            place[name] = data
        self.root = self.entries(tree)

    def store(self, data):
        """Puts `data` into new clusters; returns the first, or 0 for none."""
        nr = -(-len(data) // CLUSTER)
        first = len(self.fat) if nr else 0
        for i in range(nr):
            self.clusters.append(data[i * CLUSTER:(i + 1) * CLUSTER].ljust(CLUSTER, b"\0"))
            self.fat.append(first + i + 1 if i + 1 < nr else END_OF_CHAIN)
        return first

    def entry(self, name, attributes, cluster, size):
        day = (2020 - 1980) << 9 | 1 << 5 | 1
        return struct.pack("<11sB10xHHHI", name, attributes, 0, day, cluster, size)

    def entries(self, tree, parent=None):
        """The bytes of a folder. One of its own is stored first, so that it knows its cluster."""
        made = []
        for name, content in tree.items():
            if isinstance(content, dict):
                made.append(self.entry(short_name(name), DIRECTORY, self.folder(content, parent), 0))
            else:
                made.append(self.entry(short_name(name), FILE, self.store(content), len(content)))
        return b"".join(made)

    def folder(self, tree, parent):
        here = self.store(bytes(CLUSTER))
        dots = self.entry(b".".ljust(11), DIRECTORY, here, 0) + self.entry(b"..".ljust(11), DIRECTORY, parent or 0, 0)
        data = dots + self.entries(tree, here)
        if len(data) > CLUSTER:
            raise ValueError("too many files in one folder")
        self.clusters[here - 2] = data.ljust(CLUSTER, b"\0")
        return here

    def write(self, path):
        nr = max(len(self.clusters) + 256, FAT16_CLUSTERS.start + 16)
        if nr not in FAT16_CLUSTERS:
            raise ValueError("more than FAT16 holds")
        fat_sectors = -(-(nr + 2) * 2 // SECTOR)
        before = RESERVED + FATS * fat_sectors + ROOT_ENTRIES * 32 // SECTOR
        sectors = before + nr * (CLUSTER // SECTOR)
        boot = struct.pack("<3s8sHBHBHHBHHHIIBBBI11s8s", b"\xeb\x3c\x90", b"BERTH   ", SECTOR, CLUSTER // SECTOR, RESERVED,
                           FATS, ROOT_ENTRIES, 0, 0xF8, fat_sectors, 63, 255, FIRST, sectors, 0x80, 0, 0x29, 0x62657274,
                           b"BERTH      ", b"FAT16   ")
        fat = struct.pack(f"<{len(self.fat)}H", *self.fat).ljust(fat_sectors * SECTOR, b"\0")
        table = struct.pack("<446xBBBBBBBBII48xH", 0, 0xFE, 0xFF, 0xFF, EFI_SYSTEM, 0xFE, 0xFF, 0xFF, FIRST, sectors, 0xAA55)
        with open(path, "wb") as out:
            out.write(table)
            out.seek(FIRST * SECTOR)
            out.write(boot.ljust(510, b"\0") + b"\x55\xaa" + fat * FATS + self.root.ljust(ROOT_ENTRIES * 32, b"\0"))
            for cluster in self.clusters:
                out.write(cluster)
            out.truncate((FIRST + sectors) * SECTOR)
