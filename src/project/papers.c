/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing of this machine may come into these: not its folders, its clock, its
 * user, and of its compilers only names and versions.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"
#include "os/os.h"
#include "project/papers.h"

#define MAX_PRODUCERS (1u << 20)
#define MAX_INPUTS (1u << 30)

struct writing {
	struct surroundings *w;
	const struct function_info *infos;
	struct arena *arena;
	struct attest_function *functions;
	struct attest_libraries *libraries; /* one for each function */
	size_t n;
};

/* ---- what a function was made from ---- */

static const struct made *
made_of(const struct surroundings *w, size_t i)
{
	return state_made(
	    w->state, str_of(project_label(w->state->arena, &w->p->v[i].info)));
}

/* The version in what an input says of a program: "19.1.7\n/usr/bin...". */
static bool
tool_of(const struct input *in, struct attest_tool *out)
{
	struct str value = in->value, line;

	if (in->kind != INPUT_PROGRAM || str_is(in->name, "subo"))
		return false;
	str_cut(&value, '\n', &line);
	*out = (struct attest_tool){ in->name, line };
	return line.n > 0 && isdigit((unsigned char)line.p[0]) &&
	    !memchr(line.p, ' ', line.n);
}

/* NUL ends each text: none has one in it, or it is not the text of a file. */
static void
add_field(struct buf *b, struct str s)
{
	buf_add(b, s);
	buf_addc(b, '\0');
}

/* All in one piece: builds that find nothing to do come here too. */
struct digest
papers_input(const struct surroundings *w)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_INPUTS);

	for (size_t i = 0; i < w->p->n; i++) {
		const struct made *m = made_of(w, i);

		for (size_t k = 0; m && k < m->inputs.n; k++) {
			const struct input *in = &m->inputs.v[k];
			struct attest_tool tool = { in->name, in->value };

			if (in->kind != INPUT_SOURCE && !tool_of(in, &tool))
				continue;
			add_field(&b, tool.name);
			add_field(&b, tool.version);
		}
		add_field(&b, STR(""));
		if (w->p->v[i].pin)
			add_field(&b, w->p->v[i].pin->reference);
	}
	return sign_digest(buf_str(&b));
}

static void
take_inputs(struct writing *t, struct attest_function *to, size_t i)
{
	const struct made *m = made_of(t->w, i);
	struct attest_source *sources;
	struct attest_tool *tools;

	if (!m)
		return;
	sources = arena_take(t->arena, (m->inputs.n + 1) * sizeof(*sources));
	tools = arena_take(t->arena, (m->inputs.n + 1) * sizeof(*tools));
	to->sources = sources;
	to->tools = tools;
	for (size_t k = 0; k < m->inputs.n; k++) {
		const struct input *in = &m->inputs.v[k];

		if (in->kind == INPUT_SOURCE)
			sources[to->nsources++] =
			    (struct attest_source){ in->name, in->value };
		else if (tool_of(in, &tools[to->ntools]))
			to->ntools++;
	}
}

/* ---- what is in it ---- */

static void
tell_left_out(struct writing *t, const struct err *why)
{
	char text[300];

	if (!t->w->opt->note)
		return;
	snprintf(text, sizeof(text), "left out of the SBOM: %.260s", why->text);
	t->w->opt->note(t->w->opt->arg, text);
}

/* Lock files of the function's own folder, in the order of their names, which
 * puts go.mod before go.sum. */
static int
take_libraries(struct writing *t, const struct project_function *f,
    struct attest_function *to, struct attest_libraries *l, struct err *e)
{
	for (size_t i = 0; i < to->nsources && !f->pin; i++) {
		CLEANUP(buf_free) struct buf text = BUF(ATTEST_MAX_LOCK);
		struct str name = to->sources[i].name;
		struct err why = ERR;
		const char *path;

		if (!attest_is_lock(name) || memchr(name.p, '/', name.n))
			continue;
		path = arena_printf(t->arena, "%s/" STR_F, f->dir, STR_A(name));
		if (os_check_interrupt(e) < 0)
			return -1;
		if (os_read(&text, path, &why) < 0 ||
		    attest_read_lock(l, project_shown(t->w->p, path),
			buf_str(&text), &why) < 0)
			tell_left_out(t, &why);
	}
	attest_libraries_done(l);
	to->libraries = l;
	return 0;
}

static int
take_producers(struct writing *t, const struct project_function *f,
    struct attest_function *to, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_PRODUCERS);

	if (attest_producers(&b, f->wasm, e) < 0)
		return -1;
	to->producers = arena_copy(t->arena, buf_str(&b));
	return 0;
}

