/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory order between CPUs: outcomes that the architecture forbids must not appear. Each test runs
 * its threads down an array of fresh variables, so that they meet at many places; a barrier lines
 * them up for each pass. (x, y: variables; a, b, c, d: what was read.) */
#include "metal.h"

enum { PLACES = 512, PASSES = 20 };

struct place {
    volatile uint64_t x, pad0[7], y, pad1[7];
};
struct outcome {
    uint64_t a, b;
};
static struct place places[PLACES] __attribute__((aligned(64)));
static struct outcome seen[METAL_CPUS][PLACES];

struct litmus {
    const char *name;
    unsigned nr_threads;
    struct outcome (*thread[4])(struct place *p);
    bool (*forbidden)(unsigned place);
};

#define dmb() __asm__ volatile("dmb ish" ::: "memory")

static uint64_t acquire(volatile uint64_t *p)
{
    uint64_t value;
    __asm__ volatile("ldar %0, [%1]" : "=r"(value) : "r"(p) : "memory");
    return value;
}

static void release(volatile uint64_t *p, uint64_t value)
{
    __asm__ volatile("stlr %0, [%1]" ::"r"(value), "r"(p) : "memory");
}

/* --- Store buffering: x = 1, a = y | y = 1, b = x; not a = b = 0 --- */

static struct outcome sb_0(struct place *p)
{
    p->x = 1;
    dmb();
    return (struct outcome){p->y, 0};
}

static struct outcome sb_1(struct place *p)
{
    p->y = 1;
    dmb();
    return (struct outcome){p->x, 0};
}

static struct outcome sb_release_0(struct place *p)
{
    release(&p->x, 1);
    return (struct outcome){acquire(&p->y), 0};
}

static struct outcome sb_release_1(struct place *p)
{
    release(&p->y, 1);
    return (struct outcome){acquire(&p->x), 0};
}

/* The store is an exclusive one with release. */
static void release_exclusive(volatile uint64_t *p, uint64_t value)
{
    uint64_t old;
    uint32_t failed;
    __asm__ volatile("1:\tldxr %0, [%2]\n\tstlxr %w1, %3, [%2]\n\tcbnz %w1, 1b"
                     : "=&r"(old), "=&r"(failed)
                     : "r"(p), "r"(value)
                     : "memory");
}

static struct outcome sb_exclusive_0(struct place *p)
{
    release_exclusive(&p->x, 1);
    return (struct outcome){acquire(&p->y), 0};
}

static struct outcome sb_exclusive_1(struct place *p)
{
    release_exclusive(&p->y, 1);
    return (struct outcome){acquire(&p->x), 0};
}

static bool sb_forbidden(unsigned n)
{
    return seen[0][n].a == 0 && seen[1][n].a == 0;
}

/* --- Message passing: x = 1, y = 1 | a = y, b = x; not a = 1, b = 0 --- */

static struct outcome mp_0(struct place *p)
{
    p->x = 1;
    __asm__ volatile("dmb ishst" ::: "memory");
    p->y = 1;
    return (struct outcome){0, 0};
}

static struct outcome mp_1(struct place *p)
{
    uint64_t a = p->y;
    __asm__ volatile("dmb ishld" ::: "memory");
    return (struct outcome){a, p->x};
}

static struct outcome mp_release_0(struct place *p)
{
    p->x = 1;
    release(&p->y, 1);
    return (struct outcome){0, 0};
}

static struct outcome mp_release_1(struct place *p)
{
    uint64_t a = acquire(&p->y);
    return (struct outcome){a, p->x};
}

static struct outcome mp_exclusive_0(struct place *p)
{
    p->x = 1;
    release_exclusive(&p->y, 1);
    return (struct outcome){0, 0};
}

static struct outcome mp_exclusive_1(struct place *p)
{
    uint64_t a;
    __asm__ volatile("ldaxr %0, [%1]\n\tclrex" : "=r"(a) : "r"(&p->y) : "memory");
    return (struct outcome){a, p->x};
}

/* The second read's address depends on the first. */
static struct outcome mp_address_1(struct place *p)
{
    uint64_t a, b;
    __asm__ volatile("ldr %0, [%2]\n\teor %1, %0, %0\n\tldr %1, [%3, %1]"
                     : "=&r"(a), "=&r"(b)
                     : "r"(&p->y), "r"(&p->x)
                     : "memory");
    return (struct outcome){a, b};
}

