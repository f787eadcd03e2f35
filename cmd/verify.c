/* SPDX-License-Identifier: Apache-2.0 */
/* subo verify - see subo-verify(1). */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "os/os.h"

#define MAX_FILE (640u << 20)

static struct {
	struct trust_opts trust;
} opt;

static const struct cmd_opt opts[] = {
	TRUST_OPTS(opt.trust),
	{ 0 },
};

struct verifying {
	const char *path;
	struct trusting trusting;
	struct buf file;
	struct str detached[KEYS_MAX_DETACHED];
	size_t ndetached;
};

static void
add_signer(struct arena *a, struct tree *list, const struct trust_signer *s)
{
	struct tree *t = tree_add(a, list, tree_map(a));

	tree_put_text(a, t, "key", str_of(s->id));
	if (s->follows[0] != '\0')
		tree_put_text(a, t, "follows", str_of(s->follows));
	tree_put_text(a, t, "comment", s->comment);
	if (!s->has_claim)
		return;
	tree_put_text(a, t, "role", str_of(sign_role_name(s->claim.role)));
	tree_put_int(a, t, "created", s->claim.created);
	tree_put_int(a, t, "expires", s->claim.expires);
}

static void
tell(const struct verifying *v, const struct trust_found *f)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(2000);
	const struct directive *d = bundle_directive(f->bundle);
	char hex[DIGEST_HEX];
	struct tree *t;

	digest_hex(&f->sums.sha256, hex);
	if (!cmd_common()->json) {
		trust_found_text(&text, f);
		printf("%s: " STR_F " " STR_F " sha256:%s, %s\n", v->path,
		    STR_A(d->identifier), STR_A(d->app_version), hex,
		    buf_cstr(&text));
		return;
	}
	t = ui_json(a, "verify", true);
	tree_put_text(a, t, "file", str_of(v->path));
	tree_put_text(a, t, "name", d->identifier);
	tree_put_text(a, t, "version", d->app_version);
	tree_put_text(a, t, "sha256", str_of(hex));
	tree_put_int(a, t, "unknown", (int64_t)f->nunknown);
	tree_put(a, t, "signers", tree_list(a));
	for (size_t i = 0; i < f->nsigners; i++)
		add_signer(a, tree_get(t, "signers"), &f->signers[i]);
	ui_json_print(t);
}

static int
verify_bundle(struct verifying *v, struct err *e)
{
	struct trust_found found;

	if (trust_verify(&found, buf_str(&v->file), v->path, v->detached,
		v->ndetached, &v->trusting.want, e) < 0)
		return -1;
	tell(v, &found);
	trust_found_free(&found);
	return 0;
}

static void
tell_file(const struct verifying *v, const struct trust_found *f)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t;

	for (size_t i = 0; !cmd_common()->json && i < f->nsigners; i++) {
		const struct trust_signer *s = &f->signers[i];
		bool follows = s->follows[0] != '\0';

		printf("%s: signed by %s%s%s: " STR_F "\n", v->path, s->id,
		    follows ? ", which follows " : "", s->follows,
		    STR_A(s->comment));
	}
	if (!cmd_common()->json)
		return;
	t = ui_json(a, "verify", true);
	tree_put_text(a, t, "file", str_of(v->path));
	tree_put(a, t, "signers", tree_list(a));
	for (size_t i = 0; i < f->nsigners; i++)
		add_signer(a, tree_get(t, "signers"), &f->signers[i]);
	ui_json_print(t);
}

static int
verify_file(struct verifying *v, struct err *e)
{
	const struct trust_file f = { .data = buf_str(&v->file),
		.detached = v->detached,
		.ndetached = v->ndetached };
	struct trust_want w = v->trusting.want;
	struct trust_found found;

	if (v->ndetached == 0) {
		(void)err_set(
		    e, ERR_TRUST, "'%s' has no signature beside it", v->path);
		return err_hint(e, "it is looked for in %s.minisig", v->path);
	}
	/* A look at what is not signed says nothing. */
	w.allow_unsigned = false;
	if (trust_verify_file(&found, &f, &w, e) < 0)
		return err_wrap(e, "'%s'", v->path);
	tell_file(v, &found);
	trust_found_free(&found);
	return 0;
}

static void
dispose(struct verifying *v)
{
	trusting_close(&v->trusting);
	buf_free(&v->file);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(dispose) struct verifying v = { .file = BUF(MAX_FILE) };

	if (argc != 1) {
		(void)err_set(e, ERR_USAGE, "which file is to be verified?");
		return err_hint(e, "subo verify FILE --key NAME.pub");
	}
	v.path = argv[0];
	if (trusting_open(&v.trusting, &opt.trust, e) < 0 ||
	    os_read(&v.file, v.path, e) < 0 ||
	    keys_detached(
		v.detached, &v.ndetached, v.trusting.arena, v.path, e) < 0)
		return -1;
	if (!trusting_somebody(&v.trusting) && !opt.trust.allow_unsigned) {
		(void)err_set(e, ERR_USAGE, "whose signature is to be there?");
		return err_hint(e, "--key NAME.pub, or --policy FILE");
	}
	/* What was seen before counts for what is run, not for a look. */
	v.trusting.want.memory = NULL;
	return str_starts(buf_str(&v.file), "PK\3\4") ? verify_bundle(&v, e)
						      : verify_file(&v, e);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.args = "FILE",
	.max_args = 1,
	.value = VALUE_FILE,
	.about = "check who signed a bundle or a file",
	.group = "Ship it",
	.opts = opts,
	.run = run,
};
