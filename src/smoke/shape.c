/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a test file, checked as they are taken. */

#include "smoke/shape.h"
#include "os/os.h"

#define MAX_FILE (16u << 20) /* of one file that a case names */

void
problem(
    struct reader *rd, enum rule r, const struct tree *at, const char *fmt, ...)
{
	struct place place = { 0 };
	unsigned width = 1;
	char text[600];
	va_list ap;

	if (at) {
		place = at->at;
		if (at->kind < TREE_LIST && at->to > at->from &&
		    at->to - at->from < 80)
			width = (unsigned)(at->to - at->from);
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diags_add(rd->ds, &smoke_rules[r], rd->file, place, width, "%s", text);
}

bool
is_scalar(const struct tree *t)
{
	return t && t->kind != TREE_NULL && t->kind < TREE_LIST;
}

static void
unknown_key(struct reader *rd, const struct tree *key, const char *what,
    const char *const *keys)
{
	struct str names[40], near;
	size_t n = 0;
	struct diag *d;

	while (keys[n] && n < COUNT(names)) {
		names[n] = str_of(keys[n]);
		n++;
	}
	near = diag_nearest(key->text, names, n);
	d = diags_add(rd->ds, &smoke_rules[T_KEY], rd->file, key->at,
	    (unsigned)(key->text.n ? key->text.n : 1),
	    "%s has no key '" STR_F "'", what, STR_A(key->text));
	if (near.n > 0)
		diags_repair(
		    rd->ds, d, "did you mean '" STR_F "'?", STR_A(near));
}

bool
take_map(struct reader *rd, const struct tree *t, const char *what,
    const char *const *keys)
{
	if (!t)
		return false;
	if (t->kind != TREE_MAP) {
		problem(rd, T_SHAPE, t, "%s is a map, not %s", what,
		    tree_kind_name(t->kind));
		return false;
	}
	for (size_t i = 0; keys && i < t->nitems; i++) {
		const struct tree *key = t->items[i]->key;
		size_t k = 0;

		while (keys[k] && !str_is(key->text, keys[k]))
			k++;
		if (!keys[k])
			unknown_key(rd, key, what, keys);
	}
	return true;
}

bool
take_list(struct reader *rd, const struct tree *t, const char *what)
{
	if (!t)
		return false;
	if (t->kind == TREE_LIST)
		return true;
	problem(rd, T_SHAPE, t, "%s is a list, not %s", what,
	    tree_kind_name(t->kind));
	return false;
}

void
take_text(
    struct reader *rd, const struct tree *map, const char *key, struct str *out)
{
	const struct tree *t = tree_get(map, key);

	if (!t)
		return;
	if (is_scalar(t))
		*out = t->text;
	else
		problem(rd, T_SHAPE, t, "'%s' is text, not %s", key,
		    tree_kind_name(t->kind));
}

void
take_bool(struct reader *rd, const struct tree *map, const char *key, bool *out)
{
	const struct tree *t = tree_get(map, key);

	if (!t)
		return;
	if (t->kind == TREE_BOOL)
		*out = t->num != 0;
	else
		problem(rd, T_SHAPE, t, "'%s' is true or false, not %s", key,
		    tree_kind_name(t->kind));
}

void
take_int(struct reader *rd, const struct tree *map, const char *key,
    int64_t min, int64_t max, int64_t *out)
{
	const struct tree *t = tree_get(map, key);

	if (!t)
		return;
	if (t->kind == TREE_INT && t->num >= min && t->num <= max)
		*out = t->num;
	else if (t->kind == TREE_INT)
		problem(rd, T_VALUE, t, "'%s' is %lld to %lld", key,
		    (long long)min, (long long)max);
	else
		problem(rd, T_SHAPE, t, "'%s' is a whole number, not %s", key,
		    tree_kind_name(t->kind));
}

void
take_ms(
    struct reader *rd, const struct tree *map, const char *key, uint32_t *out)
{
	const struct tree *t = tree_get(map, key);

