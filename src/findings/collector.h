/*
 * What the files of the findings room share: the list that grows, and their parts.
 */
#ifndef MXDANE_FINDINGS_COLLECTOR_H
#define MXDANE_FINDINGS_COLLECTOR_H

#include "findings/findings.h"
#include "findings/retired_cas.h"
#include "model/finding.h"

struct tlsa_leaves;

/* The TLSA records of a host, as all of its addresses see them. */
struct tlsa_view {
    const struct domain_host *entry;
    const struct lookup *lookup;
    const struct record_facts *facts;
    const struct retired_issuer **retired; /* the issuer whose key a record is; NULL: none known */
    const struct address **elsewhere; /* the first address whose chain has it; NULL: none */
};

struct collector {
    const struct findings_rules *rules;
    const struct domain *domain;
    struct arena *arena; /* of the findings' texts */
    struct arena scratch;
    struct finding *list;
    size_t count, room;
    size_t advice;        /* of these, what does not make the domain fail */
    bool full;            /* there was more advice than LIMIT_ADVICE */
    struct tlsa_leaves *leaves; /* of all hosts of the domain; NULL: not yet needed */
};

/* collector.c. What is beyond LIMIT_ADVICE is dropped, unless the domain fails by it. */
void collector_add(struct collector *collector, struct finding finding);

/* The same file: whatever the limit. */
void collector_append(struct collector *collector, struct finding finding);

/* failures.c: what makes the domain fail, in the order of the trace. */
void failures_find_domain(struct collector *collector);
void failures_find_host(struct collector *collector, const struct domain_host *entry);
void failures_find_address(struct collector *collector, const struct domain_host *entry,
                           const struct tlsa_view *view, size_t index);
void failures_find_after(struct collector *collector, const struct domain_host *entry,
                         size_t index); /* the handshake */
void failures_find_unprobed(struct collector *collector);

/* dnssec_advice.c: of the DS records, whether the domain fails for them or not. */
void dnssec_find_delegation(struct collector *collector);

/*
 * The same file: of an insecure answer, why. False where its zone is unsigned, or nothing is known.
 */
bool dnssec_find_zone(struct collector *collector, const struct domain_host *entry,
                      const struct lookup *lookup);

/* An insecure answer of a zone that other resolvers may validate: it proves nothing. */
bool dnssec_is_not_judged(const struct lookup *lookup);

/* advice.c: what does not make the domain fail. `view` NULL: the host has no TLSA records. */
void advice_find_domain(struct collector *collector);
void advice_find_host(struct collector *collector, const struct domain_host *entry,
                      const struct tlsa_view *view);
void advice_find_address(struct collector *collector, const struct domain_host *entry,
                         const struct tlsa_view *view, size_t index);

/* What is wrong with a certificate's dates; NULL: nothing is. */
const char *advice_dates(const struct collector *collector, const struct certificate *certificate);

/* What is wrong with a trust anchor's own dates, which do not count; absent: nothing is. */
struct bytes advice_anchor_dates(struct collector *collector, const struct certificate *anchor);

/*
 * tlsa_advice.c: of the records of a host, and of each at an address whose handshake was done.
 * The last is the record behind a chain that does not verify: an anchor that was sent; NULL:
 * there is none.
 */
const struct tlsa_view *tlsa_view_new(struct collector *collector, const struct domain_host *entry);
void tlsa_advice_find_records(struct collector *collector, const struct tlsa_view *view);
void tlsa_advice_find_address(struct collector *collector, const struct tlsa_view *view,
                              const struct address *address);
const struct record *tlsa_advice_broken_anchor(const struct tlsa_view *view,
                                               const struct address *address);

/* tlsa_unmatched.c: why the records that do not match at an address do not. */
void tlsa_unmatched_find(struct collector *collector, const struct tlsa_view *view,
                         const struct address *address, bool another_matches);

/* A usable record that an address's chain has as its fields say. */
static inline bool tlsa_view_matches(const struct tlsa_view *view, const struct address *address,
                                     size_t index)
{
    return view->facts[index].usability == TLSA_USABLE &&
           address->matches[index].kind == RECORD_MATCH_FITS;
}

#endif
