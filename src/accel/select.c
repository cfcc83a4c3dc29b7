/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of all accelerators, best first, those missing from this build included: so that a
 * message can say so. */
#include "accel/select.h"

#include <errno.h>

#include "accel/hvf/hvf.h"
#include "accel/kvm/probe.h"
#include "base/log.h"
#include "base/strbuf.h"

struct candidate {
    enum accel_kind kind;
    const char *name;
    enum guest_arch arch;               /* what it runs; ARCH_AUTO: the host's own */
    const struct accel_ops *const *ops; /* NULL there: not in this build */
    int (*probe)(struct err *err);      /* can the host do it? NULL: ops->probe knows */
};

static const struct accel_ops *const missing = NULL;
static const struct accel_ops *const soft = &accel_soft;

static const struct candidate candidates[] = {
    {ACCEL_HVF, "hvf", ARCH_ARM64, &accel_hvf, hvf_probe},
    {ACCEL_KVM, "kvm", ARCH_AUTO, &missing, kvm_probe},
    {ACCEL_SOFT, "soft", ARCH_ARM64, &soft, NULL},
};

static const char *arch_name(enum guest_arch arch)
{
    return arch == ARCH_X86_64 ? "x86-64" : "arm64";
}

/* Whether `c` can run a guest of `arch` on this host; otherwise why not, in `err`. */
static int try_candidate(const struct candidate *c, enum guest_arch arch, struct err *err)
{
    if (!*c->ops)
        return err_set(err, -ENOTSUP, "%s is not part of this build", c->name);
    if (c->arch != ARCH_AUTO && c->arch != arch)
        return err_set(err, -ENOTSUP, "%s does not run %s guests", c->name, arch_name(arch));
    return (*c->ops)->probe(err);
}

static int select_named(enum accel_kind kind, enum guest_arch arch, const struct accel_ops **ret,
                        struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
        const struct candidate *c = &candidates[i];
        struct err why = {0};
        int rc;

        if (c->kind != kind)
            continue;
        rc = try_candidate(c, arch, &why);
        if (rc < 0)
            return err_set(err, -ENOTSUP, "accelerator %s: %s; use --accel auto", c->name,
                           why.text);
        log_info("accelerator %s: chosen because it was asked for", c->name);
        *ret = *c->ops;
        return 0;
    }
    return err_set(err, -ENOTSUP, "that is an engine, not an accelerator; use --accel auto");
}

static int select_best(enum guest_arch arch, const struct accel_ops **ret, struct err *err)
{
    struct strbuf reasons = {0};
    const struct candidate *found = NULL;
    bool fell_back = false; /* past one that this build has for such guests */
    int rc = 0;

    for (size_t i = 0; i < ARRAY_LEN(candidates) && !found; i++) {
        struct err why = {0};

        if (try_candidate(&candidates[i], arch, &why) == 0) {
            found = &candidates[i];
            continue;
        }
        fell_back = fell_back || (*candidates[i].ops && candidates[i].arch == arch);
        strbuf_addf(&reasons, "%s%s", reasons.len ? ", " : "", why.text);
    }
    if (found) {
        /* A user who could have had hardware should hear of it. */
        log_write(fell_back ? LOG_WARN : LOG_INFO,
                  "accelerator %s: the best usable one for %s guests here%s%s%s", found->name,
                  arch_name(arch), reasons.len ? " (" : "", reasons.len ? reasons.s : "",
                  reasons.len ? ")" : "");
        *ret = *found->ops;
    } else {
        rc = err_set(err, -ENOTSUP, "no accelerator can run %s guests on this host: %s",
                     arch_name(arch), reasons.s ? reasons.s : "none built");
    }
    strbuf_finish(&reasons);
    return rc;
}

int accel_select(enum accel_kind kind, enum guest_arch arch, const struct accel_ops **ret,
                 struct err *err)
{
    if (arch == ARCH_AUTO)
        arch = ARCH_ARM64;
    return kind == ACCEL_AUTO ? select_best(arch, ret, err) : select_named(kind, arch, ret, err);
}

size_t accel_survey(struct accel_report *reports, size_t max)
{
    size_t n = ARRAY_LEN(candidates) < max ? ARRAY_LEN(candidates) : max;

    for (size_t i = 0; i < n; i++) {
        const struct candidate *c = &candidates[i];
        struct accel_report *report = &reports[i];

        *report = (struct accel_report){.name = c->name, .arch = c->arch, .built = *c->ops};
        report->status = c->probe ? c->probe(&report->why) : (*c->ops)->probe(&report->why);
    }
    return n;
}
