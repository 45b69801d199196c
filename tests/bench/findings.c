/*
 * What a zone and a server can multiply: TLSA records, addresses, certificates. Prints the CPU time
 * of comparing them (in the thread pool) and of finding what there is to say (on the loop, at a
 * stretch), for a host whose servers all have chains of their own that no record matches.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "findings/findings.h"
#include "base/memory.h"
#include "dane/match.h"

enum { NOW = 1800000000, DER_BYTES = 1200 };

static double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* `length` bytes that nothing else has. */
static struct bytes unique(struct arena *arena, size_t length)
{
    static uint32_t serial;
    uint8_t *data = arena_new(arena, 1, length);

    serial++;
    memcpy(data, &serial, sizeof serial);
    return (struct bytes){data, length};
}

static struct certificate make_certificate(struct arena *arena)
{
    static const size_t lengths[CERTIFICATE_DIGESTS] = {32, 32, 64, 64, DER_BYTES, 91};
    struct certificate certificate = {.key = "EC-P256", .signature = "ecdsa-with-SHA256",
                                      .dates_valid = true, .not_after = NOW + 86400};

    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
        certificate.data[digest] = unique(arena, lengths[digest]);
    return certificate;
}

static struct record *make_records(struct arena *arena, size_t count)
{
    struct record *records = arena_new(arena, count, sizeof *records);

    for (size_t i = 0; i < count; i++)
        records[i] = (struct record){
            .type = RECORD_TLSA,
            .data.tlsa = {(uint8_t)(2 + i % 2), (uint8_t)(i / 2 % 2), 1, unique(arena, 32)}};
    return records;
}

static void make_address(struct arena *arena, struct address *address, size_t certificates)
{
    struct certificate *chain = arena_new(arena, certificates, sizeof *chain);

    for (size_t i = 0; i < certificates; i++)
        chain[i] = make_certificate(arena);
    *address = (struct address){.bytes = {192, 0, 2, 1}, .end.transport = TRANSPORT_OK,
                                .after.transport = TRANSPORT_OK, .handshaken = true,
                                .tls_version = "TLS13", .cipher = "c", .dane = DANE_MISMATCH,
                                .chain = {chain, certificates, certificates}};
}

static double compare(struct arena *arena, struct host *host)
{
    double began = cpu_ms();

    for (size_t i = 0; i < host->address_count; i++) {
        const struct chain *chain = &host->addresses[i].chain;

        host->addresses[i].matches =
            match_records(host->tlsa->records, host->tlsa_facts, host->tlsa->record_count,
                          (struct certificate *)chain->certificates, chain->count, arena);
    }
    return cpu_ms() - began;
}

static void measure(size_t records, size_t addresses, size_t certificates)
{
    static const struct findings_rules rules = {.verify_time = NOW, .warn_days = 14};
    struct arena arena;
    double began, compared;

    arena_init(&arena);
    struct record a = {.type = RECORD_A};
    struct lookup lookup_a = {.name = "mx.x.", .owner = "mx.x.", .type = RECORD_A, .ad = true,
                              .records = &a, .record_count = 1};
    struct lookup tlsa = {.name = "_25._tcp.mx.x.", .owner = "_25._tcp.mx.x.", .type = RECORD_TLSA,
                          .ad = true, .records = make_records(&arena, records),
                          .record_count = records};
    struct host host = {.name = "mx.x.", .base = "mx.x.", .a = &lookup_a, .aaaa = &lookup_a,
                        .tlsa = &tlsa, .tlsa_state = TLSA_SECURE, .probed = true,
                        .tlsa_facts = match_facts(tlsa.records, records, &arena),
                        .addresses = arena_new(&arena, addresses, sizeof *host.addresses),
                        .address_count = addresses};
    struct verdict *verdicts = arena_new(&arena, addresses, sizeof *verdicts);
    struct domain_host entry = {&host, verdicts, addresses, EXCESS_NONE};
    struct domain domain = {.input = "x", .name = "x.", .lookups = {&lookup_a}, .lookup_count = 1,
                            .walked = true, .needs_host = true, .hosts = &entry, .host_count = 1};

    for (size_t i = 0; i < addresses; i++) {
        make_address(&arena, &host.addresses[i], certificates);
        verdicts[i].code = VERDICT_TLSA_MISMATCH;
    }
    compared = compare(&arena, &host);
    began = cpu_ms();
    findings_find(&domain, &rules, &arena);
    printf("%7zu %9zu %12zu %10.2f %15.2f %9zu\n", records, addresses, certificates, compared,
           cpu_ms() - began, domain.finding_count);
    arena_fini(&arena);
}

int main(void)
{
    static const size_t rows[][3] = {{241, 40, 10},  {256, 100, 10}, {512, 100, 10},
                                     {1024, 100, 10}, {1024, 25, 10}, {1024, 50, 10},
                                     {1024, 100, 5},  {1024, 100, 20}, {1024, 200, 64}};

    printf("records addresses certificates compare ms findings ms, one stretch  findings\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        measure(rows[i][0], rows[i][1], rows[i][2]);
    return 0;
}
