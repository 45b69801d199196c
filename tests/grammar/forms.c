#include "grammar/forms.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

enum { LABEL_MAX = 63, NAME_MAX_WIRE = 255, ADDRESS_TEXT = 64 };

bool span_equal(struct span left, struct span right)
{
    return left.length == right.length && memcmp(left.text, right.text, left.length) == 0;
}

bool span_is(struct span span, const char *text)
{
    return span_equal(span, (struct span){text, strlen(text)});
}

unsigned long span_number(struct span digits)
{
    unsigned long number = 0;

    for (size_t i = 0; i < digits.length && i < 10; i++)
        number = number * 10 + (unsigned long)(digits.text[i] - '0');
    return number;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static unsigned hex_value(char c)
{
    return (unsigned)(is_digit(c) ? c - '0' : c - 'a' + 10);
}

/* Decimal without leading zeros. */
static bool is_number(struct span span, unsigned long minimum, unsigned long maximum)
{
    if (span.length == 0 || span.length > 10 || (span.length > 1 && span.text[0] == '0'))
        return false;
    for (size_t i = 0; i < span.length; i++)
        if (!is_digit(span.text[i]))
            return false;
    return span_number(span) >= minimum && span_number(span) <= maximum;
}

static bool is_bit(struct span span)
{
    return is_number(span, 0, 1);
}

static bool is_u8(struct span span)
{
    return is_number(span, 0, UINT8_MAX);
}

static bool is_u16(struct span span)
{
    return is_number(span, 0, UINT16_MAX);
}

static bool is_u32(struct span span)
{
    return is_number(span, 0, UINT32_MAX);
}

/* A reply that ends a session is none of success. */
static bool is_code(struct span span)
{
    return is_number(span, 300, 599);
}

static bool is_hex(struct span span)
{
    for (size_t i = 0; i < span.length; i++)
        if (!is_hex_digit(span.text[i]))
            return false;
    return span.length % 2 == 0;
}

static bool is_sha256(struct span span)
{
    return span.length == 64 && is_hex(span);
}

static bool is_sha512(struct span span)
{
    return span.length == 128 && is_hex(span);
}

/* Full data: up to 13 bytes whole, more by its first and last 6. */
static bool is_full(struct span span)
{
    const char *dots = memchr(span.text, '.', span.length);

    if (dots == NULL)
        return span.length > 0 && span.length <= 26 && is_hex(span);
    return span.length == 27 && dots == span.text + 12 && memcmp(dots, "...", 3) == 0 &&
           is_hex((struct span){span.text, 12}) && is_hex((struct span){dots + 3, 12});
}

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* RFC 4648 section 4, the bits beyond the last byte zero (section 3.5). */
static bool is_base64(struct span span)
{
    size_t digits = span.length;
    int unused;

    while (digits > 0 && span.length - digits < 2 && span.text[digits - 1] == '=')
        digits--;
    for (size_t i = 0; i < digits; i++)
        if (base64_value(span.text[i]) < 0)
            return false;
    if (span.length % 4 != 0)
        return false;
    unused = span.length - digits == 2 ? 15 : span.length - digits == 1 ? 3 : 0;
    return digits == 0 || (base64_value(span.text[digits - 1]) & unused) == 0;
}

static bool is_address(struct span span, int family)
{
    char text[ADDRESS_TEXT], again[ADDRESS_TEXT];
    uint8_t bytes[16];

    if (span.length >= sizeof text || memchr(span.text, '\0', span.length) != NULL)
        return false;
    memcpy(text, span.text, span.length);
    text[span.length] = '\0';
    return inet_pton(family, text, bytes) == 1 &&
           inet_ntop(family, bytes, again, sizeof again) != NULL && strcmp(text, again) == 0;
}

static bool is_ipv4(struct span span)
{
    return is_address(span, AF_INET);
}

static bool is_ipv6(struct span span)
{
    return is_address(span, AF_INET6);
}

static bool is_any_address(struct span span)
{
    return is_ipv4(span) || is_ipv6(span);
}

/*
 * The length of one octet of a label in presentation form (RFC 1035 section 5.1), in lower case:
 * \DDD where it is no printable one, \c where it would mean something; 0 where it is neither.
 */
static size_t octet_length(struct span span)
{
    static const char special[] = ".\\\"();@$";
    char c = span.text[0];

    if (c != '\\')
        return c > ' ' && c < 0x7f && !(c >= 'A' && c <= 'Z') && strchr(special, c) == NULL;
    if (span.length >= 2 && !is_digit(span.text[1]))
        return strchr(special, span.text[1]) != NULL ? 2 : 0;
    if (span.length < 4 || !is_digit(span.text[2]) || !is_digit(span.text[3]))
        return 0;
    unsigned long octet = span_number((struct span){span.text + 1, 3});

    return octet <= ' ' || (octet >= 0x7f && octet <= 0xff) ? 4 : 0;
}

static struct span rest_of(struct span span, size_t count)
{
    return (struct span){span.text + count, span.length - count};
}

/* The length of the label `span` begins with, and its octets; 0 where it is none. */
static size_t label_length(struct span span, size_t *octets)
{
    size_t at = 0;

    *octets = 0;
    while (at < span.length && span.text[at] != '.') {
        size_t length = octet_length(rest_of(span, at));

        if (length == 0 || ++*octets > LABEL_MAX)
            return 0;
        at += length;
    }
    return at;
}

/* Labels, each with its dot: an absolute name that is not the root. */
static bool is_labels(struct span span, size_t wire)
{
    while (span.length > 0) {
        size_t octets, length = label_length(span, &octets);

        wire += octets + 1;
        if (length == 0 || length == span.length || wire > NAME_MAX_WIRE)
            return false;
        span = rest_of(span, length + 1);
    }
    return true;
}

static bool is_name(struct span span)
{
    return span_is(span, ".") || (span.length > 0 && is_labels(span, 1));
}

/* A name without its dot; the root has nothing else. */
static bool is_base(struct span span)
{
    char text[4 * NAME_MAX_WIRE + 1];

    if (span_is(span, ".") || span.length == 0)
        return span.length == 1;
    if (span.length >= sizeof text)
        return false;
    memcpy(text, span.text, span.length);
    text[span.length] = '.';
    return is_name((struct span){text, span.length + 1});
}

/* The first label, an @ for its dot, and the other labels; a name where there are no others. */
static bool is_mailbox(struct span span)
{
    size_t octets, length = 0;

    while (length < span.length && span.text[length] != '@')
        length += span.text[length] == '\\' ? 2 : 1;
    if (length >= span.length)
        return is_name(span) && (span.length == 1 || label_length(span, &octets) + 1 == span.length);
    return length > 0 && length + 1 < span.length &&
           label_length((struct span){span.text, length}, &octets) == length &&
           is_labels(rest_of(span, length + 1), octets + 2);
}

static bool is_one_of(struct span span, const char *const *words)
{
    for (; *words != NULL; words++)
        if (span_is(span, *words))
            return true;
    return false;
}

static bool is_type(struct span span)
{
    return is_one_of(span,
                     (const char *const[]){"A", "AAAA", "MX", "SOA", "DS", "DNSKEY", "TLSA", NULL});
}

/* An RCODE that is no answer, nor has a name of its own where it is a number. */
static bool is_failure(struct span span)
{
    static const char number[] = "RCODE";
    const size_t length = sizeof number - 1;

    if (span.length > length && memcmp(span.text, number, length) == 0)
        return is_number(rest_of(span, length), 6, 4095);
    return is_one_of(span, (const char *const[]){"ServFail", "FormErr", "NotImp", "Refused",
                                                 "timeout", "CnameErr", NULL});
}

/* States that wait for a reply. QUIT's changes nothing. */
static bool is_state(struct span span)
{
    return is_one_of(span, (const char *const[]){"GREETING", "EHLO", "STARTTLS", NULL});
}

static bool is_mark(struct span span)
{
    return span_is(span, "matched") || span_is(span, "nomatch");
}

static bool is_version(struct span span)
{
    return is_one_of(span, (const char *const[]){"TLS10", "TLS11", "TLS12", "TLS13", NULL});
}

/* A library's name of something. */
static bool is_word(struct span span)
{
    for (size_t i = 0; i < span.length; i++)
        if (!is_digit(span.text[i]) &&
            !((span.text[i] | ' ') >= 'a' && (span.text[i] | ' ') <= 'z') &&
            strchr("-_.", span.text[i]) == NULL)
            return false;
    return span.length > 0;
}

static bool is_milliseconds(struct span span)
{
    size_t blanks = 0;

    while (blanks < span.length && span.text[blanks] == ' ')
        blanks++;
    return (span.length == 6 || (span.length > 6 && blanks == 0)) && is_u32(rest_of(span, blanks));
}

static bool is_direction(struct span span)
{
    return is_one_of(span, (const char *const[]){"<", ">", "*", NULL});
}

/* 2026-11-24T10:00:00Z, a day of the calendar; or that the certificate's is none. */
static bool is_date(struct span span)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned long year, month, day;

    if (span_is(span, "malformed"))
        return true;
    if (span.length != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < span.length; i++)
        if (shape[i] == 'd' ? !is_digit(span.text[i]) : span.text[i] != shape[i])
            return false;
    year = span_number((struct span){span.text, 4});
    month = span_number((struct span){span.text + 5, 2});
    day = span_number((struct span){span.text + 8, 2});
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return day <= days[month - 1] + (month == 2 && leap) &&
           span_number((struct span){span.text + 11, 2}) < 24 &&
           span_number((struct span){span.text + 14, 2}) < 60 &&
           span_number((struct span){span.text + 17, 2}) < 60;
}

