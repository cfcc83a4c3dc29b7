/* SPDX-License-Identifier: Apache-2.0
 *
 * What accel/hvf assumes of Hypervisor.framework and Apple does not document, asked one by one of the
 * framework itself with a VM of one vCPU and a few instructions. Part of `make check-mac`; on Linux
 * it runs on tests/standin/hvf, which shows that the questions are put rightly and no more.
 *
 * Each answer is a line: name, verdict, what was seen, separated by tabs. "ok": as assumed. "differs":
 * otherwise, and berth has to change. "note": either answer is fine. The exit status is 0 when every
 * question could be put. */
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel/hvf/framework.h"
#include "accel/hvf/hv.h"
#include "accel/hvf/hv_later.h"
#include "base/compiler.h"
#include "host/clock.h"
#include "host/wait.h"

#define RAM      UINT64_C(0x40000000)
#define GICD     UINT64_C(0x08000000)
#define GICR     UINT64_C(0x080a0000)
#define MSI      UINT64_C(0x08080000)
#define SECOND   UINT64_C(1000000000)
#define ALL      (HV_MEMORY_READ | HV_MEMORY_WRITE | HV_MEMORY_EXEC)
#define BEYOND   (UINT64_C(1) << 36)
#define EC(esr)  ((unsigned)((esr) >> 26))
#define FSC(esr) ((unsigned)((esr) & 63))

enum { RAM_LEN = 1 << 16, PAGE = 1 << 14, EL1H = 0x3c5, SCTLR_OFF = 0x30d00980 };
enum { EC_WFX = 1, EC_HVC = 0x16, EC_DATA_ABORT = 0x24, PFR_FIELD = 24, TYPER_LPIS = 17 };

#define LDR_W1_X0    UINT32_C(0xb9400001) /* ldr w1, [x0] */
#define STR_X1_X0    UINT32_C(0xf9000001) /* str x1, [x0] */
#define MOV_X0_1     UINT32_C(0xd2800020) /* mov x0, #1 */
#define MOV_X0_2     UINT32_C(0xd2800040) /* mov x0, #2 */
#define HVC          UINT32_C(0xd4000002) /* hvc #0 */
#define WFI          UINT32_C(0xd503207f) /* wfi */
#define MRS_X0_PFR1  UINT32_C(0xd5380420) /* mrs x0, id_aa64pfr1_el1 */
#define MSR_CVAL_XZR UINT32_C(0xd51be35f) /* msr cntv_cval_el0, xzr */
#define MSR_CTL_X1   UINT32_C(0xd51be321) /* msr cntv_ctl_el0, x1 */
#define B_SELF       UINT32_C(0x14000000) /* b . */

struct guest {
    hv_vcpu_t id;
    hv_vcpu_exit_t *exit;
    uint8_t *ram;
    /* someone who ends a run that lasts too long */
    pthread_t keeper;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool running, kicked;
};

static const char *name;
static unsigned nr_unasked;

static PRINTF_LIKE(2, 3) void say(const char *verdict, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)printf("%s\t%s\t", name, verdict);
    (void)vprintf(fmt, args);
    (void)putchar('\n');
    va_end(args);
}

static PRINTF_LIKE(2, 3) void judge(bool as_assumed, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    say(as_assumed ? "ok" : "differs", "%s", text);
}

/* A call that no question is about. What it spoils is not asked. */
static bool done(hv_return_t rc, const char *what)
{
    if (rc == HV_SUCCESS)
        return true;
    say("failed", "%s: %#x", what, (unsigned)rc);
    nr_unasked++;
    return false;
}

#define DO(call) done(call, #call)

/* --- a VM of one vCPU --- */

