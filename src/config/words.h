/* SPDX-License-Identifier: Apache-2.0
 *
 * What is left of argv while a flag engine walks it. */
#ifndef BERTH_CONFIG_WORDS_H
#define BERTH_CONFIG_WORDS_H

struct words {
    char *const *next;
    int left;
};

/* argv without the program's name. */
static inline struct words words_of(int argc, char *const *argv)
{
    return argc > 0 ? (struct words){argv + 1, argc - 1} : (struct words){argv, 0};
}

/* The next word; `left` must not be 0. */
static inline const char *words_take(struct words *w)
{
    w->left--;
    return *w->next++;
}

#endif
