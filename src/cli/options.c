#include "cli/options.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/text.h"
#include "dns/nameserver.h"

enum { /* options without a letter */
    OPTION_TRUST_ANCHOR = 256,
    OPTION_ROOT_HINTS,
    OPTION_ONLY,
    OPTION_SKIP,
    OPTION_HOSTS,
    OPTION_ADDRESSES,
    OPTION_JOURNAL,
    OPTION_STATE,
    OPTION_CHANGES,
    OPTION_PAUSE,
    OPTION_PROGRESS,
    OPTION_COLOR,
    OPTION_TRUST_AD,
    OPTION_NO_SANDBOX,
    OPTION_FORMAT,
    OPTION_RETIRED
};

struct row {
    int key;
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
};

static const struct row rows[] = {
    {'f', "file", "FILE", "audit the domains of a list, one a line; - is standard input"},
    {OPTION_JOURNAL, "journal", "FILE", "with -f: go on where an earlier run ended"},
    {OPTION_STATE, "state", "FILE", "keep how the domains stand, for the next run to compare"},
    {OPTION_CHANGES, "changes", NULL, "with --state: print only what is worse or better"},
    {'n', "nameserver", "ADDR[@PORT]", "ask this validating resolver, trust its AD (repeatable)"},
    {'N', "resolv-conf", NULL, "the same with the nameservers of /etc/resolv.conf"},
    {OPTION_TRUST_AD, "trust-ad", NULL, "no warning: nobody can forge what the nameservers answer"},
    {OPTION_TRUST_ANCHOR, "trust-anchor", "FILE", "trust anchor of the embedded resolver"},
    {OPTION_ROOT_HINTS, "root-hints", "FILE", "root servers of the embedded resolver"},
    {'t', "timeout", "MS", "DNS: per request (3000)"},
    {'r', "tries", "N", "DNS: per look-up (6)"},
    {'u', "udpsize", "BYTES", "DNS: EDNS buffer size (1216)"},
    {'H', "helo", "NAME", "EHLO name (this host's name)"},
    {'s', "smtptimeout", "MS", "connect, each SMTP or TLS step (30000)"},
    {'l', "linelimit", "BYTES", "longest reply line taken (4096)"},
    {'R', "reserved", NULL, "connect to reserved addresses too"},
    {'D', "down", "HOST", "do not probe this MX host (repeatable)"},
    {'U', "down-only", NULL, "probe only the hosts given with -D"},
    {'4', "noipv4", NULL, "no SMTP over IPv4"},
    {'6', "noipv6", NULL, "no SMTP over IPv6"},
    {'A', "all", NULL, "probe hosts without TLSA too, go on where insecure"},
    {'d', "days", "N", "verify dates as of N days from now"},
    {'w', "warn-days", "N", "warn before a certificate ends, where dates count (14)"},
    {'e', "eechecks", NULL, "check dates and names for DANE-EE(3) too"},
    {'p', "port", "PORT", "SMTP port, also in the TLSA owner (25)"},
    {OPTION_ONLY, "only", "PATTERN", "probe only MX hosts that match"},
    {OPTION_SKIP, "skip", "PATTERN", "do not probe MX hosts that match"},
    {'g', "grep", "PATTERN", "print only the trace lines that match"},
    {'q', "quiet", NULL, "print only what is wrong"},
    {'v', "verbose", NULL, "add findings, dialogues, reasons, TTLs, resolvers"},
    {'j', "jobs", "N", "probes in flight at most (200, and 1800 of silent servers)"},
    {OPTION_PAUSE, "pause", "MS", "between two connections to an address (100)"},
    {OPTION_HOSTS, "hosts", "N", "MX hosts remembered at most (1000)"},
    {OPTION_ADDRESSES, "addresses", "N", "addresses probed for one domain at most (200)"},
    {OPTION_PROGRESS, "progress", "WHEN", "of a list, on standard error: auto, always or never"},
    {OPTION_RETIRED, "retired", "FILE", "keys of CAs that no longer issue, for the findings"},
    {OPTION_FORMAT, "format", "FORMAT", "trace, json, nagios, prometheus or summary (trace)"},
    {'o', "output", "FILE", "write to FILE, which is replaced when the run is done"},
    {OPTION_COLOR, "color", "WHEN", "auto, always or never"},
    {OPTION_NO_SANDBOX, "no-sandbox", NULL, "keep all rights of the process"},
    {'V', "version", NULL, "print the versions of mxdane and its libraries"},
    {'h', "help", NULL, "print this help"},
};

