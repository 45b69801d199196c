/*
 * A getdns response to a look-up: the only reader of getdns's dicts.
 */
#ifndef MXDANE_DNS_ANSWER_H
#define MXDANE_DNS_ANSWER_H

#include "base/arena.h"
#include "model/lookup.h"

struct getdns_dict;

/*
 * Fills status, AD, chain and records of `lookup` (whose name and type are set). Whatever is
 * missing, malformed, bogus or not an answer to the question becomes an error status.
 */
void answer_read(const struct getdns_dict *response, struct arena *arena, struct lookup *lookup);

/*
 * The same of the embedded resolver, which says how each validation ended: an answer without that
 * is an error, whatever its AD bit.
 */
void answer_read_validated(const struct getdns_dict *response, struct arena *arena,
                           struct lookup *lookup);

#endif
