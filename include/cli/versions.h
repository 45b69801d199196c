/*
 * What -V prints: this program's version and those of its libraries, as a report of a defect needs
 * them.
 */
#ifndef MXDANE_CLI_VERSIONS_H
#define MXDANE_CLI_VERSIONS_H

#include <stdio.h>

/* A line each: what is running here, and what the program was built with. */
void versions_print(FILE *file);

#endif
