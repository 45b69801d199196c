#include "base/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* What mkostemp makes is for its owner alone; the file is to be as one made by a redirection. */
static bool open_up(int fd)
{
    mode_t mask = umask(0);

    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

/* The file that a link leads to is replaced, not the link; a device or a pipe never is. */
static char *resolve(const struct replacement *replacement, struct failure *failure)
{
    struct stat status;
    char *path = realpath(replacement->name, NULL);

    if (path == NULL && errno == ENOENT)
        return memory_dup(replacement->name);
    if (path == NULL)
        replacement_fail(replacement, failure);
    else if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        failure_set(failure, "%s %s: is not a regular file", replacement->option,
                    replacement->name);
    else
        return path;
    free(path);
    return NULL;
}

bool replacement_open(struct replacement *replacement, const char *option, const char *name,
                      struct failure *failure)
{
    static const char suffix[] = ".XXXXXX";
    size_t size;

    *replacement = (struct replacement){.option = option, .name = name, .fd = -1};
    replacement->path = resolve(replacement, failure);
    if (replacement->path == NULL)
        return false;
    size = strlen(replacement->path) + sizeof suffix;
    replacement->temporary = memory_new(size, 1);
    snprintf(replacement->temporary, size, "%s%s", replacement->path, suffix);
    replacement->fd = mkostemp(replacement->temporary, O_CLOEXEC);
    if (replacement->fd < 0) {
        replacement_fail(replacement, failure);
        free(replacement->temporary);
        replacement->temporary = NULL; /* it was never made */
    } else if (open_up(replacement->fd)) {
        return true;
    } else {
        replacement_fail(replacement, failure);
    }
    replacement_close(replacement);
    return false;
}

bool replacement_publish(struct replacement *replacement, struct failure *failure)
{
    if (fsync(replacement->fd) != 0 || rename(replacement->temporary, replacement->path) != 0)
        return replacement_fail(replacement, failure);
    free(replacement->temporary);
    replacement->temporary = NULL;
    return true;
}

void replacement_close(struct replacement *replacement)
{
    if (replacement->temporary != NULL)
        unlink(replacement->temporary);
    if (replacement->fd >= 0)
        close(replacement->fd);
    free(replacement->temporary);
    free(replacement->path);
    *replacement = (struct replacement){.fd = -1};
}

bool replacement_fail(const struct replacement *replacement, struct failure *failure)
{
    return failure_set(failure, "%s %s: %s", replacement->option, replacement->name,
                       strerror(errno));
}
