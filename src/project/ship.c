/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"
#include "module/module.h"
#include "os/os.h"
#include "project/papers.h"
#include "project/ship.h"

#define MAX_DIRECTIVE (4u << 20)
#define MAX_BUNDLE (BUNDLE_MAX_BYTES + (32u << 20))

/* An entry to be: where its bytes are, and what they were when looked at. */
struct piece {
	char *name;
	const char *path;
	struct digest digest;
	bool same; /* the last bundle holds it already */
};

struct shipping {
	struct surroundings *w;
	struct arena *arena;
	struct diags *ds;
	struct function_info *infos; /* of the project's functions */
	struct buf directive;
	struct piece *v;
	size_t n, cap;
	struct inputs inputs;
	struct papers papers;
	const char *path; /* of the bundle */
};

static struct piece *
add_piece(struct shipping *s, char *name, const char *path)
{
	struct piece *p;

	s->v = arena_grow(s->arena, s->v, s->n, &s->cap, sizeof(*s->v));
	p = &s->v[s->n++];
	*p = (struct piece){ .name = name,
		.path = arena_cstr(s->arena, str_of(path)) };
	return p;
}

static void
add_input(struct shipping *s, enum input_kind kind, const char *name,
    const struct digest *d)
{
	char hex[DIGEST_HEX];

	digest_hex(d, hex);
	inputs_add(s->arena, &s->inputs, kind, str_of(name), str_of(hex));
}

/* ---- modules and the Directive ---- */

static void
add_module(struct shipping *s, const struct project_function *f,
    const struct digest *d)
{
	char *name = bundle_module_name(s->arena, f->info.ns, f->info.name);

	add_piece(s, name, f->wasm)->digest = *d;
	add_input(s, INPUT_SOURCE, name, d);
}

static int
add_modules(struct shipping *s, struct err *e)
{
	const struct project *p = s->w->p;

	for (size_t i = 0; i < p->n; i++) {
		const struct project_function *f = &p->v[i];
		struct made *m = state_made(
		    s->w->state, str_of(project_label(s->arena, &f->info)));
		char hex[DIGEST_HEX];

		if (!m || !m->ok)
			return err_set(
			    e, ERR_BUG, "'%s' was not built", f->rel);
		digest_hex(&m->digest, hex);
		s->infos[i] = f->info;
		s->infos[i].digest = arena_copy(s->arena, str_of(hex));
		add_module(s, f, &m->digest);
	}
	return 0;
}

/* All that decides what the Directive in the bundle says.  Making it takes
 * longer than all else of a build that finds nothing to do. */
static void
add_directive(struct shipping *s)
{
	const struct project *p = s->w->p;
	CLEANUP(digester_free) struct digester *g = digester_new();
	struct digest d;

	digester_field(g, p->directive->source);
	for (size_t i = 0; i < p->n; i++) {
		const struct function_info *f = &s->infos[i];
		const struct str fields[] = { f->name, f->ns, f->lang,
			f->version, f->api_version, f->fqfn, f->draft_version,
			f->fqfn_uri, f->digest,
			f->tinygo ? STR("tinygo") : STR("") };

		for (size_t k = 0; k < COUNT(fields); k++)
			digester_field(g, fields[k]);
	}
	d = digester_done(g);
	add_input(s, INPUT_SOURCE, PROJECT_DIRECTIVE, &d);
}

static int
make_directive(struct shipping *s, struct err *e)
{
	const struct project *p = s->w->p;

	if (directive_with_functions(
		&s->directive, p->directive, s->infos, p->n, e) < 0)
		return -1;
	if (buf_over(&s->directive))
		return err_set(e, ERR_LIMIT, "the Directive is too large");
	return 0;
}

/* ---- static files ---- */

/* The name in the bundle, by the rule that finds it there again. */
static char *
static_name(struct arena *a, struct str rel)
{
	return arena_printf(
	    a, PROJECT_STATIC "/" STR_F, STR_A(bundle_static_name(rel)));
}

static int
visit_static(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct shipping *s = arg;
	const struct project *p = s->w->p;
	const char *shown = project_shown(p, path);
	size_t from = strlen(p->root) + sizeof("/" PROJECT_STATIC "/") - 1;
	struct piece *piece;

	if (S_ISDIR(st->st_mode))
		return 0;
	if (!S_ISREG(st->st_mode)) {
		diags_add(s->ds, rule_static_kind, str_of(shown),
		    (struct place){ 0 }, 0, "this is %s, not a file",
		    S_ISLNK(st->st_mode) ? "a link" : "a pipe or device");
		return 0;
	}
	if (s->n >= BUNDLE_MAX_ENTRIES)
		return err_set(e, ERR_LIMIT,
		    "there are more than %u files for the bundle",
		    BUNDLE_MAX_ENTRIES);
	piece = add_piece(s, static_name(s->arena, str_of(path + from)), path);
	return state_digest(s->w->state, path, st, &piece->digest, e);
}

