#include "dane/names.h"

#include "dane/certificate.h"
#include "dane_pki.h"

#define TEXT(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

struct name_row {
    struct bytes name;
    const char *reference;
    bool wanted;
};

static const struct name_row name_rows[] = {
    {TEXT("mx.example.org"), "mx.example.org", true},
    {TEXT("MX.Example.ORG"), "mx.example.org", true},
    {TEXT("mx.example.org"), "MX.EXAMPLE.ORG", true},
    {TEXT("mx.example.org"), "mx2.example.org", false},
    {TEXT("mx.example.org"), "x.example.org", false},
    {TEXT("example.org"), "mx.example.org", false},
    {TEXT("mx.example.org"), "example.org", false},
    {TEXT("mx.example.net"), "mx.example.org", false},
    {TEXT("mx.example.or"), "mx.example.org", false},
    {TEXT("mx.example.orga"), "mx.example.org", false},
    {TEXT("*.example.net"), "mx.example.org", false},
    {TEXT("*.example.or"), "mx.example.org", false},
    {TEXT("*.example.orga"), "mx.example.org", false},
    {TEXT("*.example.org"), "_a.example.org", false},
    {TEXT("mx_1.example.org"), "mx_1.example.org", true},
    {TEXT("mx.example.org."), "mx.example.org", false},
    {TEXT("*.example.org"), "mx.example.org", true},
    {TEXT("*.EXAMPLE.org"), "mx.example.ORG", true},
    {TEXT("x.example.org"), "mx.example.org", false},
    {TEXT("-.example.org"), "mx.example.org", false},
    {TEXT("?.example.org"), "mx.example.org", false},
    {TEXT("*xexample.org"), "mx.example.org", false},
    {TEXT("*.example.org"), "mx-example.org", false},
    {TEXT("*.example.org"), "mx", false},
    {TEXT("*.example.org"), "a.mx.example.org", false},
    {TEXT("*.example.org"), "example.org", false},
    {TEXT("*.example.org"), "mx_1.example.org", false},
    {TEXT("*.example.org"), "xn--mller-kva.example.org", true},
    {TEXT("AZ-az-09.example.org"), "az-AZ-09.example.org", true},
    {TEXT("*.example.org"), "AZ-az-09.example.org", true},
    {TEXT("*.AZ-az-09.org"), "mx.az-AZ-09.org", true},
    {TEXT("*.org"), "example.org", false},
    {TEXT("*."), "org", false},
    {TEXT("*"), "org", false},
    {TEXT("*"), "mx.example.org", false},
    {TEXT("*.*.org"), "mx.example.org", false},
    {TEXT("mx.*.org"), "mx.example.org", false},
    {TEXT("m*.example.org"), "mx.example.org", false},
    {TEXT("*x.example.org"), "mx.example.org", false},
    {TEXT("m*x.example.org"), "mx.example.org", false},
    {TEXT("**.example.org"), "mx.example.org", false},
    {TEXT("*.example.org."), "mx.example.org", false},
    {TEXT("*..example.org"), "mx.example.org", false},
    {TEXT("*.example..org"), "mx.example..org", false},
    {TEXT("*.-a.example.org"), "mx.-a.example.org", false},
    {TEXT("*.a-.example.org"), "mx.a-.example.org", false},
    {TEXT("*.a_b.example.org"), "mx.a_b.example.org", false},
    {TEXT(".example.org"), "mx.example.org", false},
    {TEXT("mx.example.org\0.evil.example"), "mx.example.org", false},
    {TEXT("mx.example.org\0"), "mx.example.org", false},
    {TEXT("\0mx.example.org"), "mx.example.org", false},
    {TEXT("*.example.org\0.evil.example"), "mx.example.org", false},
    {TEXT(" mx.example.org"), "mx.example.org", false},
    {TEXT("mx.example.org\n"), "mx.example.org", false},
    {TEXT(""), "mx.example.org", false},
};

/*
 * What is no host name matches nothing, not even itself: here OpenSSL compares blindly, or takes a
 * reference that begins with a dot for a pattern. And bytes behind a name are not part of it.
 */
static const struct name_row strict_rows[] = {
    {TEXT("a"), "a", true},
    {TEXT("?mx.example.org"), "?mx.example.org", false},
    {TEXT("mx.exa?ple.org"), "mx.exa?ple.org", false},
    {TEXT("mx.example.or?"), "mx.example.or?", false},
    {TEXT(".example.org"), ".example.org", false},
    {TEXT(""), "", false},
    {TEXT(""), ".", false},
    {TEXT("."), "..", false},
    {TEXT("*.example.org"), ".example.org", false},
    {TEXT("*.example.org"), ".a.example.org", false},
    {TEXT("*.example.org."), "mx.example.org..", false},
    {{(const uint8_t *)"*.org.", 5}, "example.org", false},
    {{(const uint8_t *)"*.example.org", 12}, "mx.example.org", false},
    {{(const uint8_t *)"mx.example.org.evil", 14}, "mx.example.org", true},
};

