/*
 * Answers for the targets of the dns room: replies as getdns hands them over, and what must hold
 * of whatever is read from one.
 */
#ifndef MXDANE_TESTS_FUZZ_DNS_H
#define MXDANE_TESTS_FUZZ_DNS_H

#include <getdns/getdns.h>

#include "base/arena.h"
#include "model/lookup.h"

/* The response of a context to one question: /replies_tree/0 is a copy of `reply`. */
getdns_dict *dns_response(getdns_dict *reply);

/* Reads the response as the answer to a question. */
void dns_read(const getdns_dict *response, const char *name, enum record_type type,
              struct arena *arena, struct lookup *lookup);

/* What holds of every look-up; it is printed, too. */
void dns_check(const struct lookup *lookup);

enum { DNS_TYPES = 8 };
extern const enum record_type dns_types[DNS_TYPES];

#endif
