#include "cli/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/text.h"

enum { ALWAYS = 0, DENIED = EACCES };

enum { /* a sanitizer traces its own process at the end, and opens files at any time */
#ifdef MXDANE_SANITIZED
    SANITIZED = 1
#else
    SANITIZED = 0
#endif
};

/*
 * What a run and the libraries below it use whatever the arguments. Names that the machine's
 * architecture has not got are skipped.
 */
static const char *const calls[] = {
    /* descriptors */
    "read", "readv", "pread64", "write", "writev", "close", "lseek", "_llseek", "fstat", "fstat64",
    "fsync", "fdatasync", "poll", "ppoll", "select", "_newselect", "pselect6", "epoll_create1",
    "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe2",
    /* sockets */
    "bind", "connect", "getpeername", "getsockname", "getsockopt", "setsockopt", "recv", "recvfrom",
    "recvmsg", "recvmmsg", "send", "sendto", "sendmsg", "sendmmsg", "shutdown",
    /* memory */
    "brk", "madvise", "mremap", "munmap",
    /* threads and signals */
    "exit", "exit_group", "futex", "futex_time64", "futex_waitv", "get_robust_list", "membarrier",
    "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait",
    "sigreturn", "restart_syscall", "sched_getaffinity", "sched_yield", "set_robust_list",
    "set_tid_address", "sigaltstack",
    /* time, randomness, who and where */
    "clock_getres", "clock_gettime", "clock_gettime64", "clock_nanosleep", "getrandom", "getrusage",
    "gettimeofday", "nanosleep", "time", "times", "getegid", "geteuid", "getgid", "getpid", "getppid",
    "gettid", "getuid", "getcpu", "sysinfo", "uname",
};

/* These too in a run with this right. */
static const struct {
    unsigned right;
    const char *call;
} file_calls[] = {
    {SANDBOX_REMOVES_FILES | SANDBOX_RENAMES_FILES, "unlink"},
    {SANDBOX_REMOVES_FILES | SANDBOX_RENAMES_FILES, "unlinkat"},
    {SANDBOX_RENAMES_FILES, "rename"},
    {SANDBOX_RENAMES_FILES, "renameat"},
    {SANDBOX_RENAMES_FILES, "renameat2"},
};

enum {
    ARGUMENTS = 2,
    WRITING = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND,
    THREAD = CLONE_VM | CLONE_THREAD,
    NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                 CLONE_NEWPID | CLONE_NEWNET
};

/* A call with these bits in these of its arguments gets an errno, or is allowed (0). */
static const struct rule {
    const char *call;
    int error;
    struct {
        unsigned argument;
        uint64_t mask, value; /* mask 0: whatever it is */
    } when[ARGUMENTS];
} rules[] = {
    {"socket", ALWAYS, {{0, UINT32_MAX, AF_INET}, {1, 0xf, SOCK_STREAM}}},
    {"socket", ALWAYS, {{0, UINT32_MAX, AF_INET}, {1, 0xf, SOCK_DGRAM}}},
    {"socket", ALWAYS, {{0, UINT32_MAX, AF_INET6}, {1, 0xf, SOCK_STREAM}}},
    {"socket", ALWAYS, {{0, UINT32_MAX, AF_INET6}, {1, 0xf, SOCK_DGRAM}}},
    /* libc asks its name service cache and the routing tables so, getdns who the user is. */
    {"socket", DENIED, {{0, UINT32_MAX, AF_UNIX}}},
    {"socket", DENIED, {{0, UINT32_MAX, AF_NETLINK}}},
    {"mmap", ALWAYS, {{2, PROT_EXEC, 0}}},
    {"mmap2", ALWAYS, {{2, PROT_EXEC, 0}}},
    {"mprotect", ALWAYS, {{2, PROT_EXEC, 0}}},
    /* A thread of this process; clone3 hides its flags in memory, and libc falls back to clone. */
    {"clone", ALWAYS, {{0, THREAD | NAMESPACES, THREAD}}},
    {"clone3", ENOSYS, {{0}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_GETFD}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_SETFD}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_GETFL}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_SETFL}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_DUPFD_CLOEXEC}}},
    {"ioctl", ALWAYS, {{1, UINT32_MAX, FIONBIO}}},
    {"ioctl", ALWAYS, {{1, UINT32_MAX, FIONREAD}}},
    {"ioctl", ALWAYS, {{1, UINT32_MAX, TCGETS}}},
    {"ioctl", ALWAYS, {{1, UINT32_MAX, TIOCGWINSZ}}},
    /* Limits may be read. */
    {"getrlimit", ALWAYS, {{0}}},
    {"ugetrlimit", ALWAYS, {{0}}},
    {"prlimit64", ALWAYS, {{2, UINT64_MAX, 0}}},
    /* An open file may be asked about, a path may not. */
    {"newfstatat", ALWAYS, {{3, AT_EMPTY_PATH, AT_EMPTY_PATH}}},
    {"newfstatat", DENIED, {{3, AT_EMPTY_PATH, 0}}},
    {"statx", ALWAYS, {{2, AT_EMPTY_PATH, AT_EMPTY_PATH}}},
    {"statx", DENIED, {{2, AT_EMPTY_PATH, 0}}},
    {"stat", DENIED, {{0}}},
    {"access", DENIED, {{0}}},
    {"faccessat", DENIED, {{0}}},
    {"faccessat2", DENIED, {{0}}},
    {"readlink", DENIED, {{0}}},
    {"readlinkat", DENIED, {{0}}},
    {"open", DENIED, {{1, WRITING, 0}}},
    {"openat", DENIED, {{2, WRITING, 0}}},
};

