/* SPDX-License-Identifier: Apache-2.0
 *
 * The image lies in a folder of our own, named after the process, so that a later one can tell
 * which are left over. The folder may be in a place where anybody can make one: it has to be ours.
 */
#include "service/cloud_init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "host/entropy.h"
#include "host/file.h"
#include "service/iso9660.h"

#define FOLDER "vfkit-cloudinit"

enum { SEED_MAX = 64 << 20 }; /* bytes of one file: user data of clouds ends at some kilobytes */

enum part { META_DATA, NETWORK_CONFIG, USER_DATA, NR_PARTS }; /* in the order of a directory */

static const char *const names[NR_PARTS] = {"meta-data", "network-config", "user-data"};

/* --- reading --- */

static int load(const char *path, struct iso9660_file *f, struct err *err)
{
    char *data;
    size_t len;
    int rc = file_load(path, SEED_MAX, &data, &len);

    if (rc == -EFBIG)
        return err_set(err, rc, "--cloud-init %s: it is larger than the %d MiB that fit", path,
                       SEED_MAX >> 20);
    if (rc < 0)
        return err_set_go(err, rc, "open", path);
    free((void *)(uintptr_t)f->data);
    f->data = data;
    f->len = len;
    return 0;
}

/* Takes the file at `path` if its name is one of the three; any other must be there, no more. */
static int take_file(const char *path, struct iso9660_file *files, struct err *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int fd, rc;

    for (unsigned i = 0; i < NR_PARTS; i++)
        if (!strcmp(name, names[i]))
            return load(path, &files[i], err);
    rc = file_open(path, O_RDONLY | O_NONBLOCK, 0, &fd);
    if (rc < 0)
        return err_set_go(err, rc, "open", path);
    (void)close(fd);
    return 0;
}

/* --- the folder --- */

static void folder_path(char *path, size_t size)
{
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(path, size, "%s/" FOLDER, tmp && *tmp ? tmp : "/tmp");
}

static int make_folder(const char *path, struct err *err)
{
    struct stat st;

    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return err_set_go(err, -errno, "mkdir", path);
    if (lstat(path, &st) < 0)
        return err_set_go(err, -errno, "lstat", path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
        return err_set(err, -EPERM,
                       "%s is not a folder that only you can write to; remove it, or set TMPDIR",
                       path);
    return 0;
}

static int write_image(const char *folder, const uint8_t *image, size_t len, char **ret,
                       struct err *err)
{
    char path[4096];
    uint32_t random;
    int fd, rc = entropy_get(&random, sizeof(random));

    if (rc < 0)
        return err_set(err, rc, "the host has no random numbers: %s", strerror(-rc));
    (void)snprintf(path, sizeof(path), "%s/" FOLDER "-%ld-%08" PRIx32 ".iso", folder,
                   (long)getpid(), random);
    rc = file_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd);
    if (rc < 0)
        return err_set_go(err, rc, "open", path);
    rc = file_write_all(fd, image, len);
    (void)close(fd);
    if (rc == 0) {
        *ret = strdup(path);
        rc = *ret ? 0 : -ENOMEM;
    }
    if (rc < 0) {
        (void)unlink(path);
        return err_set_go(err, rc, "write", path);
    }
    return 0;
}

static int make_image(const struct iso9660_file *files, char **ret, struct err *err)
{
    char folder[2048];
    uint8_t *image;
    size_t len;
    int rc;

    folder_path(folder, sizeof(folder));
    rc = make_folder(folder, err);
    if (rc < 0)
        return rc;
    rc = iso9660_create("cidata", files, NR_PARTS, time(NULL), &image, &len);
    if (rc < 0)
        return err_set(err, rc, "--cloud-init: no image can be made: %s", strerror(-rc));
    rc = write_image(folder, image, len, ret, err);
    free(image);
    return rc;
}

/* --- cloud_init.h --- */

int cloud_init_create(const struct vm_config *cfg, char **ret_path, struct err *err)
{
    struct iso9660_file files[NR_PARTS] = {0};
    int rc = 0;

    for (unsigned i = 0; i < NR_PARTS; i++)
        files[i].name = names[i];
    for (size_t i = 0; i < cfg->nr_cloud_init && rc == 0; i++)
        if (*cfg->cloud_init[i])
            rc = take_file(cfg->cloud_init[i], files, err);
    if (rc == 0 && !files[USER_DATA].data && !files[META_DATA].data)
        rc = err_set(err, -EINVAL, "cloud-init needs user-data and meta-data files to work");
    if (rc == 0)
        rc = make_image(files, ret_path, err);
    for (unsigned i = 0; i < NR_PARTS; i++)
        free((void *)(uintptr_t)files[i].data);
    return rc;
}

/* The process that `name` says it belongs to; 0: that is not one of our names. */
static long owner_of(const char *name)
{
    char *end;
    long pid;

    if (strncmp(name, FOLDER "-", strlen(FOLDER "-")) != 0)
        return 0;
    pid = strtol(name + strlen(FOLDER "-"), &end, 10);
    return *end == '-' && pid > 0 && pid <= INT32_MAX ? pid : 0;
}

void cloud_init_remove_stale(void)
{
    char folder[2048], path[4096];
    const struct dirent *entry;
    DIR *dir;

    folder_path(folder, sizeof(folder));
    dir = opendir(folder);
    while (dir && (entry = readdir(dir))) {
        long pid = owner_of(entry->d_name);

        if (!pid || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (unlink(path) == 0)
            log_debug("cloud-init: %s was left over", path);
    }
    if (dir)
        (void)closedir(dir);
}
