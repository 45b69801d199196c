/*
 * What there is to say of models made by hand: each row breaks one thing of an audit about which
 * there is nothing to say, and names the findings in their order. Every code has its row.
 */
#include "findings_world.h"

#include "dane_pki.h"

/* In seconds from the time of the judgement. */
static void dates(struct certificate *certificate, int64_t from, int64_t until)
{
    certificate->not_before = NOW + from;
    certificate->not_after = NOW + until;
}

static void end(struct world *world, enum transport transport, enum smtp_state state)
{
    world->addresses[0].handshaken = false;
    world->addresses[0].end = (struct transport_end){.transport = transport, .state = state};
    world->verdicts[0].code = VERDICT_UNTESTED;
}

/* One record that does not match. */
static void single(struct world *world, struct record record)
{
    world->tlsa[0] = record;
    world->tlsa_lookup[0].record_count = 1;
    mismatch(world);
}

static void verdict(struct world *world, enum verdict_code code)
{
    world->verdicts[0].code = code;
}

static void anchored(struct world *world)
{
    world->tlsa[0] = tlsa(2, 1, 1, key_of(THE_ISSUER));
    world->tlsa[1] = tlsa(2, 1, 1, key_of(ANOTHER));
    world->addresses[0].dane = DANE_MATCH_TA;
    world->addresses[0].dane_depth = 1;
}

