/* SPDX-License-Identifier: Apache-2.0 */
/* The text of subo.lock: subo.lock(5). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "project/project.h"
#include "tree/tree.h"

#define SHA256 "sha256:"
#define FORMAT 1
#define MAX_ENTRY_BYTES (64u << 20)

static const char head[] =
    "# Pinned by `subo add` and `subo update`; see subo.lock(5).  Keep it "
    "with the\n# sources, and do not edit it.\n";

/* ---- reading ---- */

struct reading {
	struct pins *pins;
	struct str file;
	struct err *e;
};

static int wrong(struct reading *r, const struct tree *t, const char *fmt, ...)
    PRINTF(3, 4);

static int
wrong(struct reading *r, const struct tree *t, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf text = BUF(800);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	err_set(r->e, ERR_INPUT, STR_F ":%u:%u: %s", STR_A(r->file), t->at.line,
	    t->at.col, buf_cstr(&text));
	return err_hint(r->e,
	    "take it from version control again, or remove it and run "
	    "'subo update'");
}

static int
read_digest(struct reading *r, const struct tree *t, struct digest *out)
{
	struct str s = t->text;

	if (t->kind == TREE_TEXT && str_starts(s, SHA256) &&
	    digest_parse(str_from(s, sizeof(SHA256) - 1), out))
		return 0;
	return wrong(r, t, "'%.*s' wants " SHA256 " and 64 hex digits",
	    STR_A(t->key->text));
}

/* A list of texts, in order and each once: so it is written. */
static int
read_strs(struct reading *r, const struct tree *t, struct strs *out)
{
	if (t->kind != TREE_LIST)
		return wrong(r, t, "'%.*s' wants a list", STR_A(t->key->text));
	out->v = arena_take(r->pins->arena, (t->nitems + 1) * sizeof(*out->v));
	for (size_t i = 0; i < t->nitems; i++) {
		if (t->items[i]->kind != TREE_TEXT ||
		    (i > 0 && str_cmp(out->v[i - 1], t->items[i]->text) >= 0))
			return wrong(r, t->items[i],
			    "'%.*s' is a sorted list of texts",
			    STR_A(t->key->text));
		out->v[out->n++] = t->items[i]->text;
	}
	return 0;
}

static int
read_field(struct reading *r, const struct tree *t, struct pin *p)
{
	struct {
		const char *key;
		struct str *into;
	} texts[] = { { "reference", &p->reference }, { "lang", &p->info.lang },
		{ "version", &p->info.version },
		{ "apiVersion", &p->info.api_version } };
	struct str key = t->key->text;

	for (size_t i = 0; i < COUNT(texts); i++)
		if (str_is(key, texts[i].key)) {
			if (t->kind != TREE_TEXT || t->text.n == 0)
				return wrong(
				    r, t, "'%s' wants a text", texts[i].key);
			*texts[i].into = t->text;
			return 0;
		}
	if (str_is(key, "name")) {
		if (t->kind == TREE_TEXT &&
		    added_label(t->text, &p->info.ns, &p->info.name))
			return 0;
		return wrong(r, t, "this is no name of a function");
	}
	if (str_is(key, "manifest"))
		return read_digest(r, t, &p->manifest);
	if (str_is(key, "module"))
		return read_digest(r, t, &p->module);
	if (str_is(key, "capabilities"))
		return read_strs(r, t, &p->capabilities);
	if (str_is(key, "imports"))
		return read_strs(r, t, &p->imports);
	if (str_is(key, "signers"))
		return read_strs(r, t, &p->signers);
	if (!str_is(key, "bytes"))
		return wrong(r, t->key, "unknown key '%.*s'",
		    (int)(key.n < 80 ? key.n : 80), key.p);
	if (t->kind != TREE_INT || t->num < 1 || t->num > MAX_ENTRY_BYTES)
		return wrong(r, t, "'bytes' wants a size");
	p->nbytes = (uint64_t)t->num;
	return 0;
}

static int
by_label(const struct pin *a, const struct pin *b)
{
	int d = str_cmp(a->info.ns, b->info.ns);

	return d != 0 ? d : str_cmp(a->info.name, b->info.name);
}

