/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - for tests only: asking and waiting, and servers on loopback
 * that live as long as the test.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"

#define UNUSED __attribute__((unused))

/* ---- answers ---- */

struct answer {
	bool		 done;
	int		 rc;
	struct err	 e;
	struct buf	 out;
	struct store_op	*op;
	int		*order, turn;	/* *order when it came */
};

#define ANSWER	{ .out = BUF(64u << 20) }

static UNUSED void
told(void *arg, int rc, const struct err *why)
{
	struct answer *a = arg;

	assert_false(a->done);
	a->done = true;
	a->rc = rc;
	if (rc < 0)
		a->e = *why;
	if (a->order)
		a->turn = (*a->order)++;
}

/* Run until nothing is left to wait for; then a must be there. */
static UNUSED void
await(struct loop *l, struct answer *a)
{
	struct err e = ERR;

	assert_false(a->done);
	if (loop_run(l, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(a->done);
	store_end(&a->op);
	assert_null(a->op);
}

static UNUSED void
answer_clear(struct answer *a)
{
	buf_clear(&a->out);
	a->done = false;
	a->rc = 0;
	a->e = (struct err)ERR;
}

/* ---- servers ---- */

struct server {
	pid_t		 pid;
	int		 in;		/* its standard input */
	FILE		*out;
	char		 dir[100];
	char		 host[60];
	int		 port;
};

static UNUSED void
server_child(const char *kind, const char *dir, int in, int out)
{
	const char *root = getenv("ROOT");
	char path[400];

	dup2(in, 0);
	dup2(out, 1);
	for (int fd = 3; fd < 200; fd++)
		close(fd);
	snprintf(path, sizeof path, "%s/scripts/servers", root ? root : ".");
	execl(path, path, kind, dir, (char *)NULL);
	_exit(127);
}

/* 0; 1: it is not installed. */
static UNUSED int
server_start(struct server *s, const char *kind)
{
	const char *tmp = getenv("TMPDIR");
	int in[2], out[2], status;

	*s = (struct server){ 0 };
	snprintf(s->dir, sizeof s->dir, "%s/subo-server.XXXXXX",
	    tmp ? tmp : "/tmp");
	if (!mkdtemp(s->dir) || pipe(in) < 0 || pipe(out) < 0)
		return -1;
	(void)fcntl(in[1], F_SETFD, FD_CLOEXEC);
	(void)fcntl(out[0], F_SETFD, FD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	s->pid = fork();
	if (s->pid == 0)
		server_child(kind, s->dir, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	s->in = in[1];
	s->out = fdopen(out[0], "r");
	if (fscanf(s->out, "%50s %d", s->host, &s->port) == 2)
		return 0;
	waitpid(s->pid, &status, 0);
	close(s->in);
	fclose(s->out);
	s->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 77 ? 1 : -1;
}

/* For set_up: *have says whether it runs.  -1: it should, and does not. */
static UNUSED int
server_try(struct server *s, const char *kind, bool *have)
{
	int rc = server_start(s, kind);

	*have = rc == 0;
	if (rc < 0)
		print_message("scripts/servers %s failed\n", kind);
	return rc < 0 ? -1 : 0;
}

/* "stop" or "start", and wait until it is done. */
static UNUSED bool
server_tell(struct server *s, const char *word)
{
	char said[40] = "";

	if (dprintf(s->in, "%s\n", word) < 0)
		return false;
	return fscanf(s->out, "%30s", said) == 1 &&
	    strncmp(said, word, 3) == 0;
}

/* For a timer: the server goes in the middle of something. */
struct killer {
	struct loop_timer *timer;
	struct server *server;
};

static UNUSED void
kill_server(void *arg)
{
	struct killer *k = arg;

	loop_timer_end(&k->timer);
	assert_true(server_tell(k->server, "stop"));
}

static UNUSED void
server_end(struct server *s)
{
	if (s->pid == 0)
		return;
	close(s->in);
	waitpid(s->pid, NULL, 0);
	fclose(s->out);
	s->pid = 0;
}

#endif
