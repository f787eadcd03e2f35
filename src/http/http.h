/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - an HTTP/1.1 server: sockets, requests and answers, websockets.
 *
 *	http       a server: its addresses, listened to on each loop of a crew
 *	exchange   one request and its answer; on its loop's thread only
 *	socket     one websocket connection, on its loop's thread only
 *
 * Needs: base, os, sign, loop.  Only http/mhd*.c know the library that parses HTTP
 * and speaks TLS (libmicrohttpd), only http/ws*.c that for websocket frames
 * (wslay); both are opened when first used.
 * Sources: RFC 9110, RFC 9112 (HTTP/1.1), RFC 6455 (websockets).
 *
 * Whatever is doubtful in a request's framing is answered with 400 and the
 * connection is closed: two lengths, a length and chunks, bare line feeds, folded
 * lines, two Hosts, an odd transfer coding, control bytes.  A body in chunks ends
 * its connection, for where chunks end the library is less strict than we are.
 */
#ifndef HTTP_H
#define HTTP_H

#include "base/base.h"
#include "loop/loop.h"

struct http;
struct http_exchange;
struct http_socket;

struct http_field {
	struct str	name, value;
};

struct http_limits {
	uint32_t	header_bytes;	/* request line and header; 0: 16 KiB.
					   More: 431, or 414 for the target */
	uint32_t	header_fields;	/* 0: 100; more: 431 */
	uint64_t	body_bytes;	/* 0: 16 MiB; more: 413 */
	unsigned	connections;	/* open at once; 0: 10,000.  One more gets
					   503 with Retry-After, and is closed */
	unsigned	per_address;	/* of them from one address; 0: any */
	uint32_t	header_ms;	/* first to last byte of a header; 0: 10 s */
	uint32_t	body_ms;	/* of a body; 0: 60 s.  More: 408 */
	uint32_t	idle_ms;	/* between two requests; 0: 60 s */
	uint32_t	write_ms;	/* the client takes nothing; 0: 30 s */
	uint32_t	message_bytes;	/* of a websocket message; 0: 1 MiB */
};

struct http_options {
	struct http_limits limits;
	struct crew	*crew;		/* its loops serve; outlives the server */
	void		*arg;
	/* All of these are called on the loop of x. */
	/* The header is there, the body not yet, and nothing is wrong with it.
	 * May answer (413, 404...), before it returns: a body is then not read
	 * and the connection closes.  NULL: never. */
	void		(*header)(void *arg, struct http_exchange *x);
	/* All of a request is there: answer now (cheapest), or later. */
	void		(*request)(void *arg, struct http_exchange *x);
	/* The client left, or the server ends, before x was answered: x is gone
	 * when this returns.  A client that shuts its sending side while it waits
	 * has left, too.  It shows within half a second. */
	void		(*gone)(void *arg, struct http_exchange *x);
	/* A request that was answered here, without the callbacks above; for the
	 * access log.  method and target may be empty.  NULL: not told. */
	void		(*refused)(void *arg, struct str peer, struct str method,
			    struct str target, int status);
};

/* Begin to open the libraries, on a thread of its own: they take some
 * milliseconds, in which others have work.  http_new waits for it. */
void	http_prepare(void);
/* This, http_listen and http_free wait for the crew's loops: not from one of
 * them. */
int	http_new(struct http **out, const struct http_options *opt,
	    struct err *e) MUST_CHECK;

struct http_tls {
	const char	*cert, *key;	/* PEM files: chain, and key */
};

/*
 * Listen on an address: host NULL is every address of the machine (IPv6 and
 * IPv4), "unix:PATH" a socket in the file system (mode 0600; a dead one that is
 * left over is replaced).  port 0: any that is free; *bound is the one.  May be
 * called more than once.  tls NULL: plain.
 *
 * ERR_SYSTEM   the address is taken (hint: by which process, when that can be
 *              seen), not ours, or not permitted (hint says what would be)
 * ERR_INPUT    a certificate or key cannot be used; the text names the file
 * ERR_MISSING  it is not there
 */
int	http_listen(struct http *h, const char *host, uint16_t port,
	    const struct http_tls *tls, uint16_t *bound, struct err *e)
	    MUST_CHECK;
