/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot/kernel_stream.h"
#include "boot/linux_arm64.h"
#include "images.h"

#include <cmocka.h>

#define RAM     UINT64_C(0x40000000)
#define MIB     (UINT64_C(1) << 20)
#define RAM_LEN (16 * MIB)

static int set_up(void **state)
{
    struct guest_memory *m;

    assert_int_equal(mem_create(&m), 0);
    assert_int_equal(mem_add_ram(m, RAM, RAM_LEN, NULL), 0);
    *state = m;
    return 0;
}

static int tear_down(void **state)
{
    mem_destroy(*state);
    return 0;
}

static int load(struct guest_memory *m, const struct blob *kernel, struct linux_arm64_layout *ret,
                struct err *err)
{
    struct linux_arm64 l = {.kernel = boot_source_memory("kernel", kernel->p, kernel->len)};

    return linux_arm64_load(&l, m, RAM, RAM_LEN, ret, err);
}

static void assert_holds(struct guest_memory *m, gpa_t at, const struct blob *image)
{
    struct span s;

    assert_int_equal(mem_span(m, at, image->len, MEM_READ, &s), 0);
    assert_memory_equal(s.p, image->p, image->len);
}

/* Loads `file` and expects `image` at the start of RAM. Frees both. */
static void assert_loads(struct guest_memory *m, struct blob file, struct blob image)
{
    struct linux_arm64_layout at;
    struct err err;

    if (load(m, &file, &at, &err))
        fail_msg("%s", err.text);
    assert_int_equal(at.entry, RAM);
    assert_int_equal(at.page_kib, 4);
    assert_holds(m, at.entry, &image);
    blob_free(&file);
    blob_free(&image);
}

static void load_takes_image(void **state)
{
    assert_loads(*state, image_make(), image_make());
}

static void load_takes_gzip(void **state)
{
    struct blob image = image_make();

    assert_loads(*state, image_gzip(&image), image);
}

static void load_takes_zstd(void **state)
{
    struct blob image = image_make();

    assert_loads(*state, image_zstd(&image), image);
}

static void load_takes_zboot(void **state)
{
    static const char *const types[] = {"gzip", "zstd", "zstd22"};

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct blob image = image_make();
        struct blob packed = i ? image_zstd(&image) : image_gzip(&image);

        assert_loads(*state, image_zboot(&packed, types[i]), image);
        blob_free(&packed);
    }
}

static void load_takes_elf_and_zeroes_its_gaps(void **state)
{
    struct blob image = image_make();
    struct blob elf = image_elf(&image);

    memset(image.p + 0x2000 - 0x100, 0, 0x100);
    assert_loads(*state, elf, image);
}

static void load_ignores_what_follows_the_image(void **state)
{
    struct blob image = image_make(), file = image_make();

    file.p = realloc(file.p, IMAGE_SIZE + 100); /* a signature, past image_size */
    memset(file.p + file.len, 0xaa, IMAGE_SIZE + 100 - file.len);
    file.len = IMAGE_SIZE + 100;
    assert_loads(*state, file, image);
}

static void load_places_everything_apart(void **state)
{
    uint8_t initrd[5000];
    struct blob image = image_make();
    struct linux_arm64 l = {.kernel = boot_source_memory("kernel", image.p, image.len),
                            .initrd = boot_source_memory("initrd", initrd, sizeof(initrd)),
                            .has_initrd = true};
    struct blob expected = {.p = initrd, .len = sizeof(initrd)};
    struct linux_arm64_layout at;

    memset(initrd, 0x5a, sizeof(initrd));
    put64(&image, 8, 0x80000);
    assert_int_equal(linux_arm64_load(&l, *state, RAM, RAM_LEN, &at, NULL), 0);
    assert_int_equal(at.entry, RAM + 0x80000);
    assert_int_equal(at.dtb, RAM + 2 * MIB);
    assert_int_equal(at.initrd_start, RAM + 4 * MIB);
    assert_int_equal(at.initrd_end, RAM + 4 * MIB + sizeof(initrd));
    assert_holds(*state, at.entry, &image);
    assert_holds(*state, at.initrd_start, &expected);
    blob_free(&image);
}

static void load_leaves_room_for_kernels_without_image_size(void **state)
{
    struct blob image = image_make();
    struct linux_arm64_layout at;

    put64(&image, 0x10, 0);
    assert_int_equal(load(*state, &image, &at, NULL), 0);
    assert_int_equal(at.entry, RAM + 0x80000);
    assert_int_equal(at.dtb, RAM + 10 * MIB);
    blob_free(&image);
}

static void load_refuses_what_does_not_fit(void **state)
{
    struct blob image = image_make();
    struct linux_arm64 l = {.kernel = boot_source_memory("kernel", image.p, image.len)};
    struct linux_arm64_layout at;
    struct err err;

    put64(&image, 0x10, 10 * MIB);
    assert_int_equal(linux_arm64_load(&l, *state, RAM, 12 * MIB, &at, &err), 0);
    assert_int_equal(linux_arm64_load(&l, *state, RAM, 12 * MIB - 4096, &at, &err), -ENOMEM);
    assert_non_null(strstr(err.text, "give it more than 12 MiB with --memory"));
    blob_free(&image);
}

