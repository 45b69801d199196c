/*
 * The command line, checked: one table of options makes the parser and the help.
 */
#ifndef MXDANE_CLI_OPTIONS_H
#define MXDANE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "audit/plan.h"
#include "base/failure.h"
#include "base/pattern.h"
#include "findings/findings.h"
#include "report/format.h"

enum options_action { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };

struct options_terminal { /* what "auto" means */
    bool color;    /* standard output is one and NO_COLOR is not set */
    bool progress; /* standard error is one */
    bool output;   /* standard output is one */
};

struct options {
    enum options_action action;
    struct plan plan;
    struct findings_rules rules; /* of the judge */
    const struct report_format *format;
    struct report_options report;
    struct trace_options trace;
    struct pattern *grep;
    const char *only, *skip; /* the patterns as they were given; NULL: none */
    const char *output;  /* -o; NULL: standard output */
    bool color_auto;
    const char *retired; /* --retired; NULL: the file that is installed, if it is */
    const char *list;    /* -f; NULL: none */
    const char *journal; /* NULL: none */
    const char *state;   /* NULL: none */
    bool changes;        /* with `state`: only what is worse or better than in the last run */
    struct options_terminal terminal;
    bool progress;
    bool trust_ad;   /* the path to the nameservers is safe, whatever their addresses */
    bool no_sandbox;
    const char *const *domains;
    size_t domain_count;
    const char *nameservers[LIMIT_NAMESERVERS];
    char resolv_conf[LIMIT_NAMESERVERS][64]; /* what -N read */
    char host_name[256];
};

/*
 * False with one line in `failure` for whatever cannot be used. `now`: seconds since the epoch.
 * options_fini in both cases.
 */
bool options_parse(struct options *options, int argc, char **argv, int64_t now,
                   const struct options_terminal *terminal, struct failure *failure);
void options_fini(struct options *options);

void options_print_help(FILE *file);

#endif
