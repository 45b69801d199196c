#include "cli/versions.h"

#include <dlfcn.h>
#include <string.h>

#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>
#include <idn2.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <seccomp.h>
#include <uv.h>

#define QUOTED(value) #value
#define TEXT_OF(value) QUOTED(value)
#define TWO_NUMBERS(major, minor) TEXT_OF(major) "." TEXT_OF(minor)
#define THREE_NUMBERS(major, minor, micro) TWO_NUMBERS(major, minor) "." TEXT_OF(micro)

static void print(FILE *file, const char *name, const char *running, const char *built)
{
    fprintf(file, "%s %s (built with %s)\n", name, running != NULL ? running : "unknown", built);
}

/* getdns's, not ours: we are built without its header, but it is loaded with the program. */
static void print_unbound(FILE *file)
{
    const char *(*version)(void);

    *(void **)&version = dlsym(RTLD_DEFAULT, "ub_version");
    fprintf(file, "libunbound %s (through getdns)\n", version != NULL ? version() : "unknown");
}

/* "10.42 2022-12-11": the date says no more. */
static void print_pcre2(FILE *file)
{
    char running[64] = "unknown";

    if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) <= (int)sizeof running)
        pcre2_config(PCRE2_CONFIG_VERSION, running);
    running[strcspn(running, " ")] = '\0';
    print(file, "PCRE2", running, TWO_NUMBERS(PCRE2_MAJOR, PCRE2_MINOR));
}

static void print_seccomp(FILE *file)
{
    const struct scmp_version *version = seccomp_version();
    char running[64] = "unknown";

    if (version != NULL)
        snprintf(running, sizeof running, "%u.%u.%u", version->major, version->minor,
                 version->micro);
    print(file, "libseccomp", running,
          THREE_NUMBERS(SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO));
}

void versions_print(FILE *file)
{
    fprintf(file, "mxdane %s\n", MXDANE_VERSION);
    print(file, "getdns", getdns_get_version(), GETDNS_VERSION);
    print_unbound(file);
    print(file, "OpenSSL", OpenSSL_version(OPENSSL_FULL_VERSION_STRING),
          OPENSSL_FULL_VERSION_STR);
    print(file, "libuv", uv_version_string(),
          THREE_NUMBERS(UV_VERSION_MAJOR, UV_VERSION_MINOR, UV_VERSION_PATCH) UV_VERSION_SUFFIX);
    print_pcre2(file);
    print(file, "libidn2", idn2_check_version(NULL), IDN2_VERSION);
    print_seccomp(file);
    print(file, "jansson", jansson_version_str(), JANSSON_VERSION);
}
