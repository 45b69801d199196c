/*
 * A child process that enters the sandbox, and how it ends.
 */
#ifndef MXDANE_TESTS_SANDBOX_CHILD_H
#define MXDANE_TESTS_SANDBOX_CHILD_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/sandbox.h"

enum { KILLED = 1000, NOT_HELD = 99 };

static inline void child_enter_sandbox(unsigned rights)
{
    const struct rlimit no_core = {0, 0};
    struct sandbox sandbox = {0};

    sandbox_prepare(&sandbox);
    if (setrlimit(RLIMIT_CORE, &no_core) == 0)
        sandbox_enter(&sandbox, rights);
    if (sandbox.status != SANDBOX_HOLDS)
        _exit(NOT_HELD);
    errno = 0;
}

/* Its exit status; KILLED by the sandbox; -1: by another signal. */
static inline int child_outcome(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? KILLED : -1;
    return WEXITSTATUS(status);
}

#endif