/* Whether \xHH stands for a byte that may not stand for itself. */
static bool is_escape(struct span span)
{
    if (span.length < 4 || !is_hex_digit(span.text[2]) || !is_hex_digit(span.text[3]))
        return false;
    unsigned byte = hex_value(span.text[2]) << 4 | hex_value(span.text[3]);

    return byte < ' ' || byte >= 0x7f;
}

/* A peer's text: a run of backslashes before an x is escaped itself but for a last, odd one. */
static bool is_text(struct span span)
{
    for (size_t at = 0, run = 0; at < span.length; at++) {
        run = span.text[at] == '\\' ? run + 1 : 0;
        if (run % 2 == 1 && at + 1 < span.length && span.text[at + 1] == 'x' &&
            !is_escape(rest_of(span, at)))
            return false;
    }
    return true;
}

static bool is_some_text(struct span span)
{
    return span.length > 0 && is_text(span);
}

/* The length of a UTF-8 sequence (RFC 3629) and its code point; 0 where it is none. */
static size_t sequence_length(struct span span, uint32_t *code)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least, most;
    } rows[] = {{0x80, 0, 0, 0x7f},
                {0xe0, 0xc0, 0x80, 0x7ff},
                {0xf0, 0xe0, 0x800, 0xffff},
                {0xf8, 0xf0, 0x10000, 0x10ffff}};
    const uint8_t *bytes = (const uint8_t *)span.text;
    size_t row = 0;

    while (row < 4 && (bytes[0] & rows[row].mask) != rows[row].lead)
        row++;
    if (row == 4 || row >= span.length)
        return 0;
    *code = bytes[0] & (uint8_t)~rows[row].mask;
    for (size_t i = 1; i <= row; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (bytes[i] & 0x3f);
    }
    return *code >= rows[row].least && *code <= rows[row].most && (*code < 0xd800 || *code > 0xdfff)
               ? row + 1
               : 0;
}

