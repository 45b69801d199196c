/*
 * The input is a resolv.conf, and an argument of -n on each line. The linker puts the fopen below
 * in place of libc's: the file's name is fixed.
 */
#include "dns/nameserver.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/options.h"
#include "fuzz/fuzz.h"
#include "grammar/forms.h"

enum { ARGUMENTS_MAX = 4, WORD_MAX = 64 };

static const char *resolv_conf; /* what is read for it */

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return __real_fopen(strcmp(path, "/etc/resolv.conf") == 0 ? resolv_conf : path, mode);
}

static bool is_loopback(const struct nameserver *nameserver)
{
    struct in6_addr address;

    memcpy(&address, nameserver->bytes, sizeof address);
    if (!nameserver->ipv6)
        return address.s6_addr[0] == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&address) ||
           (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == IN_LOOPBACKNET);
}

static void check_same(const struct nameserver *nameserver, const struct buffer *text)
{
    struct nameserver again;

    fuzz_require(nameserver_parse(&again, text->data) && again.ipv6 == nameserver->ipv6 &&
                     again.port == nameserver->port &&
                     memcmp(again.bytes, nameserver->bytes, sizeof again.bytes) == 0,
                 "an address that is written again is the same");
}

static void check_again(const struct nameserver *nameserver, const char *address)
{
    struct buffer text;

    buffer_init(&text, 0);
    buffer_printf(&text, "%s@%u", address, nameserver->port);
    check_same(nameserver, &text);
    buffer_clear(&text);
    buffer_printf(&text, "[%s]@%u", address, nameserver->port);
    if (nameserver->ipv6)
        check_same(nameserver, &text);
    buffer_fini(&text);
}

static void check_taken(const struct nameserver *nameserver, const char *text)
{
    char address[INET6_ADDRSTRLEN];

    inet_ntop(nameserver->ipv6 ? AF_INET6 : AF_INET, nameserver->bytes, address, sizeof address);
    fuzz_require(strspn(text, "0123456789abcdefABCDEF:.@[]") == strlen(text),
                 "what is taken can be printed as it is");
    fuzz_require(nameserver->port > 0, "there is a port");
    fuzz_require(strchr(text, '@') != NULL || nameserver->port == 53, "without one it is DNS's");
    fuzz_require(nameserver->ipv6 || strcspn(text, "@") == strlen(address),
                 "an IPv4 address has no other form");
    fuzz_require(nameserver_is_local(nameserver) == is_loopback(nameserver),
                 "local is what loopback is");
    check_again(nameserver, address);
}

static void check_refused(const char *text, const char *more)
{
    struct nameserver nameserver;
    struct buffer spoilt;

    buffer_init(&spoilt, 0);
    buffer_puts(&spoilt, text);
    buffer_puts(&spoilt, more);
    fuzz_require(!nameserver_parse(&nameserver, spoilt.data), "nothing stands behind an address");
    buffer_fini(&spoilt);
}

static void check_argument(const char *text)
{
    struct nameserver nameserver;

    if (!nameserver_parse(&nameserver, text))
        return;
    check_taken(&nameserver, text);
    check_refused(text, " ");
    check_refused(text, "x");
    check_refused(text, "@");
    if (strchr(text, '@') != NULL)
        check_refused(text, "@53");
}

struct words {
    const char *list[LIMIT_NAMESERVERS + 1]; /* the last is one too many */
    size_t count;
};

/* The word behind "nameserver", if that is what the line has; ended where it ends. */
static const char *word_of(char *line)
{
    static const char key[] = "nameserver", blank[] = " \t\n\v\f\r";
    char *word = line + sizeof key - 1;

    if (strncmp(line, key, sizeof key - 1) != 0 || (*word != ' ' && *word != '\t'))
        return NULL;
    word += strspn(word, blank);
    word[strcspn(word, blank)] = '\0';
    return word[0] != '\0' ? word : NULL;
}