/* Any file cut short is refused, whatever its form, and never with success. */
static void load_refuses_truncated(void **state)
{
    struct blob image = image_make();
    struct blob gzip = image_gzip(&image), zstd = image_zstd(&image);
    struct blob files[] = {image, gzip, zstd, image_zboot(&gzip, "gzip"), image_elf(&image)};
    const size_t tail[] = {0, 0, 0, 0x200, 0}; /* bytes at the end that do not matter */

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        for (size_t len = 1; len < files[i].len - tail[i]; len += 61) {
            struct blob part = {.p = files[i].p, .len = len};
            struct linux_arm64_layout at;
            struct err err = {0};

            assert_int_not_equal(load(*state, &part, &at, &err), 0);
            assert_true(strlen(err.text) > 20);
        }
        blob_free(&files[i]);
    }
}

static void load_refuses_damaged(void **state)
{
    struct blob image = image_make();
    struct blob packed[] = {image_gzip(&image), image_zstd(&image)};
    struct linux_arm64_layout at;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(packed); i++) {
        packed[i].p[packed[i].len - 6] ^= 0x10; /* gzip: checksum; zstd: last bytes of data */
        assert_int_equal(load(*state, &packed[i], &at, &err), -EBADMSG);
        assert_non_null(strstr(err.text, "is damaged"));
        blob_free(&packed[i]);
    }
    blob_free(&image);
}

static void load_refuses_more_than_image_size(void **state)
{
    struct blob image = image_make(), gzip;
    struct linux_arm64_layout at;

    put32(&image, 0x3c, 0); /* no PE header, which would say it too */
    put64(&image, 0x10, IMAGE_FILE_LEN - 1);
    gzip = image_gzip(&image);
    assert_int_equal(load(*state, &gzip, &at, NULL), -EBADMSG);
    blob_free(&gzip);
    blob_free(&image);
}

static void load_refuses_absurd_header(void **state)
{
    static const size_t fields[] = {8, 16};

    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        struct blob image = image_make();
        struct linux_arm64_layout at;

        put64(&image, fields[i], UINT64_MAX - 4096);
        assert_int_equal(load(*state, &image, &at, NULL), -EINVAL);
        blob_free(&image);
    }
}

static void load_refuses_big_endian(void **state)
{
    struct blob image = image_make();
    struct linux_arm64_layout at;
    struct err err;

    image.p[0x18] |= 1;
    assert_int_equal(load(*state, &image, &at, &err), -EINVAL);
    assert_non_null(strstr(err.text, "big-endian"));
    blob_free(&image);
}

static void load_refuses_elf_with_wild_segments(void **state)
{
    for (size_t field = 64; field < 64 + 3 * 56; field += 8) {
        struct blob image = image_make(), elf = image_elf(&image);
        struct linux_arm64_layout at;
        struct err err = {0};

        put64(&elf, field, UINT64_MAX - 1);
        (void)load(*state, &elf, &at, &err);
        blob_free(&elf);
        blob_free(&image);
    }
}

static void load_names_strangers(void **state)
{
    static const struct {
        size_t off;
        const char *bytes;
        size_t len;
        const char *says;
    } strangers[] = {
        {0x202, "HdrS", 4, "is an x86 kernel (bzImage)"},
        {0x38, "RSC\x05", 4, "is a RISC-V kernel"},
        {0,
         "\x7f"
         "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\x3e\0",
         20, "is an ELF file for x86-64"},
        {0,
         "\xfd"
         "7zXZ\0",
         6, "is packed with xz; unpack it first"},
        {0, "\x04\x22\x4d\x18", 4, "is packed with lz4"},
        {0, "MZ", 2, "is an EFI program"},
        {0, "#!/bin/sh", 9, "is not a kernel that is known here"},
    };
    uint8_t bytes[0x600];
    struct blob file = {.p = bytes, .len = sizeof(bytes)};

    for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
        struct linux_arm64_layout at;
        struct err err;

        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes + strangers[i].off, strangers[i].bytes, strangers[i].len);
        assert_int_equal(load(*state, &file, &at, &err), -EINVAL);
        if (!strstr(err.text, strangers[i].says))
            fail_msg("%s", err.text);
    }
}

static void load_names_what_was_packed(void **state)
{
    uint8_t bytes[0x600] = "not a kernel";
    struct blob file = {.p = bytes, .len = sizeof(bytes)}, gzip = image_gzip(&file);
    struct linux_arm64_layout at;
    struct err err;

    assert_int_equal(load(*state, &gzip, &at, &err), -EINVAL);
    assert_non_null(strstr(err.text, "unpacked is not a kernel"));
    blob_free(&gzip);
}

