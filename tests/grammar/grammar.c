#include "grammar/grammar.h"

#include <string.h>

#include "grammar/forms.h"

enum kind {
    KIND_BEGIN, /* before the first line */
    KIND_CHANGE,
    KIND_ALIAS,
    KIND_RECORD,
    KIND_DETAIL,
    KIND_PASS,
    KIND_HANDSHAKEN, /* a verdict after a handshake that does not pass */
    KIND_UNTESTED,
    KIND_AFTER, /* what went wrong after the handshake */
    KIND_DIALOGUE,
    KIND_REASON,
    KIND_TLS,
    KIND_NAME,
    KIND_DEPTH,
    KIND_STRAY,
    KIND_ISSUER_CN,
    KIND_ISSUER_ORG,
    KIND_NOT_BEFORE,
    KIND_NOT_AFTER,
    KIND_SUBJECT_CN,
    KIND_SUBJECT_ORG,
    KIND_MARK,
    KINDS
};

#define BIT(kind) (1u << KIND_##kind)
/* What may be the last line of an address, and of a domain. */
#define VERDICTS (BIT(PASS) | BIT(HANDSHAKEN) | BIT(UNTESTED))
#define ADDRESS_ENDS (VERDICTS | BIT(AFTER) | BIT(DIALOGUE) | BIT(REASON) | BIT(MARK))
#define ENDS (BIT(CHANGE) | BIT(RECORD) | BIT(DETAIL) | ADDRESS_ENDS)

/* What a line may follow. A detail may follow any line but those of a certificate. */
static const unsigned follows[KINDS] = {
    [KIND_CHANGE] = BIT(BEGIN) | ENDS,
    [KIND_ALIAS] = BIT(BEGIN) | BIT(ALIAS) | ENDS,
    [KIND_RECORD] = BIT(BEGIN) | BIT(ALIAS) | ENDS,
    [KIND_DETAIL] = ENDS,
    [KIND_PASS] = ENDS,
    [KIND_HANDSHAKEN] = ENDS,
    [KIND_UNTESTED] = ENDS,
    [KIND_AFTER] = BIT(PASS) | BIT(HANDSHAKEN) | BIT(DETAIL),
    [KIND_DIALOGUE] = VERDICTS | BIT(AFTER) | BIT(DIALOGUE) | BIT(DETAIL),
    [KIND_REASON] = VERDICTS | BIT(AFTER) | BIT(DIALOGUE) | BIT(DETAIL) | BIT(REASON),
    [KIND_TLS] =
        BIT(PASS) | BIT(HANDSHAKEN) | BIT(AFTER) | BIT(DIALOGUE) | BIT(DETAIL) | BIT(REASON),
    [KIND_NAME] = BIT(TLS) | BIT(NAME),
    [KIND_DEPTH] = BIT(TLS) | BIT(NAME) | BIT(MARK),
    [KIND_STRAY] = BIT(MARK),
    [KIND_ISSUER_CN] = BIT(DEPTH) | BIT(STRAY),
    [KIND_ISSUER_ORG] = BIT(DEPTH) | BIT(STRAY) | BIT(ISSUER_CN),
    [KIND_NOT_BEFORE] = BIT(DEPTH) | BIT(STRAY) | BIT(ISSUER_CN) | BIT(ISSUER_ORG),
    [KIND_NOT_AFTER] = BIT(NOT_BEFORE),
    [KIND_SUBJECT_CN] = BIT(NOT_AFTER),
    [KIND_SUBJECT_ORG] = BIT(NOT_AFTER) | BIT(SUBJECT_CN),
    [KIND_MARK] = BIT(NOT_AFTER) | BIT(SUBJECT_CN) | BIT(SUBJECT_ORG) | BIT(MARK),
};

#define SUBJECT "  {base}[{address}]: "
#define ANSWER " ; AD={bit} NoError"
/*
 * Every line. A field in braces is a form (forms.c), anything else stands for itself; of several
 * rows that fit a line the first counts. The order of the marks is that of their rows.
 */
