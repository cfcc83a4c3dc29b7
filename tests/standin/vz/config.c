/* SPDX-License-Identifier: Apache-2.0
 *
 * What the framework checks of a configuration and its parts, and what it touches while it does. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "methods.h"

#define DOMAIN "VZErrorDomain"

enum { INVALID_CONFIGURATION = 2, INVALID_DISK_IMAGE = 5, OPERATION_CANCELLED = 9, MIB = 1 << 20 };

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

/* --- limits --- */

NSUInteger config_min_cpus(id cls, SEL cmd)
{
    return 1;
}

NSUInteger config_max_cpus(id cls, SEL cmd)
{
    return (NSUInteger)scenario_number("MAX_CPUS", 8);
}

uint64_t config_min_memory(id cls, SEL cmd)
{
    return UINT64_C(4) * MIB;
}

uint64_t config_max_memory(id cls, SEL cmd)
{
    return UINT64_C(16384) * MIB;
}

/* --- validation --- */

static const char *wrong_boot(id config)
{
    id loader = get_object(config, "bootLoader"), platform = get_object(config, "platform");

    if (!loader)
        return "The boot loader is not set.";
    if (is_kind_of(loader, "VZLinuxBootLoader") &&
        access(path_of(get_object(loader, "kernelURL")), R_OK) < 0)
        return "The kernel file cannot be read.";
    if (is_kind_of(loader, "VZEFIBootLoader") && !get_object(loader, "variableStore"))
        return "The EFI variable store is not set.";
    if (is_kind_of(loader, "VZMacOSBootLoader") !=
        is_kind_of(platform, "VZMacPlatformConfiguration"))
        return "The boot loader and the platform do not go together.";
    return NULL;
}

static const char *wrong_lists(id config)
{
    static const struct {
        const char *list;
        size_t max;
    } lists[] = {
        {"socketDevices", 1},  {"memoryBalloonDevices", 1},
        {"entropyDevices", 1}, {"graphicsDevices", 1},
        {"keyboards", 1},      {"pointingDevices", 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (count_of(get_object(config, lists[i].list)) > lists[i].max)
            return "The number of devices is over the limit.";
    return NULL;
}

/* A tag may be used once. */
static const char *wrong_tags(id config)
{
    id shares = get_object(config, "directorySharingDevices");

    for (size_t i = 0; i < count_of(shares); i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(utf8_of(get_object(element(shares, i), "tag")),
                        utf8_of(get_object(element(shares, j), "tag"))))
                return "The directory sharing device configuration is invalid.";
    return NULL;
}

static const char *wrong(id config)
{
    const char *why = wrong_boot(config);

    if (!why)
        why = wrong_lists(config);
    return why ? why : wrong_tags(config);
}

static void dump_for_test(id config)
{
    const char *path = scenario("DUMP");
    FILE *out = path ? fopen(path, "w") : NULL;

    if (!out)
        return;
    dump_object(out, config);
    (void)fputc('\n', out);
    (void)fclose(out);
}

objc_bool config_validate(id self, SEL cmd, id *error)
{
    uint64_t cpus = get_number(self, "CPUCount"), memory = get_number(self, "memorySize");
    const char *why = NULL;

    dump_for_test(self);
    if (scenario("DENIED"))
        why = "The process doesn\xe2\x80\x99t have the \xe2\x80\x9c"
              "com.apple.security.virtualization\xe2\x80\x9d entitlement.";
    else if (cpus < config_min_cpus(NULL, NULL) || cpus > config_max_cpus(NULL, NULL))
        why = "The number of CPUs is out of range.";
    else if (memory % MIB || memory < config_min_memory(NULL, NULL) ||
             memory > config_max_memory(NULL, NULL))
        why = "The memory size is out of range.";
    else
        why = wrong(self);
    if (why)
        give_error(error, invalid(why));
    else
        put_number(self, ".validated", changes() + 1);
    return why == NULL;
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
    struct stat st;

    if (stat(path_of(url), &st) < 0)
        return refuse(self, error, posix_error(errno));
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

id mac_address_init(id self, SEL cmd, id text)
{
    unsigned b[6];
    char rest;

    if (sscanf(utf8_of(text), "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
               &rest) != 6)
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

objc_bool fs_validate_tag(id cls, SEL cmd, id tag, id *error)
{
    size_t len = strlen(utf8_of(tag));

    if (len > 0 && len < 36)
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
