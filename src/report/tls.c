#include "report/tls.h"

static void add_label(struct buffer *out, const char *label)
{
    buffer_puts(out, "      ");
    buffer_puts(out, label);
    buffer_puts(out, " = ");
}

static void add_field(struct buffer *out, const char *label, struct bytes value)
{
    if (value.data == NULL)
        return;
    add_label(out, label);
    text_add_escaped(out, value);
    buffer_puts(out, "\n");
}

static void add_date(struct buffer *out, const char *label, const struct certificate *certificate,
                     int64_t moment)
{
    add_label(out, label);
    if (certificate->dates_valid)
        text_add_time(out, moment);
    else
        buffer_puts(out, "malformed");
    buffer_puts(out, "\n");
}

static void add_mark(struct buffer *out, const struct certificate *certificate, int digest,
                     unsigned usage)
{
    unsigned mtype = certificate_digest_mtype(digest);

    buffer_puts(out, "      ");
    buffer_puts(out, certificate_digest_label(digest));
    buffer_puts(out, certificate->marks[digest].matched ? " [matched] <- " : " [nomatch] <- ");
    text_add_number(out, usage);
    buffer_puts(out, " ");
    text_add_number(out, certificate_digest_selector(digest));
    buffer_puts(out, " ");
    text_add_number(out, mtype);
    buffer_puts(out, " ");
    if (mtype == 0)
        text_add_hex_ends(out, certificate->data[digest]);
    else
        text_add_hex(out, certificate->data[digest]);
    buffer_puts(out, "\n");
}

static void add_marks(struct buffer *out, const struct certificate *certificate, size_t depth)
{
    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
        if (certificate->marks[digest].shown)
            add_mark(out, certificate, digest, depth == 0 ? 3 : 2);
}

static void add_certificate(struct buffer *out, const struct certificate *certificate,
                            size_t depth)
{
    add_field(out, "Issuer CommonName", certificate->issuer_cn);
    add_field(out, "Issuer Organization", certificate->issuer_org);
    add_date(out, "notBefore", certificate, certificate->not_before);
    add_date(out, "notAfter", certificate, certificate->not_after);
    add_field(out, "Subject CommonName", certificate->subject_cn);
    add_field(out, "Subject Organization", certificate->subject_org);
    add_marks(out, certificate, depth);
}

static void add_names(struct buffer *out, const struct certificate *leaf)
{
    for (size_t i = 0; i < certificate_name_count(leaf); i++) {
        buffer_puts(out, "    name = ");
        text_add_escaped(out, certificate_name(leaf, i));
        buffer_puts(out, "\n");
    }
}

void tls_render(const struct address *address, bool strays, struct buffer *out)
{
    const struct chain *chain = &address->chain;

    buffer_printf(out, "    TLS = %s with %s", address->tls_version, address->cipher);
    if (address->group != NULL)
        buffer_printf(out, ",%s", address->group);
    if (chain->count > 0)
        buffer_printf(out, ",%s", chain->certificates[0].key);
    buffer_puts(out, "\n");
    if (chain->count > 0)
        add_names(out, &chain->certificates[0]);
    for (size_t i = 0; i < chain->count; i++) {
        if (i < chain->path_length)
            buffer_printf(out, "    depth = %zu\n", i);
        else if (strays)
            buffer_puts(out, "    belongs to no path\n");
        else
            break;
        add_certificate(out, &chain->certificates[i], i);
    }
}
