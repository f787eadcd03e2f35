/* SPDX-License-Identifier: Apache-2.0 */
#include "diff_show.h"

#include <inttypes.h>
#include <stdio.h>

#define TOP 10u

static const char *
sign_of(enum change c)
{
	return c == CHANGE_ADDED ? "+" : c == CHANGE_REMOVED ? "-" : "~";
}

static char
colour_of(enum change c)
{
	return c == CHANGE_ADDED ? 'g' : c == CHANGE_REMOVED ? 'r' : 'y';
}

static void
show(struct str s)
{
	CLEANUP(buf_free) struct buf b = BUF(16384);

	buf_show(&b, s, false);
	fputs(buf_cstr(&b), stdout);
}

/* "1,234 -> 1,300 bytes (+66)", or one number for what is new or gone. */
static void
show_bytes(size_t was, size_t now)
{
	if (was == 0 || now == 0)
		printf("%zu bytes", was > 0 ? was : now);
	else if (was == now)
		printf("%zu bytes", now);
	else
		printf("%zu -> %zu bytes (%+" PRId64 ")", was, now,
		    (int64_t)now - (int64_t)was);
}

static void
begin(enum change c, unsigned indent)
{
	printf("%*s%s%s%s ", (int)indent, "", ui_out_colour(colour_of(c)),
	    sign_of(c), ui_out_colour('0'));
}

static void
show_texts(const struct changed_texts *t, const char *what)
{
	for (size_t i = 0; i < t->added.n; i++) {
		begin(CHANGE_ADDED, 4);
		printf("%s: ", what);
		show(t->added.v[i]);
		putchar('\n');
	}
	for (size_t i = 0; i < t->removed.n; i++) {
		begin(CHANGE_REMOVED, 4);
		printf("%s: ", what);
		show(t->removed.v[i]);
		putchar('\n');
	}
}

static void
count_code(const struct changed_module *m)
{
	size_t n[CHANGE_CHANGED + 1] = { 0 };

	for (size_t i = 0; i < m->ncode; i++)
		n[m->code[i].change]++;
	if (m->ncode > 0)
		printf("    code: %zu functions added, %zu removed, %zu "
		       "changed\n",
		    n[CHANGE_ADDED], n[CHANGE_REMOVED], n[CHANGE_CHANGED]);
}

static void
show_code(const struct changed_module *m, bool all)
{
	count_code(m);
	for (size_t i = 0; i < m->ncode && (all || i < TOP); i++) {
		const struct changed_code *c = &m->code[i];

		begin(c->change, 6);
		show(c->name);
		printf(": ");
		show_bytes(c->was, c->now);
		putchar('\n');
	}
	if (!all && m->ncode > TOP)
		printf("      and %zu more: --all\n", m->ncode - TOP);
}

static void
show_module(const struct changed_module *m, bool all)
{
	if (m->name.n > 0) {
		begin(m->change, 0);
		printf("function ");
		show(m->name);
		printf(": ");
	} else {
		printf("module: ");
	}
	show_bytes(m->was, m->now);
	if (m->code_was != m->code_now) {
		printf(", code ");
		show_bytes(m->code_was, m->code_now);
	}
	putchar('\n');
	for (size_t i = 0; i < m->sections.n; i++) {
		fputs(i == 0 ? "    sections: " : ", ", stdout);
		show(m->sections.v[i]);
	}
	fputs(m->sections.n > 0 ? "\n" : "", stdout);
	show_texts(&m->permissions, "permission");
	show_texts(&m->imports, "import");
	if (m->change == CHANGE_CHANGED)
		show_code(m, all);
}

