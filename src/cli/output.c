#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* What mkostemp makes is for its owner alone; the file is to be as one made by a redirection. */
static bool open_up(int fd)
{
    mode_t mask = umask(0);

    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

/* The file that a link leads to is replaced, not the link; a device or a pipe never is. */
static char *resolve(const char *name, struct failure *failure)
{
    struct stat status;
    char *path = realpath(name, NULL);

    if (path == NULL && errno == ENOENT)
        return memory_dup(name);
    if (path == NULL)
        failure_set(failure, "-o %s: %s", name, strerror(errno));
    else if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        failure_set(failure, "-o %s: is not a regular file", name);
    else
        return path;
    free(path);
    return NULL;
}

static void drop_file(struct output *output)
{
    if (output->temporary != NULL)
        unlink(output->temporary);
    if (output->fd >= 0 && output->name != NULL)
        close(output->fd);
    free(output->temporary);
    free(output->path);
    output->temporary = output->path = NULL;
    output->fd = -1;
}

static bool open_file(struct output *output, struct failure *failure)
{
    static const char suffix[] = ".XXXXXX";
    size_t size;

    output->path = resolve(output->name, failure);
    if (output->path == NULL)
        return false;
    size = strlen(output->path) + sizeof suffix;
    output->temporary = memory_new(size, 1);
    snprintf(output->temporary, size, "%s%s", output->path, suffix);
    output->fd = mkostemp(output->temporary, O_CLOEXEC);
    if (output->fd < 0) {
        free(output->temporary);
        output->temporary = NULL; /* it was never made */
    } else if (open_up(output->fd)) {
        return true;
    }
    failure_set(failure, "-o %s: %s", output->name, strerror(errno));
    drop_file(output);
    return false;
}

bool output_open(struct output *output, const struct report_format *format,
                 const struct report_options *options, const char *name, struct failure *failure)
{
    *output = (struct output){.name = name, .fd = STDOUT_FILENO, .terminal = options->terminal};
    if (name != NULL && !open_file(output, failure))
        return false;
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
    if (output->name == NULL)
        return failure_set(failure, "standard output cannot be written");
    return failure_set(failure, "-o %s: %s", output->name, strerror(errno));
}

enum run_report_status output_report(struct output *output, const struct domain *domain,
                                     struct failure *failure)
{
    enum run_report_status status;

    if (output->block.length == 0)
        report_domain(&output->report, domain, &output->block);
    if (output->block.length > 0 && output->terminal)
        progress_clear(&output->progress);
    status = write_some(output, 0);
    if (status == RUN_REPORT_FAILED)
        fail(output, failure);
    return status;
}

/* The new file whole, or the old one as it was. */
static bool publish(struct output *output, struct failure *failure)
{
    if (output->name == NULL)
        return true;
    if (fsync(output->fd) != 0 || rename(output->temporary, output->path) != 0)
        return fail(output, failure);
    free(output->temporary);
    output->temporary = NULL;
    return true;
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
    if (!written || (sum->whole && !publish(output, failure)))
        status = own_failure;
    drop_file(output);
    buffer_fini(&output->block);
    return status;
}
