/* SPDX-License-Identifier: Apache-2.0 */
/* subo ci - see subo-ci(1). */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "os/os.h"
#include "project/project.h"

#define MAX_PIPELINE (64u << 10)
#define MAX_PATH 4096u

static struct {
	bool github, gitlab, force;
	const char *dir;
} opt = { .dir = "." };

static const struct cmd_opt init_opts[] = {
	{ "github", 0, OPT_FLAG, &opt.github, NULL,
	    "for GitHub: .github/workflows/subo.yml", 0 },
	{ "gitlab", 0, OPT_FLAG, &opt.gitlab, NULL,
	    "for GitLab: .gitlab-ci.yml", 0 },
	{ "force", 'f', OPT_FLAG, &opt.force, NULL,
	    "write over a file that is there", 0 },
	{ "dir", 'd', OPT_TEXT, &opt.dir, "DIR", "of the project in DIR",
	    VALUE_DIR },
	{ 0 },
};

/* What takes the place of the marks in a template. */
struct pipeline {
	struct arena *arena;
	const char *top;     /* where the repository begins, absolute */
	const char *project; /* from there: "." or "a/b" */
	struct buf packages; /* of Debian */
	bool all_compilers;  /* more than packages are needed */
};

/* ---- the project ---- */

/* The nearest folder upward with a .git, else the project's own. */
static const char *
repository(struct arena *a, const char *root)
{
	char *up = arena_cstr(a, str_of(root));

	for (;;) {
		char *slash = strrchr(up, '/');

		if (os_exists(arena_printf(a, "%s/.git", up)))
			return up;
		if (!slash || slash == up)
			return arena_cstr(a, str_of(root));
		*slash = '\0';
	}
}

/* It goes into YAML and the shell, between quotes. */
static int
place(struct pipeline *l, const char *root, struct err *e)
{
	l->top = repository(l->arena, root);
	l->project = strcmp(root, l->top) == 0
	    ? "."
	    : arena_cstr(l->arena, str_of(root + strlen(l->top) + 1));
	for (const char *c = l->project; *c != '\0'; c++) {
		unsigned char u = (unsigned char)*c;

		if (u > ' ' && u < 0x7f && !strchr("\"'\\$`", u))
			continue;
		if (u == ' ')
			continue;
		err_set(e, ERR_INPUT, "a pipeline cannot name the folder '%s'",
		    l->project);
		return err_hint(
		    e, "use letters, digits, '-', '_' and '.' for folders");
	}
	return 0;
}

static void
add_package(struct pipeline *l, struct str word)
{
	CLEANUP(buf_free) struct buf spaced = BUF(256);
	CLEANUP(buf_free) struct buf all = BUF(4096);
	size_t at;

	buf_addf(&spaced, " " STR_F " ", STR_A(word));
	buf_addf(&all, " %s ", buf_cstr(&l->packages));
	if (str_find(buf_str(&all), buf_str(&spaced), &at))
		return;
	buf_addf(&l->packages, "%s" STR_F, l->packages.n > 0 ? " " : "",
	    STR_A(word));
}

/* What `subo doctor` says of a language ends in the names of packages. */
static void
add_language(struct pipeline *l, const struct project_function *f)
{
	const char *text = toolchain_install(f->lang, f->info.tinygo);
	static const struct str option = { "--no-install-recommends ", 24 };
	struct str rest = str_of(text), word;
	size_t at;
	bool more = true;

	if (str_find(rest, STR("scripts/"), &at)) {
		l->all_compilers = true;
		return;
	}
	if (!str_find(rest, option, &at))
		return;
	rest = str_from(rest, at + option.n);
	while (more) {
		more = str_cut(&rest, ' ', &word);
		if (word.n > 0)
			add_package(l, word);
	}
}

static int
look(struct pipeline *l, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;

	if (project_open(&p, opt.dir, ds, e) < 0)
		return -1;
	for (size_t i = 0; i < project_count(p); i++)
		if (project_at(p, i)->lang)
			add_language(l, project_at(p, i));
	return place(l, project_root(p), e);
}

/* ---- the text ---- */

static int
load(struct buf *out, const char *file, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = BUF(MAX_PATH);

	if (world_data(&dir, "templates/ci", e) < 0)
		return -1;
	buf_addf(&dir, "/%s", file);
	return os_read(out, buf_cstr(&dir), e);
}

static int expand(struct pipeline *l, struct str text, size_t indent,
    struct buf *out, struct err *e);

/* A mark such as "@SHIP 10@": steps that both pipelines share, so far in. */
static int
include(struct pipeline *l, const char *file, struct str mark, struct buf *out,
    struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_PIPELINE);
	struct str word;
	uint64_t indent = 0;

	str_cut(&mark, ' ', &word);
	if (!str_u64(mark, 40, &indent))
		return err_set(e, ERR_BUG, "a mark in a pipeline is wrong");
	if (load(&text, file, e) < 0)
		return -1;
	return expand(l, buf_str(&text), (size_t)indent, out, e);
}

