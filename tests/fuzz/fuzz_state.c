/*
 * The input is a state file, and the list of a run that writes one. The file is in a folder of
 * memory, where publishing does not wait for a disk.
 */
#include "history/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "grammar/forms.h"

struct place {
    char folder[32];
    char path[40];
};

static void place_init(struct place *place)
{
    snprintf(place->folder, sizeof place->folder, "/dev/shm/mxdane-fuzz-XXXXXX");
    fuzz_require(mkdtemp(place->folder) != NULL, "a folder can be made");
    snprintf(place->path, sizeof place->path, "%s/state", place->folder);
}

static void place_fini(const struct place *place)
{
    unlink(place->path);
    fuzz_require(rmdir(place->folder) == 0, "nothing is left beside the file");
}

static void write_file(const char *path, struct bytes content)
{
    FILE *file = fopen(path, "we");

    fuzz_require(file != NULL, "the file can be made");
    if (content.length > 0)
        fuzz_require(fwrite(content.data, content.length, 1, file) == 1, "it can be written");
    fuzz_require(fclose(file) == 0, "it is written");
}

static bool file_is(const char *path, struct bytes content)
{
    FILE *file = fopen(path, "re");
    char *text = memory_new(content.length + 1, 1);
    size_t length;
    bool same;

    fuzz_require(file != NULL, "the file is there");
    length = fread(text, 1, content.length + 1, file);
    fclose(file);
    same = length == content.length && (length == 0 || memcmp(text, content.data, length) == 0);
    free(text);
    return same;
}

static struct state *open_there(const struct place *place)
{
    struct failure failure = {{0}};
    struct state *state = state_open("--state", place->path, &failure);

    fuzz_require((state != NULL) == (failure.text[0] == '\0'), "a failure says why");
    fuzz_require(form_is_printable((struct span){failure.text, strlen(failure.text)}),
                 "a failure is one line of text");
    return state;
}

static struct state *open_with(const struct place *place, struct bytes content)
{
    struct state *state;

    write_file(place->path, content);
    state = open_there(place);
    fuzz_require(file_is(place->path, content), "what is opened is not touched");
    return state;
}

/* What was read, as it would be written: by name, each once. */
static void write_again(const struct state *state, struct buffer *text)
{
    const char *name, *before = "";
    struct standing was;
    size_t next = 0, count = 0;

    buffer_puts(text, "mxdane state 1\n");
    while ((name = state_next_gone(state, &next, &was)) != NULL) {
        const char *reason = standing_reason(&was);

        fuzz_require(form_is_printable((struct span){name, strlen(name)}), "a name is text");
        fuzz_require(count++ == 0 || strcmp(before, name) < 0, "each name once, in their order");
        fuzz_require((reason != NULL) == (was.count > 0), "what is wrong has a reason");
        buffer_printf(text, "%s\t%s\t%s\t%" PRIu32 "\t%08" PRIx32 "\n", name,
                      standing_outcome(&was), reason != NULL ? reason : "-", was.count, was.digest);
        before = name;
    }
    buffer_printf(text, "end %zu\n", count);
}

static struct bytes bytes_of(const struct buffer *text)
{
    return (struct bytes){(const uint8_t *)text->data, text->length};
}

static void check_again(const struct place *place, const struct buffer *text)
{
    struct state *state = open_with(place, bytes_of(text));
    struct buffer again;

    fuzz_require(state != NULL, "what was read can be read again");
    buffer_init(&again, 0);
    write_again(state, &again);
    fuzz_require(again.length == text->length && memcmp(again.data, text->data, text->length) == 0,
                 "it reads the same");
    buffer_fini(&again);
    state_free(state);
}

/* The line at the start of `rest`, which moves behind it. */
static struct bytes take_line(struct bytes *rest)
{
    const uint8_t *end = rest->length > 0 ? memchr(rest->data, '\n', rest->length) : NULL;
    struct bytes line = fuzz_take(rest, end != NULL ? (size_t)(end - rest->data) : rest->length);

    fuzz_take(rest, 1);
    return line;
}

/* Of each line there is one with its name. Their number; `end` is where the last line begins. */
static size_t check_lines(struct bytes content, const struct buffer *text, size_t *end)
{
    struct bytes rest = content, line = take_line(&rest);
    size_t count = 0;

    for (;; count++) {
        const char *tab;
        struct buffer name;

        *end = (size_t)(rest.data - content.data);
        line = take_line(&rest);
        if (rest.length == 0)
            break;
        tab = memchr(line.data, '\t', line.length);
        fuzz_require(tab != NULL, "a line has fields");
        buffer_init(&name, 0);
        buffer_puts(&name, "\n");
        buffer_add(&name, line.data, (size_t)(tab - (const char *)line.data) + 1);
        fuzz_require(memmem(text->data, text->length, name.data, name.length) != NULL,
                     "every line was read");
        buffer_fini(&name);
    }
    return count;
}

