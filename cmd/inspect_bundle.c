/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle as `subo inspect` shows it. */
#include "cmd.h"
#include "inspect.h"

void
inspect_steps(struct buf *out, const struct step *steps, size_t nsteps)
{
	for (size_t i = 0; i < nsteps; i++) {
		const struct step *s = &steps[i];

		buf_add(out, str_of(i > 0 ? " -> " : ""));
		buf_add(out, str_of(s->group ? "[" : ""));
		for (size_t k = 0; k < s->ncalls; k++) {
			const struct call *c = &s->calls[k];

			buf_addf(
			    out, "%s" STR_F, k > 0 ? ", " : "", STR_A(c->fn));
			if (!str_eq(c->fn, c->key))
				buf_addf(out, " as " STR_F, STR_A(c->key));
		}
		buf_add(out, str_of(s->group ? "]" : ""));
	}
}

bool
inspect_is_static(struct str name)
{
	return str_starts(name, "static/");
}

static const char *
text(struct str s)
{
	return rows_text(STR_F, STR_A(s));
}

static void
heading(struct buf *out, const char *name, size_t n)
{
	buf_addf(out, "\n%s%s%s (%zu)\n", ui_out_colour('B'), name,
	    ui_out_colour('0'), n);
}

static void
summary(
    struct buf *out, const struct bundle *b, struct str path, uint64_t bytes)
{
	const struct directive *d = bundle_directive(b);
	struct rows *r = rows_new("ll");
	char hex[DIGEST_HEX];

	digest_hex(bundle_digest(b), hex);
	rows_add(r, "bundle", text(path));
	rows_add(r, "size",
	    rows_text("%llu bytes (%s), %zu entr%s", (unsigned long long)bytes,
		ui_bytes(bytes), bundle_count(b),
		bundle_count(b) == 1 ? "y" : "ies"));
	rows_add(r, "sha256", hex);
	rows_add(r, "application", text(d->identifier));
	rows_add(r, "version", text(d->app_version));
	if (d->atmo_version.n > 0)
		rows_add(r, "atmo version", text(d->atmo_version));
	if (d->headless)
		rows_add(r, "headless", "yes");
	rows_print(r, out);
}

static size_t
packed(const struct bundle *b, const struct function_info *f)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct str name = str_of(bundle_module_name(a, f->ns, f->name));

	for (size_t i = 0; i < bundle_count(b); i++)
		if (str_eq(bundle_at(b, i).name, name))
			return bundle_packed_bytes(b, i);
	return 0;
}

static void
function(struct rows *r, const struct bundle *b, const struct function_info *f)
{
	CLEANUP(module_free) struct module *m = NULL;
	const char *name =
	    rows_text(STR_F "::" STR_F, STR_A(f->ns), STR_A(f->name));
	char hex[DIGEST_HEX];
	struct err e = ERR;
	struct str wasm;

	if (!bundle_module(b, f, &wasm)) {
		rows_add(r, name, text(f->lang), "its module is missing", "",
		    "", "", "");
		return;
	}
	if (module_read(&m, wasm, &e) < 0) {
		rows_add(r, name, text(f->lang), e.text, "", "", "", "");
		return;
	}
	digest_hex(&m->digest, hex);
	rows_add(r, name, text(f->lang.n > 0 ? f->lang : m->language),
	    module_abi_name(m->abi), ui_bytes(wasm.n), ui_bytes(packed(b, f)),
	    rows_text("%zu", m->nimports), rows_text("%.12s", hex));
}

static void
functions(struct buf *out, const struct bundle *b)
{
	const struct directive *d = bundle_directive(b);
	struct rows *r = rows_new("lllrrrl");

	heading(out, "Functions", d->nfunctions);
	if (d->nfunctions > 0)
		rows_add(r, "name", "language", "called as", "size", "packed",
		    "imports", "sha256");
	for (size_t i = 0; i < d->nfunctions; i++)
		function(r, b, &d->functions[i]);
	rows_print(r, out);
}

static void
handlers(struct buf *out, const struct directive *d)
{
	struct rows *r = rows_new("llll");

	heading(out, "Handlers", d->nhandlers);
	for (size_t i = 0; i < d->nhandlers; i++) {
		CLEANUP(buf_free) struct buf b = BUF(2000);
		const struct handler *h = &d->handlers[i];

		inspect_steps(&b, h->steps, h->nsteps);
		rows_add(r,
		    h->type == HANDLER_REQUEST
			? text(h->method)
			: rows_text("stream of " STR_F, STR_A(h->source)),
		    text(h->resource), buf_cstr(&b),
		    h->response.n > 0
			? rows_text("answers with " STR_F, STR_A(h->response))
			: "");
	}
	rows_print(r, out);
}

static void
schedules(struct buf *out, const struct directive *d)
{
	struct rows *r = rows_new("lll");

	if (d->nschedules > 0)
		heading(out, "Schedules", d->nschedules);
	for (size_t i = 0; i < d->nschedules; i++) {
		CLEANUP(buf_free) struct buf b = BUF(2000);
		const struct schedule *s = &d->schedules[i];

		inspect_steps(&b, s->steps, s->nsteps);
		rows_add(r, text(s->name),
		    rows_text("every %llu s", (unsigned long long)s->every_s),
		    buf_cstr(&b));
	}
	rows_print(r, out);
}

static void
statics(struct buf *out, const struct bundle *b)
{
	struct rows *r = rows_new("lrr");
	size_t n = 0;

	for (size_t i = 0; i < bundle_count(b); i++) {
		struct bundle_part p = bundle_at(b, i);

		if (!inspect_is_static(p.name))
			continue;
		rows_add(r, text(p.name), ui_bytes(p.data.n),
		    ui_bytes(bundle_packed_bytes(b, i)));
		n++;
	}
	if (n > 0)
		heading(out, "Static files", n);
	rows_print(r, out);
}

void
inspect_bundle(
    struct buf *out, const struct bundle *b, struct str path, uint64_t bytes)
{
	summary(out, b, path, bytes);
	functions(out, b);
	handlers(out, bundle_directive(b));
	schedules(out, bundle_directive(b));
	statics(out, b);
}
