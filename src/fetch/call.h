/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - between a call, which follows redirects, and the transfers it is
 * made of; private to fetch.
 */
#ifndef FETCH_CALL_H
#define FETCH_CALL_H

#include "fetch/fetch.h"

/* One request to one address; curl.c makes it. */
struct transfer {
	/* Set before it starts, and alive until it ended. */
	struct str	 method;
	const struct fetch_url *url;
	struct loop_address address;	/* the only one it may connect to */
	const struct fetch_header *headers;
	size_t		 nheaders;
	struct str	 body;
	bool		 has_body;
	const char	*ca_file, *unix_path;
	uint32_t	 connect_ms, header_bytes;
	struct arena	*texts;		/* for what goes out */
	/* What came. */
	int		 status;
	struct arena	*arena;		/* of its headers; NULL before */
	struct fetch_header *got;
	size_t		 ngot, cap_got, got_bytes;
	struct buf	 answer;	/* its ceiling is set before */
	/* Called once it is over; e is ERR_NONE, or why it failed.  unreached:
	 * another address may be tried. */
	void		(*done)(struct transfer *t, bool unreached,
			    const struct err *why);
	struct easy	*easy;		/* private to curl.c */
};

/* ERR_SYSTEM: no libcurl. */
int	transfer_start(struct transfer *t, struct loop *l, struct err *e)
	    MUST_CHECK;
void	transfer_end(struct transfer *t);	/* over or not */

/* ref, which may be relative, seen from base.  ERR_INPUT. */
/* What describes a body, and goes with it. */
bool	header_is_of_body(struct str name);
int	url_join(struct str *out, struct arena *a, struct str base,
	    struct str ref, struct err *e) MUST_CHECK;

/* A word of HTTP: a method, a header's name. */
bool	header_is_token(struct str s);
/* Headers that the connection decides on, or that are no headers. */
bool	header_may_pass(const struct fetch_header *h);

/* ---- names ---- */

struct names;			/* looked up for the calls of one loop */
struct names	*names_of(struct loop *l);
/* For tests: ask fn in place of the system, and remember nothing. */
void	names_fake(struct names *n,
	    size_t (*fn)(void *arg, struct str host, struct loop_address *out),
	    void *arg);

struct asking;
/* As loop_resolve_start, and what is known is not asked again. */
struct asking	*names_ask(struct names *n, struct str host,
	    void (*done)(void *arg, const struct loop_address *a, size_t n,
		    const char *why), void *arg);
void		 names_end(struct asking **q);

#endif
