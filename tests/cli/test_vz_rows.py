#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every boot-loader and device row of vfkit-compat.md §4 to §7: the configuration object that engine/vz builds from a
command line, compared member by member with the one that upstream vfkit builds from the same line. What upstream
builds is written down here from its sources (pkg/vf, pkg/config) and those of its binding.

    test_vz_rows.py BIN_DIR
"""
import gzip
import json
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import unittest

import guest
from nobody import as_nobody

BIN = None
MIB = 1 << 20
CACHED, FSYNC = 2, 2      # VZDiskImageCachingMode, VZDiskImageSynchronizationMode: upstream's choice for images
FULL, NONE = 0, 1         # VZDiskSynchronizationMode: block devices, NBD


def thing(cls, **members):
    return {"class": cls, **members}


def image(path, read_only=False):
    return thing("VZDiskImageStorageDeviceAttachment", URL=path, readOnly=int(read_only), cachingMode=CACHED,
                 synchronizationMode=FSYNC)


def disk(cls, path, read_only=False, **more):
    return thing(cls, attachment=image(path, read_only), **more)


def blk(path, read_only=False, **more):
    return disk("VZVirtioBlockDeviceConfiguration", path, read_only, **more)


DISKS = {"virtio-blk": "VZVirtioBlockDeviceConfiguration", "nvme": "VZNVMExpressControllerDeviceConfiguration",
         "usb-mass-storage": "VZUSBMassStorageDeviceConfiguration"}


def block_device(test):
    """A block device with something on it: one of a file of the test's, where that may be made, else any that may be read."""
    image = pathlib.Path(test.dir, "device.img")
    image.write_bytes(bytes(1 << 20))
    if os.geteuid() == 0 and shutil.which("losetup"):
        made = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True, check=False)
        if made.returncode == 0:
            device = made.stdout.strip()
            test.addCleanup(subprocess.run, ["losetup", "--detach", device], check=True)
            return device
    for name in sorted(os.listdir("/dev")):
        device = f"/dev/{name}"
        if stat.S_ISBLK(os.lstat(device).st_mode) and os.access(device, os.R_OK) and pathlib.Path(device).open("rb").read(1):
            return device
    return test.skipTest("no block device here that may be read, and none may be made")


def net(attachment, mac="52:54:00:12:34:56"):
    return thing("VZVirtioNetworkDeviceConfiguration", attachment=attachment, MACAddress=mac)


NAT = thing("VZNATNetworkDeviceAttachment")
DATAGRAMS = thing("VZFileHandleNetworkDeviceAttachment", fileHandle="datagram socket")


def port(attachment):
    return thing("VZVirtioConsoleDeviceSerialPortConfiguration", attachment=attachment)


def handles(kind_in, kind_out):
    return thing("VZFileHandleSerialPortAttachment", fileHandleForReading=kind_in, fileHandleForWriting=kind_out)


def ptys(nr):
    one = thing("VZVirtioConsolePortConfiguration", attachment=handles("character device", "character device"), isConsole=1)
    return [thing("VZVirtioConsoleDeviceConfiguration", ports=[one] * nr)]


def share(tag, path):
    return thing("VZVirtioFileSystemDeviceConfiguration", tag=tag,
                 share=thing("VZSingleDirectoryShare", directory=thing("VZSharedDirectory", URL=path, readOnly=0)))


def gpu(width, height):
    return thing("VZVirtioGraphicsDeviceConfiguration",
                 scanouts=[thing("VZVirtioGraphicsScanoutConfiguration", widthInPixels=width, heightInPixels=height)])


VSOCK = [thing("VZVirtioSocketDeviceConfiguration")]
KEYBOARD = thing("VZUSBKeyboardConfiguration")
POINTER = thing("VZUSBScreenCoordinatePointingDeviceConfiguration")


