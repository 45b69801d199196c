/*
 * The parts of a domain's JSON object. For the json files only: jansson's types.
 */
#ifndef MXDANE_REPORT_JSON_PARTS_H
#define MXDANE_REPORT_JSON_PARTS_H

#include <jansson.h>

#include "base/text.h"
#include "model/domain.h"
#include "model/excess.h"
#include "model/lookup.h"

/* Sets `key` to `value`, which is taken. */
void json_put(json_t *object, const char *key, json_t *value);

/* A peer's bytes, escaped as in the trace: always UTF-8. Absent: null. */
json_t *json_bytes(struct bytes text);

/* The same for a string; NULL: null. */
json_t *json_words(const char *words);

/* What was composed, UTF-8; ends the buffer. */
json_t *json_buffer(struct buffer *text);

/* The limit that was exceeded; none: null. */
json_t *json_excess(enum excess excess);

json_t *json_hex(struct bytes data);
json_t *json_time(int64_t seconds);

/* NULL: null. */
json_t *json_lookup(const struct lookup *lookup);
json_t *json_record(const struct record *record);

/* `verify_time`: seconds since the epoch, from which days left are counted. */
json_t *json_address(const struct domain *domain, const struct domain_host *entry, size_t index,
                     int64_t verify_time);
json_t *json_address_text(const struct address *address);

#endif
