/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes from registries, their token servers and docker's files, and what
 * people type.  The first byte says which: a reference, a challenge, a
 * Location, a token, a manifest, an index, a config.
 */
#include <assert.h>
#include <string.h>

#include "oci/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_kind(const struct err *e, enum err_kind a, enum err_kind b)
{
	assert(e->kind == a || e->kind == b);
	assert(e->text[0] != '\0');
}

/* What is taken is taken again as it is written out, and means the same. */
static void
try_reference(struct arena *a, struct str s)
{
	struct oci_ref r, again;
	struct err e = ERR;

	(void)oci_ref_looks(s);
	if (oci_ref_parse(&r, a, s, &e) < 0) {
		check_kind(&e, ERR_INPUT, ERR_INPUT);
		return;
	}
	assert(r.tag.n == 0 || oci_tag_ok(r.tag));
	assert(r.layout ? r.dir.n > 0 : name_ok(r.name) && r.host.n > 0);
	if (oci_ref_parse(&again, a, r.text, &e) < 0)
		assert(r.text.n > OCI_MAX_REF);
	else
		assert(str_eq(again.text, r.text) &&
		    str_eq(again.name, r.name) && str_eq(again.host, r.host) &&
		    str_eq(again.tag, r.tag) &&
		    again.has_digest == r.has_digest);
}

/* Two headers, one line each. */
static void
try_challenge(struct arena *a, struct str s)
{
	struct fetch_header h[2] = { { STR("WWW-Authenticate"), STR("") },
		{ STR("WWW-Authenticate"), STR("") } };
	struct oci o = { .options = { .insecure_http = false } };
	struct site site = { .host = STR("reg.example"),
		.address = STR("reg.example"),
		.secure = true };
	struct err e = ERR;
	struct challenge c;

	(void)str_cut(&s, '\n', &h[0].value);
	h[1].value = s;
	if (challenge_read(&c, a, h, 2, &e) < 0) {
		check_kind(&e, ERR_REMOTE, ERR_REMOTE);
		return;
	}
	if (c.auth != AUTH_BEARER)
		return;
	/* Nothing is told but by https. */
	if (realm_check(&o, &site, c.realm, a, &e) == 0)
		assert(c.realm.n > 8 &&
		    str_ieq((struct str){ c.realm.p, 8 }, STR("https://")));
	else
		check_kind(&e, ERR_TRUST, ERR_TRUST);
}

static void
try_location(struct arena *a, struct str s)
{
	struct fetch_url u;
	struct err e = ERR;
	struct str to;

	if (fetch_join(&to, a, STR("https://reg.example/v2/a/blobs/uploads/"),
		s, &e) < 0 ||
	    fetch_url_parse(&u, a, to, &e) < 0)
		check_kind(&e, ERR_INPUT, ERR_INPUT);
	else
		assert(text_printable(u.text) && u.host.n > 0);
}

static void
try_token(struct arena *a, struct str s)
{
	struct token_answer t;
	struct err e = ERR;

	if (token_parse(&t, a, s, &e) < 0)
		check_kind(&e, ERR_REMOTE, ERR_LIMIT);
	else
		assert(t.token.n > 0 && text_printable(t.token));
}

/* As printed here it is read again, and printed the same. */
static void
try_manifest(struct arena *a, struct str s)
{
	CLEANUP(buf_free) struct buf one = BUF(8 * OCI_MAX_MANIFEST);
	CLEANUP(buf_free) struct buf two = BUF(8 * OCI_MAX_MANIFEST);
	struct oci_manifest m, back;
	struct err e = ERR;

	if (oci_manifest_parse(&m, a, s, STR(""), &e) < 0) {
		check_kind(&e, ERR_REMOTE, ERR_LIMIT);
		return;
	}
	(void)oci_manifest_type(&m);
	oci_manifest_print(&one, &m);
	assert(!buf_over(&one));
	if (one.n > OCI_MAX_MANIFEST)
		return;
	assert(
	    oci_manifest_parse(&back, a, buf_str(&one), m.media_type, &e) == 0);
	oci_manifest_print(&two, &back);
	assert(str_eq(buf_str(&one), buf_str(&two)));
}

static void
try_index(struct arena *a, struct str s)
{
	struct oci_desc d = oci_desc_of(OCI_TYPE_MANIFEST, STR("x"));
	CLEANUP(buf_free) struct buf b = BUF(8 * OCI_MAX_MANIFEST);
	struct oci_referrers before = { 0 }, after = { 0 };
	struct err e = ERR;
	struct tree *doc;

	if (index_read(&doc, a, s, &e) < 0) {
		check_kind(&e, ERR_REMOTE, ERR_LIMIT);
		return;
	}
	index_referrers(&before, a, doc, NULL);
	index_add(doc, a, &d, STR(""));
	tree_print_json(&b, doc, 0);
	assert(index_read(&doc, a, buf_str(&b), &e) == 0);
	assert(index_lists(doc, &d.digest));
	index_referrers(&after, a, doc, NULL);
	assert(after.n == before.n + 1 && after.skipped == before.skipped);
}

static void
try_config(struct arena *a, struct str s)
{
	struct oci o = { .options = {
			     .world = { .docker_auth = arena_cstr(a, s) } } };
	struct err e = ERR;
	struct cred c;
	size_t at;

	/* A helper would be run. */
	if (str_find(s, STR("cred"), &at) || str_find(s, STR("\\u"), &at))
		return;
	if (cred_find(&c, &o, STR("docker.io"), STR("a/b"), a, &e) < 0)
		check_kind(&e, ERR_INPUT, ERR_LIMIT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const tries[])(
	    struct arena *a, struct str s) = { try_reference, try_challenge,
		try_location, try_token, try_manifest, try_index, try_config };
	static const char letters[] = "rcltmik";
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct str s = { (const char *)data, n };
	const char *which;

	if (n == 0 || data[0] == 0)
		return 0;
	which = strchr(letters, data[0]);
	if (which)
		tries[which - letters](a, str_from(s, 1));
	return 0;
}