enum { ROWS = sizeof rows / sizeof *rows };

static void make_getopt(struct option longs[ROWS + 1], char shorts[3 * ROWS])
{
    size_t used = 0;

    shorts[used++] = ':'; /* a missing argument is reported by us */
    for (size_t i = 0; i < ROWS; i++) {
        longs[i] = (struct option){.name = rows[i].name,
                                   .has_arg = rows[i].argument != NULL,
                                   .val = rows[i].key};
        if (rows[i].key < 256) {
            shorts[used++] = (char)rows[i].key;
            if (rows[i].argument != NULL)
                shorts[used++] = ':';
        }
    }
    longs[ROWS] = (struct option){0};
    shorts[used] = '\0';
}

/* `what` is where it was named: "-n", or the file. */
static bool add_nameserver(struct options *options, const char *what, const char *text,
                           struct failure *failure)
{
    struct resolver_config *config = &options->plan.resolver;
    struct nameserver nameserver;

    if (!nameserver_parse(&nameserver, text))
        return failure_set(failure, "%s: not an address of a nameserver: %s", what, text);
    if (config->nameserver_count == LIMIT_NAMESERVERS)
        return failure_set(failure, "%s: more than %d nameservers", what, LIMIT_NAMESERVERS);
    options->nameservers[config->nameserver_count++] = text;
    return true;
}

static const char resolv_conf_what[] = "-N: /etc/resolv.conf";

struct resolv_conf {
    struct options *options;
    size_t count; /* nameservers */
};

/* A line without the word says nothing; an address that would be cut is none. */
static bool read_resolv_line(void *argument, char *line, size_t length, size_t number,
                             struct failure *failure)
{
    struct resolv_conf *conf = argument;
    struct options *options = conf->options;
    char word[sizeof options->resolv_conf[0] + 1];

    (void)length;
    (void)number;
    if (sscanf(line, "nameserver%*[ \t]%64s", word) != 1)
        return true;
    if (strlen(word) == sizeof word - 1)
        return failure_set(failure, "%s: not an address of a nameserver: %s...", resolv_conf_what,
                           word);
    if (conf->count == LIMIT_NAMESERVERS)
        return failure_set(failure, "%s: more than %d nameservers", resolv_conf_what,
                           LIMIT_NAMESERVERS);
    memcpy(options->resolv_conf[conf->count], word, strlen(word) + 1);
    return add_nameserver(options, resolv_conf_what, options->resolv_conf[conf->count++], failure);
}

static bool read_resolv_conf(struct options *options, struct failure *failure)
{
    struct resolv_conf conf = {options, 0};

    return lines_read("/etc/resolv.conf", resolv_conf_what, read_resolv_line, &conf, failure) &&
           (conf.count > 0 || failure_set(failure, "%s: no nameserver in it", resolv_conf_what));
}

static bool set_pattern(struct pattern **pattern, const char *option, struct failure *failure)
{
    pattern_free(*pattern);
    *pattern = pattern_new(option, optarg, failure);
    return *pattern != NULL;
}

static bool set_when(bool *when, bool automatic, const char *option, struct failure *failure)
{
    if (strcmp(optarg, "always") == 0)
        *when = true;
    else if (strcmp(optarg, "never") == 0)
        *when = false;
    else if (strcmp(optarg, "auto") == 0)
        *when = automatic;
    else
        return failure_set(failure, "%s: auto, always or never, not %s", option, optarg);
    return true;
}

