#include "cli/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

enum { ALWAYS = 0, DENIED = EACCES, ENDS = -1 };

enum { /* a sanitizer traces its own process at the end, and opens files at any time */
#ifdef MXDANE_SANITIZED
    SANITIZED = 1
#else
    SANITIZED = 0
#endif
};

/*
 * A second way to do almost everything, past any filter: nobody gets one. libuv asks for one with
 * its loop, whatever its environment says, and does without where the kernel has none.
 */
static const char *const ring_calls[] = {"io_uring_setup", "io_uring_enter", "io_uring_register"};

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

/*
 * What no library tries on the way to do something else, and what somebody else's code would: it
 * ends the run. Calls that are in neither list are answered as by a kernel that has not got them.
 */
static const char *const forbidden[] = {
    /* programs and processes */
    "execve", "execveat", "fork", "vfork", "uselib",
    /* files: to make, change, link */
    "creat", "truncate", "truncate64", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "link",
    "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "chown32",
    "fchown", "fchown32", "lchown", "lchown32", "fchownat", "setxattr", "lsetxattr", "fsetxattr",
    "removexattr", "lremovexattr", "fremovexattr", "open_by_handle_at",
    /* to be a server */
    "listen", "accept", "accept4",
    /* other processes */
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease",
    "pidfd_getfd", "pidfd_send_signal", "kcmp", "kill", "tkill", "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    /* namespaces and file systems */
    "unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount",
    "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "swapon", "swapoff",
    "quotactl", "quotactl_fd", "fanotify_init",
    /* another user */
    "setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32", "setregid", "setregid32",
    "setresuid", "setresuid32", "setresgid", "setresgid32", "setgroups", "setgroups32", "setfsuid",
    "setfsuid32", "setfsgid", "setfsgid32", "capset", "add_key", "request_key", "keyctl",
    /* the kernel and the machine */
    "bpf", "userfaultfd", "perf_event_open", "init_module", "finit_module", "delete_module",
    "kexec_load", "kexec_file_load", "reboot", "syslog", "acct", "iopl", "ioperm", "vhangup",
    "settimeofday", "clock_settime", "clock_settime64", "sethostname", "setdomainname",
};

/* Forbidden but in a run with this right. */
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

enum { ARGUMENTS = 2, WRITING = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND };

/* The kernel takes these flags of clone for namespaces; CLONE_NEWTIME is clone3's alone. */
#define NAMESPACES                                                                                 \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET)
#define THREAD (CLONE_VM | CLONE_THREAD)

/*
 * A call with these bits in these of its arguments is allowed, gets an errno, or ends the run. No
 * two rows of a call with different ends may fit the same arguments: which of them libseccomp
 * takes is not said.
 */
