/* What changed since the last run, in every format that tells it, byte for byte. */
#include "report/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/grammar.h"

static const struct lookup ds = {.name = "x.", .owner = "x.", .type = RECORD_DS, .ad = true,
                                 .status = LOOKUP_NODATA};
static const struct lookup bogus = {.name = "x.", .owner = "x.", .type = RECORD_DS,
                                    .status = LOOKUP_SERVFAIL};
static const struct finding failed = {.code = FINDING_LOOKUP_FAILED, .lookup = &bogus};
static const struct domain good = {.input = "X", .name = "x.", .lookups = {&ds},
                                   .lookup_count = 1, .walked = true};
static const struct domain bad = {.input = "X", .name = "x.", .lookups = {&bogus},
                                  .lookup_count = 1, .walked = true, .findings = &failed,
                                  .finding_count = 1};

static const struct finding invalid = {.code = FINDING_DOMAIN_INVALID};
static const struct domain nothing = {.input = "", .findings = &invalid, .finding_count = 1};

static const struct standing mismatched = {FINDING_TLSA_MISMATCH, 1, 0};
static const struct change worse = {CHANGE_WORSE, {FINDING_CODES, 0, 0}};
static const struct change better = {CHANGE_BETTER, {FINDING_TLSA_MISMATCH, 1, 0}};
static const struct change new = {CHANGE_NEW, {FINDING_CODES, 0, 0}};

/* All of it with -q, which leaves out nothing that changed. */
static void check(const char *name, const struct domain *domain, const struct change *change,
                  const char *wanted)
{
    const struct trace_options trace = {.quiet = true};
    const struct report_options options = {.trace = &trace};
    const struct report_sum sum = {.whole = true};
    struct grammar_complaint complaint;
    struct report report;
    struct buffer out;

    buffer_init(&out, 0);
    report_begin(&report, report_format_find(name), &options);
    if (domain != NULL)
        report_domain(&report, domain, change, &out);
    else
        report_gone(&report, "x", &mismatched, &out);
    report_end(&report, &sum, 0, &out);
    assert_string_equal(out.data, wanted);
    if (strcmp(name, "trace") == 0 && !grammar_check(out.data, out.length, &complaint))
        fail_msg("grammar: %s", complaint.what);
    buffer_fini(&out);
}

static void test_trace(void **state)
{
    (void)state;
    check("trace", &good, &better, "; X: better: was fail (tlsa-mismatch), is pass\n");
    check("trace", &bad, &worse,
          "; X: worse: was pass, is fail (lookup-failed): the look-up of DS x failed: ServFail\n"
          "x. IN DS ? ; AD=0 ServFail\n");
    check("trace", &bad, &new,
          "; X: new, is fail (lookup-failed): the look-up of DS x failed: ServFail\n"
          "x. IN DS ? ; AD=0 ServFail\n");
    check("trace", NULL, NULL, "; x: gone: was fail (tlsa-mismatch)\n");
    check("trace", &nothing, &new, "; : new, is fail (domain-invalid):  is no domain name\n"
          " IN MX ? ; AD=0 Invalid\n");
}

static void test_summary(void **state)
{
    (void)state;
    check("summary", &good, &better, "X\tpass\t\tbetter: was fail (tlsa-mismatch)\n");
    check("summary", &bad, &worse,
          "X\tfail\tthe look-up of DS x failed: ServFail\tworse: was pass\n");
    check("summary", &bad, &new, "X\tfail\tthe look-up of DS x failed: ServFail\tnew\n");
    check("summary", NULL, NULL, "x\tgone\t\tgone: was fail (tlsa-mismatch)\n");
}

/* The end of the object; what comes before it is no business of a change. */
static void check_json(const struct domain *domain, const struct change *change,
                       const char *wanted)
{
    const struct trace_options trace = {.quiet = true};
    const struct report_options options = {.trace = &trace};
    const struct report_sum sum = {.whole = true};
    struct report report;
    struct buffer out;

    buffer_init(&out, 0);
    report_begin(&report, report_format_find("json"), &options);
    report_domain(&report, domain, change, &out);
    report_end(&report, &sum, 0, &out);
    assert_true(out.length > strlen(wanted));
    assert_string_equal(out.data + out.length - strlen(wanted), wanted);
    buffer_fini(&out);
}

static void test_json(void **state)
{
    (void)state;
    check_json(&good, &better,
               ",\"change\":{\"kind\":\"better\","
               "\"was\":{\"verdict\":\"fail\",\"reason\":\"tlsa-mismatch\"}}}\n");
    check_json(&bad, &worse,
               ",\"change\":{\"kind\":\"worse\",\"was\":{\"verdict\":\"pass\",\"reason\":null}}}\n");
    check_json(&bad, &new, ",\"change\":{\"kind\":\"new\",\"was\":null}}\n");
    check("json", NULL, NULL,
          "{\"schema\":1,\"input\":\"x\",\"change\":{\"kind\":\"gone\","
          "\"was\":{\"verdict\":\"fail\",\"reason\":\"tlsa-mismatch\"}}}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