/* clang-format off */
static void nothing(struct world *w) { (void)w; }
static void no_name(struct world *w) { w->domain.name = NULL; w->domain.lookup_count = 0; w->domain.host_count = 0; }
static void ds_fails(struct world *w) { fail_lookup(&w->lookups[0]); }
static void ds_insecure(struct world *w) { w->lookups[0].ad = false; }
static void mx_nxdomain(struct world *w) { w->lookups[2] = secure(RECORD_MX, "x.", NULL, 0); w->lookups[2].status = LOOKUP_NXDOMAIN; w->domain.host_count = 0; }
static void soa_absent(struct world *w) { w->lookups[2] = secure(RECORD_SOA, "x.", NULL, 0); w->domain.host_count = 0; }
static void null_mx(struct world *w) { w->domain.null_mx_among_others = true; }
static void excess(struct world *w) { w->domain.excess = EXCESS_MX_HOSTS; }
static void host_excess(struct world *w) { w->entries[0].excess = EXCESS_ADDRESSES; }
static void not_walked(struct world *w) { w->domain.walked = false; }
static void tld_without_ds(struct world *w) { not_walked(w); w->lookups[0] = secure(RECORD_DS, "x.", NULL, 0); w->domain.lookup_count = 1; w->domain.host_count = 0; }
static void ds_absent_mx_fails(struct world *w) { tld_without_ds(w); w->domain.lookup_count = 3; fail_lookup(&w->lookups[2]); }
static void tld_host(struct world *w) { no_addresses(w, LOOKUP_TLD_MX_HOST); w->a[0].ad = false; w->hosts[0].aaaa = NULL; }
static void host_absent(struct world *w) { no_addresses(w, LOOKUP_NXDOMAIN); }
static void no_address(struct world *w) { no_addresses(w, LOOKUP_NODATA); }
static void ipv4_absent(struct world *w) { w->aaaa[0] = secure(RECORD_AAAA, "mx.x.", &w->mx, 1); w->a[0] = secure(RECORD_A, "mx.x.", NULL, 0); w->a[0].status = LOOKUP_NXDOMAIN; }
static void aaaa_fails(struct world *w) { fail_lookup(&w->aaaa[0]); }
static void a_insecure(struct world *w) { w->a[0].ad = false; w->hosts[0].tlsa_state = TLSA_NOT_ASKED; w->addresses[0].end.transport = TRANSPORT_UNTRIED; w->addresses[0].handshaken = false; w->hosts[0].tlsa = NULL; }
static void tlsa_fails(struct world *w) { fail_lookup(&w->tlsa_lookup[0]); w->hosts[0].tlsa_state = TLSA_FAILED;  w->addresses[0].end.transport = TRANSPORT_UNTRIED; w->addresses[0].handshaken = false; }
static void host_untried(struct world *w, size_t index) { w->addresses[index].end.transport = TRANSPORT_UNTRIED; w->addresses[index].handshaken = false; w->verdicts[index].code = VERDICT_UNTESTED; }
static void unprobed(struct world *w) { host_untried(w, 0); w->hosts[0].probed = false; }
static void unprobed_one_of_two(struct world *w) { unprobed(w); w->domain.host_count = 2; }
static void behind_alias(struct world *w) { w->a[0].ad = w->aaaa[0].ad = false; w->a[0].aliases = w->aaaa[0].aliases = &w->alias; w->a[0].alias_count = w->aaaa[0].alias_count = 1; }
static void behind_insecure_alias(struct world *w) { behind_alias(w); w->alias.ad = false; }
static void untried(struct world *w) { w->addresses[0].end.transport = TRANSPORT_UNTRIED; w->addresses[0].handshaken = false; }
static void tlsa_insecure(struct world *w) { untried(w); w->tlsa_lookup[0].ad = false; w->hosts[0].tlsa_state = TLSA_ABSENT; }
static void tlsa_absent(struct world *w) { untried(w); w->tlsa_lookup[0] = secure(RECORD_TLSA, "t.", NULL, 0); w->hosts[0].tlsa_state = TLSA_ABSENT; }
static void partial(struct world *w) { tlsa_absent(w); w->domain.host_count = 2; }
static void reserved(struct world *w) { end(w, TRANSPORT_RESERVED, SMTP_CONNECT); }
static void refused(struct world *w) { end(w, TRANSPORT_REFUSED, SMTP_CONNECT); }
static void connect_timeout(struct world *w) { end(w, TRANSPORT_CONNECT_TIMEOUT, SMTP_CONNECT); }
static void connect_failed(struct world *w) { end(w, TRANSPORT_CONNECT_FAILED, SMTP_CONNECT); }
static void greeting(struct world *w) { end(w, TRANSPORT_REPLY, SMTP_GREETING); }
static void starttls_454(struct world *w) { end(w, TRANSPORT_REPLY, SMTP_STARTTLS); }
static void no_starttls(struct world *w) { end(w, TRANSPORT_NO_STARTTLS, SMTP_EHLO); }
static void masked(struct world *w) { no_starttls(w); w->addresses[0].end.masked = true; }
static void our_name(struct world *w) { end(w, TRANSPORT_REPLY, SMTP_EHLO); w->addresses[0].end.code = 504; }
static void timeout(struct world *w) { end(w, TRANSPORT_TIMEOUT, SMTP_EHLO); }
static void closed(struct world *w) { end(w, TRANSPORT_CLOSED, SMTP_EHLO); }
static void reset(struct world *w) { end(w, TRANSPORT_RESET, SMTP_STARTTLS); }
static void too_long(struct world *w) { end(w, TRANSPORT_REPLY_TOO_LONG, SMTP_EHLO); }
static void malformed(struct world *w) { end(w, TRANSPORT_MALFORMED, SMTP_EHLO); }
static void injected(struct world *w) { end(w, TRANSPORT_INJECTED, SMTP_STARTTLS); }
static void handshake(struct world *w) { end(w, TRANSPORT_HANDSHAKE_FAILED, SMTP_HANDSHAKE); }
static void tls_timeout(struct world *w) { end(w, TRANSPORT_TLS_TIMEOUT, SMTP_HANDSHAKE); }
static void impossible(struct world *w) { end(w, TRANSPORT_OK, SMTP_HANDSHAKE); }
static void after(struct world *w) { w->addresses[0].after.transport = TRANSPORT_CLOSED; }
static void unusable(struct world *w) { verdict(w, VERDICT_TLSA_UNUSABLE); w->tlsa[0] = tlsa(3, 7, 1, key_of(ANOTHER)); w->tlsa_lookup[0].record_count = 1; }
static void name_mismatch(struct world *w) { verdict(w, VERDICT_NAME_MISMATCH); }
static void expired(struct world *w) { verdict(w, VERDICT_CERT_EXPIRED); }
static void untrusted(struct world *w) { anchored(w); mismatch(w); }
static void soon(struct world *w) { anchored(w); w->chain[0][0].not_after = (int64_t)NOW + 13 * DAY; }
static void not_so_soon(struct world *w) { anchored(w); w->chain[0][0].not_after = (int64_t)NOW + 14 * DAY; }
static void of_six_days(struct world *w) { anchored(w); dates(&w->chain[0][0], -HOUR, 158 * HOUR - HOUR); }
static void of_six_days_soon(struct world *w) { anchored(w); dates(&w->chain[0][0], -106 * HOUR - 60, 53 * HOUR); }
static void a_third(struct world *w) { anchored(w); dates(&w->chain[0][0], -20 * DAY, 10 * DAY); }
static void below_a_third(struct world *w) { anchored(w); dates(&w->chain[0][0], -20 * DAY, 10 * DAY - 1); }
static void of_a_year_soon(struct world *w) { anchored(w); dates(&w->chain[0][0], -351 * DAY, 14 * DAY - 1); }
static void of_45_days(struct world *w) { anchored(w); dates(&w->chain[0][0], -31 * DAY, 14 * DAY); }
static void of_45_days_soon(struct world *w) { anchored(w); dates(&w->chain[0][0], -31 * DAY - 1, 14 * DAY - 1); }
static void of_45_days_w_30(struct world *w) { of_45_days(w); w->rules.warn_days = 30; }
static void a_third_w_30(struct world *w) { anchored(w); dates(&w->chain[0][0], -30 * DAY, 15 * DAY); w->rules.warn_days = 30; }
static void issuer_soon(struct world *w) { anchored(w); w->chain[0][1].not_after = (int64_t)NOW + DAY; }
static void ee_soon(struct world *w) { w->chain[0][0].not_after = (int64_t)NOW + DAY; }
static void ee_soon_checked(struct world *w) { ee_soon(w); w->rules.ee_checks = true; }
static void issuer_under_3(struct world *w) { single(w, tlsa(3, 1, 1, key_of(THE_ISSUER))); }
static void leaf_under_2(struct world *w) { single(w, tlsa(2, 1, 1, key_of(THE_LEAF))); }
static void pkix(struct world *w) { single(w, tlsa(1, 1, 1, key_of(THE_LEAF))); verdict(w, VERDICT_TLSA_UNUSABLE); }
static void selector(struct world *w) { single(w, tlsa(3, 1, 1, cert_of(THE_LEAF))); }
static void mtype(struct world *w) { single(w, tlsa(3, 1, 2, key_of(THE_LEAF))); verdict(w, VERDICT_TLSA_UNUSABLE); }
static void empty(struct world *w) { single(w, tlsa(3, 1, 1, (struct bytes)BYTES(""))); verdict(w, VERDICT_TLSA_UNUSABLE); }
static void key_unknown(struct world *w) { single(w, tlsa(3, 1, 1, key_of(ANOTHER))); }
static void cert_unknown(struct world *w) { single(w, tlsa(3, 0, 1, cert_of(ANOTHER))); }
static void anchor_unknown(struct world *w) { single(w, tlsa(2, 1, 1, key_of(ANOTHER))); }
static void anchor_cert_unknown(struct world *w) { single(w, tlsa(2, 0, 1, cert_of(ANOTHER))); }
static void combination(struct world *w) { w->tlsa[0] = tlsa(2, 1, 1, key_of(THE_ISSUER)); }
static void stale_cert(struct world *w) { single(w, tlsa(3, 0, 1, cert_of(ANOTHER))); w->tlsa[1] = tlsa(3, 1, 1, key_of(THE_LEAF)); w->tlsa_lookup[0].record_count = 2; }
static void other_host(struct world *w) { single(w, tlsa(3, 1, 1, key_of(ANOTHER))); w->domain.host_count = 2; w->chain[1][0] = certificate(ANOTHER); w->hosts[1].tlsa_state = TLSA_FAILED; }
static void many(struct world *w) { w->tlsa_lookup[0].record_count = 13; }
static void ttl(struct world *w) { w->tlsa[0].ttl = w->tlsa[1].ttl = DAY + 1; }
static void ttl_of_a_day(struct world *w) { w->tlsa[0].ttl = w->tlsa[1].ttl = DAY; }
static void weak_key(struct world *w) { w->chain[0][0].key = "RSA-2047"; }
static void good_key(struct world *w) { w->chain[0][0].key = "RSA-2048"; }
static void weak_signature(struct world *w) { w->chain[0][1].signature = "sha1WithRSAEncryption"; }
static void root_signature(struct world *w) { weak_signature(w); w->chain[0][1].subject_cn = w->chain[0][1].issuer_cn; }
static void weak_group(struct world *w) { w->addresses[0].group = "DH-2047"; w->addresses[0].tls_version = "TLS12"; }
static void good_group(struct world *w) { w->addresses[0].group = "DH-2048"; w->addresses[0].tls_version = "TLS12"; }
static void named_group(struct world *w) { w->addresses[0].group = "X25519"; }
static void cannot_sign(struct world *w) { w->chain[0][0].cannot_sign = true; }
static void cannot_sign_group(struct world *w) { cannot_sign(w); good_group(w); }
static void cannot_sign_rsa(struct world *w) { cannot_sign(w); w->addresses[0].tls_version = "TLS12"; }
static void issuer_cannot_sign(struct world *w) { w->chain[0][1].cannot_sign = true; }
static void old_anchor(struct world *w) { anchored(w); dates(&w->chain[0][1], -10 * DAY, 0); }
static void anchor_of_last_second(struct world *w) { anchored(w); dates(&w->chain[0][1], -10 * DAY, 1); w->rules.warn_days = 0; }
static void new_anchor(struct world *w) { anchored(w); dates(&w->chain[0][1], 1, 10 * DAY); }
static void undated_anchor(struct world *w) { anchored(w); w->chain[0][1].dates_valid = false; }
static void old_issuer_under_ee(struct world *w) { dates(&w->chain[0][1], -10 * DAY, 0); }
static void old_above_the_anchor(struct world *w) { anchored(w); old_issuer_under_ee(w); w->addresses[0].chain.path_length = 1; }
static void ten_intermediates(struct world *w) { anchored(w); w->addresses[0].dane_depth = 11; }
static void nine_intermediates(struct world *w) { anchored(w); w->addresses[0].dane_depth = 10; }
static void old_tls(struct world *w) { w->addresses[0].tls_version = "TLS11"; }
static void ds_sha1(struct world *w) { w->ds.data.ds.digest_type = 1; }
static void algorithm(struct world *w) { w->dnskey.data.dnskey.algorithm = 3; }
static void algorithms(struct world *w) { w->ds.data.ds.algorithm = 12; w->dnskey.data.dnskey.algorithm = 6; }
#include "findings_dnssec.h"
static void iterations(struct world *w) { w->param.data.nsec3param.iterations = 1; }
static void alias(struct world *w) { w->a[0].aliases = &w->alias; w->a[0].alias_count = 1; }
static void retired(struct world *w) { anchor_unknown(w); }
static void superseded(struct world *w) { anchor_unknown(w); }
static void superseded_match(struct world *w) { anchored(w); w->tlsa[0] = tlsa(2, 1, 1, key_of(ANOTHER)); memcpy(w->chain[0][1].data, (struct bytes[CERTIFICATE_DIGESTS]){[CERTIFICATE_PKEY_SHA256] = key_of(ANOTHER)}, sizeof w->chain[0][1].data); w->tlsa[1] = tlsa(2, 1, 1, cert_of(ANOTHER)); }
/* clang-format on */

