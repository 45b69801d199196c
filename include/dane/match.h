/*
 * TLSA records against the certificates of a chain, each pair looked at once, in time linear in
 * both but for a logarithm: a zone chooses the one number and a server the other. Pure: no I/O, no
 * clock, no signatures.
 */
#ifndef MXDANE_DANE_MATCH_H
#define MXDANE_DANE_MATCH_H

#include <stddef.h>

#include "base/arena.h"
#include "model/certificate.h"
#include "model/match.h"
#include "model/record.h"

/* What each of `count` TLSA records is by itself. Lives in `arena`, as all that follows. */
const struct record_facts *match_facts(const struct record *tlsa, size_t count,
                                       struct arena *arena);

/*
 * What each record is in the chain, and the marks of its certificates: `[matched]` where the record
 * U S M DATA is in the RRset, U being DANE-EE(3) at depth 0 and DANE-TA(2) deeper. `pkey sha256` is
 * always shown, another digest where a record of any usage has its selector and matching type. A
 * mark is a fact about one record: agility and the path are the verdict's. A match as the record's
 * fields say goes before anything else that its data may be. The certificates have their full data.
 */
const struct record_match *match_records(const struct record *tlsa,
                                         const struct record_facts *facts, size_t count,
                                         struct certificate *certificates,
                                         size_t certificate_count, struct arena *arena);

/*
 * The first certificate above the leaf that a usable DANE-TA(2) record is which digest agility does
 * not hide (RFC 7671 section 9), in a path or not; 0: there is none.
 */
size_t match_anchor(const struct record *tlsa, const struct record_facts *facts,
                    const struct record_match *matches, size_t count);

#endif
