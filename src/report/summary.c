/*
 * One line a domain: DOMAIN STATUS REASON, aligned on a terminal, with tabs in a pipe.
 */
#include <string.h>

#include "formats.h"
#include "model/finding.h"

static void add_reason(struct buffer *out, const struct domain *domain)
{
    const struct finding *worst = finding_worst(domain, NULL, NULL);

    if (worst != NULL)
        finding_add_sentence(out, worst);
}

static void add_name(struct buffer *out, const struct domain *domain)
{
    const char *input = domain->input;

    text_add_escaped(out, (struct bytes){(const uint8_t *)input, strlen(input)});
}

void summary_domain(struct report *report, const struct domain *domain, struct buffer *out)
{
    if (report->options->trace->quiet && domain_exit_status(domain) == EXIT_SECURE)
        return;
    add_name(out, domain);
    buffer_printf(out, "\t%s\t", domain_outcome(domain));
    add_reason(out, domain);
    buffer_puts(out, "\n");
}
