/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a bundle tell what it was built from?  The statement lies in it and is
 * signed with it, so that who signed the bundle stands for what it says; here
 * it is only seen to be one, and about these modules.
 */
#include <string.h>

#include "tree/tree.h"
#include "trust/policy.h"

#define STATEMENT "https://in-toto.io/Statement/v1"
#define PROVENANCE "https://slsa.dev/provenance/v1"

static int
no_provenance(struct err *e, const char *why)
{
	(void)err_set(e, ERR_TRUST, "the policy asks for provenance: %s", why);
	return err_hint(
	    e, "`subo build` writes it, unless --no-attest is given");
}

static bool
is_subject(const struct tree *t, struct str name, const struct digest *want)
{
	struct digest have;

	return str_eq(tree_text(t, "name"), name) &&
	    digest_parse(tree_text(tree_get(t, "digest"), "sha256"), &have) &&
	    digest_eq(&have, want);
}

static bool
has_subject(const struct tree *list, struct str name, const struct digest *want)
{
	for (size_t i = 0; i < list->nitems; i++)
		if (is_subject(list->items[i], name, want))
			return true;
	return false;
}

static int
check_subjects(const struct bundle *b, const struct tree *list, struct err *e)
{
	const struct directive *d = bundle_directive(b);

	for (size_t i = 0; i < d->nfunctions; i++) {
		const struct function_info *f = &d->functions[i];
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct digest digest;

		if (!bundle_module_digest(b, f, &digest))
			continue;
		if (!has_subject(list,
			str_of(bundle_module_name(a, f->ns, f->name)), &digest))
			return no_provenance(
			    e, "what is in it is not about its modules");
	}
	return 0;
}

int
provenance_check(const struct bundle *b, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct err ignored = ERR;
	const struct tree *list;
	struct tree *t;
	struct str text;

	if (!bundle_find(b, STR(BUNDLE_PROVENANCE), &text))
		return no_provenance(e, "there is none in it");
	if (tree_parse_json(&t, a, text, &ignored) < 0 ||
	    !str_is(tree_text(t, "_type"), STATEMENT) ||
	    !str_is(tree_text(t, "predicateType"), PROVENANCE))
		return no_provenance(e, "what is in it is none of SLSA");
	list = tree_get(t, "subject");
	if (!list || list->kind != TREE_LIST || list->nitems == 0)
		return no_provenance(e, "what is in it is about nothing");
	return check_subjects(b, list, e);
}
