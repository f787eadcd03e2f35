/* SPDX-License-Identifier: Apache-2.0 */
/* What a function may: Directive.yaml(5), CAPABILITIES. */
#include "directive/parse.h"

static const struct http_rules open_rules = {
	.enabled = true,
	.allow_ips = true,
	.allow_private = true,
	.allow_http = true,
};

void
capabilities_default(struct capabilities *c)
{
	*c = (struct capabilities){
		.logger = true,
		.file = true,
		.http = open_rules,
		.graphql = open_rules,
		.auth = true,
		.cache = true,
		.cache_set = true,
		.cache_get = true,
		.cache_delete = true,
		.request = true,
		.field_get = true,
		.field_set = true,
		.secrets = true,
		.secrets_all = true,
	};
}

/* ---- for one function ---- */

/* "space::*": all functions of that namespace. */
static bool
is_space_of(struct str pattern, const struct function_info *f)
{
	struct str ns = f->ns.n > 0 ? f->ns : STR("default");

	return str_ends(pattern, "::*") &&
	    str_eq((struct str){ pattern.p, pattern.n - 3 }, ns);
}

const struct capabilities *
directive_capabilities(const struct directive *d, const struct function_info *f)
{
	const struct capabilities *found = &d->caps;
	size_t i;

	if (!f)
		return found;
	for (i = 0; i < d->noverrides; i++) {
		struct fqfn ref = fqfn_parse(d->overrides[i].fn);

		if (fqfn_matches(&ref, f, d))
			return &d->overrides[i].caps;
		if (is_space_of(d->overrides[i].fn, f))
			found = &d->overrides[i].caps;
	}
	return found;
}

/* MAJOR.MINOR off the front, a leading 'v' allowed. */
static bool
read_version(struct str s, uint64_t *major, uint64_t *minor)
{
	struct str part;

	if (str_starts(s, "v"))
		s = str_from(s, 1);
	*minor = 0;
	if (!str_cut(&s, '.', &part))
		return str_u64(part, 1000, major);
	if (!str_u64(part, 1000, major))
		return false;
	str_cut(&s, '.', &part);
	return str_u64(part, 1000, minor);
}

bool
function_old_methods(const struct function_info *f)
{
	uint64_t major, minor;

	return f && read_version(f->api_version, &major, &minor) &&
	    major == 0 && minor <= 12;
}

/* ---- domains ---- */

/* The last label that is not empty; false: none is left. */
static bool
cut_label(struct str *s, struct str *label)
{
	while (s->n > 0 && s->p[s->n - 1] == '.')
		s->n--;
	*label = (struct str){ s->p + s->n, 0 };
	while (s->n > 0 && s->p[s->n - 1] != '.') {
		s->n--;
		label->p--;
		label->n++;
	}
	return label->n > 0;
}

/*
 * A pattern's first label counted for all that remain of the host in Atmo, so
 * that "a.com" stood for "a.a.com" too; here only a leading '*' does.
 */
bool
domain_matches(struct str pattern, struct str host)
{
	struct str want = { NULL, 0 }, next, have;

	while (cut_label(&pattern, &next)) {
		want = next;
		if (!cut_label(&host, &have))
			return false;
		if (!str_is(want, "*") && !str_ieq(want, have))
			return false;
	}
	if (want.n == 0)
		return false;
	return !cut_label(&host, &have) || str_is(want, "*");
}
