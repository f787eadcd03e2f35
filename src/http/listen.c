/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets. */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/parts.h"

#define BACKLOG 4096

/* ---- sockets ---- */

static int
bind_failed(const char *host, uint16_t port, struct err *e)
{
	CLEANUP(buf_free) struct buf who = BUF(200);
	int no = errno;

	errno = no;
	if (strncmp(host ? host : "", "unix:", 5) == 0)
		err_sys(e, "cannot listen on '%s'", host);
	else
		err_sys(e, "cannot listen on port %u%s%s", port,
		    host ? " of " : "", host ? host : "");
	if (no == EADDRINUSE && port_owner(port, &who))
		err_hint(e, "it is taken by %s; another port is free: --port 0",
		    buf_cstr(&who));
	else if (no == EADDRINUSE)
		err_hint(e,
		    "another process listens there; "
		    "another port is free: --port 0");
	else if (no == EACCES && port < 1024)
		err_hint(e,
		    "ports below 1024 need a right: use 8080, or "
		    "setcap cap_net_bind_service=+ep on the program");
	return -1;
}

static int
bind_to(const struct sockaddr *sa, socklen_t len, int *out)
{
	int on = 1, off = 0, no;
	int fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (sa->sa_family != AF_UNIX)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (sa->sa_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, sa, len) == 0 && listen(fd, BACKLOG) == 0) {
		*out = fd;
		return 0;
	}
	no = errno;
	(void)close(fd);
	errno = no;
	return -1;
}

static uint16_t
bound_port(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return 0;
	if (sa.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&sa)->sin6_port);
	if (sa.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&sa)->sin_port);
	return 0;
}

static int
listen_all(uint16_t port, int *fd)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_port = htons(port) };

	if (bind_to((struct sockaddr *)&six, sizeof(six), fd) == 0)
		return 0;
	if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
		return -1;
	return bind_to((struct sockaddr *)&four, sizeof(four), fd);
}

static int
listen_host(const char *host, uint16_t port, int *fd, struct err *e)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE };
	struct addrinfo *ai = NULL;
	char text[8];
	int rc;

	(void)snprintf(text, sizeof(text), "%u", port);
	rc = getaddrinfo(host, text, &hints, &ai);
	if (rc != 0)
		return err_set(e, ERR_SYSTEM, "cannot listen on '%s': %s", host,
		    gai_strerror(rc));
	rc = bind_to(ai->ai_addr, ai->ai_addrlen, fd);
	freeaddrinfo(ai);
	return rc < 0 ? bind_failed(host, port, e) : 0;
}

/* Does anyone answer there? */
static bool
is_alive(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive;

	if (fd < 0)
		return true;
	alive = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 ||
	    errno != ECONNREFUSED;
	(void)close(fd);
	return alive;
}

static int
listen_path(const char *path, int *fd, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	struct stat st;
	mode_t old;
	int rc;

	if (n == 0 || n >= sizeof(sa.sun_path))
		return err_set(e, ERR_INPUT,
		    "the path of a socket has 1 to %zu bytes, not %zu: '%s'",
		    sizeof(sa.sun_path) - 1, n, path);
	memcpy(sa.sun_path, path, n + 1);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !is_alive(&sa))
		(void)unlink(path);
	old = umask(0177);
	rc = bind_to((struct sockaddr *)&sa, sizeof(sa), fd);
	(void)umask(old);
	if (rc < 0 && errno == EADDRINUSE) {
		err_sys(e, "cannot listen on '%s'", path);
		return err_hint(e,
		    "another process listens there, or it is "
		    "not a socket");
	}
	return rc < 0 ? err_sys(e, "cannot listen on '%s'", path) : 0;
}

void
listener_free(struct listener *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	mem_free(s->path);
	mem_free(s->cert);
	mem_free(s->key);
	mem_free(s->ears);
	mem_free(s);
}

/* ---- a new one ---- */

static char *
copy(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = mem_take(n);

	memcpy(p, s, n);
	return p;
}

static int
open_socket(struct listener *s, const char *host, uint16_t port, struct err *e)
{
	if (s->path)
		return listen_path(s->path, &s->fd, e);
	if (host)
		return listen_host(host, port, &s->fd, e);
	return listen_all(port, &s->fd) < 0 ? bind_failed(NULL, port, e) : 0;
}

/* The newest listener's. */
static void
start_ears(struct lane *l)
{
	ear_start(&l->http->listeners->ears[l->index]);
}

int
http_listen(struct http *h, const char *host, uint16_t port,
    const struct http_tls *tls, uint16_t *bound, struct err *e)
{
	CLEANUP(mem_free_at) struct tap **taps = NULL;
	struct listener *s = mem_take(sizeof(*s));

	s->fd = -1;
	taps = mem_take(h->nlanes * sizeof(struct tap *));
	s->ears = mem_take(h->nlanes * sizeof(*s->ears));
	s->is_unix = host && strncmp(host, "unix:", 5) == 0;
	s->path = s->is_unix ? copy(host + 5) : NULL;
	s->tls = tls != NULL;
	s->cert = tls ? copy(tls->cert) : NULL;
	s->key = tls ? copy(tls->key) : NULL;
	if ((tls && certificate_taps(h, s, taps, e) < 0)) {
		listener_free(s);
		return -1;
	}
	if (open_socket(s, host, port, e) < 0) {
		for (unsigned i = 0; i < h->nlanes; i++)
			tap_free(&taps[i]);
		listener_free(s);
		return -1;
	}
	atomic_store(&s->nears, h->nlanes);
	*bound = bound_port(s->fd);
	s->next = h->listeners;
	h->listeners = s;
	for (unsigned i = 0; i < h->nlanes; i++) {
		struct ear *r = &s->ears[i];

		r->lane = &h->lanes[i];
		r->listener = s;
		r->tap = tls ? taps[i] : r->lane->plain;
	}
	lane_each(h, start_ears);
	for (unsigned i = 0; i < h->nlanes; i++)
		if (!s->ears[i].watch)
			return err_set(e, ERR_SYSTEM,
			    "cannot listen on port %u: too many open files",
			    *bound);
	return 0;
}
