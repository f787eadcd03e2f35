/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base.h - errors, strings, buffers, arenas.
 *
 * The bottom of the tree: includes nothing of ours and calls only libc.
 *
 * Nothing here fails for want of memory; running out ends the program with
 * exit code 70.  What an outsider can make large has a ceiling instead, given
 * where the buffer is made, and passing it is ERR_LIMIT.
 */
#ifndef BASE_H
#define BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLEANUP(fn)	__attribute__((cleanup(fn)))
#define MUST_CHECK	__attribute__((warn_unused_result))
#define PRINTF(f, a)	__attribute__((format(printf, f, a)))
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/*
 * Errors.  The caller owns the struct, usually on its stack, and passes it
 * last.  A function that fails fills it and returns -1; one that succeeds
 * leaves it alone.  The kind is also the exit code, so a new kind is a change
 * to subo(1).
 */
enum err_kind {
	ERR_NONE    = 0,
	ERR_FAILED  = 1,	/* the work failed: a build, a test, a check */
	ERR_USAGE   = 2,	/* the command line is wrong */
	ERR_INPUT   = 3,	/* a file the user gave is wrong */
	ERR_MISSING = 4,	/* what was asked for is not there */
	ERR_TRUST   = 5,	/* not trusted or not allowed */
	ERR_REMOTE  = 6,	/* the other end refused or broke off */
	ERR_SYSTEM  = 7,	/* the machine refused; text ends in strerror */
	ERR_LIMIT   = 8,	/* a documented ceiling was passed */
	ERR_GUEST   = 9,	/* the function itself trapped or failed */
	ERR_BUG     = 70,	/* a bug of ours */
	ERR_SIGNAL  = 128,	/* interrupted; exit code is 128 + signal */
};

struct err {
	enum err_kind	kind;
	int		sig;		/* the signal, for ERR_SIGNAL */
	bool		told;		/* details are printed already */
	char		text[2000];	/* what failed and why, no full stop */
	char		hint[600];	/* what to do about it, or "" */
};

#define ERR	{ .kind = ERR_NONE }

/* The same for one that is on a fast path: its texts are not written all over. */
void	err_clear(struct err *e);

/* Fill e and return -1, so that `return err_set(e, ...);` is one act. */
int	err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
	    PRINTF(3, 4);

