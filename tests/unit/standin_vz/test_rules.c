/* SPDX-License-Identifier: Apache-2.0
 *
 * Small programs that each break one rule of Apple's: the stand-in ends them, and says why. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apple_test.h"
#include "base/compiler.h"
#include "host/thread.h"

#include <cmocka.h>

enum { EXIT_LEAK = 97 };

struct rule {
    const char *name, *words;
    void (*program)(void);
};

/* --- messages --- */

static id string(const char *text)
{
    return ns_string(VZ_CLASS(NSString), text);
}

static void unknown_selector(void)
{
    void (*send)(id, SEL) = (void (*)(id, SEL))objc_msgSend;

    send(empty_config(), sel_registerName("frobnicate"));
}

static void selector_of_another_class(void)
{
    vz_config_set_cpus(new_of("VZEFIBootLoader"), 1);
}

static void instance_method_to_class(void)
{
    (void)vz_config_validate(VZ_CLASS(VZVirtualMachineConfiguration), NULL);
}

static void message_to_nil(void)
{
    vz_config_set_cpus(NULL, 1);
}

static void too_new(void)
{
    pretend("MACOS", "14.6");
    (void)vz_generic_nested_supported(VZ_CLASS(VZGenericPlatformConfiguration));
}

static void class_too_new(void)
{
    pretend("MACOS", "13.0");
    (void)ns_alloc(VZ_CLASS(VZNVMExpressControllerDeviceConfiguration));
}

static void class_of_apple_silicon(void)
{
    pretend("INTEL", "1");
    (void)ns_alloc(VZ_CLASS(VZLinuxRosettaDirectoryShare));
}

/* --- arguments --- */

static void argument_of_another_class(void)
{
    vz_config_set_boot_loader(empty_config(), string("efi"));
}

static void argument_nil(void)
{
    vz_net_set_mac(new_of("VZVirtioNetworkDeviceConfiguration"), NULL);
}

static void element_of_another_class(void)
{
    vz_config_set_storage(empty_config(), list_with(string("disk")));
}

static void enum_out_of_range(void)
{
    (void)vz_image_init(ns_alloc(VZ_CLASS(VZDiskImageStorageDeviceAttachment)),
                        ns_url_of_file(VZ_CLASS(NSURL), string("/dev/null")), 0, 2, 0, NULL);
}

static void bool_of_two(void)
{
    void (*send)(id, SEL, int) = (void (*)(id, SEL, int))objc_msgSend;

    send(new_of("VZVirtioConsolePortConfiguration"), sel_registerName("setIsConsole:"), 2);
}

static void block_of_another_type(void)
{
    struct objc_block b = objc_block_2(NULL, NULL);

    vz_rosetta_install(VZ_CLASS(VZLinuxRosettaDirectoryShare), &b);
}

static void argument_not_initialized(void)
{
    vz_config_set_boot_loader(empty_config(), ns_alloc(VZ_CLASS(VZEFIBootLoader)));
}

static void nil_into_array(void)
{
    ns_array_add(ns_array(VZ_CLASS(NSMutableArray)), NULL);
}

static void array_index_beyond(void)
{
    (void)ns_array_at(list_with(string("a")), 1);
}

static void immutable_array_changed(void)
{
    ns_array_add(ns_array((id)(void *)objc_getClass("NSArray")), string("a"));
}

static void empty_path(void)
{
    (void)ns_url_of_file(VZ_CLASS(NSURL), string(""));
}

static void closed_descriptor(void)
{
    (void)ns_file_handle_init(ns_alloc(VZ_CLASS(NSFileHandle)), 999, 0);
}

static void stream_socket_as_network(void)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0)
        (void)vz_net_file_init(ns_alloc(VZ_CLASS(VZFileHandleNetworkDeviceAttachment)),
                               ns_file_handle_init(ns_alloc(VZ_CLASS(NSFileHandle)), fds[0], 0));
}

