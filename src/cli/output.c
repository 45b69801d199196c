#include "cli/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

void output_init(struct output *output, const struct trace_options *trace)
{
    *output = (struct output){.trace = trace, .terminal = isatty(STDOUT_FILENO) == 1};
    buffer_init(&output->block, 0);
}

void output_fini(struct output *output)
{
    buffer_fini(&output->block);
}

/*
 * What is ready takes PIPE_BUF bytes without a wait. O_NONBLOCK would do the same, but it is a
 * property of the file that is shared with the shell and with others in the pipeline.
 */
static enum run_report_status write_some(struct output *output)
{
    const struct buffer *block = &output->block;

    while (output->written < block->length) {
        struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};
        size_t left = block->length - output->written;
        ssize_t count;

        if (poll(&ready, 1, 0) == 0)
            return RUN_REPORT_LATER;
        count = write(STDOUT_FILENO, block->data + output->written,
                      left < PIPE_BUF ? left : PIPE_BUF);
        if (count >= 0)
            output->written += (size_t)count;
        else if (errno == EAGAIN)
            return RUN_REPORT_LATER;
        else if (errno != EINTR)
            return RUN_REPORT_FAILED;
    }
    return RUN_REPORTED;
}

enum run_report_status output_report(struct output *output, const struct domain *domain)
{
    enum run_report_status status;

    if (output->block.length == 0)
        trace_render(domain, output->trace, &output->block);
    if (output->block.length > 0 && output->terminal)
        progress_clear(&output->progress);
    status = write_some(output);
    if (status == RUN_REPORTED) {
        buffer_clear(&output->block);
        output->written = 0;
    }
    return status;
}
