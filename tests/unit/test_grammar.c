/* The grammar of the trace: it knows the contract's lines, and nothing like them. */
#include "grammar/grammar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

#define MX "x. IN MX 10 mx.x. ; AD=1 NoError\n"
#define A "x. IN A 192.0.2.1 ; AD=1 NoError\n"
#define AT "  mx.x[192.0.2.1]: "
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TLS "    TLS = TLS13 with TLS_AES_256_GCM_SHA384,X25519,EC-P256\n"
#define DATES "      notBefore = 2026-02-28T00:00:00Z\n      notAfter = 2028-02-29T23:59:59Z\n"
#define KEY(mark, usage) "      pkey sha256 [" mark "] <- " usage " 1 1 " HASH "\n"
#define LEAF(mark) "    depth = 0\n" DATES KEY(mark, "3")
#define PASS AT "pass: TLSA match: depth = 0, name = x\n"
#define WHOLE PASS TLS "    name = x\n" LEAF("matched")

struct row {
    const char *name, *text;
    size_t line; /* that is complained about; 0: none */
};

static void check(const struct row *row)
{
    struct grammar_complaint complaint;
    bool good = grammar_check(row->text, strlen(row->text), &complaint);

    if (good != (row->line == 0) || (!good && complaint.line != row->line))
        fail_msg("%s: line %zu: %s\n%s", row->name, good ? 0 : complaint.line,
                 good ? "good" : complaint.what, row->text);
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&rows[i]);
}

#define CHECK(rows) check_rows(rows, sizeof rows / sizeof *rows)

/* Lines of a host, below the one that names it; lines are counted behind that. */
static void check_below_mx(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct row row = {.name = rows[i].name, .line = rows[i].line > 0 ? rows[i].line + 1 : 0};
        struct buffer text;

        buffer_init(&text, 0);
        buffer_puts(&text, MX);
        buffer_puts(&text, rows[i].text);
        row.text = text.data;
        check(&row);
        buffer_fini(&text);
    }
}

#define CHECK_BELOW_MX(rows) check_below_mx(rows, sizeof rows / sizeof *rows)

/* Whoever reads a block must know whose it is, also with -q: its MX line stands above its hosts. */
static void test_named(void **state)
{
    static const struct row rows[] = {
        {"a host below its MX line", MX AT "TLS timeout\n", 0},
        {"the domain is its own host", "x. IN MX ? ; AD=1 NODATA\n" AT "TLS timeout\n", 0},
        {"an alias of the domain", "y. IN CNAME x. ; AD=1 NoError\n" MX A AT "TLS timeout\n", 0},
        {"two domains", MX AT "TLS timeout\n" "y. IN MX 10 mx.x. ; AD=1 NoError\n" AT
         "TLS timeout\n", 0},

        {"a host alone", AT "TLS timeout\n", 1},
        {"only its addresses", A AT "TLS timeout\n", 2},
        {"below another domain", MX AT "TLS timeout\n" "y. IN DS ? ; AD=1 NODATA\n" AT
         "TLS timeout\n", 4},
        {"below what changed", MX "; y: new, is fail (a-b): huh\n" AT "TLS timeout\n", 3},
        {"below no domain", "a b IN MX ? ; AD=0 Invalid\n" AT "TLS timeout\n", 2},
        {"below a detail", "  ; huh\n", 1},
    };

    (void)state;
    CHECK(rows);
}

static void test_sound(void **state)
{
    (void)state;
    assert_true(grammar_is_sound());
}

