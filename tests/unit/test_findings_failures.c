/*
 * What a failure tells beside its code: the text, the look-up and the record it is about; and which
 * absence is which.
 */
#include "findings_world.h"

static struct record anchor_record(void)
{
    return tlsa(2, 1, 1, key_of(THE_ISSUER));
}

static void expire(struct world *world)
{
    world->verdicts[0].code = VERDICT_CERT_EXPIRED;
    world->rules.ee_checks = true;
}

static void untried(struct world *world)
{
    world->addresses[0].handshaken = false;
    world->addresses[0].end.transport = TRANSPORT_UNTRIED;
    world->verdicts[0].code = VERDICT_UNTESTED;
}

/* clang-format off */
static void no_address(struct world *w) { no_addresses(w, LOOKUP_NODATA); }
static void advice_beside(struct world *w) { w->domain.walked = false; w->tlsa[0].ttl = w->tlsa[1].ttl = 86401; }
static void leaf_too_old(struct world *w) { expire(w); w->chain[0][0].not_after = NOW; }
static void leaf_too_young(struct world *w) { expire(w); w->chain[0][0].not_before = NOW + 1; }
static void leaf_undated(struct world *w) { expire(w); w->chain[0][0].dates_valid = false; }
static void issuer_too_old(struct world *w) { expire(w); w->chain[0][1].not_after = NOW; }
static void path_too_old(struct world *w) { leaf_too_old(w); w->addresses[0].dane_reason = "the certificate at depth 1 has expired"; }
static void leaf_alone_too_old(struct world *w) { leaf_too_old(w); w->addresses[0].chain.count = w->addresses[0].chain.path_length = 1; }
static void no_chain(struct world *w) { expire(w); w->addresses[0].chain = (struct chain){NULL, 0, 0}; }
static void leaf_old_unmatched(struct world *w) { leaf_too_old(w); mismatch(w); }
static void other_name(struct world *w) { leaf_too_old(w); w->verdicts[0].code = VERDICT_NAME_MISMATCH; }
static void broken_anchor(struct world *w) { mismatch(w); w->tlsa[1] = anchor_record(); }
static void no_name(struct world *w) { w->domain.input = "a..a.name.of.thirty.characters"; w->domain.name = NULL; w->domain.lookup_count = w->domain.host_count = 0; }
static void a_fails(struct world *w) { no_address(w); fail_lookup(&w->a[0]); }
static void aaaa_fails(struct world *w) { no_address(w); fail_lookup(&w->aaaa[0]); }
static void aaaa_not_asked(struct world *w) { no_address(w); w->hosts[0].aaaa = NULL; }
static void tlsa_denied(struct world *w) { untried(w); w->tlsa_lookup[0] = secure(RECORD_TLSA, "t.", NULL, 0); w->hosts[0].tlsa_state = TLSA_ABSENT; }
static void tlsa_denied_insecurely(struct world *w) { tlsa_denied(w); w->tlsa_lookup[0].ad = false; }
static void tlsa_name_denied_insecurely(struct world *w) { tlsa_denied_insecurely(w); w->tlsa_lookup[0].status = LOOKUP_NXDOMAIN; }
static void tlsa_insecure(struct world *w) { untried(w); w->tlsa_lookup[0].ad = false; w->hosts[0].tlsa_state = TLSA_ABSENT; }
/* clang-format on */