static bool name_matches(const struct certificate *leaf, const char *reference)
{
    return names_match(leaf, &reference, 1, NULL);
}

static void check_names(const struct name_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct name_row *row = &rows[i];
        struct certificate with_dns = {.names = &row->name, .name_count = 1};
        struct certificate with_cn = {.subject_cn = row->name};

        if (name_matches(&with_dns, row->reference) != row->wanted)
            fail_msg("dNSName %s, %s", (const char *)row->name.data, row->reference);
        if (name_matches(&with_cn, row->reference) != row->wanted)
            fail_msg("CN %s, %s", (const char *)row->name.data, row->reference);
    }
}

static void test_names(void **state)
{
    (void)state;
    check_names(name_rows, sizeof name_rows / sizeof name_rows[0]);
    check_names(strict_rows, sizeof strict_rows / sizeof strict_rows[0]);
}

static void add_dns_name(X509 *x509, struct bytes dns)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    ASN1_STRING_set(text, dns.data, (int)dns.length);
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(names, name);
    assert_int_equal(X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0), 1);
    GENERAL_NAMES_free(names);
}

static void add_cn(X509 *x509, struct bytes cn)
{
    X509_NAME_add_entry_by_NID(X509_get_subject_name(x509), NID_commonName, V_ASN1_UTF8STRING,
                               cn.data, (int)cn.length, -1, 0);
}

/* Through DER and back, so that certificate.c is part of the comparison. */
static bool ours(X509 *x509, EVP_PKEY *key, const char *reference)
{
    struct certificate certificate;
    struct arena arena;

    X509_set_pubkey(x509, key);
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    arena_init(&arena);
    assert_true(certificate_parse(pki_der(x509, &arena), &arena, &certificate));
    bool matches = name_matches(&certificate, reference);

    arena_fini(&arena);
    return matches;
}

static void test_agrees_with_openssl(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    (void)state;
    for (size_t i = 0; i < 3 * sizeof name_rows / sizeof name_rows[0]; i++) {
        const struct name_row *row = &name_rows[i / 3];
        X509 *x509 = X509_new();

        X509_set_version(x509, X509_VERSION_3);
        X509_time_adj_ex(X509_getm_notBefore(x509), 0, 0, NULL);
        X509_time_adj_ex(X509_getm_notAfter(x509), 1, 0, NULL);
        if (i % 3 == 0)
            add_dns_name(x509, row->name);
        if (i % 3 == 2)
            add_cn(x509, (struct bytes)TEXT("first.example.org"));
        if (i % 3 > 0 && row->name.length > 0) /* OpenSSL has no empty CN */
            add_cn(x509, row->name);
        bool matches = ours(x509, key, row->reference);
        bool theirs = X509_check_host(x509, row->reference, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                                      NULL) == 1;

        /* OpenSSL compares a literal name blindly; ours insists on host names only. */
        if (matches != theirs)
            fail_msg("%s: ours %d, OpenSSL %d", (const char *)row->name.data, matches, theirs);
        X509_free(x509);
    }
    EVP_PKEY_free(key);
}

static void test_references(void **state)
{
    const struct bytes names[] = {TEXT("*.example.org"), TEXT("a.example.org"),
                                  TEXT("example.net")};
    struct certificate leaf = {.names = names, .name_count = 3, .subject_cn = TEXT("cn.example")};
    const char *order[] = {"none.example", "a.example.org.", "example.net"};
    const char *second[] = {"b.example.org", "example.net"};
    const char *cn[] = {"cn.example"};
    const char *empty[] = {"", "."};
    struct bytes matched;

    (void)state;
    assert_true(names_match(&leaf, order, 3, &matched));
    assert_ptr_equal(matched.data, names[1].data); /* exact before wildcard */
    assert_true(names_match(&leaf, second, 2, &matched));
    assert_ptr_equal(matched.data, names[0].data);    /* the primary reference first */
    assert_false(names_match(&leaf, cn, 1, &matched)); /* there are dNSNames */
    assert_null(matched.data);
    assert_int_equal(matched.length, 0);
    assert_false(names_match(&leaf, empty, 2, &matched));
    assert_false(names_match(&leaf, order, 0, &matched));
    assert_int_equal(matched.length, 0);
    leaf.name_count = 0;
    assert_true(names_match(&leaf, cn, 1, &matched));
    leaf.subject_cn = (struct bytes){NULL, 0};
    assert_false(names_match(&leaf, cn, 1, &matched));
    leaf.more_cns = names; /* every CN counts, without dNSNames */
    leaf.more_cn_count = 3;
    assert_true(names_match(&leaf, order, 3, &matched));
    assert_ptr_equal(matched.data, names[1].data);
    leaf.name_count = 1;
    leaf.names = &names[2];
    assert_false(names_match(&leaf, order, 2, &matched));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),           cmocka_unit_test(test_agrees_with_openssl),
        cmocka_unit_test(test_references),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
