/*
 * What the fuzz targets share: a property that does not hold ends the program, so that libFuzzer
 * and the replay alike see it.
 */
#ifndef MXDANE_TESTS_FUZZ_FUZZ_H
#define MXDANE_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/address.h"
#include "model/domain.h"
#include "model/lookup.h"

/* The entry of every target; 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what does not hold, and aborts. */
void fuzz_require(bool holds, const char *what);

/* What is left of an input; reading beyond its end gives zeros and nothing. */
uint8_t fuzz_byte(struct bytes *input);
struct bytes fuzz_take(struct bytes *input, size_t length);

/* Two bytes of length, and so many. */
struct bytes fuzz_part(struct bytes *input);

/* How many bytes to feed next of those left: 1 to `left`, by the bytes of `seed`. */
struct fuzz_pieces {
    uint32_t state;
};
size_t fuzz_piece(struct fuzz_pieces *pieces, size_t left);

/* A file in memory; its path is valid while the descriptor is open. */
struct fuzz_file {
    int fd;
    char path[32];
};
void fuzz_file_open(struct fuzz_file *file, struct bytes content);
void fuzz_file_close(struct fuzz_file *file);

/*
 * Prints the domain in every format, after its findings are found: each line of the trace must be
 * one, nothing that a terminal acts upon is in any format, and a finding says why where it fails.
 * Its exit status.
 */
enum exit_status fuzz_print(struct domain *domain);

/* A domain of one look-up printed the same way. */
enum exit_status fuzz_print_lookup(const struct lookup *lookup);

/* And one of an address with its verdict, by secure TLSA records; at least one. */
enum exit_status fuzz_print_address(struct address *address, const struct verdict *verdict,
                                    const struct record *tlsa, size_t count);

#endif
