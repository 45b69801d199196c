#include "dns/name.h"

#include <ctype.h>
#include <string.h>

#include <idn2.h>

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

/* An octet in presentation form, RFC 1035 section 5.1; how many characters it has, 0: none. */
static size_t take_octet(const char *text, uint8_t *octet)
{
    unsigned number = 0;

    *octet = (uint8_t)text[0];
    if (text[0] != '\\')
        return text[0] != '\0';
    *octet = (uint8_t)text[1];
    if (!isdigit(*octet))
        return *octet != '\0' ? 2 : 0;
    for (size_t i = 1; i <= 3; i++) {
        if (!isdigit((unsigned char)text[i]))
            return 0;
        number = 10 * number + (unsigned)(text[i] - '0');
    }
    *octet = (uint8_t)number;
    return number <= UINT8_MAX ? 4 : 0;
}

/* A label and its dot, from *name on: octets put to `label`, 0: it is none. */
static size_t take_label(const char **name, uint8_t label[LABEL_MAX])
{
    size_t length = 0;

    while (**name != '.') {
        uint8_t octet;
        size_t taken = take_octet(*name, &octet);

        if (taken == 0 || length == LABEL_MAX)
            return 0;
        label[length++] = octet;
        *name += taken;
    }
    ++*name;
    return length;
}

size_t name_to_wire(const char *name, uint8_t wire[LIMIT_NAME_WIRE])
{
    size_t used = 0;
    uint8_t label[LABEL_MAX];

    if (*name == '\0')
        return 0;
    if (strcmp(name, ".") == 0)
        name++;
    while (*name != '\0') {
        size_t length = take_label(&name, label);

        if (length == 0 || used + 1 + length >= LIMIT_NAME_WIRE)
            return 0;
        wire[used++] = (uint8_t)length;
        memcpy(wire + used, label, length);
        used += length;
    }
    wire[used++] = 0;
    return used;
}

const char *name_parent(const char *name)
{
    uint8_t label[LABEL_MAX];

    if (take_label(&name, label) == 0)
        return NULL;
    return *name == '\0' ? "." : name;
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
