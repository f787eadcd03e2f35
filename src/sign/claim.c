/* SPDX-License-Identifier: Apache-2.0 */
/* What a trusted comment says of the bundle that is signed. */
#include <inttypes.h>
#include <string.h>

#include "sign/sign.h"

#define CLAIM "subo-bundle/1"

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

/* ---- all of it ---- */

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
take(struct sign_claim *c, struct arena *a, unsigned key, struct str v)
{
	CLEANUP(buf_free) struct buf text = BUF(SIGN_MAX_COMMENT);
	uint64_t n = 0;

	switch (key) {
	case K_SHA256:
		return digest_parse(v, &c->sha256);
	case K_SIZE:
		return take_number(v, UINT64_MAX, &c->size);
	case K_NAME:
	case K_VERSION:
		if (!take_value(&text, v))
			return false;
		*(key == K_NAME ? &c->name : &c->version) =
		    arena_copy(a, buf_str(&text));
		return true;
	case K_CREATED:
	case K_EXPIRES:
		if (!take_number(v, INT64_MAX, &n))
			return false;
		*(key == K_CREATED ? &c->created : &c->expires) = (int64_t)n;
		return true;
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
	struct str field, key;

	memset(c, 0, sizeof(*c));
	str_cut(&comment, '\t', &field);
	if (!str_is(field, CLAIM))
		return err_set(e, ERR_INPUT,
		    "the trusted comment begins with '" STR_F "' where '" CLAIM
		    "' is known",
		    STR_A(field));
	for (unsigned i = 0; i < KEYS; i++) {
		bool more = str_cut(&comment, '\t', &field);

		if (!more && i + 1 < KEYS)
			return err_set(e, ERR_INPUT,
			    "the trusted comment ends before '%s'",
			    keys[i + 1]);
		if (more && i + 1 == KEYS)
			return err_set(e, ERR_INPUT,
			    "the trusted comment says more than is known: "
			    "'" STR_F "'",
			    STR_A(comment));
		if (!str_cut(&field, '=', &key) || !str_is(key, keys[i]))
			return err_set(e, ERR_INPUT,
			    "the trusted comment says '" STR_F
			    "' where '%s' is to be",
			    STR_A(key), keys[i]);
		if (!take(c, a, i, field))
			return err_set(e, ERR_INPUT,
			    "the trusted comment's '%s' is not written as "
			    "it is to be",
			    keys[i]);
	}
	return 0;
}
