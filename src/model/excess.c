#include "model/excess.h"

#include "base/limits.h"

struct row {
    unsigned limit; /* 0: the text is whole */
    const char *text;
};

static const struct row rows[] = {
    [EXCESS_NONE] = {0, ""},
    [EXCESS_ALIASES] = {LIMIT_ALIASES, "aliases in a chain"},
    [EXCESS_RECORDS] = {LIMIT_RECORDS, "records in an answer"},
    [EXCESS_MX_HOSTS] = {LIMIT_HOSTS, "MX hosts: the others are not checked"},
    [EXCESS_ADDRESSES] = {LIMIT_ADDRESSES, "addresses: the others are not probed"},
    [EXCESS_DOMAIN_ADDRESSES] = {0, "more addresses than are probed for one domain: the others are "
                                    "not probed"},
    [EXCESS_REPLY_LINE] = {0, "a line longer than -l allows"},
    [EXCESS_REPLY_LINES] = {LIMIT_REPLY_LINES, "lines in a reply"},
    [EXCESS_SESSION_BYTES] = {LIMIT_SESSION_BYTES, "bytes of replies in a session"},
    [EXCESS_SESSION_TIME] = {LIMIT_SESSION_FACTOR, "times -s for a session"},
    [EXCESS_TLS_BYTES] = {LIMIT_TLS_BYTES, "bytes of TLS in a session"},
    [EXCESS_CHAIN_BYTES] = {LIMIT_CHAIN_BYTES, "bytes of certificates"},
    [EXCESS_CERTIFICATES] = {LIMIT_CERTIFICATES, "certificates"},
    [EXCESS_CERT_NAMES] = {LIMIT_CERT_NAMES, "names in a certificate"},
    [EXCESS_ISSUERS] = {LIMIT_CHAIN_DEPTH, "issuers above the leaf"},
    [EXCESS_ANCHOR_KEYS] = {LIMIT_ANCHOR_KEYS, "keys of trust anchors in TLSA records (2 1 0)"},
    [EXCESS_SIGNATURES] = {LIMIT_SIGNATURES, "signatures to find the order of the certificates"},
};

void excess_add_text(struct buffer *buffer, enum excess excess)
{
    if (rows[excess].limit > 0)
        buffer_printf(buffer, "more than %u ", rows[excess].limit);
    buffer_puts(buffer, rows[excess].text);
}
