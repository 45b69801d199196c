/*
 * Metrics in the text format of Prometheus, for node_exporter's textfile collector. The samples of
 * a family have to stand together, so they are gathered until the run is done.
 */
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats.h"
#include "model/finding.h"

enum family {
    UP,
    OUTCOME,
    FINDINGS,
    FINDINGS_BY_ID,
    DNSSEC_SECURE,
    HOST_UP,
    ADDRESS_UP,
    SESSION_SECONDS,
    TLS_INFO,
    TLSA_MATCH,
    NOT_BEFORE,
    NOT_AFTER,
    FAMILIES
};

static const struct {
    const char *name, *help;
} families[FAMILIES] = {
    [UP] = {"mxdane_up", "Whether everything of the domain is secure and matches."},
    [OUTCOME] = {"mxdane_outcome", "What came out for the domain: 1 for one of the outcomes."},
    [FINDINGS] = {"mxdane_findings", "Findings of the domain by severity."},
    [FINDINGS_BY_ID] = {"mxdane_findings_by_id", "Findings of the domain by id."},
    [DNSSEC_SECURE] = {"mxdane_dnssec_secure", "Whether the answer is secured by DNSSEC."},
    [HOST_UP] = {"mxdane_host_up", "Whether everything of the MX host is secure and matches."},
    [ADDRESS_UP] = {"mxdane_address_up", "Whether the server at the address is authenticated."},
    [SESSION_SECONDS] = {"mxdane_session_seconds", "How long the SMTP session took."},
    [TLS_INFO] = {"mxdane_tls_info", "The TLS version and cipher of the session; always 1."},
    [TLSA_MATCH] = {"mxdane_tlsa_match",
                    "Whether a TLSA record of this usage, selector and matching type matches."},
    [NOT_BEFORE] = {"mxdane_cert_not_before_seconds",
                    "The beginning of the certificate at this depth, in seconds since the epoch."},
    [NOT_AFTER] = {"mxdane_cert_not_after_seconds",
                   "The end of the certificate at this depth, in seconds since the epoch."},
};

struct prometheus {
    struct buffer samples[FAMILIES];
    void *seen; /* a tree of the domains: a list may name one twice, a series stands once */
    size_t domains;
};

void *prometheus_begin(void)
{
    struct prometheus *prometheus = memory_new(1, sizeof *prometheus);

    for (int i = 0; i < FAMILIES; i++)
        buffer_init(&prometheus->samples[i], 0);
    return prometheus;
}

/* The exposition format's escapes; every other byte that could hurt is escaped already. */
static void add_escaped(struct buffer *out, const struct buffer *text)
{
    for (size_t i = 0; i < text->length; i++) {
        if (text->data[i] == '\\' || text->data[i] == '"')
            buffer_puts(out, "\\");
        buffer_add(out, &text->data[i], 1);
    }
}

static void add_label(struct buffer *out, const char *name, const char *value)
{
    struct buffer text;

    buffer_init(&text, 0);
    text_add_escaped(&text, (struct bytes){(const uint8_t *)value, strlen(value)});
    buffer_printf(out, "%s=\"", name);
    add_escaped(out, &text);
    buffer_puts(out, "\"");
    buffer_fini(&text);
}

/* "name{label="value",...": up to the labels all samples of the place share. */
static struct buffer *begin_sample(struct prometheus *prometheus, enum family family,
                                   const struct buffer *place)
{
    struct buffer *out = &prometheus->samples[family];

    buffer_printf(out, "%s{", families[family].name);
    buffer_add(out, place->data, place->length);
    return out;
}

static void add_sample(struct prometheus *prometheus, enum family family,
                       const struct buffer *place, bool value)
{
    buffer_printf(begin_sample(prometheus, family, place), "} %d\n", value);
}

static void add_outcomes(struct prometheus *prometheus, const struct domain *domain,
                         const struct buffer *place)
{
    static const char *const outcomes[] = {"pass", "untested", "unprotected", "fail"};
    const char *outcome = domain_outcome(domain);

    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        struct buffer *out = begin_sample(prometheus, OUTCOME, place);

        buffer_puts(out, ",");
        add_label(out, "outcome", outcomes[i]);
        buffer_printf(out, "} %d\n", strcmp(outcome, outcomes[i]) == 0);
    }
}

