/*
 * One line a domain: DOMAIN STATUS REASON and, where that is wanted, what changed; aligned on a
 * terminal, with tabs in a pipe.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/memory.h"
#include "formats.h"
#include "model/finding.h"

struct summary {
    size_t domains, passed;
    locale_t widths; /* of characters on a terminal; NULL: not known, a byte is a column */
};

/* The locale is opened before the process gives up its files. */
void *summary_begin(void)
{
    struct summary *summary = memory_new(1, sizeof *summary);

    summary->widths = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    return summary;
}

static bool passes(const struct domain *domain)
{
    return domain_exit_status(domain) == EXIT_SECURE;
}

/* Columns that the text takes: it may be of U-labels, and is escaped already. */
static size_t width_of(const struct summary *summary, const char *text, size_t length)
{
    locale_t before = summary->widths != NULL ? uselocale(summary->widths) : NULL;
    size_t width = 0, used;

    for (size_t at = 0; at < length; at += used) {
        mbstate_t state = {0};
        wchar_t character;
        int columns = 1;

        used = before != NULL ? mbrtowc(&character, text + at, length - at, &state) : 1;
        if (used == 0 || used > length - at)
            used = 1;
        else if (before != NULL)
            columns = wcwidth(character);
        width += columns > 0 ? (size_t)columns : 0;
    }
    if (before != NULL)
        uselocale(before);
    return width;
}

/* Ends a column that begins at `start`. One that is too narrow moves the next one. */
static void end_column(const struct report *report, struct buffer *out, size_t start, size_t width)
{
    size_t used;

    if (!report->options->terminal) {
        buffer_puts(out, "\t");
        return;
    }
    used = width_of(report->kept, out->data + start, out->length - start);
    buffer_printf(out, "%*s", used < width ? (int)(width - used) : 1, "");
}

/* The first two: where the name's column begins is `start`. */
static void end_name(const struct report *report, struct buffer *out, size_t start,
                     const char *outcome)
{
    enum { DOMAIN_WIDTH = 32, STATUS_WIDTH = 13 };

    end_column(report, out, start, DOMAIN_WIDTH);
    start = out->length;
    buffer_puts(out, outcome);
    end_column(report, out, start, STATUS_WIDTH);
}

static void add_line(const struct report *report, const struct domain *domain, struct buffer *out)
{
    size_t start = out->length;

    text_add_escaped(out, (struct bytes){(const uint8_t *)domain->input, strlen(domain->input)});
    end_name(report, out, start, domain_outcome(domain));
    finding_add_reason(out, domain);
    if (report->change != NULL) {
        buffer_puts(out, report->options->terminal ? "; " : "\t");
        change_add_text(out, report->change);
    }
    buffer_puts(out, "\n");
}

void summary_domain(struct report *report, const struct domain *domain, struct buffer *out)
{
    struct summary *summary = report->kept;

    summary->domains++;
    summary->passed += passes(domain);
    if (report->change != NULL || !report->options->trace->quiet || !passes(domain))
        add_line(report, domain, out);
}

void summary_gone(const struct report *report, const char *name, const struct standing *was,
                  struct buffer *out)
{
    size_t start = out->length;

    buffer_puts(out, name);
    end_name(report, out, start, "gone");
    buffer_puts(out, report->options->terminal ? "was " : "\tgone: was ");
    standing_add_text(out, was);
    buffer_puts(out, "\n");
}

void summary_end(struct report *report, const struct report_sum *sum, struct buffer *out)
{
    struct summary *summary = report->kept;

    if (report->options->terminal && !report->options->changes && summary->domains != 1 &&
        sum->failure == NULL)
        buffer_printf(out, "%zu domains: %zu pass, %zu do not%s\n", summary->domains,
                      summary->passed, summary->domains - summary->passed,
                      sum->whole ? "" : "; interrupted");
    if (summary->widths != NULL)
        freelocale(summary->widths);
    free(summary);
}
