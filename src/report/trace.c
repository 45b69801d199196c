#include "report/trace.h"

#include <string.h>

#include "base/limits.h"
#include "model/finding.h"
#include "model/transport.h"
#include "report/tls.h"

struct trace {
    const struct trace_options *options;
    const struct domain *domain;
    struct buffer *out;
    struct buffer line;
};

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD };

/* Ends the line that was composed: the filter and the colour see whole lines only. */
static void end_line(struct trace *trace, enum tone tone)
{
    static const char *const codes[] = {"", "\033[32m", "\033[31m"};
    const struct pattern *grep = trace->options->grep;
    bool color = trace->options->color && tone != TONE_PLAIN;

    if (grep == NULL || pattern_matches(grep, trace->line.data, trace->line.length, true)) {
        if (color)
            buffer_puts(trace->out, codes[tone]);
        buffer_add(trace->out, trace->line.data, trace->line.length);
        buffer_puts(trace->out, color ? "\033[0m\n" : "\n");
    }
    buffer_clear(&trace->line);
}

static void add_finding(struct trace *trace, const struct finding *finding)
{
    const char *rfc = finding_rfc(finding->code);

    buffer_printf(&trace->line, "  ; %s: ",
                  finding_severity_name(finding_severity(finding->code)));
    finding_add_sentence(&trace->line, finding);
    buffer_printf(&trace->line, rfc != NULL ? " [%s, %s]" : " [%s]", finding_id(finding->code),
                  rfc);
    end_line(trace, TONE_PLAIN);
}

/* -v: what is to be said of exactly this; an address's findings have their look-up and host too. */
static void add_findings(struct trace *trace, const struct domain_host *host,
                         const struct lookup *lookup, const struct address *address)
{
    const struct domain *domain = trace->domain;

    for (size_t i = 0; trace->options->verbose > 0 && i < domain->finding_count; i++) {
        const struct finding *finding = &domain->findings[i];

        if (finding->address == address &&
            (address != NULL || (finding->lookup == lookup && finding->host == host)))
            add_finding(trace, finding);
    }
}

static void add_aliases(struct trace *trace, const struct lookup *lookup)
{
    for (size_t i = 0; i < lookup->alias_count; i++) {
        const struct lookup_alias *alias = &lookup->aliases[i];

        buffer_printf(&trace->line, "%s IN CNAME %s ; AD=%d NoError", alias->owner, alias->target,
                      alias->ad);
        end_line(trace, alias->ad ? TONE_GOOD : TONE_BAD);
    }
}

/* -v: what lies behind the lines above. */
static void add_lookup_details(struct trace *trace, const struct lookup *lookup)
{
    if (lookup->server != NULL) {
        buffer_printf(&trace->line, "  ; %s %s:", record_type_name(lookup->type), lookup->name);
        if (lookup->record_count > 0)
            buffer_printf(&trace->line, " TTL %u,", lookup->records[0].ttl);
        buffer_printf(&trace->line, " %u ms, %u %s, %s", lookup->milliseconds, lookup->tries,
                      lookup->tries == 1 ? "try" : "tries", lookup->server);
        end_line(trace, TONE_PLAIN);
    }
    if (lookup->reason != NULL) {
        buffer_printf(&trace->line, "  ; %s", lookup->reason);
        end_line(trace, TONE_PLAIN);
    }
    for (size_t i = 0; i < lookup->ede_count; i++) {
        buffer_printf(&trace->line, "  ; EDE %u", lookup->edes[i].code);
        if (lookup->edes[i].text.length > 0) {
            buffer_puts(&trace->line, ": ");
            text_add_escaped(&trace->line, lookup->edes[i].text);
        }
        end_line(trace, TONE_PLAIN);
    }
}

/* Whoever reads only this far must know that something is missing. */
static void add_excess(struct trace *trace, enum excess excess)
{
    if (excess == EXCESS_NONE)
        return;
    buffer_puts(&trace->line, "  ; ");
    excess_add_text(&trace->line, excess);
    end_line(trace, TONE_BAD);
}

