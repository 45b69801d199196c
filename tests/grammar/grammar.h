/*
 * The grammar of the trace, for tests: every line that contract.md sections 3 and 4 know, those
 * that -v adds, and in which order the lines of an address stand. Without -g and colour.
 */
#ifndef MXDANE_TESTS_GRAMMAR_GRAMMAR_H
#define MXDANE_TESTS_GRAMMAR_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

struct grammar_complaint {
    size_t line; /* from 1 */
    const char *what;
};

/* Whether `text` is whole blocks of a trace; else the first line that is not, and why. */
bool grammar_check(const char *text, size_t length, struct grammar_complaint *complaint);

/* Whether every field that the table of lines names is a form. */
bool grammar_is_sound(void);

#endif
