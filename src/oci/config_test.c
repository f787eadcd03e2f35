/* SPDX-License-Identifier: Apache-2.0 */
/* Where credentials are found, and where they are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "oci/fixture.h"
#include "oci/parts.h"

struct home {
	struct arena *arena;
	char *dir;
	struct oci *o;
	struct buf notes;
	struct oci_options options;
	struct err e;
};

/* A helper that keeps what it is given in files, one for a server, and writes
 * down how it was started. */
static const char helper[] =
    "#!/bin/sh\n"
    "d=$(dirname \"$0\")/kept\n"
    "mkdir -p \"$d\"\n"
    "echo \"$# $1\" >>\"$d/../calls\"\n"
    "in=$(cat)\n"
    "case $1 in\n"
    "store)\n"
    "	s=$(printf %s \"$in\" | sed "
    "'s/.*\"ServerURL\":\"\\([^\"]*\\)\".*/\\1/')\n"
    "	printf %s \"$in\" >\"$d/$(printf %s \"$s\" | tr /: __)\" ;;\n"
    "get)\n"
    "	cat \"$d/$(printf %s \"$in\" | tr /: __)\" 2>/dev/null || {\n"
    "		echo 'credentials not found in native keychain'; exit 1; } ;;\n"
    "erase) rm -f \"$d/$(printf %s \"$in\" | tr /: __)\" ;;\n"
    "esac\n";