static void add_lookup(struct trace *trace, const struct domain_host *host,
                       const struct lookup *lookup, bool fails)
{
    size_t lines = lookup->record_count > 0 ? lookup->record_count : 1;

    if (trace->options->quiet && !fails)
        return;
    add_aliases(trace, lookup);
    for (size_t i = 0; i < lines && lookup->type != RECORD_CNAME; i++) {
        buffer_puts(&trace->line, lookup->owner);
        buffer_puts(&trace->line, " IN ");
        buffer_puts(&trace->line, record_type_name(lookup->type));
        buffer_puts(&trace->line, " ");
        if (lookup->record_count > 0)
            record_add_rdata(&trace->line, &lookup->records[i]);
        else
            buffer_puts(&trace->line, "?");
        buffer_puts(&trace->line, lookup->ad ? " ; AD=1 " : " ; AD=0 ");
        lookup_add_status(&trace->line, lookup);
        end_line(trace, fails ? TONE_BAD : TONE_GOOD);
    }
    add_excess(trace, lookup->excess);
    if (trace->options->verbose > 0)
        add_lookup_details(trace, lookup);
    add_findings(trace, host, lookup, NULL);
}

static void add_subject(struct trace *trace, const struct host *host,
                        const struct address *address)
{
    size_t length = strlen(host->base);

    if (length > 1)
        length--;
    buffer_printf(&trace->line, "  %.*s[", (int)length, host->base);
    address_add_text(&trace->line, address);
    buffer_puts(&trace->line, "]: ");
}

static void add_dialogue(struct trace *trace, const struct address *address)
{
    for (size_t i = 0; i < address->dialogue_count; i++) {
        const struct dialogue_line *line = &address->dialogue[i];

        buffer_printf(&trace->line, "    %6u ms %c ", line->milliseconds, line->direction);
        text_add_escaped(&trace->line, line->text);
        end_line(trace, TONE_PLAIN);
    }
    if (address->end.reason != NULL) {
        buffer_printf(&trace->line, "    reason: %s", address->end.reason);
        end_line(trace, TONE_PLAIN);
    }
    if (address->dane_reason != NULL) {
        buffer_printf(&trace->line, "    reason: %s", address->dane_reason);
        end_line(trace, TONE_PLAIN);
    }
}

static void add_tls(struct trace *trace, const struct address *address)
{
    struct buffer lines;
    const char *start, *end;

    if (!address->handshaken)
        return;
    buffer_init(&lines, 0);
    tls_render(address, trace->options->verbose > 0, &lines);
    for (start = lines.data; start != NULL && (end = strchr(start, '\n')) != NULL;
         start = end + 1) {
        enum tone tone = TONE_PLAIN;

        buffer_add(&trace->line, start, (size_t)(end - start));
        if (strstr(trace->line.data, " [matched] <- ") != NULL)
            tone = TONE_GOOD;
        end_line(trace, tone);
    }
    buffer_fini(&lines);
}

static void add_address(struct trace *trace, const struct domain_host *entry, size_t index)
{
    const struct host *host = entry->host;
    const struct address *address = &host->addresses[index];
    const struct verdict *verdict = &entry->verdicts[index];
    bool fails = domain_address_fails(address, verdict);

    if (address->end.transport == TRANSPORT_UNTRIED || (trace->options->quiet && !fails))
        return;
    add_subject(trace, host, address);
    transport_add_verdict(&trace->line, address, verdict);
    end_line(trace, verdict->code == VERDICT_PASS ? TONE_GOOD : TONE_BAD);
    add_excess(trace, address->end.excess);
    if (address->after.transport != TRANSPORT_OK) {
        add_subject(trace, host, address);
        transport_add_end(&trace->line, &address->after);
        end_line(trace, TONE_BAD);
        add_excess(trace, address->after.excess);
    }
    if (trace->options->verbose > 0)
        add_dialogue(trace, address);
    add_findings(trace, entry, NULL, address);
    if (!trace->options->quiet)
        add_tls(trace, address);
}

