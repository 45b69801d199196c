/*
 * Once everything is open the process gives up what a run does not need: it can gain no privilege,
 * and a seccomp filter, for every thread, leaves it the descriptors it has, internet sockets and
 * memory that is not executable. What only somebody else's code would do ends the run by SIGSYS.
 * Opening a file for reading just fails, and every other call is answered as by a kernel that has
 * not got it (ENOSYS), because a library's next version may try it and can do without.
 *
 * An io_uring would be a way around all that, so nobody gets one: sandbox_prepare, before the loop
 * exists; sandbox_enter, once everything is open.
 */
#ifndef MXDANE_CLI_SANDBOX_H
#define MXDANE_CLI_SANDBOX_H

#include <stdbool.h>

#include "base/failure.h"

enum sandbox_status {
    SANDBOX_OFF,      /* not asked for */
    SANDBOX_PREPARED, /* no io_uring can be made, those that were inherited are closed */
    SANDBOX_HOLDS,
    SANDBOX_UNAVAILABLE, /* the system refuses a filter; no new privileges all the same */
    SANDBOX_FAILED
};

struct sandbox {
    enum sandbox_status status;
    struct failure reason; /* what the system or libseccomp says, unless it holds */
};

enum sandbox_rights { /* to be combined */
    SANDBOX_REMOVES_FILES = 1, /* the embedded resolver's temporary file */
    SANDBOX_RENAMES_FILES = 2  /* that are open, and removes them: -o, --state */
};

void sandbox_prepare(struct sandbox *sandbox);

/* Nothing where sandbox_prepare did not succeed. An io_uring that is open is a failure. */
void sandbox_enter(struct sandbox *sandbox, unsigned rights);

#endif
