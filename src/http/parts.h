/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.h - between the files of http; private to it.
 *
 *	lane   what a server has on one loop, for its thread only but where it
 *	       says otherwise
 *	tap    one daemon of the library on a lane: the plain one, or one for a
 *	       certificate
 *	ear    a lane at a listening socket
 */
#ifndef HTTP_PARTS_H
#define HTTP_PARTS_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;
struct mhd;

enum phase {
	PHASE_IDLE,		/* no request line yet */
	PHASE_HEADER,
	PHASE_BODY,
	PHASE_WAIT,		/* for http_answer */
	PHASE_WRITE,
	PHASE_SOCKET,		/* a websocket */
	PHASE_LINGER,		/* answered; what still comes is thrown away */
};

/* One connection, and the request that it is at. */
struct http_exchange {
	struct lane	*lane;
	struct http_exchange *next, **at;	/* in the lane's list */
	struct MHD_Connection *mc;	/* NULL when lingering */
	struct tap	*tap;
	int		 fd;
	enum phase	 phase;
	uint64_t	 since;		/* of the phase, or its last progress;
					   0: it has just begun */
	uint64_t	 mark;		/* what progress is seen by; sweep.c */
	bool		 fresh;		/* no request came yet */
	bool		 doomed;	/* shut down by us: nothing more to say */
	bool		 linger;	/* when closed: there may be more to come */
	bool		 local, is_unix, is_tls;
	unsigned	 weight;	/* counted for its address; 0: not */
	struct in6_addr	 address;
	char		 peer[INET6_ADDRSTRLEN];
	struct loop_watch *watch;	/* waiting: for LOOP_GONE */

	/* ---- the request ---- */
	struct buf	 target, body;
	const char	*line;		/* the target in the library's memory */
	size_t		 nline;
	struct str	 method, host;
	const char	*version;
	struct http_field *fields;
	size_t		 nfields, cap;
	uint64_t	 length;	/* declared */
	bool		 expects;	/* 100-continue */
	bool		 last;		/* the connection closes after it */
	bool		 counted;	/* among the lane's busy */
	bool		 told;		/* the caller knows of it */
	bool		 over;		/* the body is over the limit */
	size_t		 room;		/* for the header of the answer */
	uint64_t	 start_ns;
	void		*data;
	struct MHD_Response *answer;
	int		 status;
	bool		 answered, queued;
	struct http_socket *socket;	/* what it becomes */
};

struct tap {
	struct lane	*lane;
	struct MHD_Daemon *daemon;
	struct loop_watch *watch;
	struct loop_timer *more;	/* it has work left */
	char		 said[300];	/* while it started */
	unsigned	 n;		/* connections */
	unsigned	 nfresh;	/* of them, without a request yet */
	bool		 tls;
	unsigned	 nfaults;	/* answered by the library, not told yet */
	int		 fault;		/* the status of the last one */
	bool		 old;		/* ends with its last connection */
	bool		 running;
	struct tap	*next;
};

struct ear {
	struct lane	*lane;
	struct listener	*listener;
	struct tap	*tap;
	struct loop_watch *watch;
	struct loop_timer *pause;	/* no descriptor was to be had */
};

struct lane {
	struct http	*http;
	struct loop	*loop;
	unsigned	 index;
	const struct mhd *mhd;
	struct tap	*plain, *taps;	/* all taps, plain among them */
	struct http_exchange *list;
	struct http_exchange *spare;
	unsigned	 nspare;
	struct http_exchange *parsing;	/* its request line came last */
	struct http_exchange *coming;	/* the one that is being added */
	struct loop_timer *sweep;
	unsigned	 nticks;	/* of it */
	unsigned	 nlinger;
	bool		 ended;
	/* Written by the lane's thread, read by any. */
	_Atomic uint64_t accepted, requests;
	_Atomic uint64_t refused;	/* any thread */
	_Atomic unsigned busy;
	_Atomic unsigned open;		/* any thread: those on their way too */
};

/* The texts of a certificate and key. */
struct pem {
	struct buf	 cert, key;
};

struct listener {
	int		 fd;
	bool		 is_unix, tls;
	char		*path;		/* of a socket in the file system */
	char		*cert, *key;	/* paths */
	_Atomic unsigned nears;		/* that are open; the last closes fd */
	struct ear	*ears;		/* one for each lane */
	struct listener	*next;
};

struct address;				/* how many are open from it */

struct http {
	struct http_options opt;	/* limits filled in */
	struct lane	*lanes;
	unsigned	 nlanes;
	pthread_mutex_t	 lock;		/* for listeners, addresses */
	struct listener	*listeners;
	struct address	*addresses[256];
	_Atomic unsigned open;
	_Atomic bool	 closing;
};

