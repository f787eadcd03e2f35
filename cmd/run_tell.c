/* SPDX-License-Identifier: Apache-2.0 */
/* What `subo run` prints: the log, the result, how the function failed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "host/host.h"
#include "run.h"

#define MAX_SHOWN (16u << 20)
#define MAX_BASE64 (16u << 20)

void
run_log(void *arg, const struct host_call *c, int level, struct str text)
{
	static const char *const words[] = { "", "error", "warn", "info",
		"debug" };
	CLEANUP(buf_free) struct buf out = BUF(MAX_SHOWN);
	struct run *r = arg;
	struct str line;

	if (cmd_common()->json) {
		struct tree *t =
		    tree_add(r->arena, r->logs, tree_map(r->arena));

		tree_put_text(r->arena, t, "level", str_of(words[level]));
		tree_put_text(r->arena, t, "text", text);
		return;
	}
	if (cmd_common()->quiet && level > 1)
		return;
	do {
		str_cut(&text, '\n', &line);
		buf_show(&out, c->fn, false);
		buf_addf(&out, ": %s: ", words[level]);
		buf_show(&out, line, false);
		buf_addc(&out, '\n');
	} while (text.n > 0);
	fwrite(buf_cstr(&out), 1, out.n, stderr);
}

static void
add_frame(const struct abi_frame *f, const struct run_place *at, struct buf *b)
{
	buf_add(b, STR("\n  at "));
	if (at->func[0] != '\0')
		buf_show(b, str_of(at->func), false);
	else
		buf_addf(b, "function %u", f->func_index);
	if (at->line > 0)
		buf_addf(b, " (%s:%u)", at->file, at->line);
	else if (f->offset > 0)
		buf_addf(b, " (byte %#zx)", f->offset);
}

/* A function that called itself many times is told once. */
static void
add_frames(const struct run *r, const struct run_place *places, struct buf *b)
{
	const struct abi_frame *f = r->res.frames;
	size_t same = 0;

	for (size_t i = 0; i < r->res.nframes; i++) {
		same++;
		if (i + 1 < r->res.nframes && f[i].offset == f[i + 1].offset &&
		    f[i].func_index == f[i + 1].func_index)
			continue;
		add_frame(&f[i], &places[i], b);
		if (same > 1)
			buf_addf(b, ", %zu times", same);
		same = 0;
	}
}

/* The cause first, then where, as much as a message can hold. */
static void
add_trace(const struct run *r, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(sizeof(e->text) - 1);
	struct run_place places[COUNT(r->res.frames)];

	run_places(&r->target, &r->res, places);
	buf_add(&text, str_of(e->text));
	add_frames(r, places, &text);
	(void)snprintf(e->text, sizeof(e->text), "%s", buf_cstr(&text));
}

static int
returned_error(const struct run *r, struct err *e)
{
	int most = 1500;
	int n = (int)r->res.message.n;

	return err_set(e, ERR_GUEST, STR_F ": returned error %d: %.*s",
	    STR_A(r->target.name), r->res.code, n < most ? n : most,
	    buf_cstr(&r->res.message));
}

static struct tree *
frames_json(const struct run *r)
{
	struct run_place places[COUNT(r->res.frames)];
	struct tree *list = tree_list(r->arena), *t;

	run_places(&r->target, &r->res, places);
	for (size_t i = 0; i < r->res.nframes; i++) {
		const struct abi_frame *f = &r->res.frames[i];

		t = tree_add(r->arena, list, tree_map(r->arena));
		tree_put_text(r->arena, t, "function", str_of(places[i].func));
		tree_put_int(r->arena, t, "index", f->func_index);
		tree_put_int(r->arena, t, "offset", (int64_t)f->offset);
		if (places[i].line == 0)
			continue;
		tree_put_text(r->arena, t, "file", str_of(places[i].file));
		tree_put_int(r->arena, t, "line", places[i].line);
	}
	return list;
}

static void
put_output(const struct run *r, struct tree *t)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_BASE64);
	struct str out = buf_str(&r->res.output);
	size_t at;

	if (str_utf8(out, &at)) {
		tree_put_text(r->arena, t, "output", out);
		return;
	}
	buf_add_base64(&b, out);
	tree_put_text(r->arena, t, "output_base64", buf_str(&b));
}

static void
put_failure(const struct run *r, struct tree *t, const struct err *e)
{
	struct tree *returned;

	tree_put_text(r->arena, t, "code", str_of(err_code(e->kind)));
	tree_put_text(r->arena, t, "message", str_of(e->text));
	if (e->hint[0] != '\0')
		tree_put_text(r->arena, t, "hint", str_of(e->hint));
	if (r->res.nframes > 0)
		tree_put(r->arena, t, "frames", frames_json(r));
	if (!r->res.has_error)
		return;
	returned = tree_put(r->arena, t, "error", tree_map(r->arena));
	tree_put_int(r->arena, returned, "code", r->res.code);
	tree_put_text(r->arena, returned, "message", buf_str(&r->res.message));
}

static int
tell_json(const struct run *r, int rc, struct err *e)
{
	struct tree *t = ui_json(r->arena, "run", rc == 0);

	tree_put_text(r->arena, t, "function", r->target.name);
	if (rc == 0)
		put_output(r, t);
	else
		put_failure(r, t, e);
	tree_put(r->arena, t, "logs", r->logs);
	if (r->fuel)
		tree_put_int(r->arena, t, "fuel", (int64_t)r->res.fuel);
	tree_put(r->arena, t, "wall_ms",
	    tree_new_real(r->arena, (double)r->res.wall_ns / 1e6));
	tree_put_int(r->arena, t, "memory_bytes", (int64_t)r->res.memory_bytes);
	ui_json_print(t);
	return rc == 0 ? 0 : ui_told(e, e->kind);
}

int
run_tell(struct run *r, int rc, struct err *e)
{
	struct str out = buf_str(&r->res.output);

	if (r->res.twice)
		ui_warn(STR_F " returned more than once; the first counts",
		    STR_A(r->target.name));
	if (rc < 0)
		(void)err_wrap(e, STR_F, STR_A(r->target.name));
	else if (r->res.has_error)
		rc = returned_error(r, e);
	if (cmd_common()->json)
		return tell_json(r, rc, e);
	if (rc < 0 && r->res.nframes > 0)
		add_trace(r, e);
	if (rc < 0)
		return -1;
	if (fwrite(out.p ? out.p : "", 1, out.n, stdout) != out.n ||
	    fflush(stdout) != 0)
		return errno == EPIPE
		    ? 0
		    : err_sys(e, "cannot write to standard output");
	return 0;
}
