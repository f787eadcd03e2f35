/* SPDX-License-Identifier: Apache-2.0 */
/* subo dev - see subo-dev(1). */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "dev_parts.h"
#include "fetch/fetch.h"
#include "os/os.h"
#include "table.h"

#define GRACE_MS 300u

static struct dev_flags given = {
	.serve = { .limit = { UNSET_SIZE, UNSET_SIZE, UNSET_SIZE, UNSET_SIZE,
		       UNSET_SIZE, UNSET_SIZE, UNSET_SIZE, UNSET_SIZE,
		       UNSET_SIZE, UNSET_SIZE, UNSET_MS, UNSET_MS, UNSET_MS,
		       UNSET_MS, UNSET_MS, UNSET_MS } }
};

static const struct cmd_opt opts[] = {
	{ "port", 'p', OPT_TEXT, &given.serve.port, "PORT",
	    "listen on this port (default: 8080; 0: any that is free)", 0 },
	{ "host", 0, OPT_TEXT, &given.serve.host, "ADDRESS",
	    "listen on this address (default: 127.0.0.1)", 0 },
	{ "open", 0, OPT_FLAG, &given.open, NULL, "open the page in a browser",
	    0 },
	{ "no-test", 0, OPT_FLAG, &given.no_test, NULL,
	    "do not run the tests after each change", 0 },
	{ "release", 'r', OPT_FLAG, &given.release, NULL,
	    "build what is shipped, as 'subo build --release'", 0 },
	{ "jobs", 'j', OPT_NUMBER, &given.jobs, "N",
	    "run at most N compilers at once (default: one a core)", 0 },
	{ "no-schedules", 0, OPT_FLAG, &given.serve.no_schedules, NULL,
	    "run no schedules", 0 },
	{ "secret", 0, OPT_LIST, &given.serve.secrets, "NAME=VALUE",
	    "give functions a secret", 0 },
	{ "cache", 0, OPT_TEXT, &given.serve.cache, "FILE",
	    "keep their cache in this file (default: in memory)", VALUE_FILE },
	{ "log-level", 0, OPT_TEXT, &given.serve.log_level, "LEVEL",
	    "of functions' lines: error, warn, info, debug (default: info)",
	    VALUE_LEVEL },
	{ "timeout", 't', OPT_MS, &given.serve.limit.function_ms, "TIME",
	    "of one call of a function (default: 10s)", 0 },
	{ "request-timeout", 0, OPT_MS, &given.serve.limit.request_ms, "TIME",
	    "of all of a request's steps (default: 60s)", 0 },
	{ "memory", 'm', OPT_BYTES, &given.serve.limit.memory, "BYTES",
	    "of one instance (default: 64M)", 0 },
	{ "max-output", 0, OPT_BYTES, &given.serve.limit.output, "BYTES",
	    "of a function's output (default: 8M)", 0 },
	{ "max-requests", 0, OPT_NUMBER, &given.serve.limit.requests, "N",
	    "under way at once (default: 128)", 0 },
	{ "max-body", 0, OPT_BYTES, &given.serve.limit.body, "BYTES",
	    "of a request's body (default: 16M)", 0 },
	{ 0 },
};

/* ---- the folder ---- */

/* The nearest folder upward that has a Directive; else dir itself. */
static int
find_root(struct dev *d, const char *dir, struct err *e)
{
	char real[PATH_MAX];
	size_t n;

	if (!realpath(dir, real) || !os_is_dir(real))
		return err_set(e, ERR_MISSING, "no such folder: '%s'", dir);
	d->root = arena_cstr(d->arena, str_of(real));
	for (n = strlen(real); n > 0; n--) {
		if (real[n] != '/' && real[n] != '\0')
			continue;
		real[n] = '\0';
		if (os_exists(arena_printf(
			d->arena, "%s/" PROJECT_DIRECTIVE, real))) {
			d->root = arena_cstr(d->arena, str_of(real));
			return 0;
		}
	}
	return 0;
}

/* What is only wrong can be mended while we watch; nothing cannot. */
static int
check_something(struct dev *d, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;

	if (project_open(&p, d->root, ds, e) < 0 && e->kind == ERR_MISSING)
		return -1;
	e->kind = ERR_NONE;
	return 0;
}

/* ---- living ---- */

static void
on_signal(void *arg, int events)
{
	struct dev *d = arg;
	unsigned char sig;

	(void)events;
	if (read(d->signals, &sig, 1) != 1)
		return;
	d->ended_by = sig;
	d->ending = true;
	/* One more ends us at once. */
	dev_keys_end(d);
	loop_stop(d->loop);
}

static int
begin(struct dev *d, struct err *e)
{
	if (loop_new(&d->loop, e) < 0 || dev_server_begin(d, e) < 0 ||
	    dev_watch(d, e) < 0 || dev_listen(d, e) < 0 ||
	    os_signal_fd(&d->signals, e) < 0)
		return -1;
	d->on_signal =
	    loop_watch_start(d->loop, d->signals, LOOP_READ, on_signal, d);
	if (!d->on_signal)
		return err_set(e, ERR_SYSTEM, "cannot wait for signals");
	dev_keys_begin(d);
	dev_banner(d);
	if (d->flags->open)
		dev_open_page(d);
	dev_build(d, STR(""), true);
	return 0;
}

static int
live(struct dev *d, struct err *e)
{
	if (begin(d, e) < 0 || loop_run(d->loop, e) < 0)
		return -1;
	if (d->ended_by == 0)
		return 0;
	err_set(e, ERR_SIGNAL, "ended by a signal");
	e->sig = d->ended_by;
	e->told = true;
	return -1;
}

static void
end(struct dev *d)
{
	d->ending = true;
	dev_keys_end(d);
	if (d->serve)
		serve_stop(d->serve, GRACE_MS);
	/* Compilers and tests, if any run. */
	os_interrupt(d->ended_by ? d->ended_by : SIGTERM);
	dev_test_end(d);
	dev_build_end(d);
	fetch_end(&d->asking);
	loop_timer_end(&d->hold);
	loop_watch_end(&d->on_signal);
	loop_files_end(&d->files);
	dev_server_end(d);
	loop_free(&d->loop);
	if (d->signals >= 0)
		close(d->signals);
	pthread_mutex_destroy(&d->print);
	pthread_mutex_destroy(&d->lock);
	buf_free(&d->line);
	mem_free(d->problem);
	arena_free(&d->arena);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(mem_free_at) struct dev *d = mem_take(sizeof(*d));
	int rc;

	d->flags = &given;
	d->arena = arena_new();
	d->signals = -1;
	d->line = (struct buf)BUF(1u << 16);
	d->cache_dir.max = 4096;
	pthread_mutex_init(&d->print, NULL);
	pthread_mutex_init(&d->lock, NULL);
	dev_keys_prepare();
	rc = dev_server_options(d, e);
	if (rc == 0)
		rc = find_root(d, argc > 0 ? argv[0] : ".", e);
	if (rc == 0)
		rc = check_something(d, e);
	if (rc == 0)
		rc = live(d, e);
	end(d);
	return rc;
}

const struct cmd cmd_dev = {
	.name = "dev",
	.args = "[dir]",
	.max_args = 1,
	.value = VALUE_DIR,
	.about = "build, serve, and rebuild on each save",
	.group = "Work on it",
	.opts = opts,
	.run = run,
};
