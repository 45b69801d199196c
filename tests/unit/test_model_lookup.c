/* The RCODE column, in words and as a number. */
#include "model/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct row {
    enum lookup_status status;
    const char *words;
    int rcode;
} rows[] = {
    {LOOKUP_NOERROR, "NoError", 0},       {LOOKUP_NODATA, "NODATA", 0},
    {LOOKUP_FORMERR, "FormErr", 1},       {LOOKUP_SERVFAIL, "ServFail", 2},
    {LOOKUP_NXDOMAIN, "NXDomain", 3},     {LOOKUP_NOTIMP, "NotImp", 4},
    {LOOKUP_REFUSED, "Refused", 5},       {LOOKUP_RCODE, "RCODE3841", 3841},
    {LOOKUP_TIMEOUT, "timeout", -1},      {LOOKUP_TLD_MX_HOST, "TldMXHost", -1},
    {LOOKUP_CNAME_ERROR, "CnameErr", -1},
};

/* What was received counts for LOOKUP_RCODE only: a bogus answer is no NoError. */
static void test_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lookup lookup = {.status = rows[i].status, .rcode = 3841};
        struct buffer words;

        buffer_init(&words, 0);
        lookup_add_status(&words, &lookup);
        assert_string_equal(words.data, rows[i].words);
        assert_int_equal(lookup_rcode(&lookup), rows[i].rcode);
        buffer_fini(&words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_status)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
