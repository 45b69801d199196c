/*
 * What there is to say of a domain, line by line: what a line is, how it is to be taken, and its
 * text. The tone is the model's word: no reporter guesses it from a text that a peer may have chosen.
 */
#ifndef MXDANE_REPORT_LINES_H
#define MXDANE_REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "model/domain.h"
#include "model/standing.h"

enum line_kind {
    LINE_CHANGE, /* since the last run */
    LINE_ALIAS,
    LINE_RECORD,
    LINE_LIMIT, /* that was exceeded by what the line above is of */
    LINE_DETAIL,
    LINE_FINDING,
    LINE_VERDICT,
    LINE_AFTER, /* how the session ended after the handshake */
    LINE_DIALOGUE,
    LINE_REASON,
    LINE_TLS,
    LINE_NAME,
    LINE_DEPTH,
    LINE_FIELD, /* of a certificate */
    LINE_MARK
};

enum line_tone { TONE_PLAIN, TONE_GOOD, TONE_BAD };

struct line {
    enum line_kind kind;
    enum line_tone tone;
    const char *text; /* escaped, without a newline; a NUL is behind it */
    size_t length;
};

struct lines { /* where they go, one by one */
    void (*take)(void *argument, const struct line *line);
    void *argument;
    bool quiet;                  /* only what is wrong */
    bool verbose;                /* and all that lies behind it */
    struct buffer text;          /* of the line in hand */
    const struct domain *domain; /* in hand */
};

/* The line in hand is whole: it is taken, and the next one begins. */
void lines_end(struct lines *lines, enum line_kind kind, enum line_tone tone);

/* All of one domain, in the order of the trace. */
void lines_of_domain(struct lines *lines, const struct domain *domain);

/* The line before them that says what changed since the last run: "; x.org: worse: was pass". */
void lines_of_change(struct lines *lines, const struct domain *domain,
                     const struct change *change);

#endif