static void tag_too_long(void)
{
    (void)vz_fs_init(ns_alloc(VZ_CLASS(VZVirtioFileSystemDeviceConfiguration)),
                     string("1234567890123456789012345678901234567"));
}

/* --- objects --- */

static void not_initialized(void)
{
    vz_config_set_cpus(ns_alloc(VZ_CLASS(VZVirtualMachineConfiguration)), 1);
}

static void initialized_twice(void)
{
    (void)ns_init(empty_config());
}

static void init_unavailable(void)
{
    (void)new_of("VZVirtualMachine");
}

static void used_after_its_end(void)
{
    id obj = ns_init(ns_alloc(VZ_CLASS(VZEFIBootLoader)));

    objc_release(obj);
    vz_efi_set_variable_store(obj, NULL);
}

static void released_too_often(void)
{
    id obj = ns_init(ns_alloc(VZ_CLASS(VZEFIBootLoader)));

    objc_release(obj);
    objc_release(obj);
}

static void autoreleased_and_released(void)
{
    objc_release(new_of("VZEFIBootLoader"));
}

static void *autorelease_here(void *arg)
{
    (void)objc_autorelease(objc_retain(arg));
    return NULL;
}

static void autoreleased_without_pool(void)
{
    pthread_t thread;

    if (thread_create(&thread, autorelease_here, new_of("VZEFIBootLoader")) == 0)
        (void)pthread_join(thread, NULL);
}

static void *pop_here(void *pool)
{
    objc_autoreleasePoolPop(pool);
    return NULL;
}

static void pool_of_another_thread(void)
{
    pthread_t thread;

    if (thread_create(&thread, pop_here, objc_autoreleasePoolPush()) == 0)
        (void)pthread_join(thread, NULL);
}

static void object_left(void)
{
    (void)objc_retain(new_of("VZEFIBootLoader"));
}

static void queue_left(void)
{
    (void)dispatch_queue_create("left", NULL);
}

/* --- classes of the program's --- */

static id delegate_with(const char *selector, const char *types)
{
    const struct objc_method method = {selector, (void (*)(void))abort, types};
    const struct objc_class_spec spec = {.name = "TestDelegate",
                                         .protocol = "VZVirtualMachineDelegate",
                                         .methods = &method,
                                         .nr_methods = 1};

    return objc_delegate_create(&spec, NULL);
}

static void wrong_encoding(void)
{
    (void)delegate_with("guestDidStopVirtualMachine:", "v@:@@");
}

static void method_added_to_apples(void)
{
    (void)class_addMethod(objc_getClass("VZVirtualMachine"), sel_registerName("x"),
                          (void (*)(void))abort, "v@:");
}

static void class_not_registered(void)
{
    (void)class_createInstance(objc_allocateClassPair(objc_getClass("NSObject"), "TestClass", 0),
                               0);
}

static void class_of_no_class(void)
{
    (void)objc_allocateClassPair(objc_getClass("NSNothing"), "TestClass", 0);
}

static void delegate_gone(void)
{
    id listener = new_of("VZVirtioSocketListener");
    id delegate = delegate_with("stop", "v@:");

    vz_listener_set_delegate(listener, delegate);
    objc_release(delegate);
}

/* --- configurations and VMs --- */

static void made_without_validation(void)
{
    (void)vz_vm_init(ns_alloc(VZ_CLASS(VZVirtualMachine)), empty_config(),
                     dispatch_queue_create("vm", NULL));
}

static void changed_after_validation(void)
{
    id config = empty_config();

    if (vz_config_validate(config, NULL))
        vz_config_set_cpus(config, 1);
    (void)vz_vm_init(ns_alloc(VZ_CLASS(VZVirtualMachine)), config,
                     dispatch_queue_create("vm", NULL));
}

static void part_changed_after_validation(void)
{
    id config = empty_config(), port = new_of("VZVirtioConsoleDeviceSerialPortConfiguration");

    vz_config_set_serial_ports(config, list_with(port));
    if (vz_config_validate(config, NULL))
        vz_serial_set_attachment(port, NULL);
    (void)vz_vm_init(ns_alloc(VZ_CLASS(VZVirtualMachine)), config,
                     dispatch_queue_create("vm", NULL));
}

