#include <string.h>

#include "audit/retired.h"
#include "dane/certificate.h"
#include "dane/diagnosis.h"
#include "dane/tlsa.h"
#include "finder.h"

enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3 };
enum { SELECTOR_SPKI = 1 };

static struct finding of_record(const struct domain_host *entry, const struct record *record,
                                enum finding_code code)
{
    return (struct finding){.code = code, .host = entry, .lookup = entry->host->tlsa,
                            .record = record};
}

static struct bytes text_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static bool is_usable(const struct record *record)
{
    return tlsa_usability(&record->data.tlsa) == TLSA_USABLE;
}

/* RFC 7671 section 5.2.2: an anchor that need not be sent. */
static void find_anchor_in_dns(struct finder *finder, const struct domain_host *entry,
                               const struct record *record)
{
    const struct record_tlsa *tlsa = &record->data.tlsa;
    struct finding finding = of_record(entry, record, FINDING_TLSA_ANCHOR_DATES);
    struct certificate anchor;

    if (tlsa->usage != USAGE_DANE_TA || tlsa->selector != 0 || tlsa->mtype != 0 ||
        !certificate_parse(tlsa->data, finder->arena, &anchor))
        return;
    finding.text = advice_anchor_dates(finder, &anchor);
    if (finding.text.data != NULL)
        finder_add(finder, finding);
}

/* Without a chain to look at: what is wrong with the record by itself. */
static void find_record(struct finder *finder, const struct domain_host *entry,
                        const struct record *record)
{
    const struct record_tlsa *tlsa = &record->data.tlsa;
    const struct retired_issuer *retired = retired_find(finder->rules->retired, tlsa);
    struct finding finding = of_record(entry, record, FINDING_TLSA_RECORD_UNUSABLE);

    finding.text = text_of(tlsa_usability_text(tlsa_usability(tlsa)));
    if (!is_usable(record))
        finder_add(finder, finding);
    if (diagnosis_is_nothing(tlsa))
        finder_add(finder, of_record(entry, record, FINDING_TLSA_DIGEST_OF_NOTHING));
    if (retired != NULL) {
        finding = of_record(entry, record, retired->state == RETIRED_SUPERSEDED
                                               ? FINDING_TLSA_SUPERSEDED_ISSUER
                                               : FINDING_TLSA_RETIRED_ISSUER);
        finding.text = text_of(retired->name);
        finder_add(finder, finding);
    }
    find_anchor_in_dns(finder, entry, record);
    if (is_usable(record) && tlsa->usage == USAGE_DANE_EE && tlsa->selector != SELECTOR_SPKI)
        finder_add(finder, of_record(entry, record, FINDING_TLSA_CERT_HASH));
}

void tlsa_advice_find_records(struct finder *finder, const struct domain_host *entry)
{
    enum { MANY = 12 };
    const struct lookup *lookup = entry->host->tlsa;
    const struct record *usable = NULL;
    size_t count = 0;

    for (size_t i = 0; i < lookup->record_count; i++) {
        find_record(finder, entry, &lookup->records[i]);
        if (is_usable(&lookup->records[i])) {
            usable = &lookup->records[i];
            count++;
        }
    }
    if (count == 1)
        finder_add(finder, of_record(entry, usable, FINDING_TLSA_SINGLE));
    if (lookup->record_count > MANY)
        finder_add(finder, (struct finding){.code = FINDING_TLSA_MANY, .host = entry,
                                            .lookup = lookup, .number = lookup->record_count});
}

/* What matches at an address by its own fields. */
static bool matches(const struct record *record, const struct address *address,
                    struct arena *arena)
{
    return is_usable(record) &&
           diagnosis_find(record, &address->chain, arena).code == FINDING_CODES;
}

static bool same_fields(const struct record *left, const struct record *right)
{
    return left->data.tlsa.usage == right->data.tlsa.usage &&
           left->data.tlsa.selector == right->data.tlsa.selector &&
           left->data.tlsa.mtype == right->data.tlsa.mtype;
}

static bool is_hidden(const struct lookup *tlsa, const struct record *record)
{
    return tlsa_is_hidden(&record->data.tlsa, tlsa->records, tlsa->record_count);
}

const struct record *tlsa_advice_broken_anchor(const struct host *host,
                                               const struct address *address)
{
    struct arena arena;
    const struct record *anchor = NULL;

    arena_init(&arena);
    for (size_t i = 0; i < host->tlsa->record_count && anchor == NULL; i++) {
        const struct record *record = &host->tlsa->records[i];

        if (record->data.tlsa.usage == USAGE_DANE_TA && matches(record, address, &arena) &&
            !is_hidden(host->tlsa, record))
            anchor = record;
    }
    arena_fini(&arena);
    return anchor;
}

/* Another address of the host whose chain the record matches; NULL: none. */
static const struct address *other_address(const struct finder *finder, const struct host *host,
                                           const struct address *address,
                                           const struct record *record)
{
    for (size_t i = 0; i < host->address_count; i++)
        if (&host->addresses[i] != address && host->addresses[i].handshaken &&
            matches(record, &host->addresses[i], finder->arena))
            return &host->addresses[i];
    return NULL;
}

