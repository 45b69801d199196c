#include "lines.h"

#include <string.h>

#include "base/limits.h"
#include "model/finding.h"
#include "model/transport.h"
#include "tls.h"

void lines_end(struct lines *lines, enum line_kind kind, enum line_tone tone)
{
    const struct line line = {kind, tone, lines->text.length > 0 ? lines->text.data : "",
                              lines->text.length};

    lines->take(lines->argument, &line);
    buffer_clear(&lines->text);
}

static void add_finding(struct lines *lines, const struct finding *finding)
{
    const char *rfc = finding_rfc(finding->code);

    buffer_printf(&lines->text, "  ; %s: ",
                  finding_severity_name(finding_severity(finding->code)));
    finding_add_sentence(&lines->text, finding);
    buffer_printf(&lines->text, rfc != NULL ? " [%s, %s]" : " [%s]", finding_id(finding->code),
                  rfc);
    lines_end(lines, LINE_FINDING, TONE_PLAIN);
}

/* -v: what is to be said of exactly this; an address's findings have their look-up and host too. */
static void add_findings(struct lines *lines, const struct domain_host *host,
                         const struct lookup *lookup, const struct address *address)
{
    const struct domain *domain = lines->domain;

    for (size_t i = 0; lines->verbose && i < domain->finding_count; i++) {
        const struct finding *finding = &domain->findings[i];

        if (finding->address == address &&
            (address != NULL || (finding->lookup == lookup && finding->host == host)))
            add_finding(lines, finding);
    }
}

/* What is insecure and does no harm is neither good nor bad. */
static enum line_tone tone_of(bool ad, bool fails)
{
    if (fails)
        return TONE_BAD;
    return ad ? TONE_GOOD : TONE_PLAIN;
}

static void add_aliases(struct lines *lines, const struct lookup *lookup, bool fails)
{
    for (size_t i = 0; i < lookup->alias_count; i++) {
        const struct lookup_alias *alias = &lookup->aliases[i];

        buffer_printf(&lines->text, "%s IN CNAME %s ; AD=%d NoError", alias->owner, alias->target,
                      alias->ad);
        lines_end(lines, LINE_ALIAS, tone_of(alias->ad, fails && !alias->ad));
    }
}

/* -v: what lies behind the lines above. */
static void add_lookup_details(struct lines *lines, const struct lookup *lookup)
{
    if (lookup->server != NULL) {
        buffer_printf(&lines->text, "  ; %s %s:", record_type_name(lookup->type), lookup->name);
        if (lookup->record_count > 0)
            buffer_printf(&lines->text, " TTL %u,", lookup->records[0].ttl);
        buffer_printf(&lines->text, " %u ms, %u %s, %s", lookup->milliseconds, lookup->tries,
                      lookup->tries == 1 ? "try" : "tries", lookup->server);
        lines_end(lines, LINE_DETAIL, TONE_PLAIN);
    }
    if (lookup->reason != NULL) {
        buffer_printf(&lines->text, "  ; %s", lookup->reason);
        lines_end(lines, LINE_DETAIL, TONE_PLAIN);
    }
    for (size_t i = 0; i < lookup->ede_count; i++) {
        buffer_printf(&lines->text, "  ; EDE %u", lookup->edes[i].code);
        if (lookup->edes[i].text.length > 0) {
            buffer_puts(&lines->text, ": ");
            text_add_escaped(&lines->text, lookup->edes[i].text);
        }
        lines_end(lines, LINE_DETAIL, TONE_PLAIN);
    }
}

/* Whoever reads only this far must know that something is missing. */
static void add_excess(struct lines *lines, enum excess excess)
{
    if (excess == EXCESS_NONE)
        return;
    buffer_puts(&lines->text, "  ; ");
    excess_add_text(&lines->text, excess);
    lines_end(lines, LINE_LIMIT, TONE_BAD);
}

static void add_record(struct lines *lines, const struct lookup *lookup,
                       const struct record *record, enum line_tone tone)
{
    buffer_puts(&lines->text, lookup->owner);
    buffer_puts(&lines->text, " IN ");
    buffer_puts(&lines->text, record_type_name(lookup->type));
    buffer_puts(&lines->text, " ");
    if (record != NULL)
        record_add_rdata(&lines->text, record);
    else
        buffer_puts(&lines->text, "?");
    buffer_puts(&lines->text, lookup->ad ? " ; AD=1 " : " ; AD=0 ");
    lookup_add_status(&lines->text, lookup);
    lines_end(lines, LINE_RECORD, tone);
}

