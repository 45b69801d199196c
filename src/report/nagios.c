/*
 * A check of the Nagios plugin convention: a status line with performance data, then a line for
 * each domain and for each of its findings; the exit status is the check's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "formats.h"
#include "model/finding.h"

struct nagios {
    size_t domains;
    size_t counts[CHECK_CRITICAL + 1];
    enum check_status worst;
    struct buffer reason;                      /* of the first domain that is the worst */
    struct buffer details[CHECK_CRITICAL + 1]; /* of the domains by what came out */
};

static const char *const words[] = {[CHECK_OK] = "OK",
                                    [CHECK_UNKNOWN] = "UNKNOWN",
                                    [CHECK_WARNING] = "WARNING",
                                    [CHECK_CRITICAL] = "CRITICAL"};

void *nagios_begin(void)
{
    struct nagios *nagios = memory_new(1, sizeof *nagios);

    buffer_init(&nagios->reason, 0);
    for (int status = CHECK_OK; status <= CHECK_CRITICAL; status++)
        buffer_init(&nagios->details[status], 0);
    return nagios;
}

/* A bar would begin performance data wherever it stands; control bytes are escaped already. */
static void add_safe(struct buffer *out, const struct buffer *text)
{
    for (size_t i = 0; i < text->length; i++)
        if (text->data[i] == '|')
            buffer_puts(out, "\\x7c");
        else
            buffer_add(out, &text->data[i], 1);
}

static void add_text(struct buffer *out, const char *text)
{
    struct buffer escaped;

    buffer_init(&escaped, 0);
    text_add_escaped(&escaped, (struct bytes){(const uint8_t *)text, strlen(text)});
    add_safe(out, &escaped);
    buffer_fini(&escaped);
}

static void add_finding(struct buffer *out, const struct finding *finding)
{
    struct buffer line;

    buffer_init(&line, 0);
    finding_add_line(&line, finding);
    buffer_printf(out, "  %s: ", finding_severity_name(finding_severity(finding->code)));
    add_safe(out, &line);
    buffer_puts(out, "\n");
    buffer_fini(&line);
}

static void add_details(struct buffer *out, const struct domain *domain)
{
    add_text(out, domain->input);
    buffer_printf(out, ": %s\n", domain_outcome(domain));
    for (size_t i = 0; i < domain->finding_count; i++)
        add_finding(out, &domain->findings[i]);
}

/* What the status line says of the domain. */
static void set_reason(struct nagios *nagios, const struct domain *domain)
{
    struct buffer reason;

    buffer_init(&reason, 0);
    finding_add_reason(&reason, domain);
    buffer_clear(&nagios->reason);
    add_text(&nagios->reason, domain->input);
    buffer_printf(&nagios->reason, ": %s%s", domain_outcome(domain),
                  reason.length > 0 && domain_check(domain) != CHECK_OK ? ": " : "");
    if (domain_check(domain) != CHECK_OK)
        add_safe(&nagios->reason, &reason);
    buffer_fini(&reason);
}

void nagios_domain(struct report *report, const struct domain *domain, struct buffer *out)
{
    struct nagios *nagios = report->kept;
    enum check_status status = domain_check(domain);

    (void)out;
    if (nagios->domains == 0 || status > nagios->worst) {
        nagios->worst = status;
        set_reason(nagios, domain);
    }
    nagios->domains++;
    nagios->counts[status]++;
    if (!report->options->trace->quiet)
        add_details(&nagios->details[status], domain);
}

/* What a run that was cut has left is unknown; what it has found stays as bad as it is. */
static enum check_status status_of(const struct nagios *nagios, const struct report_sum *sum)
{
    if (sum->failure != NULL || nagios->domains == 0)
        return CHECK_UNKNOWN;
    return sum->whole || nagios->worst > CHECK_UNKNOWN ? nagios->worst : CHECK_UNKNOWN;
}

int nagios_status(const struct report *report, const struct report_sum *sum)
{
    static const int statuses[] = {[CHECK_OK] = 0,
                                   [CHECK_WARNING] = 1,
                                   [CHECK_CRITICAL] = 2,
                                   [CHECK_UNKNOWN] = NAGIOS_UNKNOWN};

    return statuses[status_of(report->kept, sum)];
}

static void add_counts(struct buffer *out, const struct nagios *nagios)
{
    buffer_printf(out, "%zu domains", nagios->domains);
    for (int status = CHECK_CRITICAL; status >= CHECK_OK; status--)
        if (nagios->counts[status] > 0)
            buffer_printf(out, ", %zu %s", nagios->counts[status], words[status]);
    if (nagios->worst != CHECK_OK)
        buffer_puts(out, "; ");
}

static void add_performance(struct buffer *out, const struct nagios *nagios,
                            const struct report_sum *sum)
{
    buffer_printf(out,
                  "|domains=%zu;;;0 ok=%zu;;;0 warning=%zu;;;0 critical=%zu;;;0 unknown=%zu;;;0 "
                  "time=%" PRIu64 ".%03" PRIu64 "s;;;0\n",
                  nagios->domains, nagios->counts[CHECK_OK], nagios->counts[CHECK_WARNING],
                  nagios->counts[CHECK_CRITICAL], nagios->counts[CHECK_UNKNOWN],
                  sum->milliseconds / 1000, sum->milliseconds % 1000);
}

/* A server's words are many, and a monitor reads 4 KB: the performance data must be among them. */
static void add_reason(struct buffer *out, const struct buffer *reason)
{
    size_t length = reason->length;

    if (length > LIMIT_STATUS_REASON) {
        length = LIMIT_STATUS_REASON;
        while (length > 0 && ((uint8_t)reason->data[length] & 0xc0) == 0x80)
            length--; /* to the beginning of a character */
    }
    buffer_add(out, reason->data, length);
    if (length < reason->length)
        buffer_puts(out, "...");
}

static void add_result(struct buffer *out, const struct nagios *nagios, bool whole)
{
    if (!whole)
        buffer_puts(out, "interrupted; ");
    if (!whole || nagios->domains != 1)
        add_counts(out, nagios);
    if ((whole && nagios->domains == 1) || nagios->worst != CHECK_OK)
        add_reason(out, &nagios->reason);
}

static void add_status(struct buffer *out, const struct nagios *nagios,
                       const struct report_sum *sum)
{
    buffer_printf(out, "DANE %s - ", words[status_of(nagios, sum)]);
    if (sum->failure != NULL)
        add_text(out, sum->failure);
    else
        add_result(out, nagios, sum->whole);
    add_performance(out, nagios, sum);
}

/* The worst first: what is behind the first kilobytes may not be read. */
void nagios_end(struct report *report, const struct report_sum *sum, struct buffer *out)
{
    struct nagios *nagios = report->kept;

    add_status(out, nagios, sum);
    for (int status = CHECK_CRITICAL; status >= CHECK_OK; status--) {
        if (nagios->details[status].length > 0)
            buffer_add(out, nagios->details[status].data, nagios->details[status].length);
        buffer_fini(&nagios->details[status]);
    }
    buffer_fini(&nagios->reason);
    free(nagios);
}
