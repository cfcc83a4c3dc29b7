/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine_ops.h"
#include "host/clock.h"
#include "host/thread.h"
#include "pump.h"

enum { MAX_PUMPS = 8 };

struct guest {
    struct guest_client client;
    struct vm_config cfg;
    struct pump *pumps[MAX_PUMPS];
    size_t nr_pumps;
    int in[MAX_PUMPS],
        out[MAX_PUMPS]; /* the attachments' own, each serial device with a pty in cfg */

    pthread_t thread;
    struct loop *loop;
    struct vm *vm; /* NULL: a guest that merely exists */
    struct task task;
    _Atomic unsigned commands;
    struct err err;
    pthread_mutex_t lock; /* guards: */
    bool forgotten;       /* nobody is to be told any more */
    struct timer dies, network_gone;
};

/* --- the configuration, backwards --- */

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void add_disks(struct guest *g, id config)
{
    id disks = get_object(config, "storageDevices");

    for (size_t i = 0; i < count_of(disks); i++) {
        id disk = element(disks, i), attachment = get_object(disk, "attachment");
        struct device_config *dev;

        if (!is_kind_of(disk, "VZVirtioBlockDeviceConfiguration") ||
            !is_kind_of(attachment, "VZDiskImageStorageDeviceAttachment"))
            continue;
        dev = vm_config_add_device(&g->cfg, DEVICE_BLK);
        dev->disk.path = copy(path_of(get_object(attachment, "URL")));
        dev->disk.read_only = get_number(attachment, "readOnly");
        dev->disk.device_id = copy(utf8_of(get_object(disk, "blockDeviceIdentifier")));
    }
}

static void add_port(struct guest *g, id attachment)
{
    struct device_config *dev = vm_config_add_device(&g->cfg, DEVICE_SERIAL);

    if (is_kind_of(attachment, "VZFileSerialPortAttachment")) {
        dev->serial.kind = SERIAL_LOG;
        dev->serial.log_path = copy(path_of(get_object(attachment, "URL")));
        return;
    }
    if (g->nr_pumps == MAX_PUMPS)
        standin_fail("too many serial ports on file handles");
    dev->serial.kind = SERIAL_PTY;
    g->in[g->nr_pumps] = fd_of(get_object(attachment, "fileHandleForReading"));
    g->out[g->nr_pumps++] = fd_of(get_object(attachment, "fileHandleForWriting"));
}

static void add_consoles(struct guest *g, id config)
{
    id ports = get_object(config, "serialPorts"), devices = get_object(config, "consoleDevices");

    for (size_t i = 0; i < count_of(ports); i++)
        add_port(g, get_object(element(ports, i), "attachment"));
    for (size_t i = 0; i < count_of(devices); i++) {
        id list = get_object(get_object(element(devices, i), "ports"), "list");

        for (size_t j = 0; j < count_of(list); j++)
            add_port(g, get_object(element(list, j), "attachment"));
    }
}

static void translate(struct guest *g, id config)
{
    id loader = get_object(config, "bootLoader");

    vm_config_init(&g->cfg, PERSONALITY_VFKIT);
    g->cfg.accel = ACCEL_SOFT;
    g->cfg.cpus = (unsigned)get_number(config, "CPUCount");
    g->cfg.memory_bytes = get_number(config, "memorySize");
    if (!is_kind_of(loader, "VZLinuxBootLoader"))
        return;
    g->cfg.bootloader = (struct bootloader_config){
        .kind = BOOT_LINUX,
        .kernel = copy(path_of(get_object(loader, "kernelURL"))),
        .initrd = copy(path_of(get_object(loader, "initialRamdiskURL"))),
        .cmdline = copy(utf8_of(get_object(loader, "commandLine"))),
    };
    add_disks(g, config);
    add_consoles(g, config);
    for (size_t i = 0; i < count_of(get_object(config, "entropyDevices")); i++)
        if (!vm_config_add_device(&g->cfg, DEVICE_RNG))
            abort();
}

/* --- its thread --- */

static void tell(struct guest *g, enum vm_state state, const struct err *err)
{
    (void)pthread_mutex_lock(&g->lock);
    if (!g->forgotten)
        g->client.changed(g->client.ctx, state, err);
    (void)pthread_mutex_unlock(&g->lock);
}

static void on_dies(void *ctx)
{
    struct guest *g = ctx;

    (void)pthread_mutex_lock(&g->lock);
    if (!g->forgotten)
        g->client.dies(g->client.ctx);
    (void)pthread_mutex_unlock(&g->lock);
}

static void on_network_gone(void *ctx)
{
    struct guest *g = ctx;

    (void)pthread_mutex_lock(&g->lock);
    if (!g->forgotten)
        g->client.network_gone(g->client.ctx);
    (void)pthread_mutex_unlock(&g->lock);
}

