/*
 * The trace: the report that people read and scripts grep. Decides nothing, only prints.
 */
#ifndef MXDANE_REPORT_TRACE_H
#define MXDANE_REPORT_TRACE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/pattern.h"
#include "model/domain.h"
#include "model/standing.h"

struct trace_options {
    bool quiet;
    unsigned verbose;
    bool color;
    const struct pattern *grep; /* NULL: every line */
};

/* Appends the block of one domain to `out`. */
void trace_render(const struct domain *domain, const struct trace_options *options,
                  struct buffer *out);

/* The line before a block that says what changed since the last run: "; x.org: worse: was pass". */
void trace_change(const struct domain *domain, const struct change *change,
                  const struct trace_options *options, struct buffer *out);
void trace_gone(const char *name, const struct standing *was, struct buffer *out);

#endif
