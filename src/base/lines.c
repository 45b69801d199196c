#include "base/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_all(FILE *file, const char *what, lines_reader *reader, void *argument,
                     struct failure *failure)
{
    char *line = NULL;
    size_t size = 0, number = 0;
    bool good = true;
    ssize_t length;

    while (good && (length = getline(&line, &size, file)) > 0)
        good = reader(argument, line, (size_t)length, ++number, failure);
    if (good && feof(file) == 0) /* an error, or no memory for a line */
        good = failure_set(failure, "%s: %s", what, strerror(errno));
    free(line);
    return good;
}

bool lines_read(const char *path, const char *what, lines_reader *reader, void *argument,
                struct failure *failure)
{
    FILE *file = fopen(path, "re");
    bool good;

    if (file == NULL)
        return failure_set(failure, "%s: %s", what, strerror(errno));
    good = read_all(file, what, reader, argument, failure);
    (void)fclose(file); /* only read */
    return good;
}