static void add_lookup(struct lines *lines, const struct domain_host *host,
                       const struct lookup *lookup, bool fails)
{
    enum line_tone tone = tone_of(lookup->ad, fails);

    if (lines->quiet && !fails)
        return;
    add_aliases(lines, lookup, fails);
    for (size_t i = 0; i < lookup->record_count; i++)
        add_record(lines, lookup, &lookup->records[i], tone);
    if (lookup->record_count == 0 && lookup->type != RECORD_CNAME)
        add_record(lines, lookup, NULL, tone);
    add_excess(lines, lookup->excess);
    if (lines->verbose)
        add_lookup_details(lines, lookup);
    add_findings(lines, host, lookup, NULL);
}

static void add_subject(struct lines *lines, const struct host *host,
                        const struct address *address)
{
    size_t length = strlen(host->base);

    if (length > 1)
        length--;
    buffer_printf(&lines->text, "  %.*s[", (int)length, host->base);
    address_add_text(&lines->text, address);
    buffer_puts(&lines->text, "]: ");
}

static void add_dialogue(struct lines *lines, const struct address *address)
{
    for (size_t i = 0; i < address->dialogue_count; i++) {
        const struct dialogue_line *line = &address->dialogue[i];

        buffer_printf(&lines->text, "    %6u ms %c ", line->milliseconds, line->direction);
        text_add_escaped(&lines->text, line->text);
        lines_end(lines, LINE_DIALOGUE, TONE_PLAIN);
    }
    if (address->end.reason != NULL) {
        buffer_printf(&lines->text, "    reason: %s", address->end.reason);
        lines_end(lines, LINE_REASON, TONE_PLAIN);
    }
    if (address->dane_reason != NULL) {
        buffer_printf(&lines->text, "    reason: %s", address->dane_reason);
        lines_end(lines, LINE_REASON, TONE_PLAIN);
    }
}

static void add_address(struct lines *lines, const struct domain_host *entry, size_t index)
{
    const struct host *host = entry->host;
    const struct address *address = &host->addresses[index];
    const struct verdict *verdict = &entry->verdicts[index];
    bool fails = domain_address_fails(address, verdict);

    if (address->end.transport == TRANSPORT_UNTRIED || (lines->quiet && !fails))
        return;
    add_subject(lines, host, address);
    transport_add_verdict(&lines->text, address, verdict);
    lines_end(lines, LINE_VERDICT, verdict->code == VERDICT_PASS ? TONE_GOOD : TONE_BAD);
    add_excess(lines, address->end.excess);
    if (address->after.transport != TRANSPORT_OK) {
        add_subject(lines, host, address);
        transport_add_end(&lines->text, &address->after);
        lines_end(lines, LINE_AFTER, TONE_BAD);
        add_excess(lines, address->after.excess);
    }
    if (lines->verbose)
        add_dialogue(lines, address);
    add_findings(lines, entry, NULL, address);
    if (!lines->quiet)
        tls_lines(lines, address);
}

/* Of a host that does not exist one line says enough; an answer with addresses is always shown. */
static bool shows_aaaa(const struct host *host)
{
    bool absent = host->a->status == LOOKUP_NXDOMAIN && host->a->ad;

    return host->aaaa != NULL && (!absent || lookup_has_data(host->aaaa));
}

static void add_host(struct lines *lines, const struct domain_host *entry)
{
    const struct host *host = entry->host;
    bool wrong = host->address_count == 0 || entry->excess != EXCESS_NONE;

    add_lookup(lines, entry, host->a, host_address_lookup_fails(host, host->a) || wrong);
    if (shows_aaaa(host))
        add_lookup(lines, entry, host->aaaa, host_address_lookup_fails(host, host->aaaa) || wrong);
    add_excess(lines, entry->excess);
    if (host->tlsa != NULL)
        add_lookup(lines, entry, host->tlsa, host->tlsa_state != TLSA_SECURE);
    else if (host->probed) {
        buffer_printf(&lines->text, "_%u._tcp.%s IN TLSA ? ; AD=0 NODATA", host->port,
                      host->base);
        lines_end(lines, LINE_RECORD, TONE_BAD);
    }
    for (size_t i = 0; i < entry->address_count; i++)
        add_address(lines, entry, i);
    add_findings(lines, entry, NULL, NULL);
}

