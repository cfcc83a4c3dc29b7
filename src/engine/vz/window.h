/* SPDX-License-Identifier: Apache-2.0
 *
 * --gui: a window on the guest's display, a Dock icon, a menu to stop the VM. AppKit insists on the
 * process's main thread, so the loop then runs on another one (engine.h, vm_main_run), and what is
 * here sends its work over. */
#ifndef BERTH_ENGINE_VZ_WINDOW_H
#define BERTH_ENGINE_VZ_WINDOW_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "engine/engine.h"
#include "engine/vz/machine.h"

struct vz_window;

/* Shows `machine` if cfg->gui; *ret is NULL otherwise. Closing the window, quitting from the menu
 * or the Dock becomes news of the machine. 0, or -errno with the sentence. Loop thread. */
NODISCARD int vz_window_open(const struct vm_config *cfg, struct vz_machine *machine,
                             struct vz_window **ret, struct err *err);
void vz_window_close(struct vz_window *w); /* NULL is fine */

/* engine_ops.main_for: AppKit, if there is to be a window. */
const struct vm_main *vz_main_for(const struct vm_config *cfg);

#endif
