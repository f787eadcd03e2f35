/* SPDX-License-Identifier: Apache-2.0 */
/* subo sign - see subo-sign(1). */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "os/os.h"

#define MAX_FILE (640u << 20)

static struct {
	const char *key, *role, *expires, *comment, *scope, *not_before;
	bool detached, rotate;
} opt;

static const struct cmd_opt opts[] = {
	{ "key", 'k', OPT_TEXT, &opt.key, "FILE",
	    "sign with the secret key in FILE", VALUE_FILE },
	{ "detached", 'd', OPT_FLAG, &opt.detached, NULL,
	    "write FILE.minisig, and leave FILE as it is", VALUE_ANY },
	{ "role", 0, OPT_TEXT, &opt.role, "ROLE",
	    "in which role: publisher, ci or release", VALUE_ANY },
	{ "expires", 0, OPT_TEXT, &opt.expires, "TIME",
	    "the signature holds until then: 30d, or 2027-01-31", VALUE_ANY },
	{ "comment", 'c', OPT_TEXT, &opt.comment, "TEXT",
	    "the trusted comment, for a file that is no bundle", VALUE_ANY },
	{ "rotate", 0, OPT_FLAG, &opt.rotate, NULL,
	    "FILE is a public key, which follows the key that signs",
	    VALUE_ANY },
	{ "scope", 0, OPT_TEXT, &opt.scope, "NAME",
	    "it does so for names that begin with NAME", VALUE_ANY },
	{ "not-before", 0, OPT_TEXT, &opt.not_before, "TIME",
	    "it does so from then on: 7d, or 2027-01-31", VALUE_ANY },
	{ 0 },
};

/* "30d" from now, or a day; 0: none is told. */
static int
time_to_come(int64_t *out, const char *text, int64_t now, struct err *e)
{
	struct str days = str_of(text);
	struct tm tm = { 0 };
	const char *end;
	uint64_t n;

	*out = 0;
	if (!text)
		return 0;
	if (days.n > 1 && days.p[days.n - 1] == 'd') {
		days.n--;
		if (str_u64(days, 36500, &n) && n > 0) {
			*out = now + (int64_t)n * 86400;
			return 0;
		}
	}
	end = strptime(text, "%Y-%m-%d", &tm);
	if (end && *end == '\0')
		*out = (int64_t)timegm(&tm);
	return *out > now ? 0
			  : err_set(e, ERR_USAGE,
				"'%s' is no time to come: 30d and 2027-01-31 "
				"are",
				text);
}

/* What the comment binds the signature to. */
static int
claim_of(struct buf *out, const struct bundle *b, const struct sign_sums *sums,
    struct err *e)
{
	const struct directive *d = bundle_directive(b);
	struct sign_claim c = { .sha256 = sums->sha256,
		.size = sums->nbytes,
		.name = d->identifier,
		.version = d->app_version,
		.created = os_unix_ms() / 1000,
		.role = SIGN_PUBLISHER };

	if (opt.role && !sign_role_parse(&c.role, str_of(opt.role)))
		return err_set(e, ERR_USAGE,
		    "'%s' is no role: publisher, ci and release are", opt.role);
	if (time_to_come(&c.expires, opt.expires, c.created, e) < 0)
		return -1;
	sign_claim_text(out, &c);
	if (out->n > SIGN_MAX_COMMENT)
		return err_set(e, ERR_LIMIT,
		    "the app's name and version are too long to sign");
	return 0;
}

/* ---- keeping it ---- */

/* Beside FILE: the first as FILE.minisig, others under their key's number; a
 * key's own takes the place of its old one. */
static int
keep_detached(const char **out, const char *path, struct str sig,
    const struct sign_public *key, struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf old = BUF(BUNDLE_MAX_COMMENT);
	const char *first = arena_printf(a, "%s.minisig", path);
	struct sign_signature s;
	struct err ignored = ERR;
	struct str text;
	char id[SIGN_ID];

	*out = first;
	if (os_exists(first)) {
		if (os_read(&old, first, e) < 0)
			return -1;
		text = buf_str(&old);
		sign_id(key->id, id);
		if (sign_signature_parse(&s, &text, &ignored) < 0 ||
		    memcmp(s.id, key->id, sizeof(s.id)) != 0)
			*out = arena_printf(a, "%s.%s.minisig", path, id);
	}
	return os_replace(*out, sig, 0644, e);
}

