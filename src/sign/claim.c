/* SPDX-License-Identifier: Apache-2.0 */
/* What a trusted comment says of the bundle that is signed, or of the key that
 * follows the one that signs. */
#include <inttypes.h>
#include <string.h>

#include "sign/sign.h"

#define CLAIM "subo-bundle/1"
#define ROTATION "subo-rotate/1"

static const char *const roles[SIGN_ROLES] = { "publisher", "ci", "release" };

const char *
sign_role_name(enum sign_role r)
{
	return roles[r];
}

bool
sign_role_parse(enum sign_role *r, struct str name)
{
	for (size_t i = 0; i < COUNT(roles); i++)
		if (str_is(name, roles[i])) {
			*r = (enum sign_role)i;
			return true;
		}
	return false;
}

/* ---- values ---- */

static bool
is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || memchr("-._~/:+@", c, 8) != NULL;
}

static void
add_value(struct buf *out, const char *key, struct str value)
{
	buf_addf(out, "\t%s=", key);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c != '\0' && is_plain(c))
			buf_addc(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Only as add_value writes it: one text for one value. */
static bool
take_value(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		int high, low;

		if (s.p[i] != '%') {
			if (s.p[i] == '\0' || !is_plain((unsigned char)s.p[i]))
				return false;
			buf_addc(out, s.p[i]);
			continue;
		}
		if (s.n - i < 3)
			return false;
		high = nibble(s.p[i + 1]);
		low = nibble(s.p[i + 2]);
		if (high < 0 || low < 0 || high * 16 + low == 0 ||
		    is_plain((unsigned char)(high * 16 + low)))
			return false;
		buf_addc(out, (char)(high * 16 + low));
		i += 2;
	}
	return true;
}

static bool
take_number(struct str s, uint64_t most, uint64_t *v)
{
	return str_u64(s, most, v) && (s.n == 1 || s.p[0] != '0');
}

/* ---- the form of all of them ---- */

/* A name, then these keys in this order and nothing else. */
struct form {
	const char *name;
	const char *const *keys;
	unsigned nkeys;
	bool (*take)(void *into, struct arena *a, unsigned key, struct str v);
};

static int
take_all(void *into, const struct form *f, struct arena *a, struct str comment,
    struct err *e)
{
	struct str field, key;

	if (comment.n > SIGN_MAX_COMMENT)
		return err_set(e, ERR_INPUT,
		    "the trusted comment is longer than %u bytes",
		    SIGN_MAX_COMMENT);
	str_cut(&comment, '\t', &field);
	if (!str_is(field, f->name))
		return err_set(e, ERR_INPUT,
		    "the trusted comment begins with '" STR_F
		    "' where '%s' is known",
		    STR_A(field), f->name);
	for (unsigned i = 0; i < f->nkeys; i++) {
		bool more = str_cut(&comment, '\t', &field);

		if (!more && i + 1 < f->nkeys)
			return err_set(e, ERR_INPUT,
			    "the trusted comment ends before '%s'",
			    f->keys[i + 1]);
		if (more && i + 1 == f->nkeys)
			return err_set(e, ERR_INPUT,
			    "the trusted comment says more than is known: "
			    "'" STR_F "'",
			    STR_A(comment));
		if (!str_cut(&field, '=', &key) || !str_is(key, f->keys[i]))
			return err_set(e, ERR_INPUT,
			    "the trusted comment says '" STR_F
			    "' where '%s' is to be",
			    STR_A(key), f->keys[i]);
		if (!f->take(into, a, i, field))
			return err_set(e, ERR_INPUT,
			    "the trusted comment's '%s' is not written as "
			    "it is to be",
			    f->keys[i]);
	}
	return 0;
}

static bool
take_text(struct str *out, struct arena *a, struct str v)
{
	CLEANUP(buf_free) struct buf text = BUF(SIGN_MAX_COMMENT);

	if (!take_value(&text, v))
		return false;
	*out = arena_copy(a, buf_str(&text));
	return true;
}

static bool
take_time(int64_t *out, struct str v)
{
	uint64_t n;

	if (!take_number(v, INT64_MAX, &n))
		return false;
	*out = (int64_t)n;
	return true;
}

