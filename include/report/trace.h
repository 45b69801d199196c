/*
 * The trace: the report that people read and scripts grep. Decides nothing, only prints.
 */
#ifndef MXDANE_REPORT_TRACE_H
#define MXDANE_REPORT_TRACE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/pattern.h"
#include "model/domain.h"

struct trace_options {
    bool quiet;
    unsigned verbose;
    bool color;
    const struct pattern *grep; /* NULL: every line */
};

/* Appends the block of one domain to `out`. */
void trace_render(const struct domain *domain, const struct trace_options *options,
                  struct buffer *out);

#endif