static bool mp_forbidden(unsigned n)
{
    return seen[1][n].a == 1 && seen[1][n].b == 0;
}

/* --- Load buffering: a = x, y = 1 | b = y, x = 1; not a = b = 1 --- */

static struct outcome lb_0(struct place *p)
{
    uint64_t a = p->x;
    dmb();
    p->y = 1;
    return (struct outcome){a, 0};
}

static struct outcome lb_1(struct place *p)
{
    uint64_t b = p->y;
    dmb();
    p->x = 1;
    return (struct outcome){b, 0};
}

/* The value stored depends on the value read. */
static struct outcome lb_data_0(struct place *p)
{
    uint64_t a;
    __asm__ volatile("ldr %0, [%1]\n\teor x17, %0, %0\n\tadd x17, x17, #1\n\tstr x17, [%2]"
                     : "=&r"(a)
                     : "r"(&p->x), "r"(&p->y)
                     : "x17", "memory");
    return (struct outcome){a, 0};
}

static struct outcome lb_data_1(struct place *p)
{
    uint64_t b;
    __asm__ volatile("ldr %0, [%1]\n\teor x17, %0, %0\n\tadd x17, x17, #1\n\tstr x17, [%2]"
                     : "=&r"(b)
                     : "r"(&p->y), "r"(&p->x)
                     : "x17", "memory");
    return (struct outcome){b, 0};
}

static bool lb_forbidden(unsigned n)
{
    return seen[0][n].a == 1 && seen[1][n].a == 1;
}

/* --- Coherence: x = 1 | a = x, b = x; not a = 1, b = 0 --- */

static struct outcome co_0(struct place *p)
{
    p->x = 1;
    return (struct outcome){0, 0};
}

static struct outcome co_1(struct place *p)
{
    uint64_t a = p->x;
    return (struct outcome){a, p->x};
}

/* --- Independent reads of independent writes: two readers agree on the order of two writers --- */

static struct outcome iriw_x(struct place *p)
{
    p->x = 1;
    return (struct outcome){0, 0};
}

static struct outcome iriw_y(struct place *p)
{
    p->y = 1;
    return (struct outcome){0, 0};
}

static struct outcome iriw_xy(struct place *p)
{
    uint64_t a = p->x;
    dmb();
    return (struct outcome){a, p->y};
}

static struct outcome iriw_yx(struct place *p)
{
    uint64_t a = p->y;
    dmb();
    return (struct outcome){a, p->x};
}

static struct outcome iriw_acquire_xy(struct place *p)
{
    uint64_t a = acquire(&p->x);
    return (struct outcome){a, acquire(&p->y)};
}

static struct outcome iriw_acquire_yx(struct place *p)
{
    uint64_t a = acquire(&p->y);
    return (struct outcome){a, acquire(&p->x)};
}

static bool iriw_forbidden(unsigned n)
{
    return seen[2][n].a == 1 && seen[2][n].b == 0 && seen[3][n].a == 1 && seen[3][n].b == 0;
}

/* --- Both write both: x = 1, y = 2 | y = 1, x = 2; not x = y = 1 at the end --- */

static struct outcome ww_0(struct place *p)
{
    p->x = 1;
    dmb();
    p->y = 2;
    return (struct outcome){0, 0};
}

static struct outcome ww_1(struct place *p)
{
    p->y = 1;
    dmb();
    p->x = 2;
    return (struct outcome){0, 0};
}

static struct outcome ww_release_0(struct place *p)
{
    p->x = 1;
    release(&p->y, 2);
    return (struct outcome){0, 0};
}

static struct outcome ww_release_1(struct place *p)
{
    p->y = 1;
    release(&p->x, 2);
    return (struct outcome){0, 0};
}

static bool ww_forbidden(unsigned n)
{
    return places[n].x == 1 && places[n].y == 1;
}

/* --- Write to read causality: x = 1 | a = x, y = 1 | b = y, c = x; not a = b = 1, c = 0 --- */

