/* The input is a file of the keys of retired CAs. What it says is read here a second time. */
#include "findings/retired_cas.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "grammar/forms.h"

enum { DIGEST = 32 };

struct key {
    uint8_t digest[DIGEST];
    const char *name;
    enum retired_state state;
    bool stated; /* by a word of the line */
};

static const char *const state_words[] = {[RETIRED_GONE] = "retired",
                                          [RETIRED_SUPERSEDED] = "superseded"};

struct keys {
    struct key list[LIMIT_RETIRED];
    size_t count;
    bool broken; /* a line that is none, or more keys than there may be */
    struct arena arena;
};

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool read_digest(struct bytes digits, uint8_t digest[DIGEST])
{
    static const char hex[] = "0123456789abcdef0123456789ABCDEF";

    for (size_t i = 0; i < digits.length; i++) {
        const char *at = memchr(hex, digits.data[i], sizeof hex - 1);

        if (at == NULL)
            return false;
        digest[i / 2] = (uint8_t)(digest[i / 2] << 4 | ((at - hex) & 15));
    }
    return digits.length == 2 * (size_t)DIGEST;
}

/* A word of the two, with a name behind it. */
static void read_state(struct bytes *line, struct key *key)
{
    for (int state = RETIRED_GONE; state <= RETIRED_SUPERSEDED; state++) {
        size_t length = strlen(state_words[state]), end = length;

        if (line->length <= length || memcmp(line->data, state_words[state], length) != 0)
            continue;
        while (end < line->length && (line->data[end] == ' ' || line->data[end] == '\t'))
            end++;
        if (end == length || end == line->length)
            continue;
        fuzz_take(line, end);
        key->state = state;
        key->stated = true;
        return;
    }
}

static bool read_key(struct bytes line, struct arena *arena, struct key *key)
{
    struct bytes digits = fuzz_take(&line, 2 * (size_t)DIGEST);
    size_t blanks = 0;

    while (blanks < line.length && (line.data[blanks] == ' ' || line.data[blanks] == '\t'))
        blanks++;
    if (!read_digest(digits, key->digest) || blanks == 0)
        return false;
    fuzz_take(&line, blanks);
    read_state(&line, key);
    key->name = arena_text(arena, (const char *)line.data, line.length);
    return true;
}

/* False: it is no key, no comment and not blank. */
static bool read_line(struct keys *keys, struct bytes line)
{
    bool whole = line.length < LIMIT_RETIRED_LINE && memchr(line.data, '\0', line.length) == NULL;
    struct key key = {.name = NULL};

    while (line.length > 0 && is_blank(line.data[line.length - 1]))
        line.length--;
    if (!whole || line.length == 0 || line.data[0] == '#')
        return whole;
    if (keys->count == LIMIT_RETIRED || !read_key(line, &keys->arena, &key))
        return false;
    keys->list[keys->count++] = key;
    return true;
}

static void keys_init(struct keys *keys, struct bytes content)
{
    *keys = (struct keys){.count = 0};
    arena_init(&keys->arena);
    while (content.length > 0 && !keys->broken) {
        const uint8_t *end = memchr(content.data, '\n', content.length);
        size_t length = end != NULL ? (size_t)(end - content.data) + 1 : content.length;

        keys->broken = !read_line(keys, fuzz_take(&content, length));
    }
}

static struct retired *open_with(struct bytes content)
{
    struct failure failure = {{0}};
    struct fuzz_file file;
    struct retired *retired;

    fuzz_file_open(&file, content);
    retired = retired_open(file.path, "file", &failure);
    fuzz_file_close(&file);
    fuzz_require((retired != NULL) == (failure.text[0] == '\0'), "a failure says why");
    fuzz_require(form_is_printable((struct span){failure.text, strlen(failure.text)}),
                 "a failure is one line of text");
    return retired;
}

/* Of several with one digest the first. */
static const struct key *key_of(const struct keys *keys, const uint8_t digest[DIGEST])
{
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(keys->list[i].digest, digest, DIGEST) == 0)
            return &keys->list[i];
    return NULL;
}

