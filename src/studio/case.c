/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded run as a test case: see case.h. */
#include "studio/case.h"

#define CONTAINS_BYTES 1024u /* of an answer of which not all was kept */
#define JSON_DEPTH 24u	     /* YAML has a limit, and readers one sooner */

/* ---- names and texts ---- */

void
case_name(struct buf *out, struct str name)
{
	bool dash = false;
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < CASE_NAME_MAX; i++) {
		char c = name.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
			dash = n > 0;
			continue;
		}
		if (dash && n++ < CASE_NAME_MAX - 1)
			buf_addc(out, '-');
		dash = false;
		buf_addc(out, c);
		n++;
	}
	if (n == 0)
		buf_add(out, STR("request"));
}

/* The code point at s.p[i], which is well-formed; its length in *n. */
static unsigned
code_at(struct str s, size_t i, size_t *n)
{
	unsigned char c = (unsigned char)s.p[i];
	unsigned code = c < 0x80 ? c
	    : c < 0xe0		 ? c & 31
	    : c < 0xf0		 ? c & 15
				 : c & 7;

	*n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	for (size_t k = 1; k < *n && i + k < s.n; k++)
		code = code << 6 | ((unsigned char)s.p[i + k] & 63);
	return code;
}

/* YAML 1.2, 5.1: what is printable; and no ends of line but one. */
static bool
is_printable(unsigned c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
		return false;
	return c != 0xfeff && c != 0xfffe && c != 0xffff;
}

void
case_text(struct buf *out, struct str s)
{
	size_t n;

	buf_addc(out, '"');
	for (size_t i = 0; i < s.n; i += n) {
		unsigned c = code_at(s, i, &n);

		/* subo-test(5), Tables: two dollars are none's name. */
		if (c == '$' && i + 1 < s.n && s.p[i + 1] == '{')
			buf_add(out, STR("$$"));
		else if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", (int)c);
		else if (c == '\n')
			buf_add(out, STR("\\n"));
		else if (c == '\t')
			buf_add(out, STR("\\t"));
		else if (is_printable(c))
			buf_add(out, (struct str){ s.p + i, n });
		else
			buf_addf(out, "\\u%04X", c);
	}
	buf_addc(out, '"');
}

static bool
is_text(struct str s)
{
	size_t at;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0')
			return false;
	return str_utf8(s, &at);
}

static void
add_key(struct buf *out, unsigned indent, const char *key)
{
	buf_addf(out, "%*s%s: ", (int)indent, "", key);
}

static void
add_text(struct buf *out, unsigned indent, const char *key, struct str s)
{
	add_key(out, indent, key);
	case_text(out, s);
	buf_addc(out, '\n');
}

/* ---- JSON ---- */

static void
add_json(struct buf *out, const struct tree *t)
{
	bool map = t->kind == TREE_MAP;

	if (t->kind == TREE_TEXT) {
		case_text(out, t->text);
		return;
	}
	if (!map && t->kind != TREE_LIST) {
		tree_print_json(out, t, 0);
		return;
	}
	buf_addc(out, map ? '{' : '[');
	for (size_t i = 0; i < t->nitems; i++) {
		if (i > 0)
			buf_add(out, STR(", "));
		if (map) {
			case_text(out, t->items[i]->key->text);
			buf_add(out, STR(": "));
		}
		add_json(out, t->items[i]);
	}
	buf_addc(out, map ? '}' : ']');
}

static bool
is_shallow(const struct tree *t, unsigned depth)
{
	for (size_t i = 0; i < t->nitems; i++)
		if (depth == 0 || !is_shallow(t->items[i], depth - 1))
			return false;
	return true;
}

/* A map or list that YAML reads as JSON does; else it is better a text. */
static bool
add_document(struct buf *out, struct arena *a, struct str text)
{
	CLEANUP(buf_free) struct buf yaml = BUF(TREE_MAX_BYTES / 2);
	struct err ignored = ERR;
	struct tree *t, *back;

	if (tree_parse_json(&t, a, text, &ignored) < 0)
		return false;
	if ((t->kind != TREE_MAP && t->kind != TREE_LIST) ||
	    !is_shallow(t, JSON_DEPTH))
		return false;
	add_json(&yaml, t);
	if (buf_over(&yaml) ||
	    tree_parse_yaml(&back, a, buf_str(&yaml), &ignored) < 0 ||
	    !tree_eq(t, back))
		return false;
	buf_add(out, buf_str(&yaml));
	return true;
}