static const struct rule {
    const char *call;
    int action;
    struct {
        unsigned argument;
        uint64_t mask, value; /* mask 0: whatever it is */
    } when[ARGUMENTS];
} rules[] = {
    {"socket", ALWAYS, {{0, UINT32_MAX, AF_INET}, {1, 0xf, SOCK_STREAM}}},
    {"socket", ALWAYS, {{0, UINT32_MAX, AF_INET}, {1, 0xf, SOCK_DGRAM}}},
    {"socket", ALWAYS, {{0, UINT32_MAX, AF_INET6}, {1, 0xf, SOCK_STREAM}}},
    {"socket", ALWAYS, {{0, UINT32_MAX, AF_INET6}, {1, 0xf, SOCK_DGRAM}}},
    {"socket", ENDS, {{0, UINT32_MAX, AF_INET}, {1, 0xf, SOCK_RAW}}},
    {"socket", ENDS, {{0, UINT32_MAX, AF_INET}, {1, 0xf, SOCK_PACKET}}},
    {"socket", ENDS, {{0, UINT32_MAX, AF_INET6}, {1, 0xf, SOCK_RAW}}},
    {"socket", ENDS, {{0, UINT32_MAX, AF_PACKET}}},
    {"socket", ENDS, {{0, UINT32_MAX, AF_XDP}}},
    /* libc asks its name service cache and the routing tables so, getdns who the user is. */
    {"socket", DENIED, {{0, UINT32_MAX, AF_UNIX}}},
    {"socket", DENIED, {{0, UINT32_MAX, AF_NETLINK}}},
    {"mmap", ALWAYS, {{2, PROT_EXEC, 0}}},
    {"mmap", ENDS, {{2, PROT_EXEC, PROT_EXEC}}},
    {"mmap2", ALWAYS, {{2, PROT_EXEC, 0}}},
    {"mmap2", ENDS, {{2, PROT_EXEC, PROT_EXEC}}},
    {"mprotect", ALWAYS, {{2, PROT_EXEC, 0}}},
    {"mprotect", ENDS, {{2, PROT_EXEC, PROT_EXEC}}},
    {"pkey_mprotect", ENDS, {{2, PROT_EXEC, PROT_EXEC}}},
    {"shmat", ENDS, {{2, SHM_EXEC, SHM_EXEC}}},
    /* A thread of this process; clone3 hides its flags in memory, and libc falls back to clone. */
    {"clone", ALWAYS, {{0, THREAD | NAMESPACES, THREAD}}},
    {"clone", ENDS, {{0, CLONE_VM, 0}}},
    {"clone", ENDS, {{0, CLONE_THREAD, 0}}},
    {"clone", ENDS, {{0, CLONE_NEWNS, CLONE_NEWNS}}},
    {"clone", ENDS, {{0, CLONE_NEWCGROUP, CLONE_NEWCGROUP}}},
    {"clone", ENDS, {{0, CLONE_NEWUTS, CLONE_NEWUTS}}},
    {"clone", ENDS, {{0, CLONE_NEWIPC, CLONE_NEWIPC}}},
    {"clone", ENDS, {{0, CLONE_NEWUSER, CLONE_NEWUSER}}},
    {"clone", ENDS, {{0, CLONE_NEWPID, CLONE_NEWPID}}},
    {"clone", ENDS, {{0, CLONE_NEWNET, CLONE_NEWNET}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_GETFD}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_SETFD}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_GETFL}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_SETFL}}},
    {"fcntl", ALWAYS, {{1, UINT32_MAX, F_DUPFD_CLOEXEC}}},
    {"ioctl", ALWAYS, {{1, UINT32_MAX, FIONBIO}}},
    {"ioctl", ALWAYS, {{1, UINT32_MAX, FIONREAD}}},
    {"ioctl", ALWAYS, {{1, UINT32_MAX, TCGETS}}},
    {"ioctl", ALWAYS, {{1, UINT32_MAX, TIOCGWINSZ}}},
    /* To type in the user's terminal is to run programs. */
    {"ioctl", ENDS, {{1, UINT32_MAX, TIOCSTI}}},
    {"ioctl", ENDS, {{1, UINT32_MAX, TIOCLINUX}}},
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
    {"lstat", DENIED, {{0}}},
    {"access", DENIED, {{0}}},
    {"faccessat", DENIED, {{0}}},
    {"faccessat2", DENIED, {{0}}},
    {"readlink", DENIED, {{0}}},
    {"readlinkat", DENIED, {{0}}},
    {"open", DENIED, {{1, WRITING, 0}}},
    {"open", ENDS, {{1, O_WRONLY, O_WRONLY}}},
    {"open", ENDS, {{1, O_RDWR, O_RDWR}}},
    {"open", ENDS, {{1, O_CREAT, O_CREAT}}},
    {"open", ENDS, {{1, O_TRUNC, O_TRUNC}}},
    {"open", ENDS, {{1, O_APPEND, O_APPEND}}},
    {"openat", DENIED, {{2, WRITING, 0}}},
    {"openat", ENDS, {{2, O_WRONLY, O_WRONLY}}},
    {"openat", ENDS, {{2, O_RDWR, O_RDWR}}},
    {"openat", ENDS, {{2, O_CREAT, O_CREAT}}},
    {"openat", ENDS, {{2, O_TRUNC, O_TRUNC}}},
    {"openat", ENDS, {{2, O_APPEND, O_APPEND}}},
};

static uint32_t action_of(int action)
{
    if (action == ALWAYS)
        return SCMP_ACT_ALLOW;
    return action == ENDS ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO((unsigned)action);
}

/* A call that the machine or libseccomp has not got is refused like everything unknown. */
static int add_call(scmp_filter_ctx filter, int action, const char *call)
{
    int number = seccomp_syscall_resolve_name(call);

    return number < 0 ? 0
                      : seccomp_rule_add_array(filter, action_of(action), number, 0, NULL);
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
                      : seccomp_rule_add_array(filter, action_of(rule->action), number, count,
                                               compare);
}

/* An abort ends the process with its own signal, sent to itself and to nobody else. */
static int add_abort(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp self = {.op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)getpid()};
    const struct scmp_arg_cmp other = {.op = SCMP_CMP_NE, .datum_a = (scmp_datum_t)getpid()};
    int error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);

    if (error == 0)
        error = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), 1, &other);
    return error;
}

static int add_calls(scmp_filter_ctx filter, int action, const char *const *names, size_t count)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < count; i++)
        error = add_call(filter, action, names[i]);
    return error;
}