class Row(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="berth-rows-")
        self.addCleanup(self.tmp.cleanup)
        self.dir = self.tmp.name
        for name, content in (("kernel", guest.sleep()), ("initrd", bytes(512)), ("a.img", bytes(4096)), ("b.img", bytes(4096))):
            pathlib.Path(self.dir, name).write_bytes(content)
        self.kernel, self.initrd = f"{self.dir}/kernel", f"{self.dir}/initrd"
        self.a, self.b = f"{self.dir}/a.img", f"{self.dir}/b.img"
        self.loader = ["--bootloader", f"linux,kernel={self.kernel},initrd={self.initrd},cmdline=quiet"]

    def run_vfkit(self, options, scenario=None, program=None, **popen):
        """Builds everything, and fails at the very start of the VM."""
        dump = pathlib.Path(self.dir, "dump")
        env = {**os.environ, "TMPDIR": self.dir, "BERTH_STANDIN_START_ERROR": "1", "BERTH_STANDIN_DUMP": str(dump)}
        env.update({f"BERTH_STANDIN_{key}": value for key, value in (scenario or {}).items()})
        done = subprocess.run([program or str(pathlib.Path(BIN) / "vfkit"), *options], env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30, check=False, **popen)
        self.assertIn("the VM cannot be started", done.stderr)
        return json.loads(dump.read_text(encoding="utf-8"))

    def built(self, options, **more):
        """The members that are not empty lists, which upstream sets too."""
        config = self.run_vfkit(options, **more)
        return {key: value for key, value in config.items() if value != []}

    def linux(self, cmdline="quiet"):
        return thing("VZLinuxBootLoader", kernelURL=self.kernel, commandLine=cmdline, initialRamdiskURL=self.initrd)

    def builds(self, devices, _scenario=None, **members):
        """`devices` beside a Linux boot loader make exactly `members` beside the four that are always there."""
        options = self.loader + [word for device in devices for word in ("--device", device)]
        expected = thing("VZVirtualMachineConfiguration", CPUCount=1, memorySize=512 * MIB, bootLoader=self.linux(), **members)
        self.assertEqual(self.built(options, scenario=_scenario), expected)