/* ---- what comes in ---- */

/* Who sent it and how says nothing of what was asked; and what is secret does
 * not belong in a file that is shared. */
static bool
is_kept(struct str name, bool *secret)
{
	static const char *const secrets[] = { "authorization", "cookie",
		"proxy-authorization" };
	static const char *const left[] = { "host", "connection", "user-agent",
		"accept-encoding", "accept-language", "content-length",
		"transfer-encoding", "expect", "upgrade-insecure-requests",
		"origin", "referer", "dnt", "pragma", "cache-control", "te",
		"keep-alive", "priority", "traceparent", "tracestate",
		"x-request-id", "if-none-match", "if-modified-since" };
	struct str head = { name.p, name.n < 4 ? name.n : 4 };

	for (size_t i = 0; i < COUNT(secrets); i++)
		if (str_ieq(name, str_of(secrets[i]))) {
			*secret = true;
			return false;
		}
	for (size_t i = 0; i < COUNT(left); i++)
		if (str_ieq(name, str_of(left[i])))
			return false;
	return !str_ieq(head, STR("sec-"));
}

static void
add_headers(struct buf *out, const struct record *r, struct buf *hint)
{
	bool secret = false, any = false;

	for (size_t i = 0; i < r->nheaders; i++) {
		const struct pair *h = &r->headers[i];

		if (!is_kept(h->key, &secret) || !is_text(h->key) ||
		    !is_text(h->value))
			continue;
		/* What every client sends says nothing. */
		if (str_ieq(h->key, STR("accept")) && str_is(h->value, "*/*"))
			continue;
		if (!any)
			buf_add(out, STR("      headers:\n"));
		any = true;
		buf_add(out, STR("        "));
		case_text(out, h->key);
		buf_add(out, STR(": "));
		case_text(out, h->value);
		buf_addc(out, '\n');
	}
	if (secret)
		buf_addf(hint, "%sits credentials are left out",
		    hint->n > 0 ? "; " : "");
}

static void
add_body(
    struct buf *out, const struct record *r, const char *side, bool *has_side)
{
	if (r->body.text.n == 0)
		return;
	*has_side = !is_text(r->body.text);
	if (*has_side)
		add_text(out, 6, "file", str_of(side));
	else
		add_text(out, 6, "body", r->body.text);
}

static void
add_state(struct buf *out, const struct record *r)
{
	if (r->nstate == 0 || str_is(r->kind, "schedule"))
		return;
	buf_add(out, STR("    given:\n      state:\n"));
	for (size_t i = 0; i < r->nstate; i++) {
		buf_add(out, STR("        "));
		case_text(out, r->state[i].key);
		buf_add(out, STR(": "));
		case_text(out, r->state[i].value);
		buf_addc(out, '\n');
	}
}

static void
add_given(struct buf *out, const struct record *r, const char *side,
    struct str source, bool *has_side, struct buf *hint)
{
	if (str_is(r->kind, "schedule")) {
		add_text(out, 4, "schedule", r->name);
		return;
	}
	if (str_is(r->kind, "message")) {
		buf_add(out, STR("    message:\n"));
		add_text(out, 6, "source", source);
		add_text(out, 6, "topic", r->name);
	} else {
		buf_add(out, STR("    request:\n"));
		add_text(out, 6, "method", r->method);
		add_text(out, 6, "path", r->url);
		add_headers(out, r, hint);
	}
	add_body(out, r, side, has_side);
	add_state(out, r);
}

/* ---- what came out ---- */

