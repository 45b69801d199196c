/* Reads a trace from standard input; says which line is none of a trace. Exit status 0 or 1. */
#include <stdio.h>

#include "base/buffer.h"
#include "grammar/grammar.h"

int main(void)
{
    struct grammar_complaint complaint;
    struct buffer text;
    char chunk[65536];
    size_t count;
    bool good;

    buffer_init(&text, 0);
    while ((count = fread(chunk, 1, sizeof chunk, stdin)) > 0)
        buffer_add(&text, chunk, count);
    good = grammar_check(text.length > 0 ? text.data : "", text.length, &complaint);
    if (!good)
        printf("line %zu: %s\n", complaint.line, complaint.what);
    buffer_fini(&text);
    return good && !ferror(stdin) ? 0 : 1;
}
