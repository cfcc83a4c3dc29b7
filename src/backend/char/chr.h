/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a serial port ends on the host: a log file, the terminal, a pseudo-terminal.
 *
 * Output is taken at once, whole, from any thread, and leaves when the host accepts it: a reader
 * that is slow or gone never holds the guest up. What waits is bounded; each kind says what is lost
 * beyond that. Input is fetched by the device when it has room. But for chr_write everything runs
 * on the loop thread. */
#ifndef BERTH_BACKEND_CHAR_CHR_H
#define BERTH_BACKEND_CHAR_CHR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/err.h"
#include "host/loop.h"

struct chr;

/* The device's end. */
struct chr_client {
    void (*readable)(void *ctx); /* chr_read may give something; only while chr_set_rx is on */
    void (*resized)(void *ctx);  /* chr_size changed; may be NULL */
    void *ctx;
};

/* NULL: nobody. Not with rx on. */
void chr_set_client(struct chr *c, const struct chr_client *client);

/* Any thread; never waits. */
void chr_write(struct chr *c, const void *p, size_t len);

/* Up to `len` bytes of input: their number, -EAGAIN when none is there now, 0 when none will ever
 * come again. */
ssize_t chr_read(struct chr *c, void *p, size_t len);
void chr_set_rx(struct chr *c, bool on); /* begins off */

/* The terminal's size in characters. False: it has none. */
bool chr_size(const struct chr *c, uint16_t *ret_cols, uint16_t *ret_rows);

/* The slave's path of a pseudo-terminal, otherwise NULL. */
const char *chr_pty_name(const struct chr *c);

/* Writes out what waits, as far as the host takes it within CHR_LAST_WORDS_MS, and closes. NULL is
 * fine. */
enum { CHR_LAST_WORDS_MS = 200 };
void chr_destroy(struct chr *c);

/* ---- kinds ---- */

/* A log file, truncated, created with mode 0644 if it is not there; no input. When the disk is
 * full, output waits and is tried again each second; after CHR_FILE_BACKLOG bytes further ones are
 * lost, with a line that counts them. */
enum { CHR_FILE_BACKLOG = 1 << 20 };
NODISCARD int chr_file_create(struct loop *loop, const char *path, struct chr **ret,
                              struct err *err);

/* Standard input and output. `raw`: a terminal is put into raw mode and Ctrl-A is an escape key:
 * Ctrl-A x calls `quit`, Ctrl-A Ctrl-A sends Ctrl-A, Ctrl-A h lists the keys. Otherwise a terminal
 * is treated as vfkit does: no echo, no line editing, CR stays CR, Ctrl-C raises SIGINT. Either way
 * what is no terminal works too. Output waits up to CHR_STDIO_BACKLOG bytes; when nobody reads,
 * further ones are lost. */
enum { CHR_STDIO_BACKLOG = 1 << 20 };
struct chr_stdio_params {
    struct loop *loop;
    bool raw;
    void (*quit)(void *ctx); /* loop thread */
    void *ctx;
};
NODISCARD int chr_stdio_create(const struct chr_stdio_params *params, struct chr **ret,
                               struct err *err);

/* A pseudo-terminal set up as vfkit does; its path is logged. Of output that nobody reads, the last
 * CHR_PTY_BACKLOG bytes (besides what the kernel holds) are kept for whoever attaches. */
enum { CHR_PTY_BACKLOG = 64 << 10 };
NODISCARD int chr_pty_create(struct loop *loop, struct chr **ret, struct err *err);

#endif
