/* SPDX-License-Identifier: Apache-2.0 */
/* What `subo dev` says: a line a change, and one a request. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev_parts.h"
#include "os/os.h"

#define HOLD_NS 300000000u /* a change's line waits so long for its tests */

void
dev_talk(struct dev *d)
{
	pthread_mutex_lock(&d->print);
}

void
dev_talked(struct dev *d)
{
	pthread_mutex_unlock(&d->print);
}

static void
add_colour(struct buf *out, char c, const char *text)
{
	buf_addf(out, "%s%s%s", ui_err_colour(c), text, ui_err_colour('0'));
}

static void
print(struct dev *d, const struct buf *line)
{
	if (cmd_common()->quiet)
		return;
	dev_talk(d);
	ui_progress(NULL);
	fprintf(stderr, "%s\n", buf_cstr(line));
	dev_talked(d);
}

/* ---- for editors ---- */

struct tree *
dev_event(struct arena *a, const char *event, bool ok)
{
	struct tree *t = ui_json(a, "dev", ok);

	tree_put_text(a, t, "event", str_of(event));
	return t;
}

void
dev_tell_json(struct dev *d, struct tree *t)
{
	CLEANUP(buf_free) struct buf out = BUF(64u << 20);

	tree_print_json(&out, t, 0);
	buf_addc(&out, '\n');
	dev_talk(d);
	fwrite(buf_cstr(&out), 1, out.n, stdout);
	fflush(stdout);
	dev_talked(d);
}

static void
put_ms(struct arena *a, struct tree *t, const char *key, uint64_t ns)
{
	tree_put(a, t, key, tree_new_real(a, (double)ns / 1e6));
}

static void
put_digest(struct arena *a, struct tree *t, const char *hex)
{
	tree_put_text(
	    a, t, "digest", str_of(arena_printf(a, "sha256:%s", hex)));
}

static struct tree *
paths_json(struct arena *a, struct str paths)
{
	struct tree *list = tree_list(a);
	struct str path;

	while (str_cut(&paths, '\n', &path))
		tree_add(a, list, tree_new_text(a, path));
	return list;
}

static void
round_json(struct dev *d, const struct dev_round *r)
{
	struct arena *a = r->arena;
	struct tree *t =
	    dev_event(a, r->failed ? "failed" : "built", !r->failed);

	tree_put(a, t, "changed", paths_json(a, r->changed));
	tree_put(a, t, "functions", r->functions);
	put_ms(a, t, "ms", r->build_ns);
	if (r->failed)
		tree_put_text(a, t, "message", str_of(r->problem));
	tree_put(a, t, "problems", r->problems);
	dev_tell_json(d, t);
	if (!r->swapped)
		return;
	t = dev_event(a, "swapped", true);
	put_digest(a, t, r->digest);
	put_ms(a, t, "ms", r->swap_ns);
	dev_tell_json(d, t);
}

/* ---- a change ---- */

static void
add_changed(struct buf *out, struct str paths)
{
	struct str path, first = { 0 };
	size_t more = 0;

	while (str_cut(&paths, '\n', &path)) {
		if (first.n == 0)
			first = path;
		else if (!str_eq(path, first))
			more++;
	}
	buf_show(out, first, false);
	if (more > 0)
		buf_addf(out, " and %zu more", more);
}

static void
add_built(struct buf *out, const struct dev_round *r)
{
	if (r->nbuilt == 0)
		return;
	buf_addf(out, " -> ");
	add_colour(out, 'B', buf_cstr(&r->built));
	if (r->nbuilt > 5)
		buf_addf(out, " and %zu more", r->nbuilt - 5);
}

static void
hold_over(void *arg)
{
	dev_tell_now(arg);
}

void
dev_tell_now(struct dev *d)
{
	loop_timer_end(&d->hold);
	if (d->line.n > 0)
		print(d, &d->line);
	buf_clear(&d->line);
}

/* It waits for what the tests say of it. */
static void
tell_swapped(struct dev *d, const struct dev_round *r)
{
	struct buf *line = &d->line;

	dev_tell_now(d);
	add_changed(line, r->changed);
	if (line->n == 0)
		buf_addf(line, "built");
	add_built(line, r);
	dev_talk(d); /* ui_ms has one ring for all */
	buf_addf(line, "  built %s, ", ui_ms(r->build_ns));
	buf_addf(line, "swapped %s", ui_ms(r->swap_ns));
	dev_talked(d);
	buf_addf(line, " %s(%.12s)%s", ui_err_colour('d'), r->digest,
	    ui_err_colour('0'));
	d->hold = loop_timer_start(d->loop, NULL, HOLD_NS, hold_over, d);
}

