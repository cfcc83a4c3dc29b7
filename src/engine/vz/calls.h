/* SPDX-License-Identifier: Apache-2.0
 *
 * Every class, message and delegate method of Apple's that this engine uses: one list each, and
 * from the list of messages one typed function each. Nothing else in berth calls objc_msgSend.
 *
 * An entry states what Apple's header states, so that a table made from those headers alone can be
 * compared with it, type by type (tests/standin/vz). `since` is the macOS that brought it, as 1203
 * for 12.3; what is older than Virtualization.framework itself says 1100. Newer than MACOS_OLDEST:
 * ask macos_has() first. */
#ifndef BERTH_ENGINE_VZ_CALLS_H
#define BERTH_ENGINE_VZ_CALLS_H

#include "engine/vz/objc.h"

enum { MACOS_OLDEST = 1300 };

/* clang-format off */

/* X(name, since) */
#define VZ_CLASSES(X) \
    X(NSApplication, 1100) \
    X(NSData, 1100) \
    X(NSEvent, 1100) \
    X(NSFileHandle, 1100) \
    X(NSImage, 1100) \
    X(NSMenu, 1100) \
    X(NSMenuItem, 1100) \
    X(NSMutableArray, 1100) \
    X(NSProcessInfo, 1100) \
    X(NSString, 1100) \
    X(NSURL, 1100) \
    X(NSWindow, 1100) \
    X(VZDiskBlockDeviceStorageDeviceAttachment, 1400) \
    X(VZDiskImageStorageDeviceAttachment, 1100) \
    X(VZEFIBootLoader, 1300) \
    X(VZEFIVariableStore, 1300) \
    X(VZFileHandleNetworkDeviceAttachment, 1100) \
    X(VZFileHandleSerialPortAttachment, 1100) \
    X(VZFileSerialPortAttachment, 1100) \
    X(VZGenericPlatformConfiguration, 1200) \
    X(VZLinuxBootLoader, 1100) \
    X(VZLinuxRosettaDirectoryShare, 1300) \
    X(VZMACAddress, 1100) \
    X(VZMacAuxiliaryStorage, 1200) \
    X(VZMacGraphicsDeviceConfiguration, 1200) \
    X(VZMacGraphicsDisplayConfiguration, 1200) \
    X(VZMacHardwareModel, 1200) \
    X(VZMacMachineIdentifier, 1200) \
    X(VZMacOSBootLoader, 1200) \
    X(VZMacPlatformConfiguration, 1200) \
    X(VZNATNetworkDeviceAttachment, 1100) \
    X(VZNVMExpressControllerDeviceConfiguration, 1400) \
    X(VZNetworkBlockDeviceStorageDeviceAttachment, 1400) \
    X(VZSharedDirectory, 1200) \
    X(VZSingleDirectoryShare, 1200) \
    X(VZUSBKeyboardConfiguration, 1200) \
    X(VZUSBMassStorageDeviceConfiguration, 1300) \
    X(VZUSBScreenCoordinatePointingDeviceConfiguration, 1200) \
    X(VZVirtioBlockDeviceConfiguration, 1100) \
    X(VZVirtioConsoleDeviceConfiguration, 1300) \
    X(VZVirtioConsoleDeviceSerialPortConfiguration, 1100) \
    X(VZVirtioConsolePortConfiguration, 1300) \
    X(VZVirtioEntropyDeviceConfiguration, 1100) \
    X(VZVirtioFileSystemDeviceConfiguration, 1200) \
    X(VZVirtioGraphicsDeviceConfiguration, 1300) \
    X(VZVirtioGraphicsScanoutConfiguration, 1300) \
    X(VZVirtioNetworkDeviceConfiguration, 1100) \
    X(VZVirtioSocketDeviceConfiguration, 1100) \
    X(VZVirtioSocketListener, 1100) \
    X(VZVirtioTraditionalMemoryBalloonDeviceConfiguration, 1100) \
    X(VZVirtualMachine, 1100) \
    X(VZVirtualMachineConfiguration, 1100) \
    X(VZVirtualMachineView, 1200)

/* Xn(our name, class that declares it, kind, selector, since, result, argument types …); kind '+': sent to the
 * class, '-': to an instance. An argument `id *` is an NSError **. */
