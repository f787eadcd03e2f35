/* SPDX-License-Identifier: Apache-2.0 */
/* subo create function - see subo-create(1). */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "module/module.h"
#include "os/os.h"

static struct {
	const char *lang, *ns, *dir, *handler, *method, *template, *from;
	bool tinygo;
} opt = { .ns = "default", .method = "POST" };

static const struct cmd_opt opts[] = {
	{ "lang", 'l', OPT_TEXT, &opt.lang, "LANG", "its language (rust)",
	    VALUE_LANG },
	{ "namespace", 'n', OPT_TEXT, &opt.ns, "NAMESPACE",
	    "its namespace (default)", 0 },
	{ "dir", 'd', OPT_TEXT, &opt.dir, "DIR",
	    "make it in DIR, not in the project's folder", VALUE_DIR },
	{ "handler", 0, OPT_TEXT, &opt.handler, "PATH",
	    "add a handler that calls it", 0 },
	{ "method", 'm', OPT_TEXT, &opt.method, "METHOD",
	    "the handler's method (POST)", VALUE_METHOD },
	{ "template", 't', OPT_TEXT, &opt.template, "URL",
	    "use the folder at URL[@REF][#FOLDER]", VALUE_DIR },
	{ "tinygo", 0, OPT_FLAG, &opt.tinygo, NULL, "compile Go with TinyGo",
	    0 },
	{ "from", 0, OPT_TEXT, &opt.from, "FILE",
	    "bring in this module (language wasm)", VALUE_FILE },
	{ "environment", 0, OPT_OLD, NULL, "PREFIX",
	    "it belongs to the project: see Directive.yaml", 0 },
	CREATE_OLD_OPTIONS,
	{ 0 },
};

/* What is being made. */
struct plan {
	const struct toolchain *lang;
	struct function_info info;
	struct project *project; /* NULL: none around */
	struct str ref;		 /* what a step calls it */
	struct buf dest;	 /* its folder */
	struct buf module;	 /* of language wasm */
};

static void
plan_free(struct plan *p)
{
	project_free(&p->project);
	buf_free(&p->dest);
	buf_free(&p->module);
}

static int
choose_lang(struct plan *p, struct err *e)
{
	const char *name = opt.lang ? opt.lang
	    : opt.from		    ? "wasm"
	    : opt.tinygo	    ? "go"
				    : "rust";

	if (create_find_lang(&p->lang, name, e) < 0)
		return -1;
	if (opt.tinygo) {
		if (strcmp(toolchain_template(p->lang), "go") != 0)
			return err_set(e, ERR_USAGE,
			    "--tinygo is for Go, not for %s",
			    toolchain_title(p->lang));
		return create_find_lang(&p->lang, "tinygo", e);
	}
	if (strcmp(toolchain_name(p->lang), "wasm") == 0 && !opt.from) {
		err_set(e, ERR_USAGE, "language wasm needs a module");
		return err_hint(e, "--from FILE.wasm");
	}
	if (strcmp(toolchain_name(p->lang), "wasm") != 0 && opt.from)
		return err_set(e, ERR_USAGE,
		    "--from is for modules that are built, not for %s",
		    toolchain_title(p->lang));
	return 0;
}

/* It may be of use when parts are missing, so that is a warning. */
static int
read_module(struct plan *p, struct err *e)
{
	CLEANUP(module_free) struct module *m = NULL;
	struct diags *ds;

	p->module = (struct buf)BUF(MODULE_MAX_BYTES);
	if (os_read(&p->module, opt.from, e) < 0)
		return -1;
	if (module_read(&m, buf_str(&p->module), e) < 0)
		return err_wrap(e, "%s", opt.from);
	ds = diags_new();
	module_check(m, str_of(opt.from), ds);
	ui_diags(ds);
	if (diags_errors(ds) > 0)
		ui_warn("'%s' will not run as it is: see above", opt.from);
	diags_free(&ds);
	return 0;
}

static int
no_folder(struct err *e)
{
	(void)err_set(e, ERR_MISSING, "no folder '%s'", opt.dir);
	return err_hint(e, "mkdir -p '%s'", opt.dir);
}

