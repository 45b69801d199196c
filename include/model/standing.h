/*
 * How a domain stands, in the few words that a later run compares itself with, and what became of
 * it since. Advice does not count: a domain stands as its warnings and failures say.
 */
#ifndef MXDANE_MODEL_STANDING_H
#define MXDANE_MODEL_STANDING_H

#include <stdint.h>

#include "base/buffer.h"
#include "model/domain.h"
#include "model/finding.h"

struct standing {
    enum finding_code reason; /* of the weightiest finding; FINDING_CODES: nothing is wrong */
    uint32_t count;           /* of findings, from warnings on */
    uint32_t digest;          /* of what they are about, in whatever order */
};

enum change_kind {
    CHANGE_NONE,
    CHANGE_WORSE,  /* a weightier reason, or more findings */
    CHANGE_BETTER, /* a lighter reason, or fewer findings */
    CHANGE_OTHER,  /* neither, but about something else */
    CHANGE_NEW     /* not known before, and something is wrong with it */
};

struct change {
    enum change_kind kind;
    struct standing was; /* of CHANGE_NEW: nothing is wrong */
};

/* Where the domain fails, its reason is one for failing. Its findings were found. */
struct standing standing_of(const struct domain *domain);

struct change standing_compare(const struct standing *was, const struct standing *is);

/* What `is` of a domain of which nothing was known amounts to. */
struct change standing_first(const struct standing *is);

/* "pass", "untested", "unprotected" or "fail". */
const char *standing_outcome(const struct standing *standing);

/* The id of the reason; NULL: there is none. */
const char *standing_reason(const struct standing *standing);

/* "worse", "better", "other", "new"; CHANGE_NONE has none. */
const char *change_name(enum change_kind kind);

/* "pass", "pass (cert-expires-soon)", "fail (tlsa-mismatch)". */
void standing_add_text(struct buffer *out, const struct standing *standing);

/* Appends "worse: was fail (tlsa-mismatch)"; "new". */
void change_add_text(struct buffer *out, const struct change *change);

#endif
