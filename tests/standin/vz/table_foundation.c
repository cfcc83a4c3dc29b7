/* SPDX-License-Identifier: Apache-2.0
 *
 * NSObject.h, NSString.h, NSURL.h, NSArray.h, NSData.h, NSFileHandle.h, NSError.h, NSProcessInfo.h;
 * and the enumerations and callbacks of all frameworks. */
#include "base/compiler.h"
#include "methods.h"
#include "table.h"

/* clang-format off */
#define F(f) (void (*)(void))(f)

static const struct apple_class classes[] = {
    {"NSObject", NULL, 1100, 0},
    {"NSString", "NSObject", 1100, 0},
    {"NSURL", "NSObject", 1100, NO_INIT},
    {"NSArray", "NSObject", 1100, 0},
    {"NSMutableArray", "NSArray", 1100, 0},
    {"NSData", "NSObject", 1100, 0},
    {"NSError", "NSObject", 1100, NO_INIT},
    {"NSFileHandle", "NSObject", 1100, NO_INIT},
    {"NSProcessInfo", "NSObject", 1100, 0},
};

static const struct apple_property properties[] = {
    {"NSError", "code", "NSInteger", 1100, READONLY, ANYWHERE, NULL},
    {"NSError", "domain", "NSString*", 1100, READONLY, ANYWHERE, NULL},
    {"NSError", "localizedDescription", "NSString*", 1100, READONLY, ANYWHERE, NULL},
    {"NSError", "localizedFailureReason", "NSString*?", 1100, READONLY, ANYWHERE, NULL},
    {"NSError", "underlyingErrors", "NSArray<NSError>*", 1103, READONLY, ANYWHERE, NULL},
};

static const struct apple_method methods[] = {
    {"NSObject", '+', "alloc", "instancetype", 1100, ANYWHERE, F(ns_object_alloc), NULL, NULL},
    {"NSObject", '-', "init", "instancetype", 1100, ANYWHERE, F(ns_object_init), NULL, NULL},
    {"NSString", '+', "stringWithUTF8String:", "instancetype? char*", 1100, ANYWHERE, F(ns_string_with), NULL, NULL},
    {"NSString", '-', "UTF8String", "char*?", 1100, ANYWHERE, F(ns_string_text), NULL, NULL},
    {"NSURL", '+', "fileURLWithPath:", "NSURL* NSString*", 1100, ANYWHERE, F(ns_url_with_path), NULL, NULL},
    {"NSURL", '+', "URLWithString:", "instancetype? NSString*", 1100, ANYWHERE, F(ns_url_with), NULL, NULL},
    {"NSArray", '+', "array", "instancetype", 1100, ANYWHERE, F(ns_array_new), NULL, NULL},
    {"NSArray", '-', "count", "NSUInteger", 1100, ANYWHERE, F(ns_array_length), NULL, NULL},
    {"NSArray", '-', "objectAtIndex:", "id NSUInteger", 1100, ANYWHERE, F(ns_array_element), NULL, NULL},
    {"NSArray", '-', "indexOfObject:", "NSUInteger id", 1100, ANYWHERE, F(ns_array_find), NULL, NULL},
    {"NSMutableArray", '-', "addObject:", "void id", 1100, ANYWHERE, F(ns_array_append), NULL, NULL},
    {"NSData", '+', "dataWithBytes:length:", "instancetype void* NSUInteger", 1100, ANYWHERE, F(ns_data_with), NULL, NULL},
    {"NSFileHandle", '-', "initWithFileDescriptor:closeOnDealloc:", "instancetype int BOOL", 1100, ANYWHERE,
     F(ns_handle_init), NULL, NULL},
    {"NSProcessInfo", '+', "processInfo", "NSProcessInfo*", 1100, ANYWHERE, F(ns_info), NULL, NULL},
    {"NSProcessInfo", '-', "isOperatingSystemAtLeastVersion:", "BOOL NSOperatingSystemVersion", 1100, ANYWHERE,
     F(ns_info_at_least), NULL, NULL},
    {"NSProcessInfo", '-', "operatingSystemVersionString", "NSString*", 1100, ANYWHERE, F(ns_info_text), NULL, NULL},
};

const struct apple_table table_foundation = {classes, ARRAY_LEN(classes), properties, ARRAY_LEN(properties), methods,
                                             ARRAY_LEN(methods)};

const struct apple_enum table_enums[] = {
    {"NSApplicationActivationPolicy", false, 0, 2},
    {"NSBackingStoreType", true, 2, 2}, /* the others are deprecated */
    {"NSEventModifierFlags", true, 0, 0x7fffffff},
    {"NSEventType", true, 1, 38},
    {"NSWindowStyleMask", true, 0, 0xffff},
    {"VZDiskImageCachingMode", false, 0, 2},
    {"VZDiskImageSynchronizationMode", false, 1, 3},
    {"VZDiskSynchronizationMode", false, 0, 1},
    {"VZEFIVariableStoreInitializationOptions", true, 0, 1},
    {"VZLinuxRosettaAvailability", false, 0, 2},
    {"VZVirtualMachineState", false, 0, 9},
};
const size_t nr_table_enums = ARRAY_LEN(table_enums);

const struct apple_callback table_callbacks[] = {
    {"NSApplicationDelegate", "applicationShouldTerminate:", "Q@:@", 1100},
    {"NSWindowDelegate", "windowShouldClose:", "B@:@", 1100},
    {"NSWindowDelegate", "windowWillClose:", "v@:@", 1100},
    {"VZNetworkBlockDeviceStorageDeviceAttachmentDelegate", "attachment:didEncounterError:", "v@:@@", 1400},
    {"VZNetworkBlockDeviceStorageDeviceAttachmentDelegate", "attachmentWasConnected:", "v@:@", 1400},
    {"VZVirtioSocketListenerDelegate", "listener:shouldAcceptNewConnection:fromSocketDevice:", "B@:@@@", 1100},
    {"VZVirtualMachineDelegate", "guestDidStopVirtualMachine:", "v@:@", 1100},
    {"VZVirtualMachineDelegate", "virtualMachine:didStopWithError:", "v@:@@", 1100},
    {"VZVirtualMachineDelegate", "virtualMachine:networkDevice:attachmentWasDisconnectedWithError:", "v@:@@@", 1200},
};
const size_t nr_table_callbacks = ARRAY_LEN(table_callbacks);