static int
by_name(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
add_static(struct shipping *s, struct err *e)
{
	const char *dir = project_path(s->w->p, PROJECT_STATIC, NULL);
	size_t first = s->n;

	if (!os_is_dir(dir))
		return 0;
	if (os_walk(dir, visit_static, s, e) < 0)
		return -1;
	if (s->n > first + 1)
		qsort(&s->v[first], s->n - first, sizeof(*s->v), by_name);
	for (size_t i = first; i < s->n; i++) {
		add_input(s, INPUT_SOURCE, s->v[i].name, &s->v[i].digest);
		if (i == first || strcmp(s->v[i].name, s->v[i - 1].name) != 0)
			continue;
		diags_add(s->ds, rule_static_twice,
		    str_of(project_shown(s->w->p, s->v[i].path)),
		    (struct place){ 0 }, 0,
		    "it is packed as '%s', and so is %s", s->v[i].name,
		    project_shown(s->w->p, s->v[i - 1].path));
	}
	return 0;
}

/* ---- the file ---- */

static void
add_rest(struct shipping *s)
{
	const struct build_options *opt = s->w->opt;
	struct arena *a = s->arena;

	inputs_add(
	    a, &s->inputs, INPUT_PROGRAM, STR("zlib"), str_of(bundle_packer()));
	if (s->w->has_self)
		add_input(s, INPUT_PROGRAM, "subo", &s->w->self);
	inputs_add(a, &s->inputs, INPUT_FLAG, STR("--store"),
	    opt->store ? STR("on") : STR("off"));
	inputs_add(a, &s->inputs, INPUT_VARIABLE, STR("SOURCE_DATE_EPOCH"),
	    str_of(arena_printf(a, "%" PRId64, opt->epoch_s)));
	if (!opt->no_attest)
		inputs_add(a, &s->inputs, INPUT_VARIABLE, STR("attest"),
		    str_of(arena_printf(a, "release %d no-opt %d keep-debug %d",
			opt->release, opt->no_opt, opt->keep_debug)));
}

/* What the SBOM and the provenance say beside what is packed anyway. */
static int
add_papers(struct shipping *s, struct err *e)
{
	CLEANUP(buf_free) struct buf tests = BUF(ATTEST_MAX_BYTES);
	const struct build_options *opt = s->w->opt;
	struct digest d;

	if (!opt->no_attest) {
		d = papers_input(s->w);
		add_input(s, INPUT_SOURCE, "what it is built from", &d);
	}
	if (!opt->tests)
		return 0;
	if (os_read(&tests, opt->tests, e) < 0)
		return -1;
	d = sign_digest(buf_str(&tests));
	add_input(s, INPUT_SOURCE, BUNDLE_TESTS, &d);
	return 0;
}

static int
read_piece(
    struct shipping *s, const struct piece *p, struct buf *out, struct err *e)
{
	struct digest have;

	*out = (struct buf)BUF(BUNDLE_MAX_ENTRY);
	if (os_read(out, p->path, e) < 0)
		return -1;
	have = sign_digest(buf_str(out));
	if (!digest_eq(&have, &p->digest)) {
		err_set(e, ERR_FAILED, "'%s' changed while it was packed",
		    project_shown(s->w->p, p->path));
		return err_hint(e, "build again");
	}
	return 0;
}

struct contents {
	struct buf *v;
	size_t n;
};

static void
contents_free(struct contents *c)
{
	for (size_t i = 0; i < c->n; i++)
		buf_free(&c->v[i]);
	mem_free(c->v);
}

static bool
was_so(const struct made *m, const struct input *in)
{
	for (size_t i = 0; i < m->inputs.n; i++)
		if (input_cmp(in, &m->inputs.v[i]) == 0)
			return str_eq(in->value, m->inputs.v[i].value);
	return false;
}

/* Was what is there packed in the same way?  Then its entries can serve. */
static bool
mark_same(struct shipping *s, const struct made *m)
{
	char hex[DIGEST_HEX];

	for (size_t i = 0; i < s->inputs.n; i++) {
		const struct input *in = &s->inputs.v[i];

		if (in->kind != INPUT_SOURCE && in->kind != INPUT_VARIABLE &&
		    !was_so(m, in))
			return false;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct input in = { .kind = INPUT_SOURCE,
			.name = str_of(s->v[i].name) };

		digest_hex(&s->v[i].digest, hex);
		in.value = str_of(hex);
		s->v[i].same = was_so(m, &in);
	}
	return true;
}

/* Made last: it tells of all else that is packed. */
static int
make_papers(struct shipping *s, struct err *e)
{
	const struct build_options *opt = s->w->opt;
	struct attest_entry *entries =
	    arena_take(s->arena, (s->n + 1) * sizeof(*entries));

	for (size_t i = 0; i < s->n; i++)
		entries[i] = (struct attest_entry){ str_of(s->v[i].name),
			s->v[i].digest };
	entries[s->n] = (struct attest_entry){ STR(PROJECT_DIRECTIVE),
		sign_digest(buf_str(&s->directive)) };
	if (opt->tests &&
	    papers_add_tests(&s->papers, opt->tests, entries, s->n + 1, e) < 0)
		return -1;
	if (opt->no_attest)
		return 0;
	return papers_make(&s->papers, s->w, s->infos, entries, s->n + 1, e);
}

static int
pack(struct shipping *s, const struct made *earlier, struct digest *d,
    struct err *e)
{
	const struct build_options *opt = s->w->opt;
	CLEANUP(contents_free)
	struct contents c = { .v = mem_take(s->n * sizeof(*c.v)), .n = s->n };
	struct bundle_part *parts =
	    arena_take(s->arena, (s->n + 1 + PAPERS_MAX) * sizeof(*parts));
	struct bundle_options how = { .store = opt->store,
		.epoch_s = opt->epoch_s,
		.jobs = opt->jobs,
		.unsynced = opt->unsynced };
	bool *same = arena_take(s->arena, s->n + 1 + PAPERS_MAX);
	size_t n = s->n + 1;

	if (make_directive(s, e) < 0 || make_papers(s, e) < 0)
		return -1;
	parts[0].name = STR(PROJECT_DIRECTIVE);
	parts[0].data = buf_str(&s->directive);
	if (earlier && mark_same(s, earlier)) {
		how.earlier = s->path;
		how.earlier_digest = &earlier->digest;
		how.same = same;
	}
	for (size_t i = 0; i < s->n; i++) {
		parts[i + 1].name = str_of(s->v[i].name);
		same[i + 1] = s->v[i].same;
		if (s->v[i].same)
			continue;
		if (os_check_interrupt(e) < 0 ||
		    read_piece(s, &s->v[i], &c.v[i], e) < 0)
			return -1;
		parts[i + 1].data = buf_str(&c.v[i]);
	}
	for (size_t i = 0; i < s->papers.n; i++, n++)
		parts[n] = (struct bundle_part){ str_of(s->papers.name[i]),
			buf_str(&s->papers.text[i]) };
	return bundle_pack(s->path, parts, n, &how, d, e);
}

/* Is what is there what we packed?  It may have been signed since, which its
 * digest without signatures does not tell. */
static bool
is_ours(struct shipping *s, const struct made *m)
{
	CLEANUP(buf_free) struct buf bytes = BUF(MAX_BUNDLE);
	struct err ignored = ERR;
	struct digest d;

	if (!m || !m->ok ||
	    state_digest(s->w->state, s->path, NULL, &d, &ignored) < 0)
		return false;
	if (digest_eq(&d, &m->digest))
		return true;
	return os_read(&bytes, s->path, &ignored) == 0 &&
	    bundle_unsigned_digest(&d, buf_str(&bytes), &ignored) == 0 &&
	    digest_eq(&d, &m->digest);
}

static int
pack_if_needed(struct shipping *s, struct build_result *res, struct err *e)
{
	struct made *m = state_made(s->w->state, STR("")), now = { 0 };
	bool ours = is_ours(s, m), same;

	same = ours && inputs_eq(&m->inputs, &s->inputs);
	res->bundle_fresh = same && !s->w->opt->force;
	if (res->bundle_fresh) {
		res->digest = m->digest;
		return 0;
	}
	if (pack(s, ours && !s->w->opt->force ? m : NULL, &res->digest, e) < 0)
		return -1;
	now = (struct made){ .name = STR(""),
		.ok = true,
		.out = STR(PROJECT_BUNDLE),
		.digest = res->digest,
		.inputs = s->inputs };
	state_put_made(s->w->state, &now);
	state_wrote(s->w->state, s->path, &res->digest);
	return 0;
}

int
ship(struct surroundings *w, struct diags *ds, struct build_result *res,
    struct err *e)
{
	struct shipping s = { .w = w,
		.arena = w->state->arena,
		.ds = ds,
		.path = project_path(w->p, PROJECT_BUNDLE, NULL),
		.directive = BUF(MAX_DIRECTIVE) };
	struct stat st;
	int r = -1;

	s.infos = arena_take(s.arena, w->p->n * sizeof(*s.infos));
	if (add_modules(&s, e) == 0 && add_static(&s, e) == 0 &&
	    add_papers(&s, e) == 0) {
		add_directive(&s);
		add_rest(&s);
		inputs_sort(&s.inputs);
		if (diags_errors(ds) > 0)
			err_set(e, ERR_FAILED, "no bundle was made");
		else
			r = pack_if_needed(&s, res, e);
	}
	buf_free(&s.directive);
	papers_free(&s.papers);
	if (r < 0)
		return -1;
	res->bundled = true;
	if (stat(s.path, &st) == 0)
		res->bundle_bytes = (uint64_t)st.st_size;
	snprintf(res->bundle, sizeof(res->bundle), "%s",
	    project_shown(w->p, s.path));
	return 0;
}
