#include "dns/name.h"

#include <idn2.h>
#include <string.h>

#include "base/limits.h"

enum { LABEL_MAX = 63, NAME_MAX_TEXT = 253 };

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Lower-case A-labels and dots, no trailing dot, within RFC 1035 section 2.3.4. */
static bool labels_valid(const char *text)
{
    size_t label = 0, length = strlen(text);

    if (length == 0 || length > NAME_MAX_TEXT)
        return false;
    for (size_t i = 0; i <= length; i++) {
        if (text[i] != '.' && text[i] != '\0') {
            if (!is_name_character(text[i]) || ++label > LABEL_MAX)
                return false;
            continue;
        }
        if (label == 0)
            return false;
        label = 0;
    }
    return true;
}

static void lower_ascii(char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text += 'a' - 'A';
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

const char *name_parse(struct arena *arena, const char *input)
{
    size_t length = strlen(input);
    char *text;

    if (strcmp(input, ".") == 0)
        return arena_dup(arena, ".");
    if (length == 0 || length > LIMIT_NAME_TEXT)
        return NULL;
    if (is_ascii(input)) {
        text = arena_dup(arena, input);
    } else {
        uint8_t *encoded;

        if (idn2_lookup_u8((const uint8_t *)input, &encoded,
                           IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
            return NULL;
        text = arena_dup(arena, (const char *)encoded);
        idn2_free(encoded);
    }
    lower_ascii(text);
    length = strlen(text);
    if (length > 1 && text[length - 1] == '.')
        text[length - 1] = '\0';
    return labels_valid(text) ? arena_format(arena, "%s.", text) : NULL;
}

/* Presentation form (RFC 4343 section 2.1) in lower case; how many characters, up to 4. */
static size_t put_octet(char *text, uint8_t octet)
{
    bool printable = octet > ' ' && octet < 0x7f;
    char c = (char)octet;

    if (c >= 'A' && c <= 'Z')
        c += 'a' - 'A';
    if (is_name_character(c) || (printable && strchr(".\\\"();@$", c) == NULL)) {
        text[0] = c;
        return 1;
    }
    text[0] = '\\';
    if (printable) {
        text[1] = c;
        return 2;
    }
    text[1] = (char)('0' + octet / 100);
    text[2] = (char)('0' + octet / 10 % 10);
    text[3] = (char)('0' + octet % 10);
    return 4;
}

const char *name_from_wire(struct arena *arena, const uint8_t *wire, size_t length)
{
    char text[4 * LIMIT_NAME_WIRE];
    size_t at = 0, used = 0;

    if (length == 0 || length > LIMIT_NAME_WIRE)
        return NULL;
    while (at < length && wire[at] != 0 && wire[at] <= LABEL_MAX && at + wire[at] + 1 < length) {
        for (size_t end = at + wire[at] + 1; ++at < end;)
            used += put_octet(text + used, wire[at]);
        text[used++] = '.';
    }
    if (at == 0)
        text[used++] = '.';
    if (at != length - 1 || wire[at] != 0)
        return NULL;
    return arena_text(arena, text, used);
}

bool name_is_tld(const char *name)
{
    size_t length = strlen(name);

    return length > 1 && memchr(name, '.', length - 1) == NULL;
}

const char *name_tlsa_owner(struct arena *arena, const char *base, unsigned port)
{
    return arena_format(arena, "_%u._tcp.%s", port, strcmp(base, ".") == 0 ? "" : base);
}
