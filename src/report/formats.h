/*
 * The renderers that report/format's table names, one file each.
 */
#ifndef MXDANE_REPORT_FORMATS_H
#define MXDANE_REPORT_FORMATS_H

#include "report/format.h"

void *json_begin(void);
void json_domain(struct report *report, const struct domain *domain, struct buffer *out);

void json_gone(const struct report *report, const char *name, const struct standing *was,
               struct buffer *out);

/* The plugin convention's exit status where nothing can be said. */
enum { NAGIOS_UNKNOWN = 3 };

void *nagios_begin(void);
void nagios_domain(struct report *report, const struct domain *domain, struct buffer *out);
void nagios_end(struct report *report, const struct report_sum *sum, struct buffer *out);
int nagios_status(const struct report *report, const struct report_sum *sum);

void *prometheus_begin(void);
void prometheus_domain(struct report *report, const struct domain *domain, struct buffer *out);
void prometheus_end(struct report *report, const struct report_sum *sum, struct buffer *out);

void *summary_begin(void);
void summary_domain(struct report *report, const struct domain *domain, struct buffer *out);
void summary_gone(const struct report *report, const char *name, const struct standing *was,
                  struct buffer *out);
void summary_end(struct report *report, const struct report_sum *sum, struct buffer *out);

#endif
