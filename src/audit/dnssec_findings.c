#include <string.h>

#include "finder.h"
#include "model/dnssec.h"

static struct bytes text_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* FINDING_CODES: none. */
static enum finding_code code_of(enum ds_state state)
{
    switch (state) {
    case DS_HIDES_WEAKER: return FINDING_DS_WEAKER_ONLY;
    case DS_OF_NO_KEY:
    case DS_WRONG: return FINDING_DS_STALE;
    case DS_OF_NO_ZONE_KEY:
    case DS_OF_REVOKED_KEY: return FINDING_DS_KEY_UNFIT;
    case DS_TYPE_UNKNOWN: return FINDING_DS_DIGEST_UNKNOWN;
    case DS_NOT_COMPARED:
    case DS_MATCHES: break;
    }
    return FINDING_CODES;
}

static void find_ds(struct finder *finder, const struct lookup *ds, size_t index)
{
    enum ds_state state = finder->domain->delegation.states[index];
    struct finding finding = {.code = code_of(state), .lookup = ds,
                              .record = &ds->records[index]};

    if (state == DS_OF_NO_ZONE_KEY)
        finding.text = text_of("it is not marked as a zone key of protocol 3");
    if (state == DS_OF_REVOKED_KEY)
        finding.text = text_of("it is revoked (RFC 5011)");
    if (finding.code != FINDING_CODES)
        finder_add(finder, finding);
}

/*
 * RFC 6840 section 5.11: a zone must have a key of each algorithm in its DS RRset. Most validators
 * take any path that is good, some want one of each. Said once for an algorithm.
 */
static bool find_algorithm(struct finder *finder, const struct lookup *ds, size_t index,
                           bool there[UINT8_MAX + 1])
{
    uint8_t algorithm = ds->records[index].data.ds.algorithm;
    enum ds_state state = finder->domain->delegation.states[index];

    if ((state != DS_OF_NO_KEY && state != DS_TYPE_UNKNOWN) || there[algorithm] ||
        !dnssec_algorithm_is_common(algorithm))
        return false;
    there[algorithm] = true;
    finder_add(finder, (struct finding){.code = FINDING_DS_ALGORITHM, .lookup = ds,
                                        .record = &ds->records[index]});
    return true;
}

void dnssec_find_delegation(struct finder *finder)
{
    const struct domain *domain = finder->domain;
    const struct lookup *ds = domain->lookups[0], *dnskey = domain->lookups[1];
    bool there[UINT8_MAX + 1] = {false};

    if (domain->delegation.states == NULL)
        return;
    for (size_t i = 0; i < dnskey->record_count; i++)
        there[dnskey->records[i].data.dnskey.algorithm] = true;
    for (size_t i = 0; i < ds->record_count; i++)
        if (!find_algorithm(finder, ds, i, there))
            find_ds(finder, ds, i);
}
