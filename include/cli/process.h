/*
 * What a process has beside its work: standard streams, threads, signals, descriptors.
 */
#ifndef MXDANE_CLI_PROCESS_H
#define MXDANE_CLI_PROCESS_H

#include <stdbool.h>

#include "audit/plan.h"
#include "base/failure.h"

/*
 * A standard stream that is closed would be the number of the next socket. It gets what cannot be
 * read, or written, so that both fail as they have to.
 */
void process_open_streams(void);

/* The thread pool follows the cores; libuv reads this once, at its first use. */
void process_size_pool(void);

/*
 * SIGINT, SIGTERM and SIGHUP, by SIG_BLOCK and SIG_UNBLOCK. The files of -o and --state are there
 * before the loop watches signals and after it does: one that comes then must wait, else a
 * temporary file would stay.
 */
void process_hold_signals(int how);

/*
 * As many descriptors as the system allows; what is too much for them is done later. Half of what
 * the libraries leave is for questions, the rest for probes. False with the reason in `failure`:
 * there are too few.
 */
bool process_fit_descriptors(struct plan *plan, struct failure *failure);

#endif
