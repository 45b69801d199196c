/*
 * The input is a host: an octet of flags, its TLSA records, and the certificates its server
 * sends. A real handshake judges them. Certificates whose key is one of tls.h's can be signed
 * anew, so that a changed certificate still belongs to its issuer.
 */
#include <string.h>

#include <openssl/err.h>

#include "base/limits.h"
#include "dane/handshake.h"
#include "dane/tlsa.h"
#include "dane/verdict.h"
#include "fuzz/fuzz.h"
#include "fuzz/tls.h"

enum { CERTIFICATES_MAX = 6, RECORDS_MAX = 6 };
enum { EE_CHECKS = 1, OLD_TLS = 2, LATER = 4, OTHER_NAME = 8, INSECURE = 16 }; /* flags */
enum { RAW = 0x20, FLIPPED = 0x10 }; /* of a record's data; else that of a certificate */

struct host_input {
    uint8_t flags;
    X509 *sent[CERTIFICATES_MAX];
    size_t sent_count;
    struct record tlsa[RECORDS_MAX];
    size_t tlsa_count;
    struct arena arena;
};

static void read_certificates(struct host_input *host, struct bytes *input)
{
    size_t count = fuzz_byte(input) % CERTIFICATES_MAX;

    for (size_t i = 0; i < count; i++) {
        uint8_t signer = fuzz_byte(input) % (TLS_KEYS + 1);
        struct bytes der = fuzz_part(input);
        const unsigned char *at = der.data;
        X509 *x509 = d2i_X509(NULL, &at, (long)der.length);

        if (x509 == NULL)
            continue;
        if (signer > 0 && X509_sign(x509, tls_key(signer - 1u), NULL) <= 0) {
            X509_free(x509);
            continue;
        }
        host->sent[host->sent_count++] = x509;
    }
}

static struct bytes der_of(X509 *x509, uint8_t selector)
{
    unsigned char *der = NULL;
    int length =
        selector == 0 ? i2d_X509(x509, &der) : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);

    return (struct bytes){der, length > 0 ? (size_t)length : 0};
}

/* What a record must hold to match a certificate. */
static struct bytes data_of(struct arena *arena, X509 *x509, uint8_t selector, uint8_t mtype)
{
    struct bytes der = der_of(x509, selector), data = der;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (mtype > 0) {
        EVP_Digest(der.data, der.length, digest, &length, mtype == 1 ? EVP_sha256() : EVP_sha512(),
                   NULL);
        data = (struct bytes){digest, length};
    }
    data.data = arena_copy(arena, data.data, data.length);
    OPENSSL_free((void *)(uintptr_t)der.data);
    return data;
}

static void read_record(struct host_input *host, struct bytes *input)
{
    struct record *record = &host->tlsa[host->tlsa_count++];
    struct record_tlsa *tlsa = &record->data.tlsa;
    uint8_t source;

    record->type = RECORD_TLSA;
    tlsa->usage = fuzz_byte(input);
    tlsa->selector = fuzz_byte(input);
    tlsa->mtype = fuzz_byte(input);
    source = fuzz_byte(input);
    if (source & RAW || host->sent_count == 0) {
        tlsa->data = fuzz_part(input);
        return;
    }
    tlsa->data = data_of(&host->arena, host->sent[(source & 0xf) % host->sent_count],
                         tlsa->selector, tlsa->mtype);
    if (source & FLIPPED && tlsa->data.length > 0)
        ((uint8_t *)(uintptr_t)tlsa->data.data)[tlsa->data.length - 1] ^= 1;
}

static bool shake_hands(const struct host_input *host, const struct handshake_config *config,
                        struct arena *arena, struct address *address)
{
    SSL *server = tls_server(host->sent, host->sent_count,
                             host->flags & OLD_TLS ? TLS1_2_VERSION : TLS1_3_VERSION);
    struct failure failure;
    struct handshake *client;
    enum handshake_status status = HANDSHAKE_MORE;
    struct buffer to_client, to_server, plain;

    if (server == NULL)
        return false;
    client = handshake_new(tls_context(), config, &failure);
    fuzz_require(client != NULL, "a handshake begins");
    buffer_init(&to_client, 0);
    buffer_init(&to_server, 0);
    buffer_init(&plain, 0);
    for (int i = 0; i < 8 && status == HANDSHAKE_MORE; i++) {
        status = handshake_step(client, to_client.data, to_client.length, &to_server, &plain);
        buffer_clear(&to_client);
        tls_exchange(server, &to_server, &to_client);
    }
    handshake_result(client, arena, address);
    fuzz_require(address->handshaken == (status == HANDSHAKE_DONE), "a result is of a handshake");
    buffer_fini(&to_client);
    buffer_fini(&to_server);
    buffer_fini(&plain);
    handshake_free(client);
    tls_server_free(server);
    return status == HANDSHAKE_DONE;
}

static bool same_bytes(struct bytes left, struct bytes right)
{
    return left.length == right.length && memcmp(left.data, right.data, left.length) == 0;
}

