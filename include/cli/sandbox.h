/*
 * Once everything is open the process gives up what a run does not need: it can gain no privilege,
 * and a seccomp filter, for every thread, leaves it the descriptors it has, internet sockets and
 * memory that is not executable. Whatever else it were made to do ends it by SIGSYS, because by
 * then it runs somebody else's code; opening a file for reading, which libraries try and can do
 * without, just fails.
 */
#ifndef MXDANE_CLI_SANDBOX_H
#define MXDANE_CLI_SANDBOX_H

#include <stdbool.h>

#include "base/failure.h"

enum sandbox_status {
    SANDBOX_HOLDS,
    SANDBOX_UNAVAILABLE, /* the system refuses a filter; no new privileges all the same */
    SANDBOX_FAILED
};

enum sandbox_rights { /* to be combined */
    SANDBOX_REMOVES_FILES = 1, /* the embedded resolver's temporary file */
    SANDBOX_RENAMES_FILES = 2  /* that are open, and removes them: -o, --state */
};

/* What the system or libseccomp says goes to `reason` unless the sandbox holds. */
enum sandbox_status sandbox_enter(unsigned rights, struct failure *reason);

#endif