static void
add_answer(struct buf *out, const struct record *r, struct buf *hint)
{
	struct str s = r->answer.text;
	size_t bad;

	/* Where nothing ran, the server said so in its own words. */
	if (!r->answer.there || str_is(r->method, "HEAD") ||
	    r->steps->nitems == 0)
		return;
	if (r->answer.cut && s.n > CONTAINS_BYTES)
		s.n = CONTAINS_BYTES;
	/* Cut within a character: without what is left of it. */
	if (r->answer.cut && !str_utf8(s, &bad) && s.n - bad < 4)
		s.n = bad;
	if (!is_text(s)) {
		buf_addf(hint, "%sits answer is no text, so it is not compared",
		    hint->n > 0 ? "; " : "");
		return;
	}
	if (!r->answer.cut) {
		add_key(out, 6, "json");
		if (add_document(out, r->arena, s)) {
			buf_addc(out, '\n');
			return;
		}
		out->n -= sizeof("      json: ") - 1;
		add_text(out, 6, "body", s);
		return;
	}
	buf_add(out, STR("      body:\n"));
	add_text(out, 8, "contains", s);
	buf_addf(hint,
	    "%snot all of its answer was kept, so only the "
	    "beginning is looked for",
	    hint->n > 0 ? "; " : "");
}

static void
add_steps(struct buf *out, const struct record *r)
{
	bool any = false;

	buf_add(out, STR("      steps: ["));
	for (size_t i = 0; i < r->steps->nitems; i++) {
		const struct tree *s = r->steps->items[i];
		const struct tree *skipped = tree_get(s, "skipped");

		if (skipped && skipped->num)
			continue;
		if (any)
			buf_add(out, STR(", "));
		any = true;
		case_text(out, tree_text(s, "key"));
	}
	buf_add(out, STR("]\n"));
}

static void
add_error(struct buf *out, const struct record *r)
{
	const struct tree *last, *code;

	if (tree_text(r->run, "error").n == 0 || r->steps->nitems == 0)
		return;
	last = r->steps->items[r->steps->nitems - 1];
	code = tree_get(last, "code");
	if (code && code->num)
		buf_addf(
		    out, "      error: {code: %lld}\n", (long long)code->num);
	else
		buf_add(out, STR("      error: {trap: {contains: \"\"}}\n"));
}

static void
add_expect(struct buf *out, const struct record *r, struct buf *hint)
{
	buf_add(out, STR("    expect:\n"));
	if (str_is(r->kind, "request")) {
		buf_addf(out, "      status: %d\n", r->status);
		add_answer(out, r, hint);
		return;
	}
	add_error(out, r);
	add_steps(out, r);
	if (str_is(r->kind, "message"))
		add_answer(out, r, hint);
}

/* ---- all of it ---- */

static int
check_whole(const struct record *r, struct err *e)
{
	const struct tree *first =
	    r->steps->nitems > 0 ? tree_get(r->steps->items[0], "step") : NULL;

	if (first && first->num > 0) {
		err_set(e, ERR_INPUT,
		    "it was run from its step %lld on, which no request can do",
		    (long long)first->num + 1);
		return err_hint(e, "rerun it as a whole, and save that");
	}
	if (r->body.cut || r->state_cut || r->headers_cut)
		return err_set(e, ERR_LIMIT,
		    "not all of what came in was kept, so it cannot be asked "
		    "again");
	return 0;
}

static size_t
count_calls(const struct record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->steps->nitems; i++) {
		const struct tree *calls =
		    tree_get(r->steps->items[i], "calls");

		n += calls ? calls->nitems : 0;
	}
	return n;
}

int
case_write(struct buf *out, const struct record *r, struct str name,
    const char *side, struct str source, bool *has_side, struct buf *hint,
    struct err *e)
{
	size_t ncalls = count_calls(r);

	*has_side = false;
	if (check_whole(r, e) < 0)
		return -1;
	buf_addf(out, "# Saved from a " STR_F " of " STR_F ".\n",
	    STR_A(r->kind), STR_A(tree_text(r->run, "start")));
	buf_add(out, STR("cases:\n  - name: "));
	case_text(out, name);
	buf_addc(out, '\n');
	add_given(out, r, side, source, has_side, hint);
	add_expect(out, r, hint);
	if (ncalls > 0)
		buf_addf(hint,
		    "%sit made %zu outbound call%s, whose answers belong into "
		    "its 'given': subo test shows the lines to add",
		    hint->n > 0 ? "; " : "", ncalls, ncalls > 1 ? "s" : "");
	return 0;
}
