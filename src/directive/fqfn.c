/* SPDX-License-Identifier: Apache-2.0 */
/* Full names of functions, read as leniently as Atmo 0.4.8 does. */
#include "directive/directive.h"
#include "directive/names.h"

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

/* A digest, or a version where there was none. */
static bool
is_ref(struct str ref)
{
	return ref.n > 0 && !memchr(ref.p, '/', ref.n) &&
	    !memchr(ref.p, '@', ref.n);
}

/* "namespace[/more]/name" without empty parts. */
static bool
parse_path(struct str path, struct fqfn *out)
{
	struct str rest = path, part;
	size_t nparts = 0;
	bool more = true;

	while (more) {
		more = str_cut(&rest, '/', &part);
		if (part.n == 0)
			return false;
		nparts++;
	}
	if (nparts < 2)
		return false;
	out->name = part;
	out->ns = (struct str){ path.p, path.n - part.n - 1 };
	return true;
}

/* fqmn://tenant/namespace[/more]/name[@ref], and in place of tenant and ref
 * only /name/namespace[/more]/name, or /ref/ref. */
static bool
parse_fqmn(struct str s, struct fqfn *out)
{
	struct fqfn f = { .ns = STR("") };
	struct str path;
	bool full = str_starts(s, "fqmn://"), with_ref;

	if (str_starts(s, "/ref/")) {
		f.version = str_from(s, strlen("/ref/"));
		if (is_ref(f.version))
			*out = f;
		return is_ref(f.version);
	}
	s = str_from(s, full ? strlen("fqmn://") : strlen("/name/"));
	if (full && (!str_cut(&s, '/', &f.identifier) || f.identifier.n == 0))
		return false;
	with_ref = full && str_cut(&s, '@', &path);
	if (full && with_ref)
		f.version = s;
	else if (!full)
		path = s;
	if (!parse_path(path, &f) || (with_ref && !is_ref(f.version)))
		return false;
	*out = f;
	return true;
}

struct fqfn
fqfn_parse(struct str text)
{
	struct fqfn f = { .ns = STR("default") };
	struct str head;
	size_t at;

	if ((str_starts(text, "fqmn://") || str_starts(text, "/name/") ||
		str_starts(text, "/ref/")) &&
	    parse_fqmn(text, &f))
		return f;
	if (str_starts(text, "/") && parse_uri(text, &f))
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

	/* "/ref/..." names a module by what it is. */
	if (ref->name.n == 0 && ref->version.n > 0 && ref->ns.n == 0)
		return str_eq(ref->version, f->digest);
	if (!str_eq(ref->name, f->name) || !str_eq(ref->ns, ns))
		return false;
	if (ref->identifier.n > 0 && !str_eq(ref->identifier, d->identifier))
		return false;
	if (d->tenant && str_eq(ref->version, f->version))
		return true;
	return ref->version.n == 0 || str_eq(ref->version, d->app_version) ||
	    (f->digest.n > 0 && str_eq(ref->version, f->digest));
}

/* Is it no later than v0.2.0, or of before there was a version? */
static bool
is_early(struct str atmo)
{
	return atmo.n == 0 || str_starts(atmo, "v0.0.") ||
	    str_starts(atmo, "v0.1.") || str_is(atmo, "v0.1") ||
	    str_is(atmo, "v0.2.0");
}

struct fqfn
fqfn_of(const struct directive *d, struct str text)
{
	struct fqfn f = fqfn_parse(text);
	size_t at;

	if (f.identifier.n == 0 || d->tenant || !is_early(d->atmo_version) ||
	    str_find(text, cut_at_text, &at) ||
	    str_eq(f.identifier, d->identifier) || memchr(text.p, '/', text.n))
		return f;
	f.ns = f.identifier;
	f.identifier = STR("");
	return f;
}

const struct function_info *
directive_find(const struct directive *d, const struct function_info *functions,
    size_t nfunctions, struct str fn)
{
	struct fqfn ref = fqfn_of(d, fn);
	size_t i;

	if (!functions) {
		functions = d->functions;
		nfunctions = d->nfunctions;
	}
	if (ref.name.n + ref.version.n == 0)
		return NULL;
	for (i = 0; i < nfunctions; i++)
		if (fqfn_matches(&ref, &functions[i], d))
			return &functions[i];
	return NULL;
}
