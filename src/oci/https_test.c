/* SPDX-License-Identifier: Apache-2.0 */
/* From https nothing leads to http. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "oci/fixture.h"

struct server {
	struct arena *arena;
	char *dir;
	pid_t pid;
	unsigned port;
	struct oci *o;
	struct oci_repo *repo;
	struct buf notes;
	struct err e;
};

static unsigned
start_python(struct server *s, const char *location)
{
	char *cert = arena_printf(s->arena, "%s/cert.pem", s->dir);
	char *key = arena_printf(s->arena, "%s/key.pem", s->dir);
	char *log = arena_printf(s->arena, "%s/log", s->dir), line[16] = "";
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	s->pid = fork();
	if (s->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(ends[1], 1);
		(void)!freopen(log, "w", stderr);
		execlp("python3", "python3", "testdata/registry_unit/https.py",
		    cert, key, location, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	(void)!read(ends[0], line, sizeof(line) - 1);
	(void)close(ends[0]);
	return (unsigned)strtoul(line, NULL, 10);
}

/* False: no python3 or openssl here. */
static bool
begin(struct server *s, const char *location, const char *name)
{
	struct oci_options o = { .user = STR("me"), .password = STR("pw") };
	struct oci_ref r;

	*s = (struct server){ .arena = arena_new(), .notes = BUF(1u << 20) };
	s->dir = fixture_folder(s->arena);
	if (!fixture_certificate(s->dir))
		return false;
	s->port = start_python(s, location);
	if (s->port == 0)
		return false;
	o.world.ca_file = arena_printf(s->arena, "%s/cert.pem", s->dir);
	o.note = fixture_note;
	o.arg = &s->notes;
	assert_int_equal(oci_new(&s->o, &o, &s->e), 0);
	assert_int_equal(oci_ref_parse(&r, s->arena,
			     str_of(arena_printf(
				 s->arena, "localhost:%u/%s:1", s->port, name)),
			     &s->e),
	    0);
	assert_int_equal(oci_open(&s->repo, s->o, &r, OCI_PUSH, &s->e), 0);
	return true;
}

static void
end(struct server *s)
{
	oci_close(&s->repo);
	oci_free(&s->o);
	if (s->pid > 0) {
		(void)kill(s->pid, SIGKILL);
		(void)waitpid(s->pid, NULL, 0);
	}
	fixture_remove(s->dir);
	buf_free(&s->notes);
	arena_free(&s->arena);
}

static struct str
log_of(struct server *s)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct err e = ERR;

	assert_int_equal(
	    os_read(&b, arena_printf(s->arena, "%s/log", s->dir), &e), 0);
	return arena_copy(s->arena, buf_str(&b));
}

static int
fetch(struct server *s)
{
	CLEANUP(buf_free) struct buf b = BUF(100);
	struct oci_desc d = oci_desc_of("a/b", STR("hello"));

	return oci_read(s->repo, &d, &b, &s->e);
}

static int
put(struct server *s)
{
	struct oci_task t = { .act = OCI_SEND,
		.desc = oci_desc_of("a/b", STR("hello")),
		.data = STR("hello") };

	return oci_do(s->repo, &t, 1, &s->e);
}

static void
what_leads_to_http_is_not_followed(void **arg)
{
	static const struct {
		const char *name, *location, *repo;
		bool sends;
		const char *why;
	} rows[] = {
		{ "redirect-http", "http://localhost:1/x", "open/a", false,
		    "from https to http" },
		{ "redirect-http-own", "http://localhost:%P/x", "open/a", false,
		    "from https to http" },
		{ "upload-http", "http://elsewhere.test/x", "open/a", true,
		    "over http" },
		{ "realm-http", "http://localhost:%P/token", "locked/a", false,
		    "not https" },
		{ "realm-http-upload", "http://localhost:%P/token", "locked/a",
		    true, "not https" },
		{ "realm-userinfo", "https://u:p@localhost:%P/token",
		    "locked/a", false, "cannot be used" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct server s;
		size_t at;

		if (!begin(&s, rows[i].location, rows[i].repo)) {
			end(&s);
			skip();
		}
		assert_int_equal(rows[i].sends ? put(&s) : fetch(&s), -1);
		if (s.e.kind != ERR_TRUST || !strstr(s.e.text, rows[i].why))
			fail_msg(
			    "%s: %d %s", rows[i].name, (int)s.e.kind, s.e.text);
		/* And nobody was told the password. */
		assert_false(str_find(log_of(&s), STR("Basic"), &at));
		end(&s);
	}
}

/* Behind a proxy that takes TLS off, a registry thinks that it is http. */
static void
an_upload_to_itself_by_http_goes_by_https(void **arg)
{
	struct server s;
	size_t at;

	(void)arg;
	if (!begin(&s, "http://localhost:%P/up?x=1", "open/a")) {
		end(&s);
		skip();
	}
	if (put(&s) < 0)
		fail_msg("%s", s.e.text);
	assert_true(str_find(
	    log_of(&s), STR("PUT /up?x=1&digest=sha256%3A2cf24dba"), &at));
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_leads_to_http_is_not_followed),
		cmocka_unit_test(an_upload_to_itself_by_http_goes_by_https),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