static int
read_pin(struct reading *r, const struct tree *t)
{
	static const char *const needed[] = { "name", "reference", "manifest",
		"module", "bytes", "capabilities", "imports", "signers" };
	struct pins *s = r->pins;
	struct pin p = { 0 };

	if (t->kind != TREE_MAP)
		return wrong(r, t, "an entry of the list should be a map");
	for (size_t i = 0; i < COUNT(needed); i++)
		if (!tree_get(t, needed[i]))
			return wrong(r, t, "the entry lacks '%s'", needed[i]);
	for (size_t i = 0; i < t->nitems; i++)
		if (read_field(r, t->items[i], &p) < 0)
			return -1;
	p.info.at = t->at;
	if (s->n > 0 && by_label(&s->v[s->n - 1], &p) >= 0)
		return wrong(r, t, "the entries are not in order, each once");
	s->v = arena_grow(s->arena, s->v, s->n, &s->cap, sizeof(p));
	s->v[s->n++] = p;
	return 0;
}

static int
read_top(struct reading *r, const struct tree *t)
{
	const struct tree *version = tree_get(t, "version");
	const struct tree *list = tree_get(t, "functions");

	if (t->kind != TREE_MAP || !version)
		return wrong(r, t, "this is no lock file of subo's");
	if (version->kind != TREE_INT || version->num != FORMAT) {
		(void)wrong(r, version, "the lock has a form of a later subo");
		return err_hint(
		    r->e, "update subo: this one knows version %d", FORMAT);
	}
	for (size_t i = 0; i < t->nitems; i++)
		if (t->items[i] != version && t->items[i] != list)
			return wrong(r, t->items[i]->key, "unknown key");
	if (!list || list->kind == TREE_NULL)
		return 0;
	if (list->kind != TREE_LIST || list->nitems > PROJECT_MAX_FUNCTIONS)
		return wrong(r, list, "'functions' wants a list of at most %u",
		    PROJECT_MAX_FUNCTIONS);
	for (size_t i = 0; i < list->nitems; i++)
		if (read_pin(r, list->items[i]) < 0)
			return -1;
	return 0;
}

/* "LINE:COL: ..." becomes "FILE:LINE:COL: ...", which editors follow. */
static int
with_file(struct str file, struct err *e)
{
	char old[sizeof(e->text)];

	memcpy(old, e->text, sizeof(old));
	snprintf(e->text, sizeof(e->text), "%.*s:%.*s",
	    (int)(file.n < 256 ? file.n : 256), file.p, (int)sizeof(old) - 300,
	    old);
	return -1;
}

int
pins_parse(struct pins *out, struct str text, struct str file, struct err *e)
{
	struct reading r = { out, file, e };
	struct tree *t;

	*out = (struct pins){ .arena = arena_new() };
	if (tree_parse_yaml(&t, out->arena, text, e) < 0)
		return with_file(file, e);
	return read_top(&r, t);
}

int
pins_load(struct pins *out, const char *path, const char *shown, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);

	*out = (struct pins){ .arena = arena_new() };
	if (!os_exists(path))
		return 0;
	if (os_read(&text, path, e) < 0)
		return -1;
	pins_free(out);
	return pins_parse(out, buf_str(&text), str_of(shown), e);
}

void
pins_free(struct pins *s)
{
	if (s->arena)
		arena_free(&s->arena);
	*s = (struct pins){ 0 };
}

/* ---- writing ---- */

/* The character at s, when it has two or three bytes; else 0. */
static unsigned
wide(struct str s, size_t *nbytes)
{
	const unsigned char *c = (const unsigned char *)s.p;

	*nbytes = 1;
	if (s.n >= 2 && (c[0] & 0xe0) == 0xc0) {
		*nbytes = 2;
		return (c[0] & 0x1fu) << 6 | (c[1] & 0x3fu);
	}
	if (s.n < 3 || (c[0] & 0xf0) != 0xe0)
		return 0;
	*nbytes = 3;
	return (c[0] & 0xfu) << 12 | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
}

/* Quotes that YAML and JSON share; what a YAML text may not hold is escaped. */
static void
add_quoted(struct buf *out, struct str s)
{
	size_t n;

	buf_addc(out, '"');
	for (size_t i = 0; i < s.n; i += n) {
		unsigned char c = (unsigned char)s.p[i];
		unsigned w = wide(str_from(s, i), &n);

		if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			buf_addf(out, "\\u%04x", c);
		else if ((w > 0 && w < 0xa0) || w == 0x2028 || w == 0x2029 ||
		    w == 0xfeff || w >= 0xfffe)
			buf_addf(out, "\\u%04x", w);
		else
			buf_add(out, (struct str){ s.p + i, n });
	}
	buf_addc(out, '"');
}

