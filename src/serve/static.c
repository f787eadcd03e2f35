/* SPDX-License-Identifier: Apache-2.0 */
/* Static files of a bundle, under /static/: RFC 9110, chapters 13 and 14. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/parts.h"
#include "sign/sign.h"

#define PREFIX "/static/"
#define NAME_MAX_BYTES 4096u
#define COPY_MAX 4096u

/* ---- which there are ---- */

static int
by_name(const void *a, const void *b)
{
	const struct static_file *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

void
static_index(struct serve_app *a)
{
	size_t n = bundle_count(a->bundle);

	a->files = mem_take((n + 1) * sizeof(*a->files));
	for (size_t i = 0; i < n; i++) {
		struct str name = bundle_name_at(a->bundle, i);
		struct static_file *f = &a->files[a->nfiles];
		struct digest digest;
		char hex[DIGEST_HEX];

		if (!str_starts(name, "static/"))
			continue;
		f->data = bundle_at(a->bundle, i).data;
		digest = sign_digest(f->data);
		digest_hex(&digest, hex);
		f->name = str_from(name, strlen("static/"));
		(void)snprintf(f->etag, sizeof(f->etag), "\"%.32s\"", hex);
		a->nfiles++;
	}
	if (a->nfiles > 0)
		qsort(a->files, a->nfiles, sizeof(*a->files), by_name);
}

/* ---- names ---- */

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decoded once; false: no file can be meant.  A slash or NUL in code stands for
 * none that separates or ends. */
static bool
read_name(struct str path, struct buf *out)
{
	struct str rest, part;
	bool more = true;
	size_t at;

	for (size_t i = 0; i < path.n; i++) {
		int high, low;
		char c = path.p[i];

		if (c == '%') {
			if (i + 2 >= path.n)
				return false;
			high = digit(path.p[i + 1]);
			low = digit(path.p[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			if (c == '/' || c == '\\')
				return false;
			i += 2;
		}
		if ((unsigned char)c < ' ' || c == 0x7f)
			return false;
		buf_addc(out, c);
	}
	rest = buf_str(out);
	while (more) {
		more = str_cut(&rest, '/', &part);
		if (part.n == 0 || str_is(part, ".") || str_is(part, ".."))
			return false;
	}
	return !buf_over(out) && str_utf8(buf_str(out), &at);
}

static const struct static_file *
find(const struct serve_app *a, struct str path)
{
	CLEANUP(buf_free) struct buf name = BUF(NAME_MAX_BYTES);
	struct static_file key;

	if (!read_name(path, &name))
		return NULL;
	key.name = buf_str(&name);
	return bsearch(&key, a->files, a->nfiles, sizeof(*a->files), by_name);
}

/* ---- what the client has already ---- */

/* Is the tag in the list?  weak: W/"x" is as good as "x". */
static bool
has_tag(struct str list, const char *etag, bool weak)
{
	struct str one;
	bool more = true;

	while (more) {
		more = str_cut(&list, ',', &one);
		one = str_trim(one);
		if (weak && str_starts(one, "W/"))
			one = str_from(one, 2);
		if (str_is(one, "*") || str_is(one, etag))
			return true;
	}
	return false;
}

/* ---- ranges ---- */

enum range { RANGE_NONE, RANGE_ONE, RANGE_BEYOND };

/* Of one range; more than one may be answered with the whole (14.2). */
static enum range
read_range(struct str text, size_t size, size_t *first, size_t *last)
{
	uint64_t a, b = UINT64_MAX;
	struct str from;

	text = str_trim(text);
	if (text.n < 6 || !str_ieq((struct str){ text.p, 6 }, STR("bytes=")))
		return RANGE_NONE;
	text = str_trim(str_from(text, 6));
	if (!str_cut(&text, '-', &from))
		return RANGE_NONE;
	if (from.n == 0) {
		if (!str_u64(text, UINT64_MAX, &b))
			return RANGE_NONE;
		if (b == 0 || size == 0)
			return RANGE_BEYOND;
		*first = b < size ? size - b : 0;
		*last = size - 1;
		return RANGE_ONE;
	}
	if (!str_u64(from, UINT64_MAX, &a) ||
	    (text.n > 0 && !str_u64(text, UINT64_MAX, &b)) || b < a)
		return RANGE_NONE;
	if (a >= size)
		return RANGE_BEYOND;
	*first = a;
	*last = b < size ? b : size - 1;
	return RANGE_ONE;
}

static enum range
wanted(struct ask *a, const struct static_file *f, size_t *first, size_t *last)
{
	struct str range = http_header(a->x, "range"),
		   only = http_header(a->x, "if-range");

	if (range.n == 0 || !str_is(http_method(a->x), "GET"))
		return RANGE_NONE;
	if (only.n > 0 && !str_is(str_trim(only), f->etag))
		return RANGE_NONE;
	return read_range(range, f->data.n, first, last);
}

/* ---- answers ---- */

static void
on_sent(void *app)
{
	app_drop(app);
}

static void
send_part(struct ask *a, const struct static_file *f, struct fields *fields)
{
	struct http_answer out = { .status = 200, .body = f->data };
	size_t first = 0, last = 0;
	char range[100];

	switch (wanted(a, f, &first, &last)) {
	case RANGE_NONE:
		break;
	case RANGE_BEYOND:
		(void)snprintf(range, sizeof(range), "bytes */%zu", f->data.n);
		fields_add(fields, STR("Content-Range"), str_of(range));
		out.status = 416;
		out.body = STR("");
		break;
	case RANGE_ONE:
		(void)snprintf(range, sizeof(range), "bytes %zu-%zu/%zu", first,
		    last, f->data.n);
		fields_add(fields, STR("Content-Range"), str_of(range));
		out.status = 206;
		out.body = (struct str){ f->data.p + first, last - first + 1 };
		break;
	}
	if (out.body.n > COPY_MAX) {
		out.end = on_sent;
		out.end_arg = app_hold(a->app);
	}
	answer_send(a, fields, &out);
}

static void
send_file(struct ask *a, const struct static_file *f)
{
	struct str match = http_header(a->x, "if-match"),
		   none = http_header(a->x, "if-none-match");
	struct http_answer out = { .status = 304 };
	struct fields fields;

	fields.n = 0;
	fields_add(&fields, STR("ETag"), str_of(f->etag));
	fields_add(&fields, STR("Cache-Control"), STR("no-cache"));
	if (match.n > 0 && !has_tag(match, f->etag, false))
		out.status = 412;
	if (out.status == 412 || (none.n > 0 && has_tag(none, f->etag, true))) {
		answer_send(a, &fields, &out);
		return;
	}
	fields_add(&fields, STR("Content-Type"), type_of(f->name));
	fields_add(&fields, STR("Accept-Ranges"), STR("bytes"));
	fields_add(&fields, STR("X-Content-Type-Options"), STR("nosniff"));
	send_part(a, f, &fields);
}

bool
static_answer(struct ask *a, struct str path)
{
	struct str method = http_method(a->x);
	const struct static_file *f;

	if (!str_starts(path, PREFIX) || a->app->nfiles == 0)
		return false;
	f = find(a->app, str_from(path, strlen(PREFIX)));
	if (!f)
		return false;
	if (str_is(method, "GET") || str_is(method, "HEAD"))
		send_file(a, f);
	else
		answer_status(a, str_is(method, "OPTIONS") ? 200 : 405,
		    STR("GET, HEAD, OPTIONS"));
	return true;
}
