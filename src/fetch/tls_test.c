/* SPDX-License-Identifier: Apache-2.0 */
/* Calls by https, to openssl's own server with certificates made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fetch/call.h"
#include "fetch/fetch.h"
#include "os/os.h"

/*
 * An authority; a.test, its good one; old.test, which expired yesterday; and
 * self.test, which vouches for itself.
 */
static const char make_certificates[] =
    "set -e\n"
    "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "openssl req -x509 $new -keyout ca.key -out ca.pem -days 2 -subj /CN=ca\n"
    "for n in a old; do\n"
    "	days=2\n"
    "	if [ $n = old ]; then days=-1; fi\n"
    "	echo \"subjectAltName=DNS:$n.test\" >$n.ext\n"
    "	openssl req -new $new -keyout $n.key -out $n.csr -subj /CN=$n.test\n"
    "	openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key \\\n"
    "		-set_serial 7 -days $days -extfile $n.ext -out $n.pem\n"
    "done\n"
    "openssl req -x509 $new -keyout self.key -out self.pem -days 2 \\\n"
    "	-subj /CN=self.test -addext subjectAltName=DNS:self.test\n";

/* ---- servers ---- */

/* What comes from clients is read at from, and answered at to. */
struct server {
	pid_t pid; /* of openssl, or 0 */
	int listener, from, to;
	uint16_t port;
	pthread_t thread;
	pthread_mutex_t lock;
	struct buf asked, answer;
	bool at_once; /* answer whatever comes */
};

static bool
say(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

/* Answer each head of a request that comes. */
static void
hear(struct server *s)
{
	CLEANUP(buf_free) struct buf now = BUF(10000);
	char data[4096];
	size_t seen = 0, at;
	ssize_t n;

	while ((n = read(s->from, data, sizeof(data))) > 0) {
		bool whole;

		pthread_mutex_lock(&s->lock);
		buf_add(&s->asked, (struct str){ data, (size_t)n });
		whole = str_find(
		    str_from(buf_str(&s->asked), seen), STR("\r\n\r\n"), &at);
		if (whole)
			seen += at + 4;
		whole = whole || s->at_once;
		buf_clear(&now);
		buf_add(&now, buf_str(&s->answer));
		pthread_mutex_unlock(&s->lock);
		if (whole && !say(s->to, buf_str(&now)))
			return;
	}
}

static void *
serve_tls(void *arg)
{
	hear(arg);
	return NULL;
}

static void *
serve_plain(void *arg)
{
	struct server *s = arg;

	while ((s->from = accept(s->listener, NULL, NULL)) >= 0) {
		s->to = s->from;
		hear(s);
		close(s->from);
	}
	return NULL;
}

static void
server_new(struct server *s)
{
	*s = (struct server){ .listener = -1, .from = -1, .to = -1 };
	s->asked = (struct buf)BUF(1u << 20);
	s->answer = (struct buf)BUF(10000);
	buf_addf(&s->answer,
	    "HTTP/1.1 200 OK\r\nConnection: close\r\n"
	    "Content-Length: 2\r\n\r\nhi");
	pthread_mutex_init(&s->lock, NULL);
}

/* It says where it listens: "ACCEPT 127.0.0.1:port". */
static uint16_t
read_port(int fd)
{
	CLEANUP(buf_free) struct buf b = BUF(10000);
	static const char before[] = "ACCEPT 127.0.0.1:";
	size_t at, end;
	char c;

	while (read(fd, &c, 1) == 1) {
		buf_add(&b, (struct str){ &c, 1 });
		if (!str_find(buf_str(&b), STR("ACCEPT 127.0.0.1:"), &at))
			continue;
		at += sizeof(before) - 1;
		if (str_find(str_from(buf_str(&b), at), STR("\n"), &end))
			return (uint16_t)strtoul(buf_cstr(&b) + at, NULL, 10);
	}
	fail_msg("openssl does not listen: %s", buf_cstr(&b));
	return 0;
}

static void
run_openssl(const char *dir, const char *const *argv, int in, int out)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(dir) == 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 &&
	    dup2(null, 2) == 2)
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void
answer_with(struct server *s, struct str text, bool at_once)
{
	pthread_mutex_lock(&s->lock);
	buf_clear(&s->answer);
	buf_add(&s->answer, text);
	s->at_once = at_once;
	pthread_mutex_unlock(&s->lock);
}

/* With the certificate of name; and with a.test's for who asks for that. */
static void
tls_start(struct server *s, const char *dir, const char *name)
{
	char cert[32], key[32];
	const char *const argv[] = { "openssl", "s_server", "-accept",
		"127.0.0.1:0", "-cert", cert, "-key", key, "-servername",
		"a.test", "-cert2", "a.pem", "-key2", "a.key", NULL };
	int in[2], out[2];

	server_new(s);
	(void)snprintf(cert, sizeof(cert), "%s.pem", name);
	(void)snprintf(key, sizeof(key), "%s.key", name);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0)
		run_openssl(dir, argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	s->from = out[0];
	s->to = in[1];
	s->port = read_port(s->from);
	assert_int_equal(pthread_create(&s->thread, NULL, serve_tls, s), 0);
}

