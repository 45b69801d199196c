/*
 * The formats of a report: one renderer and one row of a table each. A renderer gets the model as
 * const and decides nothing; what it keeps between domains is its own.
 */
#ifndef MXDANE_REPORT_FORMAT_H
#define MXDANE_REPORT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/domain.h"
#include "model/standing.h"
#include "report/trace.h"

struct report_options {
    const struct trace_options *trace; /* its `quiet` is for every format */
    bool terminal;                     /* the output is one: columns, totals */
    bool changes;                      /* only domains that changed are reported: no totals */
    int64_t verify_time;               /* seconds since the epoch: days left are counted from it */
};

struct report_sum { /* of a run */
    bool whole;          /* it came to its end: no signal, no failure */
    const char *failure; /* why mxdane itself could not do its work; NULL: none */
    uint64_t milliseconds;
    int64_t now; /* seconds since the epoch */
};

struct report { /* a format in use */
    const struct report_format *format;
    const struct report_options *options;
    const struct change *change; /* since the last run, of the domain in hand; NULL: not wanted */
    void *kept; /* by the format, from `begin` until `end` */
};

struct report_format {
    const char *name;
    void *(*begin)(void); /* what is kept; NULL: nothing is */
    void (*domain)(struct report *report, const struct domain *domain, struct buffer *out);
    /* A domain of the last run that this one did not have; NULL: the format knows no changes. */
    void (*gone)(const struct report *report, const char *name, const struct standing *was,
                 struct buffer *out);
    /* Frees what was kept, whatever `sum` says; NULL: there is no end. */
    void (*end)(struct report *report, const struct report_sum *sum, struct buffer *out);
    /* The exit status for ours; NULL: it is ours. Called before `end`. */
    int (*status)(const struct report *report, const struct report_sum *sum);
    int own_failure; /* the exit status where mxdane itself failed; 0: ours */
    bool findings; /* it shows them (the trace: with -v) */
    bool dialogue; /* and SMTP dialogues (the trace: with -v) */
    bool one_text; /* for all domains together: no part of it stands alone */
};

/* The format of this name; NULL: there is none. */
const struct report_format *report_format_find(const char *name);

/* The exit status of a run in which mxdane itself failed. */
int report_own_failure(const struct report_format *format);

/* The names, separated by `separator`. */
void report_format_add_names(struct buffer *out, const char *separator);

/* `options` are borrowed. Every report that is begun is ended. */
void report_begin(struct report *report, const struct report_format *format,
                  const struct report_options *options);

/*
 * Appends to `out` what is to be written now: nothing, where the format gathers. `change`: since
 * the last run; NULL: not wanted.
 */
void report_domain(struct report *report, const struct domain *domain,
                   const struct change *change, struct buffer *out);
void report_gone(const struct report *report, const char *name, const struct standing *was,
                 struct buffer *out);

/* Appends what is left to be written. Returns the exit status, `status` being that of the run. */
int report_end(struct report *report, const struct report_sum *sum, int status,
               struct buffer *out);

#endif
