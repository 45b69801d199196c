/*
 * Chains x TLSA records x times x names by the thousand, made by chance from a fixed seed: what our
 * handshake and verdict make of each must be what plain X509_verify_cert makes of it, with OpenSSL's
 * own name check and without its DANE code (dane_other.h).
 */
#include "dane/verdict.h"
#include "dane_other.h"
#include "dane_world.h"

enum { CHAINS = 120, RECORD_SETS = 10, NAMED = 14, DAY = 86400 };

static const struct pki_spec named[NAMED] = {
    {.cn = "Leaf", .san = "DNS:mx.example.org"},
    {.cn = "mx.example.org"},
    {.cn = "other.example.org"},
    {.cn = "mx.example.org", .san = "DNS:other.example.org"},
    {.cn = "Leaf", .san = "DNS:other.example.org,DNS:mx.example.org"},
    {.cn = "Leaf", .san = "DNS:*.example.org"},
    {.cn = "*.example.org"},
    {.cn = "Leaf", .san = "DNS:*.org,DNS:m*.example.org,DNS:x.example.org"},
    {.cn = "Leaf", .san = "DNS:MX.Example.ORG"},
    {.cn = "other.example.org", .san = "URI:mx.example.org,email:mx.example.org"},
    {.cn = "mx.example.org", .san = "IP:192.0.2.1"},
    {.cn = "Leaf", .san = "DNS:mx.example.org", .from = -3, .until = 3},
    {.cn = "Leaf", .san = "DNS:mx.example.org", .from = -9, .until = -1},
    {.cn = "Leaf", .san = "DNS:example.org", .from = 2, .until = 9},
};

static const enum cert other_leaves[] = {LEAF_SELF,      LEAF_DEEP, LEAF_UNDER_CN,
                                         LEAF_UNDER_END, LEAF_RING, LEAF_OLD};

static const enum cert rests[][MOST_SENT - 1] = {
    {END},
    {INTER},
    {INTER, ROOT},
    {ROOT, INTER},
    {INTER_OLD, ROOT},
    {INTER_CROSS, ROOT2},
    {INTER_CROSS, INTER, ROOT},
    {INTER, INTER_CROSS, ROOT, ROOT2},
    {IMPOSTOR, ROOT},
    {STRAY, INTER},
    {INTER, ROOT_SHORT},
    {INTER2, INTER, ROOT},
    {INTER2, INTER_OLD, ROOT},
    {INTER2, INTER, ROOT_SHORT},
    {INTER_CONSTRAINED, ROOT},
    {INTER_NO_CA, ROOT},
    {STRAY, RING_A, RING_B, ROOT2},
};

static const int64_t times[] = {PKI_NOW,
                                PKI_NOW,
                                PKI_NOW - 5 * DAY,
                                PKI_NOW + 5 * DAY,
                                PKI_NOW - 10 * DAY,
                                PKI_NOW - 10 * DAY - 1,
                                PKI_NOW + 10 * DAY - 1,
                                PKI_NOW + 10 * DAY,
                                PKI_NOW + 3 * DAY,
                                PKI_NOW - 3 * DAY - 1};

static const char *const references[][MOST_REFERENCES] = {
    {"mx.example.org"},
    {"example.org", "mx.example.org"},
    {"other.example.org"},
    {"a.mx.example.org", "example.net"},
    {"alias.example.net", "Mx.eXample.org", "example.com"},
};

