/* SPDX-License-Identifier: Apache-2.0 */
/* Where `subo dev` listens: the port asked for, or one beside it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev_parts.h"
#include "os/os.h"

#define OTHERS 20u /* ports tried after one that is taken */

static const char *
host_of(const struct dev *d)
{
	return d->flags->serve.host ? d->flags->serve.host : "127.0.0.1";
}

static bool
is_loopback(const char *host)
{
	return str_starts(str_of(host), "127.") || strcmp(host, "::1") == 0 ||
	    strcmp(host, "localhost") == 0;
}

static bool
is_any(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

void
dev_url(const struct dev *d, struct buf *out)
{
	const char *host = host_of(d);

	buf_addf(out, "http://%s:%u",
	    strcmp(host, "::1") == 0 ? "[::1]" : "127.0.0.1", d->where.plain);
}

/* The first of those after the one that can be had. */
static bool
take_another(struct dev *d, uint16_t *port)
{
	struct err ignored = ERR;

	for (unsigned i = 1; i <= OTHERS && *port + i <= UINT16_MAX; i++) {
		ignored.kind = ERR_NONE;
		if (serve_listen(d->serve, host_of(d), (uint16_t)(*port + i),
			NULL, &d->where.plain, &ignored) == 0)
			return true;
	}
	return false;
}

static void
tell_taken(const struct err *e)
{
	ui_warn("%s%s%s%s", e->text, e->hint[0] ? " (" : "", e->hint,
	    e->hint[0] ? ")" : "");
}

/* e says what is wrong with the port that was asked for. */
static int
offer_another(struct dev *d, struct err *e)
{
	uint16_t asked = d->where.plain;
	char question[60], hint[500];
	bool yes = false;

	if (e->kind != ERR_SYSTEM || asked == 0 || !take_another(d, &asked))
		return -1;
	snprintf(
	    question, sizeof(question), "use port %u instead?", d->where.plain);
	if (isatty(0) && cmd_common()->tty_err) {
		tell_taken(e);
		if (!dev_ask(question, &yes) && os_interrupted() != 0)
			return os_check_interrupt(e);
		if (!yes)
			return ui_told(e, ERR_SYSTEM);
	} else if (d->flags->serve.port) {
		snprintf(hint, sizeof(hint), "%.499s", e->hint);
		return err_hint(e, "%s%sgive another --port; %u is free", hint,
		    hint[0] ? "; " : "", d->where.plain);
	} else {
		tell_taken(e);
	}
	e->kind = ERR_NONE;
	return 0;
}

/* The page wants loopback, and "localhost" is the one or the other. */
static void
listen_here_too(struct dev *d)
{
	const char *host = host_of(d);
	struct err ignored = ERR;
	uint16_t bound;

	if (!is_any(host) && !is_loopback(host) &&
	    serve_listen(d->serve, "127.0.0.1", d->where.plain, NULL, &bound,
		&ignored) < 0)
		ui_warn("%s: the page cannot be seen", ignored.text);
	if (strcmp(host, "127.0.0.1") == 0 &&
	    serve_listen(
		d->serve, "::1", d->where.plain, NULL, &bound, &ignored) < 0 &&
	    cmd_common()->verbose)
		ui_note("%s: localhost is 127.0.0.1 only", ignored.text);
}

int
dev_listen(struct dev *d, struct err *e)
{
	const char *host = host_of(d);
	uint16_t none;

	if (serve_listen(
		d->serve, host, d->where.plain, NULL, &d->where.plain, e) < 0 &&
	    offer_another(d, e) < 0)
		return -1;
	listen_here_too(d);
	if (!is_loopback(host))
		ui_warn("anybody who reaches %s can send requests; the page at "
			"/_subo/ is for this machine only",
		    is_any(host) ? "this machine" : host);
	d->socket.max = 4096;
	if (serve_socket_path(&d->socket, d->where.plain, e) < 0)
		return -1;
	return serve_listen(d->serve,
	    arena_printf(d->arena, "unix:%s", buf_cstr(&d->socket)), 0, NULL,
	    &none, e);
}
