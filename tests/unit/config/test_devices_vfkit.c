/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit's devices: every key in any order, every refusal of §7 and §22.3, and what berth adds. */
#include <errno.h>

#include "config/devices.h"
#include "config_test.h"

/* The device as /vm/inspect shows it. */
static void assert_device(enum personality p, const char *text, const char *json)
{
    struct vm_config cfg;
    struct device_config *dev;
    struct err err = {0};
    char *got, want[512];

    vm_config_init(&cfg, p);
    dev = vm_config_add_device(&cfg, DEVICE_RNG);
    if (vfkit_parse_device(text, p, dev, &err))
        fail_msg("%s: refused: %s", text, err.text);
    got = vm_config_to_json(&cfg, JSON_VIEW_INSPECT);
    snprintf(want, sizeof(want),
             "{\"vcpus\":1,\"memoryBytes\":536870912,\"bootloader\":{},\"devices\":[%s]}", json);
    assert_string_equal(got, want);
    free(got);
    vm_config_finish(&cfg);
}

static void devices_mean_what_inspect_shows(void **state)
{
    static const char *const vectors[][2] = {
        {"virtio-rng", "{\"kind\":\"virtiorng\"}"},
        {"virtio-rng,", "{\"kind\":\"virtiorng\"}"},
        {"virtio-balloon", "{\"kind\":\"virtioballoon\"}"},
        {"virtio-blk,deviceId=test,path=/d",
         "{\"kind\":\"virtioblk\",\"devName\":\"virtio-blk\",\"imagePath\":\"/d\","
         "\"deviceIdentifier\":\"test\"}"},
        {"virtio-blk,readonly,type=dev,path=/dev/x=y",
         "{\"kind\":\"virtioblk\",\"devName\":\"virtio-blk\",\"readOnly\":true,"
         "\"imagePath\":\"/dev/x=y\",\"type\":\"dev\"}"},
        {"virtio-blk,path=/a,path=/b,type=,readonly=",
         "{\"kind\":\"virtioblk\",\"devName\":\"virtio-blk\",\"readOnly\":true,\"imagePath\":\"/"
         "b\"}"},
        {"nvme,type=image,path=/d,readonly",
         "{\"kind\":\"nvme\",\"devName\":\"nvme\",\"readOnly\":true,\"imagePath\":\"/d\","
         "\"type\":\"image\"}"},
        {"usb-mass-storage,readonly,path=/d",
         "{\"kind\":\"usbmassstorage\",\"devName\":\"usb-mass-storage\",\"readOnly\":true,"
         "\"imagePath\":\"/d\"}"},
        {"nbd,uri=nbd://1.1.1.1:10000,timeout=1000,sync=none",
         "{\"kind\":\"nbd\",\"devName\":\"nbd\",\"uri\":\"nbd://1.1.1.1:10000\","
         "\"DeviceIdentifier\":\"\",\"Timeout\":1000000000,\"SynchronizationMode\":\"none\"}"},
        {"nbd,readonly,deviceId=n,uri=nbd+unix:///x",
         "{\"kind\":\"nbd\",\"devName\":\"nbd\",\"readOnly\":true,\"uri\":\"nbd+unix:///x\","
         "\"DeviceIdentifier\":\"n\",\"Timeout\":15000000000,\"SynchronizationMode\":\"full\"}"},
        {"virtio-net,mac=00:11:22:33:44:55,nat",
         "{\"kind\":\"virtionet\",\"nat\":true,\"macAddress\":\"00:11:22:33:44:55\"}"},
        {"virtio-net,fd=3,mac=0A-0b-0C-0d-0E-0f",
         "{\"kind\":\"virtionet\",\"nat\":false,\"socket\":{},"
         "\"macAddress\":\"0a:0b:0c:0d:0e:0f\"}"},
        {"virtio-net,unixSocketPath=/p",
         "{\"kind\":\"virtionet\",\"nat\":false,\"socket\":{},\"vfkitMagic\":true}"},
        {"virtio-net,unixSocketPath=/p,vfkitMagic=off",
         "{\"kind\":\"virtionet\",\"nat\":false,\"socket\":{}}"},
        {"virtio-net,offloading=off,path=/p,type=unixgram",
         "{\"kind\":\"virtionet\",\"nat\":false,\"socket\":{},\"vfkitMagic\":true}"},
        {"virtio-serial,logFilePath=/l", "{\"kind\":\"virtioserial\",\"logFile\":\"/l\"}"},
        {"virtio-serial,stdio", "{\"kind\":\"virtioserial\",\"usesStdio\":true}"},
        {"virtio-serial,pty=anything", "{\"kind\":\"virtioserial\",\"usesPty\":true}"},
        {"virtio-vsock,socketURL=/s,connect,port=1234",
         "{\"kind\":\"virtiosock\",\"port\":1234,\"socketURL\":\"/s\"}"},
        {"virtio-vsock,port=1234,socketURL=/s",
         "{\"kind\":\"virtiosock\",\"port\":1234,\"socketURL\":\"/s\",\"listen\":true}"},
        {"virtio-vsock,connect,listen=no",
         "{\"kind\":\"virtiosock\",\"port\":0,\"socketURL\":\"\",\"listen\":true}"},
        {"virtio-fs,mountTag=t,sharedDir=/s",
         "{\"kind\":\"virtiofs\",\"mountTag\":\"t\",\"sharedDir\":\"/s\"}"},
        {"virtio-fs,sharedDir=/s",
         "{\"kind\":\"virtiofs\",\"mountTag\":\"\",\"sharedDir\":\"/s\"}"},
        {"rosetta,ignore-if-missing,install=1,mountTag=r",
         "{\"kind\":\"rosetta\",\"mountTag\":\"r\",\"installRosetta\":true,\"ignoreIfMissing\":"
         "true}"},
        {"virtio-gpu", "{\"kind\":\"virtiogpu\",\"usesGUI\":false,\"width\":800,\"height\":600}"},
        {"virtio-gpu,height=1080,width=1920",
         "{\"kind\":\"virtiogpu\",\"usesGUI\":false,\"width\":1920,\"height\":1080}"},
        {"virtio-input,keyboard", "{\"kind\":\"virtioinput\",\"inputType\":\"keyboard\"}"},
        {"virtio-input,keyboard,pointing", "{\"kind\":\"virtioinput\",\"inputType\":\"pointing\"}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        assert_device(PERSONALITY_VFKIT, vectors[i][0], vectors[i][1]);
        assert_device(PERSONALITY_BERTH, vectors[i][0], vectors[i][1]);
    }
}

static void assert_device_refused(enum personality p, const char *text, const char *error)
{
    struct device_config dev;
    struct err err = {0};

    assert_int_equal(vfkit_parse_device(text, p, &dev, &err), -EINVAL);
    assert_string_equal(err.text, error);
}

static void devices_are_refused_in_vfkits_words(void **state)
{
    static const struct vector vectors[] = {
        {"", "unknown device type: "},
        {"foo", "unknown device type: foo"},
        {"Virtio-rng", "unknown device type: Virtio-rng"},
        {"virtio-blk=x", "unknown device type: virtio-blk=x"},
        {"virtio-rng,x", "unknown options for virtio-rng devices: x"},
        {"virtio-balloon,x=1", "unknown options for virtio-balloon devices: x"},
        {"virtio-blk,path=/d,foo=1", "unknown option for virtio-blk devices: foo"},
        {"virtio-blk,Path=/d", "unknown option for virtio-blk devices: Path"},
        {"virtio-blk,type=raw", "unexpected value for disk 'type' option: raw"},
        {"virtio-blk,readonly=1", "unexpected value for virtio-blk 'readonly' option: 1"},
        {"virtio-blk,format=qcow2", "unknown option for virtio-blk devices: format"},
        {"nvme,readonly=1", "unexpected value for virtio-blk 'readonly' option: 1"},
        {"nvme,deviceId=x", "unknown option for nvme devices: deviceId"},
        {"usb-mass-storage,readonly=on", "unexpected value for virtio-blk 'readonly' option: on"},
        {"usb-mass-storage,deviceId=x", "unknown option for usb-mass-storage devices: deviceId"},
        {"nbd,sync=some", "invalid sync mode: some, must be 'full' or 'none'"},
        {"nbd,timeout=1s", "strconv.ParseInt: parsing \"1s\": invalid syntax"},
        {"nbd,timeout=2147483648", "strconv.ParseInt: parsing \"2147483648\": value out of range"},
        {"nbd,x", "unknown option for nbd devices: x"},
        {"virtio-net", "one of 'nat' or 'fd' or 'unixSocketPath' must be set"},
        {"virtio-net,mac=00:11:22:33:44:55",
         "one of 'nat' or 'fd' or 'unixSocketPath' must be set"},
        {"virtio-net,unixSocketPath=", "one of 'nat' or 'fd' or 'unixSocketPath' must be set"},
        {"virtio-net,nat=1", "unexpected value for virtio-net 'nat' option: 1"},
        {"virtio-net,mac=zz,nat", "address zz: invalid MAC address"},
        {"virtio-net,nat,fd=3", "'nat' and 'fd' cannot be set at the same time"},
        {"virtio-net,unixSocketPath=/p,nat",
         "'nat' and 'unixSocketPath' cannot be set at the same time"},
        {"virtio-net,unixSocketPath=/p,fd=3",
         "'fd' and 'unixSocketPath' cannot be set at the same time"},
        {"virtio-net,fd=-1", "invalid file descriptor: -1"},
        {"virtio-net,fd=2147483648", "invalid file descriptor: 2147483648"},
        {"virtio-net,fd=x", "strconv.Atoi: parsing \"x\": invalid syntax"},
        {"virtio-net,path=/p", "'path' option requires 'type' to be specified"},
        {"virtio-net,unixSocketPath=/p,offloading=off",
         "'offloading' option requires 'type' to be specified"},
        {"virtio-net,offloading=off,path=/p",
         "'offloading' option requires 'type' to be specified"},
        {"virtio-net,type=unixgram", "'type' option requires 'path' to be specified"},
        {"virtio-net,type=unixgram,fd=4", "'type' option requires 'path' to be specified"},
        {"virtio-net,type=unixstream,path=/p",
         "unsupported virtio-net type: unixstream (only 'unixgram' is supported)"},
        {"virtio-net,type=unixgram,path=/p,offloading=on",
         "invalid value for offloading: on (only 'off' is supported)"},
        {"virtio-net,unixSocketPath=/p,vfkitMagic=foo",
         "invalid value for vfkitMagic: foo (expected on/off)"},
        {"virtio-net,x=y", "unknown option for virtio-net devices: x"},
        {"virtio-serial", "one of 'logFilePath', 'stdio' or 'pty' must be set"},
        {"virtio-serial,logFilePath=", "one of 'logFilePath', 'stdio' or 'pty' must be set"},
        {"virtio-serial,stdio=1", "unexpected value for virtio-serial 'stdio' option: 1"},
        {"virtio-serial,stdio,logFilePath=/l",
         "'logFilePath' and 'stdio' cannot be set at the same time"},
        {"virtio-serial,pty,logFilePath=/l",
         "'logFilePath' and 'pty' cannot be set at the same time"},
        {"virtio-serial,pty,stdio", "'stdio' and 'pty' cannot be set at the same time"},
        {"virtio-serial,x", "unknown option for virtio-serial devices: x"},
        {"virtio-vsock,port=x", "strconv.ParseUint: parsing \"x\": invalid syntax"},
        {"virtio-vsock,port=4294967296",
         "strconv.ParseUint: parsing \"4294967296\": value out of range"},
        {"virtio-vsock,x", "unknown option for virtio-vsock devices: x"},
        {"virtio-fs,x", "unknown option for virtio-fs devices: x"},
        {"virtio-fs,permissionSemantics=complete",
         "unknown option for virtio-fs devices: permissionSemantics"},
        {"rosetta,ignoreIfMissing", "unknown option for rosetta share: ignoreIfMissing"},
        {"virtio-gpu,width=1920", "invalid dimensions for virtio-gpu device resolution: 1920x0"},
        {"virtio-gpu,height=1", "invalid dimensions for virtio-gpu device resolution: 0x1"},
        {"virtio-gpu,width=0,height=1", "invalid value for virtio-gpu width: 0"},
        {"virtio-gpu,height=-5", "invalid value for virtio-gpu height: -5"},
        {"virtio-gpu,depth=1", "unknown option for virtio-gpu devices: depth"},
        {"virtio-input", "unknown option for virtio-input devices: "},
        {"virtio-input,keyboard=1", "unexpected value for virtio-input keyboard option: 1"},
        {"virtio-input,mouse", "unknown option for virtio-input devices: mouse"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        assert_device_refused(PERSONALITY_VFKIT, vectors[i].text, vectors[i].error);
}

static struct device_config berth_device(const char *text)
{
    struct device_config dev = {0};
    struct err err = {0};

    if (vfkit_parse_device(text, PERSONALITY_BERTH, &dev, &err))
        fail_msg("%s: refused: %s", text, err.text);
    return dev;
}

static void berth_adds_krunkits_keys(void **state)
{
    struct device_config dev = berth_device("virtio-blk,path=/d,format=qcow2");

    assert_int_equal(dev.disk.format, DISK_QCOW2);
    device_config_finish(&dev);

    dev = berth_device("virtio-net,type=unixstream,path=/p");
    assert_int_equal(dev.net.kind, NET_UNIXSTREAM);
    assert_false(dev.net.magic);
    device_config_finish(&dev);

    dev = berth_device("virtio-net,type=unixgram,path=/p,offloading=on");
    assert_true(dev.net.offloading && dev.net.magic);
    device_config_finish(&dev);

    dev = berth_device("virtio-net,type=unixstream,fd=7");
    assert_int_equal(dev.net.kind, NET_FD);
    assert_int_equal(dev.net.fd, 7);
    assert_true(dev.net.fd_stream);

    dev = berth_device("virtio-fs,sharedDir=/s,permissionSemantics=complete");
    assert_true(dev.fs.complete_permissions);
    device_config_finish(&dev);

    assert_device_refused(
        PERSONALITY_BERTH, "virtio-blk,format=vmdk",
        "unexpected value for disk 'format' option: vmdk (expected raw or qcow2)");
    assert_device_refused(
        PERSONALITY_BERTH, "virtio-net,type=tap",
        "unsupported virtio-net type: tap (only 'unixgram' and 'unixstream' are supported)");
    assert_device_refused(PERSONALITY_BERTH, "virtio-net,type=unixgram,path=/p,offloading=x",
                          "invalid value for offloading: x (expected on/off)");
}

/* Parses, then checks as vfkit does when it builds the VM. */
static void assert_check(const char *text, const char *error)
{
    struct device_config dev = berth_device(text);
    struct err err = {0};

    assert_int_equal(device_check(&dev, &err), error ? -EINVAL : 0);
    assert_string_equal(err.text, error ? error : "");
    device_config_finish(&dev);
}

static void whole_devices_are_checked_when_built(void **state)
{
    char long_id[300] = "nbd,uri=nbd://h,deviceId=";

    memset(long_id + strlen(long_id), 'x', 256);
    assert_check("virtio-blk", "missing mandatory 'path' option for virtio-blk device");
    assert_check("nvme", "missing mandatory 'path' option for nvme device");
    assert_check("usb-mass-storage,path=",
                 "missing mandatory 'path' option for usb-mass-storage device");
    assert_check("virtio-blk,path=/d,deviceId=12345678901234567890", NULL);
    assert_check("virtio-blk,path=/d,deviceId=123456789012345678901",
                 "invalid virtio-blk 'deviceId': 123456789012345678901 (at most 20 ASCII "
                 "characters)");
    assert_check("nbd", "invalid NBD device 'uri': 'uri' must be specified");
    assert_check("nbd,uri=http://x,deviceId=a",
                 "invalid NBD device 'uri': invalid scheme: http. Expected one of: 'nbd', 'nbds', "
                 "'nbd+unix', or 'nbds+unix'");
    assert_check("nbd,uri=nbd,deviceId=a",
                 "invalid NBD device 'uri': invalid scheme: . Expected one of: 'nbd', 'nbds', "
                 "'nbd+unix', or 'nbds+unix'");
    assert_check("nbd,uri=nbds://h", "invalid NBD device 'deviceId': 'deviceId' must be specified");
    assert_check("nbd,uri=nbds+unix:///h,deviceId=a/b",
                 "invalid NBD device 'deviceId': invalid 'deviceId': it cannot contain any forward "
                 "slash");
    assert_check(long_id, "invalid NBD device 'deviceId': invalid 'deviceId': exceeds maximum "
                          "length");
    assert_check("nbd,uri=nbd+unix:///h,deviceId=a", NULL);
    assert_check("virtio-fs,mountTag=t",
                 "missing mandatory 'sharedDir' option for virtio-fs device");
    assert_check("virtio-fs,sharedDir=/s,mountTag=a2a0ee2c717462feb1de2f5afd59de5fd2d8", NULL);
    assert_check("virtio-fs,sharedDir=/s,mountTag=1234567890123456789012345678901234567",
                 "invalid virtio-fs 'mountTag': 1234567890123456789012345678901234567 (at most 36 "
                 "bytes)");
    assert_check("virtio-fs,sharedDir=/a/234567890123456789012345678901234567/", NULL);
    assert_check("virtio-fs,sharedDir=/a/1234567890123456789012345678901234567/",
                 "invalid virtio-fs 'mountTag': 1234567890123456789012345678901234567 (at most 36 "
                 "bytes)");
    assert_check("rosetta,mountTag=123456789012345678901234567890123456", NULL);
    assert_check("rosetta,mountTag=1234567890123456789012345678901234567",
                 "invalid rosetta 'mountTag': 1234567890123456789012345678901234567 (at most 36 "
                 "bytes)");
    assert_check("rosetta,install", "missing mandatory 'mountTage' option for rosetta share");
    assert_check("virtio-rng", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_mean_what_inspect_shows),
        cmocka_unit_test(devices_are_refused_in_vfkits_words),
        cmocka_unit_test(berth_adds_krunkits_keys),
        cmocka_unit_test(whole_devices_are_checked_when_built),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
