/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "module/module.h"
#include "os/os.h"
#include "project/compile.h"
#include "project/pins.h"

#define WASM_OPT_MS 300000u
/* wasm-opt gains a few per cent on Go's modules, in most of a minute. */
#define GO_BYTES (1u << 20)

/* One run of it. */
struct work {
	const struct compile *c;
	const struct project_function *f;
	struct outcome *o;
	struct arena *arena;
	const char *dir; /* .subo/build/<ns>.<name> */
	struct buf module;
};

static char *
in_dir(struct work *w, const char *file)
{
	return arena_printf(w->arena, "%s/%s", w->dir, file);
}

/* ---- the steps ---- */

static int
run_compiler(struct work *w, const char *raw, struct err *e)
{
	const struct build_options *opt = w->c->opt;
	const struct project_function *f = w->f;
	struct toolchain_job job = { .dir = f->dir,
		.name = arena_cstr(w->arena, f->info.name),
		.work = in_dir(w, "work"),
		.out = raw,
		.release = opt->release,
		.tinygo = f->info.tinygo };

	/* What an earlier build left must not pass for what this one made. */
	if (os_mkdirs(job.work, 0755, e) < 0 || os_remove(raw, e) < 0)
		return -1;
	if (toolchain_compile(f->lang, opt->env, &job, &w->o->log, e) < 0)
		return -1;
	if (os_exists(raw))
		return 0;
	err_set(e, ERR_FAILED, "the %s compiler ended well but made no module",
	    toolchain_title(f->lang));
	return err_hint(e, "see what it printed, or try --force");
}

/* Read file into w->module, and see that it is one we can run. */
static int
load(struct work *w, const char *file, struct module **m, struct err *e)
{
	buf_clear(&w->module);
	if (os_read(&w->module, file, e) < 0)
		return -1;
	if (module_read(m, buf_str(&w->module), e) < 0)
		return err_wrap(e, "the module that was made");
	if (w->c->opt->self && module_validate(w->c->opt->self, file, e) < 0)
		return err_wrap(e, "the module that was made is not valid");
	return 0;
}

static int
check(struct work *w, const struct module *m, struct err *e)
{
	size_t n;

	module_check(m, str_of(project_shown(w->c->p, w->f->wasm)), w->o->ds);
	n = diags_errors(w->o->ds);
	if (n == 0)
		return 0;
	return err_set(e, ERR_FAILED,
	    "its module cannot run here: %zu problem%s", n, n == 1 ? "" : "s");
}

static int
run_wasm_opt(struct work *w, const char *in, const char *out, struct err *e)
{
	CLEANUP(buf_free) struct buf log = BUF(TOOLCHAIN_MAX_OUTPUT);
	const char *argv[] = { w->c->wasm_opt, in, "-o", out, "-O2", "-g",
		"--enable-bulk-memory", "--enable-sign-ext",
		"--enable-mutable-globals", "--enable-nontrapping-float-to-int",
		"--enable-multivalue", "--enable-reference-types",
		"--enable-simd", NULL };
	struct os_spawn s = { .argv = argv,
		.cwd = w->dir,
		.env = toolchain_child_env(w->arena, w->c->opt->env),
		.out = &log,
		.timeout_ms = WASM_OPT_MS };
	struct os_exit ex;

	if (os_remove(out, e) < 0 || os_run(&s, &ex, e) < 0)
		return -1;
	if (ex.code == 0 && os_exists(out))
		return 0;
	return err_set(e, ERR_FAILED, "wasm-opt %s",
	    ex.timed_out ? "took too long" : "failed");
}

/* Let wasm-opt make w->module smaller.  What it refuses stays as it is. */
static int
shrink(struct work *w, struct err *e)
{
	const char *in = in_dir(w, "stripped.wasm"),
		   *out = in_dir(w, "opt.wasm");
	CLEANUP(module_free) struct module *m = NULL;
	CLEANUP(buf_free) struct buf before = BUF(MODULE_MAX_BYTES);
	struct err why = ERR;

	if (!w->c->wasm_opt ||
	    (str_is(w->f->info.lang, "go") && w->module.n > GO_BYTES))
		return 0;
	if (os_remake(in, buf_str(&w->module), 0644, e) < 0)
		return -1;
	buf_add(&before, buf_str(&w->module));
	if (run_wasm_opt(w, in, out, &why) == 0 && load(w, out, &m, &why) == 0)
		return 0;
	if (why.kind == ERR_SIGNAL) {
		*e = why;
		return -1;
	}
	buf_clear(&w->module);
	buf_add(&w->module, buf_str(&before));
	snprintf(w->o->note, sizeof(w->o->note),
	    STR_F " is not optimised: %.180s", STR_A(w->f->info.name),
	    why.text);
	return 0;
}

static int
strip(struct work *w, const struct module *m)
{
	CLEANUP(buf_free) struct buf out = BUF(MODULE_MAX_BYTES);

	if (w->c->opt->keep_debug)
		return 0;
	module_strip(m, true, &out);
	if (buf_over(&out) || out.n == 0)
		return 0;
	buf_clear(&w->module);
	buf_add(&w->module, buf_str(&out));
	return 0;
}

static int
make(struct work *w, struct err *e)
{
	const char *raw = in_dir(w, "raw.wasm");
	CLEANUP(module_free) struct module *m = NULL;

	if (run_compiler(w, raw, e) < 0 || load(w, raw, &m, e) < 0 ||
	    check(w, m, e) < 0 || strip(w, m) < 0 || shrink(w, e) < 0)
		return -1;
	if (os_check_interrupt(e) < 0)
		return -1;
	w->o->digest = sign_digest(buf_str(&w->module));
	return os_remake(w->f->wasm, buf_str(&w->module), 0644, e);
}

/* A module of others is packed as it is: its digest is what was agreed to. */
static int
take_pinned(struct work *w, struct err *e)
{
	const struct pin *pin = w->f->pin;
	const char *raw = in_dir(w, "raw.wasm");
	CLEANUP(buf_free) struct buf kept = BUF(MODULE_MAX_BYTES);
	CLEANUP(module_free) struct module *m = NULL;

	if (pin_kept(&kept, w->c->opt->env->cache_dir, pin, e) < 0 ||
	    os_remake(raw, buf_str(&kept), 0644, e) < 0 ||
	    load(w, raw, &m, e) < 0 || check(w, m, e) < 0 ||
	    pins_agree(pin, m, e) < 0)
		return -1;
	w->o->digest = pin->module;
	return os_remake(w->f->wasm, buf_str(&kept), 0644, e);
}

void
compile_function(const struct compile *c, const struct project_function *f,
    struct outcome *o)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct work w = { .c = c,
		.f = f,
		.o = o,
		.arena = a,
		.module = BUF(MODULE_MAX_BYTES) };
	uint64_t start = os_now_ns();

	*o = (struct outcome){ .log = BUF(TOOLCHAIN_MAX_OUTPUT),
		.ds = diags_new() };
	w.dir = arena_printf(a, "%s/" PROJECT_OURS "/build/" STR_F "." STR_F,
	    c->p->root, STR_A(f->info.ns), STR_A(f->info.name));
	o->result = os_mkdirs(w.dir, 0755, &o->err);
	if (o->result == 0)
		o->result =
		    f->pin ? take_pinned(&w, &o->err) : make(&w, &o->err);
	o->wall_ns = os_now_ns() - start;
	buf_free(&w.module);
}

void
outcome_free(struct outcome *o)
{
	buf_free(&o->log);
	diags_free(&o->ds);
}
