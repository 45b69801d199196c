/* Each row is a child process that enters the sandbox and then tries something. */
#include "cli/sandbox.h"

#include <fcntl.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sandbox_child.h"

enum { STATUS = 3 /* /proc/self/status, opened before */ };

static char page[4096] __attribute__((aligned(4096)));

static bool try_execve(void)
{
    return execl("/bin/true", "true", (char *)NULL) == 0;
}

static bool try_fork(void)
{
    return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) >= 0;
}

static bool try_fork_by_clone3(void)
{
    uint64_t arguments[8] = {0};

    return syscall(SYS_clone3, arguments, sizeof arguments) >= 0;
}

static bool try_read_file(void)
{
    return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool try_write_file(void)
{
    return open("/dev/null", O_WRONLY) >= 0;
}

static bool try_read_and_write_file(void)
{
    return open("/dev/null", O_RDWR) >= 0;
}

static bool try_append(void)
{
    return open("/dev/null", O_RDONLY | O_APPEND) >= 0;
}

static bool try_empty_file(void)
{
    return open("/nonexistent/file", O_RDONLY | O_TRUNC) >= 0;
}

static bool try_make_file(void)
{
    return open("/nonexistent/file", O_RDONLY | O_CREAT, 0600) >= 0;
}

static bool try_nameless_file(void)
{
    return open("/tmp", O_WRONLY | O_TMPFILE, 0600) >= 0;
}

static bool try_remove_file(void)
{
    return unlink("/nonexistent/file") == 0;
}

static bool try_rename_file(void)
{
    return rename("/nonexistent/file", "/nonexistent/other") == 0;
}

static bool try_stat_path(void)
{
    struct stat status;

    return stat("/etc/passwd", &status) == 0;
}

static bool try_stat_open_file(void)
{
    struct stat status;

    return fstat(STDIN_FILENO, &status) == 0;
}

static bool try_ptrace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool try_kill(void)
{
    return kill(getppid(), 0) == 0;
}

static bool try_kill_thread_of_another(void)
{
    return syscall(SYS_tgkill, getppid(), getppid(), 0) == 0;
}

static bool try_clone(unsigned long flags)
{
    return syscall(SYS_clone, flags, NULL, NULL, NULL, NULL) >= 0;
}

static bool try_vfork(void)
{
    return try_clone(CLONE_VM | CLONE_VFORK | SIGCHLD);
}

static bool try_thread_in_a_namespace(void)
{
    return try_clone(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWNET);
}

static bool try_namespace(void)
{
    return unshare(CLONE_NEWUSER) == 0;
}

static bool try_mount(void)
{
    return mount("none", "/nonexistent", "tmpfs", 0, NULL) == 0;
}

static bool try_limits(void)
{
    struct rlimit limit = {1, 1};

    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static bool try_read_limits(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static bool try_privileges(void)
{
    return setuid(0) == 0;
}

static bool try_internet_sockets(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) >= 0 &&
           socket(AF_INET6, SOCK_DGRAM, 0) >= 0;
}

static bool try_packet_socket(void)
{
    return socket(AF_PACKET, SOCK_RAW, ETH_P_ALL) >= 0;
}

static bool try_raw_socket(void)
{
    return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0;
}

static bool try_old_packet_socket(void)
{
    return socket(AF_INET, SOCK_PACKET, htons(ETH_P_ALL)) >= 0;
}

static bool try_raw_socket_of_ipv6(void)
{
    return socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6) >= 0;
}

static bool try_other_socket(void)
{
    return socket(AF_INET, SOCK_SEQPACKET, 0) >= 0;
}

static bool try_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool try_listen(void)
{
    return listen(STDIN_FILENO, 1) == 0;
}

static bool try_executable_memory(void)
{
    return mmap(NULL, sizeof page, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool try_make_executable(void)
{
    return mprotect(page, sizeof page, PROT_READ | PROT_EXEC) == 0;
}

static bool try_keyed_executable(void)
{
    return syscall(SYS_pkey_mprotect, page, sizeof page, PROT_READ | PROT_EXEC, -1) == 0;
}

static bool try_shared_executable(void)
{
    return shmat(0, NULL, SHM_EXEC) != (void *)-1;
}

/* What is typed there the user's shell runs. */
static bool try_type_in_terminal(void)
{
    return ioctl(STDIN_FILENO, TIOCSTI, "x") == 0;
}

static bool try_other_terminal_call(void)
{
    return ioctl(STDIN_FILENO, TIOCEXCL) == 0;
}

static bool try_duplicate(void)
{
    return fcntl(STDIN_FILENO, F_DUPFD, 10) >= 0;
}

static bool try_rename_thread(void)
{
    return prctl(PR_SET_NAME, "libuv-worker") == 0;
}

static bool try_memory(void)
{
    char *memory = malloc(1 << 24);
    bool good = memory != NULL && mprotect(page, sizeof page, PROT_READ) == 0;

    free(memory);
    return good;
}

static void *nothing(void *argument)
{
    return argument;
}

static bool try_thread(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

static bool try_no_new_privileges(void)
{
    char text[8192];
    ssize_t length = read(STATUS, text, sizeof text - 1);

    text[length > 0 ? length : 0] = '\0';
    errno = EIO;
    return strstr(text, "\nNoNewPrivs:\t1\n") != NULL && strstr(text, "\nSeccomp:\t2\n") != NULL;
}

static int gate[2];

static void *wait_and_read_file(void *argument)
{
    char byte;

    (void)argument;
    if (read(gate[0], &byte, 1) == 1)
        _exit(open("/etc/passwd", O_RDONLY) < 0 ? errno : 0);
    return NULL;
}

/* A thread that was there before. */
static bool try_other_thread(void)
{
    if (write(gate[1], "", 1) == 1)
        poll(NULL, 0, -1);
    return false;
}

static const struct row {
    const char *name;
    bool (*try)(void);
    int outcome; /* KILLED, an errno, or 0: allowed */
} rows[] = {
    {"execve", try_execve, KILLED},
    {"fork", try_fork, KILLED},
    {"vfork", try_vfork, KILLED},
    {"fork by clone3", try_fork_by_clone3, ENOSYS},
    {"a thread in a namespace", try_thread_in_a_namespace, KILLED},
    {"read a file", try_read_file, EACCES},
    {"write to a file", try_write_file, KILLED},
    {"read and write a file", try_read_and_write_file, KILLED},
    {"append to a file", try_append, KILLED},
    {"empty a file", try_empty_file, KILLED},
    {"make a file", try_make_file, KILLED},
    {"make a file without a name", try_nameless_file, KILLED},
    {"remove a file", try_remove_file, KILLED},
    {"rename a file", try_rename_file, KILLED},
    {"look at a path", try_stat_path, EACCES},
    {"look at an open file", try_stat_open_file, 0},
    {"be traced", try_ptrace, KILLED},
    {"signal another process", try_kill, KILLED},
    {"signal another's thread", try_kill_thread_of_another, KILLED},
    {"a namespace", try_namespace, KILLED},
    {"mount", try_mount, KILLED},
    {"change limits", try_limits, ENOSYS},
    {"read limits", try_read_limits, 0},
    {"become root", try_privileges, KILLED},
    {"internet sockets", try_internet_sockets, 0},
    {"a packet socket", try_packet_socket, KILLED},
    {"a packet socket of old", try_old_packet_socket, KILLED},
    {"a raw socket", try_raw_socket, KILLED},
    {"a raw socket of IPv6", try_raw_socket_of_ipv6, KILLED},
    {"a local socket", try_unix_socket, EACCES},
    {"a socket of another type", try_other_socket, ENOSYS},
    {"listen", try_listen, KILLED},
    {"executable memory", try_executable_memory, KILLED},
    {"make memory executable", try_make_executable, KILLED},
    {"the same with a key", try_keyed_executable, KILLED},
    {"shared memory that is executable", try_shared_executable, KILLED},
    {"type in the terminal", try_type_in_terminal, KILLED},
    {"another call of terminals", try_other_terminal_call, ENOSYS},
    {"another number for a descriptor", try_duplicate, ENOSYS},
    {"name a thread", try_rename_thread, ENOSYS},
    {"memory", try_memory, 0},
    {"a thread", try_thread, 0},
    {"no new privileges", try_no_new_privileges, 0},
    {"another thread", try_other_thread, EACCES},
};

static _Noreturn void attempt(bool (*try)(void), unsigned rights)
{
    pthread_t thread;

    if (dup2(open("/proc/self/status", O_RDONLY), STATUS) != STATUS || pipe(gate) != 0 ||
        pthread_create(&thread, NULL, wait_and_read_file, NULL) != 0)
        _exit(NOT_HELD);
    child_enter_sandbox(rights);
    _exit(try() ? 0 : errno);
}

static int outcome_of(bool (*try)(void), unsigned rights)
{
    pid_t pid = fork();

    if (pid == 0)
        attempt(try, rights);
    return child_outcome(pid);
}

static void test_attempts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int outcome = outcome_of(rows[i].try, 0);

        if (outcome != rows[i].outcome)
            fail_msg("%s: %d, not %d", rows[i].name, outcome, rows[i].outcome);
    }
}

/* A right allows its own calls and no more. */
static void test_rights(void **state)
{
    (void)state;
    assert_int_equal(outcome_of(try_remove_file, SANDBOX_REMOVES_FILES), ENOENT);
    assert_int_equal(outcome_of(try_rename_file, SANDBOX_REMOVES_FILES), KILLED);
    assert_int_equal(outcome_of(try_make_file, SANDBOX_REMOVES_FILES), KILLED);
    assert_int_equal(outcome_of(try_read_file, SANDBOX_REMOVES_FILES), EACCES);
    assert_int_equal(outcome_of(try_remove_file, SANDBOX_RENAMES_FILES), ENOENT);
    assert_int_equal(outcome_of(try_rename_file, SANDBOX_RENAMES_FILES), ENOENT);
    assert_int_equal(outcome_of(try_write_file, SANDBOX_RENAMES_FILES), KILLED);
    assert_int_equal(outcome_of(try_make_file, SANDBOX_RENAMES_FILES), KILLED);
    assert_int_equal(outcome_of(try_read_file, SANDBOX_RENAMES_FILES), EACCES);
    assert_int_equal(outcome_of(try_execve, SANDBOX_RENAMES_FILES), KILLED);
}

/* LeakSanitizer traces its process: a sanitizer's build has no sandbox, and says so. */
static void test_sanitized(void **state)
{
    struct sandbox sandbox = {0};

    (void)state;
    sandbox_prepare(&sandbox);
    sandbox_enter(&sandbox, 0);
    assert_int_equal(sandbox.status, SANDBOX_UNAVAILABLE);
    assert_string_equal(sandbox.reason.text, "Operation not supported");
}

int main(void)
{
#ifdef MXDANE_SANITIZED
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sanitized)};

    (void)test_attempts;
    (void)test_rights;
#else
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_attempts),
                                       cmocka_unit_test(test_rights)};

    (void)test_sanitized;
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
