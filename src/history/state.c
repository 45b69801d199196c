#include "history/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/replacement.h"
#include "base/text.h"

static const char first_line[] = "mxdane state 1";

struct entry { /* of the last run */
    const char *name;
    struct standing was;
    bool seen; /* this run has it */
};

struct state {
    const char *option, *path; /* for messages */
    struct buffer text;    /* of the last run; its lines are cut into fields */
    struct entry *entries; /* by name, each once */
    size_t count, room;
    struct replacement file;
    FILE *out;
    size_t added;
};

static bool refuse(const struct state *state, const char *what, struct failure *failure)
{
    return failure_set(failure, "%s %s: %s", state->option, state->path, what);
}

/* A file that is not there has no text. */
static bool read_text(struct state *state, struct failure *failure)
{
    FILE *file = fopen(state->path, "re");
    char block[65536];
    size_t length;
    bool good;

    if (file == NULL)
        return errno == ENOENT || refuse(state, strerror(errno), failure);
    while ((length = fread(block, 1, sizeof block, file)) > 0)
        buffer_add(&state->text, block, length);
    good = ferror(file) == 0 || refuse(state, strerror(errno), failure);
    (void)fclose(file); /* only read */
    if (good && state->text.length == 0)
        return refuse(state, "is empty", failure);
    return good;
}

/* Ends the field at `separator` and moves behind it; NULL where there is none. */
static char *take_field(char **rest, char separator)
{
    char *field = *rest, *end = strchr(field, separator);

    if (end == NULL)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return field;
}

static bool read_reason(const char *id, enum finding_code *reason)
{
    *reason = FINDING_CODES;
    if (strcmp(id, "-") == 0)
        return true;
    for (int code = 0; code < FINDING_CODES; code++)
        if (strcmp(id, finding_id(code)) == 0)
            *reason = code;
    return *reason != FINDING_CODES;
}

static bool read_hex(const char *digits, uint32_t *number)
{
    if (strlen(digits) != 8 || strspn(digits, "0123456789abcdef") != 8)
        return false;
    *number = (uint32_t)strtoul(digits, NULL, 16);
    return true;
}

static bool is_plain(const char *text)
{
    while (*text >= ' ' && *text <= '~')
        text++;
    return *text == '\0';
}

/*
 * A name is printed as it stands here: bytes to be escaped, which we never write, are refused. Its
 * backslashes are of escapes, or of the input, and end a sequence of UTF-8.
 */
static bool is_escaped(const char *name)
{
    struct buffer text, escaped;
    bool same;

    if (is_plain(name))
        return true;
    buffer_init(&text, 0);
    buffer_init(&escaped, 0);
    for (; *name != '\0'; name++)
        buffer_add(&text, *name != '\\' ? name : "/", 1);
    text_add_escaped(&escaped, (struct bytes){(const uint8_t *)text.data, text.length});
    same = escaped.length == text.length;
    buffer_fini(&text);
    buffer_fini(&escaped);
    return same;
}

enum field { NAME, OUTCOME, REASON, COUNT, DIGEST, FIELDS };

static bool split(char *line, char *fields[FIELDS])
{
    for (int i = 0; i < FIELDS - 1; i++)
        if ((fields[i] = take_field(&line, '\t')) == NULL)
            return false;
    fields[FIELDS - 1] = line;
    return true;
}

/* The outcome is for people: it follows from the reason. */
static bool read_entry(char *line, struct entry *entry)
{
    struct standing *was = &entry->was;
    char *fields[FIELDS];
    uint64_t count;

    if (!split(line, fields) || !is_escaped(fields[NAME]) ||
        !read_reason(fields[REASON], &was->reason) ||
        !text_to_number(fields[COUNT], 0, UINT32_MAX, &count) ||
        !read_hex(fields[DIGEST], &was->digest))
        return false;
    entry->name = fields[NAME];
    was->count = (uint32_t)count;
    return (count > 0) == (was->reason != FINDING_CODES);
}

static void add_entry(struct state *state, const struct entry *entry)
{
    if (state->count == state->room) {
        state->room = state->room > 0 ? state->room + state->room / 2 : 64;
        state->entries = memory_resize(state->entries, state->room, sizeof *state->entries);
    }
    state->entries[state->count++] = *entry;
}

static int compare_entries(const void *left, const void *right)
{
    return strcmp(((const struct entry *)left)->name, ((const struct entry *)right)->name);
}