static void
tell_failed(struct dev *d, const struct dev_round *r)
{
	CLEANUP(buf_free) struct buf line = BUF(1u << 16);

	dev_tell_now(d);
	add_changed(&line, r->changed);
	if (line.n > 0)
		buf_addf(&line, " -> ");
	add_colour(&line, 'r', "failed");
	if (d->digest[0] != '\0')
		buf_addf(&line, "; what was served goes on (%.12s)", d->digest);
	else
		buf_addf(&line, "; nothing is served; waiting for a change");
	print(d, &line);
}

void
dev_tell_round(struct dev *d, const struct dev_round *r)
{
	CLEANUP(buf_free) struct buf line = BUF(1u << 16);

	if (cmd_common()->json &&
	    (r->failed || r->swapped || r->nbuilt > 0 || r->asked))
		round_json(d, r);
	if (r->failed) {
		tell_failed(d, r);
	} else if (r->swapped) {
		tell_swapped(d, r);
	} else if (r->mended || r->nbuilt > 0) {
		add_changed(&line, r->changed);
		add_built(&line, r);
		buf_addf(&line,
		    "%sit builds again, and to what is served (%.12s)",
		    line.n > 0 ? "  " : "", r->digest);
		print(d, &line);
	} else if (r->asked) {
		buf_addf(&line, "nothing has changed (%.12s)", r->digest);
		print(d, &line);
	}
}

/* ---- tests ---- */

static void
cases_json(struct dev *d, const struct dev_cases *c)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t =
	    dev_event(a, "tests", c->failed == 0 && c->why[0] == '\0');

	tree_put_int(a, t, "passed", (int64_t)c->passed);
	tree_put_int(a, t, "failed", (int64_t)c->failed);
	tree_put_int(a, t, "skipped", (int64_t)c->skipped);
	tree_put_int(a, t, "untouched", (int64_t)c->untouched);
	put_ms(a, t, "ms", c->wall_ns);
	if (c->why[0] != '\0')
		tree_put_text(a, t, "message", str_of(c->why));
	else if (c->first.n > 0)
		tree_put_text(a, t, "message", buf_str(&c->first));
	dev_tell_json(d, t);
}

static void
add_count(struct buf *out, size_t n, const char *what, char colour)
{
	if (n > 0)
		buf_addf(out, "%s%s%zu %s%s", out->n > 0 ? ", " : "",
		    ui_err_colour(colour), n, what, ui_err_colour('0'));
}

void
dev_tell_cases(struct dev *d, const struct dev_cases *c)
{
	if (cmd_common()->json)
		cases_json(d, c);
	if (c->why[0] != '\0') {
		buf_addf(&d->line, "%s", d->line.n > 0 ? ", " : "");
		add_colour(&d->line, 'r', "tests cannot run: ");
		buf_show(&d->line, str_of(c->why), false);
	}
	add_count(&d->line, c->passed, "passed", 'g');
	add_count(&d->line, c->failed, "failed", 'r');
	add_count(&d->line, c->skipped, "skipped", 'y');
	add_count(&d->line, c->untouched, "not touched", 'd');
	dev_tell_now(d);
}

/* ---- the beginning ---- */

void
dev_banner(struct dev *d)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf url = BUF(200);
	struct tree *t;

	dev_url(d, &url);
	dev_talk(d);
	ui_note("%s is served at %s", ui_path(d->root), buf_cstr(&url));
	ui_note("the page: %s/_subo/", buf_cstr(&url));
	if (d->on_key)
		ui_note("keys: r rerun the last request, t test, b build, "
			"o open the page, c clear, q quit, ? help");
	dev_talked(d);
	if (!cmd_common()->json)
		return;
	t = dev_event(a, "serving", true);
	tree_put_text(a, t, "url", buf_str(&url));
	tree_put_int(a, t, "port", d->where.plain);
	tree_put_text(a, t, "root", str_of(d->root));
	tree_put_text(a, t, "trace_socket", buf_str(&d->socket));
	tree_put_int(a, t, "pid", getpid());
	dev_tell_json(d, t);
}
