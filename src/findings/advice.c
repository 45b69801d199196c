#include <stdlib.h>
#include <string.h>

#include "collector.h"

enum { SECONDS_A_DAY = 86400 };

/* RFC 8624 section 3.1: MUST NOT, for signing and for validation. */
static bool algorithm_is_forbidden(uint8_t algorithm)
{
    enum { RSAMD5 = 1, DSA = 3, DSA_NSEC3 = 6, ECC_GOST = 12 };

    return algorithm == RSAMD5 || algorithm == DSA || algorithm == DSA_NSEC3 ||
           algorithm == ECC_GOST;
}

static void find_ds(struct collector *collector, const struct lookup *lookup)
{
    enum { DIGEST_SHA1 = 1 };

    for (size_t i = 0; i < lookup->record_count; i++) {
        const struct record_ds *ds = &lookup->records[i].data.ds;

        if (ds->digest_type == DIGEST_SHA1)
            collector_add(collector, (struct finding){.code = FINDING_DS_SHA1,
                                                      .lookup = lookup,
                                                      .record = &lookup->records[i],
                                                      .number = ds->tag});
    }
}

/* Once for a look-up, whose keys share the algorithm as a rule. */
static void find_algorithm(struct collector *collector, const struct lookup *lookup)
{
    for (size_t i = 0; i < lookup->record_count; i++) {
        const struct record *record = &lookup->records[i];
        uint8_t algorithm =
            record->type == RECORD_DS ? record->data.ds.algorithm : record->data.dnskey.algorithm;

        if (!algorithm_is_forbidden(algorithm))
            continue;
        collector_add(collector, (struct finding){.code = FINDING_DNSSEC_ALGORITHM,
                                                  .lookup = lookup,
                                                  .record = record,
                                                  .number = algorithm});
        return;
    }
}

static void find_iterations(struct collector *collector, const struct lookup *lookup)
{
    for (size_t i = 0; lookup != NULL && i < lookup->record_count; i++) {
        uint16_t iterations = lookup->records[i].data.nsec3param.iterations;

        if (iterations > 0)
            collector_add(collector, (struct finding){.code = FINDING_NSEC3_ITERATIONS,
                                                      .lookup = lookup,
                                                      .record = &lookup->records[i],
                                                      .number = iterations});
    }
}

/* A host that takes mail without DANE; to one whose look-ups fail senders do not deliver. */
static bool is_uncovered(const struct host *host)
{
    if (dnssec_is_not_judged(host->a) || dnssec_is_not_judged(host->aaaa) ||
        dnssec_is_not_judged(host->tlsa))
        return false;
    return host->tlsa_state == TLSA_ABSENT ||
           (host->tlsa_state == TLSA_NOT_ASKED && host->address_count > 0);
}

/* Mail goes wherever MX allows: one host without TLSA is the way around the others'. */
static void find_coverage(struct collector *collector)
{
    const struct domain *domain = collector->domain;
    size_t covered = 0, uncovered = 0;

    for (size_t i = 0; i < domain->host_count; i++) {
        covered += domain->hosts[i].host->tlsa_state == TLSA_SECURE;
        uncovered += is_uncovered(domain->hosts[i].host);
    }
    if (covered > 0 && uncovered > 0)
        collector_add(collector,
                      (struct finding){.code = FINDING_COVERAGE_PARTIAL,
                                       .lookup = domain->lookups[domain->lookup_count - 1],
                                       .number = uncovered});
}

void advice_find_domain(struct collector *collector)
{
    const struct domain *domain = collector->domain;

    for (size_t i = 0; i < domain->lookup_count; i++) {
        const struct lookup *lookup = domain->lookups[i];

        if (lookup->type == RECORD_DS)
            find_ds(collector, lookup);
        if (lookup->type == RECORD_DS || lookup->type == RECORD_DNSKEY)
            find_algorithm(collector, lookup);
    }
    find_iterations(collector, domain->nsec3param);
    find_coverage(collector);
}