/* The project around, and that it has room for the new one. */
static int
look_around(struct plan *p, struct err *e)
{
	struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf full = BUF(1000);
	const struct project_function *same;
	struct err mine = ERR;
	int r = project_open(&p->project, opt.dir ? opt.dir : ".", ds, &mine);

	/* What is wrong in the project's files is for `subo check`. */
	diags_free(&ds);
	if (r < 0 && opt.dir && !os_is_dir(opt.dir))
		return no_folder(e);
	if (r < 0 && mine.kind == ERR_MISSING)
		return 0;
	if (r < 0) {
		*e = mine;
		return -1;
	}
	buf_addf(
	    &full, STR_F "::" STR_F, STR_A(p->info.ns), STR_A(p->info.name));
	same = project_find(p->project, buf_str(&full));
	if (!same)
		return 0;
	err_set(e, ERR_USAGE, "the project has a function %s already, in '%s'",
	    buf_cstr(&full), same->rel);
	return err_hint(e, "choose another name or --namespace");
}

/* Without --dir it lies in the project's root, told as the user would. */
static void
choose_dest(struct plan *p)
{
	char here[PATH_MAX];
	const char *dir = opt.dir;

	if (!dir && p->project && project_directive(p->project) &&
	    !(realpath(".", here) &&
		strcmp(here, project_root(p->project)) == 0))
		dir = project_root(p->project);
	p->dest = (struct buf)BUF(8000);
	create_path(&p->dest, dir ? dir : ".", p->info.name);
}

static int
fill(const struct plan *p, struct template_source *source, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf file = BUF(200);
	struct create_vars vars = { .n = 0 };
	struct template_part parts[2];

	if (create_find_template(
		source, opt.template, toolchain_template(p->lang), e) < 0)
		return -1;
	create_function_vars(&vars, a, &p->info,
	    p->project ? project_directive(p->project) : NULL);
	buf_addf(&file, STR_F ".wasm", STR_A(p->info.name));
	parts[0] = (struct template_part){
		.into = "", .src = source->path, .vars = vars.v, .nvars = vars.n
	};
	parts[1] = (struct template_part){ .into = buf_cstr(&file),
		.data = buf_str(&p->module) };
	return template_fill_parts(
	    buf_cstr(&p->dest), parts, opt.from ? 2 : 1, e);
}

/* The Directive is changed last: until then nothing else is, and if that
 * fails the new folder goes again. */
static int
make(const struct plan *p, struct template_source *source, struct buf *file,
    struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);
	struct err ignored = ERR;
	char method[16];
	struct create_handler h = { .method = method,
		.resource = opt.handler,
		.steps = &p->ref,
		.nsteps = 1,
		.added = &p->info };

	if (!opt.handler)
		return fill(p, source, e);
	if (create_method(method, opt.method, e) < 0 ||
	    create_handler_text(&text, file, p->project, &h, e) < 0 ||
	    fill(p, source, e) < 0)
		return -1;
	if (create_handler_write(&text, file, e) == 0)
		return 0;
	if (os_remove_tree(buf_cstr(&p->dest), &ignored) < 0)
		return err_wrap(e, "'%s' is made, but", buf_cstr(&p->dest));
	return -1;
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(plan_free) struct plan p = { .lang = NULL };
	CLEANUP(buf_free) struct buf room = BUF(1000);
	CLEANUP(buf_free) struct buf ref = BUF(200);
	CLEANUP(buf_free) struct buf file = BUF(8000);
	struct template_source source;

	p.info.ns = str_of(opt.ns);
	if (create_name(&p.info.name, &room, argc, argv, "function", e) < 0 ||
	    name_check("namespace", p.info.ns, e) < 0 ||
	    choose_lang(&p, e) < 0 || look_around(&p, e) < 0)
		return -1;
	if (opt.from && read_module(&p, e) < 0)
		return -1;
	p.info.lang = str_of(toolchain_name(p.lang));
	if (!str_is(p.info.ns, "default"))
		buf_addf(&ref, STR_F "::", STR_A(p.info.ns));
	buf_add(&ref, p.info.name);
	p.ref = buf_str(&ref);
	choose_dest(&p);
	if (make(&p, &source, &file, e) < 0)
		return -1;
	create_look_for(p.lang);
	ui_note("function %s is made in '%s'%s%s", buf_cstr(&ref),
	    buf_cstr(&p.dest), opt.handler ? ", called by " : "",
	    opt.handler ? opt.handler : "");
	return create_told(&(struct create_made){ buf_cstr(&p.dest), &source,
			       opt.handler ? ui_path(buf_cstr(&file)) : NULL },
	    e);
}

#define FUNCTION(spelling, hide) \
	{ .name = spelling, \
		.args = "NAME", \
		.max_args = 1, \
		.about = "make a function from a template", \
		.opts = opts, \
		.hidden = hide, \
		.run = run }

const struct cmd cmd_create_functions[] = { FUNCTION("function", false),
	FUNCTION("runnable", true), FUNCTION("plugin", true),
	FUNCTION("module", true), { 0 } };
