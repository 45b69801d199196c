/*
 * The renderers that report/format's table names, one file each.
 */
#ifndef MXDANE_REPORT_FORMATS_H
#define MXDANE_REPORT_FORMATS_H

#include "report/format.h"

void *json_begin(void);
void json_domain(struct report *report, const struct domain *domain, struct buffer *out);

void summary_domain(struct report *report, const struct domain *domain, struct buffer *out);

#endif
