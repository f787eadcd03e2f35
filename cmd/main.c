/* SPDX-License-Identifier: Apache-2.0 */
/* subo - see subo(1). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "help.h"
#include "options.h"
#include "os/os.h"
#include "table.h"

static void
tell_json(const struct err *e)
{
	struct arena *a = arena_new();
	struct tree *t = ui_json(a, "error", false);

	tree_put_text(a, t, "code", str_of(err_code(e->kind)));
	tree_put_text(a, t, "message", str_of(e->text));
	if (e->hint[0] != '\0')
		tree_put_text(a, t, "hint", str_of(e->hint));
	ui_json_print(t);
	arena_free(&a);
}

static void
tell(const struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(1u << 16);

	buf_show(&text, str_of(e->text), true);
	if (e->hint[0] != '\0') {
		buf_add(&text, STR("\n  try: "));
		buf_show(&text, str_of(e->hint), true);
	}
	ui_progress(NULL);
	fprintf(stderr, "subo: %serror:%s %s\n", ui_err_colour('r'),
	    ui_err_colour('0'), buf_cstr(&text));
}

/* A full disk at the end of a pipe is an error, not silence. */
static int
flush_output(struct err *e)
{
	bool bad = ferror(stdout) != 0;

	if (fflush(stdout) == 0 && !bad)
		return 0;
	if (errno == EPIPE)
		return 0; /* the reader has seen enough */
	return err_sys(e, "cannot write to standard output");
}

static int
exit_code(const struct err *e)
{
	return e->kind == ERR_SIGNAL ? ERR_SIGNAL + e->sig : (int)e->kind;
}

static int
fail(const struct err *e)
{
	ui_progress(NULL);
	if (!e->told) {
		if (cmd_common()->json)
			tell_json(e);
		if (!cmd_common()->json || e->kind == ERR_SIGNAL)
			tell(e);
		ui_annotate_error(e);
	}
	fflush(stdout);
	return exit_code(e);
}

static void
look_at_terminal(struct cmd_common *common)
{
	const char *term = world_env("TERM");
	bool dumb = term && strcmp(term, "dumb") == 0;
	bool colour = !world_env("NO_COLOR") && !dumb;

	common->tty_err = isatty(2) && !dumb;
	common->colour_err = colour && isatty(2);
	common->colour_out = colour && isatty(1);
}

/* Go down to a sub-command when the next word names one. */
static int
descend(const struct cmd **c, const char **parent, int *argc, char ***argv,
    struct err *e)
{
	const struct cmd *sub;

	if (!(*c)->subs || *argc == 0 || (*argv)[0][0] == '-')
		return 0;
	sub = help_find((*c)->subs, (*argv)[0]);
	if (!sub)
		return help_unknown((*c)->subs, "sub-command", (*argv)[0], e);
	*parent = (*c)->name;
	*c = sub;
	(*argc)--;
	(*argv)++;
	return 0;
}

static int
print_help(const struct cmd *c, const char *parent)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);

	help_one(&out, c, parent);
	return help_print(&out);
}

/* A run of GitHub's reads annotations whether it was told so or not; in the
 * midst of JSON's place on a screen they are of no use. */
static void
look_at_service(struct cmd_common *common)
{
	const char *run = world_env("GITHUB_ACTIONS");

	if (run && strcmp(run, "true") == 0)
		common->github = true;
	if (common->json)
		common->github = false;
}

static int
run_command(const struct cmd *c, int argc, char **argv, struct err *e)
{
	const char *parent = "";
	int n;

	if (c->old) {
		err_set(e, ERR_USAGE, "'subo %s' is gone", c->name);
		return err_hint(e, "%s", c->old);
	}
	if (descend(&c, &parent, &argc, &argv, e) < 0)
		return -1;
	n = options_parse(c, parent, argc, argv, e);
	look_at_service(options_common());
	if (n < 0)
		return -1;
	if (options_help())
		return print_help(c, parent);
	if (c->old) {
		err_set(e, ERR_USAGE, "'subo %s %s' is gone", parent, c->name);
		return err_hint(e, "%s", c->old);
	}
	if (n > c->max_args) {
		err_set(e, ERR_USAGE, "too many arguments: '%.80s'",
		    argv[c->max_args]);
		return err_hint(e, "usage: subo %s%s%s %s", parent,
		    parent[0] != '\0' ? " " : "", c->name,
		    c->args ? c->args : "");
	}
	if (!c->run)
		return print_help(c, parent);
	return c->run(n, argv, e);
}

/* `subo --json build` means what `subo build --json` does. */
static void
command_first(int argc, char **argv)
{
	char *command;
	int n = 1;

	while (n < argc && options_is_common(argv[n]))
		n++;
	if (n == argc)
		return;
	command = argv[n];
	memmove(argv + 2, argv + 1, (size_t)(n - 1) * sizeof(*argv));
	argv[1] = command;
}

static int
dispatch(int argc, char **argv, struct err *e)
{
	const struct cmd *c;

	if (argc < 2 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return cmd_help.run(0, argv, e);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return cmd_version.run(0, argv, e);
	command_first(argc, argv);
	c = help_find(cmd_table, argv[1]);
	if (!c)
		return help_unknown(cmd_table, "command", argv[1], e);
	return run_command(c, argc - 2, argv + 2, e);
}

/* A closed standard stream must not become the next file we open. */
static void
open_standard_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (lseek(fd, 0, SEEK_CUR) < 0 && errno == EBADF)
			(void)!freopen("/dev/null", fd == 0 ? "r" : "w",
			    fd == 0	  ? stdin
				: fd == 1 ? stdout
					  : stderr);
}

int
main(int argc, char **argv)
{
	struct err e = ERR;

	open_standard_streams();
	look_at_terminal(options_common());
	os_catch_signals();
	if (dispatch(argc, argv, &e) < 0)
		return fail(&e);
	ui_progress(NULL);
	if (flush_output(&e) < 0)
		return fail(&e);
	return 0;
}
