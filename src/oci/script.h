/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.h - a registry that does what a test tells it to, wrong things above
 * all.  For each request that comes, the test's function writes the bytes of the
 * answer.
 */
#ifndef OCI_SCRIPT_H
#define OCI_SCRIPT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "oci/oci.h"
#include "os/os.h"

#define SCRIPT	static __attribute__((unused))

struct script_request {
	struct str	 method, path, head, body;
	unsigned	 number;	/* of all that came, from 1 */
	uint16_t	 port;
};

struct script {
	int		 fd;
	uint16_t	 port;
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	struct buf	 log;		/* "METHOD PATH\n" */
	struct buf	 heads;		/* as they came */
	unsigned	 n;
	atomic_int	 visits;	/* connections that are open */
	/* The answer; false: break off after it.  Under lock, so one at a time. */
	bool		(*answer)(void *arg, const struct script_request *q,
			    struct buf *out);
	void		*arg;
};

/* ---- answers ---- */

/* "STATUS", header lines, and a body with its length. */
SCRIPT bool
script_say(struct buf *out, const char *status, const char *headers,
    struct str body)
{
	buf_addf(out, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status,
	    headers, body.n);
	buf_add(out, body);
	return true;
}

SCRIPT bool
script_status(struct buf *out, const char *status)
{
	return script_say(out, status, "", STR(""));
}

/* To HEAD: as long as it would be. */
SCRIPT bool
script_length(struct buf *out, const char *status, const char *headers,
    size_t n)
{
	buf_addf(out, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status,
	    headers, n);
	return true;
}

SCRIPT struct str
script_header(const struct script_request *q, const char *name)
{
	struct str rest = q->head, line, key;

	while (str_cut(&rest, '\n', &line)) {
		if (!str_cut(&line, ':', &key))
			continue;
		if (str_ieq(key, str_of(name)))
			return str_trim(line);
	}
	return STR("");
}

SCRIPT bool
script_is(const struct script_request *q, const char *method,
    const char *starts)
{
	return str_is(q->method, method) && str_starts(q->path, starts);
}

/* ---- the server ---- */

struct script_visit {
	struct script	*s;
	int		 fd;
};

SCRIPT bool
script_read(int fd, struct buf *b, size_t want)
{
	char piece[65536];

	while (b->n < want) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);

		if (n <= 0)
			return false;
		buf_add(b, (struct str){ piece, (size_t)n });
	}
	return true;
}

SCRIPT bool
script_send(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

/* One request of a connection.  False: that was the last. */
SCRIPT bool
script_turn(struct script *s, int fd, struct buf *in, struct buf *out)
{
	struct script_request q = { .port = s->port };
	struct str line;
	uint64_t length = 0;
	size_t at;
	bool stay;

	buf_clear(in);
	buf_clear(out);
	/* No https here. */
	while (!str_find(buf_str(in), STR("\r\n\r\n"), &at))
		if (!script_read(fd, in, in->n + 1) || in->p[0] == 0x16)
			return false;
	q.head = (struct str){ in->p, at + 2 };
	(void)str_u64(script_header(&q, "content-length"), UINT32_MAX, &length);
	if (!script_read(fd, in, at + 4 + (size_t)length))
		return false;
	q.head.p = in->p;
	q.body = (struct str){ in->p + at + 4, (size_t)length };
	line = q.head;
	(void)str_cut(&line, ' ', &q.method);
	(void)str_cut(&line, ' ', &q.path);
	pthread_mutex_lock(&s->lock);
	q.number = ++s->n;
	buf_addf(&s->log, STR_F " " STR_F "\n", STR_A(q.method),
	    STR_A(q.path));
	buf_add(&s->heads, q.head);
	stay = s->answer(s->arg, &q, out);
	pthread_mutex_unlock(&s->lock);
	return script_send(fd, buf_str(out)) && stay;
}

SCRIPT void *
script_visit(void *arg)
{
	struct script_visit *v = arg;
	CLEANUP(buf_free) struct buf in = BUF(64u << 20);
	CLEANUP(buf_free) struct buf out = BUF(64u << 20);

	while (script_turn(v->s, v->fd, &in, &out))
		continue;
	(void)shutdown(v->fd, SHUT_WR);
	(void)close(v->fd);
	atomic_fetch_sub(&v->s->visits, 1);
	mem_free(v);
	return NULL;
}

SCRIPT void *
script_serve(void *arg)
{
	struct script *s = arg;
	pthread_t t;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		struct script_visit *v = mem_take(sizeof(*v));

		*v = (struct script_visit){ s, fd };
		atomic_fetch_add(&s->visits, 1);
		if (pthread_create(&t, NULL, script_visit, v) != 0)
			abort();
		(void)pthread_detach(t);
	}
	return NULL;
}

SCRIPT void
script_start(struct script *s,
    bool (*answer)(void *arg, const struct script_request *q,
	struct buf *out), void *arg)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(in);

	*s = (struct script){ .answer = answer, .arg = arg,
		.log = BUF(1u << 20), .heads = BUF(4u << 20) };
	pthread_mutex_init(&s->lock, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->fd, (struct sockaddr *)&in, n) != 0 ||
	    listen(s->fd, 64) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&in, &n) != 0)
		abort();
	s->port = ntohs(in.sin_port);
	if (pthread_create(&s->thread, NULL, script_serve, s) != 0)
		abort();
}

/* The session's connections are closed before. */
SCRIPT void
script_end(struct script *s)
{
	struct timespec ts = { .tv_nsec = 1000000 };

	(void)shutdown(s->fd, SHUT_RDWR);
	(void)pthread_join(s->thread, NULL);
	(void)close(s->fd);
	while (atomic_load(&s->visits) > 0)
		(void)nanosleep(&ts, NULL);
	buf_free(&s->log);
	buf_free(&s->heads);
}

#endif