static int
take_function(struct writing *t, size_t i, struct err *e)
{
	const struct project_function *f = &t->w->p->v[i];
	const struct function_info *info = &t->infos[i];
	struct attest_function *to = &t->functions[i];

	*to = (struct attest_function){ .name = info->name,
		.ns = info->ns,
		.lang = info->tinygo ? STR("tinygo") : info->lang,
		.version = info->version,
		.entry =
		    str_of(bundle_module_name(t->arena, info->ns, info->name)),
		.folder = str_of(f->rel),
		.reference = f->pin ? f->pin->reference : STR("") };
	if (!digest_parse(info->digest, &to->digest))
		return err_set(e, ERR_BUG, "'%s' has no digest", f->rel);
	take_inputs(t, to, i);
	if (take_libraries(t, f, to, &t->libraries[i], e) < 0)
		return -1;
	return take_producers(t, f, to, e);
}

/* ---- all of it ---- */

static int
function_by_entry(const void *a, const void *b)
{
	const struct attest_function *x = a, *y = b;

	return str_cmp(x->entry, y->entry);
}

static int
entry_by_name(const void *a, const void *b)
{
	const struct attest_entry *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

static struct buf *
add(struct papers *out, const char *name)
{
	out->name[out->n] = name;
	out->text[out->n] = (struct buf)BUF(ATTEST_MAX_BYTES);
	return &out->text[out->n++];
}

static int
write_all(struct papers *out, struct writing *t, struct attest_entry *entries,
    size_t nentries, struct err *e)
{
	const struct build_options *opt = t->w->opt;
	const struct directive *d = t->w->p->directive;
	struct attest_app app = { .identifier = d->identifier,
		.version = d->app_version,
		.functions = t->functions,
		.nfunctions = t->n,
		.entries = entries,
		.nentries = nentries,
		.release = opt->release,
		.no_opt = opt->no_opt,
		.keep_debug = opt->keep_debug,
		.store = opt->store,
		.epoch_s = opt->epoch_s };

	for (size_t i = 0; i < t->n; i++)
		if (take_function(t, i, e) < 0)
			return -1;
	if (t->n > 1)
		qsort(t->functions, t->n, sizeof(*t->functions),
		    function_by_entry);
	if (nentries > 1)
		qsort(entries, nentries, sizeof(*entries), entry_by_name);
	if (attest_sbom(add(out, BUNDLE_SBOM), &app, e) < 0)
		return err_wrap(e, "the SBOM");
	if (attest_provenance(add(out, BUNDLE_PROVENANCE), &app, e) < 0)
		return err_wrap(e, "the provenance");
	return 0;
}

int
papers_make(struct papers *out, struct surroundings *w,
    const struct function_info *infos, struct attest_entry *entries,
    size_t nentries, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct writing t = { .w = w, .infos = infos, .arena = a, .n = w->p->n };
	int r;

	t.functions = arena_take(a, (t.n + 1) * sizeof(*t.functions));
	t.libraries = arena_take(a, (t.n + 1) * sizeof(*t.libraries));
	r = write_all(out, &t, entries, nentries, e);
	for (size_t i = 0; i < t.n; i++)
		attest_libraries_free(&t.libraries[i]);
	return r;
}

/* ---- tests ---- */

static int
check_subjects(const struct attest_statement *s, const char *path,
    const struct attest_entry *entries, size_t nentries, struct err *e)
{
	for (size_t i = 0; i < s->nsubjects; i++) {
		const struct attest_entry *want = &s->subjects[i];
		bool found = false;

		for (size_t k = 0; k < nentries && !found; k++)
			found = str_eq(entries[k].name, want->name) &&
			    digest_eq(&entries[k].digest, &want->digest);
		if (found)
			continue;
		err_set(e, ERR_TRUST,
		    "'%s' tells of another '" STR_F "' than is packed", path,
		    STR_A(want->name));
		return err_hint(e, "run the tests again: subo test --attest");
	}
	return 0;
}

int
papers_add_tests(struct papers *out, const char *path,
    const struct attest_entry *entries, size_t nentries, struct err *e)
{
	CLEANUP(attest_statement_free) struct attest_statement s = { 0 };
	struct buf *text = add(out, BUNDLE_TESTS);

	if (os_read(text, path, e) < 0)
		return -1;
	if (attest_read(&s, buf_str(text), e) < 0)
		return err_wrap(e, "'%s'", path);
	if (!str_is(s.predicate_type, ATTEST_TEST_RESULT))
		return err_set(e, ERR_INPUT,
		    "'%s' is a statement of another kind: " STR_F, path,
		    STR_A(s.predicate_type));
	return check_subjects(&s, path, entries, nentries, e);
}

void
papers_free(struct papers *p)
{
	for (size_t i = 0; i < p->n; i++)
		buf_free(&p->text[i]);
	p->n = 0;
}
