/*
 * One line a domain: DOMAIN STATUS REASON and, where that is wanted, what changed; aligned on a
 * terminal, with tabs in a pipe.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats.h"
#include "model/finding.h"

struct totals {
    size_t domains, passed;
};

void *summary_begin(void)
{
    return memory_new(1, sizeof(struct totals));
}

static bool passes(const struct domain *domain)
{
    return domain_exit_status(domain) == EXIT_SECURE;
}

/* A column that is too narrow moves the next one. */
static void end_column(struct buffer *out, size_t start, size_t width)
{
    size_t used = out->length - start;

    buffer_printf(out, "%*s", used < width ? (int)(width - used) : 1, "");
}

/* The first two: where the name's column begins is `start`. */
static void end_name(struct buffer *out, size_t start, const char *outcome, bool columns)
{
    enum { DOMAIN_WIDTH = 32, STATUS_WIDTH = 13 };

    if (columns)
        end_column(out, start, DOMAIN_WIDTH);
    else
        buffer_puts(out, "\t");
    start = out->length;
    buffer_puts(out, outcome);
    if (columns)
        end_column(out, start, STATUS_WIDTH);
    else
        buffer_puts(out, "\t");
}

static void add_line(struct buffer *out, const struct domain *domain,
                     const struct change *change, bool columns)
{
    size_t start = out->length;

    text_add_escaped(out, (struct bytes){(const uint8_t *)domain->input, strlen(domain->input)});
    end_name(out, start, domain_outcome(domain), columns);
    finding_add_reason(out, domain);
    if (change != NULL) {
        buffer_puts(out, columns ? "; " : "\t");
        change_add_text(out, change);
    }
    buffer_puts(out, "\n");
}

void summary_domain(struct report *report, const struct domain *domain, struct buffer *out)
{
    struct totals *totals = report->kept;

    totals->domains++;
    totals->passed += passes(domain);
    if (report->change != NULL || !report->options->trace->quiet || !passes(domain))
        add_line(out, domain, report->change, report->options->terminal);
}

void summary_gone(const struct report *report, const char *name, const struct standing *was,
                  struct buffer *out)
{
    size_t start = out->length;

    buffer_puts(out, name);
    end_name(out, start, "gone", report->options->terminal);
    buffer_puts(out, report->options->terminal ? "was " : "\tgone: was ");
    standing_add_text(out, was);
    buffer_puts(out, "\n");
}

void summary_end(struct report *report, const struct report_sum *sum, struct buffer *out)
{
    const struct totals *totals = report->kept;

    if (report->options->terminal && totals->domains > 1 && sum->failure == NULL)
        buffer_printf(out, "%zu domains: %zu pass, %zu do not\n", totals->domains, totals->passed,
                      totals->domains - totals->passed);
    free(report->kept);
}
