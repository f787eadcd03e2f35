/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h - where a server is, as text, and as sockets.
 *
 * A text may hold a password, so no error here repeats any of it.
 */
#ifndef STORE_ADDRESS_H
#define STORE_ADDRESS_H

#include "store/lane.h"

/* What stands behind "scheme://".  Texts are slices, and still encoded. */
struct url {
	struct str	user, password, host, path, query;
	unsigned	port;		/* 0: none */
};

/* False: not user:password@host:port/path?query. */
bool	address_url(struct str text, struct url *u);
/* "host", "host:port", "[::1]:port". */
bool	address_host(struct str text, struct str *host, unsigned *port);
/* Percent-decoded into the arena, ends in NUL; NULL when it is malformed or
 * has a zero byte. */
char	*address_decode(struct arena *a, struct str s);

/* A host's addresses, tried one after the other. */
struct dial {
	struct loop_resolve *asked;
	struct lane	*lane;
	void		(*found)(struct lane *l, const char *why);
	struct loop_address to[LOOP_MAX_ADDRESSES];
	size_t		 n, at;
	char		 text[80];
};

/* found is told NULL, or why there is no address. */
void	dial_start(struct dial *d, struct lane *l, const char *host,
	    void (*found)(struct lane *l, const char *why));
/* The next as a numeric text, valid until the next call; NULL: no more. */
const char *dial_next(struct dial *d);
void	dial_end(struct dial *d);

#endif
