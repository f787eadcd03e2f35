/* SPDX-License-Identifier: Apache-2.0 */
/* subo create - see subo-create(1). */
#include "create.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

int
create_find_template(struct template_source *out, const char *address,
    const char *builtin, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = BUF(sizeof(out->path) - 1);

	memset(out, 0, sizeof(*out));
	if (!address) {
		if (world_data(&dir, "templates", e) < 0)
			return -1;
		snprintf(out->path, sizeof(out->path), "%s/%s", buf_cstr(&dir),
		    builtin);
		return 0;
	}
	if (world_cache(&dir, "templates", e) < 0)
		return -1;
	ui_progress("fetching the template");
	if (template_fetch_trusting(out, buf_cstr(&dir), address,
		world_env("SSL_CERT_FILE"), e) < 0)
		return -1;
	ui_progress(NULL);
	if (out->offline)
		ui_warn("%s; using the copy of an earlier run", out->why);
	if (out->commit[0] != '\0')
		ui_note("template %s is at commit %s", out->url, out->commit);
	return 0;
}

/* Languages of the original that have no template here. */
static bool
is_later_lang(const char *name)
{
	static const char *const later[] = { "javascript", "js", "typescript",
		"ts", "swift", "grain", "gr", NULL };

	for (size_t i = 0; later[i]; i++)
		if (strcmp(later[i], name) == 0)
			return true;
	return false;
}

int
create_find_lang(const struct toolchain **out, const char *name, struct err *e)
{
	CLEANUP(buf_free) struct buf list = BUF(400);
	struct str names[64], near;
	const struct toolchain *t;
	size_t n = 0;

	*out = toolchain_find(str_of(name));
	if (*out)
		return 0;
	for (size_t i = 0; (t = toolchain_at(i)) != NULL; i++) {
		const char *const *alias = toolchain_aliases(t);

		buf_addf(&list, "%s%s", i > 0 ? ", " : "", toolchain_name(t));
		for (; *alias && n < COUNT(names); alias++)
			names[n++] = str_of(*alias);
	}
	/* Of two letters any two are near. */
	near =
	    strlen(name) > 2 ? diag_nearest(str_of(name), names, n) : STR("");
	err_set(e, ERR_USAGE, "no language '%.80s'%s", name,
	    is_later_lang(name) ? " in this version" : "");
	if (near.n > 0 && !is_later_lang(name))
		return err_hint(e, "did you mean '" STR_F "'?  There are %s",
		    STR_A(near), buf_cstr(&list));
	return err_hint(e, "there are %s", buf_cstr(&list));
}

void
create_look_for(const struct toolchain *lang)
{
	struct toolchain_program progs[TOOLCHAIN_MAX_PROGRAMS];
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct toolchain_env env;
	struct err e = ERR;
	size_t n;

	/* It is only a remark: without a cache folder there is none. */
	if (world_toolchain(&env, a, &e) < 0)
		return;
	if (toolchain_programs(lang, &env, false, false, a, progs, &n) > 0)
		ui_warn("the compiler for %s is not installed; to install "
			"it: %s",
		    toolchain_title(lang), toolchain_install(lang, false));
}

/* ---- variables ---- */

