/* SPDX-License-Identifier: Apache-2.0
 *
 * The seed as a file: its place, its end, what is refused. Another reader of the image itself is
 * Linux's (tests/boot). */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/file.h"
#include "service/cloud_init.h"
#include "service/iso9660.h"

#include <cmocka.h>

enum { SECTOR = 2048, ROOT = 20 };

struct fixture {
    char dir[32];
    struct vm_config cfg;
    char *paths[4];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/berth-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    assert_int_equal(setenv("TMPDIR", f->dir, 1), 0);
    f->cfg.cloud_init = f->paths;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[64];

    for (size_t i = 0; i < f->cfg.nr_cloud_init; i++)
        free(f->paths[i]);
    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void give(struct fixture *f, const char *name, const char *text)
{
    char path[64];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    assert_int_equal(file_open(path, O_WRONLY | O_CREAT, 0600, &fd), 0);
    assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
    (void)close(fd);
    f->paths[f->cfg.nr_cloud_init++] = strdup(path);
}

/* The bytes of the `n`th file of the root directory, whose name is `name`. */
static const char *file_in(const char *image, unsigned n, const char *name, size_t *ret_len)
{
    const uint8_t *record = (const uint8_t *)image + ROOT * SECTOR;

    for (n += 2; n; n--)
        record += record[0];
    assert_int_equal(record[32], strlen(name));
    assert_memory_equal(record + 33, name, strlen(name));
    *ret_len = record[10] | (size_t)record[11] << 8;
    assert_int_equal(record[17], *ret_len & 0xff); /* and in the other order */
    return image + (size_t)(record[2] | record[3] << 8) * SECTOR;
}

static void the_image_holds_the_three_files(void **state)
{
    struct fixture *f = *state;
    char *path, *image;
    const char *data;
    struct stat st;
    size_t len, n;

    give(f, "user-data", "#cloud-config\n");
    give(f, "meta-data", "instance-id: i\n");
    give(f, "other", "is ignored\n");
    assert_int_equal(cloud_init_create(&f->cfg, &path, NULL), 0);
    assert_memory_equal(path, f->dir, strlen(f->dir));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_load(path, 1 << 20, &image, &len), 0);
    assert_int_equal(len % SECTOR, 0);
    assert_memory_equal(image + 16 * SECTOR, "\1CD001\1", 7);
    assert_memory_equal(image + 16 * SECTOR + 40, "cidata                          ", 32);
    data = file_in(image, 0, "meta-data;1", &n);
    assert_int_equal(n, 15);
    assert_memory_equal(data, "instance-id: i\n", n);
    (void)file_in(image, 1, "network-config;1", &n);
    assert_int_equal(n, 0);
    data = file_in(image, 2, "user-data;1", &n);
    assert_memory_equal(data, "#cloud-config\n", n);
    free(image);
    free(path);
}

static void the_later_of_two_files_counts(void **state)
{
    struct fixture *f = *state;
    char *path, *image, sub[48];
    size_t len, n;

    give(f, "user-data", "first");
    (void)snprintf(sub, sizeof(sub), "%s/sub", f->dir);
    assert_int_equal(mkdir(sub, 0700), 0);
    give(f, "sub/user-data", "second");
    assert_int_equal(cloud_init_create(&f->cfg, &path, NULL), 0);
    assert_int_equal(file_load(path, 1 << 20, &image, &len), 0);
    assert_memory_equal(file_in(image, 2, "user-data;1", &n), "second", 6);
    assert_int_equal(n, 6);
    free(image);
    free(path);
}

static void refused(struct fixture *f, const char *sentence)
{
    struct err err = {0};
    char *path;

    assert_true(cloud_init_create(&f->cfg, &path, &err) < 0);
    assert_string_equal(err.text, sentence);
}

static void a_seed_needs_data(void **state)
{
    struct fixture *f = *state;

    give(f, "network-config", "version: 2\n");
    refused(f, "cloud-init needs user-data and meta-data files to work");
}

static void a_missing_file_is_named(void **state)
{
    struct fixture *f = *state;

    f->paths[f->cfg.nr_cloud_init++] = strdup("/nonexistent/user-data");
    refused(f, "open /nonexistent/user-data: no such file or directory");
}

/* In a place where everybody may write, somebody else may have been first. */
static void a_folder_that_others_write_to_is_not_used(void **state)
{
    struct fixture *f = *state;
    char folder[64], sentence[160];

    give(f, "user-data", "x");
    (void)snprintf(folder, sizeof(folder), "%s/vfkit-cloudinit", f->dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    (void)snprintf(sentence, sizeof(sentence),
                   "%s is not a folder that only you can write to; remove it, or set TMPDIR",
                   folder);
    refused(f, sentence);
}

static void what_a_dead_process_left_is_removed(void **state)
{
    struct fixture *f = *state;
    char *ours, stale[96];
    pid_t gone = fork();
    int fd;

    if (gone == 0)
        _exit(0);
    assert_int_equal(waitpid(gone, NULL, 0), gone);
    give(f, "user-data", "x");
    assert_int_equal(cloud_init_create(&f->cfg, &ours, NULL), 0);
    (void)snprintf(stale, sizeof(stale), "%s/vfkit-cloudinit/vfkit-cloudinit-%ld-1.iso", f->dir,
                   (long)gone);
    assert_int_equal(file_open(stale, O_WRONLY | O_CREAT, 0600, &fd), 0);
    (void)close(fd);
    cloud_init_remove_stale();
    assert_int_equal(access(stale, F_OK), -1);
    assert_int_equal(access(ours, F_OK), 0);
    free(ours);
}

static void what_the_format_cannot_hold_is_refused(void **state)
{
    const struct iso9660_file long_name = {.name = "a-name-of-more-than-28-letters"};
    uint8_t *image;
    size_t len;

    (void)state;
    assert_int_equal(iso9660_create("x", &long_name, 1, 0, &image, &len), -EINVAL);
    assert_int_equal(iso9660_create("a label of more than 32 characters", NULL, 0, 0, &image, &len),
                     -EINVAL);
    assert_int_equal(iso9660_create("x", NULL, ISO9660_FILES_MAX + 1, 0, &image, &len), -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_image_holds_the_three_files),
        TEST(the_later_of_two_files_counts),
        TEST(a_seed_needs_data),
        TEST(a_missing_file_is_named),
        TEST(a_folder_that_others_write_to_is_not_used),
        TEST(what_a_dead_process_left_is_removed),
        cmocka_unit_test(what_the_format_cannot_hold_is_refused),
    };

    return cmocka_run_group_tests_name("cloud_init", tests, NULL, NULL);
}