static const struct row {
    enum kind kind;
    const char *pattern;
} rows[] = {
    {KIND_CHANGE, "; {text}: worse: was {some text}, is {some text}"},
    {KIND_CHANGE, "; {text}: better: was {some text}, is {some text}"},
    {KIND_CHANGE, "; {text}: other: was {some text}, is {some text}"},
    {KIND_CHANGE, "; {text}: new, is {some text}"},
    {KIND_CHANGE, "; {text}: gone: was {some text}"},

    {KIND_ALIAS, "{name} IN CNAME {name}" ANSWER},
    {KIND_RECORD, "{name} IN A {ipv4}" ANSWER},
    {KIND_RECORD, "{name} IN AAAA {ipv6}" ANSWER},
    {KIND_RECORD, "{name} IN MX {u16} {name}" ANSWER},
    {KIND_RECORD, "{name} IN SOA {name} {mailbox} {u32} {u32} {u32} {u32} {u32}" ANSWER},
    {KIND_RECORD, "{name} IN DS {u16} {u8} {u8} {hex}" ANSWER},
    {KIND_RECORD, "{name} IN DNSKEY {u16} {u8} {u8} {base64}" ANSWER},
    {KIND_RECORD, "{name} IN TLSA {u8} {u8} {u8} {hex}" ANSWER},
    {KIND_RECORD, "{name} IN {type} ? ; AD={bit} NODATA"},
    {KIND_RECORD, "{name} IN {type} ? ; AD={bit} NXDomain"},
    {KIND_RECORD, "{name} IN {type} ? ; AD=0 {failure}"},
    {KIND_RECORD, "{name} IN A ? ; AD=0 TldMXHost"},
    /* Before a long base domain the owner is longer than a name may be: it cannot be asked for. */
    {KIND_RECORD, "_{u16}._tcp.{name} IN TLSA ? ; AD=0 {failure}"},
    {KIND_RECORD, "_{u16}._tcp.{name} IN TLSA ? ; AD=0 NODATA"},
    {KIND_RECORD, "{text} IN MX ? ; AD=0 Invalid"},

    {KIND_DETAIL, "  ; {some text}"},

    {KIND_PASS, SUBJECT "pass: TLSA match: depth = {u8}"},
    {KIND_PASS, SUBJECT "pass: TLSA match: depth = {u8}, name = {text}"},
    {KIND_HANDSHAKEN, SUBJECT "tlsa-mismatch"},
    {KIND_HANDSHAKEN, SUBJECT "tlsa-unusable"},
    {KIND_HANDSHAKEN, SUBJECT "tlsa-absent"},
    {KIND_HANDSHAKEN, SUBJECT "name-mismatch"},
    {KIND_HANDSHAKEN, SUBJECT "cert-expired"},
    {KIND_UNTESTED, SUBJECT "address reserved"},
    {KIND_UNTESTED, SUBJECT "connection refused"},
    {KIND_UNTESTED, SUBJECT "connection timeout"},
    {KIND_UNTESTED, SUBJECT "connection failed: {some text}"},
    {KIND_UNTESTED, SUBJECT "STARTTLS not offered"},
    {KIND_UNTESTED, SUBJECT "STARTTLS plaintext injected"},
    {KIND_UNTESTED, SUBJECT "{state} {code}"},
    {KIND_UNTESTED, SUBJECT "{state} {code} {some text}"},
    {KIND_UNTESTED, SUBJECT "{state} timeout"},
    {KIND_UNTESTED, SUBJECT "{state} connection closed"},
    {KIND_UNTESTED, SUBJECT "{state} connection reset"},
    {KIND_UNTESTED, SUBJECT "{state} reply too long"},
    {KIND_UNTESTED, SUBJECT "{state} malformed reply"},
    {KIND_UNTESTED, SUBJECT "TLS handshake failed: {some text}"},
    {KIND_UNTESTED, SUBJECT "TLS timeout"},
    {KIND_AFTER, SUBJECT "EHLO-TLS {code}"},
    {KIND_AFTER, SUBJECT "EHLO-TLS {code} {some text}"},
    {KIND_AFTER, SUBJECT "EHLO-TLS timeout"},
    {KIND_AFTER, SUBJECT "EHLO-TLS connection closed"},
    {KIND_AFTER, SUBJECT "EHLO-TLS connection reset"},
    {KIND_AFTER, SUBJECT "EHLO-TLS reply too long"},
    {KIND_AFTER, SUBJECT "EHLO-TLS malformed reply"},

    {KIND_DIALOGUE, "    {milliseconds} ms {direction} {text}"},
    {KIND_REASON, "    reason: {some text}"},

    {KIND_TLS, "    TLS = {version} with {word},{word},{some text}"},
    {KIND_TLS, "    TLS = {version} with {word},{some text}"},
    {KIND_NAME, "    name = {text}"},
    {KIND_DEPTH, "    depth = {u8}"},
    {KIND_STRAY, "    belongs to no path"},
    {KIND_ISSUER_CN, "      Issuer CommonName = {text}"},
    {KIND_ISSUER_ORG, "      Issuer Organization = {text}"},
    {KIND_NOT_BEFORE, "      notBefore = {date}"},
    {KIND_NOT_AFTER, "      notAfter = {date}"},
    {KIND_SUBJECT_CN, "      Subject CommonName = {text}"},
    {KIND_SUBJECT_ORG, "      Subject Organization = {text}"},
    {KIND_MARK, "      cert sha256 [{mark}] <- {u8} 0 1 {sha256}"},
    {KIND_MARK, "      pkey sha256 [{mark}] <- {u8} 1 1 {sha256}"},
    {KIND_MARK, "      cert sha512 [{mark}] <- {u8} 0 2 {sha512}"},
    {KIND_MARK, "      pkey sha512 [{mark}] <- {u8} 1 2 {sha512}"},
    {KIND_MARK, "      full cert [{mark}] <- {u8} 0 0 {full}"},
    {KIND_MARK, "      full spki [{mark}] <- {u8} 1 0 {full}"},
};