/* Another address of the same host, with another certificate. */
static void second_address(struct world *world, struct record record)
{
    single(world, record);
    world->hosts[0].address_count = world->entries[0].address_count = 2;
    world->chain[1][0] = certificate(ANOTHER);
}

static void other_address(struct world *world)
{
    second_address(world, tlsa(3, 1, 1, key_of(ANOTHER)));
}

static void renewed(struct world *world)
{
    second_address(world, tlsa(3, 0, 1, cert_of(ANOTHER)));
    world->chain[1][0].data[CERTIFICATE_PKEY_SHA256] = key_of(THE_LEAF);
}

/* As many findings as there may be of advice, and one more; what fails the domain is never left out. */
static void much_advice(struct world *world)
{
    for (size_t i = 0; i <= LIMIT_ADVICE; i++)
        world->more[i] = tlsa(9, 1, 1, key_of(ANOTHER));
    world->tlsa_lookup[0].records = world->more;
    world->tlsa_lookup[0].record_count = LIMIT_ADVICE + 1;
    world->addresses[0].dane = DANE_UNUSABLE;
    world->verdicts[0] = (struct verdict){.code = VERDICT_TLSA_UNUSABLE};
}

/* The anchor's certificate is sent, and another of its name and key stands in the path. */
static void cross_signed(struct world *world)
{
    single(world, tlsa(2, 0, 1, cert_of(ANOTHER)));
    world->chain[0][2] = certificate(THE_ISSUER);
    world->chain[0][2].data[CERTIFICATE_CERT_SHA256] = cert_of(ANOTHER);
    world->addresses[0].chain.count = 3;
}