static const struct retired_issuer *find(const struct retired *retired, uint8_t selector,
                                         uint8_t mtype, struct bytes data)
{
    return retired_find(retired, &(struct record_tlsa){2, selector, mtype, data});
}

static bool is_issuer(const struct retired_issuer *issuer, const struct key *key)
{
    if (issuer == NULL || key == NULL)
        return issuer == NULL && key == NULL;
    return strcmp(issuer->name, key->name) == 0 && issuer->state == key->state;
}

static void check_key(const struct retired *retired, const struct keys *keys, const struct key *key)
{
    struct bytes digest = {key->digest, DIGEST};
    const struct retired_issuer *issuer = find(retired, 1, 1, digest);
    const char *name = issuer != NULL ? issuer->name : "";
    uint8_t other[DIGEST];

    fuzz_require(issuer != NULL && is_issuer(issuer, key_of(keys, key->digest)),
                 "a key has the name and state of its line");
    fuzz_require(name[0] != '\0' && name[0] != ' ' && name[0] != '\t' &&
                     !is_blank((uint8_t)name[strlen(name) - 1]) && strchr(name, '\n') == NULL,
                 "a name is some text of one line");
    fuzz_require(find(retired, 0, 1, digest) == NULL, "a certificate's digest is no key's");
    fuzz_require(find(retired, 1, 2, digest) == NULL, "another digest is no SHA2-256");
    fuzz_require(find(retired, 1, 1, (struct bytes){key->digest, DIGEST - 1}) == NULL,
                 "a part is no digest");
    memcpy(other, key->digest, DIGEST);
    other[key->digest[0] % DIGEST] ^= 1;
    issuer = find(retired, 1, 1, (struct bytes){other, DIGEST});
    fuzz_require(is_issuer(issuer, key_of(keys, other)), "every bit of a digest counts");
}

static void check_keys(const struct retired *retired, const struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        check_key(retired, keys, &keys->list[i]);
}

static struct bytes bytes_of(const struct buffer *text)
{
    return (struct bytes){(const uint8_t *)text->data, text->length};
}

/* Written again, with a name for the digest, it says the same. */
static void check_again(const struct keys *keys)
{
    struct retired *retired;
    struct buffer text;

    buffer_init(&text, 0);
    for (size_t i = 0; i < keys->count; i++) {
        buffer_puts(&text, i > 0 ? "\n" : ""); /* a last line of the greatest length has none */
        text_add_hex(&text, (struct bytes){keys->list[i].digest, DIGEST});
        buffer_printf(&text, " %s", keys->list[i].stated ? state_words[keys->list[i].state] : "");
        buffer_printf(&text, "%s%s", keys->list[i].stated ? " " : "", keys->list[i].name);
    }
    retired = open_with(bytes_of(&text));
    fuzz_require(retired != NULL, "what was read can be read again");
    check_keys(retired, keys);
    retired_free(retired);
    buffer_fini(&text);
}

/* A line more that is no key spoils every file. */
static void check_spoilt(struct bytes content)
{
    struct retired *retired;
    struct buffer spoilt;

    buffer_init(&spoilt, 0);
    buffer_add(&spoilt, content.data, content.length);
    buffer_puts(&spoilt, "\nno key\n");
    retired = open_with(bytes_of(&spoilt));
    fuzz_require(retired == NULL, "a line that is no key is not passed over");
    retired_free(retired);
    buffer_fini(&spoilt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes content = {data, size};
    struct keys *keys = memory_new(1, sizeof *keys);
    struct retired *retired = open_with(content);

    keys_init(keys, content);
    fuzz_require((retired == NULL) == keys->broken, "a file is refused for a line, and as a whole");
    if (retired != NULL) {
        check_keys(retired, keys);
        check_again(keys);
    }
    check_spoilt(content);
    retired_free(retired);
    arena_fini(&keys->arena);
    free(keys);
    return 0;
}
