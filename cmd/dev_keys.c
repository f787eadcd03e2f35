/* SPDX-License-Identifier: Apache-2.0 */
/* What each key does. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include "dev_parts.h"
#include "fetch/fetch.h"
#include "os/os.h"
#include "trace/trace.h"

static void
say(struct dev *d, const char *text)
{
	dev_talk(d);
	ui_note("%s", text);
	dev_talked(d);
}

/* "200, run 7: hello you" */
static void
add_answer(
    struct buf *out, struct arena *a, struct dev *d, const struct tree *t)
{
	const struct tree *number = tree_get(t, "number");
	const struct tree *run = !number
	    ? NULL
	    : trace_show(d->trace, a, (uint64_t)number->num, STR(""));
	const struct tree *body =
	    run ? tree_get(tree_get(run, "response"), "body") : NULL;
	struct str text = body && body->kind == TREE_MAP
	    ? tree_text(body, "text")
	    : tree_text(tree_get(run, "response"), "body");

	buf_addf(out, "rerun: " STR_F ", run " STR_F,
	    STR_A(tree_text(t, "status")), STR_A(tree_text(t, "number")));
	if (text.n == 0)
		return;
	buf_addf(out, ": ");
	buf_show(
	    out, (struct str){ text.p, text.n < 200 ? text.n : 200 }, false);
	buf_addf(out, "%s", text.n > 200 ? "..." : "");
}

static void
on_rerun(void *arg, const struct fetch_answer *a, const struct err *why)
{
	CLEANUP(arena_free) struct arena *arena = arena_new();
	CLEANUP(buf_free) struct buf line = BUF(4096);
	struct err e = ERR;
	struct dev *d = arg;
	struct tree *t = NULL;

	if (!a)
		buf_addf(&line, "%s", why->text);
	else if (tree_parse_json(&t, arena, a->body, &e) < 0)
		buf_addf(&line, "the rerun was answered with %d", a->status);
	else if (a->status != 200)
		buf_addf(&line, STR_F, STR_A(tree_text(t, "message")));
	else
		add_answer(&line, arena, d, t);
	say(d, buf_cstr(&line));
}

/* The last that a client sent; 0: none was. */
static uint64_t
last_request(struct dev *d)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct trace_filter newest = { .most = 100 };
	const struct tree *list = trace_list(d->trace, a, &newest), *n;

	for (size_t i = list->nitems; i > 0; i--) {
		if (!str_is(tree_text(list->items[i - 1], "kind"), "request"))
			continue;
		n = tree_get(list->items[i - 1], "number");
		return n ? (uint64_t)n->num : 0;
	}
	return 0;
}

/* As the page does it. */
static void
rerun(struct dev *d)
{
	const struct fetch_header json = { STR("Content-Type"),
		STR("application/json") };
	CLEANUP(buf_free) struct buf url = BUF(200);
	uint64_t number = last_request(d);
	struct fetch_request r = { .method = STR("POST"),
		.headers = &json,
		.nheaders = 1,
		.body = STR("{\"step\":0}"),
		.has_body = true };

	if (number == 0) {
		say(d, "no request came yet");
		return;
	}
	dev_url(d, &url);
	buf_addf(
	    &url, "/_subo/api/runs/%llu/rerun", (unsigned long long)number);
	r.url = buf_str(&url);
	fetch_end(&d->asking);
	d->asking = fetch_start(d->loop, &r, on_rerun, d);
}

extern char **environ;

/*
 * It outlives us, its talk is not for this terminal, and it is no child of
 * ours: of those each that is left is ended with a compiler that has to be.
 */
static bool
start_apart(const char *program, const char *arg)
{
	static const char start[] = "\"$0\" \"$1\" &";
	const char *const argv[] = { "sh", "-c", start, program, arg, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	pid_t pid;
	int rc;

#ifdef __linux__
	/* Until the next compiler. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0);
#endif
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	for (int fd = 0; fd < 3; fd++)
		(void)posix_spawn_file_actions_addopen(
		    &files, fd, "/dev/null", O_RDWR, 0);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	rc = posix_spawnp(&pid, argv[0], &files, &attr,
	    (char *const *)(uintptr_t)argv, environ);
	if (rc == 0)
		(void)waitpid(pid, NULL, 0);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc == 0;
}

void
dev_open_page(struct dev *d)
{
	static const char *const openers[] = { "xdg-open", "open" };
	CLEANUP(buf_free) struct buf url = BUF(200);
	CLEANUP(buf_free) struct buf path = BUF(4096);
	bool opened = false;

	dev_url(d, &url);
	buf_addf(&url, "/_subo/");
	for (size_t i = 0; i < COUNT(openers) && !opened; i++) {
		buf_clear(&path);
		opened =
		    os_find_program(&path, openers[i], world_env("PATH")) &&
		    start_apart(buf_cstr(&path), buf_cstr(&url));
	}
	dev_talk(d);
	ui_note("%s%s",
	    opened ? "opening " : "open it in a browser: ", buf_cstr(&url));
	dev_talked(d);
}

static void
help(struct dev *d)
{
	dev_talk(d);
	ui_progress(NULL);
	fputs("  r  rerun the last request\n"
	      "  t  run the tests\n"
	      "  b  build, also when nothing seems to have changed\n"
	      "  o  open the page\n"
	      "  c  clear the screen\n"
	      "  q  quit\n"
	      "  ?  this\n",
	    stderr);
	dev_talked(d);
}

static void
clear(struct dev *d)
{
	dev_talk(d);
	fputs("\033[H\033[2J\033[3J", stderr);
	dev_talked(d);
	dev_banner(d);
}

static void
quit(struct dev *d)
{
	d->ending = true;
	loop_stop(d->loop);
}

void
dev_key(struct dev *d, char c)
{
	switch (c) {
	case 'r':
		rerun(d);
		break;
	case 't':
		dev_test(d, true);
		break;
	case 'b':
		dev_build(d, STR(""), true);
		break;
	case 'o':
		dev_open_page(d);
		break;
	case 'c':
	case 'L' - '@':
		clear(d);
		break;
	case 'q':
	case 'D' - '@':
		quit(d);
		break;
	case '?':
	case 'h':
		help(d);
		break;
	case '\n':
	case '\r':
		fputc('\n', stderr);
		break;
	default:
		break;
	}
}
