/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd.h"
#include "os/os.h"
#include "registry.h"

#define MAX_PASSWORD (32u << 10)

static struct {
	struct registry_opts registry;
	const char *user;
	bool from_stdin;
} opt;

static const struct cmd_opt opts[] = {
	{ "user", 'u', OPT_TEXT, &opt.user, "USER", "log in as USER",
	    VALUE_ANY },
	{ "username", 0, OPT_ALIAS, NULL, NULL, "user", VALUE_ANY },
	{ "password-stdin", 0, OPT_FLAG, &opt.from_stdin, NULL,
	    "read the password from standard input, as is always done",
	    VALUE_ANY },
	REGISTRY_OPTS(opt.registry),
	{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, VALUE_ANY },
};

static void
wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_free(b);
}

/* One line of a terminal, which does not show it. */
static int
ask(struct buf *out, struct str host, struct err *e)
{
	struct termios old, quiet;
	bool shows = tcgetattr(STDIN_FILENO, &old) == 0;
	ssize_t n;
	char c;

	fprintf(
	    stderr, "Password for '%s' at " STR_F ": ", opt.user, STR_A(host));
	(void)fflush(stderr);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (shows)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
		buf_addc(out, c);
	if (shows)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fprintf(stderr, "\n");
	return n < 0 ? os_check_interrupt(e) : 0;
}

static int
read_password(struct buf *out, struct str host, struct err *e)
{
	if (isatty(STDIN_FILENO)) {
		if (ask(out, host, e) < 0)
			return -1;
	} else if (os_read_fd(out, STDIN_FILENO, "standard input", e) < 0) {
		return -1;
	}
	if (out->n > 0 && out->p[out->n - 1] == '\n')
		out->n--;
	if (out->n > 0 && out->p[out->n - 1] == '\r')
		out->n--;
	if (out->n > 0 && !memchr(out->p, '\n', out->n) &&
	    !memchr(out->p, '\0', out->n))
		return 0;
	(void)err_set(e, ERR_USAGE,
	    out->n == 0
		? "no password came on standard input"
		: "the password on standard input has more than one line");
	return err_hint(
	    e, "subo login " STR_F " -u %s < FILE", STR_A(host), opt.user);
}

static void
tell(struct str host, const struct oci_saved *saved, bool checked)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t;

	if (!checked)
		ui_warn(STR_F " asks nobody for credentials: these were kept "
			      "without being checked",
		    STR_A(host));
	if (saved->clear)
		ui_warn("the password can be read in '" STR_F "' by whoever "
			"reads the file; a credential helper of docker's keeps "
			"it better (credsStore)",
		    STR_A(saved->where));
	if (!cmd_common()->json) {
		ui_note("logged in to " STR_F " as '%s', kept in " STR_F,
		    STR_A(host), opt.user, STR_A(saved->where));
		return;
	}
	t = ui_json(a, "login", true);
	tree_put_text(a, t, "registry", host);
	tree_put_text(a, t, "user", str_of(opt.user));
	tree_put_text(a, t, "kept", saved->where);
	tree_put_bool(a, t, "clear", saved->clear);
	tree_put_bool(a, t, "checked", checked);
	ui_json_print(t);
}

static int
check_words(int argc, char **argv, struct err *e)
{
	if (argc < 1) {
		(void)err_set(e, ERR_USAGE, "no registry was given");
		return err_hint(e, "subo login HOST -u USER");
	}
	if (!opt.user || strchr(opt.user, ':')) {
		(void)err_set(e, ERR_USAGE,
		    opt.user ? "a user's name has no ':' in it"
			     : "no user was given");
		return err_hint(e, "subo login %s -u USER", argv[0]);
	}
	return 0;
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(wipe) struct buf password = BUF(MAX_PASSWORD);
	CLEANUP(oci_free) struct oci *o = NULL;
	struct oci_options options;
	struct oci_saved saved;
	struct str host;

	if (check_words(argc, argv, e) < 0)
		return -1;
	host = str_of(argv[0]);
	if (read_password(&password, host, e) < 0)
		return -1;
	registry_options(&options, &opt.registry, a);
	options.user = str_of(opt.user);
	options.password = buf_str(&password);
	if (oci_new(&o, &options, e) < 0 || oci_check_login(o, host, e) < 0)
		return -1;
	if (oci_save(o, host, options.user, options.password, &saved, a, e) < 0)
		return err_wrap(e, "logged in, but nothing was kept");
	tell(host, &saved, oci_requests(o) > 1);
	return 0;
}

const struct cmd cmd_login = { .name = "login",
	.about = "keep the credentials of a registry",
	.args = "HOST",
	.max_args = 1,
	.group = "Ship it",
	.opts = opts,
	.run = run };
