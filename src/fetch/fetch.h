/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - an HTTP client that trusts nobody.
 *
 * Each address is looked up, shown to the caller's policy, and connected to as
 * it was shown: a name that changes its mind between the two (DNS rebinding)
 * gains nothing.  Redirects are followed here, each target judged like the
 * first.  Answers are bounded in size, headers and time; connections are kept
 * and shared by the calls of one loop.  No proxy, no cookies, no credentials
 * in a URL, http and https only.
 *
 * Those are calls of functions.  Transfers, at the end, are what a command does
 * for its user.
 *
 * Needs: base, os, loop.  Only fetch/curl*.c know of libcurl, which is opened
 * when first used.
 */
#ifndef FETCH_H
#define FETCH_H

#include "base/base.h"
#include "loop/loop.h"

/* ---- addresses ---- */

/* Parts of an http or https URL; texts live in the arena. */
struct fetch_url {
	bool		 secure;	/* https */
	struct str	 host;		/* lower case, no brackets, no dot at the
					   end; an IPv4 in any old spelling is in
					   its plain one: "127.0.0.1" */
	bool		 ip;		/* host is an address */
	uint16_t	 port;		/* 80 and 443 when none is written */
	struct str	 target;	/* "/path?query"; no fragment */
	struct str	 text;		/* all of it again, normalised */
};

/* ERR_INPUT: not a URL, another scheme, a user or password, a bad host. */
int	fetch_url_parse(struct fetch_url *u, struct arena *a, struct str text,
	    struct err *e) MUST_CHECK;

/* What kind of place an address is; mapped, NAT64, 6to4 and Teredo forms of an
 * IPv4 address are judged as that (RFC 6890 and the registries behind it). */
enum fetch_place { FETCH_PUBLIC, FETCH_PRIVATE, FETCH_LOOPBACK,
	FETCH_LINK_LOCAL, FETCH_OTHER };	/* multicast, reserved ... */
enum fetch_place fetch_place(const struct sockaddr *sa);
/* "192.0.2.7" or "2001:db8::1". */
void	fetch_address_text(const struct sockaddr *sa, char out[64]);

/* ---- calls ---- */

struct fetch_header {
	struct str	name, value;
};

struct fetch_policy {
	void	*arg;
	/* May u be asked?  hop 0 is the first, 1 after the first redirect...
	 * -1 with e filled refuses; the call then fails with e.  NULL: yes. */
	int	(*url)(void *arg, const struct fetch_url *u, unsigned hop,
		    struct err *e);
	/* Each address that u's host has, before any is connected to.  -1
	 * leaves that one out; when none is left the call fails with e. */
	int	(*address)(void *arg, const struct fetch_url *u,
		    const struct sockaddr *sa, struct err *e);
	/* Value of an Authorization header for this hop; false: none.  It takes
	 * the place of one in the request, and is never sent elsewhere. */
	bool	(*authorize)(void *arg, const struct fetch_url *u,
		    struct buf *value);
};

struct fetch_request {
	struct str	 method;	/* "GET" */
	struct str	 url;
	const struct fetch_header *headers;	/* Host, Content-Length, Connection,
					   Transfer-Encoding and the like are
					   dropped, with bad ones */
	size_t		 nheaders;
	struct str	 body;
	bool		 has_body;
	const struct fetch_policy *policy;	/* NULL: anywhere */
	uint64_t	 body_bytes;	/* most of an answer, unpacked; 0: 8 MiB */
	uint32_t	 header_bytes;	/* most of its headers; 0: 64 KiB */
	uint32_t	 connect_ms;	/* 0: 10 s */
	uint32_t	 total_ms;	/* redirects and all; 0: 30 s */
	unsigned	 redirects;	/* most that are followed; 0: 5;
					   FETCH_NO_REDIRECT: none */
	const char	*ca_file;	/* NULL: the system's */
	const char	*unix_path;	/* connect to this socket, whatever host the
					   URL names; NULL: to the host */
};
#define FETCH_NO_REDIRECT	UINT32_MAX
#define FETCH_REDIRECTS		5u

/* An answer that leads elsewhere, after `hop` others. */
struct fetch_redirect {
	int		 status;
	struct str	 location;
	unsigned	 hop, max;
};
/* Does an answer with this status, and a Location, lead elsewhere? */
bool	fetch_leads_on(int status);
/* Make r the request that follows: its URL, method, body and headers; texts
 * live in the arena.  fetch_start does so by itself.  ERR_LIMIT: by->max. */
int	fetch_follow(struct fetch_request *r, struct arena *a,
	    const struct fetch_redirect *by, struct err *e) MUST_CHECK;

struct fetch_answer {
	int		 status;
	const struct fetch_header *headers;	/* of the last hop */
	size_t		 nheaders;
	struct str	 body;
	struct str	 url;		/* of the last hop */
};

