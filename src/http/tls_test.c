/* SPDX-License-Identifier: Apache-2.0 */
/* TLS, by curl and openssl, with certificates made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "http/fixture.h"

/* An authority, two certificates for localhost, and things that are none. */
static const char make_certificates[] =
    "set -e\n"
    "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "openssl req -x509 $new -keyout ca.key -out ca.pem -days 2 -subj /CN=ca\n"
    "echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' >ext\n"
    "for n in one two; do\n"
    "	openssl req -new $new -keyout $n.key -out $n.csr -subj /CN=$n\n"
    "	openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key \\\n"
    "		-set_serial 7 -days 2 -extfile ext -out $n.pem\n"
    "done\n"
    "openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.pem "
    "\\\n"
    "	-days 2 -subj /CN=rsa -addext subjectAltName=IP:127.0.0.1\n"
    "cp one.pem used.pem\ncp one.key used.key\n"
    "echo nothing >text.pem\n"
    "printf -- '-----BEGIN CERTIFICATE-----\\nAAAA\\n"
    "-----END CERTIFICATE-----\\n' >broken.pem\n";

struct shop {
	struct site site;
	char dir[40];
};

static char *
in(const struct shop *s, const char *name)
{
	static char paths[4][80];
	static unsigned n;
	char *p = paths[n++ % 4];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", s->dir, name);
	return p;
}

/* Run a shell text in the folder; $P is the port.  Its exit code. */
static int
run(const struct shop *s, const char *text, struct buf *out)
{
	CLEANUP(buf_free) struct buf b = BUF(8192);
	const char *argv[] = { "/bin/sh", "-c", NULL, NULL };
	struct os_spawn how = {
		.argv = argv, .cwd = s->dir, .out = out, .timeout_ms = 60000
	};
	struct os_exit ex = { 0 };
	struct err e = ERR;

	buf_addf(&b, "P=%u\n%s", s->site.port, text);
	argv[2] = buf_cstr(&b);
	buf_clear(out);
	assert_int_equal(os_run(&how, &ex, &e), 0);
	return ex.code;
}

static void
expect(const struct shop *s, const char *text, const char *has)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	int code = run(s, text, &out);

	if (code != 0 || !holds(&out, has))
		fail_msg("%s: exit %d, no '%s' in:\n%s", text, code, has,
		    buf_cstr(&out));
}

static void
test_a_request_over_tls_is_answered(void **state)
{
	struct shop *s = *state;

	expect(s, "curl -sS --cacert ca.pem https://127.0.0.1:$P/", "hello");
	expect(s,
	    "curl -sS --cacert ca.pem https://127.0.0.1:$P/later "
	    "https://127.0.0.1:$P/later",
	    "latelate");
	expect(s, "curl -sS --cacert ca.pem -d ping https://localhost:$P/echo",
	    "POST /echo localhost:");
}

static void
test_much_goes_both_ways(void **state)
{
	struct shop *s = *state;

	expect(s,
	    "curl -sS --cacert ca.pem https://127.0.0.1:$P/bytes/8388608 |\n"
	    "	wc -c",
	    "8388608\n");
	expect(s,
	    "head -c 60000 /dev/zero | tr '\\0' Q |\n"
	    "curl -sS --cacert ca.pem -H Expect: --data-binary @- \\\n"
	    "	https://127.0.0.1:$P/echo | tr -cd Q | wc -c",
	    "60000\n");
}

static void
test_tls_1_2_and_1_3_and_nothing_older(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	struct shop *s = *state;

	expect(s,
	    "curl -sS --cacert ca.pem --tls-max 1.2 https://127.0.0.1:$P/",
	    "hello");
	expect(s, "curl -sS --cacert ca.pem --tlsv1.3 https://127.0.0.1:$P/",
	    "hello");
	assert_int_not_equal(
	    run(s,
		"openssl s_client -connect 127.0.0.1:$P "
		"-tls1_1 -cipher DEFAULT@SECLEVEL=0 </dev/null",
		&out),
	    0);
	assert_false(holds(&out, "BEGIN CERTIFICATE"));
	expect(s, "curl -sS --cacert ca.pem https://127.0.0.1:$P/", "hello");
}

static void
test_suites_without_forward_secrecy_are_refused(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	struct shop *s = *state;

	assert_int_not_equal(run(s,
				 "openssl s_client -connect 127.0.0.1:$P "
				 "-tls1_2 -cipher AES128-SHA:AES256-GCM-SHA384 "
				 "</dev/null",
				 &out),
	    0);
	expect(s, "curl -sS --cacert ca.pem https://127.0.0.1:$P/", "hello");
}

