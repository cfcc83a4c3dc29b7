/* SPDX-License-Identifier: Apache-2.0
 *
 * From an NSError to one sentence. The codes are those of VZError.h; Apple's own words come with
 * the object, and what to do about it is ours. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "engine/engine_ops.h"
#include "engine/vz/foundation.h"

static const char entitlement[] = "com.apple.security.virtualization";

struct known_error {
    NSInteger code;
    int result;
    const char *remedy;
};

static const struct known_error known_errors[] = {
    {1, -EIO, "try again; if it stays, restart the Mac"},
    {2, -EINVAL, "change the option that this is about, or leave it out"},
    {3, -EIO, "try again"},
    {4, -EBUSY, "try again when the virtual machine is running"},
    {5, -EINVAL, "attach a raw disk image or an ISO that no other program uses"},
    {6, -EAGAIN, "stop another virtual machine first"},
    {7, -EIO, "check the network that --device virtio-net names"},
    {8, -ENOSPC, "free some space on the disk that holds the images"},
    {9, -ECANCELED, "start it again, and let it finish"},
    {10, -ENOTSUP, "leave the option out, or use --accel auto"},
    {11, -EIO, "free some space, and save a virtual machine that is paused"},
    {12, -EIO, "start it without its saved state, which another macOS or Mac may have written"},
    {10001, -EIO, "check the network, and try again"},
    {10002, -EIO, "try again later: Apple's list of restore images cannot be read"},
    {10003, -ENOTSUP, "update macOS: no restore image is for this Mac"},
    {10004, -EIO, "download the restore image again"},
    {10005, -EINVAL, "download the restore image again"},
    {10006, -ENOTSUP, "install the update that macOS offers, and try again"},
    {10007, -EIO, "install the guest again, on a new disk image"},
    {20001, -EPROTO, "check the NBD server, its address and the name of its export"},
    {20002, -ECONNRESET, "check the NBD server"},
    {30001, -ENODEV, "give the virtual machine a USB controller"},
    {30002, -EBUSY, "detach the device first"},
    {30003, -EIO, "plug the device in again"},
    {30004, -ENODEV, "attach the device first"},
};

/* Of any other number, and of other frameworks under this one. */
static const struct known_error other_error = {
    0, -EIO, "Console.app may say more, under com.apple.Virtualization.VirtualMachine"};
static const struct known_error file_error = {0, -EIO,
                                              "check that it is there and that you may open it"};

/* Never NULL. */
static const struct known_error *look_up(id error)
{
    const char *domain = ns_string_utf8(ns_error_domain(error));

    if (!strcmp(domain, "NSPOSIXErrorDomain") || !strcmp(domain, "NSCocoaErrorDomain"))
        return &file_error;
    if (strcmp(domain, "VZErrorDomain") != 0)
        return &other_error;
    for (size_t i = 0; i < ARRAY_LEN(known_errors); i++)
        if (known_errors[i].code == ns_error_code(error))
            return &known_errors[i];
    return &other_error;
}

/* Adds a sentence without its full stop; the same one is not said twice. */
static void add_words(struct strbuf *b, id string)
{
    const char *words = string ? ns_string_utf8(string) : NULL;
    size_t len = words ? strlen(words) : 0;

    while (len && (words[len - 1] == '.' || words[len - 1] == ' '))
        len--;
    if (len == 0 || (b->s && memmem(b->s, b->len, words, len)))
        return;
    strbuf_addf(b, "%s%.*s", b->len ? ": " : "", (int)len, words);
}

/* What the error says, then why, then what lay under it. */
static void add_error(struct strbuf *b, id error)
{
    id under = ns_error_underlying(error);

    add_words(b, ns_error_description(error));
    add_words(b, ns_error_reason(error));
    for (NSUInteger i = 0; under && i < ns_array_count(under); i++) {
        id one = ns_array_at(under, i);

        add_words(b, ns_error_description(one));
        add_words(b, ns_error_reason(one));
    }
}

static int denied(struct err *err, const char *doing)
{
    return err_set(err, ENGINE_DENIED,
                   "%s: macOS denies it to this program, which lacks the entitlement %s; sign it "
                   "with it (codesign --force --sign - --entitlements FILE)",
                   doing, entitlement);
}

int vz_error(struct err *err, id error, const char *fmt, ...)
{
    char doing[ERR_TEXT_MAX / 2];
    const struct known_error *known;
    struct strbuf words = {0};
    va_list ap;
    int rc;

    va_start(ap, fmt);
    (void)vsnprintf(doing, sizeof(doing), fmt, ap);
    va_end(ap);
    if (!error)
        return err_set(err, -EIO, "%s: the Virtualization framework refused without a reason; %s",
                       doing, other_error.remedy);
    add_error(&words, error);
    known = look_up(error);
    if (words.s && strstr(words.s, entitlement))
        rc = denied(err, doing);
    else
        rc = err_set(err, known->result, "%s: %s (%s %ld); %s", doing,
                     words.s ? words.s : "no reason given", ns_string_utf8(ns_error_domain(error)),
                     ns_error_code(error), known->remedy);
    strbuf_finish(&words);
    return rc;
}
