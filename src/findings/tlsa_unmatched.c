#include <stdlib.h>
#include <string.h>

#include "dane/diagnosis.h"
#include "collector.h"

enum { USAGE_DANE_EE = 3, SELECTOR_SPKI = 1 };

/* A digest of the leaf of an MX host, by which a record of another host is told. */
struct leaf {
    struct bytes data;
    uint8_t digest; /* enum certificate_digest */
    size_t host;    /* in the order of the domain */
};

struct tlsa_leaves { /* sorted by the data, then by host; each once */
    struct leaf *list;
    size_t count;
};

static struct bytes text_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static int compare_data(struct bytes left, struct bytes right)
{
    if (left.length != right.length)
        return left.length < right.length ? -1 : 1;
    return memcmp(left.data, right.data, left.length);
}

static int compare_leaves(const void *left, const void *right)
{
    const struct leaf *one = left, *two = right;
    int order = compare_data(one->data, two->data);

    return order != 0 ? order : (one->host > two->host) - (one->host < two->host);
}

static void add_leaf(struct tlsa_leaves *leaves, const struct address *address, size_t host)
{
    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++) {
        struct bytes data = address->chain.certificates[0].data[digest];

        if (data.data != NULL && data.length > 0)
            leaves->list[leaves->count++] = (struct leaf){data, (uint8_t)digest, host};
    }
}

/* Servers that share a certificate would make a run of equal leaves. */
static void drop_copies(struct tlsa_leaves *leaves)
{
    size_t kept = 0;

    for (size_t i = 0; i < leaves->count; i++)
        if (kept == 0 || compare_leaves(&leaves->list[kept - 1], &leaves->list[i]) != 0)
            leaves->list[kept++] = leaves->list[i];
    leaves->count = kept;
}

static bool has_leaf(const struct address *address)
{
    return address->handshaken && address->chain.count > 0;
}

static struct tlsa_leaves *find_leaves(struct collector *collector)
{
    const struct domain *domain = collector->domain;
    struct tlsa_leaves *leaves = arena_new(&collector->scratch, 1, sizeof *leaves);
    size_t addresses = 0;

    for (size_t i = 0; i < domain->host_count; i++)
        addresses += domain->hosts[i].address_count;
    leaves->list =
        arena_new(&collector->scratch, addresses * CERTIFICATE_DIGESTS, sizeof *leaves->list);
    for (size_t i = 0; i < domain->host_count; i++)
        for (size_t j = 0; j < domain->hosts[i].address_count; j++)
            if (has_leaf(&domain->hosts[i].host->addresses[j]))
                add_leaf(leaves, &domain->hosts[i].host->addresses[j], i);
    qsort(leaves->list, leaves->count, sizeof *leaves->list, compare_leaves);
    drop_copies(leaves);
    return leaves;
}

static size_t first_leaf(const struct tlsa_leaves *leaves, struct bytes data)
{
    size_t low = 0, high = leaves->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (compare_data(leaves->list[middle].data, data) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Another MX host whose leaf the record is by its selector and matching type; NULL: none. */
static const struct host *other_host(struct collector *collector, const struct host *host,
                                     const struct record_tlsa *tlsa)
{
    const struct tlsa_leaves *leaves = collector->leaves;

    if (leaves == NULL)
        leaves = collector->leaves = find_leaves(collector);
    for (size_t i = first_leaf(leaves, tlsa->data);
         i < leaves->count && compare_data(leaves->list[i].data, tlsa->data) == 0; i++) {
        const struct leaf *leaf = &leaves->list[i];
        const struct host *other = collector->domain->hosts[leaf->host].host;

        if (other != host && tlsa->selector == certificate_digest_selector(leaf->digest) &&
            tlsa->mtype == certificate_digest_mtype(leaf->digest))
            return other;
    }
    return NULL;
}

static bool same_key(const struct address *left, const struct address *right)
{
    struct bytes one = left->chain.certificates[0].data[CERTIFICATE_PKEY_SHA256];
    struct bytes two = right->chain.certificates[0].data[CERTIFICATE_PKEY_SHA256];

    return one.data != NULL && two.data != NULL && compare_data(one, two) == 0;
}

/* Whether a record of the leaf's key matches: then only the certificate is another. */
static bool key_matches(const struct tlsa_view *view, const struct address *address)
{
    for (size_t i = 0; i < view->lookup->record_count; i++) {
        const struct record_tlsa *tlsa = &view->lookup->records[i].data.tlsa;

        if (tlsa->usage == USAGE_DANE_EE && tlsa->selector == SELECTOR_SPKI &&
            tlsa_view_matches(view, address, i))
            return true;
    }
    return false;
}

static struct bytes address_text(const struct collector *collector, const struct address *address)
{
    struct buffer text;
    const char *copy;

    buffer_init(&text, 0);
    address_add_text(&text, address);
    copy = arena_dup(collector->arena, text.data);
    buffer_fini(&text);
    return text_of(copy);
}

static bool same_bytes(struct bytes left, struct bytes right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.data, right.data, left.length) == 0);
}

