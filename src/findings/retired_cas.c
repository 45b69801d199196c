#include "findings/retired_cas.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/lines.h"
#include "base/memory.h"

enum { DIGEST_BYTES = 32, SELECTOR_SPKI = 1, MTYPE_SHA256 = 1 };

struct entry {
    uint8_t digest[DIGEST_BYTES];
    struct retired_issuer issuer;
};

struct retired {
    struct arena arena;
    struct entry entries[LIMIT_RETIRED + 1]; /* the last is one too many */
    size_t count;
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_digest(const char *text, uint8_t digest[DIGEST_BYTES])
{
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        int high = hex_value(text[2 * i]);
        int low = high < 0 ? -1 : hex_value(text[2 * i + 1]);

        if (low < 0)
            return false;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* The state is a word of its own before the name; a name alone is that of a retired CA. */
static struct retired_issuer read_issuer(struct arena *arena, const char *text)
{
    static const struct {
        const char *word;
        enum retired_state state;
    } states[] = {{"retired", RETIRED_GONE}, {"superseded", RETIRED_SUPERSEDED}};
    size_t length = strcspn(text, " \t");
    const char *rest = text + length + strspn(text + length, " \t");

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (*rest != '\0' && strlen(states[i].word) == length &&
            memcmp(text, states[i].word, length) == 0)
            return (struct retired_issuer){arena_dup(arena, rest), states[i].state};
    return (struct retired_issuer){arena_dup(arena, text), RETIRED_GONE};
}

/* False: the line is not whole, or no key, no comment and not blank. */
static bool read_line(struct retired *retired, char *line, size_t length)
{
    struct entry *entry = &retired->entries[retired->count];
    const char *name = line + (size_t)(2 * DIGEST_BYTES);

    if (length >= LIMIT_RETIRED_LINE || memchr(line, '\0', length) != NULL)
        return false;
    while (length > 0 && isspace((unsigned char)line[length - 1]))
        line[--length] = '\0';
    if (length == 0 || line[0] == '#')
        return true;
    if (!read_digest(line, entry->digest) || !isblank((unsigned char)*name))
        return false;
    entry->issuer = read_issuer(&retired->arena, name + strspn(name, " \t"));
    retired->count++;
    return true;
}

struct reading {
    struct retired *retired;
    const char *what;
};

static bool read_numbered(void *argument, char *line, size_t length, size_t number,
                          struct failure *failure)
{
    const struct reading *reading = argument;

    if (!read_line(reading->retired, line, length))
        return failure_set(failure, "%s: line %zu: not a SHA2-256 in hex and a name", reading->what,
                           number);
    return reading->retired->count <= LIMIT_RETIRED ||
           failure_set(failure, "%s: more than %d keys", reading->what, LIMIT_RETIRED);
}

struct retired *retired_open(const char *path, const char *what, struct failure *failure)
{
    struct retired *retired = memory_new(1, sizeof *retired);
    struct reading reading = {retired, what};

    arena_init(&retired->arena);
    if (lines_read(path, what, read_numbered, &reading, failure))
        return retired;
    retired_free(retired);
    return NULL;
}

void retired_free(struct retired *retired)
{
    if (retired == NULL)
        return;
    arena_fini(&retired->arena);
    free(retired);
}

const struct retired_issuer *retired_find(const struct retired *retired,
                                          const struct record_tlsa *tlsa)
{
    if (retired == NULL || tlsa->selector != SELECTOR_SPKI || tlsa->mtype != MTYPE_SHA256 ||
        tlsa->data.length != DIGEST_BYTES)
        return NULL;
    for (size_t i = 0; i < retired->count; i++)
        if (memcmp(retired->entries[i].digest, tlsa->data.data, DIGEST_BYTES) == 0)
            return &retired->entries[i].issuer;
    return NULL;
}