	if (!t)
		return;
	if (!is_scalar(t) || !str_ms(t->text, out) || *out == 0)
		problem(rd, T_VALUE, t,
		    "'%s' is a time from 1ms to 49d, such as 50ms or 2s", key);
}

struct str
case_json(struct arena *a, const struct tree *t)
{
	CLEANUP(buf_free) struct buf b = BUF(TREE_MAX_JSON);

	tree_print_json(&b, t, 0);
	return arena_copy(a, buf_str(&b));
}

void
take_pairs(struct reader *rd, const struct tree *map, const char *key,
    bool json, bool fold, struct pairs *l)
{
	const struct tree *t = tree_get(map, key);

	if (!take_map(rd, t, key, NULL))
		return;
	for (size_t i = 0; i < t->nitems; i++) {
		const struct tree *v = t->items[i];

		if (is_scalar(v))
			texts_put(l, rd->s->arena, v->key->text, v->text, fold);
		else if (json && v->kind != TREE_NULL)
			texts_put(l, rd->s->arena, v->key->text,
			    case_json(rd->s->arena, v), fold);
		else
			problem(rd, T_SHAPE, v, "'" STR_F "' is text, not %s",
			    STR_A(v->key->text), tree_kind_name(v->kind));
	}
}

bool
take_file(struct reader *rd, const struct tree *at, struct str *out)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_FILE);
	struct err e = ERR;
	const char *path;

	if (!is_scalar(at) || at->text.n == 0) {
		problem(rd, T_SHAPE, at, "'file' is a path");
		return false;
	}
	path = at->text.p[0] == '/' ? arena_cstr(rd->s->arena, at->text)
				    : arena_printf(rd->s->arena, STR_F STR_F,
					  STR_A(rd->dir), STR_A(at->text));
	if (os_read(&b, path, &e) < 0) {
		problem(rd, T_FILE, at, "%s", e.text);
		return false;
	}
	*out = arena_copy(rd->s->arena, buf_str(&b));
	rd->s->bytes += out->n;
	return true;
}

void
take_body(
    struct reader *rd, const struct tree *map, const char *key, struct str *out)
{
	const struct tree *text = tree_get(map, key);
	const struct tree *json = tree_get(map, "json");
	const struct tree *file = tree_get(map, "file");

	if ((text != NULL) + (json != NULL) + (file != NULL) > 1)
		problem(rd, T_TWICE, text ? text : json,
		    "give one of '%s', 'json' and 'file'", key);
	if (text && !is_scalar(text) && text->kind != TREE_NULL)
		problem(rd, T_SHAPE, text,
		    "'%s' is text, not %s; use 'json' for a document", key,
		    tree_kind_name(text->kind));
	else if (text)
		*out = is_scalar(text) ? text->text : STR("");
	else if (json)
		*out = case_json(rd->s->arena, json);
	else if (file)
		take_file(rd, file, out);
}

/* Days since 1970-01-01 of a day of the Gregorian calendar. */
static int64_t
days_of(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* RFC 3339, section 5.6, in UTC: "2026-01-02T03:04:05.25Z". */
bool
take_clock(struct str text, uint64_t *ns)
{
	static const uint64_t max[] = { 2500, 12, 31, 23, 59, 59 };
	static const char sep[] = "--T::";
	uint64_t v[6], frac = 0, scale = 1000000000;
	int64_t s, day, month;

	if (!str_ends(text, "Z") || text.n < 20 || text.n > 30)
		return false;
	text.n--;
	for (size_t i = 0, at = 0; i < 6; at += i ? 3 : 5, i++) {
		struct str part = { text.p + at, i ? 2 : 4 };

		if (!str_u64(part, max[i], &v[i]))
			return false;
		if (i < 5 && part.p[part.n] != sep[i])
			return false;
	}
	if (v[0] < 1970 || v[1] < 1 || v[2] < 1)
		return false;
	text = str_from(text, 19);
	if (text.n > 0) {
		text = str_from(text, 1);
		if (text.p[-1] != '.' || !str_u64(text, 999999999, &frac))
			return false;
		for (size_t i = 0; i < text.n; i++)
			scale /= 10;
	}
	month = (int64_t)(v[0] * 12 + v[1]); /* the next one, from 0 */
	day = days_of((int64_t)v[0], (int64_t)v[1], (int64_t)v[2]);
	if (day >= days_of(month / 12, month % 12 + 1, 1))
		return false;
	s = day * 86400 + (int64_t)(v[3] * 3600 + v[4] * 60 + v[5]);
	*ns = (uint64_t)s * 1000000000 + frac * scale;
	return true;
}