static void cross_signed_of_another_key(struct world *world)
{
    cross_signed(world);
    world->chain[0][2].data[CERTIFICATE_PKEY_SHA256] = key_of(ANOTHER);
}

/* Another address sends the one that the record is. */
static void cross_signed_elsewhere(struct world *world)
{
    single(world, tlsa(2, 0, 1, cert_of(ANOTHER)));
    world->hosts[0].address_count = world->entries[0].address_count = 2;
    world->chain[1][1].data[CERTIFICATE_CERT_SHA256] = cert_of(ANOTHER);
}

static void anchor_elsewhere(struct world *world)
{
    cross_signed_elsewhere(world);
    world->chain[1][1].data[CERTIFICATE_PKEY_SHA256] = key_of(ANOTHER);
}

static void hidden(struct world *world)
{
    world->tlsa[1] = tlsa(3, 1, 2, (struct bytes)BYTES(TEN TEN TEN TEN TEN TEN "0123"));
    mismatch(world);
}

static uint8_t pem_digest[32];

static void pem(struct world *world)
{
    static const char text[] = "-----BEGIN PUBLIC KEY-----\nbGVhZiBrZXkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMg==\n"
                               "-----END PUBLIC KEY-----\n";

    EVP_Digest(text, sizeof text - 1, pem_digest, NULL, EVP_sha256(), NULL);
    single(world, tlsa(3, 1, 1, (struct bytes){pem_digest, sizeof pem_digest}));
}