static void
write_file(struct home *p, const char *name, const char *text, mode_t mode)
{
	char *path = arena_printf(p->arena, "%s/%s", p->dir, name);

	assert_int_equal(os_replace(path, str_of(text), mode, &p->e), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static struct str
read_file(struct home *p, const char *name)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct err e = ERR;

	if (os_read(&b, arena_printf(p->arena, "%s/%s", p->dir, name), &e) < 0)
		return STR("");
	return arena_copy(p->arena, buf_str(&b));
}

static void
begin(struct home *p, const char *config)
{
	const char **env;

	*p = (struct home){ .arena = arena_new(), .notes = BUF(1u << 20) };
	p->dir = fixture_folder(p->arena);
	if (config)
		write_file(p, "config.json", config, 0600);
	write_file(p, "docker-credential-files", helper, 0700);
	write_file(p, "docker-credential-broken",
	    "#!/bin/sh\necho 'the vault is locked\nreally' >&2\nexit 3\n",
	    0700);
	write_file(
	    p, "docker-credential-garbage", "#!/bin/sh\necho '<html>'\n", 0700);
	env = arena_take(p->arena, 3 * sizeof(*env));
	env[0] = arena_printf(p->arena, "PATH=%s:%s", p->dir, getenv("PATH"));
	p->options.note = fixture_note;
	p->options.arg = &p->notes;
	p->options.world.docker_config = p->dir;
	p->options.world.environment = env;
}

static void
open_session(struct home *p)
{
	oci_free(&p->o);
	assert_int_equal(oci_new(&p->o, &p->options, &p->e), 0);
}

static void
end(struct home *p)
{
	oci_free(&p->o);
	fixture_remove(p->dir);
	buf_free(&p->notes);
	arena_free(&p->arena);
}

static void
credentials_are_found_where_docker_looks(void **arg)
{
	/* "me:se:cret" is bWU6c2U6Y3JldA==. */
	static const struct {
		const char *config, *host, *user, *password, *identity, *bearer;
	} rows[] = {
		{ "{\"auths\":{\"r.example\":{\"auth\":\"bWU6c2U6Y3JldA==\"}}}",
		    "r.example", "me", "se:cret", "", "" },
		{ "{\"auths\":{\"r.example\":{\"auth\":\"bWU6c2U6Y3JldA==\"}}}",
		    "r.example:5000", "", "", "", "" },
		{ "{\"auths\":{\"https://r.example/v1/\":{\"auth\":"
		  "\"bWU6c2U6Y3JldA==\"}}}",
		    "r.example", "me", "se:cret", "", "" },
		{ "{\"auths\":{\"https://r.example\":{\"username\":\"u\","
		  "\"password\":\"p\"}}}",
		    "r.example", "u", "p", "", "" },
		{ "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":"
		  "\"bWU6c2U6Y3JldA==\"}}}",
		    "docker.io", "me", "se:cret", "", "" },
		{ "{\"auths\":{\"r.example\":{\"identitytoken\":\"it\"}}}",
		    "r.example", "", "", "it", "" },
		{ "{\"auths\":{\"r.example\":{\"registrytoken\":\"rt\"}}}",
		    "r.example", "", "", "", "rt" },
		{ "{\"auths\":{\"r.example\":{}}}", "r.example", "", "", "",
		    "" },
		{ "{\"auths\":null}", "r.example", "", "", "", "" },
		{ "", "r.example", "", "", "", "" },
		{ "{}", "r.example", "", "", "", "" },
		{ NULL, "r.example", "", "", "", "" },
		/* For one team, as containers' file may say. */
		{ "{\"auths\":{\"r.example/a\":{\"auth\":\"bWU6c2U6Y3JldA==\"},"
		  "\"r.example\":{\"username\":\"u\",\"password\":\"p\"}}}",
		    "r.example", "me", "se:cret", "", "" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cred c;
		struct home p;

		begin(&p, rows[i].config);
		open_session(&p);
		if (cred_find(&c, p.o, str_of(rows[i].host), STR("a/b"),
			p.arena, &p.e) < 0)
			fail_msg("row %zu: %s", i, p.e.text);
		assert_true(str_is(c.user, rows[i].user));
		assert_true(str_is(c.password, rows[i].password));
		assert_true(str_is(c.identity, rows[i].identity));
		assert_true(str_is(c.bearer, rows[i].bearer));
		end(&p);
	}
}

static void
other_places_come_in_their_order(void **arg)
{
	static const char file[] = "{\"auths\":{\"r.example\":{\"username\":"
				   "\"file\",\"password\":\"p\"}}}";
	struct cred c;
	struct home p;

	(void)arg;
	begin(&p, NULL);
	write_file(&p, "auth.json",
	    "{\"auths\":{\"r.example\":{\"username\":\"auth\",\"password\":"
	    "\"p\"}}}",
	    0600);
	p.options.world.auth_file =
	    arena_printf(p.arena, "%s/auth.json", p.dir);
	open_session(&p);
	assert_int_equal(
	    cred_find(&c, p.o, STR("r.example"), STR(""), p.arena, &p.e), 0);
	assert_true(str_is(c.user, "auth"));
	write_file(&p, "config.json", file, 0600);
	assert_int_equal(
	    cred_find(&c, p.o, STR("r.example"), STR(""), p.arena, &p.e), 0);
	assert_true(str_is(c.user, "file"));
	p.options.world.docker_auth =
	    "{\"auths\":{\"r.example\":{\"username\":\"env\",\"password\":"
	    "\"p\"}}}";
	open_session(&p);
	assert_int_equal(
	    cred_find(&c, p.o, STR("r.example"), STR(""), p.arena, &p.e), 0);
	assert_true(str_is(c.user, "env"));
	end(&p);
}

static void
a_helper_is_asked_before_the_file(void **arg)
{
	static const char *const configs[] = {
		"{\"credsStore\":\"files\",\"auths\":{\"r.example\":{\"auth\":"
		"\"bWU6c2U6Y3JldA==\"}}}",
		"{\"credsStore\":\"broken\",\"credHelpers\":{\"r.example\":"
		"\"files\"}}",
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(configs); i++) {
		struct oci_saved saved;
		struct cred c;
		struct home p;

		begin(&p, configs[i]);
		open_session(&p);
		assert_int_equal(
		    oci_save(p.o, STR("r.example"), STR("helped"),
			STR("s \"e\\c:ret"), &saved, p.arena, &p.e),
		    0);
		assert_false(saved.clear);
		assert_true(str_is(saved.where, "the helper 'files'"));
		assert_int_equal(cred_find(&c, p.o, STR("r.example"), STR(""),
				     p.arena, &p.e),
		    0);
		assert_true(str_is(c.user, "helped"));
		assert_true(str_is(c.password, "s \"e\\c:ret"));
		/* Started with its verb and nothing else. */
		assert_true(str_is(read_file(&p, "calls"), "1 store\n1 get\n"));
		end(&p);
	}
}

/* Never a clear secret where a helper exists, not even an old one. */
static void
with_a_helper_no_secret_is_in_the_file(void **arg)
{
	struct oci_saved saved;
	struct str text;
	struct home p;
	size_t at;

	(void)arg;
	begin(&p,
	    "{\"credsStore\":\"files\",\"auths\":{\"https://r.example/v1/\":"
	    "{\"auth\":\"bWU6c2U6Y3JldA==\"},\"o.example\":{\"auth\":"
	    "\"b3RoZXI6c2VjcmV0\"}},\"HttpHeaders\":{\"X\":\"1\"}}");
	open_session(&p);
	assert_int_equal(oci_save(p.o, STR("r.example"), STR("me"),
			     STR("secret"), &saved, p.arena, &p.e),
	    0);
	text = read_file(&p, "config.json");
	assert_false(str_find(text, STR("bWU6"), &at));
	assert_false(str_find(text, STR("secret"), &at));
	assert_true(str_find(text, STR("\"r.example\": {}"), &at));
	/* What is not ours is as it was. */
	assert_true(str_find(text, STR("b3RoZXI6c2VjcmV0"), &at));
	assert_true(str_find(text, STR("\"HttpHeaders\""), &at));
	end(&p);
}

static void
a_helper_that_fails_keeps_nothing_in_clear(void **arg)
{
	static const struct {
		const char *helper;
		enum err_kind kind;
		const char *why;
	} rows[] = { { "broken", ERR_TRUST, "the vault is locked" },
		{ "missing", ERR_MISSING, "docker-credential-missing" },
		{ "../evil", ERR_TRUST, "no name of a program" },
		{ "a b", ERR_TRUST, "no name of a program" } };

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct oci_saved saved;
		struct cred c;
		struct home p;
		size_t at;

		begin(&p, NULL);
		write_file(&p, "config.json",
		    arena_printf(
			p.arena, "{\"credsStore\":\"%s\"}", rows[i].helper),
		    0600);
		open_session(&p);
		assert_int_equal(oci_save(p.o, STR("r.example"), STR("me"),
				     STR("sesame"), &saved, p.arena, &p.e),
		    -1);
		assert_int_equal(p.e.kind, rows[i].kind);
		if (!strstr(p.e.text, rows[i].why))
			fail_msg("%s: %s", rows[i].helper, p.e.text);
		assert_null(strstr(p.e.text, "sesame"));
		assert_false(
		    str_find(read_file(&p, "config.json"), STR("auths"), &at));
		assert_int_equal(cred_find(&c, p.o, STR("r.example"), STR(""),
				     p.arena, &p.e),
		    -1);
		end(&p);
	}
}

/* What means "none" when asked for one, means failure when given one. */
static void
a_helper_that_keeps_nothing_is_an_error(void **arg)
{
	struct oci_saved saved;
	struct home p;
	struct cred c;

	(void)arg;
	begin(&p, "{\"credsStore\":\"none\"}");
	write_file(&p, "docker-credential-none",
	    "#!/bin/sh\necho 'credentials not found in native keychain'\n"
	    "exit 1\n",
	    0700);
	open_session(&p);
	assert_int_equal(
	    cred_find(&c, p.o, STR("r.example"), STR(""), p.arena, &p.e), 0);
	assert_true(cred_is_empty(&c));
	assert_int_equal(oci_save(p.o, STR("r.example"), STR("me"), STR("b"),
			     &saved, p.arena, &p.e),
	    -1);
	assert_int_equal(p.e.kind, ERR_TRUST);
	end(&p);
}

static void
what_a_helper_says_is_read_strictly(void **arg)
{
	struct cred c;
	struct home p;

	(void)arg;
	begin(&p, "{\"credsStore\":\"garbage\"}");
	open_session(&p);
	assert_int_equal(
	    cred_find(&c, p.o, STR("r.example"), STR(""), p.arena, &p.e), -1);
	assert_int_equal(p.e.kind, ERR_TRUST);
	write_file(&p, "docker-credential-garbage",
	    "#!/bin/sh\ncat >/dev/null\n"
	    "echo '{\"Username\":\"<token>\",\"Secret\":\"refresh\"}'\n",
	    0700);
	assert_int_equal(
	    cred_find(&c, p.o, STR("r.example"), STR(""), p.arena, &p.e), 0);
	assert_true(str_is(c.identity, "refresh"));
	assert_int_equal(c.user.n, 0);
	end(&p);
}

static void
without_a_helper_the_file_is_closed_to_others(void **arg)
{
	struct oci_saved saved;
	struct stat st;
	struct home p;
	struct cred c;
	char *path;

	(void)arg;
	begin(&p, NULL);
	path = arena_printf(p.arena, "%s/new/config.json", p.dir);
	p.options.world.docker_config = arena_printf(p.arena, "%s/new", p.dir);
	open_session(&p);
	assert_int_equal(oci_save(p.o, STR("R.Example:5000"), STR("me"),
			     STR("a:b"), &saved, p.arena, &p.e),
	    0);
	assert_true(saved.clear);
	assert_true(str_is(saved.where, path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(
	    cred_find(&c, p.o, STR("r.example:5000"), STR(""), p.arena, &p.e),
	    0);
	assert_true(str_is(c.password, "a:b"));
	end(&p);
}

static void
a_link_to_the_file_stays_a_link(void **arg)
{
	struct oci_saved saved;
	struct stat st;
	struct home p;
	size_t at;

	(void)arg;
	begin(&p, NULL);
	write_file(&p, "real.json", "{\"x\":1}", 0600);
	assert_int_equal(symlink("real.json",
			     arena_printf(p.arena, "%s/config.json", p.dir)),
	    0);
	open_session(&p);
	assert_int_equal(oci_save(p.o, STR("r.example"), STR("me"), STR("b"),
			     &saved, p.arena, &p.e),
	    0);
	assert_int_equal(
	    lstat(arena_printf(p.arena, "%s/config.json", p.dir), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_true(
	    str_find(read_file(&p, "real.json"), STR("r.example"), &at));
	end(&p);
}

/* Who may write to the file names a program that we would run. */
static void
a_file_that_others_may_write_is_refused_and_read_is_warned_of(void **arg)
{
	static const char config[] =
	    "{\"auths\":{\"r.example\":{\"auth\":\"bWU6c2U6Y3JldA==\"}}}";
	struct cred c;
	struct home p;

	(void)arg;
	begin(&p, config);
	open_session(&p);
	write_file(&p, "config.json", config, 0644);
	for (int i = 0; i < 2; i++)
		assert_int_equal(cred_find(&c, p.o, STR("r.example"), STR(""),
				     p.arena, &p.e),
		    0);
	assert_non_null(strstr(buf_cstr(&p.notes), "can be read by others"));
	assert_int_equal(strstr(buf_cstr(&p.notes), "chmod 600") ==
		strrchr(buf_cstr(&p.notes), ':') + 2,
	    1);
	write_file(&p, "config.json", config, 0666);
	assert_int_equal(
	    cred_find(&c, p.o, STR("r.example"), STR(""), p.arena, &p.e), -1);
	assert_int_equal(p.e.kind, ERR_TRUST);
	end(&p);
}

static void
forgotten_credentials_are_gone_from_everywhere(void **arg)
{
	struct oci_saved saved, was;
	struct home p;
	struct cred c;
	size_t at;

	(void)arg;
	begin(&p,
	    "{\"credHelpers\":{\"r.example\":\"files\"},\"auths\":{"
	    "\"https://o.example\":{\"auth\":\"bWU6c2U6Y3JldA==\"}}}");
	open_session(&p);
	assert_int_equal(oci_save(p.o, STR("r.example"), STR("me"), STR("b"),
			     &saved, p.arena, &p.e),
	    0);
	assert_int_equal(
	    oci_forget(p.o, STR("r.example"), &was, p.arena, &p.e), 0);
	assert_true(was.found);
	assert_int_equal(
	    cred_find(&c, p.o, STR("r.example"), STR(""), p.arena, &p.e), 0);
	assert_true(cred_is_empty(&c));
	assert_int_equal(
	    oci_forget(p.o, STR("r.example"), &was, p.arena, &p.e), 0);
	assert_false(was.found);
	assert_int_equal(
	    oci_forget(p.o, STR("o.example"), &was, p.arena, &p.e), 0);
	assert_true(was.found);
	assert_false(
	    str_find(read_file(&p, "config.json"), STR("o.example"), &at));
	end(&p);
}

static void
a_config_that_is_wrong_says_where(void **arg)
{
	static const struct {
		const char *config;
		const char *why;
	} rows[] = { { "{\"auths\":", "config.json: " },
		{ "[]", "no JSON object" },
		{ "{\"auths\":{\"r.example\":{\"auth\":\"!\"}}}", "base64" },
		{ "{\"auths\":{\"r.example\":{\"auth\":\"bWU=\"}}}",
		    "user:password" } };

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct home p;
		struct cred c;

		begin(&p, rows[i].config);
		open_session(&p);
		assert_int_equal(cred_find(&c, p.o, STR("r.example"), STR(""),
				     p.arena, &p.e),
		    -1);
		assert_int_equal(p.e.kind, ERR_INPUT);
		if (!strstr(p.e.text, rows[i].why))
			fail_msg("%s", p.e.text);
		end(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_are_found_where_docker_looks),
		cmocka_unit_test(other_places_come_in_their_order),
		cmocka_unit_test(a_helper_is_asked_before_the_file),
		cmocka_unit_test(with_a_helper_no_secret_is_in_the_file),
		cmocka_unit_test(a_helper_that_fails_keeps_nothing_in_clear),
		cmocka_unit_test(a_helper_that_keeps_nothing_is_an_error),
		cmocka_unit_test(what_a_helper_says_is_read_strictly),
		cmocka_unit_test(without_a_helper_the_file_is_closed_to_others),
		cmocka_unit_test(a_link_to_the_file_stays_a_link),
		cmocka_unit_test(
		    a_file_that_others_may_write_is_refused_and_read_is_warned_of),
		cmocka_unit_test(
		    forgotten_credentials_are_gone_from_everywhere),
		cmocka_unit_test(a_config_that_is_wrong_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