static void words_read(struct words *words, struct bytes content, struct arena *arena)
{
    words->count = 0;
    while (content.length > 0 && words->count <= LIMIT_NAMESERVERS) {
        const uint8_t *end = memchr(content.data, '\n', content.length);
        size_t length = end != NULL ? (size_t)(end - content.data) + 1 : content.length;
        struct bytes line = fuzz_take(&content, length);
        const char *word = word_of(arena_text(arena, (const char *)line.data, line.length));

        if (word != NULL)
            words->list[words->count++] = word;
    }
}

static bool can_be_read(const struct words *words)
{
    struct nameserver nameserver;

    for (size_t i = 0; i < words->count; i++)
        if (strlen(words->list[i]) >= WORD_MAX || !nameserver_parse(&nameserver, words->list[i]))
            return false;
    return words->count > 0 && words->count <= LIMIT_NAMESERVERS;
}

static bool parse(struct options *options, struct bytes content, char *const arguments[])
{
    struct options_terminal terminal = {.color = false};
    char *argv[ARGUMENTS_MAX + 1];
    struct failure failure = {{0}};
    struct fuzz_file file;
    int argc = 0;
    bool good;

    for (; arguments[argc] != NULL; argc++)
        argv[argc] = arguments[argc]; /* getopt puts them in another order */
    argv[argc] = NULL;
    fuzz_file_open(&file, content);
    resolv_conf = file.path;
    optind = 0; /* glibc begins anew */
    good = options_parse(options, argc, argv, 0, &terminal, &failure);
    fuzz_file_close(&file);
    fuzz_require(good == (failure.text[0] == '\0'), "a failure says why");
    fuzz_require(form_is_printable((struct span){failure.text, strlen(failure.text)}),
                 "a failure is one line of text");
    return good;
}

static void check_words(const struct options *options, const struct words *words)
{
    const struct resolver_config *config = &options->plan.resolver;

    fuzz_require(config->nameserver_count == words->count, "every word is a nameserver");
    for (size_t i = 0; i < words->count; i++) {
        fuzz_require(strcmp(config->nameservers[i], words->list[i]) == 0,
                     "a nameserver is the word of its line");
        check_argument(words->list[i]);
    }
}

/* What was read, written again, is read the same. */
static void check_file_again(const struct words *words)
{
    static char *const arguments[] = {"mxdane", "-N", NULL};
    struct options options;
    struct buffer text;

    buffer_init(&text, 0);
    for (size_t i = 0; i < words->count; i++)
        buffer_printf(&text, "nameserver %s\n", words->list[i]);
    fuzz_require(parse(&options, (struct bytes){(uint8_t *)text.data, text.length}, arguments),
                 "what was read can be read again");
    check_words(&options, words);
    options_fini(&options);
    buffer_fini(&text);
}

static void check_file(struct bytes content, struct arena *arena)
{
    static char *const alone[] = {"mxdane", "-N", NULL};
    static char *const beside[] = {"mxdane", "-n::1", "-N", NULL};
    struct options options;
    struct words words;

    words_read(&words, content, arena);
    if (parse(&options, content, alone)) {
        fuzz_require(can_be_read(&words), "a file without a usable word is refused");
        check_words(&options, &words);
        check_file_again(&words);
        options_fini(&options);
        fuzz_require(parse(&options, content, beside) == (words.count < LIMIT_NAMESERVERS),
                     "-n is one more, up to the limit");
    } else {
        fuzz_require(!can_be_read(&words), "a file is refused for its words");
    }
    options_fini(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes content = {data, size};
    struct arena arena;
    char *text, *line;

    arena_init(&arena);
    text = arena_text(&arena, (const char *)data, size);
    while ((line = strsep(&text, "\n")) != NULL)
        check_argument(line);
    check_file(content, &arena);
    arena_fini(&arena);
    return 0;
}