/* All severities, so that an alert over one of them ends with the last finding. */
static void add_severities(struct prometheus *prometheus, const struct domain *domain,
                           const struct buffer *place)
{
    for (int severity = FINDING_NOTICE; severity <= FINDING_FAILURE; severity++) {
        struct buffer *out = begin_sample(prometheus, FINDINGS, place);
        size_t count = 0;

        for (size_t i = 0; i < domain->finding_count; i++)
            count += (int)finding_severity(domain->findings[i].code) == severity;
        buffer_puts(out, ",");
        add_label(out, "severity", finding_severity_name(severity));
        buffer_printf(out, "} %zu\n", count);
    }
}

/* Which: what it is about, and its sentence, are in the other formats. */
static void add_findings(struct prometheus *prometheus, const struct domain *domain,
                         const struct buffer *place)
{
    size_t counts[FINDING_CODES] = {0};

    for (size_t i = 0; i < domain->finding_count; i++)
        counts[domain->findings[i].code]++;
    for (int code = 0; code < FINDING_CODES; code++) {
        struct buffer *out;

        if (counts[code] == 0)
            continue;
        out = begin_sample(prometheus, FINDINGS_BY_ID, place);
        buffer_puts(out, ",");
        add_label(out, "id", finding_id(code));
        buffer_puts(out, ",");
        add_label(out, "severity", finding_severity_name(finding_severity(code)));
        buffer_printf(out, "} %zu\n", counts[code]);
    }
}

static void add_lookup(struct prometheus *prometheus, const struct lookup *lookup,
                       const struct buffer *place)
{
    struct buffer *out;

    if (lookup == NULL)
        return;
    out = begin_sample(prometheus, DNSSEC_SECURE, place);
    buffer_puts(out, ",");
    add_label(out, "name", lookup->name);
    buffer_puts(out, ",");
    add_label(out, "type", record_type_name(lookup->type));
    buffer_printf(out, "} %d\n", lookup->ad);
}

static bool same_triple(const struct record *left, const struct record *right)
{
    return left->data.tlsa.usage == right->data.tlsa.usage &&
           left->data.tlsa.selector == right->data.tlsa.selector &&
           left->data.tlsa.mtype == right->data.tlsa.mtype;
}

/* RFC 6698 section 7: 24 combinations, so that a zone does not choose how many series there are. */
static bool is_registered(const struct record_tlsa *tlsa)
{
    return tlsa->usage <= 3 && tlsa->selector <= 1 && tlsa->mtype <= 2;
}

/* By the marks of the trace. */
static bool triple_matches(const struct record_tlsa *tlsa, const struct chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
            if (tlsa->usage == (i == 0 ? 3 : 2) &&
                tlsa->selector == certificate_digest_selector(digest) &&
                tlsa->mtype == certificate_digest_mtype(digest) &&
                chain->certificates[i].marks[digest].matched)
                return true;
    return false;
}

/* The records are sorted: those that share a series follow each other. */
static void add_tlsa(struct prometheus *prometheus, const struct lookup *lookup,
                     const struct address *address, const struct buffer *place)
{
    for (size_t i = 0; lookup != NULL && i < lookup->record_count; i++) {
        const struct record_tlsa *tlsa = &lookup->records[i].data.tlsa;

        if (!is_registered(tlsa) ||
            (i > 0 && same_triple(&lookup->records[i], &lookup->records[i - 1])))
            continue;
        buffer_printf(begin_sample(prometheus, TLSA_MATCH, place),
                      ",usage=\"%u\",selector=\"%u\",mtype=\"%u\"} %d\n", tlsa->usage,
                      tlsa->selector, tlsa->mtype, triple_matches(tlsa, &address->chain));
    }
}

static void add_certificates(struct prometheus *prometheus, const struct chain *chain,
                             const struct buffer *place)
{
    for (size_t i = 0; i < chain->path_length; i++) {
        const struct certificate *certificate = &chain->certificates[i];

        if (!certificate->dates_valid)
            continue;
        buffer_printf(begin_sample(prometheus, NOT_BEFORE, place),
                      ",depth=\"%zu\"} %" PRId64 "\n", i, certificate->not_before);
        buffer_printf(begin_sample(prometheus, NOT_AFTER, place),
                      ",depth=\"%zu\"} %" PRId64 "\n", i, certificate->not_after);
    }
}

static void add_tls(struct prometheus *prometheus, const struct address *address,
                    const struct buffer *place)
{
    struct buffer *out = begin_sample(prometheus, TLS_INFO, place);

    buffer_puts(out, ",");
    add_label(out, "version", address->tls_version);
    buffer_puts(out, ",");
    add_label(out, "cipher", address->cipher);
    buffer_puts(out, "} 1\n");
}

