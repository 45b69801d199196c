#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "findings/findings.h"
#include "grammar/forms.h"
#include "grammar/grammar.h"
#include "model/finding.h"
#include "models/compare.h"
#include "report/format.h"

void fuzz_require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

struct bytes fuzz_take(struct bytes *input, size_t length)
{
    struct bytes taken = {input->data, length < input->length ? length : input->length};

    *input = (struct bytes){input->data + taken.length, input->length - taken.length};
    return taken;
}

uint8_t fuzz_byte(struct bytes *input)
{
    struct bytes byte = fuzz_take(input, 1);

    return byte.length > 0 ? byte.data[0] : 0;
}

struct bytes fuzz_part(struct bytes *input)
{
    size_t length = (size_t)fuzz_byte(input) << 8;

    length |= fuzz_byte(input);
    return fuzz_take(input, length);
}

/* Small pieces mostly, and now and then a large one. */
size_t fuzz_piece(struct fuzz_pieces *pieces, size_t left)
{
    size_t size;

    pieces->state = pieces->state * 1664525u + 1013904223u;
    size = 1 + (pieces->state >> 24 & (pieces->state >> 16 & 1 ? 3 : 127));
    return size < left ? size : left;
}

void fuzz_file_open(struct fuzz_file *file, struct bytes content)
{
    file->fd = memfd_create("fuzz", MFD_CLOEXEC);
    fuzz_require(file->fd >= 0, "a file in memory can be made");
    while (content.length > 0) {
        ssize_t written = write(file->fd, content.data, content.length);

        fuzz_require(written > 0, "it can be written");
        fuzz_take(&content, (size_t)written);
    }
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

void fuzz_file_close(struct fuzz_file *file)
{
    close(file->fd);
}

static void check_trace(const struct domain *domain, const struct trace_options *options)
{
    struct grammar_complaint complaint;
    struct buffer out;

    buffer_init(&out, 0);
    trace_render(domain, options, &out);
    if (!grammar_check(out.data, out.length, &complaint)) {
        fprintf(stderr, "%sline %zu: %s\n", out.data, complaint.line, complaint.what);
        fuzz_require(false, "the grammar knows every line");
    }
    buffer_fini(&out);
}

/* One object, and nothing behind it. */
static void check_json(const struct buffer *out)
{
    json_t *object = json_loadb(out->data, out->length, JSON_REJECT_DUPLICATES, NULL);

    fuzz_require(json_is_object(object), "JSON is one object");
    json_decref(object);
}

static void check_format(const struct domain *domain, const char *name)
{
    static const struct trace_options trace = {0};
    static const struct report_options options = {.trace = &trace, .verify_time = 1800000000};
    static const struct report_sum sum = {.whole = true, .now = 1800000000};
    struct report report;
    struct buffer out;

    buffer_init(&out, 0);
    report_begin(&report, report_format_find(name), &options);
    report_domain(&report, domain, NULL, &out);
    report_end(&report, &sum, EXIT_SECURE, &out);
    for (size_t at = 0, length; at < out.length; at += length + 1) {
        length = strcspn(out.data + at, "\t\n"); /* the fields of a line, in some formats */
        fuzz_require(form_is_printable((struct span){out.data + at, length}),
                     "every format is text");
    }
    fuzz_require(out.length == 0 || strlen(out.data) == out.length, "no format has a NUL");
    if (strcmp(name, "json") == 0)
        check_json(&out);
    buffer_fini(&out);
}

static void check_formats(const struct domain *domain)
{
    struct buffer names;
    char *name, *rest;

    buffer_init(&names, 0);
    report_format_add_names(&names, "\n");
    for (name = names.data; name != NULL; name = rest) {
        rest = strchr(name, '\n');
        if (rest != NULL)
            *rest++ = '\0';
        check_format(domain, name);
    }
    buffer_fini(&names);
}

static bool has_failure(const struct domain *domain)
{
    for (size_t i = 0; i < domain->finding_count; i++)
        if (finding_severity(domain->findings[i].code) >= FINDING_UNTESTED)
            return true;
    return false;
}

enum exit_status fuzz_print(struct domain *domain)
{
    static const struct findings_rules rules = {.verify_time = 1800000000, .warn_days = 14};
    enum exit_status status = domain_exit_status(domain);
    struct arena arena;

    arena_init(&arena);
    check_trace(domain, &(struct trace_options){0});
    findings_find(domain, &rules, &arena);
    fuzz_require(has_failure(domain) == (status != EXIT_SECURE), "a finding says why it fails");
    check_trace(domain, &(struct trace_options){.verbose = 1});
    check_trace(domain, &(struct trace_options){.quiet = true});
    check_formats(domain);
    arena_fini(&arena);
    return status;
}

enum exit_status fuzz_print_lookup(const struct lookup *lookup)
{
    return fuzz_print(&(struct domain){
        .input = "x.", .name = "x.", .lookups = {lookup}, .lookup_count = 1, .walked = true});
}

static struct lookup secure_lookup(const char *name, const struct record *records, size_t count)
{
    return (struct lookup){.name = name,
                           .owner = name,
                           .type = records[0].type,
                           .ad = true,
                           .records = records,
                           .record_count = count};
}

enum exit_status fuzz_print_address(struct address *address, const struct verdict *verdict,
                                    const struct record *tlsa, size_t count)
{
    static const struct record a = {.type = RECORD_A, .data.address = {192, 0, 2, 1}};
    static const struct record mx = {.type = RECORD_MX, .data.mx = {10, "mx.x."}};
    struct lookup lookup_mx = secure_lookup("x.", &mx, 1);
    struct lookup lookup_a = secure_lookup("mx.x.", &a, 1);
    struct lookup lookup_aaaa = {.name = "mx.x.",
                                 .owner = "mx.x.",
                                 .type = RECORD_AAAA,
                                 .status = LOOKUP_NODATA,
                                 .ad = true};
    struct lookup lookup_tlsa = secure_lookup("_25._tcp.mx.x.", tlsa, count);
    struct host host = {.name = "mx.x.",
                        .base = "mx.x.",
                        .a = &lookup_a,
                        .aaaa = &lookup_aaaa,
                        .tlsa = &lookup_tlsa,
                        .tlsa_state = TLSA_SECURE,
                        .port = 25,
                        .probed = true,
                        .addresses = address,
                        .address_count = 1};
    struct domain_host entry = {&host, verdict, 1, EXCESS_NONE};
    enum exit_status status;
    struct arena arena;

    arena_init(&arena);
    compare_host(&host, &arena);
    status = fuzz_print(&(struct domain){.input = "x.",
                                         .name = "x.",
                                         .lookups = {&lookup_mx},
                                         .lookup_count = 1,
                                         .walked = true,
                                         .needs_host = true,
                                         .hosts = &entry,
                                       .host_count = 1});
    arena_fini(&arena);
    return status;
}