/* The whole set of compilers comes with subo. */
static const char all_compilers[] = "/usr/local/share/subo/scripts/deps guests";

static int
put(struct pipeline *l, struct str mark, struct buf *out, struct err *e)
{
	if (str_is(mark, "PROJECT"))
		buf_add(out, str_of(l->project));
	else if (str_is(mark, "PACKAGES"))
		buf_add(out, buf_str(&l->packages));
	else if (str_is(mark, "COMPILERS"))
		buf_add(
		    out, l->all_compilers ? str_of(all_compilers) : STR(""));
	else if (str_starts(mark, "INSTALL "))
		return include(l, "install.sh", mark, out, e);
	else if (str_starts(mark, "SHIP "))
		return include(l, "ship.sh", mark, out, e);
	else
		buf_addf(out, "@" STR_F "@", STR_A(mark));
	return 0;
}

static int
expand_line(struct pipeline *l, struct str line, struct buf *out, struct err *e)
{
	struct str head, mark;

	while (str_cut(&line, '@', &head)) {
		struct str rest = line;

		buf_add(out, head);
		/* "actions/checkout@08c6...": no mark. */
		if (!str_cut(&rest, '@', &mark)) {
			buf_addc(out, '@');
			continue;
		}
		line = rest;
		if (put(l, mark, out, e) < 0)
			return -1;
	}
	buf_add(out, head);
	return 0;
}

static int
expand(struct pipeline *l, struct str text, size_t indent, struct buf *out,
    struct err *e)
{
	struct str line;

	while (text.n > 0) {
		CLEANUP(buf_free) struct buf one = BUF(MAX_PIPELINE);
		struct str done;

		str_cut(&text, '\n', &line);
		if (expand_line(l, line, &one, e) < 0)
			return -1;
		done = buf_str(&one);
		if (str_trim(done).n == 0 && line.n > 0)
			continue; /* a mark that stands for nothing */
		while (str_ends(done, " ") || str_ends(done, "\n"))
			done.n--;
		buf_addf(out, "%*s" STR_F "\n", done.n > 0 ? (int)indent : 0,
		    "", STR_A(done));
	}
	return 0;
}

/* ---- the file ---- */

static int
write_one(struct pipeline *l, const char *template, const char *file,
    struct tree *files, struct err *e)
{
	CLEANUP(buf_free) struct buf source = BUF(MAX_PIPELINE);
	CLEANUP(buf_free) struct buf text = BUF(MAX_PIPELINE);
	char *path = arena_printf(l->arena, "%s/%s", l->top, file);
	char *dir = arena_cstr(l->arena, str_of(path));

	if (os_exists(path) && !opt.force) {
		err_set(e, ERR_INPUT, "'%s' is there already", ui_path(path));
		return err_hint(e, "--force writes over it");
	}
	if (load(&source, template, e) < 0 ||
	    expand(l, buf_str(&source), 0, &text, e) < 0)
		return -1;
	*strrchr(dir, '/') = '\0';
	if (os_mkdirs(dir, 0755, e) < 0 ||
	    os_replace(path, buf_str(&text), 0644, e) < 0)
		return -1;
	tree_add(
	    l->arena, files, tree_new_text(l->arena, str_of(ui_path(path))));
	if (!cmd_common()->json)
		printf("%s\n", ui_path(path));
	return 0;
}

static int
run_init(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct pipeline l = { .arena = a, .packages = BUF(4096) };
	struct tree *t = ui_json(a, "ci", true), *files;
	int r;

	(void)argc;
	(void)argv;
	if (!opt.github && !opt.gitlab) {
		err_set(e, ERR_USAGE, "for which service is the pipeline?");
		return err_hint(e, "give --github or --gitlab, or both");
	}
	files = tree_put(a, t, "files", tree_list(a));
	r = look(&l, e);
	if (r == 0 && opt.github)
		r = write_one(
		    &l, "github.yml", ".github/workflows/subo.yml", files, e);
	if (r == 0 && opt.gitlab)
		r = write_one(&l, "gitlab.yml", ".gitlab-ci.yml", files, e);
	buf_free(&l.packages);
	if (r < 0)
		return -1;
	if (cmd_common()->json)
		ui_json_print(t);
	else
		ui_note("what to set in its settings is told at the head of "
			"the file");
	return 0;
}

static const struct cmd cmd_ci_init = {
	.name = "init",
	.args = "",
	.about = "write a pipeline that builds, tests, signs and pushes",
	.opts = init_opts,
	.run = run_init,
};

static const struct cmd *const subs[] = { &cmd_ci_init, NULL };

const struct cmd cmd_ci = {
	.name = "ci",
	.args = "init",
	.about = "make a pipeline for a service that builds on each push",
	.group = "Ship it",
	.subs = subs,
};
