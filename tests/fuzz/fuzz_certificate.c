/* The input is a certificate in DER, as a server sends it or a TLSA record holds it. */
#include "dane/certificate.h"

#include <string.h>

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/limits.h"
#include "dane/names.h"
#include "dane/match.h"
#include "dane/verdict.h"
#include "fuzz/fuzz.h"

#define BYTES(literal)                                                                             \
    {                                                                                              \
        (const uint8_t *)literal, sizeof literal - 1                                               \
    }

static bool is_digest(const struct certificate *certificate, enum certificate_digest digest,
                      size_t length)
{
    return certificate->data[digest].data != NULL && certificate->data[digest].length == length;
}

/* Of the certificate's DER: a server may have sent a BER form of it. */
static void check_again(const struct certificate *certificate, struct arena *arena)
{
    struct bytes full = certificate->data[CERTIFICATE_FULL_CERT];
    struct certificate again;

    fuzz_require(certificate_parse(full, arena, &again), "its DER can be parsed");
    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
        fuzz_require(again.data[digest].length == certificate->data[digest].length &&
                         memcmp(again.data[digest].data, certificate->data[digest].data,
                                again.data[digest].length) == 0,
                     "its DER is the same certificate");
}

static void check_model(const struct certificate *certificate)
{
    fuzz_require(certificate->name_count <= LIMIT_CERT_NAMES, "names are limited");
    fuzz_require(certificate->key != NULL && certificate->key[0] != '\0', "the key has a name");
    fuzz_require(certificate->signature != NULL, "the signature has a name");
    fuzz_require(is_digest(certificate, CERTIFICATE_CERT_SHA256, 32) &&
                     is_digest(certificate, CERTIFICATE_CERT_SHA512, 64) &&
                     is_digest(certificate, CERTIFICATE_PKEY_SHA256, 32) &&
                     is_digest(certificate, CERTIFICATE_PKEY_SHA512, 64),
                 "it has every digest");
}

/* A name matches only where it is a host name with no byte that is none. */
static void check_names(const struct certificate *certificate)
{
    static const char *const references[] = {"mx.example.org.", "example.org."};
    struct bytes matched;

    if (!names_match(certificate, references, 2, &matched))
        return;
    fuzz_require(matched.length >= sizeof "*.example.org" - 1 || matched.length == 11,
                 "what matches is as long as a reference");
    fuzz_require(memchr(matched.data, '\0', matched.length) == NULL, "no NUL matches");
    fuzz_require(certificate->name_count == 0 || matched.data != certificate->subject_cn.data,
                 "the CN counts only without dNSNames");
}

enum { DEPTHS = 4 };

/* Below the certificate stand others, of which nothing is known. */
static void mark(struct certificate *chain, unsigned depth, const struct record *record)
{
    struct arena arena;

    arena_init(&arena);
    match_records(record, match_facts(record, 1, &arena), 1, chain, depth + 1, &arena);
    arena_fini(&arena);
}

/* Each record matches by its own digest and no other. */
static void check_marks(const struct certificate *parsed, unsigned depth)
{
    const uint8_t usage = depth == 0 ? 3 : 2;
    struct certificate chain[DEPTHS] = {{.key = "?"}};
    struct certificate *certificate = &chain[depth];

    *certificate = *parsed;

    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++) {
        struct record record = {.type = RECORD_TLSA,
                                .data.tlsa = {usage, certificate_digest_selector(digest),
                                              certificate_digest_mtype(digest),
                                              certificate->data[digest]}};

        mark(chain, depth, &record);
        for (int other = 0; other < CERTIFICATE_DIGESTS; other++)
            fuzz_require(certificate->marks[other].matched == (other == digest),
                         "a record matches its digest");
        record.data.tlsa.usage = 5 - usage;
        mark(chain, depth, &record);
        fuzz_require(!certificate->marks[digest].matched, "another usage does not match");
    }
}

static void print(const struct certificate *leaf)
{
    struct certificate chain[2] = {*leaf, *leaf};
    struct address address = {.bytes = {192, 0, 2, 1},
                              .end.transport = TRANSPORT_OK,
                              .after.transport = TRANSPORT_OK,
                              .handshaken = true,
                              .tls_version = "TLS12",
                              .cipher = "ECDHE-RSA-AES256-GCM-SHA384",
                              .chain = {chain, 1, 2},
                              .dane = DANE_MISMATCH};
    struct record records[CERTIFICATE_DIGESTS];
    struct verdict verdict = verdict_decide(&address, &(struct verdict_rules){.tlsa = TLSA_SECURE});

    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
        records[digest] =
            (struct record){.type = RECORD_TLSA,
                            .data.tlsa = {2, certificate_digest_selector(digest),
                                          certificate_digest_mtype(digest), BYTES("another")}};
    fuzz_require(fuzz_print_address(&address, &verdict, records, CERTIFICATE_DIGESTS) == EXIT_WRONG,
                 "a mismatch fails");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct certificate certificate;
    struct arena arena;

    arena_init(&arena);
    if (certificate_parse(input, &arena, &certificate)) {
        check_model(&certificate);
        check_again(&certificate, &arena);
        check_names(&certificate);
        check_marks(&certificate, 0);
        check_marks(&certificate, 3);
        print(&certificate);
    } else {
        fuzz_require(!certificate_data_is_valid(0, input), "what is no certificate is not usable");
    }
    certificate_data_is_valid(1, input);
    arena_fini(&arena);
    return 0;
}
