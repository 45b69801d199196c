#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * The length of the UTF-8 sequence at the start of `data`, 0 where it is not valid (RFC 3629:
 * no overlong forms, no surrogates, nothing above U+10FFFF).
 */
static size_t utf8_length(const uint8_t *data, size_t length, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = data[0] < 0x80 ? 1
                  : (data[0] & 0xe0) == 0xc0 ? 2
                  : (data[0] & 0xf0) == 0xe0 ? 3
                  : (data[0] & 0xf8) == 0xf0 ? 4 : 0;

    if (size == 0 || size > length)
        return 0;
    *code = size == 1 ? data[0] : data[0] & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((data[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (data[i] & 0x3f);
    }
    if (*code < least[size] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return size;
}

/*
 * Controls, the code points that move what stands beside them, and those that show nothing: with
 * them one name would look like another. U+200C and U+200D show nothing either, but some scripts
 * need them, in domain names too (RFC 5892 appendix A).
 */
static _Bool is_hostile(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},       /* C0 */
        {0x7f, 0x9f},       /* DEL, C1 */
        {0xad, 0xad},       /* soft hyphen */
        {0x61c, 0x61c},     /* Arabic letter mark */
        {0x180e, 0x180e},   /* Mongolian vowel separator */
        {0x200b, 0x200b},   /* zero-width space */
        {0x200e, 0x200f},   /* marks of direction */
        {0x2028, 0x202e},   /* separators of lines and paragraphs, embeddings, overrides */
        {0x2060, 0x206f},   /* word joiner, invisible operators, isolates, old format controls */
        {0xfeff, 0xfeff},   /* byte order mark */
        {0xfff9, 0xfffb},   /* interlinear annotation */
        {0xe0000, 0xe007f}, /* tags */
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code <= ranges[i].last)
            return code >= ranges[i].first;
    return 0;
}

/* Of what is shown as it is, whatever comes next. */
static size_t plain_length(const uint8_t *data, size_t length)
{
    size_t plain = 0;

    while (plain < length && data[plain] >= 0x20 && data[plain] < 0x7f && data[plain] != '\\')
        plain++;
    return plain;
}

static _Bool shown_as_it_is(struct bytes text, size_t at, size_t *size)
{
    uint32_t code = 0;

    *size = utf8_length(text.data + at, text.length - at, &code);
    return *size > 0 && !is_hostile(code);
}

/*
 * A run of backslashes is doubled before what looks like an escape, and before an escape: so the
 * reader can tell the two by whether the run is even.
 */
static size_t add_backslashes(struct buffer *buffer, struct bytes text, size_t at)
{
    size_t end = at, size;

    while (end < text.length && text.data[end] == '\\')
        end++;
    buffer_add(buffer, text.data + at, end - at);
    if (end < text.length && (text.data[end] == 'x' || !shown_as_it_is(text, end, &size)))
        buffer_add(buffer, text.data + at, end - at);
    return end;
}

void text_add_escaped(struct buffer *buffer, struct bytes text)
{
    size_t at = 0;

    while (at < text.length) {
        size_t plain = plain_length(text.data + at, text.length - at);
        size_t size;

        buffer_add(buffer, text.data + at, plain);
        at += plain;
        if (at == text.length)
            break;
        if (text.data[at] == '\\') {
            at = add_backslashes(buffer, text, at);
        } else if (shown_as_it_is(text, at, &size)) {
            buffer_add(buffer, text.data + at, size);
            at += size;
        } else {
            for (size_t end = at + (size > 0 ? size : 1); at < end; at++)
                buffer_printf(buffer, "\\x%02x", text.data[at]);
        }
    }
}

void text_add_hex(struct buffer *buffer, struct bytes data)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t at = 0; at < data.length;) {
        char text[128];
        size_t used = 0;

        for (; used < sizeof text && at < data.length; at++) {
            text[used++] = digits[data.data[at] >> 4];
            text[used++] = digits[data.data[at] & 15];
        }
        buffer_add(buffer, text, used);
    }
}

void text_add_hex_ends(struct buffer *buffer, struct bytes data)
{
    enum { SHOWN_WHOLE = 13, END = 6 };

    if (data.length <= SHOWN_WHOLE) {
        text_add_hex(buffer, data);
        return;
    }
    text_add_hex(buffer, (struct bytes){data.data, END});
    buffer_puts(buffer, "...");
    text_add_hex(buffer, (struct bytes){data.data + data.length - END, END});
}

void text_add_base64(struct buffer *buffer, struct bytes data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t at = 0; at < data.length;) {
        char text[128];
        size_t used = 0;

        for (; used < sizeof text && at < data.length; at += 3) {
            size_t rest = data.length - at;
            uint32_t group = (uint32_t)data.data[at] << 16;

            if (rest > 1)
                group |= (uint32_t)data.data[at + 1] << 8;
            if (rest > 2)
                group |= data.data[at + 2];
            text[used++] = digits[group >> 18];
            text[used++] = digits[group >> 12 & 63];
            text[used++] = (char)(rest > 1 ? digits[group >> 6 & 63] : '=');
            text[used++] = (char)(rest > 2 ? digits[group & 63] : '=');
        }
        buffer_add(buffer, text, used);
    }
}

void text_add_number(struct buffer *buffer, uint32_t number)
{
    char text[sizeof "4294967295"];
    size_t at = sizeof text;

    do
        text[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    buffer_add(buffer, text + at, sizeof text - at);
}

static void put_digits(char *text, int value, size_t digits)
{
    for (size_t i = digits; i-- > 0; value /= 10)
        text[i] = (char)('0' + value % 10);
}

void text_add_time(struct buffer *buffer, int64_t seconds)
{
    const int64_t first = -62167219200, last = 253402300799;
    time_t moment = (time_t)(seconds < first ? first : seconds > last ? last : seconds);
    char text[] = "0000-00-00T00:00:00Z";
    struct tm utc;

    gmtime_r(&moment, &utc);
    put_digits(text, utc.tm_year + 1900, 4);
    put_digits(text + 5, utc.tm_mon + 1, 2);
    put_digits(text + 8, utc.tm_mday, 2);
    put_digits(text + 11, utc.tm_hour, 2);
    put_digits(text + 14, utc.tm_min, 2);
    put_digits(text + 17, utc.tm_sec, 2);
    buffer_puts(buffer, text);
}

_Bool text_to_number(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *number)
{
    unsigned long long value;
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return 0;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < minimum || value > maximum)
        return 0;
    *number = value;
    return 1;
}

uint32_t text_hash(struct bytes data)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < data.length; i++)
        hash = (hash ^ data.data[i]) * 16777619u;
    return hash;
}
