/* SPDX-License-Identifier: Apache-2.0 */
/* Full names of functions, read as leniently as Atmo 0.4.8 does. */
#include "directive/directive.h"

static const struct str cut_at_text = { "::", 2 };

/* /identifier/namespace/name/version, exactly four parts. */
static bool
parse_uri(struct str s, struct fqfn *out)
{
	struct str parts[4];
	size_t i;

	s = str_from(s, 1);
	for (i = 0; i < 3; i++)
		if (!str_cut(&s, '/', &parts[i]))
			return false;
	parts[3] = s;
	for (i = 0; i < 4; i++)
		if (parts[i].n == 0 || memchr(parts[i].p, '/', parts[i].n))
			return false;
	*out = (struct fqfn){ parts[0], parts[1], parts[2], parts[3] };
	return true;
}

/* fqmn://tenant/namespace[/more]/name[@ref] */
static bool
parse_fqmn(struct str s, struct fqfn *out)
{
	struct str path, ref, tenant;
	size_t i;

	s = str_from(s, strlen("fqmn://"));
	str_cut(&s, '@', &path);
	ref = s;
	if (!str_cut(&path, '/', &tenant) || tenant.n == 0)
		return false;
	for (i = path.n; i > 0 && path.p[i - 1] != '/'; i--)
		;
	if (i < 2 || i == path.n)
		return false;
	*out =
	    (struct fqfn){ tenant, { path.p, i - 1 }, str_from(path, i), ref };
	return true;
}

struct fqfn
fqfn_parse(struct str text)
{
	struct fqfn f = { .ns = STR("default") };
	struct str head;
	size_t at;

	if (str_starts(text, "/") && parse_uri(text, &f))
		return f;
	if (str_starts(text, "fqmn://") && parse_fqmn(text, &f))
		return f;
	if (text.n > 0 && memchr(text.p, '#', text.n)) {
		str_cut(&text, '#', &head);
		f.identifier = head;
	}
	if (str_find(text, cut_at_text, &at)) {
		f.ns = (struct str){ text.p, at };
		text = str_from(text, at + cut_at_text.n);
	}
	str_cut(&text, '@', &f.name);
	f.version = text;
	return f;
}

bool
fqfn_matches(const struct fqfn *ref, const struct function_info *f,
    const struct directive *d)
{
	struct str ns = f->ns.n > 0 ? f->ns : STR("default");

	if (!str_eq(ref->name, f->name) || !str_eq(ref->ns, ns))
		return false;
	if (ref->identifier.n > 0 && !str_eq(ref->identifier, d->identifier))
		return false;
	return ref->version.n == 0 || str_eq(ref->version, d->app_version) ||
	    (f->digest.n > 0 && str_eq(ref->version, f->digest));
}

const struct function_info *
directive_find(const struct directive *d, const struct function_info *functions,
    size_t nfunctions, struct str fn)
{
	struct fqfn ref = fqfn_parse(fn);
	size_t i;

	if (!functions) {
		functions = d->functions;
		nfunctions = d->nfunctions;
	}
	if (ref.name.n == 0)
		return NULL;
	for (i = 0; i < nfunctions; i++)
		if (fqfn_matches(&ref, &functions[i], d))
			return &functions[i];
	return NULL;
}