static int fill(scmp_filter_ctx filter, unsigned rights)
{
    int error = add_abort(filter);

    if (error == 0)
        error = add_calls(filter, ALWAYS, calls, sizeof calls / sizeof *calls);
    if (error == 0)
        error = add_calls(filter, ENDS, forbidden, sizeof forbidden / sizeof *forbidden);
    for (size_t i = 0; error == 0 && i < sizeof file_calls / sizeof *file_calls; i++)
        error = add_call(filter, (rights & file_calls[i].right) != 0 ? ALWAYS : ENDS,
                         file_calls[i].call);
    for (size_t i = 0; error == 0 && i < sizeof rules / sizeof *rules; i++)
        error = add_rule(filter, &rules[i]);
    return error;
}

/* No ring before the loop exists; everything else is as it was. */
static int fill_rings(scmp_filter_ctx filter, unsigned rights)
{
    (void)rights;
    return add_calls(filter, ENOSYS, ring_calls, sizeof ring_calls / sizeof *ring_calls);
}

/*
 * The system's own error numbers, a filter for every thread, found by halving. Another
 * architecture's calls, which a filter by number does not know, are nobody's but a stranger's.
 */
static int configure(scmp_filter_ctx filter)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);

    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return error;
}

static void conclude(struct sandbox *sandbox, enum sandbox_status status, int error)
{
    sandbox->status = status;
    if (error < 0)
        failure_set(&sandbox->reason, "%s", strerror(-error));
}

static void load(struct sandbox *sandbox, scmp_filter_ctx filter, enum sandbox_status good)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

    if (error == 0)
        error = seccomp_load(filter);
    if (error == 0)
        conclude(sandbox, good, 0);
    else
        conclude(sandbox, error == -ENOMEM ? SANDBOX_FAILED : SANDBOX_UNAVAILABLE, error);
}

/* A filter of these rules and this answer to all other calls, from now on and for every thread. */
static void add_filter(struct sandbox *sandbox, uint32_t others,
                       int (*rules_into)(scmp_filter_ctx, unsigned), unsigned rights,
                       enum sandbox_status good)
{
    scmp_filter_ctx filter = seccomp_init(others);
    int error = filter != NULL ? configure(filter) : -ENOMEM;

    if (error == 0)
        error = rules_into(filter, rights);
    if (error == 0)
        load(sandbox, filter, good);
    else
        conclude(sandbox, SANDBOX_FAILED, error);
    if (filter != NULL)
        seccomp_release(filter);
}

static bool is_ring(int folder, const char *name)
{
    static const char ring[] = "anon_inode:[io_uring]";
    char target[sizeof ring];

    return readlinkat(folder, name, target, sizeof target) == sizeof ring - 1 &&
           memcmp(target, ring, sizeof ring - 1) == 0;
}

/*
 * Hands every descriptor that is an io_uring to `act` and says how many there are; below 0: why
 * they cannot be counted. Without /proc there is no telling, and that is no reason not to audit.
 */
static int find_rings(void (*act)(int fd))
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    int count = 0;

    if (folder == NULL)
        return errno == ENOENT || errno == EACCES ? 0 : -errno;
    /* cppcheck-suppress readdirCalled ; safe on a stream that one thread has */
    while ((entry = readdir(folder)) != NULL)
        if (is_ring(dirfd(folder), entry->d_name)) {
            count++;
            act((int)strtol(entry->d_name, NULL, 10));
        }
    closedir(folder);
    return count;
}

/* One that we were started with. The number of a standard stream must not become a socket's. */
static void close_ring(int fd)
{
    if (fd > STDERR_FILENO)
        close(fd);
}

/* What made it would be left with another's descriptor. */
static void leave_ring(int fd)
{
    (void)fd;
}

/* Below 0: why not. The privileges go even where there is no filter. */
static int give_up_privileges(void)
{
    enum { KILLS_PROCESSES = 3 }; /* what the kernel is able to, by libseccomp's levels */

    if (SANITIZED)
        return -EOPNOTSUPP;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -errno;
    return seccomp_api_get() < KILLS_PROCESSES ? -EOPNOTSUPP : 0;
}

void sandbox_prepare(struct sandbox *sandbox)
{
    int error = give_up_privileges();

    if (error != 0)
        conclude(sandbox, SANDBOX_UNAVAILABLE, error);
    else
        add_filter(sandbox, SCMP_ACT_ALLOW, fill_rings, 0, SANDBOX_PREPARED);
    if (sandbox->status == SANDBOX_PREPARED)
        find_rings(close_ring);
}

void sandbox_enter(struct sandbox *sandbox, unsigned rights)
{
    int rings;

    if (sandbox->status != SANDBOX_PREPARED)
        return;
    rings = find_rings(leave_ring);
    if (rings == 0) {
        add_filter(sandbox, SCMP_ACT_ERRNO(ENOSYS), fill, rights, SANDBOX_HOLDS);
        return;
    }
    conclude(sandbox, SANDBOX_FAILED, rings);
    if (rings > 0)
        failure_set(&sandbox->reason, "an io_uring is open");
}