static const struct row {
    const char *name;
    void (*change)(struct world *);
    const char *ids; /* of what fails, each with a blank */
    const char *text; /* of the last of them */
} rows[] = {
    {"leaf, its last second", leaf_too_old, "cert-expired ",
     "the certificate at depth 0 has expired"},
    {"leaf, not yet", leaf_too_young, "cert-expired ",
     "the certificate at depth 0 is not yet valid"},
    {"leaf without dates", leaf_undated, "cert-expired ",
     "the certificate at depth 0 has dates that cannot be read"},
    {"leaf alone", leaf_alone_too_old, "cert-expired ", "the certificate at depth 0 has expired"},
    {"the path's reason is first", path_too_old, "cert-expired ",
     "the certificate at depth 1 has expired"},
    {"not the leaf", issuer_too_old, "cert-expired ",
     "a certificate has expired or is not yet valid"},
    {"no chain", no_chain, "cert-expired ", "a certificate has expired or is not yet valid"},
    {"no date is to blame for a mismatch", leaf_old_unmatched, "tlsa-mismatch ", ""},
    {"nor for a name", other_name, "name-mismatch ", ""},
    {"no name", no_name, "domain-invalid ", "a..a.name.of.thirty.characters"},
    {"A fails, no addresses", a_fails, "address-lookup-failed ", ""},
    {"AAAA fails, no addresses", aaaa_fails, "address-lookup-failed ", ""},
    {"AAAA not asked, no addresses", aaaa_not_asked, "incomplete ", ""},
    {"no addresses", no_address, "mx-host-without-address ", ""},
    {"advice says no failure", advice_beside, "incomplete ", ""},
    {"TLSA denied", tlsa_denied, "tlsa-absent ", ""},
    {"TLSA denied, insecure", tlsa_denied_insecurely, "tlsa-absent ", ""},
    {"name of TLSA denied, insecure", tlsa_name_denied_insecurely, "tlsa-absent ", ""},
    {"TLSA insecure", tlsa_insecure, "tlsa-insecure ", ""},
};

static void judge(struct world *world, void (*change)(struct world *), struct arena *arena)
{
    world_init(world);
    change(world);
    arena_init(arena);
    compare_host(&world->hosts[0], arena);
    findings_find(&world->domain, &world->rules, arena);
}

/* Of what fails; the last of it. */
static const struct finding *add_failures(const struct domain *domain, char *ids, size_t size)
{
    const struct finding *last = NULL;

    for (size_t i = 0; i < domain->finding_count; i++) {
        const struct finding *finding = &domain->findings[i];

        if (finding_severity(finding->code) < FINDING_UNTESTED)
            continue;
        last = finding;
        snprintf(ids + strlen(ids), size - strlen(ids), "%s ", finding_id(finding->code));
    }
    return last;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;
        struct arena arena;
        char ids[128] = "";
        const struct finding *finding;
        struct bytes text;

        judge(&world, rows[i].change, &arena);
        finding = add_failures(&world.domain, ids, sizeof ids);
        if (finding == NULL || strcmp(ids, rows[i].ids) != 0)
            fail_msg("%s: %s", rows[i].name, ids);
        text = finding->text;
        if (text.length != strlen(rows[i].text) ||
            (text.length > 0 && memcmp(text.data, rows[i].text, text.length) != 0))
            fail_msg("%s: %.*s", rows[i].name, (int)text.length, (const char *)text.data);
        assert_int_equal(domain_exit_status(&world.domain), EXIT_WRONG);
        arena_fini(&arena);
    }
}

/* The record whose certificate was sent and does not make the path valid, and where it stands. */
static void test_broken_anchor(void **state)
{
    struct world world;
    struct arena arena;
    char ids[128] = "";
    const struct finding *finding;

    (void)state;
    judge(&world, broken_anchor, &arena);
    finding = add_failures(&world.domain, ids, sizeof ids);
    assert_string_equal(ids, "chain-not-trusted ");
    assert_non_null(finding);
    assert_ptr_equal(finding->lookup, &world.tlsa_lookup[0]);
    assert_ptr_equal(finding->record, &world.tlsa[1]);
    assert_ptr_equal(finding->host, &world.entries[0]);
    assert_ptr_equal(finding->address, &world.addresses[0]);
    arena_fini(&arena);
}

/* An input without end is told as far as a name may be long. */
static void test_long_input(void **state)
{
    static char input[2 * LIMIT_NAME_TEXT];

    (void)state;
    memset(input, 'a', sizeof input - 1);
    for (size_t length = LIMIT_NAME_TEXT - 1; length <= LIMIT_NAME_TEXT + 1; length++) {
        struct domain domain = {.input = input + sizeof input - 1 - length};
        struct findings_rules rules = {.warn_days = 0};
        struct arena arena;

        arena_init(&arena);
        findings_find(&domain, &rules, &arena);
        assert_int_equal(domain.finding_count, 1);
        assert_int_equal(domain.findings[0].code, FINDING_DOMAIN_INVALID);
        assert_int_equal(domain.findings[0].text.length,
                         length < LIMIT_NAME_TEXT ? length : LIMIT_NAME_TEXT);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_broken_anchor),
        cmocka_unit_test(test_long_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
