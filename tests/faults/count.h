/*
 * Counts allocations; number MXDANE_FAIL_ALLOCATION fails, once. How many there were goes to
 * descriptor MXDANE_COUNT_TO at the end.
 */
#ifndef MXDANE_TESTS_FAULTS_COUNT_H
#define MXDANE_TESTS_FAULTS_COUNT_H

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_ulong allocations, failing;
static int count_to = -1;

static unsigned long number_from(const char *variable)
{
    const char *text = getenv(variable);

    return text != NULL ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    failing = number_from("MXDANE_FAIL_ALLOCATION");
    count_to = (int)number_from("MXDANE_COUNT_TO");
    allocations = 0;
}

__attribute__((destructor)) static void end(void)
{
    if (count_to > 0)
        dprintf(count_to, "%lu\n", (unsigned long)allocations);
}

static int fails(void)
{
    if (++allocations != failing)
        return 0;
    errno = ENOMEM;
    return 1;
}

#endif