/* Another MX host whose leaf the record is; NULL: none. */
static const struct host *other_host(const struct finder *finder, const struct host *host,
                                     const struct record *record)
{
    const struct domain *domain = finder->domain;

    for (size_t i = 0; i < domain->host_count; i++) {
        const struct host *other = domain->hosts[i].host;

        for (size_t j = 0; other != host && j < other->address_count; j++)
            if (other->addresses[j].handshaken &&
                diagnosis_is_leaf(&record->data.tlsa, &other->addresses[j].chain))
                return other;
    }
    return NULL;
}

static bool same_key(const struct address *left, const struct address *right)
{
    struct bytes one = left->chain.certificates[0].data[CERTIFICATE_FULL_SPKI];
    struct bytes two = right->chain.certificates[0].data[CERTIFICATE_FULL_SPKI];

    return one.length == two.length && one.length > 0 &&
           memcmp(one.data, two.data, one.length) == 0;
}

/* Whether a record of the leaf's key matches: then only the certificate is another. */
static bool key_matches(const struct finder *finder, const struct host *host,
                        const struct address *address)
{
    for (size_t i = 0; i < host->tlsa->record_count; i++) {
        const struct record_tlsa *tlsa = &host->tlsa->records[i].data.tlsa;

        if (tlsa->usage == USAGE_DANE_EE && tlsa->selector == SELECTOR_SPKI &&
            matches(&host->tlsa->records[i], address, finder->arena))
            return true;
    }
    return false;
}

static struct bytes address_text(const struct finder *finder, const struct address *address)
{
    struct buffer text;
    const char *copy;

    buffer_init(&text, 0);
    address_add_text(&text, address);
    copy = arena_dup(finder->arena, text.data);
    buffer_fini(&text);
    return text_of(copy);
}

static bool same_bytes(struct bytes left, struct bytes right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.data, right.data, left.length) == 0);
}

/* Another certificate of the CA whose certificate `anchor` is: in the path, above the leaf. */
static bool find_cross_sign(const struct address *address, const struct certificate *anchor,
                            struct finding *finding)
{
    for (size_t i = 1; i < address->chain.path_length; i++) {
        const struct certificate *other = &address->chain.certificates[i];

        if (!same_bytes(anchor->data[CERTIFICATE_FULL_SPKI], other->data[CERTIFICATE_FULL_SPKI]) ||
            !same_bytes(anchor->subject_cn, other->subject_cn) ||
            !same_bytes(anchor->subject_org, other->subject_org))
            continue;
        finding->code = FINDING_TLSA_ANCHOR_CROSS_SIGNED;
        finding->certificate = other;
        finding->depth = (unsigned)i;
        return true;
    }
    return false;
}

/* The certificate is sent by another server, and one of the same CA by this one. */
static bool is_cross_signed_elsewhere(const struct finder *finder, const struct address *elsewhere,
                                      const struct address *address, struct finding *finding)
{
    struct finding match = diagnosis_find(finding->record, &elsewhere->chain, finder->arena);

    return match.certificate != NULL && find_cross_sign(address, match.certificate, finding);
}

/* What other servers of the domain tell about a record that nothing here explains. */
static void explain(const struct finder *finder, const struct host *host,
                    const struct address *address, struct finding *finding)
{
    const struct record *record = finding->record;
    const struct address *elsewhere = other_address(finder, host, address, record);
    const struct host *other = other_host(finder, host, record);

    if (elsewhere != NULL && finding->code == FINDING_TLSA_CERT_UNKNOWN &&
        same_key(elsewhere, address)) {
        finding->code = FINDING_TLSA_RENEWED;
    } else if (elsewhere != NULL && finding->code == FINDING_TLSA_ANCHOR_UNKNOWN &&
               is_cross_signed_elsewhere(finder, elsewhere, address, finding)) {
        return;
    } else if (elsewhere != NULL) {
        finding->code = FINDING_TLSA_OF_ANOTHER_ADDRESS;
        finding->text = address_text(finder, elsewhere);
    } else if (other != NULL) {
        finding->code = FINDING_TLSA_OF_ANOTHER_HOST;
        finding->text = text_of(other->name);
        finding->text.length--; /* without the trailing dot */
    } else if (finding->code == FINDING_TLSA_CERT_UNKNOWN && key_matches(finder, host, address)) {
        finding->code = FINDING_TLSA_CERT_STALE;
    }
}

static bool is_unexplained(enum finding_code code)
{
    return code == FINDING_TLSA_CERT_UNKNOWN || code == FINDING_TLSA_KEY_UNKNOWN ||
           code == FINDING_TLSA_ANCHOR_UNKNOWN;
}

/*
 * Beside a record that matches, one that nothing explains may be the next key's; what is unusable
 * or of a retired issuer was said of the record.
 */
