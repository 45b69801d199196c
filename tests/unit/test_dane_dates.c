/*
 * The dates of a path below its trust anchor, to the second: notBefore itself is valid, notAfter is
 * not, as OpenSSL counts. And what is no date.
 */
#include "dane/verdict.h"
#include "dane_world.h"

/* PKI_NOW is 2027-01-15 08:00:00. */
#define BEFORE "270115075959Z"
#define NOW "270115080000Z"
#define AFTER "270115080001Z"
#define NONE "2701xx000000Z"
#define FIRST "260101000000Z"
#define LAST "280101000000Z"

static const struct {
    const char *name;
    const char *not_before, *not_after;
    bool dates, holds; /* both are dates; PKI_NOW is between them */
    enum dane_result wanted;
} rows[] = {
    {"long ago until long after", FIRST, LAST, true, true, DANE_MATCH_TA},
    {"first second", NOW, LAST, true, true, DANE_MATCH_TA},
    {"a second to wait", AFTER, LAST, true, false, DANE_EXPIRED},
    {"last second", FIRST, AFTER, true, true, DANE_MATCH_TA},
    {"over", FIRST, NOW, true, false, DANE_EXPIRED},
    {"over for a second", FIRST, BEFORE, true, false, DANE_EXPIRED},
    {"the only second", NOW, AFTER, true, true, DANE_MATCH_TA},
    {"an end before the beginning", AFTER, BEFORE, true, false, DANE_EXPIRED},
    {"no beginning", NONE, LAST, false, false, DANE_MISMATCH},
    {"no end", FIRST, NONE, false, false, DANE_MISMATCH},
    {"no dates", NONE, NONE, false, false, DANE_MISMATCH},
};

enum anchor { SENT, KEY_SENT, FULL_IN_DNS, KEY_IN_DNS, ANCHORS };

struct path {
    X509 *leaf, *inter;
};

/* LEAF and INTER anew, one of them with the dates of the row. */
static struct path make_path(struct world *world, size_t row, bool leaf)
{
    struct pki_spec odd = {.not_before = rows[row].not_before, .not_after = rows[row].not_after};
    struct pki_spec inter = leaf ? (struct pki_spec){0} : odd;
    struct pki_spec end = leaf ? odd : (struct pki_spec){0};
    struct path path;

    inter.cn = "Inter";
    inter.basic = CA;
    end.cn = "Leaf";
    end.san = NAME;
    path.inter = pki_issue(&inter, world->keys[KEY_INTER], world->certs[ROOT],
                           world->keys[KEY_ROOT]);
    path.leaf = pki_issue(&end, world->keys[KEY_LEAF], path.inter, world->keys[KEY_INTER]);
    return path;
}

static struct record anchor_record(const struct world *world, enum anchor anchor)
{
    static const struct {
        uint8_t selector, mtype;
        enum certificate_digest digest;
    } kinds[ANCHORS] = {
        [SENT] = {0, 1, CERTIFICATE_CERT_SHA256},
        [KEY_SENT] = {1, 1, CERTIFICATE_PKEY_SHA256},
        [FULL_IN_DNS] = {0, 0, CERTIFICATE_FULL_CERT},
        [KEY_IN_DNS] = {1, 0, CERTIFICATE_FULL_SPKI},
    };
    struct record record = {.type = RECORD_TLSA};

    record.data.tlsa = (struct record_tlsa){2, kinds[anchor].selector, kinds[anchor].mtype,
                                            world->models[ROOT].data[kinds[anchor].digest]};
    return record;
}

static void check_path(struct world *world, size_t row, bool leaf, enum anchor anchor)
{
    struct path path = make_path(world, row, leaf);
    X509 *sent[] = {path.leaf, path.inter, world->certs[ROOT]};
    struct record record = anchor_record(world, anchor);
    struct handshake_config config = {"mx.example.org.", &record, 1, PKI_NOW, NULL};
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], sent, anchor >= FULL_IN_DNS ? 2 : 3);
    struct address address = {0};
    struct pki_link link;

    pki_link_init(&link, server, world->context, &config);
    assert_int_equal(pki_run(&link), HANDSHAKE_DONE);
    handshake_result(link.client, &world->arena, &address);
    if (address.dane != rows[row].wanted)
        fail_msg("%s: %s, anchor %d: %d", rows[row].name, leaf ? "leaf" : "issuer", anchor,
                 address.dane);
    pki_link_fini(&link);
    SSL_CTX_free(server);
    X509_free(path.leaf);
    X509_free(path.inter);
}

static void test_path(void **state)
{
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++)
        for (enum anchor anchor = SENT; anchor < ANCHORS; anchor++) {
            check_path(*state, row, true, anchor);
            check_path(*state, row, false, anchor);
        }
}

/* RFC 7672 section 3.1.1: no date counts for DANE-EE(3), unless -e asks for the leaf's. */
static void test_ee_checks(void **state)
{
    struct world *world = *state;
    const char *reference = "mx.example.org.";

    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct path path = make_path(world, row, true);
        struct verdict_rules rules = {&reference, 1, false, PKI_NOW, TLSA_SECURE};
        struct certificate leaf;
        struct address address = {
            .handshaken = true, .dane = DANE_MATCH_EE, .chain = {&leaf, 1, 1}};

        assert_true(
            certificate_parse(pki_der(path.leaf, &world->arena), &world->arena, &leaf));
        if (leaf.dates_valid != rows[row].dates)
            fail_msg("%s: dates", rows[row].name);
        assert_int_equal(verdict_decide(&address, &rules).code, VERDICT_PASS);
        rules.ee_checks = true;
        if (verdict_decide(&address, &rules).code !=
            (rows[row].holds ? VERDICT_PASS : VERDICT_CERT_EXPIRED))
            fail_msg("%s: -e", rows[row].name);
        X509_free(path.leaf);
        X509_free(path.inter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_ee_checks),
    };

    return cmocka_run_group_tests(tests, world_new, world_free);
}
