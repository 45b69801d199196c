/* The input is what a server says: one reply, in whatever pieces. */
#include "session/reply.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "fuzz/fuzz.h"

struct outcome {
    enum reply_status status;
    size_t taken;
    struct reply reply;
    struct buffer lines; /* each with a newline */
    bool named;          /* the server's name and greeting came, RFC 5321 section 4.1.1.1 */
    bool starttls;       /* a line after that offers it, as RFC 3207 section 4 has it */
};

static void on_line(void *argument, const char *line, size_t length)
{
    struct outcome *outcome = argument;

    buffer_add(&outcome->lines, line, length);
    buffer_add(&outcome->lines, "\n", 1);
    fuzz_require(length == 0 || line[length - 1] != '\r', "no CR before the LF is left");
    outcome->starttls |= outcome->named && length >= 12 && strncasecmp(line + 4, "STARTTLS", 8) == 0 &&
                         (length == 12 || line[12] == ' ' || line[12] == '\t');
    for (size_t i = 4; i < length; i++)
        outcome->named |= line[i] != ' ' && line[i] != '\t';
}

static void outcome_init(struct outcome *outcome, size_t line_limit)
{
    *outcome = (struct outcome){.status = REPLY_MORE};
    reply_init(&outcome->reply, line_limit);
    buffer_init(&outcome->lines, 0);
}

static void outcome_fini(struct outcome *outcome)
{
    reply_fini(&outcome->reply);
    buffer_fini(&outcome->lines);
}

static void feed(struct outcome *outcome, struct bytes piece)
{
    size_t taken;

    outcome->status = reply_feed(&outcome->reply, (const char *)piece.data, piece.length, &taken,
                                 on_line, outcome);
    fuzz_require(taken <= piece.length, "no more is taken than there is");
    fuzz_require(outcome->status != REPLY_MORE || taken == piece.length,
                 "more is wanted only where all is taken");
    outcome->taken += taken;
}

static void feed_pieces(struct outcome *outcome, struct bytes input, struct fuzz_pieces pieces)
{
    while (input.length > 0 && outcome->status == REPLY_MORE)
        feed(outcome, fuzz_take(&input, pieces.state == 0 ? 1 : fuzz_piece(&pieces, input.length)));
}

static bool same_buffer(const struct buffer *left, const struct buffer *right)
{
    return left->length == right->length &&
           (left->length == 0 || memcmp(left->data, right->data, left->length) == 0);
}

static void check_same(const struct outcome *whole, const struct outcome *cut)
{
    fuzz_require(whole->status == cut->status, "pieces: the same status");
    fuzz_require(whole->reply.code == cut->reply.code, "pieces: the same code");
    fuzz_require(whole->reply.lines == cut->reply.lines, "pieces: as many lines");
    fuzz_require(whole->reply.starttls == cut->reply.starttls, "pieces: the same offer");
    fuzz_require(whole->reply.masked == cut->reply.masked, "pieces: the same mask");
    fuzz_require(same_buffer(&whole->reply.text, &cut->reply.text), "pieces: the same text");
    fuzz_require(same_buffer(&whole->lines, &cut->lines), "pieces: the same lines");
    fuzz_require(whole->status != REPLY_DONE || whole->taken == cut->taken, "pieces: the same end");
}

static void check_done(const struct outcome *outcome)
{
    const struct reply *reply = &outcome->reply;

    fuzz_require(reply->code >= 200 && reply->code <= 599, "a code is from 200 to 599");
    fuzz_require(reply->lines >= 1 && reply->lines <= LIMIT_REPLY_LINES, "lines are limited");
    fuzz_require(reply->starttls == outcome->starttls, "STARTTLS is an extension's keyword");
}

static void check(struct bytes input, size_t line_limit)
{
    struct outcome whole, cut;

    outcome_init(&whole, line_limit);
    feed(&whole, input);
    if (whole.status == REPLY_DONE)
        check_done(&whole);
    for (uint32_t seed = 0; seed < 4; seed++) {
        outcome_init(&cut, line_limit);
        feed_pieces(&cut, input, (struct fuzz_pieces){seed * (uint32_t)(input.length + 1)});
        check_same(&whole, &cut);
        outcome_fini(&cut);
    }
    outcome_fini(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};

    check(input, 64);
    check(input, 4096);
    return 0;
}