/* Another certificate of the CA whose certificate `anchor` is: in the path, above the leaf. */
static bool find_cross_sign(const struct address *address, const struct certificate *anchor,
                            struct finding *finding)
{
    for (size_t i = 1; i < address->chain.path_length; i++) {
        const struct certificate *other = &address->chain.certificates[i];

        if (!same_bytes(anchor->data[CERTIFICATE_PKEY_SHA256],
                        other->data[CERTIFICATE_PKEY_SHA256]) ||
            !same_bytes(anchor->subject_cn, other->subject_cn) ||
            !same_bytes(anchor->subject_org, other->subject_org))
            continue;
        finding->code = FINDING_TLSA_ANCHOR_CROSS_SIGNED;
        finding->certificate = other;
        finding->depth = (unsigned)i;
        return true;
    }
    return false;
}

/* The certificate is sent by another server, and one of the same CA by this one. */
static bool is_cross_signed_elsewhere(const struct address *elsewhere, size_t index,
                                      const struct address *address, struct finding *finding)
{
    size_t depth = elsewhere->matches[index].depth;

    return find_cross_sign(address, &elsewhere->chain.certificates[depth], finding);
}

/* What other servers of the domain tell about a record that nothing here explains. */
static void explain(struct collector *collector, const struct tlsa_view *view,
                    const struct address *address, size_t index, bool key, struct finding *finding)
{
    const struct host *host = view->entry->host;
    const struct address *elsewhere = view->elsewhere[index];
    const struct host *other = other_host(collector, host, &finding->record->data.tlsa);

    if (elsewhere != NULL && finding->code == FINDING_TLSA_CERT_UNKNOWN &&
        same_key(elsewhere, address)) {
        finding->code = FINDING_TLSA_RENEWED;
    } else if (elsewhere != NULL && finding->code == FINDING_TLSA_ANCHOR_UNKNOWN &&
               is_cross_signed_elsewhere(elsewhere, index, address, finding)) {
        return;
    } else if (elsewhere != NULL) {
        finding->code = FINDING_TLSA_OF_ANOTHER_ADDRESS;
        finding->text = address_text(collector, elsewhere);
    } else if (other != NULL) {
        finding->code = FINDING_TLSA_OF_ANOTHER_HOST;
        finding->text = text_of(other->name);
        finding->text.length--; /* without the trailing dot */
    } else if (finding->code == FINDING_TLSA_CERT_UNKNOWN && key) {
        finding->code = FINDING_TLSA_CERT_STALE;
    }
}

static bool is_unexplained(enum finding_code code)
{
    return code == FINDING_TLSA_CERT_UNKNOWN || code == FINDING_TLSA_KEY_UNKNOWN ||
           code == FINDING_TLSA_ANCHOR_UNKNOWN;
}

/*
 * Beside a record that matches, one that nothing explains may be the next key's; what is unusable
 * or of a retired issuer was said of the record.
 */
static bool is_worth_saying(const struct tlsa_view *view, size_t index, enum finding_code code,
                            bool another_matches)
{
    if (code == FINDING_CODES || code == FINDING_TLSA_DIGEST_OF_NOTHING)
        return false;
    return !is_unexplained(code) ||
           (!another_matches && view->facts[index].usability == TLSA_USABLE &&
            view->retired[index] == NULL);
}

/* Why a record that matches a certificate did not help: digest agility, or another in its place. */
static void explain_failure(const struct tlsa_view *view, size_t index,
                            const struct address *address, struct finding *finding)
{
    if (view->facts[index].hidden)
        finding->code = FINDING_TLSA_HIDDEN;
    else if (finding->depth >= address->chain.path_length)
        find_cross_sign(address, finding->certificate, finding);
}

void tlsa_unmatched_find(struct collector *collector, const struct tlsa_view *view,
                         const struct address *address, bool another_matches)
{
    const struct lookup *lookup = view->lookup;
    bool key = key_matches(view, address);

    for (size_t i = 0; i < lookup->record_count && !collector->full; i++) {
        struct finding finding = diagnosis_find(&lookup->records[i], &view->facts[i],
                                                &address->matches[i], &address->chain);

        if (is_unexplained(finding.code) && view->facts[i].usability == TLSA_USABLE)
            explain(collector, view, address, i, key, &finding);
        if (finding.code == FINDING_CODES && address->dane == DANE_MISMATCH &&
            view->facts[i].usability == TLSA_USABLE)
            explain_failure(view, i, address, &finding);
        if (finding.code == FINDING_TLSA_ANCHOR_UNKNOWN && finding.record->data.tlsa.selector == 0)
            finding.text = text_of("; a cross-sign or a renewal changes the hash of a CA's "
                                   "certificate, not that of its key, 2 1 1");
        if (!is_worth_saying(view, i, finding.code, another_matches))
            continue;
        finding.host = view->entry;
        finding.lookup = lookup;
        finding.address = address;
        collector_add(collector, finding);
    }
}
