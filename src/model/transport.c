#include "model/transport.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"

const char *transport_name(enum transport transport)
{
    switch (transport) {
    case TRANSPORT_UNTRIED: return "untried";
    case TRANSPORT_RESERVED: return "reserved";
    case TRANSPORT_OK: return "ok";
    case TRANSPORT_REFUSED: return "refused";
    case TRANSPORT_CONNECT_TIMEOUT: return "connect-timeout";
    case TRANSPORT_CONNECT_FAILED: return "connect-failed";
    case TRANSPORT_NO_STARTTLS: return "no-starttls";
    case TRANSPORT_REPLY: return "reply";
    case TRANSPORT_TIMEOUT: return "timeout";
    case TRANSPORT_CLOSED: return "closed";
    case TRANSPORT_RESET: return "reset";
    case TRANSPORT_REPLY_TOO_LONG: return "reply-too-long";
    case TRANSPORT_MALFORMED: return "malformed-reply";
    case TRANSPORT_INJECTED: return "plaintext-injected";
    case TRANSPORT_HANDSHAKE_FAILED: return "handshake-failed";
    case TRANSPORT_TLS_TIMEOUT: return "tls-timeout";
    }
    return "?";
}

const char *verdict_name(enum verdict_code code)
{
    switch (code) {
    case VERDICT_UNTESTED: return "untested";
    case VERDICT_PASS: return "pass";
    case VERDICT_TLSA_MISMATCH: return "tlsa-mismatch";
    case VERDICT_TLSA_UNUSABLE: return "tlsa-unusable";
    case VERDICT_TLSA_ABSENT: return "tlsa-absent";
    case VERDICT_NAME_MISMATCH: return "name-mismatch";
    case VERDICT_CERT_EXPIRED: return "cert-expired";
    }
    return "?";
}

bool transport_is_busy(const struct transport_end *end)
{
    return end->transport == TRANSPORT_REPLY && (end->code == 421 || end->code == 450);
}

static bool is_of_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

static bool is_word_at(struct bytes text, size_t at, const char *word, size_t length)
{
    return strncasecmp((const char *)text.data + at, word, length) == 0 &&
           (at == 0 || !is_of_word(text.data[at - 1])) &&
           (at + length == text.length || !is_of_word(text.data[at + length]));
}

/* As a word by itself, in any case. Each domain of a host asks again: the text has a limit. */
static bool contains(struct bytes text, const char *word)
{
    size_t length = strlen(word);

    for (size_t at = 0; at + length <= text.length && at + length <= LIMIT_REPLY_MEANING; at++)
        if (is_word_at(text, at, word, length))
            return true;
    return false;
}

/* As servers put it: "Helo command rejected", "need fully-qualified hostname". */
static bool tells_of_name(struct bytes text)
{
    static const char *const words[] = {"EHLO", "HELO", "FQDN", "fully-qualified",
                                        "fully qualified"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (contains(text, words[i]))
            return true;
    return false;
}

bool transport_refuses_name(const struct transport_end *end)
{
    if (end->transport != TRANSPORT_REPLY ||
        (end->state != SMTP_EHLO && end->state != SMTP_EHLO_TLS))
        return false;
    switch (end->code) {
    case 501:
    case 504: return true;
    case 421:               /* about the moment, */
    case 500:               /* or about the command, whatever its name */
    case 502:
    case 503: return false;
    }
    return tells_of_name(end->text);
}

bool transport_hides_starttls(const struct transport_end *end)
{
    if (end->transport == TRANSPORT_NO_STARTTLS)
        return end->masked;
    return end->transport == TRANSPORT_REPLY && end->state == SMTP_STARTTLS &&
           contains(end->text, "XXXXXXXX");
}

static void add_reply(struct buffer *out, const struct transport_end *end)
{
    buffer_printf(out, "%s %u", smtp_state_name(end->state), end->code);
    if (end->text.length > 0) {
        buffer_puts(out, " ");
        text_add_escaped(out, end->text);
    }
}

void transport_add_end(struct buffer *out, const struct transport_end *end)
{
    const char *state = smtp_state_name(end->state);

    switch (end->transport) {
    case TRANSPORT_UNTRIED: buffer_puts(out, "not tried"); break;
    case TRANSPORT_RESERVED: buffer_puts(out, "address reserved"); break;
    case TRANSPORT_OK: buffer_puts(out, "reached"); break;
    case TRANSPORT_REFUSED: buffer_puts(out, "connection refused"); break;
    case TRANSPORT_CONNECT_TIMEOUT: buffer_puts(out, "connection timeout"); break;
    case TRANSPORT_CONNECT_FAILED:
        buffer_printf(out, "connection failed: %s", end->reason != NULL ? end->reason : "unknown");
        break;
    case TRANSPORT_NO_STARTTLS: buffer_puts(out, "STARTTLS not offered"); break;
    case TRANSPORT_REPLY: add_reply(out, end); break;
    case TRANSPORT_TIMEOUT: buffer_printf(out, "%s timeout", state); break;
    case TRANSPORT_CLOSED: buffer_printf(out, "%s connection closed", state); break;
    case TRANSPORT_RESET: buffer_printf(out, "%s connection reset", state); break;
    case TRANSPORT_REPLY_TOO_LONG: buffer_printf(out, "%s reply too long", state); break;
    case TRANSPORT_MALFORMED: buffer_printf(out, "%s malformed reply", state); break;
    case TRANSPORT_INJECTED: buffer_puts(out, "STARTTLS plaintext injected"); break;
    case TRANSPORT_HANDSHAKE_FAILED:
        buffer_printf(out, "TLS handshake failed: %s",
                      end->reason != NULL ? end->reason : "unknown");
        break;
    case TRANSPORT_TLS_TIMEOUT: buffer_puts(out, "TLS timeout"); break;
    }
}

void transport_add_verdict(struct buffer *out, const struct address *address,
                           const struct verdict *verdict)
{
    switch (verdict->code) {
    case VERDICT_UNTESTED: transport_add_end(out, &address->end); break;
    case VERDICT_PASS:
        buffer_printf(out, "pass: TLSA match: depth = %u", verdict->depth);
        if (verdict->name.data != NULL) {
            buffer_puts(out, ", name = ");
            text_add_escaped(out, verdict->name);
        }
        break;
    case VERDICT_TLSA_MISMATCH:
    case VERDICT_TLSA_UNUSABLE:
    case VERDICT_TLSA_ABSENT:
    case VERDICT_NAME_MISMATCH:
    case VERDICT_CERT_EXPIRED: buffer_puts(out, verdict_name(verdict->code)); break;
    }
}