/* err_set with ERR_SYSTEM, and ": " and the text of errno added. */
int	err_sys(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Put "fmt: " in front of what e says, keep its kind, return -1. */
int	err_wrap(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Say what to do about the error in e, return -1. */
int	err_hint(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* The word for a kind, as in --json: "usage", "input", "limit"... */
const char *err_code(enum err_kind kind);

/* Where something stands in a text, counted from 1; 0 is nowhere. */
struct place {
	unsigned	line, col;
};

/*
 * Strings.  A struct str is borrowed bytes: it owns nothing, goes by value,
 * and need not end in NUL.  Whoever hands one out says how long it lives.
 */
struct str {
	const char	*p;
	size_t		 n;	/* bytes */
};

#define STR(lit)	((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_F		"%.*s"
#define STR_A(s)	(int)(s).n, (s).p ? (s).p : ""

struct str	str_of(const char *cstr);	/* NULL gives the empty str */
bool		str_eq(struct str a, struct str b);
bool		str_is(struct str a, const char *cstr);
bool		str_ieq(struct str a, struct str b);	/* ASCII case folded */
int		str_cmp(struct str a, struct str b);	/* by bytes */
bool		str_starts(struct str s, const char *prefix);
bool		str_ends(struct str s, const char *suffix);
bool		str_find(struct str s, struct str needle, size_t *at);
struct str	str_trim(struct str s);		/* ASCII space off both ends */
struct str	str_from(struct str s, size_t n);	/* without its first n */

/* Cut s at the first c: *head before it, *s after it.  False: no c in s,
 * and then *head is all of s and s is empty. */
bool		str_cut(struct str *s, char c, struct str *head);

/* Decimal without sign, at most max.  False: anything else. */
bool		str_u64(struct str s, uint64_t max, uint64_t *out);
/* "250ms", "2s", "1m", "1h"; a bare number is milliseconds.  0 to 30 days. */
bool		str_ms(struct str s, uint32_t *out);
/* "64K", "64M", "1G" in powers of 1024; a bare number is bytes. */
bool		str_bytes(struct str s, uint64_t *out);
/* Well-formed UTF-8, RFC 3629; *at is the first offence. */
bool		str_utf8(struct str s, size_t *at);
/* The Levenshtein distance of two names, or max + 1 when more than max. */
size_t		str_distance(struct str a, struct str b, size_t max);

/*
 * Buffers.  Write freely and ask once: past max bytes, adds are dropped and
 * buf_over says so.  p ends in NUL for convenience and may be NULL when empty.
 */
struct buf {
	char	*p;
	size_t	 n, cap, max;	/* bytes */
	bool	 over;
};

#define BUF(max_bytes)	{ .max = (max_bytes) }

void		buf_add(struct buf *b, struct str s);
/* n bytes at the end to be written by the caller, in memory that is not cleared
 * before: b->n += what was written.  NULL past the ceiling. */
char		*buf_room(struct buf *b, size_t n);
void		buf_addc(struct buf *b, char c);
void		buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void		buf_vaddf(struct buf *b, const char *fmt, va_list ap)
			PRINTF(2, 0);
void		buf_add_base64(struct buf *b, struct str bytes); /* RFC 4648, 4 */
/* The bytes of a base64 text: padded, nothing between, no bits left over; so
 * that no other text gives the same bytes.  False: it is not so. */
bool		buf_add_unbase64(struct buf *b, struct str text);
/* Add s fit for a terminal: controls and bad UTF-8 as \xNN, \n and \t kept
 * when lines is true. */
void		buf_show(struct buf *b, struct str s, bool lines);
struct str	buf_str(const struct buf *b);	/* until the next add */
const char	*buf_cstr(const struct buf *b);	/* "" when empty; same life */
bool		buf_over(const struct buf *b);
void		buf_clear(struct buf *b);	/* empty, memory kept */
void		buf_free(struct buf *b);

/* FNV-1a: h (STR_HASH to begin) with the bytes of s. */
#define STR_HASH	UINT64_C(0xcbf29ce484222325)
uint64_t	str_hash(uint64_t h, struct str s);

/* Arenas.  What is taken from one is zeroed and lives exactly as long. */
struct arena;

struct arena	*arena_new(void);
void		*arena_take(struct arena *a, size_t bytes);
struct str	 arena_copy(struct arena *a, struct str s);	/* NUL added */
char		*arena_cstr(struct arena *a, struct str s);
char		*arena_printf(struct arena *a, const char *fmt, ...)
		    PRINTF(2, 3);
/*
 * Room for one more in an array that lives in the arena: returns the array,
 * moved if need be, with n < *cap.  `v = arena_grow(a, v, n, &cap, sizeof *v)`
 */
void		*arena_grow(struct arena *a, void *v, size_t n, size_t *cap,
		    size_t item_bytes);
void		 arena_free(struct arena **a);

/* Memory that is freed singly, for handles.  Zeroed; never NULL. */
void		*mem_take(size_t bytes);
/* The same with only its first bytes zeroed: what comes after is filled before it
 * is read. */
void		*mem_take_part(size_t bytes, size_t zeroed);
/* As arena_grow, with memory that mem_free gives back. */
void		*mem_grow(void *v, size_t n, size_t *cap, size_t item_bytes);
/* Of another size; what is new is not zeroed. */
void		*mem_resize(void *p, size_t bytes);
void		 mem_free(void *p);
void		 mem_free_at(void *pp);		/* for CLEANUP: a pointer's address */

#endif
