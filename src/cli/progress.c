#include "cli/progress.h"

#include <inttypes.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char erase_line[] = "\r\033[K";

/* Domains a second of this run. */
static uint64_t rate_of(const struct run_counts *counts)
{
    return counts->milliseconds > 0 ? counts->done * 1000 / counts->milliseconds : 0;
}

static void add_time_left(struct buffer *out, const struct run_counts *counts)
{
    uint64_t left = counts->total - counts->earlier - counts->done;
    uint64_t seconds = left * counts->milliseconds / counts->done / 1000;

    if (seconds >= 3600)
        buffer_printf(out, ", %" PRIu64 ":%02d:%02d left", seconds / 3600,
                      (int)(seconds / 60 % 60), (int)(seconds % 60));
    else
        buffer_printf(out, ", %d:%02d left", (int)(seconds / 60), (int)(seconds % 60));
}

void progress_line(struct buffer *out, const struct run_counts *counts)
{
    size_t done = counts->earlier + counts->done;

    buffer_printf(out, "%zu", done);
    if (counts->total > 0 && counts->total >= done)
        buffer_printf(out, " of %zu", counts->total);
    buffer_printf(out, " done, %" PRIu64 "/s, %zu failing, %zu in flight", rate_of(counts),
                  counts->wrong, counts->in_flight);
    if (counts->total > 0 && counts->total >= done && counts->done > 0)
        add_time_left(out, counts);
}

void progress_summary(struct buffer *out, const struct run_counts *counts)
{
    buffer_printf(out, "%zu domains, %zu failing", counts->earlier + counts->done, counts->wrong);
    if (counts->earlier > 0)
        buffer_printf(out, " (%zu by earlier runs)", counts->earlier);
    buffer_printf(out,
                  "; %zu MX hosts, %zu SMTP sessions; %" PRIu64 ".%" PRIu64 " s, %" PRIu64 "/s\n",
                  counts->hosts, counts->probes, counts->milliseconds / 1000,
                  counts->milliseconds / 100 % 10, rate_of(counts));
}

static size_t columns(void)
{
    struct winsize size = {0};

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79;
}

/* A terminal that takes nothing just misses a line. */
static bool put(const char *text, size_t length)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&ready, 1, 0) == 1 && write(STDERR_FILENO, text, length) == (ssize_t)length;
}

void progress_draw(struct progress *progress, const struct run_counts *counts)
{
    struct buffer line;
    size_t most = sizeof erase_line - 1 + columns();

    buffer_init(&line, 0);
    buffer_puts(&line, erase_line);
    progress_line(&line, counts);
    progress->drawn |= put(line.data, line.length < most ? line.length : most);
    buffer_fini(&line);
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn && put(erase_line, sizeof erase_line - 1))
        progress->drawn = false;
}