static bool set_format(struct options *options, struct failure *failure)
{
    struct buffer names;

    options->format = report_format_find(optarg);
    if (options->format != NULL)
        return true;
    options->format = report_format_find("trace");
    buffer_init(&names, 0);
    report_format_add_names(&names, ", ");
    failure_set(failure, "--format: %s, not %s", names.data, optarg);
    buffer_fini(&names);
    return false;
}

/* The second of two would be all that is done. */
static bool set_once(const char **value, const char *option, struct failure *failure)
{
    if (*value != NULL)
        return failure_set(failure, "%s: given twice", option);
    *value = optarg;
    return true;
}

static bool set_down(struct plan *plan, struct failure *failure)
{
    if (plan->down_count == LIMIT_DOWN_HOSTS)
        return failure_set(failure, "-D: more than %d hosts", LIMIT_DOWN_HOSTS);
    plan->down[plan->down_count++] = optarg;
    return true;
}

static void apply_number(struct options *options, int key, uint64_t value)
{
    struct plan *plan = &options->plan;

    switch (key) {
    case 't': plan->resolver.timeout_ms = value; break;
    case 'r': plan->resolver.tries = (unsigned)value; break;
    case 'u': plan->resolver.udp_size = (uint16_t)value; break;
    case 's': plan->smtp_timeout_ms = value; break;
    case 'l': plan->line_limit = (size_t)value; break;
    case 'd': plan->verify_time += (int64_t)value * 86400; break;
    case 'w': options->rules.warn_days = (unsigned)value; break;
    case 'p': plan->port = (uint16_t)value; break;
    case 'j':
        plan->jobs = (size_t)value;
        plan->jobs_aside = 0;
        break;
    case OPTION_HOSTS: plan->hosts = (size_t)value; break;
    case OPTION_ADDRESSES: plan->addresses = (size_t)value; break;
    case OPTION_PAUSE: plan->pause_ms = value; break;
    }
}

/* The options that take a number. */
static bool set_number(struct options *options, int key, struct failure *failure)
{
    static const struct {
        int key;
        const char *name;
        uint64_t minimum, maximum;
    } ranges[] = {
        {'t', "-t", 1, 600000},
        {'r', "-r", 1, 100},
        {'u', "-u", 512, 65535},
        {'s', "-s", 1, 3600000},
        {'l', "-l", 64, 1048576},
        {'d', "-d", 0, 36500},
        {'w', "-w", 0, 36500},
        {'p', "-p", 1, 65535},
        {'j', "-j", 1, LIMIT_PROBES},
        {OPTION_HOSTS, "--hosts", 1, LIMIT_HOSTS_KEPT},
        {OPTION_ADDRESSES, "--addresses", 1, LIMIT_HOSTS * LIMIT_ADDRESSES},
        {OPTION_PAUSE, "--pause", 0, LIMIT_PAUSE_MS},
    };
    uint64_t value;
    size_t i = 0;

    while (ranges[i].key != key)
        i++;
    if (!text_to_number(optarg, ranges[i].minimum, ranges[i].maximum, &value))
        return failure_set(failure, "%s: not a number from %llu to %llu: %s", ranges[i].name,
                           (unsigned long long)ranges[i].minimum,
                           (unsigned long long)ranges[i].maximum, optarg);
    apply_number(options, key, value);
    return true;
}

static bool set_helo(struct plan *plan, struct failure *failure)
{
    for (const char *c = optarg; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7f)
            return failure_set(failure, "-H: not an EHLO name");
    plan->helo = optarg;
    return optarg[0] != '\0' || failure_set(failure, "-H: not an EHLO name");
}

