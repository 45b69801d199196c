#include "base/pattern.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/limits.h"
#include "base/memory.h"

struct pattern {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

struct pattern *pattern_new(const char *option, const char *text, struct failure *failure)
{
    struct pattern *pattern = memory_new(1, sizeof *pattern);
    int error;
    size_t offset;

    pattern->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                                  PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &offset, NULL);
    if (pattern->code == NULL) {
        PCRE2_UCHAR reason[256];

        pcre2_get_error_message(error, reason, sizeof reason);
        failure_set(failure, "%s: bad pattern at offset %zu: %s", option, offset,
                    (const char *)reason);
        pattern_free(pattern);
        return NULL;
    }
    pattern->data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    if (pattern->data == NULL || pattern->context == NULL) {
        failure_set(failure, "%s: out of memory", option);
        pattern_free(pattern);
        return NULL;
    }
    /* Not compiled to machine code: PCRE2's JIT needs memory that is writable and executable. */
    pcre2_set_match_limit(pattern->context, LIMIT_PATTERN_MATCH);
    pcre2_set_heap_limit(pattern->context, LIMIT_PATTERN_HEAP_KIB);
    return pattern;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    pcre2_match_context_free(pattern->context);
    pcre2_match_data_free(pattern->data);
    pcre2_code_free(pattern->code);
    free(pattern);
}

bool pattern_matches(const struct pattern *pattern, const char *text, size_t length,
                     bool in_doubt)
{
    int result = pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, 0, pattern->data,
                             pattern->context);

    return result >= 0 || (result != PCRE2_ERROR_NOMATCH && in_doubt);
}
