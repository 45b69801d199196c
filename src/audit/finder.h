/*
 * What the findings files of the audit room share: the list that grows, and their parts.
 */
#ifndef MXDANE_AUDIT_FINDER_H
#define MXDANE_AUDIT_FINDER_H

#include "audit/findings.h"
#include "model/finding.h"

struct finder {
    const struct findings_rules *rules;
    const struct domain *domain;
    struct arena *arena; /* for what is parsed meanwhile, and for texts */
    struct finding *list;
    size_t count, room;
};

/* findings.c */
void finder_add(struct finder *finder, struct finding finding);

/* advice.c: what does not make the domain fail. */
void advice_find_domain(struct finder *finder);
void advice_find_host(struct finder *finder, const struct domain_host *entry);
void advice_find_address(struct finder *finder, const struct domain_host *entry, size_t index);

/* What is wrong with a certificate's dates; NULL: nothing is. */
const char *advice_dates(const struct finder *finder, const struct certificate *certificate);

/* What is wrong with a trust anchor's own dates, which do not count; absent: nothing is. */
struct bytes advice_anchor_dates(struct finder *finder, const struct certificate *anchor);

/*
 * tlsa_advice.c: of the records of a host, and of each at an address whose handshake was done.
 * The latter is the record behind a chain that does not verify: an anchor that was sent; NULL:
 * there is none.
 */
void tlsa_advice_find_records(struct finder *finder, const struct domain_host *entry);
void tlsa_advice_find_address(struct finder *finder, const struct domain_host *entry,
                              size_t index);
const struct record *tlsa_advice_broken_anchor(const struct host *host,
                                               const struct address *address);

#endif
