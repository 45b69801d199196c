#include "dns/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L61 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_parse(void **state)
{
    static const struct {
        const char *name, *input, *wanted; /* NULL: refused */
    } rows[] = {
        {"root", ".", "."},
        {"plain", "example.org", "example.org."},
        {"absolute", "example.org.", "example.org."},
        {"upper case", "EXAMPLE.Org", "example.org."},
        {"TLD", "org", "org."},
        {"underscore", "_25._tcp.example.org", "_25._tcp.example.org."},
        {"A-label", "XN--STRAE-OQA.example", "xn--strae-oqa.example."},
        {"U-label, IDNA2008", "stra\xc3\x9f" "e.example", "xn--strae-oqa.example."},
        {"U-label, upper case", "B\xc3\x9c" "CHER.example", "xn--bcher-kva.example."},
        {"label of 63", L63 ".org", L63 ".org."},
        {"name of 253", L63 "." L63 "." L63 "." L61, L63 "." L63 "." L63 "." L61 "."},
        {"empty", "", NULL},
        {"two dots", "..", NULL},
        {"empty label", "a..b", NULL},
        {"leading dot", ".org", NULL},
        {"label of 64", L63 "a.org", NULL},
        {"name of 254", L63 "." L63 "." L63 "." L61 "a", NULL},
        {"blank", "a b.org", NULL},
        {"newline", "a\nb.org", NULL},
        {"at sign", "user@example.org", NULL},
        {"escape", "a\\046b.org", NULL},
        {"invalid UTF-8", "\xff.org", NULL},
        {"disallowed U-label", "\xe2\x80\xae.org", NULL},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = name_parse(&arena, rows[i].input);

        if ((got == NULL) != (rows[i].wanted == NULL) ||
            (got != NULL && strcmp(got, rows[i].wanted) != 0))
            fail_msg("%s: got %s", rows[i].name, got != NULL ? got : "nothing");
    }
    arena_fini(&arena);
}

#define WIRE(literal) (const uint8_t *)literal, sizeof literal - 1

static void test_wire(void **state)
{
    static const struct {
        const char *name;
        const uint8_t *wire;
        size_t length;
        const char *wanted;
    } rows[] = {
        {"root", WIRE("\0"), "."},
        {"plain", WIRE("\2Mx\3ORG\0"), "mx.org."},
        {"a newline", WIRE("\3a\nb\0"), "a\\010b."},
        {"NUL and above ASCII", WIRE("\2\0\xff\0"), "\\000\\255."},
        {"a blank", WIRE("\3a b\0"), "a\\032b."},
        {"a wildcard, a slash", WIRE("\4*+/!\0"), "*+/!."},
        {"what RFC 1035 gives a meaning", WIRE("\7\";()@$A\0"), "\\\"\\;\\(\\)\\@\\$a."},
        {"a dot in a label", WIRE("\3a.b\0"), "a\\.b."},
        {"a backslash", WIRE("\1\\\0"), "\\\\."},
        {"no end", WIRE("\2mx"), NULL},
        {"label beyond the end", WIRE("\5mx\0"), NULL},
        {"compression", WIRE("\xc0\x0c"), NULL},
        {"bytes after the root", WIRE("\2mx\0x"), NULL},
        {"nothing", WIRE(""), NULL},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = name_from_wire(&arena, rows[i].wire, rows[i].length);

        if ((got == NULL) != (rows[i].wanted == NULL) ||
            (got != NULL && strcmp(got, rows[i].wanted) != 0))
            fail_msg("%s: got %s", rows[i].name, got != NULL ? got : "nothing");
    }
    arena_fini(&arena);
}

/* RFC 1035 section 2.3.4: 255 octets are the most. */
static void test_wire_limit(void **state)
{
    uint8_t wire[258];
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof wire; i++)
        wire[i] = i % 2 == 0; /* labels of one NUL each */
    wire[254] = 0;
    assert_non_null(name_from_wire(&arena, wire, 255));
    wire[254] = 1;
    wire[256] = 0;
    assert_null(name_from_wire(&arena, wire, 257));
    for (size_t length = 0; length < 255; length++)
        assert_null(name_from_wire(&arena, wire, length));
    arena_fini(&arena);
}

/* Back to the wire, in lower case; a name's parents as far as the root. */
static void test_back(void **state)
{
    static const struct {
        const char *name;
        const uint8_t *wire;
        size_t length;
        const char *parent;
    } rows[] = {
        {".", WIRE("\0"), NULL},
        {"org.", WIRE("\3org\0"), "."},
        {"mx.org.", WIRE("\2mx\3org\0"), "org."},
        {"a\\010b.", WIRE("\3a\nb\0"), "."},
        {"\\000\\255.x.", WIRE("\2\0\xff\1x\0"), "x."},
        {"a\\.b.c.", WIRE("\3a.b\1c\0"), "c."},
        {"\\\\.c.", WIRE("\1\\\1c\0"), "c."},
        {"", WIRE(""), NULL},
        {"x", WIRE(""), NULL},
        {".x.", WIRE(""), NULL},
        {"\\", WIRE(""), NULL},
        {"\\25", WIRE(""), NULL},
        {"\\256.", WIRE(""), NULL},
        {"\\2x5.", WIRE(""), NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t wire[LIMIT_NAME_WIRE];
        size_t length = name_to_wire(rows[i].name, wire);
        const char *parent = name_parent(rows[i].name);

        if (length != rows[i].length || memcmp(wire, rows[i].wire, length) != 0)
            fail_msg("%s: %zu octets", rows[i].name, length);
        if (strcmp(parent != NULL ? parent : "", rows[i].parent != NULL ? rows[i].parent : "") != 0)
            fail_msg("%s: below %s", rows[i].name, parent != NULL ? parent : "nothing");
    }
}

/* What is longer than a name or a label may be is none; what fits comes back. */
static void test_back_limit(void **state)
{
    char text[600] = "";
    uint8_t wire[LIMIT_NAME_WIRE];

    (void)state;
    for (size_t i = 0; i < 127; i++)
        memcpy(text + 2 * i, "a.", 3);
    assert_int_equal(name_to_wire(text, wire), 255);
    memcpy(text + 254, "a.", 3);
    assert_int_equal(name_to_wire(text, wire), 0);
    memset(text, 'a', 63);
    memcpy(text + 63, ".", 2);
    assert_int_equal(name_to_wire(text, wire), 65);
    memcpy(text + 63, "a.", 3);
    assert_int_equal(name_to_wire(text, wire), 0);
    assert_null(name_parent(text));
}

static void test_tld(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_true(name_is_tld("org."));
    assert_false(name_is_tld("."));
    assert_false(name_is_tld("example.org."));
    assert_string_equal(name_tlsa_owner(&arena, "mx.org.", 2525), "_2525._tcp.mx.org.");
    assert_string_equal(name_tlsa_owner(&arena, ".", 25), "_25._tcp.");
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_wire),
        cmocka_unit_test(test_wire_limit),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_back_limit),
        cmocka_unit_test(test_tld),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