#define VZ_CALLS(X0, X1, X2, X3, X4, X5, X9) \
    /* Foundation */ \
    X0(ns_alloc, NSObject, '+', "alloc", 1100, id) \
    X0(ns_init, NSObject, '-', "init", 1100, id) \
    X1(ns_string, NSString, '+', "stringWithUTF8String:", 1100, id, const char *) \
    X0(ns_string_utf8, NSString, '-', "UTF8String", 1100, const char *) \
    X1(ns_url_of_file, NSURL, '+', "fileURLWithPath:", 1100, id, id) \
    X1(ns_url, NSURL, '+', "URLWithString:", 1100, id, id) \
    X0(ns_array, NSArray, '+', "array", 1100, id) \
    X1(ns_array_add, NSMutableArray, '-', "addObject:", 1100, void, id) \
    X0(ns_array_count, NSArray, '-', "count", 1100, NSUInteger) \
    X1(ns_array_at, NSArray, '-', "objectAtIndex:", 1100, id, NSUInteger) \
    X1(ns_array_index_of, NSArray, '-', "indexOfObject:", 1100, NSUInteger, id) \
    X2(ns_data, NSData, '+', "dataWithBytes:length:", 1100, id, const void *, NSUInteger) \
    X2(ns_file_handle_init, NSFileHandle, '-', "initWithFileDescriptor:closeOnDealloc:", 1100, id, int, objc_bool) \
    X0(ns_error_code, NSError, '-', "code", 1100, NSInteger) \
    X0(ns_error_domain, NSError, '-', "domain", 1100, id) \
    X0(ns_error_description, NSError, '-', "localizedDescription", 1100, id) \
    X0(ns_error_reason, NSError, '-', "localizedFailureReason", 1100, id) \
    X0(ns_error_underlying, NSError, '-', "underlyingErrors", 1103, id) \
    X0(ns_process_info, NSProcessInfo, '+', "processInfo", 1100, id) \
    X1(ns_process_info_at_least, NSProcessInfo, '-', "isOperatingSystemAtLeastVersion:", 1100, objc_bool, \
       struct ns_version) \
    X0(ns_process_info_version, NSProcessInfo, '-', "operatingSystemVersionString", 1100, id) \
    /* the VM */ \
    X0(vz_vm_is_supported, VZVirtualMachine, '+', "isSupported", 1100, objc_bool) \
    X2(vz_vm_init, VZVirtualMachine, '-', "initWithConfiguration:queue:", 1100, id, id, dispatch_queue_t) \
    X0(vz_vm_state, VZVirtualMachine, '-', "state", 1100, NSInteger) \
    X0(vz_vm_can_request_stop, VZVirtualMachine, '-', "canRequestStop", 1100, objc_bool) \
    X0(vz_vm_can_stop, VZVirtualMachine, '-', "canStop", 1200, objc_bool) \
    X1(vz_vm_set_delegate, VZVirtualMachine, '-', "setDelegate:", 1100, void, id) \
    X1(vz_vm_start, VZVirtualMachine, '-', "startWithCompletionHandler:", 1100, void, struct objc_block *) \
    X1(vz_vm_pause, VZVirtualMachine, '-', "pauseWithCompletionHandler:", 1100, void, struct objc_block *) \
    X1(vz_vm_resume, VZVirtualMachine, '-', "resumeWithCompletionHandler:", 1100, void, struct objc_block *) \
    X1(vz_vm_stop, VZVirtualMachine, '-', "stopWithCompletionHandler:", 1200, void, struct objc_block *) \
    X1(vz_vm_request_stop, VZVirtualMachine, '-', "requestStopWithError:", 1100, objc_bool, id *) \
    X0(vz_vm_network_devices, VZVirtualMachine, '-', "networkDevices", 1200, id) \
    X0(vz_vm_socket_devices, VZVirtualMachine, '-', "socketDevices", 1100, id) \
    X0(vz_vm_balloons, VZVirtualMachine, '-', "memoryBalloonDevices", 1100, id) \
    /* its configuration */ \
    X0(vz_config_min_cpus, VZVirtualMachineConfiguration, '+', "minimumAllowedCPUCount", 1100, NSUInteger) \
    X0(vz_config_max_cpus, VZVirtualMachineConfiguration, '+', "maximumAllowedCPUCount", 1100, NSUInteger) \
    X0(vz_config_min_memory, VZVirtualMachineConfiguration, '+', "minimumAllowedMemorySize", 1100, uint64_t) \
    X0(vz_config_max_memory, VZVirtualMachineConfiguration, '+', "maximumAllowedMemorySize", 1100, uint64_t) \
    X1(vz_config_set_boot_loader, VZVirtualMachineConfiguration, '-', "setBootLoader:", 1100, void, id) \
    X1(vz_config_set_platform, VZVirtualMachineConfiguration, '-', "setPlatform:", 1200, void, id) \
    X1(vz_config_set_cpus, VZVirtualMachineConfiguration, '-', "setCPUCount:", 1100, void, NSUInteger) \
    X1(vz_config_set_memory, VZVirtualMachineConfiguration, '-', "setMemorySize:", 1100, void, uint64_t) \
    X1(vz_config_set_storage, VZVirtualMachineConfiguration, '-', "setStorageDevices:", 1100, void, id) \
    X1(vz_config_set_network, VZVirtualMachineConfiguration, '-', "setNetworkDevices:", 1100, void, id) \
    X1(vz_config_set_serial_ports, VZVirtualMachineConfiguration, '-', "setSerialPorts:", 1100, void, id) \
    X1(vz_config_set_consoles, VZVirtualMachineConfiguration, '-', "setConsoleDevices:", 1300, void, id) \
    X1(vz_config_set_sockets, VZVirtualMachineConfiguration, '-', "setSocketDevices:", 1100, void, id) \
    X1(vz_config_set_entropy, VZVirtualMachineConfiguration, '-', "setEntropyDevices:", 1100, void, id) \
    X1(vz_config_set_balloons, VZVirtualMachineConfiguration, '-', "setMemoryBalloonDevices:", 1100, void, id) \
    X1(vz_config_set_shares, VZVirtualMachineConfiguration, '-', "setDirectorySharingDevices:", 1200, void, id) \
    X1(vz_config_set_graphics, VZVirtualMachineConfiguration, '-', "setGraphicsDevices:", 1200, void, id) \
    X1(vz_config_set_keyboards, VZVirtualMachineConfiguration, '-', "setKeyboards:", 1200, void, id) \
    X1(vz_config_set_pointing, VZVirtualMachineConfiguration, '-', "setPointingDevices:", 1200, void, id) \
    X1(vz_config_validate, VZVirtualMachineConfiguration, '-', "validateWithError:", 1100, objc_bool, id *) \
    /* boot loaders */ \
    X1(vz_linux_init, VZLinuxBootLoader, '-', "initWithKernelURL:", 1100, id, id) \
    X1(vz_linux_set_command_line, VZLinuxBootLoader, '-', "setCommandLine:", 1100, void, id) \
    X1(vz_linux_set_initrd, VZLinuxBootLoader, '-', "setInitialRamdiskURL:", 1100, void, id) \
    X1(vz_efi_set_variable_store, VZEFIBootLoader, '-', "setVariableStore:", 1300, void, id) \
    X1(vz_efi_store_init, VZEFIVariableStore, '-', "initWithURL:", 1300, id, id) \
    X3(vz_efi_store_init_creating, VZEFIVariableStore, '-', "initCreatingVariableStoreAtURL:options:error:", 1300, \
       id, id, NSUInteger, id *) \
    /* platforms */ \
    X0(vz_generic_nested_supported, VZGenericPlatformConfiguration, '+', "isNestedVirtualizationSupported", 1500, \
       objc_bool) \
    X1(vz_generic_set_nested, VZGenericPlatformConfiguration, '-', "setNestedVirtualizationEnabled:", 1500, void, \
       objc_bool) \
    X1(vz_mac_set_hardware_model, VZMacPlatformConfiguration, '-', "setHardwareModel:", 1200, void, id) \
    X1(vz_mac_set_identifier, VZMacPlatformConfiguration, '-', "setMachineIdentifier:", 1200, void, id) \
    X1(vz_mac_set_storage, VZMacPlatformConfiguration, '-', "setAuxiliaryStorage:", 1200, void, id) \
    X1(vz_mac_model_init, VZMacHardwareModel, '-', "initWithDataRepresentation:", 1200, id, id) \
    X0(vz_mac_model_supported, VZMacHardwareModel, '-', "isSupported", 1200, objc_bool) \
    X1(vz_mac_identifier_init, VZMacMachineIdentifier, '-', "initWithDataRepresentation:", 1200, id, id) \
    X1(vz_mac_storage_init, VZMacAuxiliaryStorage, '-', "initWithURL:", 1300, id, id) \
    /* storage */ \
    X5(vz_image_init, VZDiskImageStorageDeviceAttachment, '-', \
       "initWithURL:readOnly:cachingMode:synchronizationMode:error:", 1200, id, id, objc_bool, NSInteger, NSInteger, \
       id *) \
    X4(vz_block_device_init, VZDiskBlockDeviceStorageDeviceAttachment, '-', \
       "initWithFileHandle:readOnly:synchronizationMode:error:", 1400, id, id, objc_bool, NSInteger, id *) \
    X5(vz_nbd_init, VZNetworkBlockDeviceStorageDeviceAttachment, '-', \
       "initWithURL:timeout:forcedReadOnly:synchronizationMode:error:", 1400, id, id, double, objc_bool, NSInteger, \
       id *) \
    X1(vz_nbd_set_delegate, VZNetworkBlockDeviceStorageDeviceAttachment, '-', "setDelegate:", 1400, void, id) \
    X1(vz_blk_init, VZVirtioBlockDeviceConfiguration, '-', "initWithAttachment:", 1100, id, id) \
    X2(vz_blk_validate_identifier, VZVirtioBlockDeviceConfiguration, '+', "validateBlockDeviceIdentifier:error:", \
       1203, objc_bool, id, id *) \
    X1(vz_blk_set_identifier, VZVirtioBlockDeviceConfiguration, '-', "setBlockDeviceIdentifier:", 1203, void, id) \
    X1(vz_nvme_init, VZNVMExpressControllerDeviceConfiguration, '-', "initWithAttachment:", 1400, id, id) \
    X1(vz_usb_storage_init, VZUSBMassStorageDeviceConfiguration, '-', "initWithAttachment:", 1300, id, id) \
    /* network */ \
    X1(vz_net_set_attachment, VZNetworkDeviceConfiguration, '-', "setAttachment:", 1100, void, id) \
    X1(vz_net_set_mac, VZNetworkDeviceConfiguration, '-', "setMACAddress:", 1100, void, id) \
    X1(vz_mac_address_init, VZMACAddress, '-', "initWithString:", 1100, id, id) \
    X0(vz_mac_address_random, VZMACAddress, '+', "randomLocallyAdministeredAddress", 1100, id) \
    X1(vz_net_file_init, VZFileHandleNetworkDeviceAttachment, '-', "initWithFileHandle:", 1100, id, id) \
    /* serial ports and consoles */ \
    X1(vz_serial_set_attachment, VZSerialPortConfiguration, '-', "setAttachment:", 1100, void, id) \
    X3(vz_serial_file_init, VZFileSerialPortAttachment, '-', "initWithURL:append:error:", 1100, id, id, objc_bool, \
       id *) \
    X2(vz_serial_handle_init, VZFileHandleSerialPortAttachment, '-', \
       "initWithFileHandleForReading:fileHandleForWriting:", 1100, id, id, id) \
    X0(vz_console_ports, VZVirtioConsoleDeviceConfiguration, '-', "ports", 1300, id) \
    X2(vz_console_ports_set, VZVirtioConsolePortConfigurationArray, '-', "setObject:atIndexedSubscript:", 1300, \
       void, id, NSUInteger) \
    X1(vz_port_set_attachment, VZConsolePortConfiguration, '-', "setAttachment:", 1300, void, id) \
    X1(vz_port_set_is_console, VZVirtioConsolePortConfiguration, '-', "setIsConsole:", 1300, void, objc_bool) \
    X1(vz_port_set_name, VZVirtioConsolePortConfiguration, '-', "setName:", 1300, void, id) \
    /* shared folders */ \
    X2(vz_shared_dir_init, VZSharedDirectory, '-', "initWithURL:readOnly:", 1200, id, id, objc_bool) \
    X1(vz_single_share_init, VZSingleDirectoryShare, '-', "initWithDirectory:", 1200, id, id) \
    X2(vz_fs_validate_tag, VZVirtioFileSystemDeviceConfiguration, '+', "validateTag:error:", 1200, objc_bool, id, \
       id *) \
    X1(vz_fs_init, VZVirtioFileSystemDeviceConfiguration, '-', "initWithTag:", 1200, id, id) \
    X1(vz_fs_set_share, VZVirtioFileSystemDeviceConfiguration, '-', "setShare:", 1200, void, id) \
    X0(vz_rosetta_availability, VZLinuxRosettaDirectoryShare, '+', "availability", 1300, NSInteger) \
    X1(vz_rosetta_install, VZLinuxRosettaDirectoryShare, '+', "installRosettaWithCompletionHandler:", 1300, void, \
       struct objc_block *) \
    X1(vz_rosetta_init, VZLinuxRosettaDirectoryShare, '-', "initWithError:", 1300, id, id *) \
    /* graphics */ \
    X1(vz_gpu_set_scanouts, VZVirtioGraphicsDeviceConfiguration, '-', "setScanouts:", 1300, void, id) \
    X2(vz_scanout_init, VZVirtioGraphicsScanoutConfiguration, '-', "initWithWidthInPixels:heightInPixels:", 1300, \
       id, NSInteger, NSInteger) \
    X1(vz_mac_gpu_set_displays, VZMacGraphicsDeviceConfiguration, '-', "setDisplays:", 1200, void, id) \
    X3(vz_mac_display_init, VZMacGraphicsDisplayConfiguration, '-', \
       "initWithWidthInPixels:heightInPixels:pixelsPerInch:", 1200, id, NSInteger, NSInteger, NSInteger) \
    /* vsock */ \
    X1(vz_listener_set_delegate, VZVirtioSocketListener, '-', "setDelegate:", 1100, void, id) \
    X2(vz_socket_set_listener, VZVirtioSocketDevice, '-', "setSocketListener:forPort:", 1100, void, id, uint32_t) \
    X1(vz_socket_remove_listener, VZVirtioSocketDevice, '-', "removeSocketListenerForPort:", 1100, void, uint32_t) \
    X2(vz_socket_connect, VZVirtioSocketDevice, '-', "connectToPort:completionHandler:", 1100, void, uint32_t, \
       struct objc_block *) \
    X0(vz_connection_fd, VZVirtioSocketConnection, '-', "fileDescriptor", 1100, int) \
    X0(vz_connection_source_port, VZVirtioSocketConnection, '-', "sourcePort", 1100, uint32_t) \
    X0(vz_connection_close, VZVirtioSocketConnection, '-', "close", 1100, void) \
    /* balloon */ \
    X0(vz_balloon_target, VZVirtioTraditionalMemoryBalloonDevice, '-', "targetVirtualMachineMemorySize", 1100, \
       uint64_t) \
    X1(vz_balloon_set_target, VZVirtioTraditionalMemoryBalloonDevice, '-', "setTargetVirtualMachineMemorySize:", \
       1100, void, uint64_t) \
    /* the window; main thread only */ \
    X1(vz_view_set_vm, VZVirtualMachineView, '-', "setVirtualMachine:", 1200, void, id) \
    X1(vz_view_set_captures_keys, VZVirtualMachineView, '-', "setCapturesSystemKeys:", 1200, void, objc_bool) \
    X1(vz_view_set_reconfigures, VZVirtualMachineView, '-', "setAutomaticallyReconfiguresDisplay:", 1400, void, \
       objc_bool) \
    X0(ns_app, NSApplication, '+', "sharedApplication", 1100, id) \
    X1(ns_app_set_policy, NSApplication, '-', "setActivationPolicy:", 1100, objc_bool, NSInteger) \
    X1(ns_app_activate, NSApplication, '-', "activateIgnoringOtherApps:", 1100, void, objc_bool) \
    X1(ns_app_set_delegate, NSApplication, '-', "setDelegate:", 1100, void, id) \
    X1(ns_app_set_menu, NSApplication, '-', "setMainMenu:", 1100, void, id) \
    X1(ns_app_set_icon, NSApplication, '-', "setApplicationIconImage:", 1100, void, id) \
    X0(ns_app_run, NSApplication, '-', "run", 1100, void) \
    X1(ns_app_stop, NSApplication, '-', "stop:", 1100, void, id) \
    X2(ns_app_post, NSApplication, '-', "postEvent:atStart:", 1100, void, id, objc_bool) \
    X9(ns_event_other, NSEvent, '+', \
       "otherEventWithType:location:modifierFlags:timestamp:windowNumber:context:subtype:data1:data2:", 1100, id, \
       NSUInteger, struct ns_point, NSUInteger, double, NSInteger, id, short, NSInteger, NSInteger) \
    X1(ns_image_named, NSImage, '+', "imageNamed:", 1100, id, id) \
    X4(ns_window_init, NSWindow, '-', "initWithContentRect:styleMask:backing:defer:", 1100, id, struct ns_rect, \
       NSUInteger, NSUInteger, objc_bool) \
    X1(ns_window_set_title, NSWindow, '-', "setTitle:", 1100, void, id) \
    X1(ns_window_set_view, NSWindow, '-', "setContentView:", 1100, void, id) \
    X1(ns_window_set_delegate, NSWindow, '-', "setDelegate:", 1100, void, id) \
    X1(ns_window_set_released, NSWindow, '-', "setReleasedWhenClosed:", 1100, void, objc_bool) \
    X0(ns_window_center, NSWindow, '-', "center", 1100, void) \
    X1(ns_window_show, NSWindow, '-', "makeKeyAndOrderFront:", 1100, void, id) \
    X0(ns_window_close, NSWindow, '-', "close", 1100, void) \
    X1(ns_menu_init, NSMenu, '-', "initWithTitle:", 1100, id, id) \
    X1(ns_menu_add, NSMenu, '-', "addItem:", 1100, void, id) \
    X3(ns_item_init, NSMenuItem, '-', "initWithTitle:action:keyEquivalent:", 1100, id, id, SEL, id) \
    X1(ns_item_set_target, NSMenuItem, '-', "setTarget:", 1100, void, id) \
    X1(ns_item_set_submenu, NSMenuItem, '-', "setSubmenu:", 1100, void, id)

