#include <string.h>

#include "base/limits.h"
#include "collector.h"
#include "model/transport.h"

/* More records than we take, others may take; of aliases resolvers follow no more than we do. */
static enum finding_code error_code(const struct lookup *lookup, enum finding_code code)
{
    return lookup->excess == EXCESS_RECORDS ? FINDING_LIMIT_EXCEEDED : code;
}

static enum finding_code failure_of(const struct lookup *lookup)
{
    if (lookup_is_error(lookup))
        return error_code(lookup, FINDING_LOOKUP_FAILED);
    if (lookup->status == LOOKUP_NXDOMAIN)
        return FINDING_DOMAIN_ABSENT;
    return lookup->ad ? FINDING_RECORDS_ABSENT : FINDING_LOOKUP_INSECURE;
}

/* A TLD is not followed beyond an absence that another domain may have. */
static bool ended_by(const struct domain *domain, size_t index)
{
    const struct lookup *lookup = domain->lookups[index];
    bool last = !domain->walked && index + 1 == domain->lookup_count;

    return domain_lookup_fails(lookup) || (last && lookup_is_denial(lookup));
}

void failures_find_domain(struct collector *collector)
{
    const struct domain *domain = collector->domain;

    if (domain->name == NULL)
        collector_add(collector,
                      (struct finding){.code = FINDING_DOMAIN_INVALID,
                                       .text = {(const uint8_t *)domain->input,
                                                strnlen(domain->input, LIMIT_NAME_TEXT)}});
    for (size_t i = 0; i < domain->lookup_count; i++)
        if (ended_by(domain, i) && !dnssec_find_zone(collector, NULL, domain->lookups[i]))
            collector_add(collector, (struct finding){.code = failure_of(domain->lookups[i]),
                                                      .lookup = domain->lookups[i],
                                                      .excess = domain->lookups[i]->excess});
    if (domain->null_mx_among_others)
        collector_add(collector,
                      (struct finding){.code = FINDING_NULL_MX_AMONG_OTHERS,
                                       .lookup = domain->lookups[domain->lookup_count - 1]});
    if (domain->excess != EXCESS_NONE)
        collector_add(collector,
                      (struct finding){.code = FINDING_LIMIT_EXCEEDED, .excess = domain->excess});
}

static void find_address_lookup(struct collector *collector, const struct domain_host *entry,
                                const struct lookup *lookup)
{
    struct finding finding = {.host = entry, .lookup = lookup};

    if (lookup == NULL || lookup->status == LOOKUP_TLD_MX_HOST)
        return;
    finding.excess = lookup->excess;
    if (lookup_is_error(lookup))
        finding.code = error_code(lookup, FINDING_ADDRESS_LOOKUP_FAILED);
    else if (lookup->ad)
        return;
    else if (!host_address_lookup_fails(entry->host, lookup))
        finding.code = FINDING_ALIAS_TARGET_INSECURE;
    else if (dnssec_find_zone(collector, entry, lookup))
        return;
    else
        finding.code = FINDING_ADDRESS_INSECURE;
    collector_add(collector, finding);
}

/* What has an address exists, whatever the answer about the other family says (RFC 4074 4.2). */
static void find_existence(struct collector *collector, const struct domain_host *entry)
{
    const struct host *host = entry->host;
    struct finding finding = {.host = entry, .lookup = host->a};

    if (host->a->status == LOOKUP_TLD_MX_HOST)
        finding.code = FINDING_HOST_IS_TLD;
    else if (host->address_count == 0 && host->a->status == LOOKUP_NXDOMAIN)
        finding.code = FINDING_HOST_ABSENT;
    else if (host->address_count == 0 && lookup_is_denial(host->a) && host->aaaa != NULL &&
             lookup_is_denial(host->aaaa))
        finding.code = FINDING_HOST_WITHOUT_ADDRESS;
    else
        return;
    collector_add(collector, finding);
}

static void find_tlsa(struct collector *collector, const struct domain_host *entry)
{
    const struct host *host = entry->host;
    struct finding finding = {.host = entry, .lookup = host->tlsa};

    switch (host->tlsa_state) {
    case TLSA_FAILED:
        finding.code = error_code(host->tlsa, FINDING_TLSA_LOOKUP_FAILED);
        finding.excess = host->tlsa->excess;
        break;
    case TLSA_ABSENT:
        if (dnssec_find_zone(collector, entry, host->tlsa))
            return;
        finding.code = host->tlsa->ad || lookup_is_denial(host->tlsa) ? FINDING_TLSA_ABSENT
                                                                      : FINDING_TLSA_INSECURE;
        break;
    case TLSA_NOT_ASKED: /* the addresses' findings say why */
    case TLSA_SECURE: return;
    }
    collector_add(collector, finding);
}

/*
 * A refused STARTTLS says something about DANE; neither a server that is busy (RFC 5321 section
 * 4.2.3) nor one that refuses our name does.
 */
static enum finding_code reply_code(const struct transport_end *end)
{
    if (transport_refuses_name(end))
        return FINDING_NAME_REFUSED;
    if (transport_is_busy(end) || end->state != SMTP_STARTTLS)
        return FINDING_SMTP_REFUSED;
    return transport_hides_starttls(end) ? FINDING_STARTTLS_MASKED : FINDING_STARTTLS_REFUSED;
}

/*
 * OpenSSL's own limit for a message of certificates is ours: senders have it too. What is beyond
 * another limit, somebody else may take.
 */
static enum finding_code handshake_code(const struct transport_end *end)
{
    return end->excess != EXCESS_NONE && end->excess != EXCESS_CHAIN_BYTES
               ? FINDING_LIMIT_EXCEEDED
               : FINDING_HANDSHAKE_FAILED;
}

