/* SPDX-License-Identifier: Apache-2.0 */
/* A server's life: what it is made of, signals, and bundles that change. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "serve_parts.h"
#include "studio/studio.h"

#define LEAVE_S 3 /* for all to be put away */

/* ---- the parts ---- */

static void
warn(void *arg, const char *text)
{
	(void)arg;
	ui_warn("%s", text);
}

static bool
on_hook(void *arg, struct http_exchange *x)
{
	struct serve_life *l = arg;

	return studio_hook(l->studio, x);
}

static void
on_gone(void *arg, struct http_exchange *x)
{
	struct serve_life *l = arg;

	studio_gone(l->studio, x);
}

static void
on_lines(void *arg, struct str text)
{
	struct serve_life *l = arg;

	serve_sink_lines(l->sink, text);
}

static int
make_trace(struct serve_life *l, struct err *e)
{
	struct trace_options to = { .warn = warn };
	struct studio_options so = { 0 };

	if (serve_otlp(&to, l->flags, l->files.arena, e) < 0)
		return -1;
	if (!to.otlp_url && !l->flags->trace && !l->flags->socket)
		return 0;
	if (trace_new(&l->trace, &to, e) < 0)
		return -1;
	l->options.trace = l->trace;
	if (!l->flags->trace && !l->flags->socket)
		return 0;
	so.trace = l->trace;
	if (studio_new(&l->studio, &so, e) < 0)
		return -1;
	l->options.hook = on_hook;
	l->options.hook_gone = on_gone;
	return 0;
}

static const char *
on_env(void *arg, const char *name)
{
	(void)arg;
	return world_env(name);
}

static int
give_secrets(struct serve_life *l, struct err *e)
{
	const struct opt_list *given = &l->flags->secrets;

	for (size_t i = 0; i < given->n; i++) {
		struct pair *p = &l->secrets[i];

		p->value = str_of(given->v[i]);
		if (!str_cut(&p->value, '=', &p->key) || p->key.n == 0)
			return err_set(
			    e, ERR_USAGE, "--secret wants NAME=VALUE");
	}
	l->options.host.secrets = l->secrets;
	l->options.host.nsecrets = given->n;
	return 0;
}

static int
make_serve(struct serve_life *l, struct err *e)
{
	struct serve_options *o = &l->options;

	if (crew_new(&l->crew, l->where.workers, e) < 0 ||
	    crew_new(&l->heavy, l->where.workers, e) < 0)
		return -1;
	crew_set_idle(l->heavy);
	o->engine = l->engine;
	o->crew = l->crew;
	o->heavy = l->heavy;
	o->host.hooks.env = on_env;
	o->host.cache_file = l->flags->cache;
	o->schedules = !l->flags->no_schedules;
	o->log = l->where.log;
	o->log_level = l->where.log_level;
	o->lines = on_lines;
	o->arg = l;
	if (serve_new(&l->serve, o, e) < 0)
		return -1;
	if (l->studio)
		studio_attach(l->studio, l->serve);
	return 0;
}

/* ---- its beginning ---- */

/* The limits of a server are those of its one app's Directive. */
static int
take_limits(struct serve_life *l, struct err *e)
{
	if (!l->files.folder) {
		if (serve_open(&l->first, &l->files.v[0], l, e) < 0)
			return -1;
		serve_take_limits(&l->options, bundle_directive(l->first));
	}
	serve_limits_fit(&l->options, serve_memory());
	return 0;
}

int
serve_begin(struct serve_life *l, struct err *e)
{
	if (give_secrets(l, e) < 0 ||
	    serve_sink_open(&l->sink, l->flags->log_file, e) < 0 ||
	    make_trace(l, e) < 0 || take_limits(l, e) < 0 ||
	    serve_engine_take(l, e) < 0 || make_serve(l, e) < 0)
		return -1;
	return serve_load_all(l, e);
}

/* ---- while it serves ---- */