enum { ROWS = sizeof rows / sizeof *rows, FIELDS_MAX = 10 };

struct reading { /* one line against one row */
    struct span fields[FIELDS_MAX];
    size_t count;
};

struct trace {
    enum kind previous;
    struct reading last;    /* the line before: an alias's target */
    bool host_named;        /* by an MX line of the block */
    enum kind address;      /* its verdict's; KIND_BEGIN: the lines are about no address */
    struct reading verdict; /* of the address */
    size_t verdict_line;
    const struct row *mark; /* of the certificate; NULL: none yet */
    unsigned depths;        /* shown so far */
    bool stray;             /* the certificate belongs to no path */
    bool key_shown;         /* its pkey sha256 */
    bool matched, named;    /* what the address passes by was seen */
};

static bool match(const char *pattern, struct span line, struct reading *reading);

/* A field ends where what follows it in the pattern begins: each such place is tried. */
static bool match_field(const char *pattern, struct span line, struct reading *reading)
{
    const char *close = strchr(pattern, '}');
    const struct span form = {pattern + 1, (size_t)(close - pattern - 1)};
    const size_t literal = strcspn(close + 1, "{");
    const size_t index = reading->count;

    for (size_t length = 0; length <= line.length; length++) {
        struct span field = {line.text, length};
        struct span rest = {line.text + length, line.length - length};

        if (rest.length < literal || memcmp(rest.text, close + 1, literal) != 0 ||
            (close[1] == '\0' && rest.length > 0) || !form_is(form, field))
            continue;
        reading->fields[index] = field;
        reading->count = index + 1;
        if (match(close + 1, rest, reading))
            return true;
    }
    return false;
}

static bool match(const char *pattern, struct span line, struct reading *reading)
{
    size_t literal = strcspn(pattern, "{");

    if (line.length < literal || memcmp(line.text, pattern, literal) != 0)
        return false;
    line = (struct span){line.text + literal, line.length - literal};
    if (pattern[literal] == '\0')
        return line.length == 0;
    return match_field(pattern + literal, line, reading);
}

