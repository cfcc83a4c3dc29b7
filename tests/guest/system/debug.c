/* SPDX-License-Identifier: Apache-2.0
 *
 * The debug hardware through ptrace: watchpoint, breakpoint, single step, BRK. */
#include <asm/ptrace.h>
#include <elf.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "check.h"

enum { EL0 = 2 << 1, STORE = 2 << 3, ENABLE = 1, WORD = 0xff << 5, INSTRUCTION = 0xf << 5 };
enum { TRAP_STEP_CODE = 2, TRAP_HARDWARE_CODE = 4 };

static volatile uint64_t watched;

/* Four instructions and a return. */
int target(int n);
__asm__(
    ".globl target\ntarget: add w0, w0, #1\nadd w0, w0, #2\nadd w0, w0, #3\nadd w0, w0, #4\nret");

static void child(void)
{
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    watched = 1;
    _exit(target(3));
}

static uint64_t pc_of(pid_t pid)
{
    struct user_pt_regs regs;
    struct iovec v = {&regs, sizeof(regs)};
    ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v);
    return regs.pc;
}

static unsigned slots(pid_t pid, int type)
{
    struct user_hwdebug_state state;
    struct iovec v = {&state, sizeof(state)};
    ptrace(PTRACE_GETREGSET, pid, type, &v);
    return state.dbg_info & 0xff;
}

static bool arm(pid_t pid, int type, uint64_t address, uint32_t control)
{
    struct user_hwdebug_state state;
    memset(&state, 0, sizeof(state));
    state.dbg_regs[0].addr = address;
    state.dbg_regs[0].ctrl = control;
    struct iovec v = {&state, offsetof(struct user_hwdebug_state, dbg_regs[1])};
    return ptrace(PTRACE_SETREGSET, pid, type, &v) == 0;
}

/* Goes on until the next stop by SIGTRAP; its si_code, or -1. */
static int go(pid_t pid, int request, siginfo_t *info)
{
    int status;
    ptrace(request, pid, 0, 0);
    waitpid(pid, &status, 0);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
        return -1;
    ptrace(PTRACE_GETSIGINFO, pid, 0, info);
    return info->si_code;
}

int main(void)
{
    siginfo_t info;
    int status;
    pid_t pid = fork();
    if (pid == 0)
        child();
    waitpid(pid, &status, 0);
    check("six breakpoints, four watchpoints",
          slots(pid, NT_ARM_HW_BREAK) == 6 && slots(pid, NT_ARM_HW_WATCH) == 4);

    bool armed = arm(pid, NT_ARM_HW_WATCH, (uint64_t)&watched, ENABLE | EL0 | STORE | WORD);
    int code = go(pid, PTRACE_CONT, &info);
    check("watchpoint", armed && code == TRAP_HARDWARE_CODE && info.si_addr == (void *)&watched);
    (void)arm(pid, NT_ARM_HW_WATCH, 0, 0);

    armed = arm(pid, NT_ARM_HW_BREAK, (uint64_t)target, ENABLE | EL0 | INSTRUCTION);
    code = go(pid, PTRACE_CONT, &info);
    check("breakpoint", armed && code == TRAP_HARDWARE_CODE && pc_of(pid) == (uint64_t)target);
    (void)arm(pid, NT_ARM_HW_BREAK, 0, 0);

    bool in_order = true;
    for (unsigned n = 1; n <= 4; n++)
        in_order &= go(pid, PTRACE_SINGLESTEP, &info) == TRAP_STEP_CODE &&
                    pc_of(pid) == (uint64_t)target + 4 * n;
    check("single steps", in_order);
    ptrace(PTRACE_CONT, pid, 0, 0);
    waitpid(pid, &status, 0);
    check("the program never noticed", WIFEXITED(status) && WEXITSTATUS(status) == 13);

    pid = fork();
    if (pid == 0) {
        __asm__ volatile("brk #0");
        _exit(0);
    }
    waitpid(pid, &status, 0);
    check("BRK without a debugger kills", WIFSIGNALED(status) && WTERMSIG(status) == SIGTRAP);
    finish();
}
