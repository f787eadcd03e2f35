/* SPDX-License-Identifier: Apache-2.0 */
/* subo run - see subo-run(1). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "host/host.h"
#include "module/module.h"
#include "os/os.h"
#include "run.h"
#include "table.h"

#define MAX_INPUT (64u << 20)

static struct {
	struct trust_opts trust;
	const char *bundle, *input, *dir, *method, *url, *cache;
	struct opt_list state, params, headers, secrets;
	uint32_t timeout_ms;
	uint64_t memory, fuel;
} opt = { .timeout_ms = 10000, .memory = 64u << 20 };

static const struct cmd_opt opts[] = {
	{ "bundle", 'b', OPT_TEXT, &opt.bundle, "FILE",
	    "take the function from this bundle", VALUE_FILE },
	TRUST_OPTS(opt.trust),
	{ "input", 'i', OPT_TEXT, &opt.input, "TEXT",
	    "its input, or @FILE (default: standard input)", VALUE_FILE },
	{ "state", 's', OPT_LIST, &opt.state, "KEY=VALUE",
	    "put a value into the state", 0 },
	{ "param", 'p', OPT_LIST, &opt.params, "KEY=VALUE",
	    "set a parameter of the route", 0 },
	{ "header", 'H', OPT_LIST, &opt.headers, "'NAME: VALUE'",
	    "set a header of the request", 0 },
	{ "static", 0, OPT_TEXT, &opt.dir, "DIR",
	    "static files lie in this folder", VALUE_DIR },
	{ "secret", 0, OPT_LIST, &opt.secrets, "NAME=VALUE", "give it a secret",
	    0 },
	{ "cache", 0, OPT_TEXT, &opt.cache, "FILE",
	    "keep its cache in this file (default: in memory)", VALUE_FILE },
	{ "method", 'X', OPT_TEXT, &opt.method, "METHOD",
	    "method of the request (default: GET, or POST with input)",
	    VALUE_METHOD },
	{ "url", 0, OPT_TEXT, &opt.url, "PATH",
	    "path and query of the request (default: /)", 0 },
	{ "timeout", 't', OPT_MS, &opt.timeout_ms, "TIME",
	    "end it after this time (default: 10s; 0: never)", 0 },
	{ "memory", 'm', OPT_BYTES, &opt.memory, "BYTES",
	    "most memory it may have (default: 64M)", 0 },
	{ "fuel", 0, OPT_NUMBER, &opt.fuel, "N",
	    "end it after this many instructions", 0 },
	{ 0 },
};

/* ---- what goes in ---- */

static int
read_input(struct buf *in, struct err *e)
{
	in->max = MAX_INPUT;
	if (opt.input && opt.input[0] == '@')
		return os_read(in, opt.input + 1, e);
	if (opt.input)
		buf_add(in, str_of(opt.input));
	else if (!isatty(0))
		return os_read_fd(in, 0, "standard input", e);
	return 0;
}

static int
split(
    const char *text, char at, const char *form, struct pair *p, struct err *e)
{
	p->value = str_of(text);
	if (str_cut(&p->value, at, &p->key) && p->key.n > 0)
		return 0;
	return err_set(e, ERR_USAGE, "'%s' is not %s", text, form);
}

static int
fill_request(struct request *r, struct err *e)
{
	struct pair p = { 0 };

	for (size_t i = 0; i < opt.state.n; i++) {
		if (split(opt.state.v[i], '=', "KEY=VALUE", &p, e) < 0)
			return -1;
		request_set_state(r, p.key, p.value);
	}
	for (size_t i = 0; i < opt.params.n; i++) {
		if (split(opt.params.v[i], '=', "KEY=VALUE", &p, e) < 0)
			return -1;
		request_add_param(r, p.key, p.value);
	}
	for (size_t i = 0; i < opt.headers.n; i++) {
		if (split(opt.headers.v[i], ':', "NAME: VALUE", &p, e) < 0)
			return -1;
		request_add_header(r, str_trim(p.key), str_trim(p.value));
	}
	return 0;
}

