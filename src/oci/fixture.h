/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - what the tests of oci share: a folder, a session, and Debian's
 * docker-registry on a free port. */
#ifndef OCI_FIXTURE_H
#define OCI_FIXTURE_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oci/oci.h"
#include "os/os.h"

/* Not every test uses all of it. */
#define FIXTURE	static __attribute__((unused))

FIXTURE char *
fixture_folder(struct arena *a)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = arena_printf(a, "%s/oci_XXXXXX", tmp ? tmp : "/tmp");

	assert_non_null(mkdtemp(dir));
	return dir;
}

FIXTURE void
fixture_remove(const char *dir)
{
	struct err e = ERR;

	assert_int_equal(os_remove_tree(dir, &e), 0);
}

/* Notes, one a line. */
FIXTURE void
fixture_note(void *arg, const char *text)
{
	buf_addf(arg, "%s\n", text);
}

FIXTURE uint16_t
fixture_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
	(void)close(fd);
	return ntohs(in.sin_port);
}

FIXTURE bool
fixture_answers(uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0;

	(void)close(fd);
	return ok;
}

struct fixture_registry {
	pid_t	 pid;
	uint16_t port;
	char	*dir;
};

/* False: it is not installed.  http: more of that part of its config, and more:
 * other parts. */
FIXTURE bool
fixture_registry(struct fixture_registry *r, struct arena *a,
    const char *http, const char *more)
{
	CLEANUP(buf_free) struct buf found = BUF(4096);
	CLEANUP(buf_free) struct buf b = BUF(8192);
	struct timespec ts = { .tv_nsec = 10000000 };
	struct err e = ERR;
	char *config;

	if (!os_find_program(&found, "docker-registry", getenv("PATH")))
		return false;
	r->dir = fixture_folder(a);
	r->port = fixture_port();
	buf_addf(&b, "version: 0.1\nlog: {level: error}\n"
		     "storage: {filesystem: {rootdirectory: %s/data}}\n"
		     "http: {addr: '127.0.0.1:%u'%s}\n%s",
	    r->dir, r->port, http, more);
	config = arena_printf(a, "%s/config.yml", r->dir);
	assert_int_equal(os_create(config, buf_str(&b), 0600, &e), 0);
	r->pid = fork();
	if (r->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!freopen("/dev/null", "w", stdout);
		(void)!freopen("/dev/null", "w", stderr);
		execl(buf_cstr(&found), "docker-registry", "serve", config,
		    (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 3000 && !fixture_answers(r->port); i++)
		(void)nanosleep(&ts, NULL);
	return true;
}

FIXTURE void
fixture_registry_end(struct fixture_registry *r)
{
	if (r->pid <= 0)
		return;
	(void)kill(r->pid, SIGKILL);
	(void)waitpid(r->pid, NULL, 0);
	fixture_remove(r->dir);
}

/* A certificate for localhost that vouches for itself. */
FIXTURE bool
fixture_certificate(const char *dir)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	const char *argv[] = { "openssl", "req", "-x509", "-newkey", "ec",
		"-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
		arena_printf(a, "%s/key.pem", dir), "-out",
		arena_printf(a, "%s/cert.pem", dir), "-days", "2", "-subj",
		"/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
		NULL };
	struct os_spawn s = { .argv = argv, .out = &out };
	struct os_exit ex = { 0 };
	struct err e = ERR;

	return os_run(&s, &ex, &e) == 0 && ex.code == 0;
}

#endif