static struct outcome wrc_1(struct place *p)
{
    uint64_t a = p->x;
    dmb();
    p->y = a;
    return (struct outcome){a, 0};
}

static struct outcome wrc_2(struct place *p)
{
    uint64_t b = p->y;
    dmb();
    return (struct outcome){b, p->x};
}

static struct outcome wrc_release_1(struct place *p)
{
    uint64_t a = acquire(&p->x);
    release(&p->y, a);
    return (struct outcome){a, 0};
}

static struct outcome wrc_release_2(struct place *p)
{
    uint64_t b = acquire(&p->y);
    return (struct outcome){b, p->x};
}

static bool wrc_forbidden(unsigned n)
{
    return seen[1][n].a == 1 && seen[2][n].a == 1 && seen[2][n].b == 0;
}

/* --- Running them --- */

static const struct litmus *volatile current;
static volatile uint64_t arrived[METAL_CPUS];

static void line_up(unsigned index, unsigned nr, uint64_t n)
{
    arrived[index] = n;
    dmb();
    for (unsigned other = 0; other < nr; other++)
        while (arrived[other] < n)
            __asm__ volatile("wfe");
    dmb();
}

static void run_thread(unsigned index)
{
    const struct litmus *t = current;
    for (uint64_t pass = 0; pass < PASSES; pass++) {
        line_up(index, t->nr_threads, pass * 2 + 1);
        for (unsigned n = 0; n < PLACES; n++)
            seen[index][n] = t->thread[index](&places[n]);
        line_up(index, t->nr_threads, pass * 2 + 2);
        if (index != 0)
            continue;
        for (unsigned n = 0; n < PLACES; n++) {
            if (t->forbidden(n))
                current = NULL;
            places[n].x = places[n].y = 0;
        }
    }
}

static void run(const struct litmus *t, unsigned nr_cpus)
{
    if (nr_cpus < t->nr_threads) {
        skip(t->name, "too few CPUs");
        return;
    }
    current = t;
    for (unsigned n = 0; n < t->nr_threads; n++)
        arrived[n] = 0;
    for (unsigned n = 1; n < t->nr_threads; n++)
        (void)cpu_start(n, run_thread);
    run_thread(0);
    cpu_wait_all();
    check(t->name, current == t);
}

void metal_main(void)
{
    const struct litmus tests[] = {
        {"SB with DMB", 2, {sb_0, sb_1}, sb_forbidden},
        {"SB with STLR and LDAR", 2, {sb_release_0, sb_release_1}, sb_forbidden},
        {"SB with STLXR and LDAR", 2, {sb_exclusive_0, sb_exclusive_1}, sb_forbidden},
        {"MP with DMB ISHST and ISHLD", 2, {mp_0, mp_1}, mp_forbidden},
        {"MP with STLR and LDAR", 2, {mp_release_0, mp_release_1}, mp_forbidden},
        {"MP with STLXR and LDAXR", 2, {mp_exclusive_0, mp_exclusive_1}, mp_forbidden},
        {"MP with DMB and an address dependency", 2, {mp_0, mp_address_1}, mp_forbidden},
        {"LB with DMB", 2, {lb_0, lb_1}, lb_forbidden},
        {"LB with data dependencies", 2, {lb_data_0, lb_data_1}, lb_forbidden},
        {"CoRR", 2, {co_0, co_1}, mp_forbidden},
        {"IRIW with DMB", 4, {iriw_x, iriw_y, iriw_xy, iriw_yx}, iriw_forbidden},
        {"IRIW with LDAR", 4, {iriw_x, iriw_y, iriw_acquire_xy, iriw_acquire_yx}, iriw_forbidden},
        {"2+2W with DMB", 2, {ww_0, ww_1}, ww_forbidden},
        {"2+2W with STLR", 2, {ww_release_0, ww_release_1}, ww_forbidden},
        {"WRC with DMB", 3, {iriw_x, wrc_1, wrc_2}, wrc_forbidden},
        {"WRC with STLR and LDAR", 3, {iriw_x, wrc_release_1, wrc_release_2}, wrc_forbidden},
    };
    unsigned nr = cpu_count();
    for (unsigned n = 0; n < sizeof(tests) / sizeof(*tests); n++)
        run(&tests[n], nr);
}
