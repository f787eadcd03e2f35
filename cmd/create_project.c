/* SPDX-License-Identifier: Apache-2.0 */
/* subo create project - see subo-create(1). */
#include <stdio.h>
#include <string.h>

#include "create.h"
#include "os/os.h"

static struct {
	const char *lang, *template, *function, *dir, *identifier, *environment;
	bool git;
} opt = { .dir = "." };

static const struct cmd_opt opts[] = {
	{ "lang", 'l', OPT_TEXT, &opt.lang, "LANG",
	    "language of its first function (rust)", VALUE_LANG },
	{ "function", 'f', OPT_TEXT, &opt.function, "NAME",
	    "name of its first function (hello)", 0 },
	{ "template", 't', OPT_TEXT, &opt.template, "URL",
	    "use the folder at URL[@REF][#FOLDER]", VALUE_DIR },
	{ "dir", 'd', OPT_TEXT, &opt.dir, "DIR", "make it in DIR", VALUE_DIR },
	{ "identifier", 'i', OPT_TEXT, &opt.identifier, "ID",
	    "the Directive's identifier (com.example.NAME)", 0 },
	{ "environment", 0, OPT_TEXT, &opt.environment, "PREFIX",
	    "make the identifier PREFIX.NAME", 0 },
	{ "git", 0, OPT_FLAG, &opt.git, NULL, "make it a git repository", 0 },
	CREATE_OLD_OPTIONS,
	{ 0 },
};

/* Parts of letters, digits, '-' and '_', between dots; as it stands in YAML
 * without quotes, it begins with a letter. */
static bool
good_identifier(struct str s)
{
	char last = '.';

	if (s.n == 0 || s.n > 200 || (s.p[0] >= '0' && s.p[0] <= '9'))
		return false;
	for (size_t i = 0; i < s.n; last = s.p[i++]) {
		char c = s.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9');

		if (!word && (last == '.' || !strchr("-_.", c)))
			return false;
	}
	return last != '.';
}

static int
identifier_of(struct buf *out, struct str name, struct err *e)
{
	if (opt.identifier && opt.environment)
		return err_set(e, ERR_USAGE,
		    "--environment is a part of --identifier: give one");
	if (opt.identifier)
		buf_add(out, str_of(opt.identifier));
	else
		buf_addf(out, "%s." STR_F,
		    opt.environment ? opt.environment : "com.example",
		    STR_A(name));
	if (!buf_over(out) && good_identifier(buf_str(out)))
		return 0;
	err_set(e, ERR_USAGE, "'%.200s' is no identifier", buf_cstr(out));
	return err_hint(e,
	    "words with dots between, such as com.example." STR_F, STR_A(name));
}

/* The project's own template may be everything: then there is no first
 * function but the one that was asked for. */
static bool
wants_function(void)
{
	return !opt.template || opt.lang || opt.function;
}

static void
project_vars(struct create_vars *vars, struct arena *a, struct str name,
    const struct directive *d)
{
	struct str id = d->identifier, prefix = id;
	size_t n = id.n;

	while (n > 0 && id.p[n - 1] != '.')
		n--;
	prefix.n = n > 0 ? n - 1 : 0;
	create_add_var(vars, "Name", arena_cstr(a, name));
	create_add_var(vars, "Identifier", arena_cstr(a, id));
	create_add_var(vars, "Environment", arena_cstr(a, prefix));
	create_add_var(vars, "Function", opt.function);
	create_add_var(vars, "Lang", opt.lang);
	create_add_var(vars, "APIVersion", CREATE_API_VERSION);
	create_add_var(vars, "AtmoVersion", "v0.4.8");
	create_add_var(vars, "RuntimeVersion", "v0.4.8");
	create_add_var(vars, "Headless", "false");
}

/* lang is NULL for a project without a function of ours. */
static int
make(const char *dest, struct str name, const struct toolchain *lang,
    const struct directive *d, struct template_source *source, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct create_vars vars = { .n = 0 }, fvars = { .n = 0 };
	struct template_source ours = { .path = "" };
	struct function_info f = {
		.name = str_of(opt.function),
		.ns = STR("default"),
		.lang = str_of(opt.lang),
	};
	struct template_part parts[2];

	if (create_find_template(source, opt.template, "project", e) < 0)
		return -1;
	if (lang &&
	    create_find_template(&ours, NULL, toolchain_template(lang), e) < 0)
		return -1;
	project_vars(&vars, a, name, d);
	create_function_vars(&fvars, a, &f, d);
	parts[0] = (struct template_part){
		.into = "", .src = source->path, .vars = vars.v, .nvars = vars.n
	};
	parts[1] = (struct template_part){ .into = opt.function,
		.src = ours.path,
		.vars = fvars.v,
		.nvars = fvars.n };
	return template_fill_parts(dest, parts, lang ? 2 : 1, e);
}

static int
init_git(const char *dest, struct err *e)
{
	struct err ignored = ERR;

	if (!opt.git || template_git_init(dest, e) == 0)
		return 0;
	/* It was made a moment ago, and by us. */
	if (os_remove_tree(dest, &ignored) < 0)
		return err_wrap(e, "'%s' is made, but", dest);
	return -1;
}

/* Fill in what was not said of the first function, when there is one. */
static int
settle_function(const struct toolchain **lang, struct err *e)
{
	bool first = wants_function();

	if (create_find_lang(lang, opt.lang ? opt.lang : "rust", e) < 0)
		return -1;
	if (!first) {
		opt.function = opt.lang = "";
		*lang = NULL;
		return 0;
	}
	opt.lang = toolchain_name(*lang);
	if (!opt.function)
		opt.function = "hello";
	if (strcmp(opt.lang, "wasm") != 0)
		return name_check("function", str_of(opt.function), e);
	err_set(e, ERR_USAGE, "a project cannot begin with a prebuilt module");
	return err_hint(e,
	    "create it in another language, then in it: "
	    "subo create function NAME --from FILE.wasm");
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(buf_free) struct buf room = BUF(1000);
	CLEANUP(buf_free) struct buf dest = BUF(4000);
	CLEANUP(buf_free) struct buf id = BUF(1000);
	struct directive d = { .app_version = STR("v0.1.0") };
	struct template_source source;
	const struct toolchain *lang;
	struct str name;

	if (create_name(&name, &room, argc, argv, "project", e) < 0 ||
	    identifier_of(&id, name, e) < 0 || settle_function(&lang, e) < 0)
		return -1;
	if (opt.dir[0] == '\0')
		return err_set(e, ERR_USAGE, "--dir wants a folder, not ''");
	d.identifier = buf_str(&id);
	create_path(&dest, opt.dir, name);
	if (make(buf_cstr(&dest), name, lang, &d, &source, e) < 0 ||
	    init_git(buf_cstr(&dest), e) < 0)
		return -1;
	if (lang)
		create_look_for(lang);
	ui_note("project '" STR_F "' is made; next: cd %s && subo test",
	    STR_A(name), buf_cstr(&dest));
	return create_told(
	    &(struct create_made){ buf_cstr(&dest), &source, NULL }, e);
}

const struct cmd cmd_create_project = {
	.name = "project",
	.args = "NAME",
	.max_args = 1,
	.about = "make a folder with a Directive and a first function",
	.opts = opts,
	.run = run,
};
