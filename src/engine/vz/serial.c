/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-serial: vfkit-compat.md §7.4. Log files and the terminal are single-port devices; all
 * pseudo-terminals are console ports of one device. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "backend/char/pty.h"
#include "base/log.h"
#include "engine/vz/build.h"
#include "engine/vz/foundation.h"
#include "host/tty.h"

/* The framework opens and truncates it. */
static int log_attachment(const struct serial_config *serial, id *ret, struct err *err)
{
    id error = NULL;

    *ret = objc_autorelease(vz_serial_file_init(VZ_ALLOC(VZFileSerialPortAttachment),
                                                vz_file_url(serial->log_path), 0, &error));
    return *ret ? 0 : vz_error(err, error, "serial log '%s'", serial->log_path);
}

static id handle_attachment(int in, int out)
{
    return objc_autorelease(vz_serial_handle_init(VZ_ALLOC(VZFileHandleSerialPortAttachment),
                                                  vz_file_handle(in), vz_file_handle(out)));
}

/* Upstream fails without a terminal; there is no need to. In the background a read fails instead of
 * stopping the VM. */
static void prepare_terminal(void)
{
    int rc = tty_set_mode(STDIN_FILENO, TTY_UNCOOKED);

    if (rc == 0)
        (void)signal(SIGTTIN, SIG_IGN);
    else if (rc != -ENOTTY)
        log_warn("stdio: the terminal keeps its settings: %s", strerror(-rc));
}

static int stdio_attachment(id *ret, struct err *err)
{
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0), out;

    if (in < 0)
        return err_set(
            err, -errno,
            "virtio-serial,stdio: standard input: %s; raise the limit of open files (ulimit -n)",
            strerror(errno));
    out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    if (out < 0) {
        int rc = -errno;

        (void)close(in);
        return err_set(
            err, rc,
            "virtio-serial,stdio: standard output: %s; raise the limit of open files (ulimit -n)",
            strerror(-rc));
    }
    prepare_terminal();
    *ret = handle_attachment(in, out);
    return 0;
}

static int add_port(struct vz_build *b, id attachment)
{
    id port = vz_new(VZ_CLASS(VZVirtioConsoleDeviceSerialPortConfiguration));

    vz_serial_set_attachment(port, attachment);
    ns_array_add(b->serial_ports, port);
    return 0;
}

/* --- pseudo-terminals --- */

static void add_console_port(struct vz_build *b, id attachment)
{
    id port = vz_new(VZ_CLASS(VZVirtioConsolePortConfiguration));

    if (!b->ptys)
        b->ptys = vz_new(VZ_CLASS(VZVirtioConsoleDeviceConfiguration));
    vz_port_set_attachment(port, attachment);
    vz_port_set_is_console(port, 1);
    vz_console_ports_set(vz_console_ports(b->ptys), port, b->nr_ptys++);
}

static int add_pty(struct vz_build *b, struct serial_config *serial, struct err *err)
{
    struct pty pty;
    int out, rc = pty_open(&pty, err);

    if (rc < 0)
        return rc;
    serial->pty_name = pty.name; /* the configuration's from now on */
    out = fcntl(pty.master, F_DUPFD_CLOEXEC, 0);
    rc = out < 0 ? -errno : 0;
    if (vz_leave_fd(b->left, pty.slave) < 0 && rc == 0)
        rc = -ENOMEM;
    if (rc < 0) {
        (void)close(pty.master);
        if (out >= 0)
            (void)close(out);
        return err_set(err, rc, "serial port: pseudo-terminal %s: %s", pty.name, strerror(-rc));
    }
    add_console_port(b, handle_attachment(pty.master, out));
    return 0;
}

int vz_add_serial(struct vz_build *b, struct device_config *dev, struct err *err)
{
    struct serial_config *serial = &dev->serial;
    id attachment = NULL;
    int rc;

    if (serial->kind == SERIAL_PTY)
        return add_pty(b, serial, err);
    rc = serial->kind == SERIAL_LOG ? log_attachment(serial, &attachment, err)
                                    : stdio_attachment(&attachment, err);
    return rc < 0 ? rc : add_port(b, attachment);
}