static const struct row *find_row(struct span line, struct reading *reading)
{
    for (size_t i = 0; i < ROWS; i++) {
        *reading = (struct reading){.count = 0};
        if (match(rows[i].pattern, line, reading))
            return &rows[i];
    }
    return NULL;
}

static const char *check_alias(const struct trace *trace, const struct reading *reading)
{
    if (trace->previous == KIND_ALIAS && !span_equal(trace->last.fields[1], reading->fields[0]))
        return "its owner is not what the alias before it points to";
    return NULL;
}

static struct span type_of(const struct row *row, const struct reading *reading)
{
    const char *type = strstr(row->pattern, " IN ") + 4;

    return *type == '{' ? reading->fields[1] : (struct span){type, strcspn(type, " ")};
}

/* The answer to MX names the hosts, or says that the domain is its own; -q leaves that line too. */
static void note_record(struct trace *trace, const struct row *row, const struct reading *reading)
{
    const struct span type = type_of(row, reading);

    if (span_is(type, "MX"))
        trace->host_named = strstr(row->pattern, "Invalid") == NULL;
    else if (span_is(type, "DS") || span_is(type, "DNSKEY") || span_is(type, "SOA"))
        trace->host_named = false;
}

static const char *check_mark(struct trace *trace, const struct row *row,
                              const struct reading *reading)
{
    bool leaf = trace->depths == 1 && !trace->stray;
    bool decides = trace->address == KIND_PASS && !trace->stray &&
                   trace->depths == span_number(trace->verdict.fields[2]) + 1;

    if (trace->mark != NULL && row <= trace->mark)
        return "marks out of order";
    if (span_number(reading->fields[1]) != (leaf ? 3 : 2))
        return "3 is the usage at depth 0, 2 at others";
    trace->mark = row;
    trace->key_shown |= strstr(row->pattern, "pkey sha256") != NULL;
    trace->matched |= decides && span_is(reading->fields[0], "matched");
    return NULL;
}

static const char *begin_certificate(struct trace *trace, bool stray, const struct reading *reading)
{
    if (trace->mark != NULL && !trace->key_shown)
        return "the certificate before has no mark of its key";
    if (!stray && (trace->stray || span_number(reading->fields[0]) != trace->depths))
        return "not the next depth";
    trace->depths += !stray;
    trace->stray = stray;
    trace->mark = NULL;
    trace->key_shown = false;
    return NULL;
}

/*
 * What passes shows by what: the record at its depth, unless the anchor is only in DNS and so
 * stands above all that is shown (RFC 7671 sections 5.2.2, 5.2.3); and the name.
 */
static const char *end_address(struct trace *trace)
{
    bool pass = trace->address == KIND_PASS && trace->depths > 0;

    trace->address = KIND_BEGIN;
    if (trace->mark != NULL && !trace->key_shown)
        return "its last certificate has no mark of its key";
    trace->mark = NULL;
    if (pass && !trace->matched && span_number(trace->verdict.fields[2]) != trace->depths)
        return "it passes and nothing matches at its depth";
    if (pass && trace->verdict.count == 4 && !trace->named)
        return "it passes by a name that the certificate has not";
    return NULL;
}

static void begin_address(struct trace *trace, enum kind kind, const struct reading *verdict,
                          size_t line)
{
    trace->address = kind;
    trace->verdict = *verdict;
    trace->verdict_line = line;
    trace->depths = 0;
    trace->mark = NULL;
    trace->stray = trace->key_shown = trace->matched = trace->named = false;
}

static const char *check_after(const struct trace *trace, const struct reading *reading)
{
    if (trace->address == KIND_BEGIN || trace->address == KIND_UNTESTED || trace->depths > 0 ||
        !span_equal(trace->verdict.fields[0], reading->fields[0]) ||
        !span_equal(trace->verdict.fields[1], reading->fields[1]))
        return "it belongs to no address with a handshake";
    return NULL;
}

