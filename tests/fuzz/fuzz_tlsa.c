/* The input is the RDATA of a TLSA record. */
#include "dane/tlsa.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "dane/certificate.h"
#include "fuzz/fuzz.h"

enum { SHA256_LENGTH = 32, SHA512_LENGTH = 64 };

/* RFC 7671 section 5 and RFC 7672 section 3.1, as far as the fields go. */
static bool fields_are_usable(const struct record_tlsa *tlsa)
{
    if (tlsa->usage != 2 && tlsa->usage != 3)
        return false;
    if (tlsa->selector > 1 || tlsa->mtype > 2)
        return false;
    return (tlsa->mtype != 1 || tlsa->data.length == SHA256_LENGTH) &&
           (tlsa->mtype != 2 || tlsa->data.length == SHA512_LENGTH);
}

/* Whether OpenSSL takes the record: what we call usable must be what is verified with. */
static bool openssl_takes(const struct record_tlsa *tlsa)
{
    static SSL_CTX *context; /* as a target keeps what is dear */
    SSL *ssl;
    bool taken;

    if (context == NULL) {
        context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_dane_enable(context);
    }
    ssl = SSL_new(context);
    SSL_dane_enable(ssl, "x");
    taken = SSL_dane_tlsa_add(ssl, tlsa->usage, tlsa->selector, tlsa->mtype, tlsa->data.data,
                              tlsa->data.length) > 0;
    SSL_free(ssl);
    ERR_clear_error();
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct record_tlsa tlsa = {
        .usage = fuzz_byte(&input), .selector = fuzz_byte(&input), .mtype = fuzz_byte(&input)};
    enum tlsa_usability usability;
    bool full, usable;

    if (size < 3)
        return 0;
    tlsa.data = input;
    usability = tlsa_usability(&tlsa);
    usable = usability == TLSA_USABLE;
    full = tlsa.mtype == 0 && tlsa.selector <= 1;
    fuzz_require(!usable || fields_are_usable(&tlsa), "only known fields are usable");
    fuzz_require(usable || !fields_are_usable(&tlsa) || full, "only full data is malformed");
    fuzz_require(!usable || openssl_takes(&tlsa), "OpenSSL takes what is usable");
    if (full)
        fuzz_require(!usable || certificate_data_is_valid(tlsa.selector, tlsa.data),
                     "full data is a certificate or a key");
    fuzz_require(strcmp(tlsa_usability_text(usability), "unknown") != 0, "every answer has words");
    return 0;
}