/* Methods that Apple's objects call on ours: X(protocol, selector, type encoding, since). */
#define VZ_DELEGATE_METHODS(X) \
    X(VZVirtualMachineDelegate, "guestDidStopVirtualMachine:", "v@:@", 1100) \
    X(VZVirtualMachineDelegate, "virtualMachine:didStopWithError:", "v@:@@", 1100) \
    X(VZVirtualMachineDelegate, "virtualMachine:networkDevice:attachmentWasDisconnectedWithError:", "v@:@@@", 1200) \
    X(VZVirtioSocketListenerDelegate, "listener:shouldAcceptNewConnection:fromSocketDevice:", OBJC_BOOL "@:@@@", 1100) \
    X(VZNetworkBlockDeviceStorageDeviceAttachmentDelegate, "attachmentWasConnected:", "v@:@", 1400) \
    X(VZNetworkBlockDeviceStorageDeviceAttachmentDelegate, "attachment:didEncounterError:", "v@:@@", 1400) \
    X(NSWindowDelegate, "windowShouldClose:", OBJC_BOOL "@:@", 1100) \
    X(NSApplicationDelegate, "applicationShouldTerminate:", "Q@:@", 1100)

/* Through a pointer of the right type: to call objc_msgSend under another type directly is no C. */
#define VZ_SEND(R, types, ...) \
    { \
        R(*send) types = (R(*) types)objc_msgSend; \
        return send(__VA_ARGS__); \
    }
