#include <string.h>

#include "findings/retired_cas.h"
#include "dane/tlsa.h"
#include "collector.h"

enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3, USAGES };
enum { SELECTOR_SPKI = 1, SELECTORS };
enum { MTYPE_SHA512 = 2, MTYPES };

static struct finding of_record(const struct tlsa_view *view, size_t index, enum finding_code code)
{
    return (struct finding){.code = code,
                            .host = view->entry,
                            .lookup = view->lookup,
                            .record = &view->lookup->records[index]};
}

static struct bytes text_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void find_elsewhere(struct tlsa_view *view)
{
    for (size_t i = 0; i < view->entry->address_count; i++) {
        const struct address *address = &view->entry->host->addresses[i];

        for (size_t j = 0; address->handshaken && j < view->lookup->record_count; j++)
            if (view->elsewhere[j] == NULL && tlsa_view_matches(view, address, j))
                view->elsewhere[j] = address;
    }
}

const struct tlsa_view *tlsa_view_new(struct collector *collector, const struct domain_host *entry)
{
    const struct lookup *lookup = entry->host->tlsa;
    struct tlsa_view *view;

    if (entry->host->tlsa_state != TLSA_SECURE)
        return NULL;
    view = arena_new(&collector->scratch, 1, sizeof *view);
    *view = (struct tlsa_view){.entry = entry, .lookup = lookup, .facts = entry->host->tlsa_facts};
    /* NOLINTBEGIN(bugprone-sizeof-expression): these are arrays of pointers */
    view->retired = arena_new(&collector->scratch, lookup->record_count, sizeof *view->retired);
    view->elsewhere = arena_new(&collector->scratch, lookup->record_count, sizeof *view->elsewhere);
    /* NOLINTEND(bugprone-sizeof-expression) */
    for (size_t i = 0; i < lookup->record_count; i++)
        view->retired[i] = retired_find(collector->rules->retired, &lookup->records[i].data.tlsa);
    find_elsewhere(view);
    return view;
}

static void find_retired(struct collector *collector, const struct tlsa_view *view, size_t index)
{
    const struct retired_issuer *retired = view->retired[index];
    struct finding finding = of_record(view, index, FINDING_TLSA_RETIRED_ISSUER);

    if (retired == NULL)
        return;
    if (retired->state == RETIRED_SUPERSEDED)
        finding.code = FINDING_TLSA_SUPERSEDED_ISSUER;
    finding.text = text_of(retired->name);
    collector_add(collector, finding);
}

/* RFC 7671 section 5.2.2: an anchor that need not be sent. */
static void find_anchor_in_dns(struct collector *collector, const struct tlsa_view *view,
                               size_t index)
{
    const struct certificate *anchor = view->facts[index].certificate;
    struct finding finding = of_record(view, index, FINDING_TLSA_ANCHOR_DATES);

    if (finding.record->data.tlsa.usage != USAGE_DANE_TA || anchor == NULL)
        return;
    finding.text = advice_anchor_dates(collector, anchor);
    if (finding.text.data != NULL)
        collector_add(collector, finding);
}

/* Without a chain to look at: what is wrong with the record by itself. */
static void find_record(struct collector *collector, const struct tlsa_view *view, size_t index)
{
    const struct record_tlsa *tlsa = &view->lookup->records[index].data.tlsa;
    const struct record_facts *facts = &view->facts[index];
    struct finding finding = of_record(view, index, FINDING_TLSA_RECORD_UNUSABLE);

    finding.text = text_of(tlsa_usability_text(facts->usability));
    if (facts->usability != TLSA_USABLE)
        collector_add(collector, finding);
    if (facts->nothing)
        collector_add(collector, of_record(view, index, FINDING_TLSA_DIGEST_OF_NOTHING));
    find_retired(collector, view, index);
    find_anchor_in_dns(collector, view, index);
    if (facts->usability == TLSA_USABLE && tlsa->usage == USAGE_DANE_EE &&
        tlsa->selector != SELECTOR_SPKI)
        collector_add(collector, of_record(view, index, FINDING_TLSA_CERT_HASH));
}