class Boot(Row):
    def always(self, loader, **members):
        return thing("VZVirtualMachineConfiguration", CPUCount=1, memorySize=512 * MIB, bootLoader=loader, **members)

    def test_sizes(self):
        config = self.built(self.loader + ["--cpus", "4", "--memory", "2048"])
        self.assertEqual((config["CPUCount"], config["memorySize"]), (4, 2048 * MIB))

    def test_linux(self):
        for words, cmdline in ((f"linux,kernel={self.kernel},initrd={self.initrd}", ""),
                               (f'linux,kernel={self.kernel},initrd={self.initrd},cmdline="console=hvc0"', "console=hvc0"),
                               (f'linux,kernel={self.kernel},initrd={self.initrd},cmdline="a=1,2 b"', "a=1,2 b")):
            self.assertEqual(self.built(["--bootloader", words]), self.always(self.linux(cmdline)))

    def test_paths_with_commas(self):
        for name in ("kernel", "initrd"):
            os.mkdir(f"{self.dir}/{name},")
            pathlib.Path(f"{self.dir}/{name},/{name}").write_bytes(pathlib.Path(self.dir, name).read_bytes())
        kernel, initrd = f"{self.dir}/kernel,/kernel", f"{self.dir}/initrd,/initrd"
        loader = thing("VZLinuxBootLoader", kernelURL=kernel, commandLine='x "y" z', initialRamdiskURL=initrd)
        self.assertEqual(self.built(["--bootloader", f'linux,"kernel={kernel}","initrd={initrd}",cmdline="x "y" z"']),
                         self.always(loader))

    def test_packed_kernels_are_handed_over_unpacked(self):
        pathlib.Path(self.kernel).write_bytes(gzip.compress(guest.sleep()))
        loader = self.built(self.loader)["bootLoader"]
        self.assertRegex(loader.pop("kernelURL"), rf"^{self.dir}/berth-kernel-\w{{6}}$")
        self.assertEqual(loader, thing("VZLinuxBootLoader", commandLine="quiet", initialRamdiskURL=self.initrd))
        self.assertEqual([name for name in os.listdir(self.dir) if name.startswith("berth-")], [])

    def test_text_that_is_not_utf8(self):
        loader = f"linux,kernel={self.kernel},initrd={self.initrd},cmdline=".encode() + b"a=\xff b=\xc3\xa4"
        self.assertEqual(self.built(["--bootloader", loader]), self.always(self.linux("a=\ufffd b=ä")))

    def test_legacy_flags(self):
        options = ["--kernel", self.kernel, "--initrd", self.initrd, "--kernel-cmdline", '"x"']
        self.assertEqual(self.built(options), self.always(self.linux('"x"')))

    def test_efi(self):
        store = f"{self.dir}/store"
        pathlib.Path(store).write_text("old", encoding="utf-8")
        loader = thing("VZEFIBootLoader", variableStore=thing("VZEFIVariableStore", URL=store))
        self.assertEqual(self.built(["--bootloader", f"efi,variable-store={store}"]), self.always(loader))
        self.assertEqual(pathlib.Path(store).read_text(encoding="utf-8"), "old")
        loader["variableStore"]["created"] = 1
        self.assertEqual(self.built(["--bootloader", f"efi,variable-store={store},create"]), self.always(loader))
        self.assertEqual(pathlib.Path(store).read_text(encoding="utf-8"), "")

    def test_macos(self):
        for name in ("id", "model", "aux"):
            pathlib.Path(self.dir, name).write_bytes(b"bplist00 for a test")
        platform = thing("VZMacPlatformConfiguration",
                         hardwareModel=thing("VZMacHardwareModel", dataRepresentation=thing("NSData", length=19)),
                         auxiliaryStorage=thing("VZMacAuxiliaryStorage", URL=f"{self.dir}/aux"),
                         machineIdentifier=thing("VZMacMachineIdentifier", dataRepresentation=thing("NSData", length=19)))
        screen = thing("VZMacGraphicsDisplayConfiguration", widthInPixels=800, heightInPixels=600, pixelsPerInch=80)
        words = f"macos,machineIdentifierPath={self.dir}/id,hardwareModelPath={self.dir}/model,auxImagePath={self.dir}/aux"
        self.assertEqual(self.built(["--bootloader", words, "--device", "virtio-gpu"]),
                         self.always(thing("VZMacOSBootLoader"), platform=platform,
                                     graphicsDevices=[thing("VZMacGraphicsDeviceConfiguration", displays=[screen])]))

    def test_macos_with_everything_that_it_can_have(self):
        for name in ("id", "model", "aux"):
            pathlib.Path(self.dir, name).write_bytes(b"bplist00 for a test")
        config = self.built([
            "--bootloader", f"macos,machineIdentifierPath={self.dir}/id,hardwareModelPath={self.dir}/model,"
            f"auxImagePath={self.dir}/aux", "--cpus", "4", "--memory", "4096", "--device", f"virtio-blk,path={self.a}",
            "--device", "virtio-net,nat,mac=52:54:00:12:34:56", "--device", "virtio-input,pointing",
            "--device", "virtio-input,keyboard", "--gui"])
        screen = thing("VZMacGraphicsDisplayConfiguration", widthInPixels=800, heightInPixels=600, pixelsPerInch=80)
        self.assertEqual(config.pop("platform")["class"], "VZMacPlatformConfiguration")
        self.assertEqual(config, thing(
            "VZVirtualMachineConfiguration", CPUCount=4, memorySize=4096 * MIB, bootLoader=thing("VZMacOSBootLoader"),
            storageDevices=[blk(self.a)], networkDevices=[net(NAT)], pointingDevices=[POINTER], keyboards=[KEYBOARD],
            graphicsDevices=[thing("VZMacGraphicsDeviceConfiguration", displays=[screen])]))

    def test_nested(self):
        config = self.built(self.loader + ["--nested"], scenario={"NESTED": "1"})
        self.assertEqual(config["platform"], thing("VZGenericPlatformConfiguration", nestedVirtualizationEnabled=1))


