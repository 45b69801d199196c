/*
 * The report's way out, a domain's block at a time: to standard output, or to a file that takes
 * its place when the run is done. A reader that pauses does not hold up the loop, whose sessions
 * would else run into deadlines that are none of their servers' doing.
 */
#ifndef MXDANE_CLI_OUTPUT_H
#define MXDANE_CLI_OUTPUT_H

#include "audit/run.h"
#include "base/buffer.h"
#include "base/failure.h"
#include "base/replacement.h"
#include "cli/progress.h"
#include "report/format.h"

struct output {
    struct report report;
    struct progress progress;
    struct replacement file; /* its name NULL: standard output */
    int fd;
    bool terminal;       /* where the progress is in the way of the blocks */
    struct buffer block; /* of a domain, while it is written */
    size_t written;      /* bytes of it */
};

/*
 * Begins a report of `format` to the file `name`, NULL: to standard output. `options` and `name`
 * are borrowed. False with the reason in `failure` where the file cannot be made; then there is
 * nothing to close.
 */
bool output_open(struct output *output, const struct report_format *format,
                 const struct report_options *options, const char *name,
                 struct failure *failure);

/*
 * Writes the domain's block as far as the output takes it now. After RUN_REPORT_LATER the next
 * call goes on with the same block. With `change` there is only a block where something changed;
 * NULL: there always is. RUN_REPORT_FAILED: the reason in `failure`.
 */
enum run_report_status output_report(struct output *output, const struct domain *domain,
                                     const struct change *change, struct failure *failure);

/* To be written when the output is closed: a domain that is audited no more. */
void output_gone(struct output *output, const char *name, const struct standing *was);

/*
 * Ends the report and frees everything; the file gets its name where the run was whole, else it
 * is left as it was. Returns the exit status, `status` being that of the run; `failure` may get
 * the reason for another one.
 */
int output_close(struct output *output, const struct report_sum *sum, int status,
                 struct failure *failure);

#endif
