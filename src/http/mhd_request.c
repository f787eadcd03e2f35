/* SPDX-License-Identifier: Apache-2.0 */
/* Requests, as the library tells of them. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "http/mhd_parts.h"
#include "os/os.h"

#define NODE_BYTES 64u	  /* what a field takes beside its text */
#define ANSWER_BYTES 512u /* status line, Date and the like */

/* ---- the request line ---- */

static struct http_exchange *
of(const struct tap *t, struct MHD_Connection *mc)
{
	const union MHD_ConnectionInfo *i = t->lane->mhd->get_connection_info(
	    mc, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return i->socket_context;
}

void *
mhd_on_target(void *arg, const char *uri, struct MHD_Connection *mc)
{
	struct http_exchange *x = of(arg, mc);
	char *query;

	x->phase = PHASE_HEADER;
	x->lane->parsing = x;
	/* Since its first byte, of which only sweep.c may know. */
	if (!x->fresh)
		x->since = x->mark;
	else
		x->tap->nfresh--;
	x->fresh = false;
	x->line = uri ? uri : "";
	x->nline = strlen(x->line);
	buf_add(&x->target, (struct str){ x->line, x->nline });
	/* What follows would be cut at each '&' into memory that the header
	 * may need: we have our copy. */
	query = memchr(x->line, '?', x->nline);
	if (query && query[1])
		query[1] = '\0';
	return x;
}

/* ---- the header ---- */

static enum MHD_Result
on_field(void *arg, enum MHD_ValueKind kind, const char *name, size_t nname,
    const char *value, size_t nvalue)
{
	struct http_exchange *x = arg;

	(void)kind;
	if (x->nfields == x->cap)
		x->fields = mem_grow(
		    x->fields, x->nfields, &x->cap, sizeof(*x->fields));
	x->fields[x->nfields].name = (struct str){ name, nname };
	x->fields[x->nfields++].value = (struct str){ value, nvalue };
	return MHD_YES;
}

/*
 * Did each line end in CR and LF, and was none of them a continuation?  The
 * library takes a bare LF, joins folded lines and ends a text at a NUL, and
 * says nothing of it.  But its texts lie where the bytes were received, with
 * NULs for the colon, and for CR and LF: so the next text begins exactly two
 * bytes after the one before, or one of these things was there.  Addresses are
 * compared, and nothing is read.
 */
static bool
is_plain(const struct http_exchange *x, size_t header_bytes)
{
	uintptr_t method = (uintptr_t)x->method.p;
	uintptr_t target = (uintptr_t)x->line;
	uintptr_t at = (uintptr_t)x->version + strlen(x->version) + 2;

	if (target != method + x->method.n + 1 ||
	    (uintptr_t)x->version != target + x->nline + 1)
		return false;
	for (size_t i = 0; i < x->nfields; i++) {
		const struct http_field *f = &x->fields[i];

		if ((uintptr_t)f->name.p != at ||
		    (uintptr_t)f->value.p < at + f->name.n + 1)
			return false;
		at = (uintptr_t)f->value.p + f->value.n + 2;
	}
	return at + 2 == method + header_bytes;
}

/*
 * What of the library's memory is left when the header is in it, with a node
 * for each field; cookies are there twice, in pieces.
 */
static size_t
room(const struct http_exchange *x, size_t header_bytes)
{
	size_t all = tap_pool_bytes(&x->lane->http->opt.limits);
	struct str cookie = http_header(x, "Cookie");
	size_t used = header_bytes + x->nfields * NODE_BYTES + ANSWER_BYTES;

	if (cookie.n > 0)
		used += cookie.n + NODE_BYTES;
	for (size_t i = 0; i < cookie.n; i++)
		if (cookie.p[i] == ';' || cookie.p[i] == ',')
			used += NODE_BYTES;
	return used < all ? all - used : 0;
}

static int
check(struct http_exchange *x, const struct mhd *m)
{
	const struct http_limits *max = &x->lane->http->opt.limits;
	size_t bytes = m->get_connection_info(
			    x->mc, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
			   ->header_size;
	bool http11 = strcmp(x->version, "HTTP/1.1") == 0;
	struct str authority;
	int status;

	if (x->target.n > max->header_bytes)
		return 414;
	if (bytes > max->header_bytes || x->nfields > max->header_fields)
		return 431;
	if (!is_plain(x, bytes))
		return 400;
	x->room = room(x, bytes);
	for (size_t i = 0; i < x->nfields; i++) {
		struct http_field *f = &x->fields[i];

		if (!strict_name(f->name) || !strict_value(f->value))
			return 400;
		f->value = str_trim(f->value);
	}
	status = strict_fields(x, http11);
	if (status == 400)
		return 400;
	if (!http11 && strcmp(x->version, "HTTP/1.0") != 0)
		return 505;
	if (strict_method(x->method) != 0)
		return strict_method(x->method);
	if (strict_target(x->method, buf_str(&x->target)) != 0)
		return 400;
	(void)strict_path(buf_str(&x->target), &authority);
	if (authority.n > 0)
		x->host = authority;
	if (status == 0 && x->length != UINT64_MAX &&
	    x->length > max->body_bytes)
		return 413;
	return status;
}

static void
count(struct http_exchange *x)
{
	struct lane *l = x->lane;

	tally(&l->requests);
	x->counted = true;
	atomic_store_explicit(&l->busy,
	    atomic_load_explicit(&l->busy, memory_order_relaxed) + 1,
	    memory_order_relaxed);
}

/* Give the library the answer that is there. */
static enum MHD_Result
queue(struct http_exchange *x)
{
	const struct mhd *m = x->lane->mhd;
	struct MHD_Response *r = x->answer;
	enum MHD_Result ok;

	x->answer = NULL;
	x->queued = true;
	x->phase = PHASE_WRITE;
	x->since = x->mark = 0;
	ok = m->queue_response(x->mc, (unsigned)x->status, r);
	m->destroy_response(r);
	return ok;
}

static enum MHD_Result
begin(struct http_exchange *x, const char *method, const char *version)
{
	const struct http_options *o = &x->lane->http->opt;
	const struct mhd *m = x->lane->mhd;
	int status;

	x->start_ns = os_now_ns();
	x->since = x->start_ns;
	x->method = str_of(method);
	x->version = version;
	x->phase = PHASE_BODY;
	(void)m->get_connection_values_n(x->mc, MHD_HEADER_KIND, on_field, x);
	count(x);
	status = check(x, m);
	if (status != 0) {
		exchange_refuse(x, status);
		return queue(x);
	}
	if (o->header) {
		x->told = true;
		o->header(o->arg, x);
	}
	if (!x->answer || x->length == 0)
		return MHD_YES;
	/* The library closes after an answer that comes this early; and the
	 * body is on its way. */
	x->linger = true;
	return queue(x);
}

/* ---- the body, and its end ---- */

static enum MHD_Result
more(struct http_exchange *x, const char *data, size_t *n)
{
	struct str s = { data, *n };

	*n = 0;
	if (x->over)
		return MHD_YES;
	if (s.n <= x->body.max - x->body.n) {
		buf_add(&x->body, s);
		return MHD_YES;
	}
	/* No answer can be queued here.  Within TLS the rest is thrown away,
	 * until its end or body_ms. */
	x->over = true;
	if (x->is_tls)
		return MHD_YES;
	conn_say(x->fd, 413);
	conn_refused(x, 413);
	x->linger = x->doomed = true;
	return MHD_NO;
}

static enum MHD_Result
complete(struct http_exchange *x)
{
	const struct http_options *o = &x->lane->http->opt;

	if (x->phase == PHASE_WAIT && !x->answer)
		return MHD_NO; /* gone */
	if (x->over && !x->answer) {
		exchange_refuse(x, 413);
		return queue(x);
	}
	if (!x->answer && !x->answered) {
		x->told = true;
		o->request(o->arg, x);
	}
	if (x->answer)
		return queue(x);
	x->phase = PHASE_WAIT;
	x->lane->mhd->suspend_connection(x->mc);
	return MHD_YES;
}

enum MHD_Result
mhd_on_call(void *arg, struct MHD_Connection *mc, const char *url,
    const char *method, const char *version, const char *data, size_t *n,
    void **own)
{
	struct http_exchange *x = *own;

	(void)arg;
	(void)url;
	(void)mc;
	if (x->phase == PHASE_HEADER)
		return begin(x, method, version);
	return *n > 0 ? more(x, data, n) : complete(x);
}

/* ---- what the library answers by itself ---- */

/* Its header is there, and nobody was told of it yet. */
static bool
is_between(const struct tap *t, const struct http_exchange *x)
{
	return x && x->tap == t && x->phase == PHASE_HEADER && !x->doomed &&
	    t->lane->mhd->get_connection_info(
		x->mc, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
}

/*
 * Between a header and the first call, the library would put the header of its
 * answer twice (a bad length, too many cookies).  We say it ourselves then, so
 * that what it says next goes nowhere.
 */
void
mhd_on_fault(struct tap *t, int status)
{
	struct http_exchange *x = t->lane->parsing;

	t->nfaults++;
	t->fault = status;
	if (!is_between(t, x))
		for (x = t->lane->list; x && !is_between(t, x);)
			x = x->next;
	if (!x || x->is_tls)
		return;
	t->nfaults--;
	conn_say(x->fd, status);
	conn_refused(x, status);
	x->linger = x->doomed = true;
	(void)shutdown(x->fd, SHUT_WR);
}

static void
end_fault(struct http_exchange *x, int status)
{
	if (x->tap->nfaults > 0)
		x->tap->nfaults--;
	x->linger = x->doomed = true;
	conn_refused(x, status);
}

/* ---- its end ---- */

/* Told to the caller, and not answered: that is over now. */
static void
drop(struct http_exchange *x)
{
	const struct http_options *o = &x->lane->http->opt;

	if (x->told && !x->answered) {
		x->answered = true;
		o->gone(o->arg, x);
	}
	if (x->answer)
		x->lane->mhd->destroy_response(x->answer);
	x->answer = NULL;
}

void
mhd_on_completed(void *arg, struct MHD_Connection *mc, void **own,
    enum MHD_RequestTerminationCode why)
{
	struct http_exchange *x = *own;
	struct lane *l = x->lane;
	const union MHD_ConnectionInfo *i;

	(void)arg;
	(void)why;
	if ((x->phase == PHASE_HEADER || x->phase == PHASE_BODY) &&
	    !x->doomed) {
		/* The library itself found fault with it? */
		i = l->mhd->get_connection_info(
		    mc, MHD_CONNECTION_INFO_HTTP_STATUS);
		if (i)
			end_fault(x, (int)i->http_status);
	}
	drop(x);
	if (x->socket)
		socket_end(x->socket);
	if (x->counted)
		atomic_store_explicit(&l->busy,
		    atomic_load_explicit(&l->busy, memory_order_relaxed) - 1,
		    memory_order_relaxed);
	loop_watch_end(&x->watch);
	conn_reset(x);
	x->phase = PHASE_IDLE;
	x->since = x->mark = 0;
	/* Said by us to be the last: nothing is missing when it closes. */
	if (x->last)
		x->doomed = true;
}

/* ---- the connection ---- */

/* The library shuts a connection without a word when its request line is no
 * request line.  Is that how this one ends? */
static bool
is_wordless(const struct http_exchange *x)
{
	char c;

	if (x->doomed || x->is_tls)
		return false;
	errno = 0;
	/* If not the other side, the library ended it. */
	return recv(x->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) != 0 &&
	    (errno == EAGAIN || errno == 0);
}

static void
closed(struct http_exchange *x)
{
	struct tap *t = x->tap;
	int rest = 0, fd = -1;

	/* Of a request line at fault only this tells. */
	if (!x->doomed && t->nfaults > 0)
		end_fault(x, t->fault);
	if (is_wordless(x)) {
		conn_say(x->fd, 400);
		conn_refused(x, 400);
		x->linger = true;
	}
	if (x->linger || (ioctl(x->fd, FIONREAD, &rest) == 0 && rest > 0))
		fd = fcntl(x->fd, F_DUPFD_CLOEXEC, 3);
	t->n--;
	if (x->fresh)
		t->nfresh--;
	if (fd >= 0)
		conn_linger(x, fd);
	else
		conn_free(x);
}

void
mhd_on_connection(void *arg, struct MHD_Connection *mc, void **own,
    enum MHD_ConnectionNotificationCode what)
{
	struct tap *t = arg;
	struct lane *l = t->lane;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		assert(l->coming);
		l->coming->mc = mc;
		*own = l->coming;
		l->coming = NULL;
		t->n++;
		t->nfresh++;
		return;
	}
	closed(*own);
}
