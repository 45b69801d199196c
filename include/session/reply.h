/*
 * Incremental parser of one SMTP reply (RFC 5321 section 4.2): lenient in form (LF only, any number
 * of CRs before it, codes without text, any case), strict in size and in what a code is.
 */
#ifndef MXDANE_SESSION_REPLY_H
#define MXDANE_SESSION_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "model/excess.h"

enum reply_status {
    REPLY_MORE,
    REPLY_DONE,
    REPLY_BAD,     /* a line that is no reply line, or another code than the lines before */
    REPLY_TOO_LONG /* `excess`: a line above the limit, or more than LIMIT_REPLY_LINES lines */
};

struct reply {
    struct buffer line; /* without its line end */
    struct buffer text; /* the lines' texts, joined by a blank */
    size_t line_limit;  /* bytes, line end included */
    unsigned lines;
    unsigned code; /* 200-599 */
    enum excess excess;
    bool named;    /* the line with the server's name came */
    bool starttls; /* a keyword is STARTTLS, RFC 3207 section 4 */
    bool masked;   /* a firewall wrote over the greeting, or over a keyword as long as STARTTLS */
};

/* Called with each whole line, without its line end; NULL: nobody. */
typedef void reply_line(void *argument, const char *line, size_t length);

void reply_init(struct reply *reply, size_t line_limit);
void reply_fini(struct reply *reply);

/* Forgets the last reply. */
void reply_reset(struct reply *reply);

/* Takes bytes up to the reply's end; *taken says how many. */
enum reply_status reply_feed(struct reply *reply, const char *data, size_t length, size_t *taken,
                             reply_line *on_line, void *argument);

#endif