static X509 *dns_anchors[2]; /* expired, and not */
static unsigned char *dns_ders[2];

static void in_dns(struct world *world, int which)
{
    unsigned char *at = NULL;
    int length = i2d_X509(dns_anchors[which], &at);

    OPENSSL_free(dns_ders[which]);
    dns_ders[which] = at;
    anchored(world);
    world->tlsa[1] = tlsa(2, 0, 0, (struct bytes){at, (size_t)length});
}

static void old_anchor_in_dns(struct world *world)
{
    in_dns(world, 0);
}

static void anchor_in_dns(struct world *world)
{
    in_dns(world, 1);
}

static void public_intermediate(struct world *world)
{
    anchored(world);
    world->chain[0][0].public_ca = true;
}

#define SINGLE " tlsa-single-record"
#define TARGET " alias-target-insecure"

static const struct row {
    const char *name;
    void (*change)(struct world *);
    const char *ids;
} rows[] = {
    {"nothing", nothing, ""},
    {"no name", no_name, " domain-invalid"},
    {"DS fails", ds_fails, " lookup-failed"},
    {"DS insecure", ds_insecure, " lookup-insecure"},
    {"MX NXDOMAIN", mx_nxdomain, " domain-does-not-exist"},
    {"SOA absent", soa_absent, " records-missing"},
    {"null MX", null_mx, " null-mx-among-others"},
    {"excess", excess, " limit-exceeded"},
    {"host excess", host_excess, " limit-exceeded"},
    {"not walked", not_walked, " incomplete"},
    {"TLD without DS", tld_without_ds, " records-missing"},
    {"no DS, MX fails", ds_absent_mx_fails, " lookup-failed"},
    {"TLD", tld_host, " mx-host-is-tld"},
    {"no host", host_absent, " mx-host-does-not-exist"},
    {"no address", no_address, " mx-host-without-address"},
    {"AAAA of a name that A denies", ipv4_absent, ""},
    {"AAAA fails", aaaa_fails, " address-lookup-failed"},
    {"A insecure", a_insecure, " address-insecure"},
    {"TLSA fails", tlsa_fails, " tlsa-lookup-failed"},
    {"TLSA insecure", tlsa_insecure, " tlsa-insecure"},
    {"TLSA absent", tlsa_absent, " tlsa-absent"},
    {"partial", partial, " coverage-partial tlsa-absent"},
    {"untried", untried, " nothing-probed"},
    {"-D", unprobed, " nothing-probed"},
    {"-D of one of two", unprobed_one_of_two, ""},
    {"insecure target", behind_alias, TARGET TARGET " mx-host-is-alias"},
    {"insecure alias", behind_insecure_alias, " address-insecure address-insecure mx-host-is-alias"},
    {"reserved", reserved, " address-reserved"},
    {"refused", refused, " connection-refused"},
    {"connect timeout", connect_timeout, " connection-timeout"},
    {"connect failed", connect_failed, " connection-failed"},
    {"greeting", greeting, " smtp-refused"},
    {"454", starttls_454, " starttls-refused"},
    {"no STARTTLS", no_starttls, " starttls-not-offered"},
    {"masked STARTTLS", masked, " starttls-masked"},
    {"our name", our_name, " ehlo-name-refused"},
    {"timeout", timeout, " smtp-broken"},
    {"closed", closed, " smtp-broken"},
    {"reset", reset, " smtp-broken"},
    {"too long", too_long, " smtp-broken"},
    {"malformed", malformed, " smtp-broken"},
    {"injected", injected, " plaintext-injected"},
    {"handshake", handshake, " tls-handshake-failed"},
    {"TLS timeout", tls_timeout, " tls-timeout"},
    {"impossible", impossible, " incomplete"},
    {"after", after, " ehlo-after-tls-failed"},
    {"unusable", unusable, " tlsa-record-unusable tlsa-unusable"},
    {"name", name_mismatch, " name-mismatch"},
    {"expired", expired, " cert-expired"},
    {"untrusted", untrusted, " chain-not-trusted"},
    {"soon", soon, " cert-expires-soon"},
    {"not so soon", not_so_soon, ""},
    {"6.6 days, an hour old", of_six_days, ""},
    {"6.6 days, a third left", of_six_days_soon, " cert-expires-soon"},
    {"30 days, a third left", a_third, ""},
    {"30 days, less than a third left", below_a_third, " cert-expires-soon"},
    {"a year, less than 14 days left", of_a_year_soon, " cert-expires-soon"},
    {"45 days, 14 left", of_45_days, ""},
    {"45 days, less than 14 left", of_45_days_soon, " cert-expires-soon"},
    {"45 days, 14 left, -w 30", of_45_days_w_30, " cert-expires-soon"},
    {"45 days, 15 left, -w 30", a_third_w_30, ""},
    {"issuer soon", issuer_soon, " cert-expires-soon"},
    {"EE soon", ee_soon, ""},
    {"EE soon, -e", ee_soon_checked, " cert-expires-soon"},
    {"issuer under 3", issuer_under_3, SINGLE " tlsa-mismatch tlsa-issuer-under-usage-3"},
    {"leaf under 2", leaf_under_2, SINGLE " tlsa-mismatch tlsa-leaf-under-usage-2"},
    {"PKIX", pkix, " tlsa-record-unusable tlsa-unusable tlsa-under-pkix-usage"},
    {"selector", selector, SINGLE " tlsa-mismatch tlsa-selector-wrong"},
    {"mtype", mtype, " tlsa-record-unusable tlsa-unusable tlsa-matching-type-wrong"},
    {"empty", empty, " tlsa-record-unusable tlsa-digest-of-nothing tlsa-unusable"},
    {"PEM", pem, SINGLE " tlsa-mismatch tlsa-digest-of-pem"},
    {"key", key_unknown, SINGLE " tlsa-mismatch tlsa-key-unknown"},
    {"certificate", cert_unknown,
     " tlsa-certificate-hash" SINGLE " tlsa-mismatch tlsa-certificate-hash-unknown"},
    {"anchor", anchor_unknown, SINGLE " tlsa-mismatch tlsa-anchor-not-sent"},
    {"anchor's certificate", anchor_cert_unknown, SINGLE " tlsa-mismatch tlsa-anchor-not-sent"},
    {"cross-signed", cross_signed, SINGLE " chain-not-trusted tlsa-anchor-cross-signed"},
    {"of another key", cross_signed_of_another_key, SINGLE " chain-not-trusted"},
    {"cross-signed elsewhere", cross_signed_elsewhere,
     SINGLE " tlsa-mismatch tlsa-anchor-cross-signed"},
    {"anchor elsewhere", anchor_elsewhere, SINGLE " tlsa-mismatch tlsa-of-another-address"},
    {"superseded", superseded, " tlsa-superseded-issuer" SINGLE " tlsa-mismatch"},
    {"superseded, and matches", superseded_match, " tlsa-superseded-issuer"},
    {"retired", retired, " tlsa-retired-issuer" SINGLE " tlsa-mismatch"},
    {"combination", combination, " tlsa-combination-unmatched"},
    {"stale certificate", stale_cert,
     " tlsa-certificate-hash tlsa-mismatch tlsa-certificate-hash-stale tlsa-combination-unmatched"},
    {"hidden", hidden, " tlsa-mismatch tlsa-hidden-by-sha2-512 tlsa-combination-unmatched"},
    {"another host", other_host,
     SINGLE " tlsa-mismatch tlsa-of-another-host tlsa-lookup-failed"},
    {"another address", other_address, SINGLE " tlsa-mismatch tlsa-of-another-address"},
    {"renewed", renewed, " tlsa-certificate-hash" SINGLE " tlsa-mismatch tlsa-certificate-renewed"},
    {"public", public_intermediate, " tlsa-public-intermediate"},
    {"many", many, " tlsa-many-records"},
    {"TTL", ttl, " ttl-above-a-day"},
    {"TTL of a day", ttl_of_a_day, ""},
    {"weak key", weak_key, " key-weak"},
    {"good key", good_key, ""},
    {"weak signature", weak_signature, " signature-weak"},
    {"root's signature", root_signature, ""},
    {"DH of 2047 bits", weak_group, " key-exchange-weak"},
    {"DH of 2048 bits", good_group, ""},
    {"X25519", named_group, ""},
    {"a leaf that cannot sign", cannot_sign, " key-usage-without-signature"},
    {"a leaf that cannot sign DH", cannot_sign_group, " key-usage-without-signature"},
    {"a leaf that need not sign", cannot_sign_rsa, ""},
    {"an issuer that cannot sign", issuer_cannot_sign, ""},
    {"expired anchor", old_anchor, " anchor-expired"},
    {"anchor's last second", anchor_of_last_second, ""},
    {"future anchor", new_anchor, " anchor-expired"},
    {"undated anchor", undated_anchor, " anchor-expired"},
    {"expired issuer under EE", old_issuer_under_ee, ""},
    {"expired, but not the anchor", old_above_the_anchor, ""},
    {"expired anchor in DNS", old_anchor_in_dns, " tlsa-anchor-expired tlsa-combination-unmatched"},
    {"anchor in DNS", anchor_in_dns, " tlsa-combination-unmatched"},
    {"10 intermediates", ten_intermediates, " chain-long"},
    {"9 intermediates", nine_intermediates, ""},
    {"old TLS", old_tls, " tls-old"},
    {"DS SHA-1", ds_sha1, " ds-sha1"},
    {"algorithm", algorithm, " dnssec-algorithm"},
    {"algorithms", algorithms, " dnssec-algorithm dnssec-algorithm"},
    DNSSEC_ROWS
    {"iterations", iterations, " nsec3-iterations"},
    {"alias", alias, " mx-host-is-alias"},
};

