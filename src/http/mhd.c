/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's daemons: no thread and no listening socket of their own.  Each
 * waits with a descriptor (of epoll) that the loop watches, and runs when that
 * says so.
 */
#include <errno.h>
#include <string.h>

#include "http/mhd_api.h"
#include "http/mhd_parts.h"
#include "os/os.h"

#define ROUNDS 8 /* in a row, before others of the loop have their turn */
#define HANDSHAKES_MAX 2000u
#define HANDSHAKE_NS UINT64_C(10000000)

/* TLS 1.2 and newer, and not the suites without forward secrecy. */
#define PRIORITIES \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA" \
	":-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM"

/*
 * What the library says while it starts is for the error.  Later, one thing
 * matters: it is about to answer a request by itself.  (It is the only use of
 * its log, and nothing is formatted.)
 */
static void __attribute__((format(printf, 2, 0)))
on_say(void *arg, const char *fmt, va_list ap)
{
	struct tap *t = arg;

	if (!t->daemon && t->said[0] == '\0')
		(void)vsnprintf(t->said, sizeof(t->said), fmt, ap);
	else if (t->daemon && strncmp(fmt, "Error processing request", 24) == 0)
		mhd_on_fault(t, va_arg(ap, int));
}

/* Paths go through as they were sent. */
static size_t
leave(void *arg, struct MHD_Connection *mc, char *s)
{
	(void)arg;
	(void)mc;
	return strlen(s);
}

static struct MHD_OptionItem
item(enum MHD_OPTION o, intptr_t value, void *p)
{
	return (struct MHD_OptionItem){ o, value, p };
}

/* A call, as the options' array wants it. */
#define CALL(fn) (intptr_t)(fn)

/*
 * The memory of a connection holds the header, the library's list of its fields
 * and the answer's header.  All of it is zeroed after each request, so it is
 * not larger than need be.
 */
size_t
tap_pool_bytes(const struct http_limits *m)
{
	return (size_t)m->header_bytes + (size_t)m->header_fields * 64 + 8192;
}

int
tap_new(struct tap **out, struct lane *l, const struct pem *pem, struct err *e)
{
	unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
	    MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG;
	struct tap *t = mem_take(sizeof(*t));
	struct MHD_OptionItem options[] = {
		item(MHD_OPTION_EXTERNAL_LOGGER, CALL(on_say), t),
		item(MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		    (intptr_t)tap_pool_bytes(&l->http->opt.limits), NULL),
		item(MHD_OPTION_CONNECTION_LIMIT, 1 << 30, NULL),
		item(MHD_OPTION_NOTIFY_COMPLETED, CALL(mhd_on_completed), t),
		item(MHD_OPTION_NOTIFY_CONNECTION, CALL(mhd_on_connection), t),
		item(MHD_OPTION_URI_LOG_CALLBACK, CALL(mhd_on_target), t),
		item(MHD_OPTION_UNESCAPE_CALLBACK, CALL(leave), NULL),
		/* Not its strict mode: that closes without an answer where we
		 * say what is wrong. */
		item(MHD_OPTION_END, 0, NULL),
		item(MHD_OPTION_END, 0, NULL),
		item(MHD_OPTION_END, 0, NULL),
		item(MHD_OPTION_END, 0, NULL),
	};

	if (pem) {
		flags |= MHD_USE_TLS;
		options[7] = item(MHD_OPTION_HTTPS_MEM_CERT, 0, pem->cert.p);
		options[8] = item(MHD_OPTION_HTTPS_MEM_KEY, 0, pem->key.p);
		options[9] = item(MHD_OPTION_HTTPS_PRIORITIES, 0,
		    (void *)(uintptr_t)PRIORITIES);
	} else {
		/* Without TLS there is nothing to be said at the end, and what
		 * the close of a socket does is ours to say: conn.c. */
		flags |= MHD_USE_TURBO;
	}
	t->lane = l;
	t->tls = pem != NULL;
	t->daemon = l->mhd->start_daemon(flags, 0, NULL, NULL, mhd_on_call, t,
	    MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	if (t->daemon) {
		*out = t;
		return 0;
	}
	err_set(e, pem ? ERR_INPUT : ERR_SYSTEM,
	    "cannot start the HTTP server: " STR_F,
	    STR_A(str_trim(str_of(t->said[0] ? t->said : strerror(errno)))));
	mem_free(t);
	return -1;
}

int
lane_library(const struct mhd **out, struct err *e)
{
	return mhd_open(out, e);
}

/* ---- running ---- */

static void
on_more(void *arg)
{
	struct tap *t = arg;

	loop_timer_end(&t->more);
	tap_run(t);
}

static void
run_in(struct tap *t, uint64_t ns)
{
	if (!t->more)
		t->more = loop_timer_start(t->lane->loop, NULL, ns, on_more, t);
}

void
tap_soon(struct tap *t)
{
	if (t->tls) /* it may be one that is in no hurry */
		loop_timer_end(&t->more);
	run_in(t, 0);
}

/*
 * A TLS handshake that waits for the other side looks to the library (0.9.75)
 * as if there were something to read, all the time: it would run without a
 * pause.  What really comes wakes it in any case.
 */
static bool
is_shaking(const struct tap *t)
{
	return t->tls && t->nfresh > 0;
}

bool
tap_is_full(const struct tap *t)
{
	return t->tls && t->nfresh >= HANDSHAKES_MAX;
}

static void
end_old(void *arg)
{
	struct tap *t = arg;

	tap_free(&t);
}

void
tap_run(struct tap *t)
{
	const struct mhd *m = t->lane->mhd;
	unsigned long long ms;

	/* From within, when a callback ends in here: the round goes on. */
	if (t->running)
		return;
	t->running = true;
	for (int i = 0; i < ROUNDS; i++) {
		(void)m->run(t->daemon);
		if (m->get_timeout(t->daemon, &ms) != MHD_YES || ms > 0)
			break;
		if (i < ROUNDS - 1 && !is_shaking(t))
			continue;
		run_in(t, is_shaking(t) ? HANDSHAKE_NS : 0);
		break;
	}
	t->running = false;
	if (t->old && t->n == 0) {
		t->old = false; /* once */
		loop_post(t->lane->loop, end_old, t);
	}
}

static void
on_ready(void *arg, int events)
{
	(void)events;
	tap_run(arg);
}

int
tap_start(struct tap *t)
{
	const union MHD_DaemonInfo *info =
	    t->lane->mhd->get_daemon_info(t->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	t->next = t->lane->taps;
	t->lane->taps = t;
	t->watch = loop_watch_start(
	    t->lane->loop, info->epoll_fd, LOOP_READ, on_ready, t);
	return t->watch ? 0 : -1;
}

void
tap_free(struct tap **pt)
{
	struct tap *t = *pt, **at;

	if (!t)
		return;
	*pt = NULL;
	for (at = &t->lane->taps; *at && *at != t;)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	loop_timer_end(&t->more);
	loop_watch_end(&t->watch);
	t->lane->mhd->stop_daemon(t->daemon);
	mem_free(t);
}

void
tap_add(struct tap *t, struct http_exchange *x, const struct sockaddr *sa,
    socklen_t len)
{
	struct lane *l = t->lane;
	struct sockaddr_in none = { .sin_family = AF_UNIX };

	if (len == 0) {
		sa = (const struct sockaddr *)&none;
		len = sizeof(none);
	}
	x->tap = t;
	l->coming = x;
	/* It closes the descriptor when it fails. */
	if (l->mhd->add_connection(t->daemon, x->fd, sa, len) != MHD_YES &&
	    l->coming)
		conn_free(x);
	l->coming = NULL;
}
