#include "report/format.h"

#include <string.h>

#include "formats.h"

static void trace_domain(struct report *report, const struct domain *domain, struct buffer *out)
{
    if (report->change != NULL)
        trace_change(domain, report->change, report->options->trace, out);
    trace_render(domain, report->options->trace, out);
}

static void gone_from_trace(const struct report *report, const char *name,
                            const struct standing *was, struct buffer *out)
{
    (void)report;
    trace_gone(name, was, out);
}

static const struct report_format formats[] = {
    {.name = "trace", .domain = trace_domain, .gone = gone_from_trace},
    {.name = "json", .findings = true, .dialogue = true, .begin = json_begin,
     .domain = json_domain, .gone = json_gone},
    {.name = "nagios", .findings = true, .one_text = true, .begin = nagios_begin,
     .domain = nagios_domain, .end = nagios_end, .status = nagios_status,
     .own_failure = NAGIOS_UNKNOWN},
    {.name = "prometheus", .findings = true, .one_text = true, .begin = prometheus_begin,
     .domain = prometheus_domain, .end = prometheus_end},
    {.name = "summary", .findings = true, .begin = summary_begin, .domain = summary_domain,
     .gone = summary_gone, .end = summary_end},
};

enum { FORMATS = sizeof formats / sizeof *formats };

const struct report_format *report_format_find(const char *name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

int report_own_failure(const struct report_format *format)
{
    return format->own_failure != 0 ? format->own_failure : EXIT_OWN_FAILURE;
}

void report_format_add_names(struct buffer *out, const char *separator)
{
    for (size_t i = 0; i < FORMATS; i++)
        buffer_printf(out, "%s%s", i > 0 ? separator : "", formats[i].name);
}

void report_begin(struct report *report, const struct report_format *format,
                  const struct report_options *options)
{
    *report = (struct report){.format = format, .options = options};
    if (format->begin != NULL)
        report->kept = format->begin();
}

void report_domain(struct report *report, const struct domain *domain,
                   const struct change *change, struct buffer *out)
{
    report->change = change;
    report->format->domain(report, domain, out);
}

void report_gone(const struct report *report, const char *name, const struct standing *was,
                 struct buffer *out)
{
    report->format->gone(report, name, was, out);
}

int report_end(struct report *report, const struct report_sum *sum, int status, struct buffer *out)
{
    const struct report_format *format = report->format;

    if (format->status != NULL)
        status = format->status(report, sum);
    if (format->end != NULL)
        format->end(report, sum, out);
    report->kept = NULL;
    return status;
}
