#include "model/finding.h"

#include <inttypes.h>
#include <string.h>

#include "model/transport.h"

struct row {
    const char *id;
    enum finding_severity severity;
    const char *rfc;
    const char *result_type;
    const char *sentence;
};

#define FINDING_ROW(code, id, severity, rfc, result, sentence)                                     \
    [FINDING_##code] = {id, FINDING_##severity, rfc, result, sentence},

static const struct row rows[FINDING_CODES] = {FINDING_TABLE(FINDING_ROW)};

const char *finding_id(enum finding_code code)
{
    return rows[code].id;
}

enum finding_severity finding_severity(enum finding_code code)
{
    return rows[code].severity;
}

const char *finding_rfc(enum finding_code code)
{
    return rows[code].rfc;
}

const char *finding_result_type(enum finding_code code)
{
    return rows[code].result_type;
}

const char *finding_severity_name(enum finding_severity severity)
{
    switch (severity) {
    case FINDING_NOTICE: return "notice";
    case FINDING_WARNING: return "warning";
    case FINDING_UNTESTED: return "untested";
    case FINDING_UNPROTECTED: return "unprotected";
    case FINDING_FAILURE: return "failure";
    }
    return "failure";
}

/* A name without its trailing dot, as people write it in a sentence. */
static void add_name(struct buffer *out, const char *name)
{
    size_t length = strlen(name);

    buffer_add(out, name, length > 1 ? length - 1 : length);
}

static void add_lookup(struct buffer *out, const struct finding *finding)
{
    buffer_printf(out, "%s ", record_type_name(finding->lookup->type));
    add_name(out, finding->lookup->name);
}

static void add_status(struct buffer *out, const struct finding *finding)
{
    lookup_add_status(out, finding->lookup);
    if (finding->lookup->reason != NULL)
        buffer_printf(out, " (%s)", finding->lookup->reason);
}

static void add_host(struct buffer *out, const struct finding *finding)
{
    add_name(out, finding->host->host->name);
}

/* Long data as its two ends, like in the trace. */
static void add_record(struct buffer *out, const struct finding *finding)
{
    const struct record *record = finding->record;

    if (record->type == RECORD_TLSA) {
        const struct record_tlsa *tlsa = &record->data.tlsa;

        buffer_printf(out, "%u %u %u", tlsa->usage, tlsa->selector, tlsa->mtype);
        buffer_puts(out, tlsa->data.length > 0 ? " " : "");
        text_add_hex_ends(out, tlsa->data);
    } else {
        record_add_rdata(out, record);
    }
}

static void add_number(struct buffer *out, const struct finding *finding)
{
    buffer_printf(out, "%" PRIu64, finding->number);
}

static void add_text(struct buffer *out, const struct finding *finding)
{
    text_add_escaped(out, finding->text);
}

static void add_end(struct buffer *out, const struct finding *finding)
{
    transport_add_end(out, finding->end);
}

static void add_reason(struct buffer *out, const struct finding *finding)
{
    const char *reason = finding->address->dane_reason;

    buffer_puts(out, reason != NULL ? reason : "nothing was compared");
}

static void add_excess(struct buffer *out, const struct finding *finding)
{
    excess_add_text(out, finding->excess);
}

static void add_depth(struct buffer *out, const struct finding *finding)
{
    buffer_printf(out, "%u", finding->depth);
}

static void add_subject(struct buffer *out, const struct finding *finding)
{
    struct bytes name = finding->certificate->subject_cn;

    if (name.data != NULL)
        text_add_escaped(out, name);
    else
        buffer_puts(out, "without a CommonName");
}

static void add_digest(struct buffer *out, const struct finding *finding)
{
    buffer_puts(out, certificate_digest_label(finding->digest));
}

static void add_right(struct buffer *out, const struct finding *finding)
{
    buffer_printf(out, "%d %u %u", finding->depth == 0 ? 3 : 2,
                  certificate_digest_selector(finding->digest),
                  certificate_digest_mtype(finding->digest));
}

static void add_argument(struct buffer *out, const struct finding *finding, const char *name,
                         size_t length)
{
    static const struct {
        const char *name;
        void (*add)(struct buffer *, const struct finding *);
    } arguments[] = {
        {"lookup", add_lookup}, {"status", add_status},   {"host", add_host},
        {"record", add_record}, {"number", add_number},   {"text", add_text},
        {"end", add_end},       {"reason", add_reason},   {"depth", add_depth},
        {"subject", add_subject}, {"excess", add_excess},
        {"digest", add_digest},   {"right", add_right},
    };

    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
        if (strlen(arguments[i].name) == length && memcmp(arguments[i].name, name, length) == 0)
            arguments[i].add(out, finding);
}

void finding_add_sentence(struct buffer *out, const struct finding *finding)
{
    const char *at = rows[finding->code].sentence;
    const char *open, *close;

    while ((open = strchr(at, '{')) != NULL && (close = strchr(open, '}')) != NULL) {
        buffer_add(out, at, (size_t)(open - at));
        add_argument(out, finding, open + 1, (size_t)(close - open) - 1);
        at = close + 1;
    }
    buffer_puts(out, at);
}

const struct finding *finding_worst(const struct domain *domain, const struct domain_host *host,
                                    const struct address *address)
{
    const struct finding *worst = NULL;

    for (size_t i = 0; i < domain->finding_count; i++) {
        const struct finding *finding = &domain->findings[i];

        if ((host != NULL && finding->host != host) ||
            (address != NULL && finding->address != address))
            continue;
        if (worst == NULL || finding_severity(finding->code) > finding_severity(worst->code))
            worst = finding;
    }
    return worst;
}

const char *finding_outcome(enum finding_severity worst)
{
    switch (worst) {
    case FINDING_NOTICE:
    case FINDING_WARNING: return "pass";
    case FINDING_UNTESTED: return "untested";
    case FINDING_UNPROTECTED: return "unprotected";
    case FINDING_FAILURE: break;
    }
    return "fail";
}

static enum finding_severity worst_severity(const struct domain *domain,
                                            const struct domain_host *host)
{
    const struct finding *worst = finding_worst(domain, host, NULL);

    return worst != NULL ? finding_severity(worst->code) : FINDING_NOTICE;
}

/* The roll-up decides whether it passes; findings that nobody looked for cannot say otherwise. */
const char *domain_outcome(const struct domain *domain)
{
    enum finding_severity worst = worst_severity(domain, NULL);

    if (domain_exit_status(domain) == EXIT_SECURE)
        return "pass";
    return finding_outcome(worst >= FINDING_UNTESTED ? worst : FINDING_FAILURE);
}

const char *host_outcome(const struct domain *domain, const struct domain_host *host)
{
    enum finding_severity worst = worst_severity(domain, host);

    return worst >= FINDING_UNTESTED || domain_host_probed(host) ? finding_outcome(worst)
                                                                  : "not-probed";
}

static enum finding_severity weightier(enum finding_severity severity,
                                       const struct finding *finding)
{
    enum finding_severity other = finding_severity(finding->code);

    return other > severity ? other : severity;
}

/* Why an address fails may have been said of its host: that there are no TLSA records. */
static enum finding_severity address_severity(const struct domain *domain,
                                              const struct domain_host *host,
                                              const struct address *address)
{
    enum finding_severity own = FINDING_NOTICE, of_host = FINDING_NOTICE;

    for (size_t i = 0; i < domain->finding_count; i++) {
        const struct finding *finding = &domain->findings[i];

        if (finding->host == host && finding->address == address)
            own = weightier(own, finding);
        else if (finding->host == host && finding->address == NULL)
            of_host = weightier(of_host, finding);
    }
    return own >= FINDING_UNTESTED ? own : of_host;
}

const char *address_outcome(const struct domain *domain, const struct domain_host *host,
                            size_t index)
{
    const struct address *address = &host->host->addresses[index];
    enum finding_severity worst;

    if (address->end.transport == TRANSPORT_UNTRIED)
        return "not-probed";
    if (!domain_address_fails(address, &host->verdicts[index]))
        return "pass";
    worst = address_severity(domain, host, address);
    return finding_outcome(worst >= FINDING_UNTESTED ? worst : FINDING_FAILURE);
}

/* What is said by no verdict: that the session ended before the handshake, or after it. */
static bool is_failure(enum verdict_code code)
{
    return code != VERDICT_UNTESTED && code != VERDICT_PASS && code != VERDICT_TLSA_ABSENT;
}

const char *address_result(const struct domain *domain, const struct domain_host *host,
                           size_t index)
{
    enum verdict_code code = host->verdicts[index].code;
    const char *outcome = address_outcome(domain, host, index);
    const struct finding *worst;

    if (strcmp(outcome, "fail") != 0)
        return strcmp(outcome, "unprotected") == 0 ? verdict_name(VERDICT_TLSA_ABSENT) : outcome;
    if (is_failure(code))
        return verdict_name(code);
    worst = finding_worst(domain, host, &host->host->addresses[index]);
    if (worst != NULL && finding_severity(worst->code) == FINDING_FAILURE)
        return finding_id(worst->code);
    return code == VERDICT_TLSA_ABSENT ? verdict_name(code) : finding_id(FINDING_INCOMPLETE);
}

static void add_place(struct buffer *out, const struct finding *finding)
{
    if (finding->host == NULL || finding->address == NULL)
        return;
    add_name(out, finding->host->host->base);
    buffer_puts(out, "[");
    address_add_text(out, finding->address);
    buffer_puts(out, "]: ");
}

void finding_add_line(struct buffer *out, const struct finding *finding)
{
    add_place(out, finding);
    finding_add_sentence(out, finding);
}

/* A failure of the TLSA records has a record that tells more, at the same address or host. */
static const struct finding *cause_of(const struct domain *domain, const struct finding *failure)
{
    for (size_t i = 0; failure->address != NULL && i < domain->finding_count; i++) {
        const struct finding *finding = &domain->findings[i];

        if (finding->host == failure->host && finding->record != NULL && finding != failure &&
            finding_severity(finding->code) == FINDING_WARNING &&
            finding_result_type(finding->code) != NULL &&
            (finding->address == NULL || finding->address == failure->address))
            return finding;
    }
    return NULL;
}

/* Of certificates that end, or of anchors that have: what a monitor is to warn of in time. */
static bool is_of_an_end(enum finding_code code)
{
    return code == FINDING_CERT_EXPIRES_SOON || code == FINDING_ANCHOR_DATES ||
           code == FINDING_TLSA_ANCHOR_DATES;
}

/* The one that ends first; NULL: none does. */
static const struct finding *ends_soon(const struct domain *domain)
{
    const struct finding *first = NULL;

    for (size_t i = 0; domain->findings != NULL && i < domain->finding_count; i++) {
        const struct finding *finding = &domain->findings[i];

        if (is_of_an_end(finding->code) &&
            (first == NULL || finding->number < first->number))
            first = finding;
    }
    return first;
}

void finding_add_reason(struct buffer *out, const struct domain *domain)
{
    const struct finding *worst = finding_worst(domain, NULL, NULL);
    const struct finding *soon = ends_soon(domain);
    const struct finding *cause;

    if (worst == NULL || finding_severity(worst->code) == FINDING_NOTICE)
        return;
    if (soon != NULL && finding_severity(worst->code) == FINDING_WARNING)
        worst = soon; /* what a monitor warns of */
    finding_add_line(out, worst);
    cause = worst->code == FINDING_TLSA_MISMATCH || worst->code == FINDING_TLSA_ALL_UNUSABLE
                ? cause_of(domain, worst)
                : NULL;
    if (cause == NULL)
        return;
    buffer_puts(out, "; ");
    finding_add_sentence(out, cause);
}

enum check_status domain_check(const struct domain *domain)
{
    const struct finding *worst = finding_worst(domain, NULL, NULL);
    bool untested = worst != NULL && finding_severity(worst->code) == FINDING_UNTESTED;
    bool passes = domain_exit_status(domain) == EXIT_SECURE;

    if (!passes && !untested)
        return CHECK_CRITICAL;
    if (ends_soon(domain) != NULL)
        return CHECK_WARNING;
    return passes ? CHECK_OK : CHECK_UNKNOWN;
}
