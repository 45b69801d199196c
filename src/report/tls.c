#include "tls.h"

static void add_label(struct lines *lines, const char *label)
{
    buffer_puts(&lines->text, "      ");
    buffer_puts(&lines->text, label);
    buffer_puts(&lines->text, " = ");
}

static void add_field(struct lines *lines, const char *label, struct bytes value)
{
    if (value.data == NULL)
        return;
    add_label(lines, label);
    text_add_escaped(&lines->text, value);
    lines_end(lines, LINE_FIELD, TONE_PLAIN);
}

static void add_date(struct lines *lines, const char *label, const struct certificate *certificate,
                     int64_t moment)
{
    add_label(lines, label);
    if (certificate->dates_valid)
        text_add_time(&lines->text, moment);
    else
        buffer_puts(&lines->text, "malformed");
    lines_end(lines, LINE_FIELD, TONE_PLAIN);
}

static void add_mark(struct lines *lines, const struct certificate *certificate, int digest,
                     unsigned usage)
{
    unsigned mtype = certificate_digest_mtype(digest);
    bool matched = certificate->marks[digest].matched;
    struct buffer *text = &lines->text;

    buffer_puts(text, "      ");
    buffer_puts(text, certificate_digest_label(digest));
    buffer_puts(text, matched ? " [matched] <- " : " [nomatch] <- ");
    text_add_number(text, usage);
    buffer_puts(text, " ");
    text_add_number(text, certificate_digest_selector(digest));
    buffer_puts(text, " ");
    text_add_number(text, mtype);
    buffer_puts(text, " ");
    if (mtype == 0)
        text_add_hex_ends(text, certificate->data[digest]);
    else
        text_add_hex(text, certificate->data[digest]);
    lines_end(lines, LINE_MARK, matched ? TONE_GOOD : TONE_PLAIN);
}

static void add_marks(struct lines *lines, const struct certificate *certificate, size_t depth)
{
    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
        if (certificate->marks[digest].shown)
            add_mark(lines, certificate, digest, depth == 0 ? 3 : 2);
}

static void add_certificate(struct lines *lines, const struct certificate *certificate,
                            size_t depth)
{
    add_field(lines, "Issuer CommonName", certificate->issuer_cn);
    add_field(lines, "Issuer Organization", certificate->issuer_org);
    add_date(lines, "notBefore", certificate, certificate->not_before);
    add_date(lines, "notAfter", certificate, certificate->not_after);
    add_field(lines, "Subject CommonName", certificate->subject_cn);
    add_field(lines, "Subject Organization", certificate->subject_org);
    add_marks(lines, certificate, depth);
}

static void add_names(struct lines *lines, const struct certificate *leaf)
{
    for (size_t i = 0; i < certificate_name_count(leaf); i++) {
        buffer_puts(&lines->text, "    name = ");
        text_add_escaped(&lines->text, certificate_name(leaf, i));
        lines_end(lines, LINE_NAME, TONE_PLAIN);
    }
}

static void add_parameters(struct lines *lines, const struct address *address)
{
    const struct chain *chain = &address->chain;

    buffer_printf(&lines->text, "    TLS = %s with %s", address->tls_version, address->cipher);
    if (address->group != NULL)
        buffer_printf(&lines->text, ",%s", address->group);
    if (chain->count > 0)
        buffer_printf(&lines->text, ",%s", chain->certificates[0].key);
    lines_end(lines, LINE_TLS, TONE_PLAIN);
}

void tls_lines(struct lines *lines, const struct address *address)
{
    const struct chain *chain = &address->chain;

    if (!address->handshaken)
        return;
    add_parameters(lines, address);
    if (chain->count > 0)
        add_names(lines, &chain->certificates[0]);
    for (size_t i = 0; i < chain->count && (i < chain->path_length || lines->verbose); i++) {
        if (i < chain->path_length)
            buffer_printf(&lines->text, "    depth = %zu", i);
        else
            buffer_puts(&lines->text, "    belongs to no path");
        lines_end(lines, LINE_DEPTH, TONE_PLAIN);
        add_certificate(lines, &chain->certificates[i], i);
    }
}