static void add_address(struct prometheus *prometheus, const struct domain_host *entry,
                        size_t index, struct buffer *place)
{
    const struct address *address = &entry->host->addresses[index];
    size_t length = place->length;

    if (address->end.transport == TRANSPORT_UNTRIED)
        return;
    buffer_puts(place, ",address=\"");
    address_add_text(place, address);
    buffer_puts(place, "\"");
    add_sample(prometheus, ADDRESS_UP, place,
               !domain_address_fails(address, &entry->verdicts[index]));
    buffer_printf(begin_sample(prometheus, SESSION_SECONDS, place), "} %u.%03u\n",
                  address->milliseconds / 1000, address->milliseconds % 1000);
    if (address->handshaken) {
        add_tls(prometheus, address, place);
        add_tlsa(prometheus, entry->host->tlsa, address, place);
        add_certificates(prometheus, &address->chain, place);
    }
    place->length = length;
}

/* Sorted: an address that a zone names twice has the same series. */
static bool seen_before(const struct host *host, size_t index)
{
    return index > 0 && host->addresses[index].ipv6 == host->addresses[index - 1].ipv6 &&
           memcmp(host->addresses[index].bytes, host->addresses[index - 1].bytes,
                  sizeof host->addresses[index].bytes) == 0;
}

static void add_host(struct prometheus *prometheus, const struct domain *domain,
                     const struct domain_host *entry, struct buffer *place)
{
    const struct host *host = entry->host;
    size_t length = place->length;

    buffer_puts(place, ",");
    add_label(place, "host", host->name);
    add_sample(prometheus, HOST_UP, place, strcmp(host_outcome(domain, entry), "pass") == 0);
    add_lookup(prometheus, host->a, place);
    add_lookup(prometheus, host->aaaa, place);
    add_lookup(prometheus, host->tlsa, place);
    for (size_t i = 0; i < entry->address_count; i++)
        if (!seen_before(host, i))
            add_address(prometheus, entry, i, place);
    place->length = length;
}

static int compare(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* A malformed input is its own name. */
static bool is_new(struct prometheus *prometheus, const char *name)
{
    char *copy = memory_dup(name);
    char **node = (char **)tsearch(copy, &prometheus->seen, compare);

    if (node != NULL && *node == copy)
        return true;
    free(copy);
    return false;
}

void prometheus_domain(struct report *report, const struct domain *domain, struct buffer *out)
{
    struct prometheus *prometheus = report->kept;
    const char *name = domain->name != NULL ? domain->name : domain->input;
    struct buffer place;

    (void)out;
    if (!is_new(prometheus, name))
        return;
    prometheus->domains++;
    buffer_init(&place, 0);
    add_label(&place, "domain", name);
    add_sample(prometheus, UP, &place, domain_exit_status(domain) == EXIT_SECURE);
    add_outcomes(prometheus, domain, &place);
    add_severities(prometheus, domain, &place);
    add_findings(prometheus, domain, &place);
    for (size_t i = 0; i < domain->lookup_count; i++)
        add_lookup(prometheus, domain->lookups[i], &place);
    for (size_t i = 0; i < domain->host_count; i++)
        add_host(prometheus, domain, &domain->hosts[i], &place);
    buffer_fini(&place);
}

static void add_head(struct buffer *out, const char *name, const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void add_run(struct buffer *out, const struct prometheus *prometheus,
                    const struct report_sum *sum)
{
    add_head(out, "mxdane_run_domains", "Domains of the run.");
    buffer_printf(out, "mxdane_run_domains %zu\n", prometheus->domains);
    add_head(out, "mxdane_run_duration_seconds", "How long the run took.");
    buffer_printf(out, "mxdane_run_duration_seconds %" PRIu64 ".%03" PRIu64 "\n",
                  sum->milliseconds / 1000, sum->milliseconds % 1000);
    add_head(out, "mxdane_run_timestamp_seconds",
             "When the run ended, in seconds since the epoch.");
    buffer_printf(out, "mxdane_run_timestamp_seconds %" PRId64 "\n", sum->now);
}

/* Metrics of half a run would raise alarms, or hide them. */
void prometheus_end(struct report *report, const struct report_sum *sum, struct buffer *out)
{
    struct prometheus *prometheus = report->kept;

    for (int i = 0; i < FAMILIES; i++) {
        struct buffer *samples = &prometheus->samples[i];

        if (sum->whole && samples->length > 0) {
            add_head(out, families[i].name, families[i].help);
            buffer_add(out, samples->data, samples->length);
        }
        buffer_fini(samples);
    }
    if (sum->whole)
        add_run(out, prometheus, sum);
    tdestroy(prometheus->seen, free);
    free(prometheus);
}