/* Numbers that are the same everywhere. */
static unsigned pick(unsigned below)
{
    static uint64_t seed = 14;

    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static struct record pick_record(const struct vector *vector, const struct world *world,
                                 struct arena *arena)
{
    static const uint8_t usages[] = {2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 0, 1, 4};
    static const enum cert others[] = {ROOT, INTER, ROOT2, INTER_CROSS, STRAY, ROOT_SHORT};
    size_t at = pick((unsigned)vector->sent_count + 2);
    const struct certificate *model = at < vector->sent_count
                                          ? &vector->models[at]
                                          : &world->models[others[pick(COUNT(others))]];
    enum certificate_digest digest = pick(CERTIFICATE_DIGESTS);
    struct bytes data = model->data[digest];
    uint8_t *copy = arena_copy(arena, data.data, data.length);
    struct record record = {.type = RECORD_TLSA};
    unsigned damage = pick(24);

    copy[data.length / 2] ^= damage == 0;
    record.data.tlsa = (struct record_tlsa){
        usages[pick(COUNT(usages))], certificate_digest_selector(digest),
        certificate_digest_mtype(digest), {copy, data.length - (damage == 1)}};
    if (damage == 2)
        record.data.tlsa.mtype = 3;
    if (damage == 3)
        record.data.tlsa.selector = 2;
    return record;
}

static enum verdict_code our_verdict(const struct vector *vector, const struct address *address)
{
    struct verdict_rules rules = {.references = vector->references,
                                  .reference_count = vector->reference_count,
                                  .verify_time = vector->time,
                                  .tlsa = TLSA_SECURE};

    return verdict_decide(address, &rules).code;
}

static void shake_hands(const struct vector *vector, struct world *world, SSL_CTX *server,
                        struct arena *arena, struct address *address)
{
    struct handshake_config config = {"mx.example.org.", vector->records, vector->record_count,
                                      vector->time, NULL};
    struct pki_link link;

    pki_link_init(&link, server, world->context, &config);
    assert_int_equal(pki_run(&link), HANDSHAKE_DONE);
    handshake_result(link.client, arena, address);
    pki_link_fini(&link);
}

struct sums {
    unsigned judged, worse, codes[VERDICT_CERT_EXPIRED + 1];
};

static void describe(const struct vector *vector, struct arena *arena)
{
    for (size_t i = 0; i < vector->sent_count; i++)
        print_message("  sent: %.*s, issued by %.*s\n",
                      (int)vector->models[i].subject_cn.length,
                      (const char *)vector->models[i].subject_cn.data,
                      (int)vector->models[i].issuer_cn.length,
                      (const char *)vector->models[i].issuer_cn.data);
    for (size_t i = 0; i < vector->record_count; i++) {
        const struct record_tlsa *tlsa = &vector->records[i].data.tlsa;

        print_message("  record: %d %d %d %02x%02x, %zu bytes, of", tlsa->usage, tlsa->selector,
                      tlsa->mtype, tlsa->data.data[0], tlsa->data.data[1], tlsa->data.length);
        for (size_t j = 0; j < vector->sent_count; j++)
            if (is_usable(tlsa) && record_is(tlsa, vector->sent[j], arena))
                print_message(" %zu", j);
        print_message("\n");
    }
    print_message("  %+.3f days, first reference %s\n",
                  (double)(vector->time - PKI_NOW) / DAY, vector->references[0]);
}

static void check_names(struct vector *vector, const struct address *address, struct arena *arena,
                        struct sums *sums)
{
    struct opinion opinion = judge_path(vector, arena);

    for (size_t i = 0; i < COUNT(references); i++) {
        enum verdict_code ours, theirs;

        vector->references = references[i];
        vector->reference_count = 0;
        while (vector->reference_count < MOST_REFERENCES &&
               references[i][vector->reference_count] != NULL)
            vector->reference_count++;
        ours = our_verdict(vector, address);
        theirs = their_verdict(vector, &opinion);
        sums->judged++;
        sums->codes[ours]++;
        if (ours != theirs && may_differ(vector, ours, theirs)) {
            sums->worse++;
        } else if (ours != theirs) {
            describe(vector, arena);
            fail_msg("ours %d, theirs %d (%s)", ours, theirs,
                     address->dane_reason == NULL ? "-" : address->dane_reason);
        }
    }
}

static void check_chain(struct world *world, struct vector *vector, struct sums *sums)
{
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], vector->sent, vector->sent_count);
    struct arena arena;

    for (int i = 0; i < RECORD_SETS; i++) {
        struct address address = {0};

        arena_init(&arena);
        vector->record_count = 1 + pick(MOST_RECORDS);
        for (size_t j = 0; j < vector->record_count; j++)
            vector->records[j] = pick_record(vector, world, &arena);
        vector->time = times[pick(COUNT(times))];
        shake_hands(vector, world, server, &arena, &address);
        check_names(vector, &address, &arena, sums);
        arena_fini(&arena);
    }
    SSL_CTX_free(server);
}

static void add_sent(struct vector *vector, X509 *x509, struct arena *arena)
{
    certificate_parse(pki_der(x509, arena), arena, &vector->models[vector->sent_count]);
    vector->sent[vector->sent_count++] = x509;
}

static void test_vectors(void **state)
{
    struct world *world = *state;
    X509 *leaves[NAMED + COUNT(other_leaves)];
    struct sums sums = {0};

    for (size_t i = 0; i < COUNT(leaves); i++)
        leaves[i] = i < NAMED ? pki_issue(&named[i], world->keys[KEY_LEAF], world->certs[INTER],
                                          world->keys[KEY_INTER])
                              : world->certs[other_leaves[i - NAMED]];
    for (int i = 0; i < CHAINS; i++) {
        const enum cert *rest = rests[pick(COUNT(rests))];
        struct vector vector = {.sent_count = 0};
        struct arena arena;

        arena_init(&arena);
        add_sent(&vector, leaves[pick(COUNT(leaves))], &arena);
        for (size_t j = 0; j < MOST_SENT - 1 && rest[j] != END; j++)
            add_sent(&vector, world->certs[rest[j]], &arena);
        check_chain(world, &vector, &sums);
        arena_fini(&arena);
    }
    for (size_t i = 0; i < NAMED; i++)
        X509_free(leaves[i]);
    print_message("%u vectors, %u worse: pass %u, mismatch %u, unusable %u, name %u, dates %u\n",
                  sums.judged, sums.worse, sums.codes[VERDICT_PASS],
                  sums.codes[VERDICT_TLSA_MISMATCH], sums.codes[VERDICT_TLSA_UNUSABLE],
                  sums.codes[VERDICT_NAME_MISMATCH], sums.codes[VERDICT_CERT_EXPIRED]);
    assert_true(sums.judged >= 5000);
    assert_true(sums.worse < sums.judged / 50);
    for (int code = VERDICT_PASS; code <= VERDICT_CERT_EXPIRED; code++)
        assert_true(code == VERDICT_TLSA_ABSENT || sums.codes[code] >= 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};

    return cmocka_run_group_tests(tests, world_new, world_free);
}