static bool is_worth_saying(const struct finder *finder, const struct finding *finding,
                            bool another_matches)
{
    const struct record_tlsa *tlsa = &finding->record->data.tlsa;

    if (finding->code == FINDING_CODES || finding->code == FINDING_TLSA_DIGEST_OF_NOTHING)
        return false;
    return !is_unexplained(finding->code) ||
           (!another_matches && is_usable(finding->record) &&
            retired_find(finder->rules->retired, tlsa) == NULL);
}

static bool any_matches(const struct finder *finder, const struct lookup *tlsa,
                        const struct address *address)
{
    for (size_t i = 0; i < tlsa->record_count; i++)
        if (matches(&tlsa->records[i], address, finder->arena))
            return true;
    return false;
}

/* Why a record that matches a certificate did not help: digest agility, or another in its place. */
static void explain_failure(const struct lookup *tlsa, const struct address *address,
                            struct finding *finding)
{
    if (is_hidden(tlsa, finding->record))
        finding->code = FINDING_TLSA_HIDDEN;
    else if (finding->depth >= address->chain.path_length)
        find_cross_sign(address, finding->certificate, finding);
}

static void find_unmatched(struct finder *finder, const struct domain_host *entry,
                           const struct address *address)
{
    const struct lookup *lookup = entry->host->tlsa;
    bool another = any_matches(finder, lookup, address);

    for (size_t i = 0; i < lookup->record_count; i++) {
        const struct record *record = &lookup->records[i];
        struct finding finding = diagnosis_find(record, &address->chain, finder->arena);

        if (is_unexplained(finding.code) && is_usable(record))
            explain(finder, entry->host, address, &finding);
        if (finding.code == FINDING_CODES && address->dane == DANE_MISMATCH && is_usable(record))
            explain_failure(lookup, address, &finding);
        if (finding.code == FINDING_TLSA_ANCHOR_UNKNOWN && record->data.tlsa.selector == 0)
            finding.text = text_of("; a cross-sign or a renewal changes the hash of a CA's "
                                   "certificate, not that of its key, 2 1 1");
        if (!is_worth_saying(finder, &finding, another))
            continue;
        finding.host = entry;
        finding.lookup = lookup;
        finding.address = address;
        finder_add(finder, finding);
    }
}

/* Whether a record before this one has the same usage, selector and matching type. */
static bool combination_seen(const struct lookup *tlsa, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_fields(&tlsa->records[i], &tlsa->records[index]) && is_usable(&tlsa->records[i]))
            return true;
    return false;
}

/* RFC 7671 section 8: senders may know different digests, so each combination has to match. */
static void find_combinations(struct finder *finder, const struct domain_host *entry,
                              const struct address *address)
{
    const struct lookup *lookup = entry->host->tlsa;

    for (size_t i = 0; i < lookup->record_count; i++) {
        const struct record *record = &lookup->records[i];
        const struct record_tlsa *tlsa = &record->data.tlsa;
        struct finding finding = of_record(entry, record, FINDING_TLSA_COMBINATION);
        bool matched = false;

        if (!is_usable(record) || combination_seen(lookup, i))
            continue;
        for (size_t j = i; j < lookup->record_count; j++)
            matched |= same_fields(record, &lookup->records[j]) &&
                       matches(&lookup->records[j], address, finder->arena);
        finding.address = address;
        finding.text = text_of(arena_format(finder->arena, "%u %u %u", tlsa->usage,
                                            tlsa->selector, tlsa->mtype));
        if (!matched)
            finder_add(finder, finding);
    }
}

static bool is_intermediate(const struct certificate *certificate)
{
    struct bytes issuer = certificate->issuer_cn, subject = certificate->subject_cn;

    return issuer.length != subject.length || issuer.length == 0 ||
           memcmp(issuer.data, subject.data, issuer.length) != 0;
}

/* The CA says itself that it is a public one, by the policy in the leaf. */
static void find_public_intermediate(struct finder *finder, const struct domain_host *entry,
                                     const struct address *address)
{
    const struct chain *chain = &address->chain;
    const struct lookup *lookup = entry->host->tlsa;

    if (chain->count == 0 ||
        !certificate_is_public(chain->certificates[0].data[CERTIFICATE_FULL_CERT]))
        return;
    for (size_t i = 0; i < lookup->record_count; i++) {
        struct finding finding =
            diagnosis_find(&lookup->records[i], chain, finder->arena);

        if (finding.code != FINDING_CODES || finding.depth == 0 ||
            !is_intermediate(finding.certificate))
            continue;
        finding.code = FINDING_TLSA_PUBLIC_INTERMEDIATE;
        finding.host = entry;
        finding.lookup = lookup;
        finding.address = address;
        finder_add(finder, finding);
    }
}

void tlsa_advice_find_address(struct finder *finder, const struct domain_host *entry, size_t index)
{
    const struct host *host = entry->host;
    const struct address *address = &host->addresses[index];

    if (host->tlsa_state != TLSA_SECURE)
        return;
    find_unmatched(finder, entry, address);
    if (any_matches(finder, host->tlsa, address))
        find_combinations(finder, entry, address);
    find_public_intermediate(finder, entry, address);
}