static void
hang_up(struct serve_life *l)
{
	struct err e = ERR;

	if (serve_sink_again(l->sink, &e) < 0)
		ui_warn("%s; the old log goes on", e.text);
	if (l->files.folder && serve_rescan(&l->files, &e) < 0)
		ui_warn("%s", e.text);
	if (l->files.fetched)
		serve_again(l);
	for (size_t i = 0; i < l->files.n && !l->files.fetched; i++)
		serve_reload(l, &l->files.v[i], true);
	if (!l->where.has_secure)
		return;
	if (serve_reload_tls(l->serve, &e) < 0)
		ui_warn("%s; the old certificate goes on", e.text);
	else
		ui_note("certificate read again");
}

static void
on_signal(void *arg, int events)
{
	struct serve_life *l = arg;
	unsigned char sig;

	(void)events;
	while (!l->ended_by && read(l->signals, &sig, 1) == 1) {
		if (sig == SIGHUP)
			hang_up(l);
		else
			l->ended_by = sig;
	}
	if (l->ended_by)
		loop_stop(l->loop);
}

static int
listen_all(struct serve_life *l, struct err *e)
{
	const char *host = l->flags->host;
	struct serve_where *w = &l->where;
	uint16_t none;

	if (w->has_plain &&
	    serve_listen(l->serve, host, w->plain, NULL, &w->plain, e) < 0)
		return -1;
	if (w->has_secure &&
	    serve_listen(l->serve, host, w->secure, &w->tls, &w->secure, e) < 0)
		return -1;
	if (!l->studio)
		return 0;
	l->socket.max = 4096;
	if (l->flags->socket)
		buf_add(&l->socket, str_of(l->flags->socket));
	else if (serve_socket_path(
		     &l->socket, w->has_plain ? w->plain : w->secure, e) < 0)
		return -1;
	return serve_listen(l->serve,
	    arena_printf(l->files.arena, "unix:%s", buf_cstr(&l->socket)), 0,
	    NULL, &none, e);
}

/* Whatever holds a thread when the grace is over, the process ends. */
static void *
leave_at_last(void *arg)
{
	const struct serve_flags *f = arg;
	const struct timespec grace = { .tv_sec = f->grace_ms / 1000 + LEAVE_S,
		.tv_nsec = f->grace_ms % 1000 * 1000000l };

	nanosleep(&grace, NULL);
	ui_warn("what still ran was cut off");
	_exit(0);
}

static void
guard_end(struct serve_life *l)
{
	pthread_t guard;

	if (pthread_create(
		&guard, NULL, leave_at_last, (void *)(uintptr_t)l->flags) == 0)
		pthread_detach(guard);
}

int
serve_live(struct serve_life *l, struct err *e)
{
	if (loop_new(&l->loop, e) < 0 || os_signal_fd(&l->signals, e) < 0 ||
	    listen_all(l, e) < 0)
		return -1;
	l->watch =
	    loop_watch_start(l->loop, l->signals, LOOP_READ, on_signal, l);
	if (!l->watch)
		return err_set(e, ERR_SYSTEM, "cannot wait for signals");
	serve_set_ready(l->serve, true);
	serve_banner(l);
	if (!l->flags->no_watch)
		l->timer = loop_timer_start(
		    l->loop, NULL, SERVE_LOOK_NS, serve_look, l);
	if (loop_run(l->loop, e) < 0)
		return -1;
	serve_tell_stop(l->ended_by, l->flags->grace_ms);
	serve_set_ready(l->serve, false);
	guard_end(l);
	serve_stop(l->serve, l->flags->grace_ms);
	return 0;
}

static void
remove_socket(struct serve_life *l)
{
	struct err ignored = ERR;

	if (l->socket.n > 0 && os_remove(buf_cstr(&l->socket), &ignored) < 0)
		ui_warn("%s", ignored.text);
}

void
serve_life_dispose(struct serve_life *l)
{
	serve_again_end(l);
	loop_timer_end(&l->timer);
	loop_watch_end(&l->watch);
	loop_free(&l->loop);
	serve_free(&l->serve);
	studio_free(&l->studio);
	crew_free(&l->crew);
	crew_free(&l->heavy);
	trace_free(&l->trace);
	serve_engine_end(l);
	remove_socket(l);
	serve_sink_close(&l->sink);
	if (l->signals >= 0)
		close(l->signals);
	serve_files_dispose(&l->files);
	bundle_free(&l->first);
	trusting_close(&l->trusting);
	buf_free(&l->socket);
}