static void check_refused(const struct place *place, struct bytes content)
{
    struct state *state = open_with(place, content);

    fuzz_require(state == NULL, "a state is taken as a whole or not at all");
    state_free(state);
}

/* A line more that is broken, whether the last line counts it or not. */
static void check_broken(const struct place *place, struct bytes lines, const char *broken,
                         size_t count)
{
    struct buffer spoilt;

    for (size_t more = 0; more < 2; more++) {
        buffer_init(&spoilt, 0);
        buffer_add(&spoilt, lines.data, lines.length);
        buffer_printf(&spoilt, "%s\nend %zu\n", broken, count + more);
        check_refused(place, bytes_of(&spoilt));
        buffer_fini(&spoilt);
    }
}

static void check_spoilt(const struct place *place, struct bytes content, size_t end, size_t count)
{
    static const char *const lines[] = {
        "no entry",
        "e\033\tpass\t-\t0\t00000000",
        "e\tfail\t-\t1\t00000000",
        "e\tfail\ttlsa-mismatch\t4294967296\t00000000",
        "e\tfail\ttlsa-mismatch\t1\t00000000 ",
    };
    const struct bytes before = {content.data, end};

    check_refused(place, (struct bytes){content.data, content.length - 1});
    check_refused(place, before);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        check_broken(place, before, lines[i], count);
}

/* Who is compared stood as it was read, and is not gone; a name with escapes has another input. */
static void check_compared(const struct place *place, struct bytes content)
{
    struct state *state = open_with(place, content);
    size_t next = 0, left = 0;
    struct standing was;
    const char *name;

    while ((name = state_next_gone(state, &next, &was)) != NULL) {
        struct change change;

        left += strchr(name, '\\') != NULL;
        if (strchr(name, '\\') != NULL)
            continue;
        change = state_compare(state, &(struct domain){.input = name});
        fuzz_require(change.kind != CHANGE_NEW && change.was.reason == was.reason &&
                         change.was.count == was.count && change.was.digest == was.digest,
                     "a domain stood as it was read");
    }
    for (next = 0; state_next_gone(state, &next, &was) != NULL; left--)
        ;
    fuzz_require(left == 0, "what is compared is not gone");
    state_free(state);
}

static void check_state(const struct place *place, struct state *state, struct bytes content)
{
    struct buffer text;
    size_t end, count;

    buffer_init(&text, 0);
    write_again(state, &text);
    count = check_lines(content, &text, &end);
    check_again(place, &text);
    check_spoilt(place, content, end, count);
    check_compared(place, content);
    buffer_fini(&text);
}

/* A domain of the list: the same line always stands the same. */
static struct domain domain_of(struct arena *arena, struct bytes line, struct finding *finding)
{
    const char *input = arena_text(arena, (const char *)line.data, line.length);
    uint32_t hash = text_hash((struct bytes){(const uint8_t *)input, strlen(input)});

    *finding = (struct finding){.code = hash % FINDING_CODES};
    return (struct domain){.input = input, .findings = finding, .finding_count = 1};
}

static void audit(struct state *state, struct bytes list, struct arena *arena)
{
    struct failure failure;

    while (list.length > 0) {
        struct finding finding;
        struct domain domain = domain_of(arena, take_line(&list), &finding);

        fuzz_require(state_add(state, &domain, &failure), "it can be written to");
    }
    fuzz_require(state_publish(state, &failure), "it can be published");
}

/* What a run writes the next one reads: nothing has changed and nobody is gone. */
static void check_runs(const struct place *place, struct bytes list, struct arena *arena)
{
    struct state *state = open_there(place);
    struct standing was;
    size_t next = 0;

    fuzz_require(state != NULL, "a first run needs no file");
    audit(state, list, arena);
    state_free(state);
    state = open_there(place);
    fuzz_require(state != NULL, "what was written can be read");
    while (list.length > 0) {
        struct finding finding;
        struct domain domain = domain_of(arena, take_line(&list), &finding);

        fuzz_require(state_compare(state, &domain).kind == CHANGE_NONE, "nothing has changed");
    }
    fuzz_require(state_next_gone(state, &next, &was) == NULL, "nobody is gone");
    state_free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes content = {data, size};
    struct place place;
    struct state *state;
    struct arena arena;

    arena_init(&arena);
    place_init(&place);
    state = open_with(&place, content);
    if (state != NULL)
        check_state(&place, state, content);
    state_free(state);
    unlink(place.path);
    check_runs(&place, content, &arena);
    place_fini(&place);
    arena_fini(&arena);
    return 0;
}
