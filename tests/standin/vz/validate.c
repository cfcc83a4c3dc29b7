/* SPDX-License-Identifier: Apache-2.0
 *
 * VZVirtualMachineConfiguration: its limits, and -validateWithError:. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "methods.h"

enum { INVALID_CONFIGURATION = 2, MIB = 1 << 20 };

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

/* What the framework does not even notice, and hangs on: a kernel that is no plain arm64 Image. */
static void check_image(const char *path)
{
    char magic[4] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || pread(fd, magic, sizeof(magic), 0x38) != sizeof(magic) ||
        memcmp(magic, "ARM\x64", 4) != 0)
        standin_fail("kernel %s is no uncompressed arm64 Image: the framework would hang", path);
    (void)close(fd);
}

static const char *wrong_linux(id loader)
{
    const char *kernel = path_of(get_object(loader, "kernelURL"));
    id initrd = get_object(loader, "initialRamdiskURL");

    if (access(kernel, R_OK) < 0)
        return "The kernel file cannot be read.";
    if (initrd && access(path_of(initrd), R_OK) < 0)
        return "The initial RAM disk cannot be read.";
    if (!scenario("INTEL"))
        check_image(kernel);
    return NULL;
}

static const char *wrong_efi(id loader)
{
    id store = get_object(loader, "variableStore");

    if (!store)
        return "The EFI variable store is not set.";
    return access(path_of(get_object(store, "URL")), R_OK | W_OK) < 0
               ? "The EFI variable store cannot be used."
               : NULL;
}

static const char *wrong_mac(id platform)
{
    if (!get_object(platform, "hardwareModel") || !get_object(platform, "machineIdentifier"))
        return "The Mac platform has no hardware model or machine identifier.";
    return get_object(platform, "auxiliaryStorage") ? NULL : "The auxiliary storage is not set.";
}

static const char *wrong_boot(id config)
{
    id loader = get_object(config, "bootLoader"), platform = get_object(config, "platform");
    bool is_mac = is_kind_of(loader, "VZMacOSBootLoader");

    if (!loader)
        return "The boot loader is not set.";
    if (is_mac != is_kind_of(platform, "VZMacPlatformConfiguration"))
        return "The boot loader and the platform do not go together.";
    if (is_mac)
        return wrong_mac(platform);
    return is_kind_of(loader, "VZLinuxBootLoader") ? wrong_linux(loader) : wrong_efi(loader);
}

static const char *wrong_sizes(id config)
{
    uint64_t cpus = get_number(config, "CPUCount"), memory = get_number(config, "memorySize");

    if (cpus < config_min_cpus(NULL, NULL) || cpus > config_max_cpus(NULL, NULL))
        return "The number of CPUs is out of range.";
    if (memory % MIB || memory < config_min_memory(NULL, NULL) ||
        memory > config_max_memory(NULL, NULL))
        return "The memory size is out of range.";
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

static bool is_directory(id shared)
{
    struct stat st;

    return stat(path_of(get_object(shared, "URL")), &st) == 0 && S_ISDIR(st.st_mode);
}

static bool same_tag(id a, id b)
{
    return !strcmp(utf8_of(get_object(a, "tag")), utf8_of(get_object(b, "tag")));
}

/* Each shares something that is there, under a tag of its own. */
static const char *wrong_shares(id config)
{
    id shares = get_object(config, "directorySharingDevices");

    for (size_t i = 0; i < count_of(shares); i++) {
        id share = get_object(element(shares, i), "share");

        if (!share)
            return "The directory share is not set.";
        if (is_kind_of(share, "VZSingleDirectoryShare") &&
            !is_directory(get_object(share, "directory")))
            return "The shared directory does not exist.";
        for (size_t j = 0; j < i; j++)
            if (same_tag(element(shares, i), element(shares, j)))
                return "Two directory sharing devices have the same tag.";
    }
    return NULL;
}

static const char *wrong_networks(id config)
{
    id devices = get_object(config, "networkDevices");

    for (size_t i = 0; i < count_of(devices); i++)
        if (!get_object(element(devices, i), "attachment"))
            return "The network device has no attachment.";
    return NULL;
}

static const char *wrong(id config)
{
    static const char *(*const checks[])(id) = {wrong_sizes, wrong_boot, wrong_lists, wrong_shares,
                                                wrong_networks};
    const char *why = NULL;

    if (scenario("DENIED"))
        return "The process doesn\xe2\x80\x99t have the \xe2\x80\x9c"
               "com.apple.security.virtualization\xe2\x80\x9d entitlement.";
    for (size_t i = 0; i < ARRAY_LEN(checks) && !why; i++)
        why = checks[i](config);
    return why;
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
    const char *why = wrong(self);

    dump_for_test(self);
    if (why)
        give_error(error, error_of("VZErrorDomain", INVALID_CONFIGURATION,
                                   "Invalid virtual machine configuration.", why));
    else
        put_number(self, ".validated", changes() + 1);
    return why == NULL;
}

/* Apple documents for no device whether it can be saved: SAVE_ERROR says. */
objc_bool config_validate_save(id self, SEL cmd, id *error)
{
    NSInteger code = scenario_number("SAVE_ERROR", 0);

    if (code)
        give_error(error, error_of("VZErrorDomain", code, "Invalid virtual machine configuration.",
                                   "A device for a test cannot be saved."));
    return code == 0;
}