#define VZ_CALL0(name, cls, kind, sel, since, R) \
    static inline R name(id self) \
    VZ_SEND(R, (id, SEL), self, sel_registerName(sel))
#define VZ_CALL1(name, cls, kind, sel, since, R, A) \
    static inline R name(id self, A a) \
    VZ_SEND(R, (id, SEL, A), self, sel_registerName(sel), a)
#define VZ_CALL2(name, cls, kind, sel, since, R, A, B) \
    static inline R name(id self, A a, B b) \
    VZ_SEND(R, (id, SEL, A, B), self, sel_registerName(sel), a, b)
#define VZ_CALL3(name, cls, kind, sel, since, R, A, B, C) \
    static inline R name(id self, A a, B b, C c) \
    VZ_SEND(R, (id, SEL, A, B, C), self, sel_registerName(sel), a, b, c)
#define VZ_CALL4(name, cls, kind, sel, since, R, A, B, C, D) \
    static inline R name(id self, A a, B b, C c, D d) \
    VZ_SEND(R, (id, SEL, A, B, C, D), self, sel_registerName(sel), a, b, c, d)
#define VZ_CALL5(name, cls, kind, sel, since, R, A, B, C, D, E) \
    static inline R name(id self, A a, B b, C c, D d, E e) \
    VZ_SEND(R, (id, SEL, A, B, C, D, E), self, sel_registerName(sel), a, b, c, d, e)
#define VZ_CALL9(name, cls, kind, sel, since, R, A, B, C, D, E, F, G, H, I) \
    static inline R name(id self, A a, B b, C c, D d, E e, F f, G g, H h, I i) \
    VZ_SEND(R, (id, SEL, A, B, C, D, E, F, G, H, I), self, sel_registerName(sel), a, b, c, d, e, f, g, h, i)
VZ_CALLS(VZ_CALL0, VZ_CALL1, VZ_CALL2, VZ_CALL3, VZ_CALL4, VZ_CALL5, VZ_CALL9)

/* clang-format on */

/* The class, or NULL where this macOS has none such. */
#define VZ_CLASS(name) ((id)objc_getClass(#name))

#endif