static void load_refuses_zboot_packed_otherwise(void **state)
{
    struct blob image = image_make(), zboot = image_zboot(&image, "xzkern");
    struct linux_arm64_layout at;
    struct err err;

    assert_int_equal(load(*state, &zboot, &at, &err), -EINVAL);
    assert_non_null(strstr(err.text, "packed with 'xzkern'"));
    blob_free(&zboot);
    blob_free(&image);
}

static void write_file(const char *path, const struct blob *b)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, b->p, b->len), (ssize_t)b->len);
    (void)close(fd);
}

static void open_reads_files_again_at_each_load(void **state)
{
    char path[] = "/tmp/berth-test-XXXXXX";
    struct blob image = image_make();
    struct linux_arm64_layout at;
    struct linux_arm64 l;
    struct err err;

    (void)close(mkstemp(path));
    write_file(path, &image);
    assert_int_equal(linux_arm64_open(&l, path, path, NULL), 0);
    assert_int_equal(linux_arm64_load(&l, *state, RAM, RAM_LEN, &at, NULL), 0);
    assert_int_equal(at.initrd_end - at.initrd_start, IMAGE_FILE_LEN);
    assert_int_equal(linux_arm64_load(&l, *state, RAM, RAM_LEN, &at, NULL), 0);
    assert_int_equal(truncate(path, 0x1000), 0);
    assert_int_equal(linux_arm64_load(&l, *state, RAM, RAM_LEN, &at, &err), -ENODATA);
    assert_non_null(strstr(err.text, "truncated"));
    linux_arm64_close(&l);
    linux_arm64_close(&l);
    (void)unlink(path);
    blob_free(&image);
}

static void stream_copies_the_image_out_of_every_wrapping(void **state)
{
    struct blob image = image_make(), gzip = image_gzip(&image);
    struct blob files[] = {image_make(), image_gzip(&image), image_zstd(&image),
                           image_zboot(&gzip, "gzip")};
    char in[] = "/tmp/berth-test-XXXXXX", out[] = "/tmp/berth-test-XXXXXX";
    int in_fd = mkstemp(in), out_fd = mkstemp(out);
    uint8_t *got = calloc(1, image.len);

    assert_true(in_fd >= 0 && out_fd >= 0 && got);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct err err = {0};

        write_file(in, &files[i]);
        assert_int_equal(ftruncate(out_fd, 0), 0);
        assert_int_equal(lseek(out_fd, 0, SEEK_SET), 0);
        assert_int_equal(kernel_stream_copy(in, out_fd, &err), 0);
        assert_true(pread(out_fd, got, image.len, 0) == (ssize_t)image.len);
        assert_memory_equal(got, image.p, image.len);
        blob_free(&files[i]);
    }
    gzip.p[gzip.len - 6] ^= 0x10; /* its checksum */
    write_file(in, &gzip);
    assert_int_equal(kernel_stream_copy(in, out_fd, NULL), -EBADMSG);
    free(got);
    (void)close(in_fd);
    (void)close(out_fd);
    (void)unlink(in);
    (void)unlink(out);
    blob_free(&gzip);
    blob_free(&image);
}

static void open_says_why_not(void **state)
{
    char path[] = "/tmp/berth-test-XXXXXX";
    struct linux_arm64 l;
    struct err err;

    (void)close(mkstemp(path));
    assert_int_equal(linux_arm64_open(&l, "/nonexistent/k", NULL, &err), -ENOENT);
    assert_string_equal(err.text, "kernel '/nonexistent/k' cannot be opened: No such file or "
                                  "directory; check the path");
    assert_int_equal(linux_arm64_open(&l, "/", NULL, &err), -EINVAL);
    assert_string_equal(err.text, "kernel '/' is not a file; check the path");
    assert_int_equal(linux_arm64_open(&l, path, NULL, &err), -EINVAL);
    assert_non_null(strstr(err.text, "is empty"));
    (void)unlink(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(load_takes_image),
        TEST(stream_copies_the_image_out_of_every_wrapping),
        TEST(load_takes_gzip),
        TEST(load_takes_zstd),
        TEST(load_takes_zboot),
        TEST(load_takes_elf_and_zeroes_its_gaps),
        TEST(load_ignores_what_follows_the_image),
        TEST(load_places_everything_apart),
        TEST(load_leaves_room_for_kernels_without_image_size),
        TEST(load_refuses_what_does_not_fit),
        TEST(load_refuses_truncated),
        TEST(load_refuses_damaged),
        TEST(load_refuses_more_than_image_size),
        TEST(load_refuses_absurd_header),
        TEST(load_refuses_big_endian),
        TEST(load_refuses_elf_with_wild_segments),
        TEST(load_names_strangers),
        TEST(load_names_what_was_packed),
        TEST(load_refuses_zboot_packed_otherwise),
        TEST(open_reads_files_again_at_each_load),
        TEST(open_says_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