static void
plain_start(struct server *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t n = sizeof(in);

	server_new(s);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&in, n), 0);
	assert_int_equal(listen(s->listener, 8), 0);
	assert_int_equal(
	    getsockname(s->listener, (struct sockaddr *)&in, &n), 0);
	s->port = ntohs(in.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve_plain, s), 0);
}

static void
server_end(struct server *s)
{
	if (s->pid > 0) {
		(void)kill(s->pid, SIGKILL);
		(void)waitpid(s->pid, NULL, 0);
	} else {
		shutdown(s->listener, SHUT_RDWR);
	}
	pthread_join(s->thread, NULL);
	if (s->pid > 0) {
		close(s->from);
		close(s->to);
	} else {
		close(s->listener);
	}
	pthread_mutex_destroy(&s->lock);
	buf_free(&s->asked);
	buf_free(&s->answer);
}

static bool
was_asked(struct server *s, const char *text)
{
	size_t at;
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = str_find(buf_str(&s->asked), str_of(text), &at);
	pthread_mutex_unlock(&s->lock);
	return yes;
}

/* ---- who asks ---- */

struct world {
	char dir[64], ca[100];
	struct loop *l;
	struct fetch_request r;
	struct fetch_policy p;
	unsigned hops;
	/* What came. */
	int status;
	struct err why;
	struct buf body;
};

static size_t
names(void *arg, struct str host, struct loop_address *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	(void)arg;
	(void)host;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(out, 0, sizeof(*out));
	memcpy(&out->sa, &in, sizeof(in));
	out->n = sizeof(in);
	return 1;
}