static void
test_plain_http_on_a_tls_port_is_closed(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct shop *s = *state;
	int fd = dial(s->site.port);

	assert_true(say(fd, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
	assert_true(hear_all(fd, &b));
	assert_false(holds(&b, "HTTP/1.1 200"));
	(void)close(fd);
	expect(s, "curl -sS --cacert ca.pem https://127.0.0.1:$P/", "hello");
}

static void
test_half_a_handshake_is_closed_in_time(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct shop *s = *state;
	int fd = dial(s->site.port);

	assert_true(say(fd, STR("\x16\x03\x01")));
	assert_true(hear_all(fd, &b));
	(void)close(fd);
}

static void
test_bad_requests_are_refused_within_tls_too(void **state)
{
	struct shop *s = *state;

	expect(s,
	    "curl -sS -i --cacert ca.pem -H 'Content-Length: 5' "
	    "-H 'Transfer-Encoding: chunked' -d x https://127.0.0.1:$P/",
	    "HTTP/1.1 400 ");
	expect(s,
	    "head -c 80000 /dev/zero | curl -sS -i --cacert ca.pem -H Expect: "
	    "-H 'Transfer-Encoding: chunked' --data-binary @- "
	    "https://127.0.0.1:$P/echo",
	    "HTTP/1.1 413 ");
	expect(s, "curl -sS -i --cacert ca.pem -X BREW https://127.0.0.1:$P/",
	    "HTTP/1.1 501 ");
}

/* The old certificate for who is there, the new one for who comes. */
static void
test_certificates_are_read_again(void **state)
{
	struct shop *s = *state;
	struct err e = ERR;
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);

	static const char who[] =
	    "openssl s_client -connect 127.0.0.1:$P -CAfile ca.pem </dev/null "
	    "2>&1 | grep subject=";
	static const char kept[] =
	    "mkfifo pipe\n"
	    "openssl s_client -quiet -connect 127.0.0.1:$P -CAfile ca.pem "
	    "<pipe >got 2>seen &\n"
	    "exec 3>pipe\n"
	    "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' >&3\n"
	    "until grep -q hello got; do sleep 0.05; done\n"
	    "cp two.pem used.pem; cp two.key used.key; touch go\n"
	    "until [ -e went ]; do sleep 0.05; done\n"
	    "printf 'GET /echo HTTP/1.1\\r\\nHost: b\\r\\n"
	    "Connection: close\\r\\n\\r\\n' >&3\n"
	    "until grep -q 'GET /echo b' got; do sleep 0.05; done\n"
	    "grep -c CN=one seen; exec 3>&-; wait\n";
	int status;
	pid_t pid;

	expect(s, who, "CN = one");
	pid = fork();
	if (pid == 0)
		_exit(run(s, kept, &out) == 0 ? 0 : 1);
	while (!os_exists(in(s, "go")))
		(void)usleep(10000);
	assert_int_equal(http_reload_tls(s->site.h, &e), 0);
	expect(s, who, "CN = two");
	expect(s, "touch went; echo so", "so");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* A bad one changes nothing. */
	expect(s, "cp broken.pem used.pem; echo so", "so");
	assert_int_equal(http_reload_tls(s->site.h, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "used.pem"));
	expect(s, who, "CN = two");
	expect(s, "cp one.pem used.pem; cp one.key used.key; echo so", "so");
	e = (struct err)ERR;
	assert_int_equal(http_reload_tls(s->site.h, &e), 0);
	expect(s, who, "CN = one");
}

static void
test_what_cannot_be_used_is_named(void **state)
{
	static const struct {
		const char *cert, *key, *has;
		enum err_kind kind;
	} cases[] = {
		{ "none.pem", "one.key", "none.pem", ERR_MISSING },
		{ "one.pem", "none.key", "none.key", ERR_MISSING },
		{ "text.pem", "one.key", "text.pem", ERR_INPUT },
		{ "one.pem", "one.pem", "holds no PRIVATE KEY", ERR_INPUT },
		{ "broken.pem", "one.key", "broken.pem", ERR_INPUT },
		{ "one.pem", "two.key", "two.key", ERR_INPUT },
	};
	struct shop *s = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_tls tls = { in(s, cases[i].cert),
			in(s, cases[i].key) };
		struct err e = ERR;
		uint16_t port;

		assert_int_equal(
		    http_listen(s->site.h, "127.0.0.1", 0, &tls, &port, &e),
		    -1);
		if (e.kind != cases[i].kind || !strstr(e.text, cases[i].has))
			fail_msg("%s %s: kind %d, %s", cases[i].cert,
			    cases[i].key, e.kind, e.text);
	}
}

static void
test_a_key_of_rsa_works_too(void **state)
{
	struct shop *s = *state;
	struct http_tls tls = { in(s, "rsa.pem"), in(s, "rsa.key") };
	struct err e = ERR;
	uint16_t kept = s->site.port;

	assert_int_equal(
	    http_listen(s->site.h, "127.0.0.1", 0, &tls, &s->site.port, &e), 0);
	expect(s, "curl -sS --cacert rsa.pem https://127.0.0.1:$P/", "hello");
	s->site.port = kept;
}

static int
set_up(void **state)
{
	static const struct http_limits limits = { .body_bytes = 65536,
		.header_ms = 1500 };
	static struct shop s;
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	struct http_tls tls;
	struct err e = ERR;

	(void)snprintf(s.dir, sizeof(s.dir), "/tmp/http-tls-XXXXXX");
	assert_non_null(mkdtemp(s.dir));
	if (run(&s, make_certificates, &out) != 0)
		fail_msg("%s", buf_cstr(&out));
	site_open(&s.site, 2, &limits);
	tls.cert = in(&s, "used.pem");
	tls.key = in(&s, "used.key");
	if (http_listen(s.site.h, "127.0.0.1", 0, &tls, &s.site.port, &e) < 0)
		fail_msg("%s", e.text);
	*state = &s;
	return 0;
}

static int
tear_down(void **state)
{
	struct shop *s = *state;
	struct err e = ERR;

	site_close(&s->site);
	return os_remove_tree(s->dir, &e);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_over_tls_is_answered),
		cmocka_unit_test(test_much_goes_both_ways),
		cmocka_unit_test(test_tls_1_2_and_1_3_and_nothing_older),
		cmocka_unit_test(
		    test_suites_without_forward_secrecy_are_refused),
		cmocka_unit_test(test_plain_http_on_a_tls_port_is_closed),
		cmocka_unit_test(test_half_a_handshake_is_closed_in_time),
		cmocka_unit_test(test_bad_requests_are_refused_within_tls_too),
		cmocka_unit_test(test_certificates_are_read_again),
		cmocka_unit_test(test_what_cannot_be_used_is_named),
		cmocka_unit_test(test_a_key_of_rsa_works_too),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
