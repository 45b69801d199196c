#include <string.h>

#include "collector.h"
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
    case DS_ONLY_REVOKED: return FINDING_DS_ONLY_REVOKED;
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

static void find_ds(struct collector *collector, const struct lookup *ds, size_t index)
{
    enum ds_state state = collector->domain->delegation.states[index];
    struct finding finding = {.code = code_of(state), .lookup = ds, .record = &ds->records[index]};

    if (state == DS_OF_NO_ZONE_KEY)
        finding.text = text_of("it is not marked as a zone key of protocol 3");
    if (state == DS_OF_REVOKED_KEY)
        finding.text = text_of("it is revoked (RFC 5011)");
    if (finding.code != FINDING_CODES)
        collector_add(collector, finding);
}

/*
 * RFC 6840 section 5.11: a zone must have a key of each algorithm in its DS RRset. Most validators
 * take any path that is good, some want one of each. Said once for an algorithm.
 */
static bool find_algorithm(struct collector *collector, const struct lookup *ds, size_t index,
                           bool there[UINT8_MAX + 1])
{
    uint8_t algorithm = ds->records[index].data.ds.algorithm;
    enum ds_state state = collector->domain->delegation.states[index];

    if ((state != DS_OF_NO_KEY && state != DS_TYPE_UNKNOWN) || there[algorithm] ||
        !dnssec_algorithm_is_common(algorithm))
        return false;
    there[algorithm] = true;
    collector_add(collector, (struct finding){.code = FINDING_DS_ALGORITHM,
                                              .lookup = ds,
                                              .record = &ds->records[index]});
    return true;
}

void dnssec_find_delegation(struct collector *collector)
{
    const struct domain *domain = collector->domain;
    const struct lookup *ds = domain->lookups[0], *dnskey = domain->lookups[1];
    bool there[UINT8_MAX + 1] = {false};

    if (domain->delegation.states == NULL)
        return;
    for (size_t i = 0; i < dnskey->record_count; i++)
        there[dnskey->records[i].data.dnskey.algorithm] = true;
    for (size_t i = 0; i < ds->record_count; i++)
        if (!find_algorithm(collector, ds, i, there))
            find_ds(collector, ds, i);
}

/* What makes validators take a DS record for something they do not know. */
static bool is_common(const struct record_ds *ds)
{
    return dnssec_algorithm_is_common(ds->algorithm) && dnssec_digest_strength(ds->digest_type) > 0;
}

static bool has_common(const struct lookup *ds)
{
    for (size_t i = 0; i < ds->record_count; i++)
        if (is_common(&ds->records[i].data.ds))
            return true;
    return false;
}

bool dnssec_is_not_judged(const struct lookup *lookup)
{
    return lookup != NULL && lookup->zone_ds != NULL && has_common(lookup->zone_ds);
}

/* "ED448 (algorithm 16)", and the type of a digest that is not known. */
static void add_ds(struct buffer *text, const struct record_ds *ds)
{
    const char *name = dnssec_algorithm_name(ds->algorithm);

    if (name != NULL)
        buffer_printf(text, "%s (algorithm %u)", name, ds->algorithm);
    else
        buffer_printf(text, "algorithm %u", ds->algorithm);
    if (dnssec_digest_strength(ds->digest_type) == 0)
        buffer_printf(text, " and a DS digest of type %u", ds->digest_type);
}

/* The records are sorted by key: those of a key stand together, and a zone has few. */
static bool is_said(const struct lookup *ds, size_t index, bool common)
{
    enum { LOOKED_BACK = 8 };
    const struct record_ds *record = &ds->records[index].data.ds;

    for (size_t i = index > LOOKED_BACK ? index - LOOKED_BACK : 0; i < index; i++) {
        const struct record_ds *other = &ds->records[i].data.ds;

        if (other->algorithm == record->algorithm && is_common(other) == common &&
            (common || other->digest_type == record->digest_type))
            return true;
    }
    return false;
}

/* "x.org is signed with ED448 (algorithm 16)"; of several algorithms those that matter, a few. */
static struct bytes describe_zone(struct collector *collector, const struct lookup *ds)
{
    enum { MOST = 3 };
    bool common = has_common(ds);
    size_t said = 0, length = strlen(ds->name);
    struct buffer text;
    struct bytes copy;

    buffer_init(&text, 0);
    buffer_printf(&text, "%.*s is signed with", (int)(length > 1 ? length - 1 : length), ds->name);
    for (size_t i = 0; i < ds->record_count && said < MOST; i++) {
        const struct record_ds *record = &ds->records[i].data.ds;

        if (is_common(record) != common || is_said(ds, i, common))
            continue;
        buffer_puts(&text, said++ > 0 ? ", " : " ");
        add_ds(&text, record);
    }
    copy = (struct bytes){arena_copy(collector->arena, text.data, text.length), text.length};
    buffer_fini(&text);
    return copy;
}

bool dnssec_find_zone(struct collector *collector, const struct domain_host *entry,
                      const struct lookup *lookup)
{
    if (lookup->zone_ds == NULL || lookup_is_error(lookup))
        return false;
    collector_add(collector, (struct finding){.code = has_common(lookup->zone_ds)
                                                          ? FINDING_ZONE_NOT_JUDGED
                                                          : FINDING_ZONE_ALGORITHM_UNKNOWN,
                                              .host = entry,
                                              .lookup = lookup,
                                              .text = describe_zone(collector, lookup->zone_ds)});
    return true;
}
