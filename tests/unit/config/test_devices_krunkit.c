/* SPDX-License-Identifier: Apache-2.0
 *
 * krunkit's devices: vfkit-compat.md §16.3 and §22.4. */
#include <errno.h>

#include "config/devices.h"
#include "config_test.h"

#define MAC ",mac=00:00:00:00:00:00"

static struct device_config parse(const char *text)
{
    struct device_config dev = {0};
    struct err err = {0};

    if (krunkit_parse_device(text, &dev, &err))
        fail_msg("%s: refused: %s", text, err.text);
    return dev;
}

static void net_defaults_depend_on_the_spelling(void **state)
{
    static const struct {
        const char *text;
        enum net_kind kind;
        bool offloading, magic, fd_stream;
    } vectors[] = {
        {"virtio-net,unixSocketPath=/p" MAC, NET_UNIXGRAM, true, true, false},
        {"virtio-net,unixSocketPath=/p,offloading=off,vfkitMagic=false" MAC, NET_UNIXGRAM, false,
         false, false},
        {"virtio-net,type=unixgram,path=/p" MAC, NET_UNIXGRAM, false, false, false},
        {"virtio-net" MAC ",path=/p,type=unixgram,vfkitMagic=on,offloading=true", NET_UNIXGRAM,
         true, true, false},
        {"virtio-net,type=unixgram,fd=4" MAC, NET_FD, false, false, false},
        {"virtio-net,type=unixgram,fd=4,offloading=on" MAC, NET_FD, true, false, false},
        {"virtio-net,type=unixstream,fd=4" MAC, NET_FD, false, false, true},
        {"virtio-net,type=unixstream,path=/p" MAC, NET_UNIXSTREAM, false, false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct device_config dev = parse(vectors[i].text);

        assert_int_equal(dev.kind, DEVICE_NET);
        assert_int_equal(dev.net.kind, vectors[i].kind);
        assert_int_equal(dev.net.offloading, vectors[i].offloading);
        assert_int_equal(dev.net.magic, vectors[i].magic);
        assert_int_equal(dev.net.fd_stream, vectors[i].fd_stream);
        assert_int_equal(dev.net.fd, dev.net.kind == NET_FD ? 4 : -1);
        assert_true(dev.net.has_mac);
        device_config_finish(&dev);
    }
}

static void other_devices_take_their_keys_in_any_order(void **state)
{
    struct device_config dev = parse("virtio-blk,format=QCOW2,path=/d");

    assert_int_equal(dev.disk.format, DISK_QCOW2);
    assert_string_equal(dev.disk.path, "/d");
    device_config_finish(&dev);

    dev = parse("virtio-vsock,connect,socketURL=/s,port=2222");
    assert_int_equal(dev.vsock.port, 2222);
    assert_false(dev.vsock.listen);
    device_config_finish(&dev);

    dev = parse("virtio-vsock,port=1,socketURL=/s");
    assert_true(dev.vsock.listen);
    device_config_finish(&dev);

    dev = parse("virtio-fs,permissionSemantics=complete,mountTag=t,sharedDir=/s");
    assert_true(dev.fs.complete_permissions);
    assert_string_equal(dev.fs.mount_tag, "t");
    device_config_finish(&dev);

    dev = parse("virtio-serial,logFilePath=/l");
    assert_int_equal(dev.serial.kind, SERIAL_LOG);
    device_config_finish(&dev);

    dev = parse("virtio-gpu,height=600,width=800");
    assert_int_equal(dev.gpu.width, 800);
    assert_int_equal(parse("virtio-input,pointing").input, INPUT_POINTING);
    assert_int_equal(parse("virtio-rng,what=ever,=,,").kind, DEVICE_RNG);
}

static void devices_are_refused_in_krunkits_words(void **state)
{
    static const struct vector vectors[] = {
        {"", "invalid virtio device label specified: "},
        {"nvme,path=/d", "invalid virtio device label specified: nvme"},
        {"usb-mass-storage", "invalid virtio device label specified: usb-mass-storage"},
        {"nbd", "invalid virtio device label specified: nbd"},
        {"rosetta", "invalid virtio device label specified: rosetta"},
        {"virtio-balloon", "invalid virtio device label specified: virtio-balloon"},
        {"virtio-blk", "virtio-blk is missing argument: path"},
        {"virtio-blk,path=/a=b", "invalid argument format: path=/a=b"},
        {"virtio-blk,path=/a,path=/b", "argument path=/b is only expected once"},
        {"virtio-blk,path=/a,", "unknown virtio-blk arguments: [\"\"]"},
        {"virtio-blk,path=/a,readonly,deviceId=x",
         "unknown virtio-blk arguments: [\"readonly\", \"deviceId=x\"]"},
        {"virtio-blk,path=/a,format=vmdk", "unsupported disk image format"},
        {"virtio-net,type=unixgram,path=/p", "virtio-net is missing argument: mac"},
        {"virtio-net,nat" MAC, "unknown virtio-net arguments: [\"nat\"]"},
        {"virtio-net" MAC, "virtio-net device is missing \"type\" or \"unixSocketPath\""},
        {"virtio-net,mac=x,unixSocketPath=/p", "address x: invalid MAC address"},
        {"virtio-net,type=unixgram,unixSocketPath=/p" MAC,
         "virtio-net \"type\" and \"unixSocketPath\" are mutually exclusive and cannot be used "
         "together."},
        {"virtio-net,type=tap,path=/p" MAC, "virtio-net unsupported \"type\" input tap"},
        {"virtio-net,type=unixgram,path=/p,fd=4" MAC,
         "virtio-net device arguments \"path\" and \"fd\" are mutually exclusive and cannot be "
         "used "
         "together"},
        {"virtio-net,type=unixstream,path=/p,vfkitMagic=on" MAC,
         "virtio-net only \"type=unixgram\" supports the vfkitMagic argument"},
        {"virtio-net,unixSocketPath=/p,offloading=yes" MAC, "invalid boolean value yes"},
        {"virtio-net,unixSocketPath=/p,vfkitMagic=1" MAC, "invalid boolean value 1"},
        {"virtio-net,type=unixgram,fd=x" MAC,
         "invalid fd value 'x': invalid digit found in string"},
        {"virtio-input", "virtio-input is missing argument: keyboard or pointing"},
        {"virtio-input,keyboard,pointing",
         "virtio-input argument \"keyboard\" and \"pointing\" are mutually exclusive and cannot be "
         "used together."},
        {"virtio-vsock,socketURL=/s", "virtio-vsock is missing argument: port"},
        {"virtio-vsock,port=1", "virtio-vsock is missing argument: socketURL"},
        {"virtio-vsock,port=x,socketURL=/s",
         "invalid port value 'x': invalid digit found in string"},
        {"virtio-vsock,port=1,socketURL=/s,listen,connect",
         "virtio-vsock argument \"listen\" and \"connect\" are mutually exclusive and cannot be "
         "used "
         "together."},
        {"virtio-vsock,port=1,socketURL=/s,connect=1",
         "unexpected value for virtio-vsock argument: connect=1"},
        {"virtio-fs,mountTag=t", "virtio-fs is missing argument: sharedDir"},
        {"virtio-fs,sharedDir=/s", "virtio-fs is missing argument: mountTag"},
        {"virtio-fs,sharedDir=/s,mountTag=t,permissionSemantics=x",
         "unsupported permission semantics"},
        {"virtio-serial,stdio", "virtio-serial is missing argument: logFilePath"},
        {"virtio-gpu,width=1", "virtio-gpu is missing argument: height"},
        {"virtio-input,mouse", "unknown virtio-input arguments: [\"mouse\"]"},
        {"virtio-input,keyboard=1", "unexpected value for virtio-input argument: keyboard=1"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct device_config dev;
        struct err err = {0};

        assert_int_equal(krunkit_parse_device(vectors[i].text, &dev, &err), -EINVAL);
        assert_string_equal(err.text, vectors[i].error);
    }
}

static void sockets_without_a_place_are_refused_later(void **state)
{
    static const struct vector vectors[] = {
        {"virtio-net,type=unixgram" MAC, "virtio-net unable to add device with unix datagram "
                                         "backend: neither path nor fd is given"},
        {"virtio-net,type=unixstream" MAC, "virtio-net unable to add device with unix stream "
                                           "backend: neither path nor fd is given"},
        {"virtio-serial,logFilePath=", "virtio-serial: logFilePath is empty"},
        {"virtio-net,type=unixgram,fd=3" MAC, NULL},
        {"virtio-serial,logFilePath=/l", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct device_config dev = parse(vectors[i].text);
        struct err err = {0};

        assert_int_equal(device_check(&dev, &err), vectors[i].error ? -EINVAL : 0);
        assert_string_equal(err.text, vectors[i].error ? vectors[i].error : "");
        device_config_finish(&dev);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_defaults_depend_on_the_spelling),
        cmocka_unit_test(other_devices_take_their_keys_in_any_order),
        cmocka_unit_test(devices_are_refused_in_krunkits_words),
        cmocka_unit_test(sockets_without_a_place_are_refused_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
