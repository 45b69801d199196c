/* What replies that end a session are about: the moment, our own name, or the server. */
#include "model/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "findings/findings.h"
#include "base/limits.h"
#include "model/domain.h"
#include "model/finding.h"
#include "models/compare.h"

static const struct {
    enum smtp_state state;
    unsigned code;
    const char *text;
    bool busy, name;
    const char *id;      /* of the finding, */
    const char *outcome; /* and what comes out for the address */
} rows[] = {
    /* "not now", in every state: untested */
    {SMTP_GREETING, 421, "4.7.0 later", true, false, "smtp-refused", "untested"},
    {SMTP_GREETING, 450, "4.7.1 greylisted", true, false, "smtp-refused", "untested"},
    {SMTP_EHLO, 421, "4.3.2 shutting down", true, false, "smtp-refused", "untested"},
    {SMTP_EHLO, 450, "4.7.1 later", true, false, "smtp-refused", "untested"},
    {SMTP_STARTTLS, 421, "", true, false, "smtp-refused", "untested"},
    {SMTP_STARTTLS, 450, "4.7.0 later", true, false, "smtp-refused", "untested"},
    {SMTP_EHLO_TLS, 421, "4.3.2 shutting down", true, false, "smtp-refused", "untested"},
    {SMTP_EHLO_TLS, 450, "later", true, false, "smtp-refused", "untested"},
    /* other codes stay what they are */
    {SMTP_GREETING, 451, "", false, false, "smtp-refused", "untested"},
    {SMTP_GREETING, 554, "5.7.1 no", false, false, "smtp-refused", "untested"},
    {SMTP_EHLO, 451, "", false, false, "smtp-refused", "untested"},
    {SMTP_STARTTLS, 451, "", false, false, "starttls-refused", "fail"},
    {SMTP_STARTTLS, 454, "4.7.0 TLS not available", false, false, "starttls-refused", "fail"},
    {SMTP_STARTTLS, 420, "", false, false, "starttls-refused", "fail"},
    {SMTP_STARTTLS, 422, "", false, false, "starttls-refused", "fail"},
    {SMTP_STARTTLS, 521, "", false, false, "starttls-refused", "fail"},
    {SMTP_EHLO_TLS, 454, "", false, false, "ehlo-after-tls-failed", "fail"},
    {SMTP_EHLO_TLS, 550, "5.7.1 no", false, false, "ehlo-after-tls-failed", "fail"},
    /* the firewall let the offer through, and wrote over our command */
    {SMTP_STARTTLS, 500, "5.5.1 unrecognized: \"XXXXXXXX\"", false, false, "starttls-masked", "fail"},
    {SMTP_STARTTLS, 502, "XXXXXXXX", false, false, "starttls-masked", "fail"},
    {SMTP_STARTTLS, 421, "XXXXXXXX", true, false, "smtp-refused", "untested"},
    {SMTP_STARTTLS, 502, "XXXXXXX", false, false, "starttls-refused", "fail"},
    {SMTP_EHLO, 500, "5.5.1 Command unrecognized: \"XXXXXXXX\"", false, false, "smtp-refused",
     "untested"},
    /* a parameter of EHLO, and it has one: our name */
    {SMTP_EHLO, 504, "5.5.2 <25aea30808b2>", false, true, "ehlo-name-refused", "untested"},
    {SMTP_EHLO, 501, "5.0.0 Invalid domain name", false, true, "ehlo-name-refused", "untested"},
    {SMTP_EHLO, 501, "", false, true, "ehlo-name-refused", "untested"},
    {SMTP_EHLO_TLS, 504, "5.5.2 <vm>", false, true, "ehlo-name-refused", "untested"},
    {SMTP_EHLO_TLS, 501, "", false, true, "ehlo-name-refused", "untested"},
    /* codes that may mean anything: the text tells */
    {SMTP_EHLO, 550, "<vm>: Helo command rejected: need fully-qualified hostname", false, true,
     "ehlo-name-refused", "untested"},
    {SMTP_EHLO, 550, "Bad HELO - Host impersonating domain name [vm]", false, true,
     "ehlo-name-refused", "untested"},
    {SMTP_EHLO, 553, "send your FQDN", false, true, "ehlo-name-refused", "untested"},
    {SMTP_EHLO, 554, "your name is not fully qualified", false, true, "ehlo-name-refused",
     "untested"},
    {SMTP_EHLO, 450, "4.7.1 <vm>: Helo command rejected: Host not found", true, true,
     "ehlo-name-refused", "untested"},
    {SMTP_EHLO_TLS, 550, "5.7.1 invalid ehlo", false, true, "ehlo-name-refused", "untested"},
    {SMTP_EHLO, 550, "5.7.1 your address is listed", false, false, "smtp-refused", "untested"},
    {SMTP_EHLO, 550, "5.7.25 cannot find your reverse hostname", false, false, "smtp-refused",
     "untested"},
    {SMTP_EHLO, 550, "HEL", false, false, "smtp-refused", "untested"},
    {SMTP_EHLO, 550, "mx.michelob.example does not like you", false, false, "smtp-refused",
     "untested"},
    {SMTP_EHLO, 550, "try heLO2 or 1ehlo", false, false, "smtp-refused", "untested"},
    {SMTP_EHLO, 550, "no(helo)", false, true, "ehlo-name-refused", "untested"},
    /* EHLO itself, the order of commands, the moment */
    {SMTP_EHLO, 500, "5.5.1 unrecognized: EHLO vm", false, false, "smtp-refused", "untested"},
    {SMTP_EHLO, 502, "5.5.1 EHLO not implemented, use HELO", false, false, "smtp-refused",
     "untested"},
    {SMTP_EHLO, 503, "5.5.1 HELO was said before", false, false, "smtp-refused", "untested"},
    {SMTP_EHLO, 421, "4.7.0 too many bad HELO commands", true, false, "smtp-refused", "untested"},
    /* where our name was not said, or is not what was refused */
    {SMTP_GREETING, 501, "", false, false, "smtp-refused", "untested"},
    {SMTP_GREETING, 554, "5.7.1 no HELO will help", false, false, "smtp-refused", "untested"},
    {SMTP_STARTTLS, 501, "5.5.4 no parameters allowed", false, false, "starttls-refused", "fail"},
    {SMTP_STARTTLS, 554, "5.5.1 send EHLO first", false, false, "starttls-refused", "fail"},
};

