/*
 * Standard output, a domain's block at a time. A reader that pauses does not hold up the loop,
 * whose sessions would else run into deadlines that are none of their servers' doing.
 */
#ifndef MXDANE_CLI_OUTPUT_H
#define MXDANE_CLI_OUTPUT_H

#include "audit/run.h"
#include "base/buffer.h"
#include "cli/progress.h"
#include "report/trace.h"

struct output {
    const struct trace_options *trace;
    struct progress progress;
    bool terminal; /* where the progress is in the way of the blocks */
    struct buffer block; /* of a domain, while it is written */
    size_t written;      /* bytes of it */
};

/* `trace` is borrowed. */
void output_init(struct output *output, const struct trace_options *trace);
void output_fini(struct output *output);

/*
 * Writes the domain's block as far as standard output takes it now. After RUN_REPORT_LATER the
 * next call goes on with the same block.
 */
enum run_report_status output_report(struct output *output, const struct domain *domain);

#endif
