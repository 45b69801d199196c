/* The input is a command line: arguments, each on a line. */
#include "cli/options.h"

#include <getopt.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/tls.h"
#include "grammar/forms.h"

enum { ARGUMENTS_MAX = 32 };

static bool within(uint64_t number, uint64_t minimum, uint64_t maximum)
{
    return number >= minimum && number <= maximum;
}

static void check_plan(const struct plan *plan)
{
    const struct resolver_config *resolver = &plan->resolver;

    fuzz_require(within(resolver->timeout_ms, 1, 600000), "-t is within its range");
    fuzz_require(within(resolver->tries, 1, 100), "-r is within its range");
    fuzz_require(resolver->udp_size >= 512, "-u is within its range");
    fuzz_require(within(plan->smtp_timeout_ms, 1, 3600000), "-s is within its range");
    fuzz_require(within(plan->line_limit, 64, 1048576), "-l is within its range");
    fuzz_require(plan->port > 0, "-p is within its range");
    fuzz_require(within(plan->jobs, 1, LIMIT_PROBES), "-j is within its range");
    fuzz_require(within(plan->hosts, 1, LIMIT_HOSTS_KEPT), "--hosts is within its range");
    fuzz_require(plan->pause_ms <= LIMIT_PAUSE_MS, "--pause is within its range");
    fuzz_require(plan->verify_time >= TLS_NOW, "-d is not in the past");
    fuzz_require(plan->down_count <= LIMIT_DOWN_HOSTS, "-D is limited");
    fuzz_require(resolver->nameserver_count <= LIMIT_NAMESERVERS, "-n is limited");
    for (const char *c = plan->helo; *c != '\0'; c++)
        fuzz_require(*c > ' ' && *c < 0x7f, "an EHLO name is one word");
    fuzz_require(plan->helo[0] != '\0', "there is an EHLO name");
}

static void check_options(const struct options *options)
{
    check_plan(&options->plan);
    fuzz_require(options->list == NULL || options->action != OPTIONS_RUN ||
                     strcmp(options->domains[0], ".") == 0,
                 "a list or domains");
    fuzz_require(options->journal == NULL || options->list != NULL, "a journal is a list's");
    fuzz_require(options->domain_count > 0, "there is a domain");
    for (size_t i = 0; i < options->domain_count; i++)
        fuzz_require(options->domains[i] != NULL, "a domain is a text");
}

/* The words of a text that is changed: each line is one, and an empty one ends it. */
static int split(char *text, char *argv[ARGUMENTS_MAX + 1])
{
    int argc = 1;

    while (*text != '\0' && argc < ARGUMENTS_MAX) {
        size_t length = strcspn(text, "\n");
        bool last = text[length] == '\0';

        argv[argc++] = text;
        text[length] = '\0';
        if (last)
            break;
        text += length + 1;
    }
    return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char program[] = "mxdane";
    struct options_terminal terminal = {.color = true, .progress = false};
    char *argv[ARGUMENTS_MAX + 1] = {program};
    struct failure failure = {{0}};
    struct options options;
    struct arena arena;
    int argc;

    arena_init(&arena);
    argc = split(arena_text(&arena, (const char *)data, size), argv);
    optind = 0; /* glibc begins anew */
    if (!options_parse(&options, argc, argv, TLS_NOW, &terminal, &failure))
        fuzz_require(failure.text[0] != '\0' &&
                         form_is_printable((struct span){failure.text, strlen(failure.text)}),
                     "a bad option is one line of text");
    else if (options.action == OPTIONS_RUN)
        check_options(&options);
    options_fini(&options);
    arena_fini(&arena);
    return 0;
}
