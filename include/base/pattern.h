/*
 * A user's PCRE2 pattern. The only place that knows PCRE2. Matching is bounded in steps and heap:
 * where a pattern passes the bound, the caller says what that means.
 */
#ifndef MXDANE_BASE_PATTERN_H
#define MXDANE_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

struct pattern;

/* NULL with the option's name, the reason and the offset in `failure` where it is no pattern. */
struct pattern *pattern_new(const char *option, const char *text, struct failure *failure);
void pattern_free(struct pattern *pattern);

/* Whether the pattern matches anywhere in `text`; `in_doubt` where the bound ends the search. */
bool pattern_matches(const struct pattern *pattern, const char *text, size_t length,
                     bool in_doubt);

#endif
