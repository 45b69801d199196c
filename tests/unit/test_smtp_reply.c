#include "smtp/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"

enum { LIMIT = 64 };

struct row {
    const char *name;
    const char *bytes;
    enum reply_status status;
    unsigned code;
    const char *text;
    bool starttls;
    size_t left; /* bytes after the reply */
};

static const struct row rows[] = {
    {"one line", "220 mx ESMTP\r\n", REPLY_DONE, 220, "mx ESMTP", false, 0},
    {"several lines", "250-mx\r\n250-PIPELINING\r\n250 8BITMIME\r\n", REPLY_DONE, 250,
     "mx PIPELINING 8BITMIME", false, 0},
    {"STARTTLS", "250-mx\r\n250 STARTTLS\r\n", REPLY_DONE, 250, "mx STARTTLS", true, 0},
    {"odd case (E80)", "250-mx\r\n250 StartTls\r\n", REPLY_DONE, 250, "mx StartTls", true, 0},
    {"with arguments (E80)", "250-mx\r\n250-STARTTLS now\r\n250 X\r\n", REPLY_DONE, 250,
     "mx STARTTLS now X", true, 0},
    {"STARTTLSX is another", "250-mx\r\n250 STARTTLSX\r\n", REPLY_DONE, 250, "mx STARTTLSX",
     false, 0},
    {"XSTARTTLS is another", "250-mx\r\n250 XSTARTTLS\r\n", REPLY_DONE, 250, "mx XSTARTTLS",
     false, 0},
    {"LF only", "250-a\n250 b\n", REPLY_DONE, 250, "a b", false, 0},
    {"code alone", "250\r\n", REPLY_DONE, 250, "", false, 0},
    {"empty texts", "250-\r\n250 \r\n", REPLY_DONE, 250, "", false, 0},
    {"enhanced code", "554 5.7.1 no\r\n", REPLY_DONE, 554, "5.7.1 no", false, 0},
    {"bytes after the reply", "220 go\r\n250 injected\r\n", REPLY_DONE, 220, "go", false, 14},
    {"incomplete", "250-mx\r\n250 ST", REPLY_MORE, 0, NULL, false, 0},
    {"other code in a later line", "250-a\r\n251 b\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"no code", "hello\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"an empty line", "\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"code 000", "000 x\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"code 199", "199 x\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"code 600", "600 x\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"four digits", "2200 x\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"two digits", "25 x\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"a leading blank", " 250 x\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"line of 64, its end included",
     "250 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", REPLY_DONE, 250, NULL,
     false, 0},
    {"line of 65", "250 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
     REPLY_TOO_LONG, 0, NULL, false, 2},
    {"no end in sight", "250 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     REPLY_TOO_LONG, 0, NULL, false, 0},
};

static void check(const struct row *row, size_t piece)
{
    size_t length = strlen(row->bytes), at = 0;
    enum reply_status status = REPLY_MORE;
    struct reply reply;

    reply_init(&reply, LIMIT);
    while (at < length && status == REPLY_MORE) {
        size_t taken, count = piece < length - at ? piece : length - at;

        status = reply_feed(&reply, row->bytes + at, count, &taken, NULL, NULL);
        at += taken;
    }
    if (status != row->status)
        fail_msg("%s in pieces of %zu: status %d", row->name, piece, status);
    if (status == REPLY_DONE) {
        assert_int_equal(reply.code, row->code);
        assert_int_equal(reply.starttls, row->starttls);
        assert_int_equal(length - at, row->left);
        if (row->text != NULL) {
            assert_int_equal(reply.text.length, strlen(row->text));
            assert_memory_equal(reply.text.length > 0 ? reply.text.data : "", row->text,
                                reply.text.length);
        }
    }
    reply_fini(&reply);
}

/* The same bytes in other pieces give the same result. */
static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t piece = 1; piece <= strlen(rows[i].bytes); piece++)
            check(&rows[i], piece);
}

static void test_lines(void **state)
{
    struct reply reply;
    size_t taken;

    (void)state;
    reply_init(&reply, LIMIT);
    for (unsigned i = 0; i < LIMIT_REPLY_LINES; i++)
        assert_int_equal(reply_feed(&reply, "250-x\r\n", 7, &taken, NULL, NULL), REPLY_MORE);
    assert_int_equal(reply_feed(&reply, "250 x\r\n", 7, &taken, NULL, NULL), REPLY_TOO_LONG);
    reply_reset(&reply);
    assert_int_equal(reply_feed(&reply, "220 x\r\n", 7, &taken, NULL, NULL), REPLY_DONE);
    assert_int_equal(reply.code, 220);
    reply_fini(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
