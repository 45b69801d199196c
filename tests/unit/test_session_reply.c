#include "session/reply.h"

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
    {"a first line is the server's name", "250-STARTTLS\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
     REPLY_DONE, 250, "STARTTLS PIPELINING 8BITMIME", false, 0},
    {"a first line alone", "250 STARTTLS\r\n", REPLY_DONE, 250, "STARTTLS", false, 0},
    {"a first line with more", "250 STARTTLS now\r\n", REPLY_DONE, 250, "STARTTLS now", false, 0},
    {"a server of that name", "250-STARTTLS\r\n250 STARTTLS\r\n", REPLY_DONE, 250,
     "STARTTLS STARTTLS", true, 0},
    {"after a first line without a name", "250-\r\n250-STARTTLS\r\n250 x\r\n", REPLY_DONE, 250,
     "STARTTLS x", false, 0},
    {"after a first line of blanks", "250- \t\r\n250-STARTTLS\r\n250 x\r\n", REPLY_DONE, 250,
     " \t STARTTLS x", false, 0},
    {"after a second line with the name", "250-\r\n250-mx\r\n250 STARTTLS\r\n", REPLY_DONE, 250,
     "mx STARTTLS", true, 0},
    {"two lines of one word in the text", "250-mx STARTTLS\r\n250 x\r\n", REPLY_DONE, 250,
     "mx STARTTLS x", false, 0},
    {"CR CR LF", "250-mx\r\r\n250-STARTTLS\r\r\n250 x\r\r\r\n", REPLY_DONE, 250, "mx STARTTLS x",
     true, 0},
    {"CR CR LF after a code", "250-\r\r\n250\r\r\n", REPLY_DONE, 250, "", false, 0},
    {"CRs alone", "\r\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"a CR inside a line", "250-mx\r\n250 STARTTLS\rx\r\n", REPLY_DONE, 250, "mx STARTTLS\rx",
     false, 0},
    {"a CR before a blank", "250-mx\r\n250 STARTTLS\r \r\n", REPLY_DONE, 250, "mx STARTTLS\r ",
     false, 0},
    {"a CR ends no line", "250-mx\r250 STARTTLS\r", REPLY_MORE, 0, NULL, false, 0},
    {"a CR instead of a separator", "250\rmx\r\n", REPLY_BAD, 0, NULL, false, 0},
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
    {"a letter for the second digit", "2x0 mx\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"a letter for the third digit", "25x mx\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"the byte after 9", "25: mx\r\n", REPLY_BAD, 0, NULL, false, 0},
    {"the byte before 0", "2/0 mx\r\n", REPLY_BAD, 0, NULL, false, 0},
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
        if (reply.starttls != row->starttls || reply.masked)
            fail_msg("%s in pieces of %zu: offer %d, mask %d", row->name, piece, reply.starttls,
                     reply.masked);
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

/* What a firewall's SMTP inspection leaves of extensions and greetings. */
static void test_masks(void **state)
{
    static const struct {
        const char *bytes;
        bool masked;
    } masks[] = {
        {"250-mx\r\n250-XXXXXXXA\r\n250 x\r\n", true},
        {"250-mx\r\n250 XXXXXXXX\r\n", true},
        {"250-mx\r\n250 XXXXXXXC x\r\n", true},
        {"250 XXXXXXXA\r\n", false}, /* the server's name */
        {"250-mx\r\n250 XXXXXXA\r\n", false},
        {"250-mx\r\n250 XXXXXXXXA\r\n", false},
        {"250-mx\r\n250 XXXXXXX1\r\n", false},
        {"250-mx\r\n250 xxxxxxxa\r\n", false},
        {"250-mx\r\n250 XCLIENTX\r\n", false},
        {"220 *****************\r\n", true},
        {"220 ********0*****2*** ***0\r\n", true},
        {"220 *******\r\n", false},
        {"220 *** mx.example.org ***********\r\n", false},
        {"220 2002 0220\r\n", false},
        {"220 ********1\r\n", false},
        {"220-mx\r\n220 *****************\r\n", false}, /* an ornament */
    };

    (void)state;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        struct reply reply;
        size_t taken;

        reply_init(&reply, LIMIT);
        assert_int_equal(reply_feed(&reply, masks[i].bytes, strlen(masks[i].bytes), &taken, NULL,
                                    NULL),
                         REPLY_DONE);
        if (reply.masked != masks[i].masked || reply.starttls)
            fail_msg("%s: %d", masks[i].bytes, reply.masked);
        reply_reset(&reply);
        assert_false(reply.masked);
        reply_fini(&reply);
    }
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
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
