#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "grammar/grammar.h"
#include "report/trace.h"

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

enum exit_status fuzz_print(const struct domain *domain)
{
    check_trace(domain, &(struct trace_options){0});
    check_trace(domain, &(struct trace_options){.verbose = 1});
    check_trace(domain, &(struct trace_options){.quiet = true});
    return domain_exit_status(domain);
}

enum exit_status fuzz_print_lookup(const struct lookup *lookup)
{
    return fuzz_print(&(struct domain){
        .input = "x.", .name = "x.", .lookups = {lookup}, .lookup_count = 1, .walked = true});
}

enum exit_status fuzz_print_address(struct address *address, const struct verdict *verdict)
{
    static const struct record a = {.type = RECORD_A, .data.address = {192, 0, 2, 1}};
    struct lookup lookup = {.name = "mx.x.",
                            .owner = "mx.x.",
                            .type = RECORD_A,
                            .ad = true,
                            .records = &a,
                            .record_count = 1};
    struct host host = {.name = "mx.x.",
                        .base = "mx.x.",
                        .a = &lookup,
                        .tlsa_state = TLSA_SECURE,
                        .port = 25,
                        .probed = true,
                        .addresses = address,
                        .address_count = 1};
    struct domain_host entry = {&host, verdict};

    return fuzz_print(&(struct domain){.input = "x.",
                                       .name = "x.",
                                       .lookups = {&lookup},
                                       .lookup_count = 1,
                                       .walked = true,
                                       .needs_host = true,
                                       .hosts = &entry,
                                       .host_count = 1});
}
