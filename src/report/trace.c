#include "report/trace.h"

#include "lines.h"

struct trace {
    const struct trace_options *options;
    struct buffer *out;
};

/* The filter and the colour see whole lines only. */
static void print(void *argument, const struct line *line)
{
    static const char *const codes[] = {
        [TONE_PLAIN] = "", [TONE_GOOD] = "\033[32m", [TONE_BAD] = "\033[31m"};
    struct trace *trace = argument;
    const struct pattern *grep = trace->options->grep;
    bool color = trace->options->color && line->tone != TONE_PLAIN;

    if (grep != NULL && !pattern_matches(grep, line->text, line->length, true))
        return;
    if (color)
        buffer_puts(trace->out, codes[line->tone]);
    buffer_add(trace->out, line->text, line->length);
    buffer_puts(trace->out, color ? "\033[0m\n" : "\n");
}

static struct lines lines_for(struct trace *trace)
{
    const struct trace_options *options = trace->options;

    return (struct lines){.take = print, .argument = trace, .quiet = options->quiet,
                          .verbose = options->verbose > 0};
}

void trace_render(const struct domain *domain, const struct trace_options *options,
                  struct buffer *out)
{
    struct trace trace = {options, out};
    struct lines lines = lines_for(&trace);

    buffer_init(&lines.text, 0);
    lines_of_domain(&lines, domain);
    buffer_fini(&lines.text);
}

void trace_change(const struct domain *domain, const struct change *change,
                  const struct trace_options *options, struct buffer *out)
{
    struct trace trace = {options, out};
    struct lines lines = lines_for(&trace);

    buffer_init(&lines.text, 0);
    lines_of_change(&lines, domain, change);
    buffer_fini(&lines.text);
}

void trace_gone(const char *name, const struct standing *was, struct buffer *out)
{
    buffer_printf(out, "; %s: gone: was ", name);
    standing_add_text(out, was);
    buffer_puts(out, "\n");
}