/* rules: a secure answer that there are none is fine as long as the other family has some. */
static bool address_lookup_fails(const struct lookup *lookup)
{
    return lookup_is_error(lookup) || !lookup->ad;
}

static void add_host(struct trace *trace, const struct domain_host *entry)
{
    const struct host *host = entry->host;
    bool wrong = host->address_count == 0 || host->excess != EXCESS_NONE;

    add_lookup(trace, entry, host->a, address_lookup_fails(host->a) || wrong);
    if (host->aaaa != NULL && !(host->a->status == LOOKUP_NXDOMAIN && host->a->ad))
        add_lookup(trace, entry, host->aaaa, address_lookup_fails(host->aaaa) || wrong);
    add_excess(trace, host->excess);
    if (host->tlsa != NULL)
        add_lookup(trace, entry, host->tlsa, host->tlsa_state != TLSA_SECURE);
    else if (host->probed) {
        buffer_printf(&trace->line, "_%u._tcp.%s IN TLSA ? ; AD=0 NODATA", host->port,
                      host->base);
        end_line(trace, TONE_BAD);
    }
    for (size_t i = 0; i < host->address_count; i++)
        add_address(trace, entry, i);
    add_findings(trace, entry, NULL, NULL);
}

static void add_invalid(struct trace *trace, const char *input)
{
    text_add_escaped(&trace->line,
                     (struct bytes){(const uint8_t *)input, strnlen(input, LIMIT_NAME_TEXT)});
    buffer_puts(&trace->line, " IN MX ? ; AD=0 Invalid");
    end_line(trace, TONE_BAD);
}

/* The look-up with which it ended, though it is as secure as it should be. */
static bool last_fails(const struct domain *domain)
{
    return domain->null_mx_among_others || domain->excess != EXCESS_NONE || !domain->walked ||
           (domain->needs_host && domain->host_count == 0);
}

void trace_render(const struct domain *domain, const struct trace_options *options,
                  struct buffer *out)
{
    struct trace trace = {.options = options, .domain = domain, .out = out};

    buffer_init(&trace.line, 0);
    if (domain->name == NULL)
        add_invalid(&trace, domain->input);
    for (size_t i = 0; i < domain->lookup_count; i++)
        add_lookup(&trace, NULL, domain->lookups[i],
                   domain_lookup_is_wrong(domain, i) ||
                       (i == domain->lookup_count - 1 && last_fails(domain)));
    if (domain->nsec3param != NULL) /* it has no line of its own */
        add_findings(&trace, NULL, domain->nsec3param, NULL);
    add_excess(&trace, domain->excess);
    for (size_t i = 0; i < domain->host_count; i++)
        add_host(&trace, &domain->hosts[i]);
    add_findings(&trace, NULL, NULL, NULL);
    buffer_fini(&trace.line);
}

static void add_now(struct trace *trace)
{
    const struct standing is = standing_of(trace->domain);

    standing_add_text(&trace->line, &is);
    if (is.reason != FINDING_CODES) {
        buffer_puts(&trace->line, ": ");
        finding_add_sentence(&trace->line, finding_worst(trace->domain, NULL, NULL));
    }
}

void trace_change(const struct domain *domain, const struct change *change,
                  const struct trace_options *options, struct buffer *out)
{
    struct trace trace = {.options = options, .domain = domain, .out = out};
    struct bytes name = {(const uint8_t *)domain->input, strnlen(domain->input, LIMIT_NAME_TEXT)};

    buffer_init(&trace.line, 0);
    buffer_puts(&trace.line, "; ");
    text_add_escaped(&trace.line, name);
    buffer_puts(&trace.line, ": ");
    change_add_text(&trace.line, change);
    buffer_puts(&trace.line, ", is ");
    add_now(&trace);
    end_line(&trace, change->kind == CHANGE_BETTER ? TONE_GOOD : TONE_BAD);
    buffer_fini(&trace.line);
}

void trace_gone(const char *name, const struct standing *was, struct buffer *out)
{
    buffer_printf(out, "; %s: gone: was ", name);
    standing_add_text(out, was);
    buffer_puts(out, "\n");
}