static void changed_after_the_vm_was_made(void)
{
    id config = empty_config(), port = new_of("VZVirtioConsoleDeviceSerialPortConfiguration");

    vz_config_set_serial_ports(config, list_with(port));
    if (vz_config_validate(config, NULL))
        (void)vz_vm_init(ns_alloc(VZ_CLASS(VZVirtualMachine)), config,
                         dispatch_queue_create("vm", NULL));
    vz_serial_set_attachment(port, NULL);
}

static void off_its_queue(void)
{
    (void)vz_vm_state(new_vm(dispatch_queue_create("vm", NULL)));
}

static void on_nobody(struct objc_block *b, id error)
{
}

static void start(void *vm)
{
    struct objc_block b = objc_block_1(on_nobody, NULL);

    vz_vm_start(vm, &b);
    vz_vm_set_delegate(vm, delegate_with("stop", "v@:"));
}

/* The operation's block and the guest live on with the VM. */
static void vm_left(void)
{
    dispatch_queue_t q = dispatch_queue_create("vm", NULL);

    dispatch_sync_f(q, new_vm(q), start);
    dispatch_release(q);
}

/* --- queues and threads --- */

static void nothing(void *ctx)
{
}

static void wait_for_itself(void *q)
{
    dispatch_sync_f(q, NULL, nothing);
}

static void sync_to_own_queue(void)
{
    dispatch_queue_t q = dispatch_queue_create("q", NULL);

    dispatch_sync_f(q, q, wait_for_itself);
}

static void main_queue_released(void)
{
    dispatch_release(&_dispatch_main_q);
}

static void *make_window(void *arg)
{
    (void)ns_app(VZ_CLASS(NSApplication));
    return NULL;
}

static void appkit_elsewhere(void)
{
    pthread_t thread;

    if (thread_create(&thread, make_window, NULL) == 0)
        (void)pthread_join(thread, NULL);
}

static const struct rule rules[] = {
    {"a selector that nobody has", "frobnicate]: unrecognized selector", unknown_selector},
    {"a selector of another class", "unrecognized selector", selector_of_another_class},
    {"an instance's method for a class",
     "+[VZVirtualMachineConfiguration validateWithError:]: unrecognized", instance_method_to_class},
    {"a message to nil", "setCPUCount: is sent to nil", message_to_nil},
    {"a method newer than this macOS", "needs macOS 15.0, and this is 14.6", too_new},
    {"a class newer than this macOS", "alloc is sent to nil", class_too_new},
    {"a class of the other architecture", "alloc is sent to nil", class_of_apple_silicon},
    {"an argument of another class", "a NSString is given, not a VZBootLoader",
     argument_of_another_class},
    {"nil where it must not be", "nil or NULL is given", argument_nil},
    {"an element of another class", "element 0 is a NSString, not a VZStorageDeviceConfiguration",
     element_of_another_class},
    {"a value that the enumeration lacks", "VZDiskImageSynchronizationMode has no value 0",
     enum_out_of_range},
    {"a BOOL of two", "neither YES nor NO", bool_of_two},
    {"a block of another type", "a block of signature v24@?0@8@16, not v16@?0@8",
     block_of_another_type},
    {"an argument without init", "allocated, but not initialized", argument_not_initialized},
    {"nil into an array", "nil or NULL is given", nil_into_array},
    {"an index beyond the array", "beyond the end raises", array_index_beyond},
    {"an NSArray that is changed", "unrecognized selector", immutable_array_changed},
    {"a URL of an empty path", "of an empty path raises", empty_path},
    {"a descriptor that is closed", "descriptor 999, which is not open", closed_descriptor},
    {"a stream socket as a network", "of no datagram socket raises", stream_socket_as_network},
    {"a tag that is too long", "of an invalid tag raises", tag_too_long},
    {"an object without init", "is not initialized yet", not_initialized},
    {"init twice", "is initialized twice", initialized_twice},
    {"init where there is none", "-[VZVirtualMachine init] is unavailable", init_unavailable},
    {"use after the end", "a VZEFIBootLoader is used after its end", used_after_its_end},
    {"one release too many", "a VZEFIBootLoader is used after its end", released_too_often},
    {"release of what the pool owns", "a VZEFIBootLoader is used after its end",
     autoreleased_and_released},
    {"autorelease without a pool", "autoreleased without a pool", autoreleased_without_pool},
    {"a pool of another thread", "not on this thread", pool_of_another_thread},
    {"a delegate's method encoded wrongly", "is encoded as v@:@, not v@:@@", wrong_encoding},
    {"a method added to Apple's class", "added to Apple's class VZVirtualMachine",
     method_added_to_apples},
    {"an instance before registration", "a class that is not registered", class_not_registered},
    {"a class without superclass", "has no superclass", class_of_no_class},
    {"a delegate that goes first", "a TestDelegate is gone while it is still a delegate",
     delegate_gone},
    {"a VM without validation", "not found valid as it is now", made_without_validation},
    {"a change after validation", "not found valid as it is now", changed_after_validation},
    {"a part's change after validation", "not found valid as it is now",
     part_changed_after_validation},
    {"a change after the VM", "is changed after a virtual machine was made of it",
     changed_after_the_vm_was_made},
    {"a VM off its queue", "-[VZVirtualMachine state]: is for the virtual machine's queue only",
     off_its_queue},
    {"dispatch_sync to the own queue", "a deadlock", sync_to_own_queue},
    {"the main queue released", "the main queue is released", main_queue_released},
    {"AppKit off the main thread", "is for the main thread only", appkit_elsewhere},
};