/* ---- of a bundle ---- */

void
sign_claim_text(struct buf *out, const struct sign_claim *c)
{
	char hex[DIGEST_HEX];

	digest_hex(&c->sha256, hex);
	buf_addf(out, CLAIM "\tsha256=%s\tsize=%" PRIu64, hex, c->size);
	add_value(out, "name", c->name);
	add_value(out, "version", c->version);
	buf_addf(out, "\tcreated=%" PRId64 "\texpires=%" PRId64 "\trole=%s",
	    c->created, c->expires, roles[c->role]);
}

bool
sign_is_claim(struct str comment)
{
	return str_starts(comment, "subo-bundle/");
}

enum {
	K_SHA256,
	K_SIZE,
	K_NAME,
	K_VERSION,
	K_CREATED,
	K_EXPIRES,
	K_ROLE,
	KEYS
};

static bool
take_claim(void *into, struct arena *a, unsigned key, struct str v)
{
	struct sign_claim *c = into;

	switch (key) {
	case K_SHA256:
		return digest_parse(v, &c->sha256);
	case K_SIZE:
		return take_number(v, UINT64_MAX, &c->size);
	case K_NAME:
		return take_text(&c->name, a, v);
	case K_VERSION:
		return take_text(&c->version, a, v);
	case K_CREATED:
		return take_time(&c->created, v);
	case K_EXPIRES:
		return take_time(&c->expires, v);
	default:
		return sign_role_parse(&c->role, v);
	}
}

int
sign_claim_parse(
    struct sign_claim *c, struct arena *a, struct str comment, struct err *e)
{
	static const char *const keys[KEYS] = { "sha256", "size", "name",
		"version", "created", "expires", "role" };
	const struct form f = { CLAIM, keys, KEYS, take_claim };

	memset(c, 0, sizeof(*c));
	return take_all(c, &f, a, comment, e);
}

/* ---- of the key that follows ---- */

static void
add_key(struct buf *out, const char *key, const struct sign_public *p)
{
	CLEANUP(buf_free) struct buf line = BUF(SIGN_MAX_FILE);

	sign_public_line(&line, p);
	add_value(out, key, buf_str(&line));
}

static bool
take_key(struct sign_public *out, struct str v)
{
	CLEANUP(buf_free) struct buf line = BUF(SIGN_MAX_COMMENT);
	CLEANUP(buf_free) struct buf same = BUF(SIGN_MAX_COMMENT);
	struct err ignored = ERR;

	if (!take_value(&line, v) ||
	    sign_public_parse(out, buf_str(&line), &ignored) < 0)
		return false;
	/* A file with space or a comment around the line is read too. */
	sign_public_line(&same, out);
	return str_eq(buf_str(&line), buf_str(&same));
}

void
sign_rotation_text(struct buf *out, const struct sign_rotation *r)
{
	buf_addf(out, ROTATION);
	add_key(out, "old", &r->old);
	add_key(out, "new", &r->next);
	add_value(out, "scope", r->scope);
	buf_addf(out, "\tnot-before=%" PRId64, r->not_before);
}

bool
sign_is_rotation(struct str comment)
{
	return str_starts(comment, "subo-rotate/");
}

enum { R_OLD, R_NEW, R_SCOPE, R_NOT_BEFORE, R_KEYS };

static bool
take_rotation(void *into, struct arena *a, unsigned key, struct str v)
{
	struct sign_rotation *r = into;

	switch (key) {
	case R_OLD:
		return take_key(&r->old, v);
	case R_NEW:
		return take_key(&r->next, v);
	case R_SCOPE:
		return take_text(&r->scope, a, v);
	default:
		return take_time(&r->not_before, v);
	}
}

int
sign_rotation_parse(
    struct sign_rotation *r, struct arena *a, struct str comment, struct err *e)
{
	static const char *const keys[R_KEYS] = { "old", "new", "scope",
		"not-before" };
	const struct form f = { ROTATION, keys, R_KEYS, take_rotation };

	memset(r, 0, sizeof(*r));
	return take_all(r, &f, a, comment, e);
}
