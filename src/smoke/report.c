/* SPDX-License-Identifier: Apache-2.0 */
/* Reports that other tools read: TAP 13, JUnit's XML, JSON. */

#include "smoke/smoke.h"
#include "tree/tree.h"

/* In a TAP description '#' begins a directive. */
static void
tap_text(struct buf *out, struct str s)
{
	CLEANUP(buf_free) struct buf b = BUF(8192);
	struct str shown;

	buf_show(&b, s, false);
	shown = buf_str(&b);
	for (size_t i = 0; i < shown.n; i++) {
		if (shown.p[i] == '#' || shown.p[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, shown.p[i]);
	}
}

static void
tap_details(struct buf *out, const struct smoke_case_result *r)
{
	struct str rest = r->details, line;
	bool more = true;

	buf_addf(out, "  ---\n  file: \"");
	buf_show(out, r->file, false);
	buf_addf(out, "\"\n  line: %u\n  message: |\n", r->at.line);
	while (more) {
		more = str_cut(&rest, '\n', &line);
		if (line.n == 0)
			continue;
		buf_addf(out, "    ");
		buf_show(out, line, false);
		buf_addc(out, '\n');
	}
	buf_addf(out, "  ...\n");
}

void
smoke_tap(struct buf *out, const struct smoke_case_result *r, size_t n)
{
	buf_addf(out, "TAP version 13\n1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "%s %zu - ",
		    r[i].outcome == SMOKE_FAILED ? "not ok" : "ok", i + 1);
		tap_text(out, r[i].file);
		buf_addf(out, ": ");
		tap_text(out, r[i].name);
		if (r[i].outcome == SMOKE_SKIPPED) {
			buf_addf(out, " # SKIP ");
			tap_text(out, r[i].why_skipped);
		}
		buf_addc(out, '\n');
		if (r[i].outcome == SMOKE_FAILED)
			tap_details(out, &r[i]);
	}
}

/* XML 1.0, section 2.2: most controls cannot stand in a document at all, so
 * they are shown as \xNN. */
static void
xml_text(struct buf *out, struct str s)
{
	CLEANUP(buf_free) struct buf b = BUF(256u << 10);
	struct str shown;

	buf_show(&b, s, true);
	shown = buf_str(&b);
	for (size_t i = 0; i < shown.n; i++) {
		char c = shown.p[i];

		if (c == '<')
			buf_add(out, STR("&lt;"));
		else if (c == '>')
			buf_add(out, STR("&gt;"));
		else if (c == '&')
			buf_add(out, STR("&amp;"));
		else if (c == '"')
			buf_add(out, STR("&quot;"));
		else if (c == '\n')
			buf_add(out, STR("&#10;"));
		else
			buf_addc(out, c);
	}
}

static void
junit_case(struct buf *out, const struct smoke_case_result *r)
{
	struct str rest = r->details, first;

	buf_addf(out, "    <testcase classname=\"");
	xml_text(out, r->file);
	buf_addf(out, "\" name=\"");
	xml_text(out, r->name);
	buf_addf(out, "\" file=\"");
	xml_text(out, r->file);
	buf_addf(out, "\" line=\"%u\" time=\"%.6f\"", r->at.line,
	    (double)r->wall_ns / 1e9);
	if (r->outcome == SMOKE_PASSED) {
		buf_addf(out, "/>\n");
		return;
	}
	if (r->outcome == SMOKE_SKIPPED) {
		buf_addf(out, ">\n      <skipped message=\"");
		xml_text(out, r->why_skipped);
		buf_addf(out, "\"/>\n    </testcase>\n");
		return;
	}
	str_cut(&rest, '\n', &first);
	buf_addf(out, ">\n      <failure message=\"");
	xml_text(out, first);
	buf_addf(out, "\">");
	xml_text(out, r->details);
	buf_addf(out, "</failure>\n    </testcase>\n");
}

static void
junit_suite(struct buf *out, const struct smoke_case_result *r, size_t n)
{
	size_t failed = 0, skipped = 0;
	uint64_t ns = 0;

	for (size_t i = 0; i < n; i++) {
		failed += r[i].outcome == SMOKE_FAILED;
		skipped += r[i].outcome == SMOKE_SKIPPED;
		ns += r[i].wall_ns;
	}
	buf_addf(out, "  <testsuite name=\"");
	xml_text(out, r->file);
	buf_addf(out,
	    "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
	    "skipped=\"%zu\" time=\"%.6f\">\n",
	    n, failed, skipped, (double)ns / 1e9);
	for (size_t i = 0; i < n; i++)
		junit_case(out, &r[i]);
	buf_addf(out, "  </testsuite>\n");
}

void
smoke_junit(struct buf *out, const struct smoke_case_result *r, size_t n,
    uint64_t wall_ns)
{
	size_t failed = 0, skipped = 0, end;

	for (size_t i = 0; i < n; i++) {
		failed += r[i].outcome == SMOKE_FAILED;
		skipped += r[i].outcome == SMOKE_SKIPPED;
	}
	buf_addf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuites name=\"subo test\" tests=\"%zu\" "
	    "failures=\"%zu\" skipped=\"%zu\" time=\"%.6f\">\n",
	    n, failed, skipped, (double)wall_ns / 1e9);
	for (size_t i = 0; i < n; i = end) {
		end = i + 1;
		while (end < n && str_eq(r[end].file, r[i].file))
			end++;
		junit_suite(out, r + i, end - i);
	}
	buf_addf(out, "</testsuites>\n");
}

void
smoke_json(struct arena *a, struct tree *doc, const struct smoke_case_result *r,
    size_t n, const struct smoke_totals *t)
{
	static const char *const words[] = { "passed", "failed", "skipped" };
	struct tree *cases = tree_put(a, doc, "cases", tree_list(a));

	for (size_t i = 0; i < n; i++) {
		struct tree *c = tree_add(a, cases, tree_map(a));

		tree_put_text(a, c, "file", r[i].file);
		tree_put_int(a, c, "line", r[i].at.line);
		tree_put_text(a, c, "name", r[i].name);
		tree_put_text(a, c, "outcome", str_of(words[r[i].outcome]));
		tree_put(
		    a, c, "ms", tree_new_real(a, (double)r[i].wall_ns / 1e6));
		tree_put_int(a, c, "fuel", (int64_t)r[i].fuel);
		tree_put_text(a, c, "details",
		    r[i].outcome == SMOKE_SKIPPED ? r[i].why_skipped
						  : r[i].details);
	}
	tree_put_int(a, doc, "passed", (int64_t)t->passed);
	tree_put_int(a, doc, "failed", (int64_t)t->failed);
	tree_put_int(a, doc, "skipped", (int64_t)t->skipped);
	tree_put_int(a, doc, "snapshots", (int64_t)t->snapshots);
}