static const struct rule leaks[] = {
    {"an object is left", "left over at exit: 1 objects, 0 blocks, 0 queues", object_left},
    {"a queue is left", "left over at exit: 0 objects, 0 blocks, 1 queues", queue_left},
    {"a VM is left", "a VZVirtualMachine with 1 references", vm_left},
};

static void is_ended(void **state)
{
    const struct rule *r = *state;
    char words[2048];
    int status = run_apart(r->program, words, sizeof(words));

    if (!WIFSIGNALED(status) || !strstr(words, r->words))
        print_message("status %x: %s\n", (unsigned)status, words);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(words, r->words));
}

static void fails_at_exit(void **state)
{
    const struct rule *r = *state;
    char words[2048];
    int status = run_apart(r->program, words, sizeof(words));

    if (!WIFEXITED(status) || !strstr(words, r->words))
        print_message("status %x: %s\n", (unsigned)status, words);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_LEAK);
    assert_non_null(strstr(words, r->words));
}

static void keep_the_rules(void)
{
    dispatch_queue_t q = dispatch_queue_create("vm", NULL);
    id vm = new_vm(q);

    dispatch_sync_f(q, NULL, nothing);
    objc_release(vm);
    dispatch_release(q);
}

static void whoever_keeps_them_lives(void **state)
{
    char words[2048];

    assert_int_equal(run_apart(keep_the_rules, words, sizeof(words)), 0);
    assert_string_equal(words, "");
}

static int clean_up(void **state)
{
    temporary_dir_remove();
    return 0;
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LEN(rules) + ARRAY_LEN(leaks) + 1];
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        const struct rule *r = &rules[i];

        tests[n++] = (struct CMUnitTest){
            .name = r->name, .test_func = is_ended, .initial_state = (void *)(uintptr_t)r};
    }
    for (size_t i = 0; i < ARRAY_LEN(leaks); i++) {
        const struct rule *r = &leaks[i];

        tests[n++] = (struct CMUnitTest){
            .name = r->name, .test_func = fails_at_exit, .initial_state = (void *)(uintptr_t)r};
    }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(whoever_keeps_them_lives);
    (void)temporary_dir();
    pretend("PATIENCE_MS", "100");
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
