#include "session/reply.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"

enum { STARTTLS_LENGTH = 8 };

void reply_init(struct reply *reply, size_t line_limit)
{
    memset(reply, 0, sizeof *reply);
    reply->line_limit = line_limit;
    buffer_init(&reply->line, line_limit);
    buffer_init(&reply->text, 0); /* LIMIT_SESSION_BYTES is the session's to keep */
}

void reply_fini(struct reply *reply)
{
    buffer_fini(&reply->line);
    buffer_fini(&reply->text);
}

void reply_reset(struct reply *reply)
{
    buffer_clear(&reply->line);
    buffer_clear(&reply->text);
    reply->lines = 0;
    reply->code = 0;
    reply->named = reply->starttls = reply->masked = false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Three digits of 200-599, then the end, a blank or a hyphen; 0 where it is none of that. */
static unsigned line_code(const char *line, size_t length)
{
    if (length < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]))
        return 0;
    if (length > 3 && line[3] != ' ' && line[3] != '-')
        return 0;
    return (unsigned)(line[0] - '0') * 100 + (unsigned)(line[1] - '0') * 10 +
           (unsigned)(line[2] - '0');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* How much of a line's text is its keyword. */
static size_t keyword_length(const char *text, size_t length)
{
    size_t end = 0;

    while (end < length && !is_blank(text[end]))
        end++;
    return end;
}

static bool says_something(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length && is_blank(text[at]))
        at++;
    return at < length;
}

/*
 * SMTP inspection, as in Cisco's firewalls, writes X over keywords that it does not let through,
 * and a letter at the end to tell them apart: XXXXXXXA. STARTTLS is one of them.
 */
static bool is_masked_keyword(const char *text, size_t length)
{
    return length == STARTTLS_LENGTH && memcmp(text, "XXXXXXX", length - 1) == 0 &&
           text[length - 1] >= 'A' && text[length - 1] <= 'Z';
}

/* It also writes asterisks over a greeting, all but its blanks and the digits of "220". */
static bool is_masked_greeting(const char *text, size_t length)
{
    enum { LEAST = 8 };
    size_t stars = 0;

    for (size_t i = 0; i < length; i++) {
        if (memchr("* 02", text[i], 4) == NULL)
            return false;
        stars += text[i] == '*';
    }
    return stars >= LEAST;
}

/*
 * RFC 5321 section 4.1.1.1: the first line of EHLO's reply is the server's name and a greeting,
 * whatever they are. Postfix takes the first line that says something for it.
 */
static void take_text(struct reply *reply, const char *text, size_t length)
{
    size_t keyword = keyword_length(text, length);

    if (reply->text.length > 0)
        buffer_puts(&reply->text, " ");
    buffer_add(&reply->text, text, length);
    if (!reply->named) {
        reply->masked |= is_masked_greeting(text, length);
        reply->named = says_something(text, length);
    } else {
        reply->starttls |=
            keyword == STARTTLS_LENGTH && strncasecmp(text, "STARTTLS", keyword) == 0;
        reply->masked |= is_masked_keyword(text, keyword);
    }
}

static enum reply_status too_long(struct reply *reply, enum excess excess)
{
    reply->excess = excess;
    return REPLY_TOO_LONG;
}

static enum reply_status end_line(struct reply *reply)
{
    const char *line = reply->line.data;
    size_t length = reply->line.length;
    unsigned code = line_code(line, length);
    bool last = length < 4 || line[3] != '-';

    if (code == 0 || (reply->lines > 0 && code != reply->code))
        return REPLY_BAD;
    reply->code = code;
    if (length > 4)
        take_text(reply, line + 4, length - 4);
    if (++reply->lines > LIMIT_REPLY_LINES)
        return too_long(reply, EXCESS_REPLY_LINES);
    buffer_clear(&reply->line);
    return last ? REPLY_DONE : REPLY_MORE;
}

/* All of them, as Postfix does: CR CR LF ends a line too. */
static void drop_carriage_returns(struct buffer *line)
{
    while (line->length > 0 && line->data[line->length - 1] == '\r')
        line->length--;
}

enum reply_status reply_feed(struct reply *reply, const char *data, size_t length, size_t *taken,
                             reply_line *on_line, void *argument)
{
    enum reply_status status = REPLY_MORE;

    *taken = 0;
    while (*taken < length && status == REPLY_MORE) {
        const char *start = data + *taken;
        const char *end = memchr(start, '\n', length - *taken);
        size_t count = end != NULL ? (size_t)(end - start) : length - *taken;

        *taken += count + (end != NULL);
        buffer_add(&reply->line, start, count);
        if (reply->line.overflow || reply->line.length >= reply->line_limit)
            return too_long(reply, EXCESS_REPLY_LINE);
        if (end == NULL)
            return REPLY_MORE;
        drop_carriage_returns(&reply->line);
        if (on_line != NULL)
            on_line(argument, reply->line.data, reply->line.length);
        status = end_line(reply);
    }
    return status;
}
