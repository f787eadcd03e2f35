/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed since the tests ran last: only cases that run a changed function
 * can end otherwise.  A changed Directive or static file may change any, and a
 * failure is shown until it is mended, so then all run.
 */
#include <string.h>

#include "dev_parts.h"
#include "os/os.h"

#define MAX_DIRECTIVE (1u << 20)

struct tested_fn {
	struct str ns, name;
	struct digest digest;
};

struct dev_tested {
	struct arena *arena;
	struct digest rest; /* of all that is not a function */
	struct tested_fn *fns;
	size_t n;
};

static struct digest
digest_of_rest(const struct dev *d, const struct bundle *b)
{
	CLEANUP(digester_free) struct digester *g = digester_new();
	CLEANUP(buf_free)
	struct buf text = BUF(MAX_DIRECTIVE), path = BUF(4096);
	struct err ignored = ERR;

	buf_addf(&path, "%s/" PROJECT_DIRECTIVE, d->root);
	if (os_read(&text, buf_cstr(&path), &ignored) < 0)
		buf_clear(&text);
	digester_field(g, buf_str(&text));
	for (size_t i = 0; i < bundle_count(b); i++) {
		struct str name = bundle_name_at(b, i);

		if (!str_starts(name, "static/"))
			continue;
		digester_field(g, name);
		digester_field(g, bundle_at(b, i).data);
	}
	return digester_done(g);
}

struct dev_tested *
dev_tested_new(const struct dev *d, const struct bundle *b)
{
	const struct directive *dir = bundle_directive(b);
	struct arena *a = arena_new();
	struct dev_tested *t = arena_take(a, sizeof(*t));

	t->arena = a;
	t->rest = digest_of_rest(d, b);
	t->fns = arena_take(a, (dir->nfunctions + 1) * sizeof(*t->fns));
	for (size_t i = 0; i < dir->nfunctions; i++) {
		const struct function_info *f = &dir->functions[i];
		struct tested_fn *to = &t->fns[t->n];

		if (!bundle_module_digest(b, f, &to->digest))
			continue;
		to->ns = arena_copy(a, f->ns);
		to->name = arena_copy(a, f->name);
		t->n++;
	}
	return t;
}

void
dev_tested_free(struct dev_tested **t)
{
	struct arena *a = *t ? (*t)->arena : NULL;

	*t = NULL;
	arena_free(&a);
}

static const struct tested_fn *
find(const struct dev_tested *t, struct str ns, struct str name)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->fns[i].ns, ns) && str_eq(t->fns[i].name, name))
			return &t->fns[i];
	return NULL;
}

bool
dev_tested_alike(const struct dev_tested *a, const struct dev_tested *b)
{
	return digest_eq(&a->rest, &b->rest) && a->n == b->n;
}

bool
dev_tested_touched(const struct dev_tested *before,
    const struct dev_tested *now, const struct function_info *f)
{
	const struct tested_fn *a = find(before, f->ns, f->name),
			       *b = find(now, f->ns, f->name);

	return !a || !b || !digest_eq(&a->digest, &b->digest);
}