static int
open_engine(struct engine **en, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = BUF(4096);
	struct engine_options eo = { .fuel = opt.fuel > 0 };
	struct err ignored = ERR;

	/* Without a folder for it, code is compiled each time. */
	if (world_cache(&dir, "code", &ignored) == 0)
		eo.cache_dir = buf_cstr(&dir);
	return engine_new(en, &eo, e);
}

static const char *
on_env(void *arg, const char *name)
{
	(void)arg;
	return world_env(name);
}

static int
open_host(
    struct host **h, struct run *r, const struct pair *secrets, struct err *e)
{
	struct host_options ho = {
		.directive = r->target.directive,
		.file = run_file,
		.file_arg = &r->target,
		.secrets = secrets,
		.nsecrets = opt.secrets.n,
		.cache_file = opt.cache,
		.hooks = { .arg = r, .log = run_log, .env = on_env },
	};

	return host_new(h, &ho, e);
}

/* The module library knows best what a file is that is no module. */
static int
refused(const struct run *r, struct err *e)
{
	CLEANUP(module_free) struct module *m = NULL;
	struct err better = ERR;

	if (e->kind == ERR_INPUT &&
	    module_read(&m, r->target.wasm, &better) < 0) {
		*e = better;
		return err_wrap(e, "'" STR_F "'", STR_A(r->target.name));
	}
	return -1;
}

static int
call(struct run *r, struct host *h, struct request *req, struct err *e)
{
	CLEANUP(engine_free) struct engine *en = NULL;
	CLEANUP(code_free) struct code *code = NULL;
	struct host_call hc = {
		.magic = HOST_CALL_MAGIC,
		.host = h,
		.request = req,
		.fn = r->target.name,
		.ns = r->target.ns,
		.info = r->target.info,
	};
	struct engine_limits lim = { .memory_bytes = opt.memory,
		.fuel = opt.fuel,
		.deadline_ms = opt.timeout_ms };

	if (open_engine(&en, e) < 0)
		return -1;
	if (code_load(&code, en, r->target.wasm, r->target.name, abi_imports(),
		e) < 0)
		return refused(r, e);
	r->fuel = opt.fuel > 0;
	return run_call(r, code, &lim, &hc, e);
}

static int
run_function(struct run *r, struct err *e)
{
	CLEANUP(host_free) struct host *h = NULL;
	CLEANUP(request_free) struct request *req = NULL;
	struct pair secrets[OPT_LIST_MAX];
	const char *method = r->input.n > 0 ? "POST" : "GET";

	for (size_t i = 0; i < opt.secrets.n; i++)
		if (split(opt.secrets.v[i], '=', "NAME=VALUE", &secrets[i], e) <
		    0)
			return -1;
	req = request_new(str_of(opt.method ? opt.method : method),
	    str_of(opt.url ? opt.url : "/"), STR("subo-run"),
	    buf_str(&r->input));
	if (fill_request(req, e) < 0)
		return -1;
	if (open_host(&h, r, secrets, e) < 0)
		return -1;
	return call(r, h, req, e);
}

static void
run_dispose(struct run *r)
{
	if (r->ran)
		abi_result_dispose(&r->res);
	buf_free(&r->input);
	run_target_dispose(&r->target);
	arena_free(&r->arena);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(run_dispose) struct run r = { .arena = arena_new() };
	int rc;

	r.logs = tree_list(r.arena);
	if (run_find(&r.target, argc > 0 ? argv[0] : NULL, opt.bundle,
		&opt.trust, e) < 0)
		return -1;
	if (opt.dir && !os_is_dir(opt.dir))
		return err_set(e, ERR_MISSING, "no folder '%s'", opt.dir);
	if (opt.dir)
		r.target.static_dir = opt.dir;
	if (read_input(&r.input, e) < 0)
		return -1;
	rc = run_function(&r, e);
	return r.ran ? run_tell(&r, rc, e) : rc;
}

const struct cmd cmd_run = {
	.name = "run",
	.args = "[function|file.wasm|dir]",
	.max_args = 1,
	.value = VALUE_FUNCTION,
	.about = "call one function, with input from a file or text",
	.group = "Work on it",
	.opts = opts,
	.run = run,
};