enum { ROWS = sizeof rows / sizeof *rows };

/* The findings' ids, and for each that its sentence is whole and its severity the domain's. */
static void add_ids(const struct domain *domain, struct buffer *ids, bool seen[FINDING_CODES])
{
    bool fails = false;

    for (size_t i = 0; i < domain->finding_count; i++) {
        const struct finding *finding = &domain->findings[i];
        size_t before = ids->length;

        finding_add_sentence(ids, finding);
        assert_true(ids->length > before);
        ids->length = before;
        buffer_printf(ids, " %s", finding_id(finding->code));
        seen[finding->code] = true;
        fails |= finding_severity(finding->code) >= FINDING_UNTESTED;
    }
    assert_int_equal(fails, domain_exit_status(domain) != EXIT_SECURE);
}

static void find_row(const struct row *row, struct retired *const lists[2], bool seen[FINDING_CODES])
{
    struct world world;
    struct arena arena;
    struct buffer ids;

    world_init(&world);
    row->change(&world);
    world.rules.retired = row->change == retired                                          ? lists[0]
                          : row->change == superseded || row->change == superseded_match ? lists[1]
                                                                                         : NULL;
    arena_init(&arena);
    buffer_init(&ids, 0);
    buffer_puts(&ids, "");
    for (size_t i = 0; i < world.domain.host_count; i++)
        compare_host(&world.hosts[i], &arena);
    findings_find(&world.domain, &world.rules, &arena);
    add_ids(&world.domain, &ids, seen);
    if (strcmp(ids.length > 0 ? ids.data : "", row->ids) != 0)
        fail_msg("%s:%s instead of%s", row->name, ids.length > 0 ? ids.data : "", row->ids);
    buffer_fini(&ids);
    arena_fini(&arena);
}