static void add_invalid(struct lines *lines, const char *input)
{
    text_add_escaped(&lines->text,
                     (struct bytes){(const uint8_t *)input, strnlen(input, LIMIT_NAME_TEXT)});
    buffer_puts(&lines->text, " IN MX ? ; AD=0 Invalid");
    lines_end(lines, LINE_RECORD, TONE_BAD);
}

/* The look-up with which it ended, though it is as secure as it should be. */
static bool last_fails(const struct domain *domain)
{
    return domain->null_mx_among_others || domain->excess != EXCESS_NONE || !domain->walked ||
           (domain->needs_host && domain->host_count == 0);
}

/*
 * -q: whose hosts the lines below are about, those that fail, or `all`. The hosts are in the order
 * of the records, each once; without a record the domain is its own host (RFC 5321 section 5.1).
 */
static void add_naming(struct lines *lines, const struct lookup *mx, bool all)
{
    const struct domain *domain = lines->domain;
    enum line_tone tone = tone_of(mx->ad, false);
    size_t record = 0;
    bool begun = false;

    for (size_t i = 0; i < domain->host_count; i++) {
        const struct domain_host *entry = &domain->hosts[i];

        while (record < mx->record_count &&
               strcmp(mx->records[record].data.mx.exchange, entry->host->name) != 0)
            record++;
        if ((!all && !domain_host_fails(entry)) ||
            (mx->record_count > 0 && record == mx->record_count))
            continue;
        if (!begun)
            add_aliases(lines, mx, false);
        begun = true;
        add_record(lines, mx, record < mx->record_count ? &mx->records[record] : NULL, tone);
    }
}

static void add_domain_lookup(struct lines *lines, size_t index)
{
    const struct domain *domain = lines->domain;
    const struct lookup *lookup = domain->lookups[index];
    bool last = index == domain->lookup_count - 1;
    bool fails = domain_lookup_is_wrong(domain, index) || (last && last_fails(domain));

    if (lines->quiet && !fails && lookup->type == RECORD_MX)
        add_naming(lines, lookup, domain_unprobed(domain) != NULL);
    add_lookup(lines, NULL, lookup, fails);
}

/* Nothing is wrong, and nothing is proved: who reads only the lines must know. */
static void add_unprobed(struct lines *lines)
{
    const char *why = domain_unprobed(lines->domain);
    struct finding finding = {.code = FINDING_NOTHING_PROBED};

    if (why == NULL)
        return;
    finding.text = (struct bytes){(const uint8_t *)why, strlen(why)};
    buffer_puts(&lines->text, "  ; ");
    finding_add_sentence(&lines->text, &finding);
    lines_end(lines, LINE_DETAIL, TONE_BAD);
}

void lines_of_domain(struct lines *lines, const struct domain *domain)
{
    bool silent = lines->quiet && domain_exit_status(domain) == EXIT_SECURE;

    lines->domain = domain;
    if (domain->name == NULL)
        add_invalid(lines, domain->input);
    for (size_t i = 0; i < domain->lookup_count; i++)
        add_domain_lookup(lines, i);
    if (domain->nsec3param != NULL && !silent) /* it has no line of its own */
        add_findings(lines, NULL, domain->nsec3param, NULL);
    add_excess(lines, domain->excess);
    for (size_t i = 0; i < domain->host_count; i++)
        if (!lines->quiet || domain_host_fails(&domain->hosts[i]))
            add_host(lines, &domain->hosts[i]);
    add_unprobed(lines);
    if (!silent)
        add_findings(lines, NULL, NULL, NULL);
}

static void add_now(struct lines *lines)
{
    const struct standing is = standing_of(lines->domain);

    standing_add_text(&lines->text, &is);
    if (is.reason != FINDING_CODES) {
        buffer_puts(&lines->text, ": ");
        finding_add_sentence(&lines->text, finding_worst(lines->domain, NULL, NULL));
    }
}

void lines_of_change(struct lines *lines, const struct domain *domain,
                     const struct change *change)
{
    struct bytes name = {(const uint8_t *)domain->input, strnlen(domain->input, LIMIT_NAME_TEXT)};

    lines->domain = domain;
    buffer_puts(&lines->text, "; ");
    text_add_escaped(&lines->text, name);
    buffer_puts(&lines->text, ": ");
    change_add_text(&lines->text, change);
    buffer_puts(&lines->text, ", is ");
    add_now(lines);
    lines_end(lines, LINE_CHANGE, change->kind == CHANGE_BETTER ? TONE_GOOD : TONE_BAD);
}