/* ---- counting ---- */

/* For what only one thread writes: no bus lock. */
static inline void
tally(_Atomic uint64_t *n)
{
	atomic_store_explicit(n,
	    atomic_load_explicit(n, memory_order_relaxed) + 1,
	    memory_order_relaxed);
}

/* Run fn on each lane's thread, and wait for all. */
void	lane_each(struct http *h, void (*fn)(struct lane *l));

/* ---- connections; conn.c ---- */

/* One for fd, which is the lane's now.  len 0: no address (unix). */
struct http_exchange *conn_new(struct lane *l, int fd,
	    const struct sockaddr *sa, socklen_t len);
/* Forget the request, keep the connection. */
void	conn_reset(struct http_exchange *x);
void	conn_free(struct http_exchange *x);
/* No more of it: the library sees its end and lets go. */
void	conn_cut(struct http_exchange *x);
/* Say status by our own means, on a connection on which nothing was said. */
void	conn_say(int fd, int status);
/* Close fd, but not before the other side did, or had time to read what was
 * said: unread bytes would make the kernel take that back. */
void	conn_linger(struct http_exchange *x, int fd);
void	conn_linger_end(struct http_exchange *x);
/* Tell that x was answered here. */
void	conn_refused(const struct http_exchange *x, int status);
const char *conn_reason(int status);

/* ---- the library; mhd*.c ---- */

int	lane_library(const struct mhd **out, struct err *e) MUST_CHECK;
int	tap_new(struct tap **out, struct lane *l, const struct pem *pem,
	    struct err *e) MUST_CHECK;
int	tap_start(struct tap *t);	/* on the lane's thread */
void	tap_free(struct tap **t);	/* on the lane's thread */
/* What the library has for the header of a request and of its answer. */
size_t	tap_pool_bytes(const struct http_limits *m);
/* Hand it a connection that conn_new made. */
void	tap_add(struct tap *t, struct http_exchange *x,
	    const struct sockaddr *sa, socklen_t len);
/* Too many handshakes at once? */
bool	tap_is_full(const struct tap *t);
void	tap_run(struct tap *t);
void	tap_soon(struct tap *t);	/* that, from the loop */
/* The caller is told that x is gone, and the connection ends. */
void	exchange_gone(struct http_exchange *x);
/* x was answered after it had to wait. */
void	exchange_resume(struct http_exchange *x);
/* Answer with the reason as text. */
void	exchange_refuse(struct http_exchange *x, int status);
/* Answer with 101, and then call socket_begin. */
void	exchange_upgrade(struct http_exchange *x, struct http_socket *s,
	    const char *accept);
/* What socket_begin got of the library is not needed any more. */
void	upgrade_end(struct http_exchange *x, void *upgrade);

/* ---- timeouts; sweep.c ---- */

void	sweep_start(struct lane *l);
void	sweep_end(struct lane *l);

/* ---- listening; accept.c, listen.c, certificate.c, port.c ---- */

/* Room for one more connection from there?  Any thread. */
bool	address_enter(struct http *h, const struct in6_addr *a, unsigned max);
void	address_leave(struct http *h, const struct in6_addr *a);
/* Its watch stays NULL when no descriptor is left.  On the lane's thread. */
void	ear_start(struct ear *r);
void	ear_end(struct ear *r);		/* there, too */
/* A tap with the listener's certificate for each lane, or none. */
int	certificate_taps(struct http *h, const struct listener *s,
	    struct tap **taps, struct err *e) MUST_CHECK;
void	listener_free(struct listener *l);
/* Who listens on that port, when that can be seen. */
bool	port_owner(uint16_t port, struct buf *out);

/* ---- what may stand in a request; strict.c ---- */

/* 0, or the status that says what is wrong. */
int	strict_target(struct str method, struct str target);
bool	strict_name(struct str s);	/* a token, RFC 9110, 5.6.2 */
bool	strict_value(struct str s);	/* RFC 9110, 5.5 */
bool	strict_host(struct str s);
/* Path and query of a checked target, and its authority if it has one. */
struct str strict_path(struct str target, struct str *authority);
int	strict_method(struct str s);	/* 0, 400 or 501 */
/* Is `word` among the comma-separated ones of value? */
bool	strict_has_word(struct str value, struct str word);
/* What the fields say of the body.  0, or a status. */
int	strict_fields(struct http_exchange *x, bool http11);

/* ---- websockets; ws.c ---- */

/* The socket is ours; extra came with the request. */
void	socket_begin(struct http_socket *s, int fd, struct str extra,
	    void *upgrade);
/* Tell that it is closed, and free it. */
void	socket_end(struct http_socket *s);
/* Once in a while: is it stuck? */
void	socket_sweep(struct http_socket *s, uint64_t now);

#endif
