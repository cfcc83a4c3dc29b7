/* SPDX-License-Identifier: Apache-2.0 */
#include "apple_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"

static char dir[64];

void pretend(const char *name, const char *value)
{
    char variable[64];

    (void)snprintf(variable, sizeof(variable), "BERTH_STANDIN_%s", name);
    if (value)
        (void)setenv(variable, value, 1);
    else
        (void)unsetenv(variable);
}

NORETURN static void run_and_exit(void (*fn)(void), int error_fd)
{
    void *pool;

    (void)dup2(error_fd, STDERR_FILENO);
    pool = objc_autoreleasePoolPush();
    fn();
    objc_autoreleasePoolPop(pool);
    exit(0);
}

int run_apart(void (*fn)(void), char *ret, size_t size)
{
    size_t len = 0;
    ssize_t n = 1;
    int fds[2], status = -1;
    pid_t pid;

    (void)fflush(NULL);
    if (pipe(fds) < 0)
        abort();
    pid = fork();
    if (pid == 0)
        run_and_exit(fn, fds[1]);
    (void)close(fds[1]);
    while (n > 0) {
        n = read(fds[0], ret + len, size - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    ret[len] = '\0';
    (void)close(fds[0]);
    (void)waitpid(pid, &status, 0);
    return status;
}

id new_of(const char *cls)
{
    return objc_autorelease(ns_init(ns_alloc((id)(void *)objc_getClass(cls))));
}

id list_with(id obj)
{
    id list = ns_array(VZ_CLASS(NSMutableArray));

    ns_array_add(list, obj);
    return list;
}

const char *temporary_dir(void)
{
    if (!dir[0]) {
        (void)strcpy(dir, "/tmp/berth-standin-XXXXXX");
        if (!mkdtemp(dir))
            abort();
    }
    return dir;
}

void temporary_dir_remove(void)
{
    char command[96];

    if (!dir[0])
        return;
    (void)snprintf(command, sizeof(command), "rm -r %s", dir);
    if (system(command) != 0) /* NOLINT: our own path */
        (void)fprintf(stderr, "%s stays\n", dir);
    dir[0] = '\0';
}

static id variable_store(void)
{
    char path[96];
    id url;

    (void)snprintf(path, sizeof(path), "%s/vars", temporary_dir());
    url = ns_url_of_file(VZ_CLASS(NSURL), ns_string(VZ_CLASS(NSString), path));
    return objc_autorelease(
        vz_efi_store_init_creating(ns_alloc(VZ_CLASS(VZEFIVariableStore)), url, 1, NULL));
}

id empty_config(void)
{
    id config = new_of("VZVirtualMachineConfiguration"), loader = new_of("VZEFIBootLoader");

    vz_efi_set_variable_store(loader, variable_store());
    vz_config_set_boot_loader(config, loader);
    vz_config_set_cpus(config, 1);
    vz_config_set_memory(config, UINT64_C(64) << 20);
    return config;
}

id new_vm(dispatch_queue_t q)
{
    id config = empty_config(), error = NULL;

    if (!vz_config_validate(config, &error))
        abort();
    return vz_vm_init(ns_alloc(VZ_CLASS(VZVirtualMachine)), config, q);
}
