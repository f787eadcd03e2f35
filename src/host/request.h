/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - what a request is made of; private to host. */
#ifndef HOST_REQUEST_H
#define HOST_REQUEST_H

#include <pthread.h>

#include "host/host.h"

#define REQUEST_MAX_BYTES	(64u << 20)	/* that functions may set */
#define REQUEST_MAX_PAIRS	10000u
#define HEADERS_MAX		256u		/* of the response */

/* Room for the texts of most requests, so that each need not be allocated: what
 * is taken is not given back before all of it is. */
#define ROOM_BYTES	2048u
struct room {
	char	 bytes[ROOM_BYTES];
	size_t	 n;
};

/* Keys and values that belong to the list, in the order keys came. */
struct owned {
	char	*p;
	size_t	 n;
	bool	 roomed;	/* p is in a room */
};

struct pair_item {
	struct owned	key, value;
};

#define FEW_PAIRS	6u
struct pair_list {
	struct pair_item *items;	/* few, or more */
	size_t		 n, cap, nbytes;
	struct room	*room;		/* or NULL */
	struct pair_item few[FEW_PAIRS];
};

struct pair_item *pairs_find(const struct pair_list *l, struct str key,
	    bool fold);
void	pairs_set(struct pair_list *l, struct str key, struct str value,
	    bool fold);
void	pairs_clear(struct pair_list *l);

/* Its lock is held. */
void	request_set_body(struct request *r, struct str body);
struct str	owned_str(const struct owned *o);
void		owned_set(struct owned *o, struct room *room, struct str s);
void		owned_free(struct owned *o);

#define REQUEST_MAGIC	0x72657175u

struct request {
	uint32_t	 magic;
	pthread_mutex_t	 lock;
	struct owned	 method, url, id, body;
	struct str	 lent_body;	/* somebody else's, until a body is set */
	bool		 lent;
	bool		 bad_header;	/* a function set what is none */
	void		*tag;
	struct pair_list headers, params, state, response;
	struct room	 room;		/* last, and not zeroed */
};

/* Percent-decode; what is no code stays.  plus: a '+' is a space. */
void	query_decode(struct str s, bool plus, struct buf *out);
/* The first value of a parameter in the url's query, decoded. */
bool	query_get(struct str url, struct str key, struct buf *out);

#endif