static void
add_text(struct buf *out, const char *key, struct str s)
{
	if (s.n == 0)
		return;
	buf_addf(out, "    %s: ", key);
	add_quoted(out, s);
	buf_addc(out, '\n');
}

static void
add_digest(struct buf *out, const char *key, const struct digest *d)
{
	char hex[DIGEST_HEX];

	digest_hex(d, hex);
	buf_addf(out, "    %s: " SHA256 "%s\n", key, hex);
}

static void
add_strs(struct buf *out, const char *key, const struct strs *s)
{
	buf_addf(out, "    %s: [", key);
	for (size_t i = 0; i < s->n; i++) {
		buf_add(out, i > 0 ? STR(", ") : STR(""));
		add_quoted(out, s->v[i]);
	}
	buf_add(out, STR("]\n"));
}

void
pins_print(const struct pins *s, struct buf *out)
{
	buf_addf(out, "%sversion: %d\nfunctions:%s\n", head, FORMAT,
	    s->n == 0 ? " []" : "");
	for (size_t i = 0; i < s->n; i++) {
		const struct pin *p = &s->v[i];
		CLEANUP(buf_free) struct buf label = BUF(256);

		pin_label(p, &label);
		buf_add(out, STR("  - name: "));
		add_quoted(out, buf_str(&label));
		buf_addc(out, '\n');
		add_text(out, "reference", p->reference);
		add_digest(out, "manifest", &p->manifest);
		add_digest(out, "module", &p->module);
		buf_addf(out, "    bytes: %" PRIu64 "\n", p->nbytes);
		add_text(out, "lang", p->info.lang);
		add_text(out, "version", p->info.version);
		add_text(out, "apiVersion", p->info.api_version);
		add_strs(out, "capabilities", &p->capabilities);
		add_strs(out, "imports", &p->imports);
		add_strs(out, "signers", &p->signers);
	}
}

int
pins_save(const struct pins *s, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);

	if (s->n == 0)
		return os_remove(path, e);
	pins_print(s, &text);
	if (buf_over(&text))
		return err_set(e, ERR_LIMIT,
		    "'%s' would be longer than %u bytes", path, TREE_MAX_BYTES);
	return os_replace(path, buf_str(&text), 0644, e);
}

/* ---- entries ---- */

void
pin_label(const struct pin *p, struct buf *out)
{
	if (p->info.ns.n > 0 && !str_is(p->info.ns, "default"))
		buf_addf(out, STR_F "::", STR_A(p->info.ns));
	buf_add(out, p->info.name);
}

struct pin *
pins_find(const struct pins *s, struct str ns, struct str name)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->v[i].info.name, name) &&
		    str_eq(s->v[i].info.ns, ns))
			return &s->v[i];
	return NULL;
}

static struct strs
copy_strs(struct arena *a, const struct strs *from)
{
	struct strs to = { arena_take(a, (from->n + 1) * sizeof(*to.v)), 0 };

	for (; to.n < from->n; to.n++)
		to.v[to.n] = arena_copy(a, from->v[to.n]);
	return to;
}

static void
copy_pin(struct arena *a, struct pin *to, const struct pin *from)
{
	*to = *from;
	to->info =
	    (struct function_info){ .name = arena_copy(a, from->info.name),
		    .ns = arena_copy(a, from->info.ns),
		    .lang = arena_copy(a, from->info.lang),
		    .version = arena_copy(a, from->info.version),
		    .api_version = arena_copy(a, from->info.api_version) };
	to->reference = arena_copy(a, from->reference);
	to->capabilities = copy_strs(a, &from->capabilities);
	to->imports = copy_strs(a, &from->imports);
	to->signers = copy_strs(a, &from->signers);
}

void
pins_put(struct pins *s, const struct pin *p)
{
	struct pin *at = pins_find(s, p->info.ns, p->info.name), now;
	size_t i;

	copy_pin(s->arena, &now, p);
	if (at) {
		*at = now;
		return;
	}
	s->v = arena_grow(s->arena, s->v, s->n, &s->cap, sizeof(now));
	for (i = s->n++; i > 0 && by_label(&s->v[i - 1], &now) > 0; i--)
		s->v[i] = s->v[i - 1];
	s->v[i] = now;
}

void
pins_drop(struct pins *s, struct str ns, struct str name)
{
	struct pin *at = pins_find(s, ns, name);

	if (!at)
		return;
	memmove(at, at + 1, (size_t)(s->v + s->n - (at + 1)) * sizeof(*at));
	s->n--;
}