void advice_find_host(struct collector *collector, const struct domain_host *entry,
                      const struct tlsa_view *view)
{
    const struct host *host = entry->host;
    const struct lookup *aaaa = host->aaaa;

    if (host->a->alias_count > 0 || (aaaa != NULL && aaaa->alias_count > 0))
        collector_add(collector,
                      (struct finding){.code = FINDING_MX_IS_ALIAS,
                                       .host = entry,
                                       .lookup = host->a->alias_count > 0 ? host->a : aaaa});
    if (view == NULL)
        return;
    tlsa_advice_find_records(collector, view);
    if (host->tlsa->records[0].ttl > SECONDS_A_DAY)
        collector_add(collector, (struct finding){.code = FINDING_TTL_LONG,
                                                  .host = entry,
                                                  .lookup = host->tlsa,
                                                  .number = host->tlsa->records[0].ttl});
}

static struct finding of_address(const struct domain_host *entry, const struct address *address,
                                 enum finding_code code)
{
    return (struct finding){.code = code, .host = entry, .address = address};
}

static struct bytes text_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The model names keys and groups as the trace does: "RSA-2048", "RSA-PSS-2048", "DH-1024". */
static bool key_is_weak(const char *key)
{
    enum { LEAST_BITS = 2048 };
    const char *bits = strrchr(key, '-');

    if (!has_prefix(key, "RSA-") && !has_prefix(key, "DSA-") && !has_prefix(key, "DH-"))
        return false;
    return bits == NULL || strtoul(bits + 1, NULL, 10) < LEAST_BITS;
}

static bool signature_is_weak(const char *signature)
{
    return strcasestr(signature, "sha1") != NULL || strcasestr(signature, "md5") != NULL ||
           strcasestr(signature, "md4") != NULL || strcasestr(signature, "md2") != NULL;
}

static bool same(struct bytes left, struct bytes right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.data, right.data, left.length) == 0);
}

static bool is_self_issued(const struct certificate *certificate)
{
    return same(certificate->issuer_cn, certificate->subject_cn) &&
           same(certificate->issuer_org, certificate->subject_org);
}

/* Nobody relies on the signature of a root under its own key. */
static bool signature_counts(const struct certificate *certificate, size_t depth)
{
    return depth == 0 || !is_self_issued(certificate);
}

static void find_weakness(struct collector *collector, const struct domain_host *entry,
                          const struct address *address, size_t depth)
{
    const struct certificate *certificate = &address->chain.certificates[depth];
    struct finding finding = of_address(entry, address, FINDING_KEY_WEAK);

    finding.certificate = certificate;
    finding.depth = (unsigned)depth;
    finding.text = text_of(certificate->key);
    if (key_is_weak(certificate->key))
        collector_add(collector, finding);
    finding.code = FINDING_SIGNATURE_WEAK;
    finding.text = text_of(certificate->signature);
    if (signature_counts(certificate, depth) && signature_is_weak(certificate->signature))
        collector_add(collector, finding);
}

/*
 * Whose end is told: that of the path up to the anchor that matched, whose own dates count for some
 * senders; with -e the leaf's.
 */
static size_t dated_certificates(const struct collector *collector, const struct address *address)
{
    if (address->dane == DANE_MATCH_TA)
        return address->dane_depth < address->chain.path_length ? address->dane_depth + 1
                                                                : address->chain.path_length;
    return address->dane == DANE_MATCH_EE && collector->rules->ee_checks;
}

/*
 * Less than -w days are left, and less than a third of its lifetime: whoever renews certificates of
 * a few days in time never has -w days left.
 */
static bool ends_soon(const struct collector *collector, const struct certificate *certificate,
                      int64_t left)
{
    int64_t lifetime = certificate->not_after - certificate->not_before;

    return left > 0 && left < (int64_t)collector->rules->warn_days * SECONDS_A_DAY &&
           3 * left < lifetime;
}