static int allow_call(scmp_filter_ctx filter, const char *call)
{
    int number = seccomp_syscall_resolve_name(call);

    return number < 0 ? 0 : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 0, NULL);
}

static int add_rule(scmp_filter_ctx filter, const struct rule *rule)
{
    int number = seccomp_syscall_resolve_name(rule->call);
    struct scmp_arg_cmp compare[ARGUMENTS];
    unsigned count = 0;

    for (; count < ARGUMENTS && rule->when[count].mask != 0; count++)
        compare[count] = (struct scmp_arg_cmp){.arg = rule->when[count].argument,
                                               .op = SCMP_CMP_MASKED_EQ,
                                               .datum_a = rule->when[count].mask,
                                               .datum_b = rule->when[count].value};
    return number < 0 ? 0
                      : seccomp_rule_add_array(filter,
                                               rule->error == ALWAYS
                                                   ? SCMP_ACT_ALLOW
                                                   : SCMP_ACT_ERRNO((unsigned)rule->error),
                                               number, count, compare);
}

/* An abort ends the process with its own signal, sent to itself and to nobody else. */
static int allow_abort(scmp_filter_ctx filter)
{
    struct rule rule = {"tgkill", ALWAYS, {{0, UINT32_MAX, (uint32_t)getpid()}, {0}}};

    return add_rule(filter, &rule);
}

static int fill(scmp_filter_ctx filter, unsigned rights)
{
    int error = allow_abort(filter);

    for (size_t i = 0; error == 0 && i < sizeof calls / sizeof *calls; i++)
        error = allow_call(filter, calls[i]);
    for (size_t i = 0; error == 0 && i < sizeof file_calls / sizeof *file_calls; i++)
        if ((rights & file_calls[i].right) != 0)
            error = allow_call(filter, file_calls[i].call);
    for (size_t i = 0; error == 0 && i < sizeof rules / sizeof *rules; i++)
        error = add_rule(filter, &rules[i]);
    return error;
}

/* The system's own error numbers, a filter for every thread, found by halving. */
static int configure(scmp_filter_ctx filter)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);

    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return error;
}

static enum sandbox_status report(enum sandbox_status status, int error, struct failure *reason)
{
    if (error != 0)
        failure_set(reason, "%s", strerror(-error));
    return error != 0 ? status : SANDBOX_HOLDS;
}

static enum sandbox_status load(scmp_filter_ctx filter, unsigned rights, struct failure *reason)
{
    int error = configure(filter);

    if (error == 0)
        error = fill(filter, rights);
    if (error != 0)
        return report(SANDBOX_FAILED, error, reason);
    error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error == 0)
        error = seccomp_load(filter);
    return report(error == -ENOMEM ? SANDBOX_FAILED : SANDBOX_UNAVAILABLE, error, reason);
}

enum sandbox_status sandbox_enter(unsigned rights, struct failure *reason)
{
    scmp_filter_ctx filter;
    enum sandbox_status status;

    if (SANITIZED)
        return report(SANDBOX_UNAVAILABLE, -EOPNOTSUPP, reason);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return report(SANDBOX_UNAVAILABLE, -errno, reason);
    filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL) /* which libseccomp decides by what it is allowed to try */
        return report(SANDBOX_UNAVAILABLE, -EOPNOTSUPP, reason);
    status = load(filter, rights, reason);
    seccomp_release(filter);
    return status;
}
