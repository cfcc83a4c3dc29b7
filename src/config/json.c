/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration as a whole in JSON: vfkit-compat.md §9.5, in the order vfkit emits it and with
 * the escapes of Go's encoder (§9.2). */
#include "config/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "config/json_members.h"
#include "config/rest_uri.h"

static const char *const personality_words[] = {
    [PERSONALITY_BERTH] = "berth",
    [PERSONALITY_VFKIT] = "vfkit",
    [PERSONALITY_KRUNKIT] = "krunkit",
    NULL,
};
static const char *const accel_words[] = {
    [ACCEL_AUTO] = "auto", [ACCEL_SOFT] = "soft", [ACCEL_KVM] = "kvm",
    [ACCEL_HVF] = "hvf",   [ACCEL_VZ] = "vz",     NULL,
};
static const char *const arch_words[] = {
    [ARCH_AUTO] = "auto",
    [ARCH_ARM64] = "arm64",
    [ARCH_X86_64] = "x86_64",
    NULL,
};
static const char *const panic_words[] = {
    [PANIC_EXIT] = "exit",
    [PANIC_RESET] = "reset",
    [PANIC_PAUSE] = "pause",
    [PANIC_IGNORE] = "ignore",
    NULL,
};
static const char *const log_words[] = {
    [CONFIG_LOG_ERROR] = "error",
    [CONFIG_LOG_WARN] = "warn",
    [CONFIG_LOG_INFO] = "info",
    [CONFIG_LOG_DEBUG] = "debug",
    [CONFIG_LOG_TRACE] = "trace",
    [CONFIG_LOG_OFF] = "off",
    NULL,
};

/* ---- writing */

static json_t *bootloader_to_json(const struct bootloader_config *b, enum json_view view)
{
    struct json_writer w = json_writer_begin(view);

    switch (b->kind) {
    case BOOT_NONE:
        break;
    case BOOT_LINUX:
        put_text(&w, "kind", "linuxBootloader");
        put_text(&w, "vmlinuzPath", b->kernel);
        put_text(&w, "kernelCmdLine", b->cmdline);
        put_text(&w, "initrdPath", b->initrd);
        break;
    case BOOT_EFI:
        put_text(&w, "kind", "efiBootloader");
        put_text(&w, "efiVariableStorePath", b->variable_store);
        put_bool(&w, "createVariableStore", b->create_variable_store);
        break;
    case BOOT_MACOS:
        put_text(&w, "machineIdentifierPath", b->machine_identifier);
        put_text(&w, "hardwareModelPath", b->hardware_model);
        put_text(&w, "auxImagePath", b->aux_image);
        break;
    }
    return json_writer_end(&w);
}