/* Memory aligned for the framework, which Linux would not do by itself. NULL: none. */
static uint8_t *ram_new(void)
{
    uint8_t *p = mmap(NULL, RAM_LEN + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

    return p == MAP_FAILED ? NULL : p + (-(uintptr_t)p & (PAGE - 1));
}

static void *keep(void *arg)
{
    struct guest *g = arg;
    uint64_t deadline = clock_monotonic_ns() + SECOND;

    (void)pthread_mutex_lock(&g->lock);
    while (g->running && wait_until(&g->cond, &g->lock, deadline))
        ;
    if (g->running) {
        g->kicked = true;
        (void)hv_vcpus_exit(&g->id, 1);
    }
    (void)pthread_mutex_unlock(&g->lock);
    return NULL;
}

/* Runs until the vCPU leaves, or for a second. */
static bool run_from(struct guest *g, uint64_t pc)
{
    bool ok;

    g->running = true;
    g->kicked = false;
    if (!DO(hv_vcpu_set_reg(g->id, HV_REG_PC, pc)) ||
        !DO(hv_vcpu_set_reg(g->id, HV_REG_CPSR, EL1H)) ||
        pthread_create(&g->keeper, NULL, keep, g))
        return false;
    ok = DO(hv_vcpu_run(g->id));
    (void)pthread_mutex_lock(&g->lock);
    g->running = false;
    (void)pthread_cond_signal(&g->cond);
    (void)pthread_mutex_unlock(&g->lock);
    (void)pthread_join(g->keeper, NULL);
    return ok;
}

static void put(struct guest *g, size_t at, const uint32_t *code, size_t nr)
{
    memcpy(g->ram + at, code, nr * sizeof(*code));
}

static bool run(struct guest *g, const uint32_t *code, size_t nr)
{
    put(g, 0, code, nr);
    sys_icache_invalidate(g->ram, nr * sizeof(*code));
    return run_from(g, RAM);
}

#define RUN(g, ...)                                                                                \
    run(g, (const uint32_t[]){__VA_ARGS__}, ARRAY_LEN(((const uint32_t[]){__VA_ARGS__})))

static uint64_t reg(struct guest *g, hv_reg_t r)
{
    uint64_t value = 0;

    (void)DO(hv_vcpu_get_reg(g->id, r, &value));
    return value;
}

static void set_reg(struct guest *g, hv_reg_t r, uint64_t value)
{
    (void)DO(hv_vcpu_set_reg(g->id, r, value));
}

/* The memory goes with the process, which asks one question. */
static void vcpu_close(struct guest *g)
{
    (void)DO(hv_vcpu_destroy(g->id));
    (void)DO(hv_vm_destroy());
    (void)pthread_cond_destroy(&g->cond);
    (void)pthread_mutex_destroy(&g->lock);
}

/* After hv_vm_create. */
static bool vcpu_open(struct guest *g)
{
    *g = (struct guest){0};
    (void)pthread_mutex_init(&g->lock, NULL);
    wait_cond_init(&g->cond);
    g->ram = ram_new();
    return g->ram &&
           DO(hv_vm_map(g->ram, RAM, RAM_LEN, ALL)) &&
           DO(hv_vcpu_create(&g->id, &g->exit, NULL)) &&
           DO(hv_vcpu_set_sys_reg(g->id, HV_SYS_REG_MPIDR_EL1, 0x80000000)) &&
           DO(hv_vcpu_set_sys_reg(g->id, HV_SYS_REG_SCTLR_EL1, SCTLR_OFF));
}

static bool open_plain(struct guest *g)
{
    return DO(hv_vm_create(NULL)) && vcpu_open(g);
}

/* --- the questions --- */

static void address_bits(void)
{
    uint32_t usual = 0, most = 0;

    if (DO(hv_vm_config_get_default_ipa_size(&usual)) && DO(hv_vm_config_get_max_ipa_size(&most)))
        judge(usual >= 36 && most >= usual, "default %u bits, at most %u", usual, most);
}

static void map_granule(void)
{
    uint8_t *p = ram_new();
    hv_return_t small, whole;

    if (!p || !DO(hv_vm_create(NULL)))
        return;
    small = hv_vm_map(p, RAM, 4096, ALL);
    whole = hv_vm_map(p, RAM, PAGE, ALL);
    judge(small == HV_BAD_ARGUMENT && whole == HV_SUCCESS, "4 KiB: %#x, 16 KiB: %#x",
          (unsigned)small, (unsigned)whole);
    (void)DO(hv_vm_destroy());
}

static void one_vm(void)
{
    hv_return_t again;

    if (!DO(hv_vm_create(NULL)))
        return;
    again = hv_vm_create(NULL);
    judge(again == HV_BUSY, "a second hv_vm_create: %#x", (unsigned)again);
    (void)DO(hv_vm_destroy());
}

static void describe_exit(struct guest *g, const char *verdict)
{
    say(verdict, "exit %u, class %#x, fault %#x, address %#llx, virtual %#llx", g->exit->reason,
        EC(g->exit->exception.syndrome), FSC(g->exit->exception.syndrome),
        (unsigned long long)g->exit->exception.physical_address,
        (unsigned long long)g->exit->exception.virtual_address);
}

static void unmapped_load(void)
{
    struct guest g;

    if (!open_plain(&g))
        return;
    set_reg(&g, HV_REG_X0, RAM - 0x1000);
    if (RUN(&g, LDR_W1_X0, HVC))
        describe_exit(&g, EC(g.exit->exception.syndrome) == EC_DATA_ABORT &&
                                  g.exit->exception.physical_address == RAM - 0x1000 &&
                                  reg(&g, HV_REG_PC) == RAM
                              ? "ok"
                              : "differs");
    vcpu_close(&g);
}

static void beyond_the_address_size(void)
{
    hv_vm_config_t config = hv_vm_config_create();
    struct guest g;

    if (!DO(hv_vm_config_set_ipa_size(config, 36)) || !DO(hv_vm_create(config)) || !vcpu_open(&g))
        return;
    os_release(config);
    set_reg(&g, HV_REG_X0, BEYOND);
    if (RUN(&g, LDR_W1_X0, HVC))
        describe_exit(&g, "note");
    vcpu_close(&g);
}

static void fresh_registers(void)
{
    uint64_t sctlr = 1, pfr0 = 0;
    hv_vcpu_exit_t *exit;
    hv_vcpu_t id;

    if (!DO(hv_vm_create(NULL)) || !DO(hv_vcpu_create(&id, &exit, NULL)))
        return;
    (void)DO(hv_vcpu_get_sys_reg(id, HV_SYS_REG_SCTLR_EL1, &sctlr));
    (void)DO(hv_vcpu_get_sys_reg(id, HV_SYS_REG_ID_AA64PFR0_EL1, &pfr0));
    say("note", "SCTLR_EL1 %#llx, GIC in ID_AA64PFR0_EL1 %llu", (unsigned long long)sctlr,
        (unsigned long long)(pfr0 >> PFR_FIELD & 15));
    (void)DO(hv_vcpu_destroy(id));
    (void)DO(hv_vm_destroy());
}

static void hvc_has_moved_on(void)
{
    struct guest g;

    if (!open_plain(&g))
        return;
    if (RUN(&g, HVC, HVC))
        judge(EC(g.exit->exception.syndrome) == EC_HVC && reg(&g, HV_REG_PC) == RAM + 4,
              "class %#x, PC + %#llx", EC(g.exit->exception.syndrome),
              (unsigned long long)(reg(&g, HV_REG_PC) - RAM));
    vcpu_close(&g);
}

static void wfi_leaves(void)
{
    struct guest g;

    if (!open_plain(&g))
        return;
    if (RUN(&g, WFI, HVC))
        judge(g.exit->reason == HV_EXIT_REASON_EXCEPTION &&
                  EC(g.exit->exception.syndrome) == EC_WFX && reg(&g, HV_REG_PC) == RAM,
              "exit %u, class %#x, PC + %#llx", g.exit->reason, EC(g.exit->exception.syndrome),
              (unsigned long long)(reg(&g, HV_REG_PC) - RAM));
    vcpu_close(&g);
}

static void timer_leaves_once(void)
{
    bool masked = false;
    struct guest g;
    uint32_t first;

    if (!open_plain(&g))
        return;
    (void)DO(hv_vcpu_set_vtimer_mask(g.id, false));
    set_reg(&g, HV_REG_X0 + 1, 1);
    if (RUN(&g, MSR_CVAL_XZR, MSR_CTL_X1, B_SELF)) {
        first = g.exit->reason;
        (void)DO(hv_vcpu_get_vtimer_mask(g.id, &masked));
        if (run_from(&g, RAM + 8))
            judge(first == HV_EXIT_REASON_VTIMER_ACTIVATED && masked && g.kicked,
                  "exit %u, masked %d, then %s", first, masked,
                  g.kicked ? "nothing for a second" : "another exit");
    }
    vcpu_close(&g);
}

static void kick_is_kept(void)
{
    struct guest g;
    uint64_t before;

    if (!open_plain(&g))
        return;
    (void)DO(hv_vcpus_exit(&g.id, 1));
    before = clock_monotonic_ns();
    if (RUN(&g, B_SELF))
        judge(g.exit->reason == HV_EXIT_REASON_CANCELED && !g.kicked, "exit %u after %llu us",
              g.exit->reason, (unsigned long long)(clock_monotonic_ns() - before) / 1000);
    vcpu_close(&g);
}

static void pending_is_forgotten(void)
{
    bool pending = true;
    struct guest g;

    if (!open_plain(&g))
        return;
    (void)DO(hv_vcpu_set_pending_interrupt(g.id, HV_INTERRUPT_TYPE_IRQ, true));
    if (RUN(&g, HVC) &&
        DO(hv_vcpu_get_pending_interrupt(g.id, HV_INTERRUPT_TYPE_IRQ, &pending)))
        judge(!pending, "after a run: %s", pending ? "still pending" : "forgotten");
    vcpu_close(&g);
}

static void sme_can_be_hidden(void)
{
    uint64_t before = 0, after = 0;
    struct guest g;

    if (!open_plain(&g))
        return;
    (void)DO(hv_vcpu_get_sys_reg(g.id, HV_SYS_REG_ID_AA64PFR1_EL1, &before));
    (void)hv_vcpu_set_sys_reg(g.id, HV_SYS_REG_ID_AA64PFR1_EL1,
                              before & ~(UINT64_C(15) << PFR_FIELD));
    (void)DO(hv_vcpu_get_sys_reg(g.id, HV_SYS_REG_ID_AA64PFR1_EL1, &after));
    if (RUN(&g, MRS_X0_PFR1, HVC))
        judge(!(after >> PFR_FIELD & 15) && !(reg(&g, HV_REG_X0) >> PFR_FIELD & 15),
              "SME %llu, written 0, read %llu, in the guest %llu",
              (unsigned long long)(before >> PFR_FIELD & 15),
              (unsigned long long)(after >> PFR_FIELD & 15),
              (unsigned long long)(reg(&g, HV_REG_X0) >> PFR_FIELD & 15));
    vcpu_close(&g);
}

/* berth always cleans; this tells whether it has to. */
static void code_changes_are_seen(void)
{
    static const uint32_t other[] = {MOV_X0_2};
    unsigned stale = 0;
    struct guest g;

    if (!open_plain(&g))
        return;
    for (unsigned i = 0; i < 100; i++) {
        if (!RUN(&g, MOV_X0_1, HVC))
            break;
        put(&g, 0, other, ARRAY_LEN(other));
        if (!run_from(&g, RAM))
            break;
        stale += reg(&g, HV_REG_X0) != 2;
    }
    say("note", "without cache maintenance %u of 100 changes were not seen", stale);
    vcpu_close(&g);
}

static void file_can_be_mapped(void)
{
    char path[] = "/tmp/berth-probe.XXXXXX";
    uint64_t value = 0;
    uint8_t *p = ram_new();
    hv_return_t rc;
    struct guest g;
    int fd = mkstemp(path);

    if (!p || fd < 0 || unlink(path) || ftruncate(fd, PAGE) ||
        mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != p ||
        !DO(hv_vm_create(NULL)))
        return;
    rc = hv_vm_map(p, RAM + RAM_LEN, PAGE, ALL);
    if (!vcpu_open(&g))
        return;
    set_reg(&g, HV_REG_X0, RAM + RAM_LEN);
    set_reg(&g, HV_REG_X0 + 1, 0x1234);
    if (rc == HV_SUCCESS && RUN(&g, STR_X1_X0, HVC) && pread(fd, &value, 8, 0) == 8)
        say("note", "a shared file can be mapped; the guest's store %s in it",
            value == 0x1234 ? "is" : "is not");
    else
        say("note", "a shared file cannot be mapped: %#x", (unsigned)rc);
    vcpu_close(&g);
    (void)close(fd);
}

/* --- the framework's interrupt controller, from macOS 15 --- */

static uint32_t first_msi;

static bool gic_create(const struct hv_later *hv)
{
    hv_gic_config_t c = hv->gic_config_create();
    uint32_t first = 0, count = 0;
    bool ok;

    ok = DO(hv->gic_get_spi_interrupt_range(&first, &count)) &&
         DO(hv->gic_config_set_distributor_base(c, GICD)) &&
         DO(hv->gic_config_set_redistributor_base(c, GICR)) &&
         DO(hv->gic_config_set_msi_region_base(c, MSI)) &&
         DO(hv->gic_config_set_msi_interrupt_range(c, first + 64, 64)) && DO(hv->gic_create(c));
    first_msi = first + 64;
    os_release(c);
    return ok;
}

static bool open_gic(struct guest *g)
{
    const struct hv_later *hv = hv_later();

    if (!hv) {
        say("skipped", "this macOS has no interrupt controller in the framework");
        return false;
    }
    return DO(hv_vm_create(NULL)) && gic_create(hv) && vcpu_open(g);
}

static void gic_sizes(void)
{
    const struct hv_later *hv = hv_later();
    size_t dist = 0, dist_align = 0, redist = 0, redist_align = 0, msi = 0, msi_align = 0;

    if (!hv) {
        say("skipped", "this macOS has no interrupt controller in the framework");
        return;
    }
    if (DO(hv->gic_get_distributor_size(&dist)) &&
        DO(hv->gic_get_distributor_base_alignment(&dist_align)) &&
        DO(hv->gic_get_redistributor_size(&redist)) &&
        DO(hv->gic_get_redistributor_base_alignment(&redist_align)) &&
        DO(hv->gic_get_msi_region_size(&msi)) && DO(hv->gic_get_msi_region_base_alignment(&msi_align)))
        judge(dist <= 0x10000 && redist == 0x20000 && msi <= 0x10000,
              "distributor %#zx (aligned %#zx), redistributor %#zx (%#zx), MSI %#zx (%#zx)", dist,
              dist_align, redist, redist_align, msi, msi_align);
}

static bool guest_reads(struct guest *g, uint64_t at, uint64_t *ret)
{
    set_reg(g, HV_REG_X0, at);
    if (!RUN(g, LDR_W1_X0, HVC))
        return false;
    *ret = reg(g, HV_REG_X0 + 1);
    return EC(g->exit->exception.syndrome) == EC_HVC;
}

static void gic_has_no_lpis(void)
{
    uint64_t typer = 0;
    struct guest g;

    if (!open_gic(&g))
        return;
    if (guest_reads(&g, GICD + 4, &typer))
        judge(!(typer >> TYPER_LPIS & 1), "GICD_TYPER %#llx", (unsigned long long)typer);
    else
        describe_exit(&g, "differs");
    vcpu_close(&g);
}

static void msi_frame_is_gicv2m(void)
{
    uint64_t typer = 0;
    struct guest g;

    if (!open_gic(&g))
        return;
    if (guest_reads(&g, MSI + 8, &typer))
        judge((typer & 0x3ff) == 64 && (typer >> 16 & 0x3ff) == first_msi, "MSI_TYPER %#llx",
              (unsigned long long)typer);
    else
        describe_exit(&g, "differs");
    vcpu_close(&g);
}

static void wfi_stays_with_gic(void)
{
    struct guest g;

    if (!open_gic(&g))
        return;
    if (RUN(&g, WFI, HVC))
        judge(g.kicked && g.exit->reason == HV_EXIT_REASON_CANCELED, "%s, exit %u, class %#x",
              g.kicked ? "ended after a second" : "ended by itself", g.exit->reason,
              EC(g.exit->exception.syndrome));
    vcpu_close(&g);
}

static void pending_is_refused_with_gic(void)
{
    hv_return_t rc;
    struct guest g;

    if (!open_gic(&g))
        return;
    rc = hv_vcpu_set_pending_interrupt(g.id, HV_INTERRUPT_TYPE_IRQ, true);
    say("note", "hv_vcpu_set_pending_interrupt: %#x", (unsigned)rc);
    vcpu_close(&g);
}

static const struct {
    const char *name;
    void (*ask)(void);
} questions[] = {
    {"address-bits", address_bits},
    {"one-vm", one_vm},
    {"map-granule", map_granule},
    {"fresh-registers", fresh_registers},
    {"hvc-has-moved-on", hvc_has_moved_on},
    {"unmapped-load", unmapped_load},
    {"beyond-the-address-size", beyond_the_address_size},
    {"wfi-leaves", wfi_leaves},
    {"timer-leaves-once", timer_leaves_once},
    {"kick-is-kept", kick_is_kept},
    {"pending-is-forgotten", pending_is_forgotten},
    {"sme-can-be-hidden", sme_can_be_hidden},
    {"code-changes-are-seen", code_changes_are_seen},
    {"file-can-be-mapped", file_can_be_mapped},
    {"gic-sizes", gic_sizes},
    {"gic-has-no-lpis", gic_has_no_lpis},
    {"msi-frame-is-gicv2m", msi_frame_is_gicv2m},
    {"wfi-stays-with-gic", wfi_stays_with_gic},
    {"pending-is-refused-with-gic", pending_is_refused_with_gic},
};

/* One question, so that a question that ends the process costs no other; or the list. */
int main(int argc, char **argv)
{
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        name = questions[i].name;
        if (argc < 2) {
            (void)puts(name);
        } else if (!strcmp(argv[1], name)) {
            questions[i].ask();
            return nr_unasked ? 1 : 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
