/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "build_show.h"
#include "sign/sign.h"

#define MAX_SHOWN (16u << 20)
/* 2107-12-31, the last day that a bundle's dates can tell. */
#define LAST_EPOCH 4354819199ull

static const char *
title(const struct project_function *f)
{
	return f->lang ? toolchain_name(f->lang) : "?";
}

static void
show_log(struct str log)
{
	CLEANUP(buf_free) struct buf shown = BUF(MAX_SHOWN);

	buf_show(&shown, log, true);
	fwrite(buf_cstr(&shown), 1, shown.n, stderr);
	if (shown.n > 0 && shown.p[shown.n - 1] != '\n')
		fputc('\n', stderr);
}

static void
show_failure(
    const struct project_function *f, struct str log, const struct err *why)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_SHOWN);

	ui_progress(NULL);
	buf_show(&text, f->info.name, false);
	buf_addf(&text, " (%s): ", title(f));
	buf_show(&text, str_of(why->text), true);
	fprintf(stderr, "%s==== %s%s\n", ui_err_colour('r'), buf_cstr(&text),
	    ui_err_colour('0'));
	/* Compilers name files from there; editors follow this line. */
	if (log.n > 0 && strcmp(f->rel, ".") != 0)
		fprintf(
		    stderr, "subo: Entering directory '%s'\n", ui_path(f->dir));
	show_log(log);
	if (log.n > 0 && strcmp(f->rel, ".") != 0)
		fprintf(
		    stderr, "subo: Leaving directory '%s'\n", ui_path(f->dir));
	if (why->hint[0] != '\0')
		fprintf(stderr, "  try: %s\n", why->hint);
	if (ui_annotate_log(f->dir, log) == 0)
		ui_annotate(DIAG_ERROR, str_of(f->manifest),
		    (struct place){ 0 }, f->info.name, str_of(why->text));
}

static void
show_progress(const struct build_show *t, const struct project_function *f)
{
	ui_progress("[%zu/%zu] " STR_F " (%s)", t->done + 1,
	    t->res->selected - t->res->fresh, STR_A(f->info.name), title(f));
}

void
build_show_tell(void *arg, enum build_what what,
    const struct project_function *f, uint64_t wall_ns, struct str log,
    const struct err *why)
{
	static const char *const outcomes[] = { "fresh", NULL, "built",
		"failed" };
	struct build_show *t = arg;
	struct build_line *line = &t->lines[f - project_at(t->p, 0)];
	bool json = cmd_common()->json;

	if (what == BUILD_START) {
		show_progress(t, f);
		return;
	}
	*line = (struct build_line){ .f = f,
		.outcome = outcomes[what],
		.wall_ns = wall_ns,
		.log = arena_cstr(t->arena, log),
		.error = why ? arena_cstr(t->arena, str_of(why->text)) : NULL };
	if (what == BUILD_FRESH)
		return;
	t->done++;
	if (what == BUILD_FAILED && !json)
		show_failure(f, log, why);
	if (what == BUILD_DONE && !json)
		ui_note("built " STR_F " (%s) in %s", STR_A(f->info.name),
		    title(f), ui_ms(wall_ns));
	if (what == BUILD_DONE && !json && cmd_common()->verbose)
		show_log(log);
}

void
build_show_note(void *arg, const char *text)
{
	struct str s = str_trim(str_of(text)); /* a program's last line ends */

	(void)arg;
	if (!cmd_common()->json)
		ui_note(STR_F, STR_A(s));
}

static struct tree *
functions_json(struct arena *a, const struct build_show *t)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < project_count(t->p); i++) {
		const struct build_line *l = &t->lines[i];
		struct tree *m;

		if (!l->f)
			continue;
		m = tree_add(a, list, tree_map(a));
		tree_put_text(a, m, "name", l->f->info.name);
		tree_put_text(a, m, "ns", l->f->info.ns);
		tree_put_text(a, m, "lang", str_of(title(l->f)));
		tree_put_text(a, m, "outcome", str_of(l->outcome));
		tree_put(
		    a, m, "ms", tree_new_real(a, (double)l->wall_ns / 1e6));
		if (l->error)
			tree_put_text(a, m, "error", str_of(l->error));
		tree_put_text(a, m, "log", str_of(l->log));
	}
	return list;
}

void
build_show_json(
    const struct build_show *t, const struct diags *ds, const struct err *e)
{
	const struct build_result *res = t->res;
	struct arena *a = t->arena;
	struct tree *j = ui_json(a, "build", e->kind == ERR_NONE), *b;
	char hex[DIGEST_HEX];

	if (e->kind != ERR_NONE) {
		tree_put_text(a, j, "code", str_of(err_code(e->kind)));
		tree_put_text(a, j, "message", str_of(e->text));
		if (e->hint[0] != '\0')
			tree_put_text(a, j, "hint", str_of(e->hint));
	}
	tree_put(a, j, "functions", functions_json(a, t));
	tree_put(a, j, "problems", ui_diags_json(a, ds));
	if (res->bundled) {
		digest_hex(&res->digest, hex);
		b = tree_put(a, j, "bundle", tree_map(a));
		tree_put_text(a, b, "path", str_of(res->bundle));
		tree_put_int(a, b, "bytes", (int64_t)res->bundle_bytes);
		tree_put_text(a, b, "sha256", str_of(hex));
		if (t->signer[0] != '\0')
			tree_put_text(a, b, "signer", str_of(t->signer));
	}
	ui_json_print(j);
}

void
build_show_summary(const struct build_show *t)
{
	const struct build_result *res = t->res;
	char counts[64], hex[DIGEST_HEX];

	if (res->built > 0)
		snprintf(counts, sizeof(counts), "%zu built, %zu up to date",
		    res->built, res->fresh);
	else
		snprintf(counts, sizeof(counts), "%zu up to date", res->fresh);
	if (!res->bundled) {
		ui_note("%s", counts);
		return;
	}
	digest_hex(&res->digest, hex);
	ui_note("%s; %s %s sha256:%s", counts, PROJECT_BUNDLE,
	    ui_bytes(res->bundle_bytes), hex);
	if (t->signer[0] != '\0')
		ui_note("signed by key %s", t->signer);
	ui_progress(NULL);
	printf("%s\n", res->bundle);
}

int
build_epoch(int64_t *out, struct err *e)
{
	const char *text = world_env("SOURCE_DATE_EPOCH");
	uint64_t s = 0;

	*out = 0;
	if (!text)
		return 0;
	if (!str_u64(str_of(text), LAST_EPOCH, &s)) {
		err_set(e, ERR_INPUT,
		    "SOURCE_DATE_EPOCH is '%.80s', not a number of seconds "
		    "from 0 to %llu",
		    text, LAST_EPOCH);
		return err_hint(e, "unset it, or set it to `date +%%s`");
	}
	*out = (int64_t)s;
	return 0;
}