static bool set_option(struct options *options, int key, struct failure *failure)
{
    struct plan *plan = &options->plan;

    switch (key) {
    case 'f': return set_once(&options->list, "-f", failure);
    case OPTION_JOURNAL: return set_once(&options->journal, "--journal", failure);
    case OPTION_STATE: return set_once(&options->state, "--state", failure);
    case OPTION_CHANGES: options->changes = true; return true;
    case 'n': return add_nameserver(options, "-n", optarg, failure);
    case 'N': return read_resolv_conf(options, failure);
    case OPTION_TRUST_AD: options->trust_ad = true; return true;
    case OPTION_NO_SANDBOX: options->no_sandbox = true; return true;
    case OPTION_TRUST_ANCHOR: plan->resolver.trust_anchor = optarg; return true;
    case OPTION_ROOT_HINTS: plan->resolver.root_hints = optarg; return true;
    case 'H': return set_helo(plan, failure);
    case 'R': plan->reserved = true; return true;
    case 'D': return set_down(plan, failure);
    case 'U': plan->down_only = true; return true;
    case '4': plan->no_ipv4 = true; return true;
    case '6': plan->no_ipv6 = true; return true;
    case 'A': plan->all = true; return true;
    case 'e': plan->ee_checks = true; return true;
    case OPTION_ONLY: options->only = optarg; return set_pattern(&plan->only, "--only", failure);
    case OPTION_SKIP: options->skip = optarg; return set_pattern(&plan->skip, "--skip", failure);
    case 'g': return set_pattern(&options->grep, "-g", failure);
    case 'q': options->trace.quiet = true; return true;
    case 'v': options->trace.verbose++; return true;
    case OPTION_PROGRESS:
        return set_when(&options->progress, options->terminal.progress, "--progress", failure);
    case OPTION_RETIRED: options->retired = optarg; return true;
    case OPTION_FORMAT: return set_format(options, failure);
    case 'o': return set_once(&options->output, "-o", failure);
    case OPTION_COLOR:
        options->color_auto = strcmp(optarg, "auto") == 0;
        return set_when(&options->trace.color, options->terminal.color, "--color", failure);
    case 'V': options->action = OPTIONS_VERSION; return true;
    case 'h': options->action = OPTIONS_HELP; return true;
    default: return set_number(options, key, failure);
    }
}

static void set_defaults(struct options *options, int64_t now,
                         const struct options_terminal *terminal)
{
    memset(options, 0, sizeof *options);
    if (gethostname(options->host_name, sizeof options->host_name - 1) != 0 ||
        options->host_name[0] == '\0')
        snprintf(options->host_name, sizeof options->host_name, "localhost");
    options->terminal = *terminal;
    options->format = report_format_find("trace");
    options->trace.color = terminal->color;
    options->color_auto = true;
    options->progress = terminal->progress;
    options->plan = (struct plan){
        .resolver = {.nameservers = options->nameservers,
                     .trust_anchor = "/usr/share/dns/root.key",
                     .root_hints = "/usr/share/dns/root.hints",
                     .timeout_ms = 3000,
                     .tries = 6,
                     .udp_size = 1216,
                     .questions = LIMIT_QUESTIONS},
        .helo = options->host_name,
        .smtp_timeout_ms = 30000,
        .line_limit = 4096,
        .port = 25,
        .jobs = 200,
        .jobs_aside = LIMIT_PROBES_ASIDE,
        .hosts = 1000,
        .addresses = 200,
        .pause_ms = 100,
        .verify_time = now,
    };
    options->rules.warn_days = 14;
}

static bool refuse(int key, char **argv, struct failure *failure)
{
    const char *what = key == ':' ? "option needs an argument" : "unknown option";

    if (optopt > 0 && optopt < 256)
        return failure_set(failure, "%s: -%c (see mxdane --help)", what, optopt);
    return failure_set(failure, "%s: %s (see mxdane --help)", what, argv[optind - 1]);
}

/* What follows from several options. */
static void settle(struct options *options)
{
    struct report_options *report = &options->report;
    bool verbose = options->trace.verbose > 0;

    options->progress &= options->list != NULL;
    options->trace.grep = options->grep;
    options->trace.color &= options->output == NULL || !options->color_auto;
    report->trace = &options->trace;
    report->terminal = options->terminal.output && options->output == NULL;
    report->changes = options->changes;
    report->verify_time = options->plan.verify_time;
    options->rules.verify_time = options->plan.verify_time;
    options->rules.ee_checks = options->plan.ee_checks;
    options->plan.dialogue = verbose || options->format->dialogue;
    options->plan.findings = verbose || options->format->findings || options->state != NULL;
}