/* Read the certificates again, for new connections.  On failure the old ones
 * stay.  Errors as http_listen. */
int	http_reload_tls(struct http *h, struct err *e) MUST_CHECK;
/* Take no more connections; those that are open close after the answer they
 * wait for, idle ones at once.  Any thread. */
void	http_close(struct http *h);
/* Requests under way and websockets, on all loops; any thread. */
unsigned http_busy(const struct http *h);
struct http_counts {
	uint64_t	accepted, refused, requests;	/* since the start */
	unsigned	open;				/* connections now */
};
void	http_count(const struct http *h, struct http_counts *c);
/* Ends all at once; not from a loop of the crew, and before that is freed. */
void	http_free(struct http **h);

/* ---- a request; texts live until it is answered ---- */

struct str http_method(const struct http_exchange *x);
/* Path and query as sent, of an absolute target too ("http://h/x?y": "/x?y").
 * Not decoded. */
struct str http_target(const struct http_exchange *x);
struct str http_host(const struct http_exchange *x);	/* Host, or the absolute
							   target's authority */
/* The first field of that name, in any case; empty: none. */
struct str http_header(const struct http_exchange *x, const char *name);
size_t	http_nheaders(const struct http_exchange *x);
void	http_header_at(const struct http_exchange *x, size_t i,
	    struct http_field *f);
struct str http_body(const struct http_exchange *x);
/* The length it declares; UINT64_MAX: chunked.  For the header callback. */
uint64_t http_body_length(const struct http_exchange *x);
struct str http_peer(const struct http_exchange *x);	/* "127.0.0.1", "unix" */
bool	http_is_local(const struct http_exchange *x);	/* loopback or unix */
bool	http_is_unix(const struct http_exchange *x);
bool	http_is_tls(const struct http_exchange *x);
struct loop *http_loop(const struct http_exchange *x);
uint64_t http_start_ns(const struct http_exchange *x);	/* os_now_ns, when its
							   header was there */
/* The caller's own, NULL at first. */
void	http_set_data(struct http_exchange *x, void *data);
void	*http_data(const struct http_exchange *x);

/* ---- an answer ---- */

struct http_answer {
	int		 status;	/* 200 to 599 */
	const struct http_field *fields;	/* copied */
	size_t		 nfields;
	struct str	 body;
	/* Called when body is no longer needed; NULL: it is copied. */
	void		(*end)(void *end_arg);
	void		*end_arg;
	bool		 close;		/* the connection, after it */
};

/* May a function set it?  False for what is not a field (a token and a value
 * without controls, RFC 9110, 5.5), and for those that frame the message: they
 * are the server's (Content-Length, Transfer-Encoding, Connection, Date...). */
bool	http_field_ok(struct str name, struct str value);

/*
 * Answer, once, on x's loop; x is gone when this returns.  Fields that
 * http_field_ok refuses are left out.  Together they may have 8 KiB; if there are
 * more and the header of the request left no room, the answer is 500.  To HEAD
 * only the header goes; 204 and 304 have no body.
 */
void	http_answer(struct http_exchange *x, const struct http_answer *a);

/* ---- websockets ---- */

struct http_socket_calls {
	void	*arg;
	void	(*message)(void *arg, struct http_socket *s, bool text,
		    struct str data);
	void	(*closed)(void *arg, struct http_socket *s);	/* s is gone then */
	/* The handshake is done; before all others.  NULL: not told. */
	void	(*opened)(void *arg, struct http_socket *s);
};

/* Does x ask for a websocket, well-formed? */
bool	http_is_upgrade(const struct http_exchange *x);
/* Accept: x is gone, *calls (copied) are told what comes.  -1: it cannot be
 * (x is answered: 400, or 426). */
int	http_upgrade(struct http_exchange *x, const struct http_socket_calls *calls);
/* Queue a message; false: the client takes too little (over 4 MiB wait), and
 * the connection closes. */
bool	http_send(struct http_socket *s, bool text, struct str data);
void	http_socket_close(struct http_socket *s, uint16_t code);	/* RFC 6455, 7.4 */
struct loop *http_socket_loop(const struct http_socket *s);

#endif