bool form_is_printable(struct span line)
{
    static const struct {
        uint32_t first, last;
    } forbidden[] = {{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
                     {0x180e, 0x180e}, {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},
                     {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
    uint32_t code;

    while (line.length > 0) {
        size_t length = sequence_length(line, &code);

        if (length == 0)
            return false;
        for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
            if (code >= forbidden[i].first && code <= forbidden[i].last)
                return false;
        line = rest_of(line, length);
    }
    return true;
}

static const struct form {
    const char *name;
    bool (*is)(struct span span);
} forms[] = {
    {"address", is_any_address},
    {"base", is_base},
    {"base64", is_base64},
    {"bit", is_bit},
    {"code", is_code},
    {"date", is_date},
    {"direction", is_direction},
    {"failure", is_failure},
    {"full", is_full},
    {"hex", is_hex},
    {"ipv4", is_ipv4},
    {"ipv6", is_ipv6},
    {"mailbox", is_mailbox},
    {"mark", is_mark},
    {"milliseconds", is_milliseconds},
    {"name", is_name},
    {"sha256", is_sha256},
    {"sha512", is_sha512},
    {"some text", is_some_text},
    {"state", is_state},
    {"text", is_text},
    {"type", is_type},
    {"u16", is_u16},
    {"u32", is_u32},
    {"u8", is_u8},
    {"version", is_version},
    {"word", is_word},
};

static const struct form *find_form(struct span name)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (span_is(name, forms[i].name))
            return &forms[i];
    return NULL;
}

bool form_exists(struct span name)
{
    return find_form(name) != NULL;
}

bool form_is(struct span name, struct span field)
{
    const struct form *form = find_form(name);

    return form != NULL && form->is(field);
}