static struct retired *make_retired(const char *issuer)
{
    char path[] = "/tmp/mxdane-retired-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    struct failure failure;
    struct retired *list;

    fputs("# a comment\n\n", file);
    for (int i = 0; i < 32; i++)
        fprintf(file, "%02X", keys[ANOTHER][i]);
    fprintf(file, " %s\n", issuer);
    assert_int_equal(fclose(file), 0);
    list = retired_open(path, path, &failure);
    remove(path);
    assert_non_null(list);
    return list;
}

static void check_much_advice(bool seen[FINDING_CODES])
{
    struct world world;
    struct arena arena;
    size_t counts[FINDING_CODES] = {0};

    world_init(&world);
    much_advice(&world);
    arena_init(&arena);
    compare_host(&world.hosts[0], &arena);
    findings_find(&world.domain, &world.rules, &arena);
    for (size_t i = 0; i < world.domain.finding_count; i++)
        counts[world.domain.findings[i].code]++;
    assert_int_equal(world.domain.finding_count, LIMIT_ADVICE + 2);
    assert_int_equal(counts[FINDING_TLSA_RECORD_UNUSABLE], LIMIT_ADVICE);
    assert_int_equal(counts[FINDING_TLSA_ALL_UNUSABLE], 1);
    assert_int_equal(counts[FINDING_ADVICE_LIMITED], 1);
    assert_int_equal(world.domain.findings[LIMIT_ADVICE + 1].number, LIMIT_ADVICE);
    seen[FINDING_ADVICE_LIMITED] = true;
    arena_fini(&arena);
}

