#include "cli/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

bool output_open(struct output *output, const struct report_format *format,
                 const struct report_options *options, const char *name, struct failure *failure)
{
    *output = (struct output){.fd = STDOUT_FILENO, .terminal = options->terminal};
    if (name != NULL) {
        if (!replacement_open(&output->file, "-o", name, failure))
            return false;
        output->fd = output->file.fd;
    }
    buffer_init(&output->block, 0);
    report_begin(&output->report, format, options);
    return true;
}

/*
 * What is ready takes PIPE_BUF bytes without a wait. O_NONBLOCK would do the same, but it is a
 * property of the file that is shared with the shell and with others in the pipeline.
 */
static enum run_report_status write_some(struct output *output, int wait_ms)
{
    const struct buffer *block = &output->block;

    while (output->written < block->length) {
        struct pollfd ready = {.fd = output->fd, .events = POLLOUT};
        size_t left = block->length - output->written;
        ssize_t count;

        if (poll(&ready, 1, wait_ms) == 0)
            return RUN_REPORT_LATER;
        count = write(output->fd, block->data + output->written,
                      left < PIPE_BUF ? left : PIPE_BUF);
        if (count >= 0)
            output->written += (size_t)count;
        else if (errno == EAGAIN)
            return RUN_REPORT_LATER;
        else if (errno != EINTR)
            return RUN_REPORT_FAILED;
    }
    buffer_clear(&output->block);
    output->written = 0;
    return RUN_REPORTED;
}

static bool fail(const struct output *output, struct failure *failure)
{
    if (output->file.name == NULL)
        return failure_set(failure, "standard output cannot be written");
    return replacement_fail(&output->file, failure);
}

enum run_report_status output_report(struct output *output, const struct domain *domain,
                                     const struct change *change, struct failure *failure)
{
    enum run_report_status status;

    if (output->block.length == 0 && (change == NULL || change->kind != CHANGE_NONE))
        report_domain(&output->report, domain, change, &output->block);
    if (output->block.length > 0 && output->terminal)
        progress_clear(&output->progress);
    status = write_some(output, 0);
    if (status == RUN_REPORT_FAILED)
        fail(output, failure);
    return status;
}

void output_gone(struct output *output, const char *name, const struct standing *was)
{
    report_gone(&output->report, name, was, &output->block);
}

/* A run that was cut does not wait for a reader that pauses. */
static enum run_report_status write_rest(struct output *output, bool whole)
{
    enum run_report_status written;

    do
        written = write_some(output, whole ? -1 : 0);
    while (written == RUN_REPORT_LATER && whole);
    return written;
}

int output_close(struct output *output, const struct report_sum *sum, int status,
                 struct failure *failure)
{
    int own_failure = report_own_failure(output->report.format);
    bool written;

    progress_clear(&output->progress);
    if (sum->failure != NULL)
        buffer_clear(&output->block); /* it could not be written, or never will be */
    status = report_end(&output->report, sum, status, &output->block);
    written = write_rest(output, sum->whole) != RUN_REPORT_FAILED ||
              (sum->failure == NULL && fail(output, failure));
    if (written && sum->whole && output->file.name != NULL)
        written = replacement_publish(&output->file, failure);
    if (!written)
        status = own_failure;
    if (output->file.name != NULL)
        replacement_close(&output->file);
    buffer_fini(&output->block);
    return status;
}
