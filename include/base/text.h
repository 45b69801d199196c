/*
 * Bytes to printable text: escapes, hex, base64, dates. All of it appends to a buffer.
 */
#ifndef MXDANE_BASE_TEXT_H
#define MXDANE_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Bytes with a length, as a peer sent them (NULs and all). `data` NULL: absent. Borrowed. */
struct bytes {
    const uint8_t *data;
    size_t length;
};

/*
 * Free text of a peer: controls (C0, DEL, C1, and as UTF-8 those of direction and others that show
 * nothing) and invalid UTF-8 as \xHH; everything else as it is. Backslashes are doubled only before
 * an `x` and before an escape, so that none can be counterfeited and the text can be had back.
 */
void text_add_escaped(struct buffer *buffer, struct bytes text);

/* Lower-case hex without blanks. */
void text_add_hex(struct buffer *buffer, struct bytes data);

/* The same; 14 bytes or more are shortened to the first and last 6: "0123456789ab...0123456789ab". */
void text_add_hex_ends(struct buffer *buffer, struct bytes data);

/* Base64 (RFC 4648 section 4) without line breaks. */
void text_add_base64(struct buffer *buffer, struct bytes data);

/* In decimal: what each line has is put together without printf, which would cost a fifth of it. */
void text_add_number(struct buffer *buffer, uint32_t number);

/* Seconds since the epoch, UTC, as 2026-11-24T10:00:00Z; years outside 0-9999 are clamped. */
void text_add_time(struct buffer *buffer, int64_t seconds);

/* FNV-1a, for tables; whoever chooses the bytes can make them collide. */
uint32_t text_hash(struct bytes data);

/* The digits of `text` as a number in [minimum, maximum]; false where it is anything else. */
_Bool text_to_number(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *number);

#endif