struct fetch_call;

/*
 * Begin.  What r points at is copied but the policy, which lives as long as
 * the call; done is called once on the loop's thread, never before this
 * returns: with an answer (whatever its status) that is valid during the call
 * of done only, or NULL and why:
 *
 * ERR_INPUT   not a URL, or an answer that is no HTTP
 * ERR_REMOTE  no such host, no connection, TLS refused, broken off
 * ERR_LIMIT   too large, too slow, too many redirects
 * others      as policy left them
 *
 * The caller ends the call after done too; ending it before cancels it, and
 * done is not called.
 */
struct fetch_call *fetch_start(struct loop *l, const struct fetch_request *r,
	    void (*done)(void *arg, const struct fetch_answer *a,
		    const struct err *why), void *arg);
void	fetch_end(struct fetch_call **c);	/* NULL is fine */

/* ---- transfers ---- */

/*
 * A command's own traffic, to where its user sent it: through proxies, with
 * certificates of one's own, large bodies both ways that are never held in
 * memory.  No redirect is followed, nothing is tried twice, nothing unpacked;
 * that is the caller's.
 */
struct fetch_setup {
	const char	*ca_file;	/* besides the folder of the system; or NULL */
	const char	*ca_dir;	/* in place of that; or NULL */
	const char	*http_proxy, *https_proxy, *all_proxy, *no_proxy;
	const char	*agent;		/* User-Agent */
	uint32_t	 connect_ms;	/* 0: 20 s */
	uint32_t	 slow_ms;	/* no byte moves for so long; 0: 60 s */
	unsigned	 parallel;	/* connections to one host; 0: 16 */
};

/* One pool of connections; l outlives it. */
struct fetch_client;
int	fetch_client_new(struct fetch_client **out, struct loop *l,
	    const struct fetch_setup *s, struct err *e) MUST_CHECK;
void	fetch_client_free(struct fetch_client **c);	/* transfers first */

/* A body: bytes in memory, or of a file from an offset; it can be sent again. */
struct fetch_body {
	struct str	 data;
	bool		 from_file;
	int		 fd;		/* read by pread, never closed */
	uint64_t	 offset, bytes;	/* of a file */
};

/* What came; valid during the call of done only. */
struct fetch_reply {
	int		 status;
	const struct fetch_header *headers;
	size_t		 nheaders;
	struct str	 body;		/* what take did not get */
	enum fetch_place place;		/* of the other end, or its proxy */
	bool		 proxied;
};
/* The value of the first header of that name, in any case; or empty. */
struct str fetch_reply_header(const struct fetch_reply *r, const char *name);

struct fetch_transfer_request {
	const char	*method;	/* "GET" */
	struct str	 url;		/* http or https */
	const struct fetch_header *headers;
	size_t		 nheaders;
	const struct fetch_body *body;	/* NULL: none */
	uint64_t	 answer_bytes;	/* most that is kept of a body; 0: 64 KiB */
	uint32_t	 total_ms;	/* 0: no end but the slowness of it */
	void		*arg;
	/* The body of an answer whose status is 200 or 206, piece by piece, in
	 * place of its being kept.  -1 with e filled breaks off.  Or NULL. */
	int	(*take)(void *arg, int status, struct str piece,
		    struct err *e);
	/* Bytes of the body that went out since the last call.  Or NULL. */
	void	(*sent)(void *arg, uint64_t bytes);
	/* May this address be connected to?  Not asked of a proxy's.  Or NULL. */
	int	(*address)(void *arg, const struct sockaddr *sa, struct err *e);
	/* Once, never before fetch_transfer_start returns: a reply whatever its
	 * status, or NULL and why. */
	void	(*done)(void *arg, const struct fetch_reply *r,
		    const struct err *why);
};

/*
 * What r points at is copied but the body and what arg is.  Failures:
 *
 * ERR_INPUT   not a URL, or an answer that is no HTTP
 * ERR_FAILED  an answer that says in two ways where it ends, or came packed
 *             without being asked
 * ERR_TRUST   the certificate does not hold
 * ERR_MISSING no such host
 * ERR_REMOTE  no connection, broken off, too slow: it may be tried again
 * ERR_LIMIT   too large
 * others      as take and address left them
 */
struct fetch_transfer *fetch_transfer_start(struct fetch_client *c,
	    const struct fetch_transfer_request *r);
/* After done, or before to cancel; from done too.  NULL is fine. */
void	fetch_transfer_end(struct fetch_transfer **t);
/* What ref, seen from base, is: of a Location.  ERR_INPUT. */
int	fetch_join(struct str *out, struct arena *a, struct str base,
	    struct str ref, struct err *e) MUST_CHECK;

#endif
