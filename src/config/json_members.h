/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of JSON objects, one line each to write or read. Failures are kept until the end: a
 * writer or reader is a list of its members, not of checks. */
#ifndef BERTH_CONFIG_JSON_MEMBERS_H
#define BERTH_CONFIG_JSON_MEMBERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "config/json.h"

/* An object being written. `o` NULL: memory ran out, everything is ignored. */
struct json_writer {
    json_t *o;
    enum json_view view;
    bool failed;
};

struct json_writer json_writer_begin(enum json_view view);
/* The finished object, the caller's; NULL when memory ran out. */
json_t *json_writer_end(struct json_writer *w);
void put_json(struct json_writer *w, const char *name,
              json_t *value); /* takes `value`; NULL fails */
void put_text(struct json_writer *w, const char *name, const char *text);    /* NULL is "" */
void put_text_if(struct json_writer *w, const char *name, const char *text); /* not NULL or "" */
void put_bool(struct json_writer *w, const char *name, bool value);
void put_true_if(struct json_writer *w, const char *name, bool value);
void put_int(struct json_writer *w, const char *name, int64_t value);
void put_texts_if(struct json_writer *w, const char *name, char *const *texts, size_t nr);

/* An object being read. The first fault is kept in `r` and `err`; then nothing is stored any
 * more. A missing member leaves the destination alone. */
struct json_reader {
    const json_t *o;
    const char *where; /* for messages: "device 3 (virtioblk)" */
    struct err *err;
    int r;
};

void get_text(struct json_reader *in, const char *name, char **ret); /* "" becomes NULL */
void get_bool(struct json_reader *in, const char *name, bool *ret);
void get_int(struct json_reader *in, const char *name, int64_t min, int64_t max, int64_t *ret);
void get_texts(struct json_reader *in, const char *name, char ***ret, size_t *ret_nr);
/* Index of the member's text among `words`, which ends with NULL. */
void get_word(struct json_reader *in, const char *name, const char *const *words, int *ret);
/* `in->where: <sentence>` as the reader's fault. */
void get_failed(struct json_reader *in, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* json_device.c: one element of "devices". */
json_t *device_to_json(const struct device_config *dev, enum json_view view);
NODISCARD int device_from_json(const json_t *o, size_t index, struct device_config *ret,
                               struct err *err);

#endif