/* Of the time of the tests of the dane room, which is not that of these. */
static void make_dns_anchors(void)
{
    enum { SINCE = (int)((PKI_NOW - NOW) / DAY) }; /* whole days */
    struct pki_spec old = {.cn = "old", .from = -SINCE - 90, .until = -SINCE - 1};
    struct pki_spec good = {.cn = "good", .from = -SINCE - 90, .until = -SINCE + 90};
    EVP_PKEY *key = EVP_EC_gen("P-256");

    dns_anchors[0] = pki_issue(&old, key, NULL, NULL);
    dns_anchors[1] = pki_issue(&good, key, NULL, NULL);
    EVP_PKEY_free(key);
}

static const char *outcome_of(struct world *world)
{
    struct arena arena;
    const char *outcome;

    arena_init(&arena);
    compare_host(&world->hosts[0], &arena);
    findings_find(&world->domain, &world->rules, &arena);
    outcome = domain_outcome(&world->domain);
    arena_fini(&arena);
    return outcome;
}

static void exceed(struct world *world, enum excess excess)
{
    end(world, TRANSPORT_HANDSHAKE_FAILED, SMTP_HANDSHAKE);
    world->addresses[0].end.excess = excess;
}

static void exceed_after(struct world *world, enum excess excess)
{
    after(world);
    world->addresses[0].after.excess = excess;
}

static void exceed_lookup(struct lookup *lookup, enum excess excess)
{
    fail_lookup(lookup);
    lookup->status = LOOKUP_FORMERR;
    lookup->excess = excess;
}

static void exceed_mx(struct world *world, enum excess excess)
{
    exceed_lookup(&world->lookups[2], excess);
    world->domain.host_count = 0;
}

static void exceed_a(struct world *world, enum excess excess)
{
    exceed_lookup(&world->a[0], excess);
}

static void exceed_tlsa(struct world *world, enum excess excess)
{
    tlsa_fails(world);
    exceed_lookup(&world->tlsa_lookup[0], excess);
}

static void exceed_addresses(struct world *world, enum excess excess)
{
    world->entries[0].excess = excess;
}

/* What we did not look at is nobody's failure; what other senders refuse too is the server's. */
static void test_limits(void **state)
{
    static const struct {
        void (*exceed)(struct world *, enum excess);
        enum excess excess;
        const char *outcome;
    } limits[] = {
        {exceed_addresses, EXCESS_ADDRESSES, "untested"},
        {exceed_addresses, EXCESS_DOMAIN_ADDRESSES, "untested"},
        {exceed, EXCESS_CERTIFICATES, "untested"},
        {exceed, EXCESS_CERT_NAMES, "untested"},
        {exceed, EXCESS_ISSUERS, "untested"},
        {exceed, EXCESS_SIGNATURES, "untested"},
        {exceed, EXCESS_TLS_BYTES, "untested"},
        {exceed, EXCESS_CHAIN_BYTES, "fail"},
        {exceed, EXCESS_NONE, "fail"},
        {exceed_mx, EXCESS_RECORDS, "untested"},
        {exceed_a, EXCESS_RECORDS, "untested"},
        {exceed_tlsa, EXCESS_RECORDS, "untested"},
        {exceed_mx, EXCESS_ALIASES, "fail"},
        {exceed_a, EXCESS_ALIASES, "fail"},
        {exceed_tlsa, EXCESS_ALIASES, "fail"},
        {exceed_after, EXCESS_REPLY_LINES, "untested"},
        {exceed_after, EXCESS_SESSION_TIME, "fail"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct world world;

        world_init(&world);
        limits[i].exceed(&world, limits[i].excess);
        assert_string_equal(outcome_of(&world), limits[i].outcome);
    }
}

static void test_rows(void **state)
{
    struct retired *lists[] = {make_retired("The Old CA"), make_retired("superseded Last CA")};
    bool seen[FINDING_CODES] = {false};

    (void)state;
    make_dns_anchors();
    for (size_t i = 0; i < ROWS; i++)
        find_row(&rows[i], lists, seen);
    check_much_advice(seen);
    for (int code = 0; code < FINDING_CODES; code++)
        if (!seen[code])
            fail_msg("no row finds %s", finding_id(code));
    for (int i = 0; i < 2; i++) {
        X509_free(dns_anchors[i]);
        OPENSSL_free(dns_ders[i]);
    }
    retired_free(lists[0]);
    retired_free(lists[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows), cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
