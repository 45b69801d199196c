#include "dane/digest.h"

#include <string.h>

#include <openssl/sha.h>

static struct bytes sha256(const void *data, size_t length, struct arena *arena)
{
    uint8_t *digest = arena_new(arena, 1, SHA256_DIGEST_LENGTH);

    return SHA256(data, length, digest) != NULL ? (struct bytes){digest, SHA256_DIGEST_LENGTH}
                                                : (struct bytes){NULL, 0};
}

static struct bytes sha512(const void *data, size_t length, struct arena *arena)
{
    uint8_t *digest = arena_new(arena, 1, SHA512_DIGEST_LENGTH);

    return SHA512(data, length, digest) != NULL ? (struct bytes){digest, SHA512_DIGEST_LENGTH}
                                                : (struct bytes){NULL, 0};
}

static bool equal(struct bytes left, struct bytes right)
{
    return right.data != NULL && left.length == right.length &&
           memcmp(left.data, right.data, left.length) == 0;
}

static bool is_digest_long(struct bytes data)
{
    return data.length == SHA256_DIGEST_LENGTH || data.length == SHA512_DIGEST_LENGTH;
}

bool digest_is_of_nothing(struct bytes data)
{
    struct arena arena;
    bool nothing;

    if (!is_digest_long(data))
        return data.length == 0;
    arena_init(&arena);
    nothing = equal(data, sha256("", 0, &arena)) || equal(data, sha512("", 0, &arena));
    arena_fini(&arena);
    return nothing;
}

struct bytes digest_sha256_of_odd(struct bytes data, struct arena *arena)
{
    if (data.length == 0 || is_digest_long(data))
        return (struct bytes){NULL, 0};
    return sha256(data.data, data.length, arena);
}

static void add_pem(struct buffer *out, const char *label, struct bytes der)
{
    enum { LINE_BYTES = 48 };

    buffer_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < der.length; at += LINE_BYTES) {
        size_t left = der.length - at;

        text_add_base64(out, (struct bytes){der.data + at, left < LINE_BYTES ? left : LINE_BYTES});
        buffer_puts(out, "\n");
    }
    buffer_printf(out, "-----END %s-----\n", label);
}

static void add_forms(struct bytes *forms, const char *label, struct bytes der, struct arena *arena)
{
    struct buffer text;

    buffer_init(&text, 0);
    add_pem(&text, label, der);
    forms[0] = sha256(text.data, text.length, arena);
    forms[1] = sha256(text.data, text.length - 1, arena);
    forms[2] = sha512(text.data, text.length, arena);
    forms[3] = sha512(text.data, text.length - 1, arena);
    buffer_fini(&text);
}

struct digest_pem digest_pem(const struct certificate *certificate, struct arena *arena)
{
    struct digest_pem pem = {{{NULL, 0}}};

    add_forms(pem.forms, "CERTIFICATE", certificate->data[CERTIFICATE_FULL_CERT], arena);
    add_forms(pem.forms + DIGEST_PEM_FORMS / 2, "PUBLIC KEY",
              certificate->data[CERTIFICATE_FULL_SPKI], arena);
    return pem;
}