static const char *check_tls(const struct trace *trace)
{
    bool handshaken = trace->address == KIND_PASS || trace->address == KIND_HANDSHAKEN;

    return !handshaken || trace->depths > 0 ? "it belongs to no address with a handshake" : NULL;
}

/* What a line of its kind means to the lines around it. */
static const char *check_kind(struct trace *trace, const struct row *row,
                              const struct reading *reading, size_t line)
{
    switch (row->kind) {
    case KIND_CHANGE:
        trace->host_named = false;
        return NULL;
    case KIND_RECORD:
        note_record(trace, row, reading);
        return check_alias(trace, reading);
    case KIND_ALIAS:
        return check_alias(trace, reading);
    case KIND_PASS:
    case KIND_HANDSHAKEN:
    case KIND_UNTESTED:
        begin_address(trace, row->kind, reading, line);
        return trace->host_named ? NULL : "no line of the block says whose host it is";
    case KIND_AFTER:
        return check_after(trace, reading);
    case KIND_DIALOGUE:
    case KIND_REASON:
        return trace->address == KIND_BEGIN ? "it belongs to no address" : NULL;
    case KIND_TLS:
        return check_tls(trace);
    case KIND_NAME:
        trace->named |= trace->address == KIND_PASS && trace->verdict.count == 4 &&
                        span_equal(trace->verdict.fields[3], reading->fields[0]);
        return NULL;
    case KIND_DEPTH:
    case KIND_STRAY:
        return begin_certificate(trace, row->kind == KIND_STRAY, reading);
    case KIND_MARK:
        return check_mark(trace, row, reading);
    default:
        return NULL;
    }
}

static bool begins_another(enum kind kind)
{
    return (1u << kind & (VERDICTS | BIT(CHANGE) | BIT(ALIAS) | BIT(RECORD))) != 0;
}

static bool complain(struct grammar_complaint *complaint, size_t line, const char *what)
{
    *complaint = (struct grammar_complaint){line, what};
    return what == NULL;
}

static bool check_line(struct trace *trace, struct span line, size_t number,
                       struct grammar_complaint *complaint)
{
    struct reading reading;
    const struct row *row;
    const char *what;

    if (!form_is_printable(line))
        return complain(complaint, number, "a control byte, or no UTF-8");
    row = find_row(line, &reading);
    if (row == NULL)
        return complain(complaint, number, "no line of the trace");
    if ((follows[row->kind] & 1u << trace->previous) == 0)
        return complain(complaint, number, "it may not follow the line before");
    if (begins_another(row->kind) && (what = end_address(trace)) != NULL)
        return complain(complaint, trace->verdict_line, what);
    what = check_kind(trace, row, &reading, number);
    trace->previous = row->kind;
    trace->last = reading;
    return complain(complaint, number, what);
}

bool grammar_check(const char *text, size_t length, struct grammar_complaint *complaint)
{
    struct trace trace = {.previous = KIND_BEGIN};
    size_t number = 0;
    const char *what;

    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t count = end != NULL ? (size_t)(end - text) : length;

        number++;
        if (end == NULL)
            return complain(complaint, number, "a line without its end");
        if (!check_line(&trace, (struct span){text, count}, number, complaint))
            return false;
        text += count + 1;
        length -= count + 1;
    }
    if (number > 0 && (ENDS & 1u << trace.previous) == 0)
        return complain(complaint, number, "the last line of a trace that goes on");
    what = end_address(&trace);
    return complain(complaint, trace.verdict_line, what);
}

bool grammar_is_sound(void)
{
    for (size_t i = 0; i < ROWS; i++)
        for (const char *at = rows[i].pattern; (at = strchr(at, '{')) != NULL; at++) {
            const char *close = strchr(at, '}');

            if (close == NULL || !form_exists((struct span){at + 1, (size_t)(close - at - 1)}))
                return false;
        }
    return true;
}
