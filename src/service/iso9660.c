/* SPDX-License-Identifier: Apache-2.0
 *
 * Sectors of the image: 0 to 15 free for the system, the volume descriptor, its terminator, the
 * path table in both byte orders, the root directory, then the files. Numbers on a CD are often
 * written twice, little endian and big endian (ECMA-119, 7.2.3 and 7.3.3). */
#include "service/iso9660.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECTOR = 2048,
    SECTOR_DESCRIPTOR = 16,
    SECTOR_TERMINATOR,
    SECTOR_PATHS_LITTLE,
    SECTOR_PATHS_BIG,
    SECTOR_ROOT,
    SECTOR_FILES,
    PATHS_LEN = 10, /* the root directory alone */
    RECORD_HEAD = 33,
    FLAG_DIRECTORY = 2,
    LABEL_MAX = 32,
};

static void put_le16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put_le32(uint8_t *p, uint32_t v)
{
    put_le16(p, v & 0xffff);
    put_le16(p + 2, v >> 16);
}

static void put_be16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put_be32(uint8_t *p, uint32_t v)
{
    put_be16(p, v >> 16);
    put_be16(p + 2, v & 0xffff);
}

static void put_both16(uint8_t *p, unsigned v)
{
    put_le16(p, v);
    put_be16(p + 2, v);
}

static void put_both32(uint8_t *p, uint32_t v)
{
    put_le32(p, v);
    put_be32(p + 4, v);
}

static void put_padded(uint8_t *p, const char *text, size_t len)
{
    memset(p, ' ', len);
    memcpy(p, text, strnlen(text, len));
}

static uint32_t sectors(size_t len)
{
    return (uint32_t)((len + SECTOR - 1) / SECTOR);
}

/* A directory record (9.1) of an extent. Returns its length, which is even. */
static size_t put_record(uint8_t *p, const char *name, size_t name_len, uint32_t sector,
                         uint32_t len, unsigned flags, const struct tm *when)
{
    size_t size = (RECORD_HEAD + name_len + 1) & ~(size_t)1;

    p[0] = (uint8_t)size;
    put_both32(p + 2, sector);
    put_both32(p + 10, len);
    p[18] = (uint8_t)when->tm_year; /* since 1900, as in C */
    p[19] = (uint8_t)(when->tm_mon + 1);
    p[20] = (uint8_t)when->tm_mday;
    p[21] = (uint8_t)when->tm_hour;
    p[22] = (uint8_t)when->tm_min;
    p[23] = (uint8_t)when->tm_sec;
    p[25] = (uint8_t)flags;
    put_both16(p + 28, 1); /* volume */
    p[32] = (uint8_t)name_len;
    memcpy(p + RECORD_HEAD, name, name_len);
    return size;
}

/* Identifier and version of each descriptor (8.1). */
static const uint8_t standard[] = {'C', 'D', '0', '0', '1', 1};

/* The primary volume descriptor (8.4). Dates that are all '0' are not given. */
static void put_descriptor(uint8_t *p, const char *label, uint32_t nr_sectors,
                           const struct tm *when)
{
    p[0] = 1;
    memcpy(p + 1, standard, sizeof(standard));
    put_padded(p + 8, "", 32);
    put_padded(p + 40, label, LABEL_MAX);
    put_both32(p + 80, nr_sectors);
    put_both16(p + 120, 1);
    put_both16(p + 124, 1);
    put_both16(p + 128, SECTOR);
    put_both32(p + 132, PATHS_LEN);
    put_le32(p + 140, SECTOR_PATHS_LITTLE);
    put_be32(p + 148, SECTOR_PATHS_BIG);
    (void)put_record(p + 156, "\0", 1, SECTOR_ROOT, SECTOR, FLAG_DIRECTORY, when);
    put_padded(p + 190, "", 623);
    for (unsigned i = 0; i < 4; i++)
        memset(p + 813 + (size_t)17 * i, '0', 16);
    p[881] = 1; /* file structure version */
}

static void put_terminator(uint8_t *p)
{
    p[0] = 255;
    memcpy(p + 1, standard, sizeof(standard));
}

/* The path table (9.4) of one directory. */
static void put_paths(uint8_t *little, uint8_t *big)
{
    little[0] = big[0] = 1;
    put_le32(little + 2, SECTOR_ROOT);
    put_be32(big + 2, SECTOR_ROOT);
    put_le16(little + 6, 1);
    put_be16(big + 6, 1);
}

static void put_files(uint8_t *image, const struct iso9660_file *files, size_t nr,
                      const struct tm *when)
{
    uint8_t *entry = image + (size_t)SECTOR_ROOT * SECTOR;
    uint32_t sector = SECTOR_FILES;

    entry += put_record(entry, "\0", 1, SECTOR_ROOT, SECTOR, FLAG_DIRECTORY, when);
    entry += put_record(entry, "\1", 1, SECTOR_ROOT, SECTOR, FLAG_DIRECTORY, when);
    for (size_t i = 0; i < nr; i++) {
        char name[ISO9660_NAME_MAX + 3];
        size_t len = strlen(files[i].name);

        memcpy(name, files[i].name, len);
        name[len] = ';'; /* and the file's version */
        name[len + 1] = '1';
        entry += put_record(entry, name, len + 2, sector, (uint32_t)files[i].len, 0, when);
        if (files[i].len)
            memcpy(image + (size_t)sector * SECTOR, files[i].data, files[i].len);
        sector += sectors(files[i].len);
    }
}

int iso9660_create(const char *label, const struct iso9660_file *files, size_t nr, time_t when,
                   uint8_t **ret, size_t *ret_len)
{
    uint64_t nr_sectors = SECTOR_FILES;
    struct tm tm;
    uint8_t *image;

    if (nr > ISO9660_FILES_MAX || strlen(label) > LABEL_MAX || !gmtime_r(&when, &tm))
        return -EINVAL;
    for (size_t i = 0; i < nr; i++) {
        if (strlen(files[i].name) > ISO9660_NAME_MAX || files[i].len > UINT32_MAX)
            return -EINVAL;
        nr_sectors += sectors(files[i].len);
    }
    if (nr_sectors > UINT32_MAX)
        return -EINVAL;
    image = calloc(nr_sectors, SECTOR);
    if (!image)
        return -ENOMEM;
    put_descriptor(image + (size_t)SECTOR_DESCRIPTOR * SECTOR, label, (uint32_t)nr_sectors, &tm);
    put_terminator(image + (size_t)SECTOR_TERMINATOR * SECTOR);
    put_paths(image + (size_t)SECTOR_PATHS_LITTLE * SECTOR,
              image + (size_t)SECTOR_PATHS_BIG * SECTOR);
    put_files(image, files, nr, &tm);
    *ret = image;
    *ret_len = nr_sectors * SECTOR;
    return 0;
}