static void test_dns(void **state)
{
    static const struct row rows[] = {
        {"nothing", "", 0},
        {"an address", A, 0},
        {"the root", ". IN DNSKEY 257 3 8 AwE= ; AD=1 NoError\n", 0},
        {"every octet", "\\000\\032\\127\\255\\.\\\\\\@a_*. IN A ? ; AD=1 NODATA\n", 0},
        {"SOA", "x. IN SOA n. a\\.b@x. 1 2 3 4 4294967295 ; AD=1 NoError\n", 0},
        {"a mailbox of one label", "x. IN SOA n. a\\.b. 1 2 3 4 5 ; AD=1 NoError\n", 0},
        {"TLSA without data", "_25._tcp.x. IN TLSA 3 1 1  ; AD=1 NoError\n", 0},
        {"an alias", "a. IN CNAME x. ; AD=0 NoError\n" A, 0},
        {"RCODE", "x. IN MX ? ; AD=0 RCODE4095\n", 0},
        {"no domain name", "a b\\x0a IN MX ? ; AD=0 Invalid\n", 0},
        {"details", A "  ; A x.: TTL 300, 1 ms, 1 try, 192.0.2.53\n  ; EDE 22: huh\n", 0},

        {"what changed", "; x: worse: was pass, is fail (a-b): huh\n" A
                         "; y: new, is fail (a-b): huh\n; z: gone: was pass\n", 0},

        {"a mailbox without a domain", "x. IN SOA n. a@ 1 2 3 4 5 ; AD=1 NoError\n", 1},
        {"a mailbox of two labels without an @",
         "x. IN SOA n. a.b. 1 2 3 4 5 ; AD=1 NoError\n", 1},

        {"a change of another kind", "; x: bigger: was pass, is pass\n", 1},
        {"a change between an alias and what it points to",
         "a. IN CNAME x. ; AD=1 NoError\n; x: gone: was pass\n", 2},
        {"no end of the line", "x. IN A 192.0.2.1 ; AD=1 NoError", 1},
        {"an empty line", A "\n", 2},
        {"upper case", "X. IN A 192.0.2.1 ; AD=1 NoError\n", 1},
        {"a name without its dot", "x IN A 192.0.2.1 ; AD=1 NoError\n", 1},
        {"an empty label", "x..y. IN A 192.0.2.1 ; AD=1 NoError\n", 1},
        {"an escape of a letter", "\\097. IN A 192.0.2.1 ; AD=1 NoError\n", 1},
        {"an octet above 255", "\\256. IN A 192.0.2.1 ; AD=1 NoError\n", 1},
        {"an address of another form", "x. IN A 192.0.2.01 ; AD=1 NoError\n", 1},
        {"IPv6 that could be shorter", "x. IN AAAA 2001:db8:0:0::1 ; AD=1 NoError\n", 1},
        {"a number too large", "x. IN MX 65536 x. ; AD=1 NoError\n", 1},
        {"upper-case hex", "x. IN DS 1 13 2 AB ; AD=1 NoError\n", 1},
        {"half a byte", "x. IN DS 1 13 2 abc ; AD=1 NoError\n", 1},
        {"base64 with loose bits", "x. IN DNSKEY 257 3 8 AwF= ; AD=1 NoError\n", 1},
        {"data of a denial", "x. IN A 192.0.2.1 ; AD=1 NXDomain\n", 1},
        {"no data and no error", "x. IN A ? ; AD=1 NoError\n", 1},
        {"a secure failure", "x. IN A ? ; AD=1 ServFail\n", 1},
        {"a number of an RCODE with a name", "x. IN A ? ; AD=0 RCODE2\n", 1},
        {"another type", "x. IN TXT ? ; AD=1 NODATA\n", 1},
        {"an alias to nowhere", "a. IN CNAME b. ; AD=1 NoError\n", 1},
        {"an alias to another", "a. IN CNAME b. ; AD=1 NoError\n" A, 2},
        {"a detail of nothing", "  ; huh\n", 1},
        {"a mark of direction", A "  ; EDE 22: \xd8\x9c\n", 2},
        {"what shows nothing", A "  ; EDE 22: \xe2\x80\x8b\n", 2},
        {"a control byte", A "x. IN A \033[31m? ; AD=0 timeout\n", 2},
        {"C1", "\xc2\x9b IN MX ? ; AD=0 Invalid\n", 1},
        {"no UTF-8", "\xc0\x8a IN MX ? ; AD=0 Invalid\n", 1},
        {"an escape that needs none", "\\x41 IN MX ? ; AD=0 Invalid\n", 1},
    };

    (void)state;
    CHECK(rows);
}