static void arm(struct guest *g, struct timer *t, const char *when, void (*fn)(void *ctx))
{
    NSInteger ms = scenario_number(when, -1);

    *t = (struct timer){.fn = fn, .ctx = g};
    if (ms >= 0 && loop_timer_arm(g->loop, t, clock_monotonic_ns() + (uint64_t)ms * 1000000) < 0)
        abort();
}

/* The guest runs, or does so again. */
static void tell_running(struct guest *g)
{
    if (!g->dies.fn) {
        arm(g, &g->dies, "DIES_MS", on_dies);
        arm(g, &g->network_gone, "NETWORK_GONE_MS", on_network_gone);
    }
    tell(g, VM_RUNNING, NULL);
}

static void on_changed(void *ctx, enum vm_state state, const struct err *err)
{
    struct guest *g = ctx;

    if (err)
        g->err = *err;
    if (state == VM_STOPPED || state == VM_ERROR)
        loop_stop(g->loop);
    else if (state == VM_RUNNING)
        tell_running(g);
    else if (state == VM_PAUSED)
        tell(g, state, NULL);
}

/* What merely exists obeys at once. */
static void obey(struct guest *g, unsigned c)
{
    if (c & (GUEST_POWER_BUTTON | GUEST_STOP))
        loop_stop(g->loop);
    else if (c & GUEST_PAUSE)
        tell(g, VM_PAUSED, NULL);
    else
        tell_running(g);
}

static void on_command(struct task *t)
{
    struct guest *g = container_of(t, struct guest, task);
    unsigned c = atomic_exchange(&g->commands, 0);

    if (!g->vm) {
        obey(g, c);
        return;
    }
    /* first: a VM that pauses was running when its button was pressed */
    if (c & GUEST_POWER_BUTTON && vm_request_stop(g->vm) < 0 && g->vm->state != VM_STOPPED)
        (void)fputs("vz stand-in: the guest has no power button now\n", stderr);
    if (c & GUEST_STOP && vm_stop(g->vm) < 0)
        loop_stop(g->loop); /* it stopped by itself */
    bool refused = (c & GUEST_PAUSE && vm_pause(g->vm) < 0) || (c & GUEST_RESUME && vm_resume(g->vm) < 0);
    if (refused && g->vm->state != VM_STOPPED && g->vm->state != VM_STOPPING) /* it stopped by itself, or by its button */
        (void)fputs("vz stand-in: the guest is elsewhere\n", stderr);
}

static void open_pumps(struct guest *g)
{
    size_t n = 0;

    for (size_t i = 0; i < g->cfg.nr_devices; i++) {
        const struct device_config *dev = &g->cfg.devices[i];

        if (dev->kind == DEVICE_SERIAL && dev->serial.kind == SERIAL_PTY) {
            g->pumps[n] = pump_create(dev->serial.pty_name, g->in[n], g->out[n]);
            n++;
        }
    }
}

static int bring_up(struct guest *g)
{
    const struct vm_observer observer = {.changed = on_changed, .ctx = g};
    int rc;

    if (g->cfg.bootloader.kind != BOOT_LINUX) {
        tell_running(g);
        return 0;
    }
    rc = engine_native.create(&g->cfg, g->loop, &observer, &g->vm, &g->err);
    if (rc == 0) {
        open_pumps(g);
        rc = vm_start(g->vm, &g->err);
    }
    return rc;
}

static void tear_down(struct guest *g)
{
    for (size_t i = 0; i < g->nr_pumps; i++)
        pump_destroy(g->pumps[i]);
    loop_timer_cancel(g->loop, &g->dies);
    loop_timer_cancel(g->loop, &g->network_gone);
    vm_destroy(g->vm);
    loop_cancel(g->loop, &g->task);
}

static void *run(void *arg)
{
    struct guest *g = arg;

    thread_name("guest");
    if (bring_up(g) == 0)
        loop_run(g->loop);
    tear_down(g);
    tell(g, g->err.code ? VM_ERROR : VM_STOPPED, g->err.code ? &g->err : NULL);
    return NULL;
}

struct guest *guest_start(id config, const struct guest_client *client)
{
    struct guest *g = calloc(1, sizeof(*g));

    if (!g || loop_create(&g->loop) < 0)
        abort();
    g->client = *client;
    g->task.fn = on_command;
    (void)pthread_mutex_init(&g->lock, NULL);
    translate(g, config);
    if (thread_create(&g->thread, run, g) < 0)
        abort();
    return g;
}

void guest_command(struct guest *g, enum guest_command c)
{
    (void)atomic_fetch_or(&g->commands, (unsigned)c);
    loop_post(g->loop, &g->task);
}

void guest_destroy(struct guest *g)
{
    if (!g)
        return;
    (void)pthread_mutex_lock(&g->lock);
    g->forgotten = true;
    (void)pthread_mutex_unlock(&g->lock);
    guest_command(g, GUEST_STOP);
    (void)pthread_join(g->thread, NULL);
    loop_cancel(g->loop, &g->task);
    loop_destroy(g->loop);
    vm_config_finish(&g->cfg);
    (void)pthread_mutex_destroy(&g->lock);
    free(g);
}
