/* Calls by number in the sandbox: those of somebody else's code end it, those that are unknown fail. */
#include <sys/syscall.h>

#include "sandbox_child.h"

enum { /* by number, because the headers and the libseccomp of a build may not know them yet */
    IO_URING_SETUP = 425,
    IO_URING_ENTER,
    IO_URING_REGISTER,
    MSEAL = 462,
    LISTXATTRAT = 465,
    NEXT_YEARS = 900,
    FAR_AWAY = 0x3fffffff
};

/* Without arguments: a filter that knows the call ends it before the kernel looks at them. */
static const struct call {
    const char *name;
    long number;
    int outcome;
} calls[] = {
#define FORBIDDEN(name) {#name, SYS_##name, KILLED}
#define REFUSED(name) {#name, SYS_##name, ENOSYS}
    FORBIDDEN(execveat), FORBIDDEN(truncate), FORBIDDEN(mkdirat), FORBIDDEN(mknodat),
    FORBIDDEN(linkat), FORBIDDEN(symlinkat), FORBIDDEN(unlinkat), FORBIDDEN(renameat2),
    FORBIDDEN(fchmod), FORBIDDEN(fchmodat), FORBIDDEN(fchown), FORBIDDEN(fchownat),
    FORBIDDEN(setxattr), FORBIDDEN(fsetxattr), FORBIDDEN(removexattr), FORBIDDEN(open_by_handle_at),
    FORBIDDEN(accept), FORBIDDEN(accept4), FORBIDDEN(process_vm_readv), FORBIDDEN(process_vm_writev),
    FORBIDDEN(pidfd_getfd), FORBIDDEN(pidfd_send_signal), FORBIDDEN(kcmp), FORBIDDEN(tkill),
    FORBIDDEN(rt_sigqueueinfo), FORBIDDEN(rt_tgsigqueueinfo), FORBIDDEN(setns),
    FORBIDDEN(umount2), FORBIDDEN(pivot_root), FORBIDDEN(chroot), FORBIDDEN(move_mount),
    FORBIDDEN(open_tree), FORBIDDEN(fsopen), FORBIDDEN(fsmount), FORBIDDEN(fsconfig),
    FORBIDDEN(setgid), FORBIDDEN(setreuid), FORBIDDEN(setregid), FORBIDDEN(setresuid),
    FORBIDDEN(setresgid), FORBIDDEN(setgroups), FORBIDDEN(setfsuid), FORBIDDEN(setfsgid),
    FORBIDDEN(capset), FORBIDDEN(add_key), FORBIDDEN(request_key), FORBIDDEN(keyctl),
    FORBIDDEN(bpf), FORBIDDEN(userfaultfd), FORBIDDEN(perf_event_open), FORBIDDEN(init_module),
    FORBIDDEN(finit_module), FORBIDDEN(delete_module), FORBIDDEN(kexec_load), FORBIDDEN(reboot),
    FORBIDDEN(syslog), FORBIDDEN(acct), FORBIDDEN(settimeofday), FORBIDDEN(clock_settime),
    FORBIDDEN(sethostname), FORBIDDEN(setdomainname), FORBIDDEN(swapon), FORBIDDEN(fanotify_init),
    /* what a library's next version may try */
    REFUSED(clone3), REFUSED(openat2), REFUSED(getdents64), REFUSED(memfd_create),
    REFUSED(personality), REFUSED(seccomp), REFUSED(pidfd_open), REFUSED(timerfd_create),
    REFUSED(inotify_init1), REFUSED(signalfd4), REFUSED(dup3), REFUSED(splice), REFUSED(sendfile),
    REFUSED(preadv2), REFUSED(pwrite64), REFUSED(mlock), REFUSED(sched_setscheduler),
    REFUSED(sched_setaffinity), REFUSED(setpriority), REFUSED(chdir), REFUSED(umask),
    REFUSED(name_to_handle_at), REFUSED(mincore), REFUSED(socketpair), REFUSED(close_range),
    {"io_uring_setup", IO_URING_SETUP, ENOSYS},
    {"io_uring_enter", IO_URING_ENTER, ENOSYS},
    {"io_uring_register", IO_URING_REGISTER, ENOSYS},
    {"mseal", MSEAL, ENOSYS},
    {"listxattrat", LISTXATTRAT, ENOSYS},
    {"a call of next year's kernel", NEXT_YEARS, ENOSYS},
    {"a call far away", FAR_AWAY, ENOSYS},
#ifdef __x86_64__
    {"getpid of the x32 architecture", 0x40000000 + SYS_getpid, KILLED},
#endif
};

static int outcome_of_call(long number)
{
    pid_t pid = fork();

    if (pid == 0) {
        child_enter_sandbox(0);
        _exit(syscall(number, 0, 0, 0, 0, 0, 0) >= 0 ? 0 : errno);
    }
    return child_outcome(pid);
}

static void test_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int outcome = outcome_of_call(calls[i].number);

        if (outcome != calls[i].outcome)
            fail_msg("%s: %d, not %d", calls[i].name, outcome, calls[i].outcome);
    }
}

int main(void)
{
#ifdef MXDANE_SANITIZED /* has no sandbox: test_cli_sandbox */
    (void)test_calls;
    return 0;
#else
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_calls)};

    return cmocka_run_group_tests(tests, NULL, NULL);
#endif
}