/* A list may name a domain twice; it stands the same. */
static void sort_entries(struct state *state)
{
    size_t kept = 0;

    if (state->count > 0)
        qsort(state->entries, state->count, sizeof *state->entries, compare_entries);
    for (size_t i = 0; i < state->count; i++)
        if (kept == 0 || compare_entries(&state->entries[kept - 1], &state->entries[i]) != 0)
            state->entries[kept++] = state->entries[i];
    state->count = kept;
}

/* The last line is the number of those before it: a file that was cut has none. */
static bool is_end(const struct state *state, const char *line)
{
    char wanted[32];

    snprintf(wanted, sizeof wanted, "end %zu", state->count);
    return strcmp(line, wanted) == 0;
}

static bool read_entries(struct state *state, struct failure *failure)
{
    char *rest = state->text.data, *line;
    size_t number = 1;

    if (rest == NULL)
        return true;
    line = take_field(&rest, '\n');
    if (line == NULL || strcmp(line, first_line) != 0)
        return refuse(state, "is not a state of mxdane", failure);
    while ((line = take_field(&rest, '\n')) != NULL && !is_end(state, line)) {
        struct entry entry = {0};

        number++;
        if (!read_entry(line, &entry))
            return failure_set(failure, "%s %s: line %zu is broken", state->option, state->path,
                               number);
        add_entry(state, &entry);
    }
    if (line == NULL || rest != state->text.data + state->text.length)
        return refuse(state, "is not whole", failure);
    sort_entries(state);
    return true;
}

static bool begin_output(struct state *state, struct failure *failure)
{
    if (!replacement_open(&state->file, state->option, state->path, failure))
        return false;
    state->out = fdopen(state->file.fd, "we");
    if (state->out == NULL)
        return replacement_fail(&state->file, failure);
    return fprintf(state->out, "%s\n", first_line) > 0 || replacement_fail(&state->file, failure);
}

struct state *state_open(const char *option, const char *path, struct failure *failure)
{
    struct state *state = memory_new(1, sizeof *state);

    state->option = option;
    state->path = path;
    state->file.fd = -1;
    buffer_init(&state->text, 0);
    if (begin_output(state, failure) && read_text(state, failure) && read_entries(state, failure))
        return state;
    state_free(state);
    return NULL;
}

void state_free(struct state *state)
{
    if (state == NULL)
        return;
    if (state->out != NULL) {
        (void)fclose(state->out); /* what counts was flushed */
        state->file.fd = -1;
    }
    replacement_close(&state->file);
    buffer_fini(&state->text);
    free(state->entries);
    free(state);
}

/* The domain's name without its last dot; what is no name as it was written. */
static void add_name(struct buffer *out, const struct domain *domain)
{
    const char *name = domain->name != NULL ? domain->name : domain->input;
    size_t length = strlen(name);

    if (domain->name != NULL && length > 1)
        length--;
    text_add_escaped(out, (struct bytes){(const uint8_t *)name, length});
}

/* cppcheck-suppress constParameterPointer ; what was compared is marked */
struct change state_compare(struct state *state, const struct domain *domain)
{
    const struct standing is = standing_of(domain);
    struct entry wanted = {0}, *entry = NULL;
    struct buffer name;

    buffer_init(&name, 0);
    add_name(&name, domain);
    wanted.name = name.length > 0 ? name.data : "";
    if (state->count > 0)
        entry = bsearch(&wanted, state->entries, state->count, sizeof wanted, compare_entries);
    buffer_fini(&name);
    if (entry == NULL)
        return standing_first(&is);
    entry->seen = true;
    return standing_compare(&entry->was, &is);
}

bool state_add(struct state *state, const struct domain *domain, struct failure *failure)
{
    const struct standing is = standing_of(domain);
    const char *reason = standing_reason(&is);
    struct buffer line;
    bool written;

    buffer_init(&line, 0);
    add_name(&line, domain);
    buffer_printf(&line, "\t%s\t%s\t%" PRIu32 "\t%08" PRIx32 "\n", standing_outcome(&is),
                  reason != NULL ? reason : "-", is.count, is.digest);
    written = fwrite(line.data, line.length, 1, state->out) == 1;
    buffer_fini(&line);
    state->added++;
    return written || replacement_fail(&state->file, failure);
}

const char *state_next_gone(const struct state *state, size_t *next, struct standing *was)
{
    while (*next < state->count) {
        const struct entry *entry = &state->entries[(*next)++];

        if (!entry->seen) {
            *was = entry->was;
            return entry->name;
        }
    }
    return NULL;
}

bool state_publish(struct state *state, struct failure *failure)
{
    if (fprintf(state->out, "end %zu\n", state->added) < 0 || fflush(state->out) != 0)
        return replacement_fail(&state->file, failure);
    return replacement_publish(&state->file, failure);
}