void
diff_show(const struct comparison *c, bool all)
{
	if (c->same) {
		printf("they are the same\n");
		return;
	}
	if (c->version_changed)
		printf("version: " STR_F " -> " STR_F "\n",
		    STR_A(c->version_was), STR_A(c->version_now));
	for (size_t i = 0; i < c->nmodules; i++)
		show_module(&c->modules[i], all);
	if (c->capabilities.added.n + c->capabilities.removed.n > 0)
		printf("capabilities of the app:\n");
	show_texts(&c->capabilities, "capability");
	if (c->handlers.added.n + c->handlers.removed.n > 0)
		printf("handlers:\n");
	show_texts(&c->handlers, "handler");
	for (size_t i = 0; i < c->nentries; i++) {
		begin(c->entries[i].change, 0);
		printf("file ");
		show(c->entries[i].name);
		printf(": ");
		show_bytes(c->entries[i].was, c->entries[i].now);
		putchar('\n');
	}
	printf("all modules: ");
	show_bytes(c->was, c->now);
	putchar('\n');
}

/* ---- JSON ---- */

static const char *
word_of(enum change c)
{
	return c == CHANGE_ADDED  ? "added"
	    : c == CHANGE_REMOVED ? "removed"
				  : "changed";
}

static void
put_list(
    struct arena *a, struct tree *t, const char *key, const struct strs *texts)
{
	struct tree *list = tree_put(a, t, key, tree_list(a));

	for (size_t i = 0; i < texts->n; i++)
		tree_add(a, list, tree_new_text(a, texts->v[i]));
}

static void
put_texts(struct arena *a, struct tree *t, const char *key,
    const struct changed_texts *texts)
{
	struct tree *m = tree_put(a, t, key, tree_map(a));

	put_list(a, m, "added", &texts->added);
	put_list(a, m, "removed", &texts->removed);
}

static struct tree *
add_changed(struct arena *a, struct tree *list, struct str name,
    enum change change, size_t was, size_t now)
{
	struct tree *t = tree_add(a, list, tree_map(a));

	if (name.n > 0)
		tree_put_text(a, t, "name", name);
	tree_put_text(a, t, "change", str_of(word_of(change)));
	tree_put_int(a, t, "was", (int64_t)was);
	tree_put_int(a, t, "now", (int64_t)now);
	return t;
}

static void
add_module(struct arena *a, struct tree *list, const struct changed_module *m)
{
	struct tree *t =
	    add_changed(a, list, m->name, m->change, m->was, m->now);
	struct tree *code;

	tree_put_int(a, t, "codeWas", (int64_t)m->code_was);
	tree_put_int(a, t, "codeNow", (int64_t)m->code_now);
	put_texts(a, t, "permissions", &m->permissions);
	tree_put_bool(
	    a, t, "permissionsWiden", project_widens(&m->permissions));
	put_texts(a, t, "imports", &m->imports);
	put_list(a, t, "sections", &m->sections);
	code = tree_put(a, t, "code", tree_list(a));
	for (size_t i = 0; i < m->ncode; i++)
		add_changed(a, code, m->code[i].name, m->code[i].change,
		    m->code[i].was, m->code[i].now);
}

void
diff_json(const struct comparison *c, const struct err *failed)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *j = ui_json(a, "diff", !failed), *list;

	if (failed) {
		tree_put_text(a, j, "code", str_of(err_code(failed->kind)));
		tree_put_text(a, j, "message", str_of(failed->text));
	}
	tree_put_bool(a, j, "same", c->same);
	if (c->version_changed) {
		tree_put_text(a, j, "versionWas", c->version_was);
		tree_put_text(a, j, "versionNow", c->version_now);
	}
	tree_put_int(a, j, "was", (int64_t)c->was);
	tree_put_int(a, j, "now", (int64_t)c->now);
	list = tree_put(a, j, "functions", tree_list(a));
	for (size_t i = 0; i < c->nmodules; i++)
		add_module(a, list, &c->modules[i]);
	put_texts(a, j, "capabilities", &c->capabilities);
	tree_put_bool(
	    a, j, "capabilitiesWiden", project_widens(&c->capabilities));
	put_texts(a, j, "handlers", &c->handlers);
	list = tree_put(a, j, "files", tree_list(a));
	for (size_t i = 0; i < c->nentries; i++)
		add_changed(a, list, c->entries[i].name, c->entries[i].change,
		    c->entries[i].was, c->entries[i].now);
	ui_json_print(j);
}
