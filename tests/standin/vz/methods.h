/* SPDX-License-Identifier: Apache-2.0
 *
 * The methods of table_*.c that are more than a property. `cmd` is the selector. */
#ifndef BERTH_TESTS_STANDIN_VZ_METHODS_H
#define BERTH_TESTS_STANDIN_VZ_METHODS_H

#include "standin.h"

/* foundation.c */
id ns_object_alloc(id cls, SEL cmd);
id ns_object_init(id self, SEL cmd);
id ns_string_with(id cls, SEL cmd, const char *text);
const char *ns_string_text(id self, SEL cmd);
id ns_url_with_path(id cls, SEL cmd, id path);
id ns_url_with(id cls, SEL cmd, id text);
id ns_array_new(id cls, SEL cmd);
NSUInteger ns_array_length(id self, SEL cmd);
id ns_array_element(id self, SEL cmd, NSUInteger i);
NSUInteger ns_array_find(id self, SEL cmd, id obj);
void ns_array_append(id self, SEL cmd, id obj);
id ns_data_with(id cls, SEL cmd, const void *bytes, NSUInteger len);
id ns_handle_init(id self, SEL cmd, int fd, objc_bool close_it);
id ns_info(id cls, SEL cmd);
objc_bool ns_info_at_least(id self, SEL cmd, struct ns_version v);
id ns_info_text(id self, SEL cmd);

/* appkit.c */
id app_shared(id cls, SEL cmd);
objc_bool app_set_policy(id self, SEL cmd, NSInteger policy);
void app_activate(id self, SEL cmd, objc_bool on);
void app_run(id self, SEL cmd);
void app_stop(id self, SEL cmd, id sender);
void app_post(id self, SEL cmd, id event, objc_bool at_start);
id event_other(id cls, SEL cmd, NSUInteger type, struct ns_point at, NSUInteger flags, double time,
               NSInteger window, id ctx, short subtype, NSInteger data1, NSInteger data2);
id image_named(id cls, SEL cmd, id name);
id window_init(id self, SEL cmd, struct ns_rect frame, NSUInteger style, NSUInteger backing,
               objc_bool defer);
void window_center(id self, SEL cmd);
void window_show(id self, SEL cmd, id sender);
void window_close(id self, SEL cmd);
void menu_add(id self, SEL cmd, id item);

/* validate.c, parts.c */
NSUInteger config_min_cpus(id cls, SEL cmd);
NSUInteger config_max_cpus(id cls, SEL cmd);
uint64_t config_min_memory(id cls, SEL cmd);
uint64_t config_max_memory(id cls, SEL cmd);
objc_bool config_validate(id self, SEL cmd, id *error);
objc_bool config_validate_save(id self, SEL cmd, id *error);
id efi_store_create(id self, SEL cmd, id url, NSUInteger options, id *error);
objc_bool generic_nested_supported(id cls, SEL cmd);
id mac_data_init(id self, SEL cmd, id data);
objc_bool mac_model_supported(id self, SEL cmd);
id image_init(id self, SEL cmd, id url, objc_bool read_only, NSInteger caching, NSInteger sync,
              id *error);
id nbd_init(id self, SEL cmd, id url, double timeout, objc_bool read_only, NSInteger sync,
            id *error);
id block_device_init(id self, SEL cmd, id handle, objc_bool read_only, NSInteger sync, id *error);
objc_bool blk_validate_identifier(id cls, SEL cmd, id text, id *error);
id mac_address_init(id self, SEL cmd, id text);
id mac_address_random(id cls, SEL cmd);
id net_file_init(id self, SEL cmd, id handle);
id serial_file_init(id self, SEL cmd, id url, objc_bool append, id *error);
id console_ports(id self, SEL cmd);
void console_ports_put(id self, SEL cmd, id port, NSUInteger i);
id fs_init(id self, SEL cmd, id tag);
objc_bool fs_validate_tag(id cls, SEL cmd, id tag, id *error);
NSInteger rosetta_availability(id cls, SEL cmd);
void rosetta_install(id cls, SEL cmd, struct objc_block *block);
id rosetta_init(id self, SEL cmd, id *error);

/* vm.c */
objc_bool vzvm_is_supported(id cls, SEL cmd);
id vzvm_init_with(id self, SEL cmd, id config, dispatch_queue_t queue);
NSInteger vzvm_state(id self, SEL cmd);
objc_bool vzvm_can_start(id self, SEL cmd);
objc_bool vzvm_can_pause(id self, SEL cmd);
objc_bool vzvm_can_resume(id self, SEL cmd);
objc_bool vzvm_can_request_stop(id self, SEL cmd);
objc_bool vzvm_can_stop(id self, SEL cmd);
void vzvm_start(id self, SEL cmd, struct objc_block *block);
void vzvm_pause(id self, SEL cmd, struct objc_block *block);
void vzvm_resume(id self, SEL cmd, struct objc_block *block);
void vzvm_stop(id self, SEL cmd, struct objc_block *block);
objc_bool vzvm_request_stop(id self, SEL cmd, id *error);

uint64_t balloon_target(id self, SEL cmd);
void balloon_set_target(id self, SEL cmd, uint64_t bytes);

/* socket.c */
void socket_open(id device); /* a door for the guest's connections, if the scenario has one */
void socket_set_listener(id self, SEL cmd, id listener, uint32_t port);
void socket_remove_listener(id self, SEL cmd, uint32_t port);
void socket_connect(id self, SEL cmd, uint32_t port, struct objc_block *block);
void connection_close(id self, SEL cmd);

#endif
