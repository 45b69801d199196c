#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "base/memory.h"
#include "cli/audit_command.h"
#include "cli/options.h"
#include "cli/process.h"
#include "cli/versions.h"

static int act(struct options *options, struct failure *failure)
{
    switch (options->action) {
    case OPTIONS_HELP: options_print_help(stdout); break;
    case OPTIONS_VERSION: versions_print(stdout); break;
    case OPTIONS_RUN: return audit_command(options, failure);
    }
    if (fflush(stdout) == 0)
        return 0;
    failure_set(failure, "standard output cannot be written");
    return EXIT_OWN_FAILURE;
}

int main(int argc, char **argv)
{
    struct options options;
    struct failure failure = {{0}};
    struct options_terminal terminal = {.color = isatty(STDOUT_FILENO) == 1 &&
                                                 getenv("NO_COLOR") == NULL,
                                        .progress = isatty(STDERR_FILENO) == 1,
                                        .output = isatty(STDOUT_FILENO) == 1};
    int status = EXIT_OWN_FAILURE;

    process_open_streams();
    (void)signal(SIGPIPE, SIG_IGN);
    process_size_pool();
    if (uv_replace_allocator(memory_malloc, memory_realloc, memory_calloc, free) != 0)
        abort();
    if (options_parse(&options, argc, argv, (int64_t)time(NULL), &terminal, &failure)) {
        status = act(&options, &failure);
    } else {
        status = audit_command_fail(&options, &failure);
    }
    options_fini(&options);
    uv_library_shutdown(); /* ends the pool's threads while OpenSSL can still release theirs */
    if (failure.text[0] != '\0')
        fprintf(stderr, "mxdane: %s\n", failure.text);
    return status;
}