/* The one finding of an address whose session, or second EHLO, ended so. */
static void check_finding(struct transport_end end, const char *id, const char *outcome)
{
    bool inside = end.state == SMTP_EHLO_TLS;
    struct address address = {.end = end, .after = {.transport = TRANSPORT_OK}};
    struct verdict verdict = {.code = inside ? VERDICT_PASS : VERDICT_UNTESTED};
    struct record record = {.type = RECORD_TLSA, .data.tlsa = {3, 1, 1, {NULL, 0}}};
    struct lookup a = {.name = "x.", .owner = "x.", .type = RECORD_A, .ad = true};
    struct lookup tlsa = {.name = "x.", .owner = "x.", .type = RECORD_TLSA, .ad = true,
                          .records = &record, .record_count = 1};
    struct host host = {.name = "x.", .base = "x.", .a = &a, .aaaa = &a, .tlsa = &tlsa,
                        .tlsa_state = TLSA_SECURE, .addresses = &address, .address_count = 1};
    struct domain_host entry = {&host, &verdict, 1, EXCESS_NONE};
    struct domain domain = {.name = "x.", .hosts = &entry, .host_count = 1};
    const struct findings_rules rules = {.warn_days = 0};
    struct arena arena;

    if (inside) {
        address.end = (struct transport_end){.transport = TRANSPORT_OK};
        address.after = end;
    }
    arena_init(&arena);
    compare_host(&host, &arena);
    findings_find(&domain, &rules, &arena);
    assert_string_equal(finding_id(finding_worst(&domain, &entry, &address)->code), id);
    assert_string_equal(address_outcome(&domain, &entry, 0), outcome);
    assert_int_not_equal(domain_exit_status(&domain), EXIT_SECURE);
    assert_int_equal(domain_name_refused(&domain), strcmp(id, "ehlo-name-refused") == 0);
    arena_fini(&arena);
}

static void test_replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct transport_end end = {.transport = TRANSPORT_REPLY,
                                          .state = rows[i].state,
                                          .code = rows[i].code,
                                          .text = {(const uint8_t *)rows[i].text,
                                                   strlen(rows[i].text)}};

        print_message("%s %u %s\n", smtp_state_name(end.state), end.code, rows[i].text);
        assert_int_equal(transport_is_busy(&end), rows[i].busy);
        assert_int_equal(transport_refuses_name(&end), rows[i].name);
        check_finding(end, rows[i].id, rows[i].outcome);
    }
}

/* Only a reply is one: what else ended a session has no code. */
static void test_no_reply(void **state)
{
    (void)state;
    for (int transport = TRANSPORT_UNTRIED; transport <= TRANSPORT_TLS_TIMEOUT; transport++) {
        struct transport_end end = {.transport = (enum transport)transport, .state = SMTP_EHLO};

        end.code = 421;
        assert_int_equal(transport_is_busy(&end), transport == TRANSPORT_REPLY);
        end.code = 504;
        assert_int_equal(transport_refuses_name(&end), transport == TRANSPORT_REPLY);
        assert_false(transport_hides_starttls(&end));
        end.masked = true;
        assert_int_equal(transport_hides_starttls(&end), transport == TRANSPORT_NO_STARTTLS);
    }
}

/* What stands behind the limit is not read. */
static void test_limit(void **state)
{
    static char text[LIMIT_REPLY_MEANING + 4];
    struct transport_end end = {.transport = TRANSPORT_REPLY, .state = SMTP_EHLO, .code = 550,
                                .text = {(const uint8_t *)text, sizeof text}};

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text + LIMIT_REPLY_MEANING - 4, "HELO", 4);
    assert_true(transport_refuses_name(&end));
    memset(text, ' ', sizeof text);
    memcpy(text + LIMIT_REPLY_MEANING - 3, "HELO", 4);
    assert_false(transport_refuses_name(&end));
}

/* Every way a session ends is told, with or without a reason. */
static void test_sentences(void **state)
{
    static const struct {
        struct transport_end end;
        const char *text;
    } ends[] = {
        {{.transport = TRANSPORT_CONNECT_FAILED, .reason = "no route"}, "connection failed: no route"},
        {{.transport = TRANSPORT_CONNECT_FAILED}, "connection failed: unknown"},
        {{.transport = TRANSPORT_HANDSHAKE_FAILED, .reason = "alert"}, "TLS handshake failed: alert"},
        {{.transport = TRANSPORT_HANDSHAKE_FAILED}, "TLS handshake failed: unknown"},
        {{.transport = TRANSPORT_REPLY, .state = SMTP_EHLO, .code = 550}, "EHLO 550"},
        {{.transport = TRANSPORT_RESET, .state = SMTP_GREETING}, "GREETING connection reset"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct buffer text;

        buffer_init(&text, 0);
        transport_add_end(&text, &ends[i].end);
        assert_string_equal(text.data, ends[i].text);
        buffer_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_no_reply),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