/* The comment with our signature in place of an old one of the same key. */
static int
join(struct buf *out, struct str comment, struct str sig,
    const struct sign_public *key, struct err *e)
{
	struct sign_signature s;

	while (comment.n > 0) {
		if (sign_signature_parse(&s, &comment, e) < 0)
			return -1;
		if (memcmp(s.id, key->id, sizeof(s.id)) != 0)
			buf_add(out, s.text);
	}
	buf_add(out, sig);
	return 0;
}

static int
keep_inside(const char *path, struct str file, const struct bundle_cut *cut,
    struct str sig, const struct sign_public *key, struct err *e)
{
	CLEANUP(buf_free) struct buf comment = BUF(BUNDLE_MAX_COMMENT);
	CLEANUP(buf_free) struct buf sealed = BUF(MAX_FILE);

	if (join(&comment, cut->comment, sig, key, e) < 0)
		return -1;
	if (buf_over(&comment))
		return err_set(e, ERR_LIMIT,
		    "there is no room for one more signature in it");
	if (bundle_sealed(&sealed, file, buf_str(&comment), e) < 0)
		return -1;
	return os_replace(path, buf_str(&sealed), 0644, e);
}

/* ---- bundles, and other files ---- */

struct signing {
	const char *path;
	struct arena *arena;
	struct sign_secret *key;
	struct buf file;
	struct buf sig;
	const char *where;  /* the signature is */
	char next[SIGN_ID]; /* the key that follows; or "" */
	struct sign_sums sums;
};

static int
sign_bundle(struct signing *s, struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	CLEANUP(buf_free) struct buf comment = BUF(8192);
	const struct sign_public *key = sign_secret_public(s->key);
	struct bundle_cut cut;

	if (opt.comment)
		return err_set(e, ERR_USAGE,
		    "--comment is for files that are no bundles: a bundle's "
		    "names what is signed");
	if (bundle_cut(&cut, buf_str(&s->file), e) < 0)
		return err_wrap(e, "'%s'", s->path);
	s->sums = sign_sums((const struct str[]){ cut.head, { "\0", 2 } }, 2);
	if (bundle_open_at(&b, buf_str(&s->file), s->path, BUNDLE_STRICT,
		&s->sums.sha256, e) < 0)
		return e->hint[0]
		    ? -1
		    : err_hint(e, "subo bundle normalize %s -o NEW", s->path);
	if (claim_of(&comment, b, &s->sums, e) < 0 ||
	    sign_make(&s->sig, s->key, &s->sums, buf_str(&comment), e) < 0)
		return -1;
	if (opt.detached)
		return keep_detached(
		    &s->where, s->path, buf_str(&s->sig), key, s->arena, e);
	s->where = s->path;
	return keep_inside(
	    s->path, buf_str(&s->file), &cut, buf_str(&s->sig), key, e);
}

static int
sign_file(struct signing *s, struct err *e)
{
	struct str file = buf_str(&s->file);

	if (opt.role || opt.expires)
		return err_set(e, ERR_USAGE,
		    "'%s' is no bundle, and only those have a role or expire",
		    s->path);
	s->sums = sign_sums(&file, 1);
	if (sign_make(&s->sig, s->key, &s->sums,
		str_of(opt.comment ? opt.comment : "signed by subo"), e) < 0)
		return -1;
	return keep_detached(&s->where, s->path, buf_str(&s->sig),
	    sign_secret_public(s->key), s->arena, e);
}

/* ---- a key that follows ---- */

/* A scope as it is looked up: the beginning of a name. */
static int
check_scope(struct str scope, struct err *e)
{
	struct sign_rotation r = { .scope = scope };
	CLEANUP(buf_free) struct buf text = BUF(8192);
	size_t star;

	sign_rotation_text(&text, &r);
	if (text.n <= SIGN_MAX_COMMENT && !(opt.scope && scope.n == 0) &&
	    !str_find(scope, STR("*"), &star))
		return 0;
	return err_set(e, ERR_USAGE,
	    "'" STR_F "' is no beginning of a name: com.example is",
	    STR_A(scope));
}

