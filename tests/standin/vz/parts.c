/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of a configuration check when they are made, and what they touch. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "methods.h"

#define DOMAIN "VZErrorDomain"

enum { INVALID_CONFIGURATION = 2, INVALID_DISK_IMAGE = 5, OPERATION_CANCELLED = 9 };

static id invalid(const char *reason)
{
    return error_of(DOMAIN, INVALID_CONFIGURATION, "Invalid virtual machine configuration.",
                    reason);
}

static id posix_error(int code)
{
    return error_of("NSPOSIXErrorDomain", code, "The operation couldn't be completed.",
                    strerror(code));
}

/* An initializer that fails gives its object up. */
static id refuse(id self, id *ret, id error)
{
    give_error(ret, error);
    objc_release(self);
    return NULL;
}

/* --- boot loaders and platforms --- */

id efi_store_create(id self, SEL cmd, id url, NSUInteger options, id *error)
{
    const int overwrite = options & 1 ? O_TRUNC : O_EXCL;
    int fd = open(path_of(url), O_WRONLY | O_CREAT | O_CLOEXEC | overwrite, 0644);

    if (fd < 0)
        return refuse(self, error, posix_error(errno));
    (void)close(fd);
    put_object(self, "URL", url);
    put_number(self, "created", 1); /* for the dump */
    return self;
}

objc_bool generic_nested_supported(id cls, SEL cmd)
{
    return scenario("NESTED") != NULL;
}

/* Real ones are property lists. */
id mac_data_init(id self, SEL cmd, id data)
{
    if (get_number(data, "length") < 8 || memcmp(data->impl, "bplist00", 8) != 0)
        return refuse(self, NULL, NULL);
    put_object(self, "dataRepresentation", data);
    return self;
}

objc_bool mac_model_supported(id self, SEL cmd)
{
    return !scenario("OLD_MAC");
}

/* --- storage --- */