static void find_ends(struct collector *collector, const struct domain_host *entry,
                      const struct address *address)
{
    size_t count = dated_certificates(collector, address);

    for (size_t i = 0; i < count; i++) {
        struct finding finding = of_address(entry, address, FINDING_CERT_EXPIRES_SOON);
        const struct certificate *certificate = &address->chain.certificates[i];
        int64_t left = certificate->not_after - collector->rules->verify_time;

        finding.certificate = certificate;
        finding.depth = (unsigned)i;
        finding.number = (uint64_t)(left / SECONDS_A_DAY);
        if (ends_soon(collector, certificate, left))
            collector_add(collector, finding);
    }
}

const char *advice_dates(const struct collector *collector, const struct certificate *certificate)
{
    int64_t time = collector->rules->verify_time;

    if (certificate_dates_hold(certificate, time))
        return NULL;
    if (!certificate->dates_valid)
        return "has dates that cannot be read";
    return time < certificate->not_before ? "is not yet valid" : "has expired";
}

/* OpenSSL looks at the dates of an anchor only if it is self-signed; Postfix goes by that. */
struct bytes advice_anchor_dates(struct collector *collector, const struct certificate *anchor)
{
    const char *fault = advice_dates(collector, anchor);

    if (fault == NULL)
        return (struct bytes){NULL, 0};
    if (is_self_issued(anchor))
        fault = arena_format(collector->arena,
                             "%s, and senders that use OpenSSL, such as Postfix, "
                             "refuse it because it is self-signed",
                             fault);
    return text_of(fault);
}

static void find_anchor(struct collector *collector, const struct domain_host *entry,
                        const struct address *address)
{
    enum { POSTFIX_DEPTH = 9 };
    struct finding finding = of_address(entry, address, FINDING_CHAIN_LONG);

    if (address->dane != DANE_MATCH_TA)
        return;
    finding.number = address->dane_depth - 1; /* the leaf is below, the anchor above them */
    if (address->dane_depth > POSTFIX_DEPTH + 1)
        collector_add(collector, finding);
    if (address->dane_depth >= address->chain.path_length)
        return; /* it was not sent */
    finding.code = FINDING_ANCHOR_DATES;
    finding.number = 0;
    finding.certificate = &address->chain.certificates[address->dane_depth];
    finding.depth = address->dane_depth;
    finding.text = advice_anchor_dates(collector, finding.certificate);
    if (finding.text.data != NULL)
        collector_add(collector, finding);
}

/* How keys were exchanged, and whether the server's key may sign that. */
static void find_key_exchange(struct collector *collector, const struct domain_host *entry,
                              const struct address *address)
{
    struct finding finding = of_address(entry, address, FINDING_KEY_EXCHANGE_WEAK);
    bool signs = address->group != NULL || strcmp(address->tls_version, "TLS13") == 0;

    if (address->group != NULL && key_is_weak(address->group)) {
        finding.text = text_of(address->group);
        collector_add(collector, finding);
    }
    /* Where the client encrypts to the server's key (RSA, before TLS 1.3) it signs nothing. */
    if (signs && address->chain.count > 0 && address->chain.certificates[0].cannot_sign)
        collector_add(collector, of_address(entry, address, FINDING_KEY_USAGE));
}

void advice_find_address(struct collector *collector, const struct domain_host *entry,
                         const struct tlsa_view *view, size_t index)
{
    const struct address *address = &entry->host->addresses[index];
    const char *version = address->tls_version;

    if (!address->handshaken)
        return;
    tlsa_advice_find_address(collector, view, address);
    find_anchor(collector, entry, address);
    find_ends(collector, entry, address);
    find_key_exchange(collector, entry, address);
    if (strcmp(version, "TLS12") != 0 && strcmp(version, "TLS13") != 0) {
        struct finding finding = of_address(entry, address, FINDING_TLS_OLD);

        finding.text = text_of(version);
        collector_add(collector, finding);
    }
    for (size_t i = 0; i < address->chain.path_length; i++)
        find_weakness(collector, entry, address, i);
}