static json_t *devices_to_json(const struct vm_config *cfg, enum json_view view)
{
    json_t *array = json_array();

    for (size_t i = 0; i < cfg->nr_devices; i++) {
        if (json_array_append_new(array, device_to_json(&cfg->devices[i], view))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *timesync_to_json(uint32_t port, enum json_view view)
{
    struct json_writer w = json_writer_begin(view);

    put_int(&w, "vsockPort", port);
    return json_writer_end(&w);
}

static json_t *ignition_to_json(const char *path, enum json_view view)
{
    struct json_writer w = json_writer_begin(view);

    put_text(&w, "kind", "ignition");
    put_text(&w, "configPath", path);
    return json_writer_end(&w);
}

/* What vfkit's JSON has no place for. */
static json_t *extras_to_json(const struct vm_config *cfg)
{
    struct json_writer w = json_writer_begin(JSON_VIEW_FULL);
    char *uri = rest_uri_text(&cfg->rest);

    put_text(&w, "personality", personality_words[cfg->personality]);
    put_text(&w, "accel", accel_words[cfg->accel]);
    put_text_if(&w, "accelOptions", cfg->accel_options);
    put_text(&w, "arch", arch_words[cfg->arch]);
    put_text(&w, "onPanic", panic_words[cfg->on_panic]);
    put_text(&w, "restfulURI", uri);
    put_text_if(&w, "pidFile", cfg->pidfile);
    put_text(&w, "logLevel", log_words[cfg->log_level]);
    put_text_if(&w, "logFile", cfg->log_file);
    put_text_if(&w, "firmwarePath", cfg->firmware_path);
    put_texts_if(&w, "oemStrings", cfg->oem_strings, cfg->nr_oem_strings);
    put_texts_if(&w, "cloudInit", cfg->cloud_init, cfg->nr_cloud_init);
    put_true_if(&w, "gui", cfg->gui);
    w.failed |= !uri;
    free(uri);
    return json_writer_end(&w);
}

static json_t *config_to_json(const struct vm_config *cfg, enum json_view view)
{
    struct json_writer w = json_writer_begin(view);

    put_int(&w, "vcpus", cfg->cpus);
    put_int(&w, "memoryBytes", (int64_t)cfg->memory_bytes);
    put_json(&w, "bootloader", bootloader_to_json(&cfg->bootloader, view));
    if (cfg->nr_devices)
        put_json(&w, "devices", devices_to_json(cfg, view));
    if (cfg->timesync_port)
        put_json(&w, "timesync", timesync_to_json(cfg->timesync_port, view));
    if (cfg->ignition_path)
        put_json(&w, "ignition", ignition_to_json(cfg->ignition_path, view));
    put_true_if(&w, "nested", cfg->nested);
    if (view == JSON_VIEW_FULL)
        put_json(&w, "berth", extras_to_json(cfg));
    return json_writer_end(&w);
}

/* Copies one character of JSON text as Go writes it: <, > and & never appear as themselves, U+2028
 * and U+2029 neither, and \u escapes are in lower case. Returns the bytes read. */
static size_t add_like_go(struct strbuf *b, const char *s)
{
    if (strchr("<>&", *s)) {
        strbuf_addf(b, "\\u%04x", *s);
        return 1;
    }
    if (!strncmp(s, "\xe2\x80\xa8", 3) || !strncmp(s, "\xe2\x80\xa9", 3)) {
        strbuf_addf(b, "\\u202%c", s[2] == '\xa8' ? '8' : '9');
        return 3;
    }
    if (s[0] == '\\' && s[1] == 'u') {
        strbuf_addn(b, s, 2);
        for (int i = 2; i < 6; i++)
            strbuf_addc(b, (char)tolower((unsigned char)s[i]));
        return 6;
    }
    strbuf_addn(b, s, s[0] == '\\' ? 2 : 1);
    return s[0] == '\\' ? 2 : 1;
}

char *vm_config_to_json(const struct vm_config *cfg, enum json_view view)
{
    json_t *json = config_to_json(cfg, view);
    char *text =
        json ? json_dumps(json, view == JSON_VIEW_FULL ? JSON_INDENT(2) : JSON_COMPACT) : NULL;
    struct strbuf out = {0};

    json_decref(json);
    if (!text)
        return NULL;
    for (const char *p = text; *p;)
        p += add_like_go(&out, p);
    free(text);
    return strbuf_take(&out);
}

/* ---- reading */

static void read_bootloader(struct json_reader *in, struct bootloader_config *b)
{
    const char *kind = json_string_value(json_object_get(in->o, "kind"));

    if (in->r)
        return;
    if (!json_is_object(in->o)) {
        get_failed(in, "must be an object");
    } else if (kind && !strcmp(kind, "linuxBootloader")) {
        b->kind = BOOT_LINUX;
        get_text(in, "vmlinuzPath", &b->kernel);
        get_text(in, "kernelCmdLine", &b->cmdline);
        get_text(in, "initrdPath", &b->initrd);
    } else if (kind && !strcmp(kind, "efiBootloader")) {
        b->kind = BOOT_EFI;
        get_text(in, "efiVariableStorePath", &b->variable_store);
        get_bool(in, "createVariableStore", &b->create_variable_store);
    } else if (!kind && json_object_size(in->o)) { /* vfkit gives macOS no kind */
        b->kind = BOOT_MACOS;
        get_text(in, "machineIdentifierPath", &b->machine_identifier);
        get_text(in, "hardwareModelPath", &b->hardware_model);
        get_text(in, "auxImagePath", &b->aux_image);
    } else if (kind) {
        get_failed(in, "unknown kind: %s", kind);
    }
}

static int read_devices(const json_t *array, struct vm_config *cfg, struct err *err)
{
    if (array && !json_is_array(array))
        return err_set(err, -EINVAL, "'devices' is not an array");
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct device_config read, *dev;
        int r = device_from_json(json_array_get(array, i), i, &read, err);

        if (r)
            return r;
        dev = vm_config_add_device(cfg, read.kind);
        if (!dev) {
            device_config_finish(&read);
            return -ENOMEM;
        }
        *dev = read;
    }
    return 0;
}

static void read_rest(struct json_reader *in, struct vm_config *cfg)
{
    struct err why = {0};
    char *uri = NULL;

    get_text(in, "restfulURI", &uri);
    if (uri && vfkit_parse_rest_uri(uri, &cfg->rest, &why))
        get_failed(in, "'restfulURI': %s", why.text);
    free(uri);
}

static int read_extras(const json_t *o, struct vm_config *cfg, struct err *err)
{
    struct json_reader in = {.o = o, .where = "'berth'", .err = err};
    int accel = (int)cfg->accel, arch = (int)cfg->arch, panic = (int)cfg->on_panic,
        level = (int)cfg->log_level;

    get_word(&in, "accel", accel_words, &accel);
    get_text(&in, "accelOptions", &cfg->accel_options);
    get_word(&in, "arch", arch_words, &arch);
    get_word(&in, "onPanic", panic_words, &panic);
    get_word(&in, "logLevel", log_words, &level);
    read_rest(&in, cfg);
    get_text(&in, "pidFile", &cfg->pidfile);
    get_text(&in, "logFile", &cfg->log_file);
    get_text(&in, "firmwarePath", &cfg->firmware_path);
    get_texts(&in, "oemStrings", &cfg->oem_strings, &cfg->nr_oem_strings);
    get_texts(&in, "cloudInit", &cfg->cloud_init, &cfg->nr_cloud_init);
    get_bool(&in, "gui", &cfg->gui);
    cfg->accel = (enum accel_kind)accel;
    cfg->arch = (enum guest_arch)arch;
    cfg->on_panic = (enum panic_action)panic;
    cfg->log_level = (enum config_log_level)level;
    return in.r;
}

/* The members of the top level that are not lists. */
static int read_top(const json_t *o, struct vm_config *cfg, struct err *err)
{
    struct json_reader in = {.o = o, .where = "configuration", .err = err};
    struct json_reader boot = {
        .o = json_object_get(o, "bootloader"), .where = "'bootloader'", .err = err};
    struct json_reader ignition = {
        .o = json_object_get(o, "ignition"), .where = "'ignition'", .err = err};
    struct json_reader timesync = {
        .o = json_object_get(o, "timesync"), .where = "'timesync'", .err = err};
    int64_t cpus = cfg->cpus, memory = (int64_t)cfg->memory_bytes, port = 0;

    get_int(&in, "vcpus", 0, UINT32_MAX, &cpus);
    get_int(&in, "memoryBytes", 0, INT64_MAX, &memory);
    get_bool(&in, "nested", &cfg->nested);
    cfg->cpus = (unsigned)cpus;
    cfg->memory_bytes = (uint64_t)memory;
    timesync.r = in.r;
    get_int(&timesync, "vsockPort", 0, UINT32_MAX, &port);
    cfg->timesync_port = (uint32_t)port;
    ignition.r = timesync.r;
    get_text(&ignition, "configPath", &cfg->ignition_path);
    boot.r = ignition.r;
    if (boot.o)
        read_bootloader(&boot, &cfg->bootloader);
    return boot.r;
}

static int read_config(const json_t *o, struct vm_config *cfg, struct err *err)
{
    const json_t *extras = json_object_get(o, "berth");
    struct json_reader in = {.o = extras, .where = "'berth'", .err = err};
    int personality = PERSONALITY_VFKIT, r;

    vm_config_init(cfg, PERSONALITY_VFKIT);
    if (!json_is_object(o))
        return err_set(err, -EINVAL, "a configuration is a JSON object");
    get_word(&in, "personality", personality_words, &personality);
    vm_config_init(cfg, (enum personality)personality);
    cfg->bootloader.kind = BOOT_NONE;
    r = in.r ? in.r : read_top(o, cfg, err);
    if (!r)
        r = read_devices(json_object_get(o, "devices"), cfg, err);
    return r || !extras ? r : read_extras(extras, cfg, err);
}

int vm_config_from_json(const char *text, size_t len, struct vm_config *cfg, struct err *err)
{
    json_error_t where;
    json_t *o = json_loadb(text, len, 0, &where);
    int r;

    if (!o)
        return err_set(err, -EINVAL, "not JSON: %s in line %d, column %d", where.text, where.line,
                       where.column);
    r = read_config(o, cfg, err);
    json_decref(o);
    if (r)
        vm_config_finish(cfg);
    return r;
}
