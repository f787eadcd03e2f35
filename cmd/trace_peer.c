/* SPDX-License-Identifier: Apache-2.0 */
/* Where a server's trace is, and how it is asked. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fetch/fetch.h"
#include "loop/loop.h"
#include "os/os.h"
#include "serve_parts.h"
#include "trace_parts.h"

#define ANSWER_BYTES (256u << 20)

/* Does somebody listen there? */
static bool
lives(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;
	bool ok;

	if (strlen(path) >= sizeof(sa.sun_path))
		return false;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	ok = connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
	close(fd);
	return ok;
}

struct newest {
	struct buf *path;
	struct timespec when;
};

static int
consider(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct newest *n = arg;
	struct timespec t = st->st_mtim;

	(void)e;
	if (S_ISDIR(st->st_mode))
		return 1;
	if (!S_ISSOCK(st->st_mode) || !str_ends(str_of(path), ".sock"))
		return 0;
	if (n->path->n > 0 &&
	    (t.tv_sec < n->when.tv_sec ||
		(t.tv_sec == n->when.tv_sec && t.tv_nsec <= n->when.tv_nsec)))
		return 0;
	if (!lives(path))
		return 0;
	buf_clear(n->path);
	buf_add(n->path, str_of(path));
	n->when = t;
	return 0;
}

static int
no_server(struct err *e)
{
	err_set(e, ERR_MISSING, "no server with a trace runs here");
	return err_hint(e,
	    "start one with 'subo dev' or 'subo serve --trace'; "
	    "--socket names one that another user runs");
}

static int
find_newest(struct buf *out, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = BUF(4096);
	struct newest n = { .path = out };
	struct err ignored = ERR;
	char *slash;

	if (serve_socket_path(&dir, 0, &ignored) < 0)
		return no_server(e);
	slash = strrchr(dir.p, '/');
	*slash = '\0';
	if (os_walk(dir.p, consider, &n, &ignored) < 0)
		return no_server(e);
	return out->n > 0 ? 0 : no_server(e);
}

int
trace_peer_open(
    struct trace_peer *p, const char *socket, uint64_t port, struct err *e)
{
	p->socket = (struct buf)BUF(4096);
	if (socket)
		buf_add(&p->socket, str_of(socket));
	else if (port > 0 &&
	    serve_socket_path(&p->socket, (uint16_t)port, e) < 0)
		return -1;
	else if (port == 0 && find_newest(&p->socket, e) < 0)
		return -1;
	if (!lives(buf_cstr(&p->socket))) {
		err_set(e, ERR_MISSING, "no server listens at '%s'",
		    buf_cstr(&p->socket));
		return err_hint(e,
		    "start one with 'subo dev' or 'subo serve "
		    "--trace'");
	}
	return loop_new(&p->loop, e);
}

void
trace_peer_dispose(struct trace_peer *p)
{
	loop_free(&p->loop);
	buf_free(&p->socket);
}

struct asked {
	struct trace_peer *p;
	struct arena *a;
	struct tree **out;
	struct err *e;
	int rc;
	bool came;
};

/* What it says is wrong is what is wrong. */
static int
refused(struct asked *x, const struct fetch_answer *a, const struct tree *t)
{
	struct str why = tree_text(t, "message"), hint = tree_text(t, "hint");

	if (why.n == 0)
		return err_set(
		    x->e, ERR_REMOTE, "the server answered %d", a->status);
	err_set(x->e, a->status == 404 ? ERR_MISSING : ERR_REMOTE, STR_F,
	    STR_A(why));
	return hint.n > 0 ? err_hint(x->e, STR_F, STR_A(hint)) : -1;
}

static void
on_answer(void *arg, const struct fetch_answer *a, const struct err *why)
{
	struct asked *x = arg;
	struct err e = ERR;
	struct tree *t = NULL;

	x->came = true;
	loop_stop(x->p->loop);
	if (!a) {
		*x->e = *why;
		x->rc = -1;
		return;
	}
	if (tree_parse_json(&t, x->a, a->body, &e) < 0)
		t = tree_map(x->a);
	*x->out = t;
	x->rc = a->status == 200 ? 0 : refused(x, a, t);
}

int
trace_peer_ask(struct trace_peer *p, const char *path, uint32_t wait_ms,
    struct arena *a, struct tree **out, struct err *e)
{
	struct asked x = { .p = p, .a = a, .out = out, .e = e };
	struct fetch_request r = { .method = STR("GET"),
		.url = str_of(
		    arena_printf(a, "http://localhost/_subo/api/%s", path)),
		.body_bytes = ANSWER_BYTES,
		.total_ms = wait_ms + 30000,
		.unix_path = buf_cstr(&p->socket) };
	struct fetch_call *c = fetch_start(p->loop, &r, on_answer, &x);
	int rc = loop_run(p->loop, e);

	fetch_end(&c);
	if (rc < 0)
		return -1;
	return x.came ? x.rc : err_set(e, ERR_BUG, "no answer came");
}
