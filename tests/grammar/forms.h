/*
 * The fields of the trace's lines, as contract.md sections 3 and 4 have them: each form says
 * whether a text, from its first to its last byte, is such a field. Written against the contract,
 * not against src/: nothing of the program is used here.
 */
#ifndef MXDANE_TESTS_GRAMMAR_FORMS_H
#define MXDANE_TESTS_GRAMMAR_FORMS_H

#include <stdbool.h>
#include <stddef.h>

struct span { /* a part of a line */
    const char *text;
    size_t length;
};

/* "ipv4", "name"...: see the table at the end of forms.c. */
bool form_is(struct span name, struct span field);

/* Whether a form of this name exists: the grammar's table is checked against it. */
bool form_exists(struct span name);

/* UTF-8 without a byte or a code point that a terminal acts upon. */
bool form_is_printable(struct span line);

bool span_is(struct span span, const char *text);
bool span_equal(struct span left, struct span right);

/* The digits of a field that is a number. */
unsigned long span_number(struct span digits);

#endif
