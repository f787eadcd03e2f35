/* SPDX-License-Identifier: Apache-2.0 */
/* Docker's credential helpers: programs that keep secrets, asked over pipes. */
#include <string.h>

#include "oci/parts.h"
#include "os/os.h"

#define MAX_ANSWER (64u << 10)
#define TIMEOUT_MS 30000u /* a person may have to unlock something */

/* It becomes part of a program's name: no path, no option. */
static bool
helper_name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && (c == '\0' || !strchr("-_.", c)))
			return false;
	}
	return name.n > 0 && name.n <= 64 && name.p[0] != '.';
}

/* "Not there" is said with exit code 1, on standard output by most. */
static bool
says_none(struct str out, struct str said)
{
	const struct str words = STR("credentials not found");
	size_t at;

	return str_find(out, words, &at) || str_find(said, words, &at);
}

static int
failed(
    struct str name, const struct os_exit *ex, struct str said, struct err *e)
{
	CLEANUP(buf_free) struct buf shown = BUF(400);
	struct str line;

	said = str_trim(said);
	(void)str_cut(&said, '\n', &line);
	buf_show(
	    &shown, line.n > 200 ? (struct str){ line.p, 200 } : line, false);
	if (ex->timed_out)
		return err_set(e, ERR_TRUST,
		    "the credential helper 'docker-credential-" STR_F
		    "' does not answer",
		    STR_A(name));
	return err_set(e, ERR_TRUST,
	    "the credential helper 'docker-credential-" STR_F "' failed%s%s",
	    STR_A(name), shown.n > 0 ? ": " : "", buf_cstr(&shown));
}

static int
read_answer(struct cred *c, struct arena *a, struct str name, struct str out,
    struct err *e)
{
	struct str user, secret;
	struct tree *t;

	if (json_strict(&t, a, out, e) < 0) {
		e->kind = ERR_TRUST;
		return err_wrap(e,
		    "what 'docker-credential-" STR_F "' says cannot be used",
		    STR_A(name));
	}
	user = json_text(t, "Username");
	secret = json_text(t, "Secret");
	if (str_is(user, "<token>"))
		c->identity = secret;
	else if (secret.n > 0)
		*c = (struct cred){ .user = user, .password = secret };
	return 0;
}

static void
write_input(struct buf *in, enum helper_does does, struct str server,
    const struct cred *c, struct arena *a)
{
	struct tree *t = tree_map(a);

	if (does != HELPER_STORE) {
		buf_add(in, server);
		return;
	}
	tree_put_text(a, t, "ServerURL", server);
	tree_put_text(a, t, "Username", c->user);
	tree_put_text(a, t, "Secret", c->password);
	tree_print_json(in, t, 0);
}

int
helper_run(struct oci *o, struct str name, enum helper_does does,
    struct str server, struct cred *c, struct arena *a, struct err *e)
{
	static const char *const verbs[] = { "get", "store", "erase" };
	CLEANUP(sign_wipe_buf) struct buf out = BUF(MAX_ANSWER);
	CLEANUP(sign_wipe_buf) struct buf in = BUF(MAX_ANSWER);
	CLEANUP(buf_free) struct buf said = BUF(MAX_ANSWER);
	const char *argv[] = { NULL, verbs[does], NULL };
	struct os_spawn s = { .argv = argv,
		.env = o->options.world.environment,
		.out = &out,
		.err = &said,
		.timeout_ms = TIMEOUT_MS };
	struct os_exit ex = { 0 };

	if (!helper_name_ok(name))
		return err_set(e, ERR_TRUST,
		    "docker's config names a credential helper that is no name "
		    "of a program");
	argv[0] = arena_printf(a, "docker-credential-" STR_F, STR_A(name));
	write_input(&in, does, server, c, a);
	s.input = buf_str(&in);
	if (os_run(&s, &ex, e) < 0) {
		if (e->kind != ERR_MISSING)
			return -1;
		return err_hint(e,
		    "docker's config names this helper for the registry: "
		    "install it, or take credsStore or credHelpers out");
	}
	if (ex.code == 0)
		return does == HELPER_GET
		    ? read_answer(c, a, name, buf_str(&out), e)
		    : 0;
	if (does != HELPER_STORE && says_none(buf_str(&out), buf_str(&said)))
		return 0;
	return failed(name, &ex, out.n > 0 ? buf_str(&out) : buf_str(&said), e);
}
