/* SPDX-License-Identifier: Apache-2.0 */
/* What `subo test` says of each case. */
#include <stdio.h>

#include "cmd.h"
#include "test_tell.h"

/* "p/tests/a.yaml:7: greets": what editors jump to. */
static void
tell_title(const struct test_report *rep, const struct smoke_case_result *r)
{
	CLEANUP(buf_free) struct buf b = BUF(16384);

	buf_show(&b, str_of(rep->root), false);
	buf_show(&b, r->file, false);
	buf_addf(&b, ":%u: ", r->at.line);
	buf_show(&b, r->name, false);
	if (r->why_skipped.n > 0)
		buf_add(&b, STR(": "));
	buf_show(&b, r->why_skipped, false);
	printf("%s\n", buf_cstr(&b));
}

static void
tell_details(const struct smoke_case_result *r)
{
	struct str rest = r->details, line;

	while (rest.n > 0) {
		str_cut(&rest, '\n', &line);
		printf("    " STR_F "\n", STR_A(line));
	}
}

static void
annotate(const struct test_report *rep, const struct smoke_case_result *r)
{
	CLEANUP(buf_free) struct buf file = BUF(8192);

	buf_addf(&file, "%s" STR_F, rep->root, STR_A(r->file));
	ui_annotate(DIAG_ERROR, buf_str(&file), r->at, r->name,
	    r->details.n > 0 ? r->details : STR("failed"));
}

void
test_tell(void *arg, const struct smoke_case_result *r)
{
	static const char *const outcomes[] = { "ok", "FAILED", "skipped" };
	static const char colours[] = "gry";
	struct test_report *rep = arg;

	rep->v = mem_grow(rep->v, rep->n, &rep->cap, sizeof(*rep->v));
	rep->v[rep->n++] = *r;
	rep->nfailed += r->outcome == SMOKE_FAILED;
	if (r->outcome == SMOKE_FAILED)
		annotate(rep, r);
	if (rep->n % 64 == 0)
		ui_progress("%zu of %zu cases, %zu failed", rep->n, rep->total,
		    rep->nfailed);
	if (!rep->human ||
	    (r->outcome != SMOKE_FAILED && !cmd_common()->verbose))
		return;
	ui_progress(NULL);
	printf("%s%s%s ", ui_out_colour(colours[r->outcome]),
	    outcomes[r->outcome], ui_out_colour('0'));
	tell_title(rep, r);
	tell_details(r);
}

void
test_tell_snapshot(void *arg, struct str file, struct str name, struct str diff)
{
	(void)arg;
	ui_note("wrote " STR_F " of '" STR_F "': " STR_F, STR_A(file),
	    STR_A(name), STR_A(diff));
}

void
test_tell_stale(void *arg, struct str path)
{
	(void)arg;
	ui_note("no case has the snapshot " STR_F " any more; remove it",
	    STR_A(path));
}
