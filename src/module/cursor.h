/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h - bounded reading of bytes that an outsider wrote.
 *
 * Read freely and ask once: after the first fault every read gives zero or
 * nothing, bad is true, and e says what stood where.  A loop over a declared
 * count must ask each time round.
 */
#ifndef MODULE_CURSOR_H
#define MODULE_CURSOR_H

#include "base/base.h"

struct cursor {
	struct str	 bytes;		/* of the whole file */
	size_t		 at, end;	/* what is left lies between */
	struct err	*e;
	bool		 bad;
};

/* Give up with "at byte 0x14: " and the text.  The first fault stays. */
void		cursor_fail(struct cursor *c, enum err_kind kind, size_t at,
		    const char *fmt, ...) PRINTF(4, 5);

size_t		cursor_left(const struct cursor *c);
uint8_t		cursor_u8(struct cursor *c, const char *what);
uint32_t	cursor_u32(struct cursor *c, const char *what);	/* LEB128 */
uint64_t	cursor_u64(struct cursor *c, const char *what);
int64_t		cursor_s64(struct cursor *c, const char *what);
/* Little-endian, n bytes of 1 to 8. */
uint64_t	cursor_fixed(struct cursor *c, size_t n, const char *what);
struct str	cursor_bytes(struct cursor *c, size_t n, const char *what);
/* A length and as many bytes of UTF-8. */
struct str	cursor_name(struct cursor *c, const char *what);
/* Bytes up to a NUL, which is skipped. */
struct str	cursor_cstr(struct cursor *c, const char *what);
/* The next n bytes as a cursor of their own; they are skipped here. */
struct cursor	cursor_sub(struct cursor *c, size_t n, const char *what);
/*
 * How many things follow, each at least min_bytes long.  More than the bytes
 * that are left could hold is a fault, so it is safe to allocate for them.
 */
uint32_t	cursor_count(struct cursor *c, size_t min_bytes, uint32_t max,
		    const char *what);
/* Nothing may be left. */
void		cursor_done(struct cursor *c, const char *what);

#endif
