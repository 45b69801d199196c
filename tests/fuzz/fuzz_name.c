/* The input is a name: as a user writes it, and as the wire has it. */
#include "dns/name.h"

#include <string.h>

#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "grammar/forms.h"

static bool is_name(const char *text)
{
    return form_is((struct span){"name", 4}, (struct span){text, strlen(text)});
}

static void check_input(struct bytes input, struct arena *arena)
{
    char *text = arena_text(arena, (const char *)input.data, input.length);
    const char *name = name_parse(arena, text);

    if (name == NULL) {
        fuzz_print(&(struct domain){.input = text});
        return;
    }
    fuzz_require(is_name(name), "it is a name");
    fuzz_require(strlen(name) < LIMIT_NAME_WIRE, "it fits the wire");
    fuzz_require(strchr(name, '\\') == NULL, "a user's name has no odd octet");
    fuzz_require(strcmp(name, name_parse(arena, name)) == 0, "the name of a name is the same");
    fuzz_require(is_name(name_tlsa_owner(arena, name, 65535)) || strlen(name) > 240,
                 "it has a TLSA owner");
}

static uint8_t lower(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z' ? octet + 'a' - 'A' : octet;
}

/* The octet of presentation form at *text, which moves on. */
static uint8_t read_octet(const char **text)
{
    const char *at = *text;

    if (*at != '\\') {
        *text += 1;
        return (uint8_t)*at;
    }
    if (at[1] < '0' || at[1] > '9') {
        *text += 2;
        return (uint8_t)at[1];
    }
    *text += 4;
    return (uint8_t)((at[1] - '0') * 100 + (at[2] - '0') * 10 + at[3] - '0');
}

/* Each label of the text, read back, is the wire's. */
static void check_octets(const char *text, struct bytes wire)
{
    size_t length;

    while ((length = fuzz_byte(&wire)) > 0) {
        struct bytes label = fuzz_take(&wire, length);

        for (size_t i = 0; i < label.length; i++)
            fuzz_require(read_octet(&text) == lower(label.data[i]), "an octet reads back");
        fuzz_require(*text++ == '.', "a label ends in a dot");
    }
    fuzz_require(wire.length == 0, "the name ends where the wire ends");
    fuzz_require(*text == '\0' || strcmp(text, ".") == 0, "nothing is left of the text");
}

static void check_back(const char *name, struct bytes wire)
{
    uint8_t back[LIMIT_NAME_WIRE];
    const char *parent = name_parent(name);

    fuzz_require(name_to_wire(name, back) == wire.length, "it has its length back");
    for (size_t i = 0; i < wire.length; i++)
        fuzz_require(back[i] == lower(wire.data[i]), "the text is the wire's name");
    if (parent == NULL)
        fuzz_require(wire.length == 1, "only the root has no parent");
    else
        fuzz_require(name_to_wire(parent, back) == wire.length - wire.data[0] - 1,
                     "the parent is without the first label");
}

static void check_wire(struct bytes wire, struct arena *arena)
{
    const char *name = name_from_wire(arena, wire.data, wire.length);

    if (name == NULL)
        return;
    fuzz_require(is_name(name), "it is a name");
    fuzz_require(strlen(name) < LIMIT_NAME_TEXT, "its text is limited");
    check_octets(name, wire);
    check_back(name, wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct arena arena;

    arena_init(&arena);
    check_input(input, &arena);
    check_wire(input, &arena);
    arena_fini(&arena);
    return 0;
}
