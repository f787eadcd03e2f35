/* SPDX-License-Identifier: Apache-2.0 */
/* in-toto statements: reading any, and making that of a test run. */
#include "attest/doc.h"

#define MAX_SUBJECTS 5000u

static int
read_subject(struct attest_statement *s, const struct tree *t, struct err *e)
{
	struct attest_entry *to = &s->subjects[s->nsubjects];
	struct str hex = tree_text(tree_get(t, "digest"), "sha256");

	to->name = tree_text(t, "name");
	if (to->name.n == 0 || !digest_parse(hex, &to->digest))
		return err_set(e, ERR_INPUT,
		    "subject %zu has no name or no SHA-256", s->nsubjects + 1);
	s->nsubjects++;
	return 0;
}

static int
read_statement(struct attest_statement *out, struct str text, struct err *e)
{
	const struct tree *list;
	struct tree *t;

	if (text.n > ATTEST_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "it is larger than %u bytes",
		    ATTEST_MAX_BYTES);
	if (tree_parse_json(&t, out->arena, text, e) < 0)
		return -1;
	if (!str_is(tree_text(t, "_type"), ATTEST_STATEMENT))
		return err_set(
		    e, ERR_INPUT, "its _type is not " ATTEST_STATEMENT);
	list = tree_get(t, "subject");
	out->predicate = tree_get(t, "predicate");
	out->predicate_type = tree_text(t, "predicateType");
	if (!list || list->kind != TREE_LIST || list->nitems == 0)
		return err_set(e, ERR_INPUT, "it has no subject");
	if (list->nitems > MAX_SUBJECTS)
		return err_set(
		    e, ERR_LIMIT, "it has more than %u subjects", MAX_SUBJECTS);
	if (!out->predicate || out->predicate->kind != TREE_MAP ||
	    out->predicate_type.n == 0)
		return err_set(e, ERR_INPUT, "it has no predicate");
	out->subjects =
	    arena_take(out->arena, list->nitems * sizeof(*out->subjects));
	for (size_t i = 0; i < list->nitems; i++)
		if (read_subject(out, list->items[i], e) < 0)
			return -1;
	return 0;
}

int
attest_read(struct attest_statement *out, struct str text, struct err *e)
{
	*out = (struct attest_statement){ .arena = arena_new() };
	if (read_statement(out, text, e) == 0)
		return 0;
	attest_statement_free(out);
	return err_wrap(e, "this is no in-toto statement");
}

void
attest_statement_free(struct attest_statement *s)
{
	arena_free(&s->arena);
	*s = (struct attest_statement){ 0 };
}

/* ---- a test run ---- */

int
attest_test_result(struct buf *out, const struct attest_entry *subjects,
    size_t nsubjects, const struct attest_entry *configuration,
    size_t nconfiguration, const struct attest_case *cases, size_t ncases,
    struct err *e)
{
	static const char *const keys[] = { "passedTests", "failedTests",
		"warnedTests" };
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *list, *p, *groups[COUNT(keys)];
	struct tree *t = doc_statement(a, ATTEST_TEST_RESULT, &list, &p);

	if (nsubjects == 0)
		return err_set(
		    e, ERR_BUG, "a test result of nothing was asked for");
	for (size_t i = 0; i < nsubjects; i++)
		doc_resource(a, list, subjects[i].name, &subjects[i].digest);
	for (size_t k = 0; k < COUNT(keys); k++)
		groups[k] = tree_list(a);
	for (size_t i = 0; i < ncases; i++)
		tree_add(a, groups[cases[i].outcome],
		    tree_new_text(a, cases[i].name));
	tree_put_text(a, p, "result",
	    groups[ATTEST_FAILED]->nitems > 0	     ? STR("FAILED")
		: groups[ATTEST_SKIPPED]->nitems > 0 ? STR("WARNED")
						     : STR("PASSED"));
	list = tree_put(a, p, "configuration", tree_list(a));
	for (size_t i = 0; i < nconfiguration; i++)
		doc_resource(
		    a, list, configuration[i].name, &configuration[i].digest);
	for (size_t k = 0; k < COUNT(keys); k++)
		tree_put(a, p, keys[k], groups[k]);
	return doc_finish(out, t, e);
}
