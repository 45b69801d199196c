/*
 * The order of the trace: the leaf, then issuer after issuer among what the server sent, however
 * it was ordered; then what belongs to no path. An issuer is one by name and by signature, so that
 * a certificate with a borrowed name does not get into the path.
 */
#include "x509.h"

#include <stdbool.h>

struct order {
    const STACK_OF(X509) * sent;
    bool taken[LIMIT_CERTIFICATES];
    unsigned signatures; /* verified */
    struct x509_chain *chain;
};

static bool chain_has(const struct x509_chain *chain, const X509 *x509)
{
    for (size_t i = 0; i < chain->count; i++)
        if (X509_cmp(chain->certificates[i], x509) == 0)
            return true;
    return false;
}

/* A signature costs milliseconds with the keys that a server can think of, so they are counted. */
static bool issued_by(struct order *order, X509 *subject, X509 *issuer)
{
    if (X509_NAME_cmp(X509_get_issuer_name(subject), X509_get_subject_name(issuer)) != 0)
        return false;
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    return key != NULL && order->signatures++ < LIMIT_SIGNATURES && X509_verify(subject, key) == 1;
}

static void order_take(struct order *order, int index)
{
    order->taken[index] = true;
    order->chain->certificates[order->chain->count++] = sk_X509_value(order->sent, index);
}

/*
 * A copy of what is already in the path would close a cycle: it stays a stray. Nothing is above
 * the self-signed; that is asked last, because a signature is dear and most chains have no such
 * certificate.
 */
static bool order_try(struct order *order, int index, X509 *subject)
{
    X509 *issuer = sk_X509_value(order->sent, index);

    if (order->taken[index] || chain_has(order->chain, issuer) ||
        !issued_by(order, subject, issuer) || issued_by(order, subject, subject))
        return false;
    order_take(order, index);
    return true;
}

static int find_sent(const struct order *order, const X509 *wanted, int count)
{
    for (int i = 0; i < count; i++)
        if (X509_cmp(sk_X509_value(order->sent, i), wanted) == 0)
            return i;
    return -1;
}

/*
 * Where OpenSSL went on with an anchor that is only in DNS the path ends: a certificate that was
 * sent and could stand there too (the anchor's name and key, another issuer) decides nothing.
 */
static bool order_next(struct order *order, const STACK_OF(X509) * verified, int count)
{
    size_t depth = order->chain->count;
    X509 *subject = order->chain->certificates[depth - 1];
    /* NULL for a NULL stack and beyond its end. */
    const X509 *wanted = sk_X509_value(verified, (int)depth);
    int index = wanted != NULL ? find_sent(order, wanted, count) : -1;

    if (wanted != NULL && index < 0)
        return false;
    if (index >= 0 && order_try(order, index, subject))
        return true;
    for (int i = 0; i < count; i++)
        if (order_try(order, i, subject))
            return true;
    return false;
}

enum excess chain_order(const STACK_OF(X509) * sent, const STACK_OF(X509) * verified,
                        struct x509_chain *chain)
{
    struct order order = {.sent = sent, .chain = chain};
    int count = sk_X509_num(sent);

    if (count > LIMIT_CERTIFICATES)
        count = LIMIT_CERTIFICATES;
    *chain = (struct x509_chain){0};
    if (count <= 0)
        return EXCESS_NONE;
    order_take(&order, 0);
    while (chain->count <= LIMIT_CHAIN_DEPTH + 1 && order_next(&order, verified, count))
        ;
    chain->path_length = chain->count;
    for (int i = 0; i < count; i++)
        if (!order.taken[i])
            order_take(&order, i);
    if (order.signatures > LIMIT_SIGNATURES)
        return EXCESS_SIGNATURES;
    return chain->path_length > LIMIT_CHAIN_DEPTH + 1 ? EXCESS_ISSUERS : EXCESS_NONE;
}
