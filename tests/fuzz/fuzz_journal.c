/* The input is a journal. */
#include "history/journal.h"

#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "fuzz/fuzz.h"

enum { POSITIONS = 64 };

static size_t whole_lines(struct bytes content)
{
    const uint8_t *end = content.length > 0 ? memrchr(content.data, '\n', content.length) : NULL;

    return end != NULL ? (size_t)(end - content.data) + 1 : 0;
}

static off_t file_size(const struct fuzz_file *file)
{
    return lseek(file->fd, 0, SEEK_END);
}

/* What is added is there when the journal is opened again, and what was there still is. */
static void check_added(const struct fuzz_file *file, struct journal *journal)
{
    static const char domain[] = "added.example";
    enum journal_status before[POSITIONS], after;
    enum exit_status status[POSITIONS], again;
    struct failure failure;

    for (size_t i = 0; i < POSITIONS; i++)
        before[i] = journal_look(journal, i, domain, &status[i]);
    fuzz_require(journal_add(journal, 3, EXIT_WRONG, domain, &failure), "it can be written to");
    journal_close(journal);
    journal = journal_open("--journal", file->path, &failure);
    fuzz_require(journal != NULL, "what was written can be read");
    for (size_t i = 0; i < POSITIONS; i++) {
        after = journal_look(journal, i, domain, &again);
        if (i == 3)
            fuzz_require(after == JOURNAL_DONE && again == EXIT_WRONG, "what is added is done");
        else
            fuzz_require(after == before[i] && (after == JOURNAL_OPEN || again == status[i]),
                         "the others are as before");
    }
    journal_close(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes content = {data, size};
    struct failure failure = {{0}};
    struct fuzz_file file;
    struct journal *journal;

    fuzz_file_open(&file, content);
    journal = journal_open("--journal", file.path, &failure);
    if (journal == NULL) {
        fuzz_require(failure.text[0] != '\0', "a failure says why");
        fuzz_require(file_size(&file) == (off_t)size, "what is no journal is not touched");
    } else {
        fuzz_require(file_size(&file) == (off_t)whole_lines(content),
                     "only an unfinished line is cut off");
        check_added(&file, journal);
    }
    fuzz_file_close(&file);
    return 0;
}
