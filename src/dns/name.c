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

static void add_octet(struct buffer *buffer, uint8_t octet)
{
    char c = (char)octet;

    if (c >= 'A' && c <= 'Z')
        c += 'a' - 'A';
    if (octet <= ' ' || octet >= 0x7f)
        buffer_printf(buffer, "\\%03u", octet);
    else if (strchr(".\\\"();@$", c) != NULL)
        buffer_printf(buffer, "\\%c", c);
    else
        buffer_add(buffer, &c, 1);
}

const char *name_from_wire(struct arena *arena, const uint8_t *wire, size_t length)
{
    struct buffer text;
    const char *name = NULL;
    size_t at = 0;

    if (length == 0 || length > LIMIT_NAME_WIRE)
        return NULL;
    buffer_init(&text, 0);
    while (at < length && wire[at] != 0 && wire[at] <= LABEL_MAX && at + wire[at] + 1 < length) {
        for (size_t end = at + wire[at] + 1; ++at < end;)
            add_octet(&text, wire[at]);
        buffer_puts(&text, ".");
    }
    if (at == 0)
        buffer_puts(&text, ".");
    if (at == length - 1 && wire[at] == 0)
        name = arena_text(arena, text.data, text.length);
    buffer_fini(&text);
    return name;
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
