/* SPDX-License-Identifier: Apache-2.0 */
/* What comes: the lines and the body of an answer, as curl hands them on. */
#include <string.h>

#include "fetch/curl_easy.h"

size_t
come_body(char *data, size_t one, size_t n, void *arg)
{
	struct easy *x = arg;
	struct buf *b = &x->transfer->answer;

	(void)one;
	buf_add(b, (struct str){ data, n });
	if (!buf_over(b))
		return n;
	x->too_large = true;
	return 0;
}

/* A line that begins with a space goes on with the one before (RFC 9112,
 * 5.2). */
static void
go_on(struct transfer *t, struct str line)
{
	struct fetch_header *h = &t->got[t->ngot - 1];

	h->value = str_of(arena_printf(
	    t->arena, STR_F " " STR_F, STR_A(h->value), STR_A(line)));
}

static void
keep_header(struct transfer *t, struct str line)
{
	struct fetch_header *h;
	struct str name;

	if (!str_cut(&line, ':', &name) || !header_is_token(name))
		return;
	t->got =
	    arena_grow(t->arena, t->got, t->ngot, &t->cap_got, sizeof(*t->got));
	h = &t->got[t->ngot++];
	h->name = arena_copy(t->arena, name);
	h->value = arena_copy(t->arena, str_trim(line));
}

/* An answer with two lengths means different things to different readers. */
static bool
well_framed(struct easy *x, struct str line)
{
	struct str name;
	bool length;

	if (!str_cut(&line, ':', &name))
		return true;
	line = str_trim(line);
	length = str_ieq(name, STR("content-length"));
	if (!length && !str_ieq(name, STR("transfer-encoding")))
		return true;
	if (length && x->length.n > 0 && !str_eq(x->length, line))
		return false;
	if (length)
		x->length = arena_copy(x->transfer->arena, line);
	else
		x->has_encoding = true;
	if (!length && !str_ieq(line, STR("chunked")))
		return false;
	return x->length.n == 0 || !x->has_encoding;
}

/* A line; each answer begins anew, those with 1xx too. */
size_t
come_header(char *data, size_t one, size_t n, void *arg)
{
	struct str line = { data, n };
	struct easy *x = arg;
	struct transfer *t = x->transfer;

	(void)one;
	if (!t->arena)
		t->arena = arena_new();
	if (str_starts(line, "HTTP/")) {
		t->ngot = 0;
		x->length = STR("");
		x->has_encoding = false;
	}
	t->got_bytes += n;
	if (t->got_bytes > t->header_bytes) {
		x->too_large = true;
		return 0;
	}
	line = str_trim(line);
	if (n > 0 && (data[0] == ' ' || data[0] == '\t')) {
		if (t->ngot > 0)
			go_on(t, line);
		return n;
	}
	keep_header(t, line);
	if (well_framed(x, line))
		return n;
	x->bad_framing = true;
	return 0;
}

void
come_unpacked(struct transfer *t)
{
	bool packed = false;
	size_t n = 0;

	for (size_t i = 0; i < t->ngot; i++)
		if (str_ieq(t->got[i].name, STR("content-encoding")))
			packed = true;
	for (size_t i = 0; packed && i < t->ngot; i++)
		if (!str_ieq(t->got[i].name, STR("content-encoding")) &&
		    !str_ieq(t->got[i].name, STR("content-length")))
			t->got[n++] = t->got[i];
	if (packed)
		t->ngot = n;
}
