/* SPDX-License-Identifier: Apache-2.0
 *
 * The framework's GICv3 and its GICv2m frame (Hypervisor/hv_gic.h, macOS 15). Guests' accesses to
 * it do not come out, nor do timers and, on recent systems, WFI. It exists between hv_vm_create and
 * the first vCPU, and a vCPU has a redistributor once its MPIDR_EL1 was written. */
#include <errno.h>
#include <string.h>

#include "accel/hvf/error.h"
#include "accel/hvf/hv_later.h"
#include "accel/hvf/state.h"
#include "base/log.h"

enum { FIRST_SPI = 32 };

/* Registers of a CPU interface, as hv_gic_icc_reg_t; all are reset to 0. Without the first two and
 * the active priorities a guest would begin in the middle of another's interrupts. */
static const struct {
    hv_gic_icc_reg_t reg;
    bool vital;
} icc[] = {
    {HV_SYS_REG(3, 0, 4, 6, 0), true},    /* PMR */
    {HV_SYS_REG(3, 0, 12, 12, 7), true},  /* IGRPEN1 */
    {HV_SYS_REG(3, 0, 12, 9, 0), true},   /* AP1R0 */
    {HV_SYS_REG(3, 0, 12, 8, 4), false},  /* AP0R0 */
    {HV_SYS_REG(3, 0, 12, 12, 6), false}, /* IGRPEN0 */
    {HV_SYS_REG(3, 0, 12, 8, 3), false},  /* BPR0 */
    {HV_SYS_REG(3, 0, 12, 12, 3), false}, /* BPR1 */
    {HV_SYS_REG(3, 0, 12, 12, 4), false}, /* CTLR */
};

/* --- as the board uses it --- */

static void chip_set_spi(void *chip, unsigned intid, bool level)
{
    const struct accel_vm *vm = chip;

    (void)vm->gic->gic_set_spi(intid, level);
}

static void chip_send_msi(void *chip, uint64_t addr, uint32_t data)
{
    const struct accel_vm *vm = chip;

    (void)vm->gic->gic_send_msi(addr, data);
}

static void chip_reset(void *chip)
{
    const struct accel_vm *vm = chip;

    (void)vm->gic->gic_reset();
}

static void chip_redistributors(void *chip, gpa_t *ret_base, uint64_t *ret_len)
{
    struct accel_vm *vm = chip;

    (void)pthread_mutex_lock(&vm->lock);
    *ret_base = vm->redist_first;
    *ret_len = vm->nr_cpus * vm->redist_size;
    (void)pthread_mutex_unlock(&vm->lock);
}

/* --- construction --- */

typedef hv_return_t ask_fn(size_t *ret);

/* What the framework says of a size; one that fits nowhere when it does not. */
static size_t ask(ask_fn *fn)
{
    size_t n = 0;

    return fn(&n) == HV_SUCCESS && n > 0 ? n : SIZE_MAX;
}

/* Whether the board's places suit the framework: NULL, or what does not. */
static const char *check_places(const struct hv_later *hv, const struct irqchip_params *p)
{
    uint32_t first, nr;

    if (p->dist_base % ask(hv->gic_get_distributor_base_alignment) ||
        ask(hv->gic_get_distributor_size) > p->msi_base - p->dist_base)
        return "the distributor";
    if (p->msi_base % ask(hv->gic_get_msi_region_base_alignment) ||
        ask(hv->gic_get_msi_region_size) > p->redist_base - p->msi_base)
        return "the message frame";
    if (p->redist_base % ask(hv->gic_get_redistributor_base_alignment) ||
        ask(hv->gic_get_redistributor_size) == SIZE_MAX)
        return "the redistributors";
    if (hv->gic_get_spi_interrupt_range(&first, &nr) != HV_SUCCESS || first > FIRST_SPI ||
        p->first_msi >= first + nr)
        return "the range of interrupts";
    return NULL;
}

/* Messages end where the framework's interrupts do. */
static uint32_t nr_msis(const struct hv_later *hv, const struct irqchip_params *p)
{
    uint32_t first = 0, nr = 0, end = p->last_msi + 1;

    if (hv->gic_get_spi_interrupt_range(&first, &nr) == HV_SUCCESS && first + nr < end)
        end = first + nr;
    return end - p->first_msi;
}

static hv_return_t create(const struct hv_later *hv, const struct irqchip_params *p)
{
    hv_gic_config_t config = hv->gic_config_create();
    hv_return_t status;

    if (!config)
        return HV_NO_RESOURCES;
    status = hv->gic_config_set_distributor_base(config, p->dist_base);
    if (status == HV_SUCCESS)
        status = hv->gic_config_set_redistributor_base(config, p->redist_base);
    if (status == HV_SUCCESS)
        status = hv->gic_config_set_msi_region_base(config, p->msi_base);
    if (status == HV_SUCCESS)
        status = hv->gic_config_set_msi_interrupt_range(config, p->first_msi, nr_msis(hv, p));
    if (status == HV_SUCCESS)
        status = hv->gic_create(config);
    os_release(config);
    return status;
}

int hvf_irqchip(struct accel_vm *vm, const struct irqchip_params *params, struct irqchip *ret,
                struct err *err)
{
    const struct hv_later *hv = vm->no_chip ? NULL : hv_later();
    const char *why;
    int rc;

    if (!hv)
        return -ENOTSUP; /* macOS 13 and 14 */
    why = check_places(hv, params);
    if (why) {
        log_warn(
            "hvf: the interrupt controller of this macOS does not fit the board: %s; ours serves",
            why);
        return -ENOTSUP;
    }
    rc = hvf_error(err, create(hv, params),
                   "hvf: the interrupt controller cannot be made; try --accel hvf,gic=berth");
    if (rc < 0)
        return rc;
    vm->gic = hv;
    vm->chip = *params;
    vm->redist_size = ask(hv->gic_get_redistributor_size);
    vm->redist_first = UINT64_MAX;
    *ret = (struct irqchip){vm, chip_set_spi, chip_send_msi, chip_reset, chip_redistributors};
    return 0;
}

/* --- vCPUs --- */

int hvf_gic_add_vcpu(struct vcpu *v, struct err *err)
{
    struct accel_vm *vm = v->vm;
    hv_ipa_t base = 0;
    int rc;

    if (!vm->gic)
        return 0;
    rc = hvf_error(err, vm->gic->gic_get_redistributor_base(v->id, &base),
                   "vCPU %u has no redistributor", v->index);
    if (rc < 0)
        return rc;
    /* Frames of nr_cpus CPUs in room for as many: they adjoin. */
    if (base - vm->chip.redist_base >= vm->nr_cpus * vm->redist_size)
        return err_set(err, -ENOTSUP,
                       "the redistributor of vCPU %u is at %#llx, apart from the others; use "
                       "--accel hvf,gic=berth",
                       v->index, (unsigned long long)base);
    (void)pthread_mutex_lock(&vm->lock);
    if (base < vm->redist_first)
        vm->redist_first = base;
    (void)pthread_mutex_unlock(&vm->lock);
    return 0;
}

void hvf_gic_reset_vcpu(struct vcpu *v)
{
    if (!v->vm->gic)
        return;
    for (size_t i = 0; i < ARRAY_LEN(icc); i++) {
        hv_return_t status = v->vm->gic->gic_set_icc_reg(v->id, icc[i].reg, 0);

        if (icc[i].vital)
            hvf_check(v, status, "hv_gic_set_icc_reg");
    }
}