static bool check_changes(const struct options *options, struct failure *failure)
{
    if (!options->changes)
        return true;
    if (options->state == NULL)
        return failure_set(failure, "--changes: only with --state");
    if (options->format->gone == NULL)
        return failure_set(failure, "--changes: not with --format %s, which tells how all stand",
                           options->format->name);
    return true;
}

static bool check_journal(const struct options *options, struct failure *failure)
{
    const struct report_format *format = options->format;

    if (options->journal == NULL)
        return true;
    if (options->state != NULL)
        return failure_set(failure, "--journal: not with --state, which is of a whole run");
    if (options->list == NULL)
        return failure_set(failure, "--journal: only with -f");
    if (format->one_text)
        return failure_set(failure,
                           "--journal: not with --format %s, which is one text for all domains",
                           format->name);
    if (options->output != NULL)
        return failure_set(failure, "--journal: not with -o, which would replace what the run "
                                    "before has written");
    return true;
}

static const char *const root[] = {"."};

/* Options that are good each by itself. */
static bool check_together(const struct options *options, struct failure *failure)
{
    if (options->grep != NULL && strcmp(options->format->name, "trace") != 0)
        return failure_set(failure, "-g: only with --format trace, whose lines it picks");
    if (options->trace.quiet && strcmp(options->format->name, "prometheus") == 0)
        return failure_set(failure, "-q: not with --format prometheus, where what is left out is "
                                    "missing");
    if (options->domains == root && options->list == NULL && options->format->status != NULL)
        return failure_set(failure, "--format %s: no domain (. is the root)",
                           options->format->name); /* a check that forgot its own passes else */
    if (options->output != NULL && options->state != NULL &&
        strcmp(options->output, options->state) == 0)
        return failure_set(failure, "-o: not the file of --state, which would replace it");
    return check_changes(options, failure) && check_journal(options, failure);
}

bool options_parse(struct options *options, int argc, char **argv, int64_t now,
                   const struct options_terminal *terminal, struct failure *failure)
{
    struct option longs[ROWS + 1];
    char shorts[3 * ROWS];
    int key;

    set_defaults(options, now, terminal);
    make_getopt(longs, shorts);
    opterr = 0;
    while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (key == '?' || key == ':')
            return refuse(key, argv, failure);
        if (!set_option(options, key, failure))
            return false;
        if (options->action != OPTIONS_RUN)
            return true;
    }
    options->domains = optind < argc ? (const char *const *)argv + optind : root;
    options->domain_count = optind < argc ? (size_t)(argc - optind) : 1;
    if (options->list != NULL && optind < argc)
        return failure_set(failure, "-f and DOMAIN arguments: one of the two");
    settle(options);
    return check_together(options, failure);
}

void options_fini(struct options *options)
{
    pattern_free(options->grep);
    pattern_free(options->plan.only);
    pattern_free(options->plan.skip);
}

void options_print_help(FILE *file)
{
    fprintf(file, "usage: mxdane [options] [DOMAIN ...]\n"
                  "Audits the DANE security of e-mail domains. No DOMAIN: \".\"\n\n");
    for (size_t i = 0; i < ROWS; i++) {
        char left[48];
        char letter[5] = "    ";

        if (rows[i].key < 256)
            snprintf(letter, sizeof letter, "-%c, ", rows[i].key);
        snprintf(left, sizeof left, "%s--%s %s", letter, rows[i].name,
                 rows[i].argument != NULL ? rows[i].argument : "");
        fprintf(file, "  %-32s %s\n", left, rows[i].help);
    }
    fprintf(file, "\nExit status: 0 all secure and matching, 1 something is wrong, "
                  "2 mxdane could not do its work.\n");
}