void tlsa_advice_find_records(struct collector *collector, const struct tlsa_view *view)
{
    enum { MANY = 12 };
    const struct lookup *lookup = view->lookup;
    size_t count = 0, usable = 0;

    for (size_t i = 0; i < lookup->record_count; i++) {
        find_record(collector, view, i);
        if (view->facts[i].usability == TLSA_USABLE) {
            usable = i;
            count++;
        }
    }
    if (count == 1)
        collector_add(collector, of_record(view, usable, FINDING_TLSA_SINGLE));
    if (lookup->record_count > MANY)
        collector_add(collector, (struct finding){.code = FINDING_TLSA_MANY,
                                                  .host = view->entry,
                                                  .lookup = lookup,
                                                  .number = lookup->record_count});
}

const struct record *tlsa_advice_broken_anchor(const struct tlsa_view *view,
                                               const struct address *address)
{
    for (size_t i = 0; view != NULL && i < view->lookup->record_count; i++)
        if (view->lookup->records[i].data.tlsa.usage == USAGE_DANE_TA &&
            tlsa_view_matches(view, address, i) && !view->facts[i].hidden)
            return &view->lookup->records[i];
    return NULL;
}

static bool any_matches(const struct tlsa_view *view, const struct address *address)
{
    for (size_t i = 0; i < view->lookup->record_count; i++)
        if (tlsa_view_matches(view, address, i))
            return true;
    return false;
}

/* RFC 7671 section 8: senders may know different digests, so each combination has to match. */
static void find_combinations(struct collector *collector, const struct tlsa_view *view,
                              const struct address *address)
{
    bool matched[USAGES][SELECTORS][MTYPES] = {{{false}}};
    const struct lookup *lookup = view->lookup;

    for (size_t i = 0; i < lookup->record_count; i++) {
        const struct record_tlsa *tlsa = &lookup->records[i].data.tlsa;

        if (tlsa_view_matches(view, address, i))
            matched[tlsa->usage][tlsa->selector][tlsa->mtype] = true;
    }
    for (size_t i = 0; i < lookup->record_count; i++) {
        const struct record_tlsa *tlsa = &lookup->records[i].data.tlsa;
        struct finding finding = of_record(view, i, FINDING_TLSA_COMBINATION);

        if (view->facts[i].usability != TLSA_USABLE ||
            matched[tlsa->usage][tlsa->selector][tlsa->mtype])
            continue;
        matched[tlsa->usage][tlsa->selector][tlsa->mtype] = true; /* said once */
        finding.address = address;
        finding.text = text_of(
            arena_format(collector->arena, "%u %u %u", tlsa->usage, tlsa->selector, tlsa->mtype));
        collector_add(collector, finding);
    }
}

static bool is_intermediate(const struct certificate *certificate)
{
    struct bytes issuer = certificate->issuer_cn, subject = certificate->subject_cn;

    return issuer.length != subject.length || issuer.length == 0 ||
           memcmp(issuer.data, subject.data, issuer.length) != 0;
}

/* The CA says itself that it is a public one, by the policy in the leaf. */
static void find_public_intermediate(struct collector *collector, const struct tlsa_view *view,
                                     const struct address *address)
{
    const struct chain *chain = &address->chain;

    if (chain->count == 0 || !chain->certificates[0].public_ca)
        return;
    for (size_t i = 0; i < view->lookup->record_count; i++) {
        const struct record_match *match = &address->matches[i];
        struct finding finding = of_record(view, i, FINDING_TLSA_PUBLIC_INTERMEDIATE);

        if (match->kind != RECORD_MATCH_FITS || match->depth == 0 ||
            !is_intermediate(&chain->certificates[match->depth]))
            continue;
        finding.address = address;
        finding.certificate = &chain->certificates[match->depth];
        finding.depth = match->depth;
        finding.digest = match->digest;
        collector_add(collector, finding);
    }
}

void tlsa_advice_find_address(struct collector *collector, const struct tlsa_view *view,
                              const struct address *address)
{
    bool matches;

    if (view == NULL)
        return;
    matches = any_matches(view, address);
    tlsa_unmatched_find(collector, view, address, matches);
    if (matches)
        find_combinations(collector, view, address);
    find_public_intermediate(collector, view, address);
}
