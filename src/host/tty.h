/* SPDX-License-Identifier: Apache-2.0
 *
 * The user's terminal while a guest console uses it. Whatever was changed is put back when the
 * process exits, and also when a fatal signal ends it. Loop thread. */
#ifndef BERTH_HOST_TTY_H
#define BERTH_HOST_TTY_H

#include "base/compiler.h"

enum tty_mode {
    /* vfkit's: bytes as typed (no line editing, no echo, CR stays CR); Ctrl-C still raises SIGINT.
     */
    TTY_UNCOOKED,
    /* Every byte goes to the guest, Ctrl-C included; output is not touched either. */
    TTY_RAW,
};

/* Changes the terminal `fd`, which must stay open. Remembers how it was, once. While another job
 * owns the terminal the change waits for tty_reapply. 0; -ENOTTY when it is no terminal; -ENOSPC
 * after TTY_MAX terminals. */
enum { TTY_MAX = 4 };
NODISCARD int tty_set_mode(int fd, enum tty_mode mode);

/* Again, after the process was stopped and continued (SIGCONT): the shell has put its own settings
 * in place. */
void tty_reapply(void);

/* Puts all of them back as they were found. Async-signal-safe; done by itself at exit. */
void tty_restore_all(void);

#endif
