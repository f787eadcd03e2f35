/* SPDX-License-Identifier: Apache-2.0 */
/* .runnable.yml and its other names: runnable.yml(5). */
#include "directive/names.h"
#include "directive/parse.h"
#include "directive/rules.h"
#include "directive/shape.h"

struct lang {
	const char *written, *name;
	bool tinygo;
	bool old; /* known, but not built here */
};

static const struct lang langs[] = {
	{ "rust", "rust", false, false },
	{ "c", "c", false, false },
	{ "cpp", "cpp", false, false },
	{ "assemblyscript", "assemblyscript", false, false },
	{ "go", "go", false, false },
	{ "tinygo", "go", true, false },
	{ "wat", "wat", false, false },
	{ "wasm", "wasm", false, false },
	{ "rs", "rust", false, false },
	{ "as", "assemblyscript", false, false },
	{ "c++", "cpp", false, false },
	{ "cxx", "cpp", false, false },
	{ "cc", "cpp", false, false },
	{ "asc", "assemblyscript", false, false },
	{ "golang", "go", false, false },
	{ "prebuilt", "wasm", false, false },
	{ "swift", "swift", false, true },
	{ "grain", "grain", false, true },
	{ "javascript", "javascript", false, true },
	{ "typescript", "typescript", false, true },
	{ "gr", "grain", false, true },
	{ "js", "javascript", false, true },
	{ "ts", "typescript", false, true },
};

bool
manifest_is(struct str file_name)
{
	if (str_ends(file_name, ".tmpl"))
		return false;
	return str_starts(file_name, ".runnable.") ||
	    str_starts(file_name, ".module.") ||
	    str_starts(file_name, ".hive.");
}

static const struct lang *
find_lang(struct str s)
{
	size_t i;

	for (i = 0; i < COUNT(langs); i++)
		if (str_ieq(s, str_of(langs[i].written)))
			return &langs[i];
	return NULL;
}

static void
tell_lang(struct teller *w, const struct tree *t)
{
	struct str names[COUNT(langs)];
	struct diag *d;
	size_t i;

	for (i = 0; i < COUNT(langs); i++)
		names[i] = str_of(langs[i].written);
	d = tell(w, MANIFEST_RULE(M_UNKNOWN_LANG), t, "unknown language '%.*s'",
	    SHOW_A(t->text));
	tell_near(w, d, t->text, names, COUNT(langs));
}

static void
check_lang(struct teller *w, const struct tree *map, struct function_info *f)
{
	const struct tree *t = tree_get(map, "lang");
	const struct lang *l = find_lang(f->lang);

	if (f->lang.n == 0) {
		if (!t || t->kind == TREE_NULL || t->kind == TREE_TEXT)
			tell(w, MANIFEST_RULE(M_NO_LANG), t,
			    "the manifest has no 'lang'");
		return;
	}
	if (!l) {
		tell_lang(w, t);
		return;
	}
	f->lang = str_of(l->name);
	f->tinygo = f->tinygo || l->tinygo;
	if (l->old)
		tell(w, MANIFEST_RULE(M_OLD_LANG), t,
		    "this version cannot build %s yet", l->name);
	if (f->tinygo && !str_is(f->lang, "go"))
		tell(w, MANIFEST_RULE(M_TINYGO), tree_get(map, "tinygo"),
		    "'tinygo' is set, and the language is %s", l->name);
}

static void
check_names(struct teller *w, const struct tree *map, struct function_info *f,
    struct str default_name)
{
	if (f->name.n == 0)
		f->name = default_name;
	if (!name_usable(f->name))
		tell(w, MANIFEST_RULE(M_NAME), tree_get(map, "name"),
		    "'%.*s' cannot be a function's name", SHOW_A(f->name));
	if (f->ns.n == 0)
		f->ns = STR("default");
	if (!name_usable(f->ns))
		tell(w, MANIFEST_RULE(M_NAMESPACE), tree_get(map, "namespace"),
		    "'%.*s' cannot be a namespace", SHOW_A(f->ns));
}

/* MAJOR.MINOR[.PATCH...], a leading 'v' allowed. */
static bool
is_api_version(struct str s)
{
	struct str major, minor;
	uint64_t n;

	if (str_starts(s, "v"))
		s = str_from(s, 1);
	if (!str_cut(&s, '.', &major))
		return str_u64(major, 1000, &n);
	str_cut(&s, '.', &minor);
	return str_u64(major, 1000, &n) && str_u64(minor, 1000, &n);
}

static void
check_manifest(struct teller *w, const struct tree *map,
    struct function_info *f, struct str default_name)
{
	const struct shape_rules rules = { MANIFEST_RULE(M_TYPE),
		MANIFEST_RULE(M_UNKNOWN_KEY), MANIFEST_RULE(M_LATER_KEY),
		NULL };

	if (map->kind != TREE_MAP) {
		tell(w, MANIFEST_RULE(M_EMPTY), map,
		    map->kind == TREE_NULL
			? "the manifest is empty"
			: "a manifest is a map of keys, and this is %s",
		    tree_kind_name(map->kind));
		f->name = default_name;
		f->ns = STR("default");
		return;
	}
	shape_check(w, &rules, &shape_manifest, map);
	parse_function(map, f);
	check_names(w, map, f, default_name);
	check_lang(w, map, f);
	if (f->api_version.n > 0 && !is_api_version(f->api_version))
		tell(w, MANIFEST_RULE(M_API_VERSION),
		    tree_get(map, "apiVersion"), "'%.*s' is not a version",
		    SHOW_A(f->api_version));
}

int
manifest_parse(struct function_info *info, struct arena *a, struct str yaml,
    struct str file, struct str default_name, struct diags *ds, struct err *e)
{
	struct teller w = { .ds = ds,
		.file = file,
		.source = yaml,
		.more = MANIFEST_RULE(M_MORE) };
	struct tree *map;

	*info = (struct function_info){ .name = arena_copy(a, default_name),
		.ns = STR("default") };
	if (tree_parse_yaml(&map, a, yaml, e) < 0)
		return parse_name_file(e, file);
	check_manifest(&w, map, info, arena_copy(a, default_name));
	return 0;
}