class Disks(Row):
    def test_virtio_blk(self):
        self.builds([f"virtio-blk,path={self.a}"], storageDevices=[blk(self.a)])
        self.builds([f"virtio-blk,path={self.a},type=image,readonly"], storageDevices=[blk(self.a, True)])
        self.builds([f"virtio-blk,deviceId=test,path={self.a}"], storageDevices=[blk(self.a, blockDeviceIdentifier="test")])

    def test_all_kinds_keep_their_order_in_one_list(self):
        nbd = thing("VZNetworkBlockDeviceStorageDeviceAttachment", URL="nbd://h:1/x", timeout=15, forcedReadOnly=0,
                    synchronizationMode=FULL)
        self.builds([f"nvme,path={self.b}", f"virtio-blk,path={self.a}", f"usb-mass-storage,path={self.b},readonly",
                     "nbd,uri=nbd://h:1/x,deviceId=n"],
                    storageDevices=[disk("VZNVMExpressControllerDeviceConfiguration", self.b), blk(self.a),
                                    disk("VZUSBMassStorageDeviceConfiguration", self.b, True),
                                    thing("VZVirtioBlockDeviceConfiguration", attachment=nbd, blockDeviceIdentifier="n")])

    def test_nbd(self):
        attachment = thing("VZNetworkBlockDeviceStorageDeviceAttachment", URL="nbd+unix:///x?socket=/s", timeout=1.5,
                           forcedReadOnly=1, synchronizationMode=NONE)
        self.builds(["nbd,uri=nbd+unix:///x?socket=/s,deviceId=n,timeout=1500,sync=none,readonly"],
                    storageDevices=[thing("VZVirtioBlockDeviceConfiguration", attachment=attachment, blockDeviceIdentifier="n")])

    def test_what_cannot_be_written_is_read_only(self):
        program, popen = as_nobody(pathlib.Path(BIN) / "vfkit", self.dir)
        os.chmod(self.a, 0o444)
        for kind, cls in DISKS.items():
            config = self.built([*self.loader, "--device", f"{kind},path={self.a}"], program=program, **popen)
            self.assertEqual(config["storageDevices"], [disk(cls, self.a, True)])

    def test_block_device(self):
        device = block_device(self)
        writable = os.access(device, os.W_OK)
        for words, read_only in ((",readonly", 1), ("", 0)) if writable else ((",readonly", 1),):
            attachment = thing("VZDiskBlockDeviceStorageDeviceAttachment", fileHandle="block device", readOnly=read_only,
                               synchronizationMode=FULL)
            for kind, cls in DISKS.items():
                self.builds([f"{kind},type=dev,path={device}{words}"], storageDevices=[thing(cls, attachment=attachment)])
        identified = thing("VZVirtioBlockDeviceConfiguration", attachment={**attachment, "readOnly": 1},
                           blockDeviceIdentifier="dev")
        self.builds([f"virtio-blk,type=dev,path={device},readonly,deviceId=dev"], storageDevices=[identified])

    def test_defaults_may_be_spelt_out(self):
        for words in ("type=image", "type=", "", ",,"):
            self.builds([f"virtio-blk,path={self.a},{words}"], storageDevices=[blk(self.a)])
        self.builds([f"virtio-blk,path={self.a},deviceId={'x' * 20}"],
                    storageDevices=[blk(self.a, blockDeviceIdentifier="x" * 20)])
        self.builds([f"virtio-blk,path={self.b},path={self.a}"], storageDevices=[blk(self.a)])

    def test_cloud_init_comes_last(self):
        files = [f"{self.dir}/{name}" for name in ("user-data", "meta-data")]
        for name in files:
            pathlib.Path(name).write_text("#cloud-config\n", encoding="utf-8")
        config = self.built([*self.loader, "--cloud-init", ",".join(files), "--device", f"virtio-blk,path={self.a}",
                             "--device", f"usb-mass-storage,path={self.b}"])
        first, second, third = config["storageDevices"]
        self.assertEqual((first, second), (blk(self.a), disk("VZUSBMassStorageDeviceConfiguration", self.b)))
        iso = third["attachment"]["URL"]
        self.assertRegex(iso, rf"^{self.dir}/vfkit-cloudinit/vfkit-cloudinit-\d+-\w+\.iso$")
        self.assertEqual(third, blk(iso))


