/* SPDX-License-Identifier: Apache-2.0 */
/* subo create handler - see subo-create(1). */
#include "create.h"
#include "os/os.h"

static struct {
	const char *method, *steps, *dir;
} opt = { .method = "GET", .dir = "." };

static const struct cmd_opt opts[] = {
	{ "method", 'm', OPT_TEXT, &opt.method, "METHOD", "its method (GET)",
	    VALUE_METHOD },
	{ "steps", 's', OPT_TEXT, &opt.steps, "A,B",
	    "functions that it runs, one after the other", VALUE_FUNCTION },
	{ "dir", 'd', OPT_TEXT, &opt.dir, "DIR", "of the project in DIR",
	    VALUE_DIR },
	{ "type", 0, OPT_OLD, NULL, "TYPE",
	    "leave it out; handlers of streams are written into "
	    "Directive.yaml by hand",
	    0 },
	CREATE_OLD_OPTIONS,
	{ 0 },
};

/* What a step calls the function: its name, or ns::name. */
static char *
step_name(const struct function_info *f, struct arena *a)
{
	if (str_is(f->ns, "default"))
		return arena_cstr(a, f->name);
	return arena_printf(a, STR_F "::" STR_F, STR_A(f->ns), STR_A(f->name));
}

static void
list_functions(struct buf *out, const struct project *p, struct arena *a)
{
	for (size_t i = 0; i < project_count(p); i++)
		buf_addf(out, "%s%s", i > 0 ? ", " : "",
		    step_name(&project_at(p, i)->info, a));
}

static int
unknown_step(
    const struct project *p, struct str step, struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf list = BUF(450);
	size_t n = project_count(p);
	struct str *names = arena_take(a, (n + 1) * sizeof(*names)), near;

	for (size_t i = 0; i < n; i++)
		names[i] = str_of(step_name(&project_at(p, i)->info, a));
	near = diag_nearest(step, names, n);
	err_set(e, ERR_INPUT, "the project has no function '%.*s'",
	    step.n < 200 ? (int)step.n : 200, step.p);
	list_functions(&list, p, a);
	if (near.n > 0)
		return err_hint(e, "did you mean '" STR_F "'?", STR_A(near));
	if (n > 0)
		return err_hint(e, "there are: %s", buf_cstr(&list));
	return err_hint(e, "make one: subo create function NAME");
}

/* "a, b" to a list; each must be there. */
static int
split_steps(struct str *steps, size_t *n, const struct project *p,
    struct str text, struct arena *a, struct err *e)
{
	struct str step;
	bool more = true;

	for (*n = 0; more; ++*n) {
		more = str_cut(&text, ',', &step);
		step = str_trim(step);
		if (*n == DIRECTIVE_MAX_STEPS)
			return err_set(e, ERR_USAGE,
			    "a handler has at most %u steps",
			    DIRECTIVE_MAX_STEPS);
		if (step.n == 0)
			return err_set(e, ERR_USAGE,
			    "--steps wants names with commas between");
		if (!project_find(p, step))
			return unknown_step(p, step, a, e);
		steps[*n] = arena_copy(a, step);
	}
	return 0;
}

static int
ask_steps(
    struct buf *answer, const struct project *p, struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf list = BUF(400);
	CLEANUP(buf_free) struct buf question = BUF(600);

	list_functions(&list, p, a);
	if (project_count(p) == 0) {
		err_set(e, ERR_USAGE,
		    "a handler needs a function to run, and "
		    "the project has none");
		return err_hint(e, "make one: subo create function NAME");
	}
	buf_addf(&question, "which functions (%s)?", buf_cstr(&list));
	if (create_ask(answer, buf_cstr(&question)))
		return 0;
	if (os_check_interrupt(e) < 0)
		return -1;
	err_set(e, ERR_USAGE, "a handler needs --steps");
	return err_hint(e, "functions of the project: %s", buf_cstr(&list));
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(project_free) struct project *p = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf answer = BUF(1000);
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);
	CLEANUP(buf_free) struct buf file = BUF(8000);
	struct str steps[DIRECTIVE_MAX_STEPS];
	struct create_handler h = { .steps = steps };
	struct str text_steps;
	const char *changed;
	char method[16];

	if (argc == 0) {
		err_set(e, ERR_USAGE, "the handler needs a path");
		return err_hint(e, "subo create handler /PATH --steps NAME");
	}
	h.method = method;
	h.resource = argv[0];
	if (create_method(method, opt.method, e) < 0 ||
	    project_open(&p, opt.dir, ds, e) < 0)
		return -1;
	if (!opt.steps && ask_steps(&answer, p, a, e) < 0)
		return -1;
	text_steps = opt.steps ? str_of(opt.steps) : buf_str(&answer);
	if (split_steps(steps, &h.nsteps, p, text_steps, a, e) < 0 ||
	    create_handler_text(&text, &file, p, &h, e) < 0 ||
	    create_handler_write(&text, &file, e) < 0)
		return -1;
	ui_note("%s %s is in %s", method, h.resource, PROJECT_DIRECTIVE);
	changed = ui_path(buf_cstr(&file));
	return create_told(&(struct create_made){ changed, NULL, changed }, e);
}

const struct cmd cmd_create_handler = {
	.name = "handler",
	.args = "PATH",
	.max_args = 1,
	.about = "add a handler to Directive.yaml",
	.opts = opts,
	.run = run,
};
