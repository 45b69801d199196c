/*
 * Runs a program to which the system refuses a call. "seccomp": every further filter, as some
 * containers do and old kernels. "tcp": sockets of streams. usage: forbid CALL ERRNO PROGRAM
 * ARGUMENT...
 */
#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

static int refuse(scmp_filter_ctx filter, const char *call, unsigned error)
{
    const unsigned type = ~(unsigned)(SOCK_CLOEXEC | SOCK_NONBLOCK);
    int number = seccomp_syscall_resolve_name(call);

    if (strcmp(call, "tcp") == 0)
        return seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), SCMP_SYS(socket), 1,
                                SCMP_A1(SCMP_CMP_MASKED_EQ, type, SOCK_STREAM));
    if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), number, 0) != 0)
        return -1;
    return strcmp(call, "seccomp") != 0
               ? 0
               : seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), SCMP_SYS(prctl), 1,
                                  SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
}

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    if (argc < 4 || filter == NULL ||
        refuse(filter, argv[1], (unsigned)strtoul(argv[2], NULL, 10)) != 0 ||
        seccomp_load(filter) != 0)
        return 2;
    execv(argv[3], argv + 3);
    perror(argv[3]);
    return 2;
}