/* A timeout or a broken connection says nothing about DANE. */
static enum finding_code end_code(const struct transport_end *end)
{
    switch (end->transport) {
    case TRANSPORT_RESERVED: return FINDING_ADDRESS_RESERVED;
    case TRANSPORT_REFUSED: return FINDING_CONNECTION_REFUSED;
    case TRANSPORT_CONNECT_TIMEOUT: return FINDING_CONNECTION_TIMEOUT;
    case TRANSPORT_CONNECT_FAILED: return FINDING_CONNECTION_FAILED;
    case TRANSPORT_NO_STARTTLS:
        return transport_hides_starttls(end) ? FINDING_STARTTLS_MASKED : FINDING_STARTTLS_ABSENT;
    case TRANSPORT_REPLY: return reply_code(end);
    case TRANSPORT_TIMEOUT:
    case TRANSPORT_CLOSED:
    case TRANSPORT_RESET:
    case TRANSPORT_REPLY_TOO_LONG:
    case TRANSPORT_MALFORMED: return FINDING_SMTP_BROKEN;
    case TRANSPORT_INJECTED: return FINDING_PLAINTEXT_INJECTED;
    case TRANSPORT_HANDSHAKE_FAILED: return handshake_code(end);
    case TRANSPORT_TLS_TIMEOUT: return FINDING_TLS_TIMEOUT;
    case TRANSPORT_UNTRIED:
    case TRANSPORT_OK: break;
    }
    return FINDING_INCOMPLETE;
}

/*
 * The handshake stands: neither "not now" after it nor a refusal of our name is a fault, nor is more
 * than we take. Too late is too late, whichever deadline says so.
 */
static enum finding_code after_code(const struct transport_end *end)
{
    if (end->excess != EXCESS_NONE && end->excess != EXCESS_SESSION_TIME)
        return FINDING_LIMIT_EXCEEDED;
    return transport_is_busy(end) || transport_refuses_name(end) ? reply_code(end)
                                                                 : FINDING_EHLO_TLS_FAILED;
}

/* FINDING_CODES: none. The absence of TLSA was said of the host. */
static enum finding_code verdict_code(const struct address *address, const struct verdict *verdict)
{
    switch (verdict->code) {
    case VERDICT_UNTESTED: return end_code(&address->end);
    case VERDICT_TLSA_MISMATCH: return FINDING_TLSA_MISMATCH;
    case VERDICT_TLSA_UNUSABLE: return FINDING_TLSA_ALL_UNUSABLE;
    case VERDICT_NAME_MISMATCH: return FINDING_NAME_MISMATCH;
    case VERDICT_CERT_EXPIRED: return FINDING_CERT_EXPIRED;
    case VERDICT_PASS:
    case VERDICT_TLSA_ABSENT: break;
    }
    return FINDING_CODES;
}

/* A trust anchor that was sent and does not make the path valid is another failure. */
static void blame_chain(struct finding *finding, const struct tlsa_view *view)
{
    const struct record *anchor = tlsa_advice_broken_anchor(view, finding->address);

    if (anchor == NULL)
        return;
    finding->code = FINDING_CHAIN_UNTRUSTED;
    finding->lookup = view->lookup;
    finding->record = anchor;
}

/* Which certificate: of the path by its judgement, with -e the leaf under DANE-EE(3). */
static struct bytes dates_text(const struct collector *collector, const struct address *address)
{
    const char *text = address->dane_reason;
    const char *fault =
        address->chain.count > 0 ? advice_dates(collector, &address->chain.certificates[0]) : NULL;

    if (text == NULL && fault != NULL)
        text = arena_format(collector->arena, "the certificate at depth 0 %s", fault);
    if (text == NULL)
        text = "a certificate has expired or is not yet valid";
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

void failures_find_host(struct collector *collector, const struct domain_host *entry)
{
    find_existence(collector, entry);
    find_address_lookup(collector, entry, entry->host->a);
    find_address_lookup(collector, entry, entry->host->aaaa);
    if (entry->excess != EXCESS_NONE)
        collector_add(collector, (struct finding){.code = FINDING_LIMIT_EXCEEDED,
                                                  .host = entry,
                                                  .excess = entry->excess});
    find_tlsa(collector, entry);
}

void failures_find_address(struct collector *collector, const struct domain_host *entry,
                           const struct tlsa_view *view, size_t index)
{
    const struct address *address = &entry->host->addresses[index];
    struct finding finding = {.code = verdict_code(address, &entry->verdicts[index]),
                              .host = entry,
                              .address = address,
                              .end = &address->end,
                              .excess = address->end.excess};

    if (finding.code == FINDING_TLSA_MISMATCH)
        blame_chain(&finding, view);
    if (finding.code == FINDING_CERT_EXPIRED)
        finding.text = dates_text(collector, address);
    if (finding.code != FINDING_CODES)
        collector_add(collector, finding);
}

void failures_find_after(struct collector *collector, const struct domain_host *entry, size_t index)
{
    const struct address *address = &entry->host->addresses[index];

    if (address->after.transport != TRANSPORT_OK)
        collector_add(collector, (struct finding){.code = after_code(&address->after),
                                                  .host = entry,
                                                  .address = address,
                                                  .end = &address->after,
                                                  .excess = address->after.excess});
}

void failures_find_unprobed(struct collector *collector)
{
    const char *why = domain_unprobed(collector->domain);

    if (why != NULL)
        collector_add(collector, (struct finding){.code = FINDING_NOTHING_PROBED,
                                                  .text = {(const uint8_t *)why, strlen(why)}});
}