static void test_verdicts(void **state)
{
    static const struct row rows[] = {
        {"reserved", AT "address reserved\n", 0},
        {"a reply", AT "GREETING 554 5.7.1 no\\x0dway\n", 0},
        {"a reply without a text", AT "EHLO 502\n", 0},
        {"a timeout", A AT "STARTTLS timeout\n" A, 0},
        {"a bracket in a name", "  a[b[2001:db8::1]: TLS timeout\n", 0},
        {"dialogue", AT "EHLO connection closed\n         3 ms < 220 hi\n    reason: it is so\n", 0},

        {"a verdict nobody gives", AT "reached\n", 1},
        {"nothing after it", AT "connection failed: \n", 1},
        {"a code of success", AT "GREETING 250 ok\n", 1},
        {"a state that waits for no reply", AT "CONNECT timeout\n", 1},
        {"a name with its dot", "  mx.x.[192.0.2.1]: TLS timeout\n", 1},
        {"no address", "  mx.x[192.0.2]: TLS timeout\n", 1},
        {"dialogue of a record", A "         3 ms < 220 hi\n", 2},
        {"a direction", AT "TLS timeout\n         3 ms = 220 hi\n", 2},
        {"dialogue after the reason", AT "TLS timeout\n    reason: a\n         3 ms < 220 hi\n", 3},
        {"after no handshake", AT "TLS timeout\n" AT "EHLO-TLS timeout\n", 2},
        {"after another address", AT "tlsa-absent\n  mx.x[192.0.2.2]: EHLO-TLS timeout\n", 2},
        {"TLS without a handshake", AT "TLS timeout\n" TLS LEAF("nomatch"), 2},
        {"TLS of a record", A "  ; huh\n" TLS LEAF("nomatch"), 3},
    };

    (void)state;
    CHECK_BELOW_MX(rows);
}

static void test_certificates(void **state)
{
    static const struct row rows[] = {
        {"a pass", WHOLE, 0},
        {"two", WHOLE WHOLE A, 0},
        {"its second line", AT "tlsa-absent\n" AT "EHLO-TLS 421 bye\n" TLS LEAF("nomatch"), 0},
        {"an anchor only in DNS", AT "pass: TLSA match: depth = 1\n" TLS LEAF("nomatch"), 0},
        {"a stray", WHOLE "    belongs to no path\n" DATES KEY("matched", "2"), 0},
        {"an empty name", PASS TLS "    name = \n    name = x\n" LEAF("matched"), 0},

        {"a pass without a matched mark", AT "pass: TLSA match: depth = 0\n" TLS LEAF("nomatch"), 1},
        {"a pass by a mark elsewhere",
         AT "pass: TLSA match: depth = 1\n" TLS LEAF("matched") "    depth = 1\n" DATES
         KEY("nomatch", "2"), 1},
        {"a pass by a stray",
         AT "pass: TLSA match: depth = 0\n" TLS LEAF("nomatch") "    belongs to no path\n" DATES
         KEY("matched", "2"), 1},
        {"a name that is not the certificate's", PASS TLS "    name = y\n" LEAF("matched"), 1},
        {"no certificate", PASS TLS, 2},
        {"no mark", PASS TLS "    name = x\n    depth = 0\n" DATES, 6},
        {"no date", PASS TLS "    depth = 0\n" KEY("matched", "3"), 4},
        {"no day of the calendar",
         PASS TLS "    depth = 0\n      notBefore = 2026-02-29T00:00:00Z\n", 4},
        {"no key's mark", AT "tlsa-mismatch\n" TLS "    depth = 0\n" DATES
         "      full spki [nomatch] <- 3 1 0 ab\n", 1},
        {"marks out of order", AT "tlsa-mismatch\n" TLS LEAF("nomatch")
         "      cert sha256 [nomatch] <- 3 0 1 " HASH "\n", 7},
        {"the wrong usage", AT "tlsa-mismatch\n" TLS "    depth = 0\n" DATES KEY("nomatch", "2"), 6},
        {"a digest too short", AT "tlsa-mismatch\n" TLS LEAF("nomatch")
         "      pkey sha512 [nomatch] <- 3 1 2 " HASH "\n", 7},
        {"full data that is not shortened", AT "tlsa-mismatch\n" TLS LEAF("nomatch")
         "      full spki [nomatch] <- 3 1 0 0123456789ab0123456789ab0123\n", 7},
        {"a depth too many", WHOLE "    depth = 2\n", 8},
        {"a path after a stray", WHOLE "    belongs to no path\n" DATES KEY("matched", "2")
         "    depth = 1\n", 12},
        {"the issuer after the dates", AT "tlsa-mismatch\n" TLS "    depth = 0\n" DATES
         "      Issuer CommonName = x\n", 6},
        {"TLS twice", WHOLE TLS, 8},
    };

    (void)state;
    CHECK_BELOW_MX(rows);
}

/* A trace cut anywhere but between its lines is none. */
static void test_cut(void **state)
{
    struct grammar_complaint complaint;

    (void)state;
    for (size_t length = strlen(MX) + 1; length < strlen(MX WHOLE); length++)
        if (grammar_check(MX WHOLE, length, &complaint))
            assert_int_equal(length, strlen(MX PASS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),        cmocka_unit_test(test_dns),
        cmocka_unit_test(test_verdicts),     cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_cut),          cmocka_unit_test(test_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
