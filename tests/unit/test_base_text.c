#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *name;
    const char *input;
    size_t length;
    const char *wanted;
};

#define TEXT(literal) literal, sizeof literal - 1

static struct bytes bytes_of(const struct row *row)
{
    return (struct bytes){(const uint8_t *)row->input, row->length};
}

static void check(const char *name, struct buffer *buffer, const char *wanted)
{
    const char *got = buffer->length > 0 ? buffer->data : "";

    if (strcmp(got, wanted) != 0)
        fail_msg("%s: got \"%s\", not \"%s\"", name, got, wanted);
    buffer_fini(buffer);
}

/* UTF-8, RFC 3629 section 3. */
static size_t encode(uint32_t code, char *bytes)
{
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = size; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(leads[size] | code);
    return size;
}

static void test_escaped(void **state)
{
    static const struct row rows[] = {
        {"nothing", TEXT(""), ""},
        {"plain", TEXT("mx.example.org ESMTP"), "mx.example.org ESMTP"},
        {"a forged line", TEXT("CN\nforged. IN TLSA ? ; AD=1 NoError"),
         "CN\\x0aforged. IN TLSA ? ; AD=1 NoError"},
        {"escape", TEXT("\033[31m"), "\\x1b[31m"},
        {"NUL", TEXT("a\0b"), "a\\x00b"},
        {"DEL", TEXT("\177"), "\\x7f"},
        {"CR and tab", TEXT("\r\t"), "\\x0d\\x09"},
        {"UTF-8", TEXT("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80"),
         "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"C1", TEXT("\xc2\x9b"), "\\xc2\\x9b"},
        {"bidirectional override", TEXT("\xe2\x80\xae"), "\\xe2\\x80\\xae"},
        {"Arabic letter mark", TEXT("a\xd8\x9c" "b"), "a\\xd8\\x9cb"},
        {"line separator", TEXT("\xe2\x80\xa8"), "\\xe2\\x80\\xa8"},
        {"overlong", TEXT("\xc0\x8a"), "\\xc0\\x8a"},
        {"surrogate", TEXT("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
        {"above U+10FFFF", TEXT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"},
        {"truncated", TEXT("\xe2\x82"), "\\xe2\\x82"},
        {"stray continuation", TEXT("\x80" "a"), "\\x80" "a"},
        {"a counterfeit escape", TEXT("\\x0a"), "\\\\x0a"},
        {"a counterfeit of that", TEXT("\\\\x0a"), "\\\\\\\\x0a"},
        {"a backslash", TEXT("a\\b"), "a\\b"},
        {"a backslash before an escape", TEXT("\\\n"), "\\\\\\x0a"},
        {"a backslash at the end", TEXT("\\"), "\\"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer buffer;

        buffer_init(&buffer, 0);
        text_add_escaped(&buffer, bytes_of(&rows[i]));
        check(rows[i].name, &buffer, rows[i].wanted);
    }
}

/* Every code point there is: what shows nothing, or moves others, is escaped, and nothing else. */
static void test_invisible(void **state)
{
    static const struct {
        uint32_t first, last;
    } escaped[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
                   {0x180e, 0x180e}, {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},
                   {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
    size_t at = 0;

    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char bytes[4];
        size_t size = encode(code, bytes);
        struct buffer buffer;
        bool wanted;

        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        while (at < sizeof escaped / sizeof *escaped && code > escaped[at].last)
            at++;
        wanted = at < sizeof escaped / sizeof *escaped && code >= escaped[at].first;
        buffer_init(&buffer, 0);
        text_add_escaped(&buffer, (struct bytes){(const uint8_t *)bytes, size});
        if (buffer.length != (wanted ? 4 * size : size))
            fail_msg("U+%04X became %s", code, buffer.data);
        buffer_fini(&buffer);
    }
}

static void test_hex(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 0);
    text_add_hex(&buffer, (struct bytes){(const uint8_t *)"\x00\x9f\xff", 3});
    check("hex", &buffer, "009fff");
}

static void test_base64(void **state)
{
    /* RFC 4648 section 10 */
    static const struct row rows[] = {
        {"0", TEXT(""), ""},          {"1", TEXT("f"), "Zg=="},
        {"2", TEXT("fo"), "Zm8="},    {"3", TEXT("foo"), "Zm9v"},
        {"4", TEXT("foob"), "Zm9vYg=="}, {"last digits", TEXT("\xfb\xff"), "+/8="},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer buffer;

        buffer_init(&buffer, 0);
        text_add_base64(&buffer, bytes_of(&rows[i]));
        check(rows[i].name, &buffer, rows[i].wanted);
    }
}

static void test_time(void **state)
{
    static const struct {
        int64_t seconds;
        const char *wanted;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {1795523982, "2026-11-24T12:39:42Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {-631152000, "1950-01-01T00:00:00Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},
        {INT64_MIN, "0000-01-01T00:00:00Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer buffer;

        buffer_init(&buffer, 0);
        text_add_time(&buffer, rows[i].seconds);
        check(rows[i].wanted, &buffer, rows[i].wanted);
    }
}

static void test_number(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t wanted;
    } rows[] = {
        {"1", true, 1},        {"65535", true, 65535}, {"007", true, 7},   {"0", false, 0},
        {"65536", false, 0},   {"", false, 0},         {"-1", false, 0},   {"+1", false, 0},
        {" 1", false, 0},      {"1 ", false, 0},       {"1x", false, 0},   {"0x1", false, 0},
        {"99999999999999999999", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t number = 0;

        if (text_to_number(rows[i].text, 1, 65535, &number) != rows[i].good ||
            number != rows[i].wanted)
            fail_msg("\"%s\" became %llu", rows[i].text, (unsigned long long)number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escaped), cmocka_unit_test(test_invisible),
        cmocka_unit_test(test_hex),     cmocka_unit_test(test_base64),
        cmocka_unit_test(test_time),    cmocka_unit_test(test_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