class Networks(Row):
    def test_nat(self):
        self.builds(["virtio-net,nat,mac=52:54:00:12:34:56"], networkDevices=[net(NAT)])
        for mac in ("52-54-00-12-34-56", "5254.0012.3456"):
            self.builds([f"virtio-net,nat,mac={mac}"], networkDevices=[net(NAT)])
        self.builds(["virtio-net,nat"], networkDevices=[net(NAT, "random")])

    def test_socket_paths(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
            peer.bind(f"{self.dir}/net")
            peer.settimeout(0.2)
            for words, magic in ((f"unixSocketPath={self.dir}/net", True), (f"type=unixgram,path={self.dir}/net", True),
                                 (f"type=unixgram,path={self.dir}/net,offloading=off", True),
                                 (f"unixSocketPath={self.dir}/net,vfkitMagic=off", False)):
                self.builds([f"virtio-net,{words},mac=52:54:00:12:34:56"], networkDevices=[net(DATAGRAMS)])
                if magic:
                    self.assertEqual(peer.recv(64), b"VFKT")
                self.assertRaises(TimeoutError, peer.recv, 64)
            self.assertEqual([n for n in os.listdir(self.dir) if n.endswith(".sock")], [])

    def test_inherited_socket(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with ours, theirs:
            words = f"virtio-net,fd={theirs.fileno()},mac=52:54:00:12:34:56"
            config = self.built([*self.loader, "--device", words], pass_fds=[theirs.fileno()])
        self.assertEqual(config["networkDevices"], [net(DATAGRAMS)])

    def test_several_keep_their_order(self):
        self.builds([f"virtio-net,nat,mac=52:54:00:00:00:0{n}" for n in (2, 1)],
                    networkDevices=[net(NAT, "52:54:00:00:00:02"), net(NAT, "52:54:00:00:00:01")])


class Consoles(Row):
    def test_log_file(self):
        log = pathlib.Path(self.dir, "log")
        log.write_text("old", encoding="utf-8")
        self.builds([f"virtio-serial,logFilePath={log}"],
                    serialPorts=[port(thing("VZFileSerialPortAttachment", URL=str(log), append=0))])
        self.assertEqual(log.read_text(encoding="utf-8"), "")

    def test_stdio(self):
        self.builds(["virtio-serial,stdio"], serialPorts=[port(handles("character device", "pipe"))])

    def test_several_keep_their_order(self):
        logs = [port(thing("VZFileSerialPortAttachment", URL=f"{self.dir}/{name}", append=0)) for name in ("y", "x")]
        self.builds([f"virtio-serial,logFilePath={self.dir}/y", "virtio-serial,stdio", f"virtio-serial,logFilePath={self.dir}/x"],
                    serialPorts=[logs[0], port(handles("character device", "pipe")), logs[1]])

    def test_ptys_share_a_device(self):
        self.builds(["virtio-serial,pty"], consoleDevices=ptys(1))
        self.builds(["virtio-serial,pty", "virtio-serial,stdio", "virtio-serial,pty"], consoleDevices=ptys(2),
                    serialPorts=[port(handles("character device", "pipe"))])


class Others(Row):
    def test_vsock_is_one_device(self):
        self.builds(["virtio-vsock,port=1,socketURL=/tmp/x"], socketDevices=VSOCK)
        self.builds(["virtio-vsock,port=1,socketURL=/tmp/x,listen", "virtio-vsock,port=2,socketURL=/tmp/y,connect"],
                    socketDevices=VSOCK)

    def test_timesync_brings_it(self):
        self.assertEqual(self.built(self.loader + ["--timesync", "vsockPort=1234"])["socketDevices"], VSOCK)

    def test_ignition_brings_it(self):
        self.assertEqual(self.built(self.loader + ["--ignition", self.a])["socketDevices"], VSOCK)

    def test_shares_keep_their_order_in_one_list(self):
        rosetta = thing("VZVirtioFileSystemDeviceConfiguration", tag="r", share=thing("VZLinuxRosettaDirectoryShare"))
        self.builds([f"virtio-fs,sharedDir={self.dir},mountTag=z", "rosetta,mountTag=r,install,ignore-if-missing",
                     "virtio-fs,sharedDir=/,mountTag=a", "virtio-fs,sharedDir=/"],
                    directorySharingDevices=[share("z", self.dir), rosetta, share("a", "/"), share("/", "/")])

    def test_shares(self):
        self.builds([f"virtio-fs,sharedDir={self.dir},mountTag=t"], directorySharingDevices=[share("t", self.dir)])
        for podmans in ("a2a0ee2c717462feb1de2f5afd59de5fd2d8", "ü" * 18):  # 36 bytes
            self.builds([f"virtio-fs,sharedDir={self.dir},mountTag={podmans}"],
                        directorySharingDevices=[share(podmans, self.dir)])
        name = os.path.basename(self.dir)
        self.builds([f"virtio-fs,sharedDir={self.dir}"], directorySharingDevices=[share(name, self.dir)])
        self.builds([f"virtio-fs,sharedDir={self.dir}/"], directorySharingDevices=[share(name, f"{self.dir}/")])

    def test_rosetta(self):
        self.builds(["rosetta,mountTag=r"], directorySharingDevices=[
            thing("VZVirtioFileSystemDeviceConfiguration", tag="r", share=thing("VZLinuxRosettaDirectoryShare"))])

    def test_rng_and_balloon(self):
        self.builds(["virtio-rng"], entropyDevices=[thing("VZVirtioEntropyDeviceConfiguration")])
        self.builds(["virtio-balloon", "virtio-balloon"],
                    memoryBalloonDevices=[thing("VZVirtioTraditionalMemoryBalloonDeviceConfiguration")])

    def test_last_kind_of_input_wins(self):
        self.builds(["virtio-input,pointing,keyboard", "virtio-input,keyboard,pointing"],
                    pointingDevices=[POINTER], keyboards=[KEYBOARD])

    def test_graphics_and_input(self):
        self.builds(["virtio-gpu"], graphicsDevices=[gpu(800, 600)])
        self.builds(["virtio-gpu,width=1920,height=1080"], graphicsDevices=[gpu(1920, 1080)])
        self.builds(["virtio-input,pointing", "virtio-input,keyboard"], pointingDevices=[POINTER], keyboards=[KEYBOARD])

    def test_gui_adds_a_display_and_a_keyboard(self):
        config = self.built(self.loader + ["--gui"])
        self.assertEqual((config["graphicsDevices"], config["keyboards"]), ([gpu(800, 600)], [KEYBOARD]))
        self.assertNotIn("pointingDevices", config)

    def test_gui_adds_nothing_that_is_there(self):
        config = self.built(self.loader + ["--gui", "--device", "virtio-gpu,width=640,height=480", "--device",
                                           "virtio-input,pointing"])
        self.assertEqual((config["graphicsDevices"], config["pointingDevices"]), ([gpu(640, 480)], [POINTER]))
        self.assertNotIn("keyboards", config)

    def test_what_crc_starts(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
            peer.bind(f"{self.dir}/net")
            store = pathlib.Path(self.dir, "efistore.nvram")
            store.write_text("Apple's", encoding="utf-8")
            config = self.built([
                "--cpus", "4", "--memory", "10752", "--bootloader", f"efi,variable-store={store}",
                "--device", f"virtio-serial,logFilePath={self.dir}/log", "--device", f"virtio-fs,sharedDir={self.dir},mountTag=dir0",
                "--device", "virtio-rng", "--device", f"virtio-blk,path={self.a}",
                "--device", f"virtio-net,unixSocketPath={self.dir}/net,mac=5a:94:ef:e4:0c:ee", "--timesync", "vsockPort=1234"])
        self.assertEqual(config, thing(
            "VZVirtualMachineConfiguration", CPUCount=4, memorySize=10752 * MIB,
            bootLoader=thing("VZEFIBootLoader", variableStore=thing("VZEFIVariableStore", URL=str(store))),
            storageDevices=[blk(self.a)], networkDevices=[net(DATAGRAMS, "5a:94:ef:e4:0c:ee")],
            serialPorts=[port(thing("VZFileSerialPortAttachment", URL=f"{self.dir}/log", append=0))],
            directorySharingDevices=[share("dir0", self.dir)], socketDevices=VSOCK,
            entropyDevices=[thing("VZVirtioEntropyDeviceConfiguration")]))

    def test_what_minikube_starts(self):
        config = self.built([
            "--memory", "6144", "--cpus", "2", "--restful-uri", f"unix://{self.dir}/vfkit.sock", "--log-level", "debug",
            "--bootloader", f'linux,kernel={self.kernel},initrd={self.initrd},cmdline="console=hvc0"',
            "--device", "virtio-net,nat,mac=52:54:00:12:34:56", "--device", "virtio-rng", "--device", f"virtio-blk,path={self.a}",
            "--device", f"virtio-blk,path={self.b}", "--device", f"virtio-serial,logFilePath={self.dir}/serial.log"])
        self.assertEqual(config, thing(
            "VZVirtualMachineConfiguration", CPUCount=2, memorySize=6144 * MIB, bootLoader=self.linux("console=hvc0"),
            storageDevices=[blk(self.a), blk(self.b)], networkDevices=[net(NAT)],
            serialPorts=[port(thing("VZFileSerialPortAttachment", URL=f"{self.dir}/serial.log", append=0))],
            entropyDevices=[thing("VZVirtioEntropyDeviceConfiguration")]))

    def test_what_podman_starts(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
            peer.bind(f"{self.dir}/net")
            store = f"{self.dir}/store"
            config = self.built([
                "--cpus", "4", "--memory", "2048", "--bootloader", f"efi,variable-store={store},create",
                "--device", f"virtio-blk,path={self.a}", "--device", "virtio-rng",
                "--device", f"virtio-vsock,port=1025,socketURL={self.dir}/ready.sock,listen",
                "--device", f"virtio-serial,logFilePath={self.dir}/log",
                "--device", f"virtio-net,unixSocketPath={self.dir}/net,mac=5a:94:ef:e4:0c:ee",
                "--device", f"virtio-fs,sharedDir={self.dir},mountTag=a2a0ee2c717462feb1de2f5afd59de5fd2d8", "--timesync", "vsockPort=1234",
                "--restful-uri", f"unix://{self.dir}/rest"])
        self.assertEqual(config, thing(
            "VZVirtualMachineConfiguration", CPUCount=4, memorySize=2048 * MIB,
            bootLoader=thing("VZEFIBootLoader", variableStore=thing("VZEFIVariableStore", URL=store, created=1)),
            storageDevices=[blk(self.a)], networkDevices=[net(DATAGRAMS, "5a:94:ef:e4:0c:ee")],
            serialPorts=[port(thing("VZFileSerialPortAttachment", URL=f"{self.dir}/log", append=0))],
            directorySharingDevices=[share("a2a0ee2c717462feb1de2f5afd59de5fd2d8", self.dir)], socketDevices=VSOCK,
            entropyDevices=[thing("VZVirtioEntropyDeviceConfiguration")]))


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main(verbosity=2)
