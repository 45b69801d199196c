#include "history/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"

struct mark { /* of a domain of the list */
    bool done : 1;
    bool wrong : 1;
    uint32_t digest : 30;
};

struct journal {
    const char *option, *path; /* for messages */
    FILE *file;
    struct mark *marks; /* by position */
    size_t count;       /* of them */
    size_t lines;
};

/* Cut to the size of a mark's. */
static uint32_t digest_of(const char *domain, size_t length)
{
    return text_hash((struct bytes){(const uint8_t *)domain, length}) >> 2;
}

static void set_mark(struct journal *journal, size_t position, struct mark mark)
{
    if (position >= journal->count) {
        size_t count = position * 2 + 1024;

        journal->marks = memory_resize(journal->marks, count, sizeof *journal->marks);
        memset(journal->marks + journal->count, 0,
               (count - journal->count) * sizeof *journal->marks);
        journal->count = count;
    }
    journal->marks[position] = mark;
}

/*
 * "POSITION STATUS DOMAIN\n"; false where it is none. A run has a bounded number of domains in
 * flight, so a position is never far above the number of lines.
 */
static bool read_line(struct journal *journal, const char *line, size_t length)
{
    size_t most = journal->lines + LIMIT_DOMAINS_IN_FLIGHT + LIMIT_PROBES + LIMIT_STALLED;
    unsigned long long position;
    char *end;

    errno = 0;
    position = strtoull(line, &end, 10);
    if (line[0] < '0' || line[0] > '9' || errno != 0 || position > most)
        return false;
    if (end[0] != ' ' || (end[1] != '0' && end[1] != '1') || end[2] != ' ')
        return false;
    journal->lines++;
    set_mark(journal, (size_t)position,
             (struct mark){.done = true,
                           .wrong = end[1] == '1',
                           .digest = digest_of(end + 3, length - 1 - (size_t)(end + 3 - line))});
    return true;
}

/* The beginning of a line, as a kill leaves it: anything else is somebody's file. */
static bool is_cut_line(const char *line)
{
    size_t digits = strspn(line, "0123456789");
    const char *rest = line + digits;

    if (digits == 0)
        return false;
    if (rest[0] == '\0')
        return true;
    return rest[0] == ' ' && (rest[1] == '\0' || ((rest[1] == '0' || rest[1] == '1') &&
                                                  (rest[2] == '\0' || rest[2] == ' ')));
}

/* False: not a journal. *whole: the bytes of its whole lines. */
static bool read_lines(struct journal *journal, off_t *whole)
{
    char line[LIMIT_NAME_TEXT + 32];

    while (fgets(line, sizeof line, journal->file) != NULL) {
        size_t length = strlen(line);

        if (length == 0 || line[length - 1] != '\n')
            return feof(journal->file) && is_cut_line(line);
        if (!read_line(journal, line, length))
            return false;
        *whole += (off_t)length;
    }
    return true;
}

static bool refuse(const struct journal *journal, const char *what, struct failure *failure)
{
    return failure_set(failure, "%s %s: %s", journal->option, journal->path, what);
}

/* Reads what is there and leaves the file ready for the next line. */
static bool read_all(struct journal *journal, struct failure *failure)
{
    off_t whole = 0;

    if (!read_lines(journal, &whole))
        return refuse(journal, "not a journal", failure);
    if (ferror(journal->file) || ftruncate(fileno(journal->file), whole) != 0 ||
        fseeko(journal->file, whole, SEEK_SET) != 0)
        return refuse(journal, strerror(errno), failure);
    return true;
}

/* A device would have no end, or no beginning. */
static bool claim(const struct journal *journal, int fd, struct failure *failure)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return refuse(journal, "not a regular file", failure);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    return refuse(journal, errno == EWOULDBLOCK ? "another run writes to it" : strerror(errno),
                  failure);
}

struct journal *journal_open(const char *option, const char *path, struct failure *failure)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    struct journal *journal = memory_new(1, sizeof *journal);

    journal->option = option;
    journal->path = path;
    journal->file = fd >= 0 ? fdopen(fd, "r+") : NULL;
    if (journal->file == NULL) {
        refuse(journal, strerror(errno), failure);
        if (fd >= 0)
            close(fd);
    } else if (claim(journal, fd, failure) && read_all(journal, failure)) {
        return journal;
    }
    journal_close(journal);
    return NULL;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->file != NULL)
        (void)fclose(journal->file); /* each line was flushed */
    free(journal->marks);
    free(journal);
}

enum journal_status journal_look(const struct journal *journal, size_t position,
                                 const char *domain, enum exit_status *status)
{
    struct mark mark;

    if (position >= journal->count || !journal->marks[position].done)
        return JOURNAL_OPEN;
    mark = journal->marks[position];
    *status = mark.wrong ? EXIT_WRONG : EXIT_SECURE;
    return mark.digest == digest_of(domain, strlen(domain)) ? JOURNAL_DONE : JOURNAL_ANOTHER;
}

bool journal_fits(const struct journal *journal, size_t count)
{
    for (size_t i = count; i < journal->count; i++)
        if (journal->marks[i].done)
            return false;
    return true;
}

bool journal_add(struct journal *journal, size_t position, enum exit_status status,
                 const char *domain, struct failure *failure)
{
    int written = fprintf(journal->file, "%zu %d %s\n", position, (int)status, domain);

    if (written > 0 && fflush(journal->file) == 0)
        return true;
    return refuse(journal, strerror(errno), failure);
}