static int
rotation_of(struct sign_rotation *r, const struct signing *s, struct err *e)
{
	struct str file = buf_str(&s->file);

	*r = (struct sign_rotation){ .old = *sign_secret_public(s->key),
		.scope = str_of(opt.scope) };
	if (sign_public_parse(&r->next, file, e) < 0)
		return err_wrap(e, "'%s'", s->path);
	if (!str_starts(file, "untrusted comment: "))
		return err_set(e, ERR_INPUT,
		    "'%s' is not all of the public key's file", s->path);
	if (sign_public_eq(&r->next, &r->old)) {
		(void)err_set(e, ERR_INPUT,
		    "'%s' is the public key of the key that signs, and no key "
		    "follows itself",
		    s->path);
		return err_hint(e,
		    "subo keygen -o NEW; subo sign NEW.pub "
		    "--key OLD.key --rotate");
	}
	if (check_scope(r->scope, e) < 0)
		return -1;
	return time_to_come(
	    &r->not_before, opt.not_before, os_unix_ms() / 1000, e);
}

static int
sign_rotation(struct signing *s, struct err *e)
{
	CLEANUP(buf_free) struct buf comment = BUF(8192);
	struct str file = buf_str(&s->file);
	struct sign_rotation r;

	if (opt.role || opt.expires || opt.comment)
		return err_set(e, ERR_USAGE,
		    "--rotate says all that is signed: --role, --expires and "
		    "--comment do not go with it");
	if (rotation_of(&r, s, e) < 0)
		return -1;
	s->sums = sign_sums(&file, 1);
	sign_rotation_text(&comment, &r);
	sign_id(r.next.id, s->next);
	if (sign_make(&s->sig, s->key, &s->sums, buf_str(&comment), e) < 0)
		return -1;
	return keep_detached(
	    &s->where, s->path, buf_str(&s->sig), &r.old, s->arena, e);
}

static void
tell(const struct signing *s)
{
	char id[SIGN_ID], hex[DIGEST_HEX];
	struct tree *t;

	sign_id(sign_secret_public(s->key)->id, id);
	if (!cmd_common()->json && s->next[0] != '\0') {
		ui_note("key %s follows %s, as %s says: give that and %s to "
			"those who trust %s",
		    s->next, id, s->where, s->path, id);
		return;
	}
	if (!cmd_common()->json) {
		ui_note("%s is signed by key %s, in %s", s->path, id,
		    s->where == s->path ? "itself" : s->where);
		return;
	}
	digest_hex(&s->sums.sha256, hex);
	t = ui_json(s->arena, "sign", true);
	tree_put_text(s->arena, t, "file", str_of(s->path));
	tree_put_text(s->arena, t, "key", str_of(id));
	tree_put_text(s->arena, t, "sha256", str_of(hex));
	tree_put_text(s->arena, t, "signature", str_of(s->where));
	if (s->next[0] != '\0')
		tree_put_text(s->arena, t, "next", str_of(s->next));
	ui_json_print(t);
}

/* The user's own, which `keygen` makes, where none is named. */
static int
open_key(struct signing *s, struct err *e)
{
	CLEANUP(buf_free) struct buf usual = { 0 };

	if (opt.key)
		return keys_secret(&s->key, opt.key, e);
	if (keys_config(&usual, "subo.key") && os_exists(buf_cstr(&usual)))
		return keys_secret(&s->key, buf_cstr(&usual), e);
	(void)err_set(e, ERR_USAGE, "there is no key to sign with");
	return err_hint(
	    e, "--key NAME.key; `subo keygen` makes one that is always used");
}

static void
dispose(struct signing *s)
{
	sign_secret_free(&s->key);
	buf_free(&s->file);
	buf_free(&s->sig);
	arena_free(&s->arena);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(dispose)
	struct signing s = { .arena = arena_new(),
		.file = BUF(MAX_FILE),
		.sig = BUF(BUNDLE_MAX_COMMENT) };
	bool bundle;

	if (argc != 1) {
		(void)err_set(e, ERR_USAGE, "which file is to be signed?");
		return err_hint(e, "subo sign runnables.wasm.zip");
	}
	s.path = argv[0];
	if (os_read(&s.file, s.path, e) < 0 || open_key(&s, e) < 0)
		return -1;
	if (!opt.rotate && (opt.scope || opt.not_before))
		return err_set(
		    e, ERR_USAGE, "--scope and --not-before go with --rotate");
	bundle = str_starts(buf_str(&s.file), "PK\3\4");
	if ((opt.rotate	     ? sign_rotation(&s, e)
		    : bundle ? sign_bundle(&s, e)
			     : sign_file(&s, e)) < 0)
		return -1;
	tell(&s);
	return 0;
}

const struct cmd cmd_sign = {
	.name = "sign",
	.args = "FILE",
	.max_args = 1,
	.value = VALUE_FILE,
	.about = "sign a bundle or any file",
	.group = "Ship it",
	.opts = opts,
	.run = run,
};