/* What no record says is marked nowhere. */
static void check_marks(const struct host_input *host, const struct address *address)
{
    for (size_t i = 0; i < address->chain.count; i++)
        for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++) {
            const struct certificate *certificate = &address->chain.certificates[i];
            bool found = false;

            for (size_t j = 0; j < host->tlsa_count; j++) {
                const struct record_tlsa *tlsa = &host->tlsa[j].data.tlsa;

                found |= tlsa->usage == (i == 0 ? 3 : 2) &&
                         tlsa->selector == certificate_digest_selector(digest) &&
                         tlsa->mtype == certificate_digest_mtype(digest) &&
                         same_bytes(tlsa->data, certificate->data[digest]);
            }
            fuzz_require(certificate->marks[digest].matched == found, "a mark is a record");
        }
}

static bool has_matched_mark(const struct certificate *certificate)
{
    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
        if (certificate->marks[digest].matched)
            return true;
    return false;
}

static bool has_usable(const struct host_input *host, uint8_t usage, bool full)
{
    for (size_t i = 0; i < host->tlsa_count; i++) {
        const struct record_tlsa *tlsa = &host->tlsa[i].data.tlsa;

        if (tlsa_usability(tlsa) == TLSA_USABLE && tlsa->usage == usage &&
            (!full || tlsa->mtype == 0))
            return true;
    }
    return false;
}

/* RFC 7672 section 3.1.2: dates of the path below the anchor, and a reference identifier. */
static void check_anchored(const struct host_input *host, const struct address *address,
                           const struct verdict *verdict, int64_t now)
{
    const struct chain *chain = &address->chain;

    fuzz_require(has_usable(host, 2, false), "an anchor passes by a usable record");
    fuzz_require(verdict->name.data != NULL, "an anchor passes with a name");
    fuzz_require(verdict->depth > 0, "an anchor is above the leaf");
    for (size_t i = 0; i < chain->path_length && i < verdict->depth; i++)
        fuzz_require(chain->certificates[i].dates_valid &&
                         chain->certificates[i].not_before <= now &&
                         now <= chain->certificates[i].not_after,
                     "an anchor passes within all dates");
    fuzz_require(verdict->depth < chain->path_length
                     ? has_matched_mark(&chain->certificates[verdict->depth])
                     : has_usable(host, 2, true),
                 "an anchor passes by a record that is shown, or only in DNS");
}

static void check_verdict(const struct host_input *host, const struct address *address,
                          const struct verdict *verdict, int64_t now)
{
    bool usable = has_usable(host, 2, false) || has_usable(host, 3, false);

    fuzz_require(!usable || address->dane != DANE_UNUSABLE, "a usable record counts");
    fuzz_require(usable || verdict->code != VERDICT_PASS, "nothing passes without a usable record");
    if (verdict->code != VERDICT_PASS)
        return;
    fuzz_require(!(host->flags & INSECURE), "insecure records authenticate nobody");
    if (address->dane == DANE_MATCH_EE)
        fuzz_require(verdict->depth == 0 && has_usable(host, 3, false) &&
                         has_matched_mark(&address->chain.certificates[0]),
                     "a leaf passes by a record that is shown");
    else
        check_anchored(host, address, verdict, now);
}

/* Without records there is no secure RRset to print: any will do. */
static enum exit_status print_address(const struct host_input *host, struct address *address,
                                      const struct verdict *verdict)
{
    static const struct record none = {.type = RECORD_TLSA};
    bool any = host->tlsa_count > 0;

    return fuzz_print_address(address, verdict, any ? host->tlsa : &none,
                              any ? host->tlsa_count : 1);
}

static void check_host(const struct host_input *host)
{
    static const char *const references[] = {"mx.example.org.", "example.org."};
    const int64_t now = TLS_NOW + (host->flags & LATER ? (int64_t)86400 * 400 : 0);
    struct verdict_rules rules = {.references = references + (host->flags & OTHER_NAME ? 1 : 0),
                                  .reference_count = 1,
                                  .ee_checks = host->flags & EE_CHECKS,
                                  .verify_time = now,
                                  .tlsa = host->flags & INSECURE ? TLSA_ABSENT : TLSA_SECURE};
    struct handshake_config config = {.base = references[0],
                                      .tlsa = host->tlsa,
                                      .tlsa_count = host->tlsa_count,
                                      .verify_time = now};
    struct address address = {
        .bytes = {192, 0, 2, 1}, .end.transport = TRANSPORT_OK, .after.transport = TRANSPORT_OK};
    struct arena arena;

    arena_init(&arena);
    if (shake_hands(host, &config, &arena, &address)) {
        struct verdict verdict = verdict_decide(&address, &rules);

        check_marks(host, &address);
        check_verdict(host, &address, &verdict, now);
        fuzz_require(print_address(host, &address, &verdict) ==
                         (verdict.code == VERDICT_PASS ? EXIT_SECURE : EXIT_WRONG),
                     "only a pass is secure");
    }
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct host_input host = {.flags = fuzz_byte(&input)};
    size_t records = fuzz_byte(&input) % RECORDS_MAX;
    struct bytes certificates = fuzz_part(&input);

    arena_init(&host.arena);
    read_certificates(&host, &certificates);
    for (size_t i = 0; i < records; i++)
        read_record(&host, &input);
    if (host.sent_count > 0)
        check_host(&host);
    for (size_t i = 0; i < host.sent_count; i++)
        X509_free(host.sent[i]);
    ERR_clear_error();
    arena_fini(&host.arena);
    return 0;
}