static int
begin_all(void **state)
{
	const char *argv[] = { "sh", "-c", make_certificates, NULL };
	CLEANUP(buf_free) struct buf told = BUF(100000);
	struct world *w = mem_take(sizeof(*w));
	const char *tmp = getenv("TMPDIR");
	struct os_spawn run = { .argv = argv, .out = &told };
	struct os_exit ex;
	struct err e = ERR;

	(void)snprintf(
	    w->dir, sizeof(w->dir), "%s/tls.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	run.cwd = w->dir;
	if (os_run(&run, &ex, &e) < 0 || ex.code != 0)
		fail_msg("no certificates: %s%s", e.text, buf_cstr(&told));
	(void)snprintf(w->ca, sizeof(w->ca), "%s/ca.pem", w->dir);
	*state = w;
	return 0;
}

static int
end_all(void **state)
{
	struct world *w = *state;
	struct err e = ERR;

	assert_int_equal(os_remove_tree(w->dir, &e), 0);
	mem_free(w);
	return 0;
}

static int
begin(void **state)
{
	struct world *w = *state;
	struct err e = ERR;

	if (loop_new(&w->l, &e) < 0)
		fail_msg("%s", e.text);
	names_fake(names_of(w->l), names, w);
	w->r = (struct fetch_request){ .method = STR("GET"), .ca_file = w->ca };
	w->p = (struct fetch_policy){ .arg = w };
	w->hops = 0;
	w->body = (struct buf)BUF(1u << 20);
	return 0;
}

static int
finish(void **state)
{
	struct world *w = *state;

	loop_free(&w->l);
	buf_free(&w->body);
	return 0;
}

static void
on_done(void *arg, const struct fetch_answer *a, const struct err *why)
{
	struct world *w = arg;

	if (!a) {
		w->why = *why;
		return;
	}
	w->status = a->status;
	buf_add(&w->body, a->body);
}

static void
get(struct world *w, const struct server *s, const char *host)
{
	struct fetch_call *call;
	struct err e = ERR;
	char url[100];

	(void)snprintf(url, sizeof(url), "https://%s:%u/path?q", host, s->port);
	w->r.url = str_of(url);
	w->why = (struct err)ERR;
	w->status = 0;
	buf_clear(&w->body);
	call = fetch_start(w->l, &w->r, on_done, w);
	if (loop_run(w->l, &e) < 0)
		fail_msg("%s", e.text);
	fetch_end(&call);
}

static void
fine(struct world *w)
{
	if (w->why.kind != ERR_NONE)
		fail_msg("%s", w->why.text);
	assert_int_equal(w->status, 200);
	assert_string_equal(buf_cstr(&w->body), "hi");
}

static void
failed(struct world *w, enum err_kind kind, const char *with)
{
	size_t at;

	if (w->why.kind != kind ||
	    !str_find(str_of(w->why.text), str_of(with), &at))
		fail_msg("'%s' (%s, status %d), not '%s' (%s)", w->why.text,
		    err_code(w->why.kind), w->status, with, err_code(kind));
}

/* ---- claims ---- */

/* The server shows its other certificate to who names no or another host. */
static void
a_good_certificate_is_asked_for_by_the_urls_name(void **state)
{
	struct world *w = *state;
	struct server s;

	tls_start(&s, w->dir, "self");
	get(w, &s, "a.test");
	fine(w);
	assert_true(was_asked(&s, "GET /path?q HTTP/1.1\r\nHost: a.test:"));
	server_end(&s);
}

static void
bad_certificates_are_refused_before_anything_is_said(void **state)
{
	static const struct {
		const char *certificate, *host, *why;
		bool system; /* in place of our own authority */
	} table[] = {
		{ "self", "self.test", "self-signed certificate", false },
		{ "old", "old.test", "certificate has expired", false },
		{ "a", "other.test", "matches target host name", false },
		{ "a", "a.test.other.test", "matches target host name", false },
		{ "a", "127.0.0.1", "matches target host name", false },
		{ "a", "a.test", "unable to get local issuer certificate",
		    true },
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(table); i++) {
		struct server s;

		tls_start(&s, w->dir, table[i].certificate);
		w->r.ca_file = table[i].system ? NULL : w->ca;
		get(w, &s, table[i].host);
		failed(w, ERR_REMOTE, table[i].why);
		failed(w, ERR_REMOTE, table[i].host);
		assert_false(was_asked(&s, "GET"));
		server_end(&s);
	}
}

/* A connection that was made by the rules of one call is not used by a call
 * that would not have made it. */
static void
a_kept_connection_is_no_way_around_a_certificate(void **state)
{
	struct world *w = *state;
	struct server s;

	tls_start(&s, w->dir, "a");
	answer_with(
	    &s, STR("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), false);
	get(w, &s, "a.test");
	fine(w);
	get(w, &s, "a.test");
	fine(w);
	/* Its server hears one client at a time, and the first is still there:
	 * a new connection gets no answer. */
	w->r.connect_ms = 200;
	w->r.ca_file = NULL;
	get(w, &s, "a.test");
	failed(w, ERR_LIMIT, "no connection in time");
	server_end(&s);
}

static int
secure_only(void *arg, const struct fetch_url *u, unsigned hop, struct err *e)
{
	struct world *w = arg;

	assert_int_equal(hop, w->hops++);
	return u->secure
	    ? 0
	    : err_set(e, ERR_TRUST, "not secure: " STR_F, STR_A(u->host));
}

static void
send_to(struct server *s, const struct server *to)
{
	CLEANUP(buf_free) struct buf b = BUF(1000);

	buf_addf(&b,
	    "HTTP/1.1 302 Found\r\nLocation: http://a.test:%u/next\r\n"
	    "Connection: close\r\nContent-Length: 0\r\n\r\n",
	    to->port);
	answer_with(s, buf_str(&b), false);
}

/* Bad input auth-scope: the same name without TLS is another origin. */
static void
a_redirect_from_https_to_http_is_judged_and_loses_secrets(void **state)
{
	const struct fetch_header h[] = {
		{ STR("Authorization"), STR("Bearer s3cret") },
		{ STR("Cookie"), STR("c00kie") }, { STR("X-Kept"), STR("kept") }
	};
	struct world *w = *state;
	struct server tls, plain;

	tls_start(&tls, w->dir, "a");
	plain_start(&plain);
	send_to(&tls, &plain);
	w->r.headers = h;
	w->r.nheaders = COUNT(h);
	get(w, &tls, "a.test");
	fine(w);
	assert_true(was_asked(&tls, "s3cret"));
	assert_true(was_asked(&plain, "GET /next HTTP/1.1\r\n"));
	assert_true(was_asked(&plain, "X-Kept: kept\r\n"));
	assert_false(was_asked(&plain, "s3cret"));
	assert_false(was_asked(&plain, "c00kie"));
	w->p.url = secure_only;
	w->r.policy = &w->p;
	get(w, &tls, "a.test");
	failed(w, ERR_TRUST, "not secure: a.test");
	assert_int_equal(w->hops, 2);
	server_end(&tls);
	server_end(&plain);
}

static void
a_server_without_tls_is_refused(void **state)
{
	struct world *w = *state;
	struct server s;

	plain_start(&s);
	answer_with(&s, STR("HTTP/1.1 400 Bad Request\r\n\r\n"), true);
	get(w, &s, "a.test");
	failed(w, ERR_REMOTE, "SSL");
	assert_false(was_asked(&s, "GET"));
	server_end(&s);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_good_certificate_is_asked_for_by_the_urls_name),
		CASE(bad_certificates_are_refused_before_anything_is_said),
		CASE(a_kept_connection_is_no_way_around_a_certificate),
		CASE(a_redirect_from_https_to_http_is_judged_and_loses_secrets),
		CASE(a_server_without_tls_is_refused),
	};

	/* A server that is gone shows when it is written to. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, begin_all, end_all);
}
