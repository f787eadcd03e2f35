/* SPDX-License-Identifier: Apache-2.0 */
/* What `subo serve` says: the log, the banner, and what changed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "serve_parts.h"

/* ---- log ---- */

struct serve_sink {
	const char *path; /* NULL: standard error */
	int fd;
};

static int
open_log(const char *path, struct err *e)
{
	int fd = open(
	    path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);

	if (fd < 0)
		return err_sys(e, "cannot write the log '%s'", path);
	return fd;
}

int
serve_sink_open(struct serve_sink **out, const char *path, struct err *e)
{
	int fd = 2;

	if (path && (fd = open_log(path, e)) < 0)
		return -1;
	*out = mem_take(sizeof(**out));
	(*out)->path = path;
	(*out)->fd = fd;
	return 0;
}

int
serve_sink_again(struct serve_sink *k, struct err *e)
{
	int fd, rc = 0;

	if (!k->path)
		return 0;
	fd = open_log(k->path, e);
	if (fd < 0)
		return -1;
	/* In one act: other threads write all the time. */
	if (dup3(fd, k->fd, O_CLOEXEC) < 0)
		rc = err_sys(e, "cannot write the log '%s'", k->path);
	close(fd);
	return rc;
}

void
serve_sink_close(struct serve_sink **k)
{
	if (*k && (*k)->path)
		close((*k)->fd);
	mem_free(*k);
	*k = NULL;
}

void
serve_sink_lines(void *sink, struct str text)
{
	const struct serve_sink *k = sink;

	while (text.n > 0) {
		ssize_t n = write(k->fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* a full disk must not stop the server */
		text = str_from(text, (size_t)n);
	}
}

/* ---- banner ---- */

/* A client's address for the server's. */
static const char *
shown_host(const struct serve_life *l)
{
	const char *host = l->flags->host;

	if (!host || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
		return "localhost";
	return host;
}

static void
add_url(struct buf *out, const struct serve_life *l, bool secure)
{
	const char *host = shown_host(l);
	bool v6 = strchr(host, ':') && !str_starts(str_of(host), "unix:");

	if (str_starts(str_of(host), "unix:"))
		buf_addf(out, "%s", host);
	else
		buf_addf(out, "%s://%s%s%s:%u", secure ? "https" : "http",
		    v6 ? "[" : "", host, v6 ? "]" : "",
		    secure ? l->where.secure : l->where.plain);
}

/* One JSON document in one line, for whoever reads while we run. */
static void
print_line(const struct tree *t)
{
	CLEANUP(buf_free) struct buf out = BUF(64u << 20);

	tree_print_json(&out, t, 0);
	buf_addc(&out, '\n');
	fwrite(buf_cstr(&out), 1, out.n, stdout);
	fflush(stdout);
}

static void
put_app(struct arena *a, struct tree *t, const struct serve_file *f)
{
	char hex[DIGEST_HEX];

	digest_hex(&f->facts.digest, hex);
	tree_put_text(a, t, "identifier", str_of(f->facts.identifier));
	tree_put_text(a, t, "version", str_of(f->facts.version));
	tree_put_text(
	    a, t, "digest", str_of(arena_printf(a, "sha256:%s", hex)));
	tree_put_text(a, t, "file", str_of(f->path));
}

static void
banner_json(const struct serve_life *l)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t = ui_json(a, "serve", true), *list = tree_list(a);
	CLEANUP(buf_free) struct buf url = BUF(4096);

	if (l->where.has_plain) {
		add_url(&url, l, false);
		tree_put_text(a, t, "url", arena_copy(a, buf_str(&url)));
		tree_put_int(a, t, "port", l->where.plain);
	}
	if (l->where.has_secure) {
		buf_clear(&url);
		add_url(&url, l, true);
		tree_put_text(a, t, "tls_url", arena_copy(a, buf_str(&url)));
		tree_put_int(a, t, "tls_port", l->where.secure);
	}
	tree_put_int(a, t, "pid", getpid());
	if (l->socket.n > 0)
		tree_put_text(a, t, "trace_socket", buf_str(&l->socket));
	for (size_t i = 0; i < l->files.n; i++)
		if (l->files.v[i].loaded)
			put_app(
			    a, tree_add(a, list, tree_map(a)), &l->files.v[i]);
	tree_put(a, t, "apps", list);
	print_line(t);
}

static void
one_address(const struct serve_life *l, bool secure)
{
	CLEANUP(buf_free) struct buf url = BUF(4096);
	const char *host = l->flags->host;

	add_url(&url, l, secure);
	ui_note("serving on %s%s", buf_cstr(&url),
	    host ? "" : ", and all other addresses of this machine");
}

void
serve_banner(const struct serve_life *l)
{
	if (cmd_common()->json)
		banner_json(l);
	if (cmd_common()->verbose)
		serve_limits_tell(&l->options);
	if (l->socket.n > 0 && l->flags->socket)
		ui_note("the last requests: subo trace --socket %s",
		    buf_cstr(&l->socket));
	else if (l->socket.n > 0)
		ui_note("the last requests: subo trace --port %u",
		    l->where.has_plain ? l->where.plain : l->where.secure);
	if (l->where.has_plain)
		one_address(l, false);
	if (l->where.has_secure)
		one_address(l, true);
}

/* ---- changes ---- */

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
add_count(struct buf *out, size_t n, const char *what)
{
	if (n > 0)
		buf_addf(out, ", %zu %s%s", n, what, plural(n));
}

void
serve_tell_app(const struct serve_file *f, uint64_t wall_ns)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(4096);
	const struct serve_facts *is = &f->facts;
	char hex[DIGEST_HEX];
	struct tree *t;

	digest_hex(&is->digest, hex);
	buf_addf(
	    &text, "%s %s (sha256:%.12s)", is->identifier, is->version, hex);
	add_count(&text, is->nhandlers, "handler");
	add_count(&text, is->nschedules, "schedule");
	add_count(&text, is->nfunctions, "function");
	ui_note("%s; loaded in %s", buf_cstr(&text), ui_ms(wall_ns));
	if (!cmd_common()->json_lines)
		return;
	t = ui_json(a, "app", true);
	put_app(a, t, f);
	print_line(t);
}

/* Said whatever --quiet is: who replaced it believes that it runs. */
void
serve_tell_refused(const struct serve_file *f, const struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(1u << 16);
	char hex[DIGEST_HEX] = "";
	struct tree *t;

	if (f->loaded)
		digest_hex(&f->facts.digest, hex);
	buf_show(&text, str_of(e->text), true);
	fprintf(stderr, "subo: %serror:%s '%s' is refused: %s\n",
	    ui_err_colour('r'), ui_err_colour('0'), f->path, buf_cstr(&text));
	if (e->hint[0] != '\0')
		fprintf(stderr, "  try: %s\n", e->hint);
	if (f->loaded)
		fprintf(stderr, "subo: %s %s (sha256:%.12s) goes on serving\n",
		    f->facts.identifier, f->facts.version, hex);
	if (!cmd_common()->json_lines)
		return;
	t = ui_json(a, "app", false);
	tree_put_text(a, t, "file", str_of(f->path));
	tree_put_text(a, t, "code", str_of(err_code(e->kind)));
	tree_put_text(a, t, "message", str_of(e->text));
	print_line(t);
}

void
serve_tell_stop(int sig, uint32_t grace_ms)
{
	ui_note("%s: finishing what runs, for %s at most; once more to leave "
		"now",
	    strsignal(sig), ui_ms((uint64_t)grace_ms * 1000000u));
}