void
create_add_var(struct create_vars *vars, const char *name, const char *value)
{
	if (vars->n < CREATE_MAX_VARS)
		vars->v[vars->n++] = (struct template_var){ name, value };
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* hello-world: HELLOWORLD, HelloWorld, hello_world. */
static void
add_spellings(struct create_vars *vars, struct arena *a, struct str name)
{
	char *caps = arena_take(a, name.n + 1);
	char *camel = arena_take(a, name.n + 1);
	char *under = arena_cstr(a, name);
	size_t ncaps = 0, ncamel = 0;

	for (size_t i = 0; i < name.n; i++) {
		bool starts = i == 0 || strchr("-_", name.p[i - 1]);

		if (under[i] == '-')
			under[i] = '_';
		if (name.p[i] != '-')
			caps[ncaps++] = upper(name.p[i]);
		if (!strchr("-_", name.p[i]))
			camel[ncamel++] = starts ? upper(name.p[i]) : name.p[i];
	}
	create_add_var(vars, "NameCaps", caps);
	create_add_var(vars, "NameCamel", camel);
	create_add_var(vars, "UnderscoreName", under);
}

void
create_function_vars(struct create_vars *vars, struct arena *a,
    const struct function_info *f, const struct directive *d)
{
	struct str id = d ? d->identifier : STR("");
	struct str version = d ? d->app_version : STR("");

	if (version.n == 0)
		version = STR("v0.1.0");
	create_add_var(vars, "Name", arena_cstr(a, f->name));
	create_add_var(vars, "Namespace", arena_cstr(a, f->ns));
	create_add_var(vars, "Lang", arena_cstr(a, f->lang));
	create_add_var(vars, "Version", "v0.1.0");
	create_add_var(vars, "DraftVersion", "");
	create_add_var(vars, "APIVersion", CREATE_API_VERSION);
	create_add_var(vars, "Identifier", arena_cstr(a, id));
	create_add_var(vars, "FQFN",
	    arena_printf(a, STR_F "#" STR_F "::" STR_F "@" STR_F, STR_A(id),
		STR_A(f->ns), STR_A(f->name), STR_A(version)));
	create_add_var(vars, "FQFNURI",
	    arena_printf(a, "/" STR_F "/" STR_F "/" STR_F "/" STR_F, STR_A(id),
		STR_A(f->ns), STR_A(f->name), STR_A(version)));
	add_spellings(vars, a, f->name);
}

/* ---- talking ---- */

bool
create_can_ask(void)
{
	return isatty(0) && isatty(2) && !cmd_common()->json &&
	    !cmd_common()->quiet;
}

bool
create_ask(struct buf *answer, const char *question)
{
	char line[1000];
	struct str s;

	if (!create_can_ask())
		return false;
	ui_progress(NULL);
	fprintf(stderr, "%s ", question);
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin))
		return false;
	s = str_trim(str_of(line));
	buf_add(answer, s);
	return s.n > 0;
}

int
create_name(struct str *out, struct buf *room, int argc, char **argv,
    const char *what, struct err *e)
{
	CLEANUP(buf_free) struct buf question = BUF(200);

	if (argc > 0) {
		*out = str_of(argv[0]);
		return name_check(what, *out, e);
	}
	buf_addf(&question, "name of the %s?", what);
	if (!create_ask(room, buf_cstr(&question))) {
		if (os_check_interrupt(e) < 0)
			return -1;
		err_set(e, ERR_USAGE, "the %s needs a name", what);
		return err_hint(e, "subo create %s NAME", what);
	}
	*out = buf_str(room);
	return name_check(what, *out, e);
}

void
create_path(struct buf *out, const char *dir, struct str name)
{
	struct str d = str_of(dir);

	while (d.n > 1 && d.p[d.n - 1] == '/')
		d.n--;
	if (!str_is(d, "."))
		buf_addf(out, STR_F "%s", STR_A(d), str_is(d, "/") ? "" : "/");
	buf_add(out, name);
}

struct listing {
	struct arena *a;
	struct tree *files;
	size_t skip; /* bytes of the folder's path */
};

static int
list_file(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct listing *l = arg;

	(void)e;
	if (S_ISREG(st->st_mode))
		tree_add(l->a, l->files,
		    tree_new_text(l->a, str_of(path + l->skip)));
	return str_ends(str_of(path), "/.git") ? 1 : 0;
}

int
create_told(const struct create_made *made, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = NULL;
	struct listing l;
	struct tree *t;

	if (!cmd_common()->json) {
		printf("%s\n", made->path);
		return 0;
	}
	a = arena_new();
	t = ui_json(a, "create", true);
	tree_put_text(a, t, "path", str_of(made->path));
	l = (struct listing){ a, tree_list(a), strlen(made->path) + 1 };
	if (os_is_dir(made->path) && os_walk(made->path, list_file, &l, e) < 0)
		return -1;
	tree_put(a, t, "files", l.files);
	if (made->changed)
		tree_put_text(a, t, "changed", str_of(made->changed));
	if (made->source && made->source->url[0] != '\0') {
		tree_put_text(a, t, "template", str_of(made->source->url));
		tree_put_text(a, t, "commit", str_of(made->source->commit));
		tree_put_bool(a, t, "offline", made->source->offline);
	}
	ui_json_print(t);
	return 0;
}

/* ---- the command ---- */

static const struct cmd old_release = {
	.name = "release",
	.old = "releases of subo itself are not made by subo",
	.about = "",
	.hidden = true,
	.max_args = 99,
};

static const struct cmd *const subs[] = { &cmd_create_project,
	&cmd_create_functions[0], &cmd_create_handler, &cmd_create_functions[1],
	&cmd_create_functions[2], &cmd_create_functions[3], &old_release,
	NULL };

const struct cmd cmd_create = {
	.name = "create",
	.args = "project|function|handler",
	.about = "make a project, a function or a handler",
	.group = "Work on it",
	.subs = subs,
};