id image_init(id self, SEL cmd, id url, objc_bool read_only, NSInteger caching, NSInteger sync,
              id *error)
{
    int fd = open(path_of(url), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return refuse(self, error, posix_error(errno));
    (void)fstat(fd, &st);
    (void)close(fd);
    if (!S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size % 512)
        return refuse(self, error,
                      error_of(DOMAIN, INVALID_DISK_IMAGE,
                               "The storage device attachment is invalid.",
                               "The disk image is not usable."));
    put_object(self, "URL", url);
    put_number(self, "readOnly", read_only != 0);
    put_number(self, "cachingMode", (uint64_t)caching);
    put_number(self, "synchronizationMode", (uint64_t)sync);
    return self;
}

id block_device_init(id self, SEL cmd, id handle, objc_bool read_only, NSInteger sync, id *error)
{
    struct stat st;
    int mode = fcntl(fd_of(handle), F_GETFL) & O_ACCMODE;

    if (fstat(fd_of(handle), &st) < 0 || !S_ISBLK(st.st_mode))
        return refuse(self, error,
                      error_of(DOMAIN, INVALID_CONFIGURATION,
                               "The storage device attachment is invalid.",
                               "The file handle is not a block device."));
    if (mode == O_WRONLY || (!read_only && mode != O_RDWR))
        return refuse(
            self, error,
            error_of(DOMAIN, INVALID_CONFIGURATION, "The storage device attachment is invalid.",
                     "The file handle does not have the access that the attachment needs."));
    put_object(self, "fileHandle", handle);
    put_number(self, "readOnly", read_only != 0);
    put_number(self, "synchronizationMode", (uint64_t)sync);
    return self;
}

static bool is_nbd_url(const char *url)
{
    static const char *const schemes[] = {"nbd://", "nbds://", "nbd+unix://", "nbds+unix://"};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (!strncmp(url, schemes[i], strlen(schemes[i])))
            return true;
    return false;
}

id nbd_init(id self, SEL cmd, id url, double timeout, objc_bool read_only, NSInteger sync,
            id *error)
{
    if (!is_nbd_url(utf8_of(get_object(url, "absoluteString"))))
        return refuse(self, error, invalid("The URL is not one of a network block device."));
    put_object(self, "URL", url);
    put_real(self, "timeout", timeout);
    put_number(self, "forcedReadOnly", read_only != 0);
    put_number(self, "synchronizationMode", (uint64_t)sync);
    return self;
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

objc_bool blk_validate_identifier(id cls, SEL cmd, id text, id *error)
{
    if (strlen(utf8_of(text)) <= 20 && is_ascii(utf8_of(text)))
        return 1;
    give_error(error, invalid("The block device identifier is too long, or not ASCII."));
    return 0;
}

/* --- network --- */

/* Six pairs of hexadecimal digits, colons between them. */
id mac_address_init(id self, SEL cmd, id text)
{
    const char *s = utf8_of(text);
    bool good = strlen(s) == 17;

    for (size_t i = 0; good && i < 17; i++)
        good = i % 3 == 2 ? s[i] == ':' : isxdigit((unsigned char)s[i]);
    if (!good)
        return refuse(self, NULL, NULL);
    put_object(self, "string", text);
    return self;
}

id mac_address_random(id cls, SEL cmd)
{
    id mac = new_object("VZMACAddress");

    put_object(mac, "string", string_of("random"));
    return objc_autorelease(mac);
}

id net_file_init(id self, SEL cmd, id handle)
{
    int type = 0;
    socklen_t len = sizeof(type);

    if (getsockopt(fd_of(handle), SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_DGRAM)
        standin_fail("-[VZFileHandleNetworkDeviceAttachment initWithFileHandle:] of no datagram "
                     "socket raises");
    put_object(self, "fileHandle", handle);
    return self;
}

/* --- serial ports --- */

id serial_file_init(id self, SEL cmd, id url, objc_bool append, id *error)
{
    int fd =
        open(path_of(url), O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0644);

    if (fd < 0)
        return refuse(self, error, posix_error(errno));
    (void)close(fd);
    put_object(self, "URL", url);
    put_number(self, "append", append != 0);
    return self;
}

id console_ports(id self, SEL cmd)
{
    id ports = get_object(self, "ports");

    if (ports)
        return ports;
    ports = new_object("VZVirtioConsolePortConfigurationArray");
    put_object(self, "ports", ports);
    put_object(ports, "list", array_of(NULL));
    objc_release(ports);
    return ports;
}

void console_ports_put(id self, SEL cmd, id port, NSUInteger i)
{
    id list = get_object(self, "list");

    if (!port || i != count_of(list))
        standin_fail("console port %lu: only the next one can be set here", i);
    note_change(self);
    array_add(list, port);
}

/* --- shares --- */

/* Apple's documents say fewer than 36 bytes; podman has given every Mac tags of 36 for years. */
objc_bool fs_validate_tag(id cls, SEL cmd, id tag, id *error)
{
    NSInteger len = (NSInteger)strlen(utf8_of(tag));

    if (len > 0 && len <= scenario_number("TAG_MAX", 36))
        return 1;
    give_error(error, invalid("The tag is empty or too long."));
    return 0;
}

id fs_init(id self, SEL cmd, id tag)
{
    if (!fs_validate_tag(NULL, NULL, tag, NULL))
        standin_fail(
            "-[VZVirtioFileSystemDeviceConfiguration initWithTag:] of an invalid tag raises");
    put_object(self, "tag", tag);
    return self;
}

NSInteger rosetta_availability(id cls, SEL cmd)
{
    return scenario_number("ROSETTA", 2);
}

static void installed(void *arg)
{
    void *pool = objc_autoreleasePoolPush();
    NSInteger code = scenario_number("ROSETTA_INSTALL", 0);
    id error = code ? error_of(DOMAIN, code, "The operation was cancelled.", NULL) : NULL;

    if (!error)
        (void)setenv("BERTH_STANDIN_ROSETTA", "2", 1);
    block_call(arg, error);
    objc_autoreleasePoolPop(pool);
}

/* "invoked on an arbitrary queue" */
void rosetta_install(id cls, SEL cmd, struct objc_block *block)
{
    dispatch_queue_t q = dispatch_queue_create("rosetta", NULL);

    dispatch_async_f(q, block_copy(block), installed);
    dispatch_release(q);
}

id rosetta_init(id self, SEL cmd, id *error)
{
    if (rosetta_availability(NULL, NULL) == 2)
        return self;
    return refuse(self, error,
                  error_of(DOMAIN, OPERATION_CANCELLED, "Rosetta is not installed.", NULL));
}
