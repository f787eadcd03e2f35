/* SPDX-License-Identifier: Apache-2.0 */
/* Signing what was built with the user's own key, when there is one. */
#include "build_sign.h"

#include "bundle/bundle.h"
#include "keys.h"
#include "os/os.h"
#include "project/project.h"

#define MAX_FILE (BUNDLE_MAX_BYTES + (32u << 20))

/* A key that wants a password is for `subo sign`: a build asks for nothing. */
static int
open_key(struct sign_secret **key, struct err *e)
{
	CLEANUP(buf_free) struct buf path = { 0 };
	CLEANUP(sign_wipe_buf) struct buf text = BUF(SIGN_MAX_FILE);

	if (!keys_config(&path, "subo.key") || !os_exists(buf_cstr(&path)))
		return 0;
	if (os_read(&text, buf_cstr(&path), e) < 0)
		return -1;
	if (sign_secret_locked(buf_str(&text)) &&
	    !world_env("SUBO_KEY_PASSWORD")) {
		ui_note("not signed: the key wants a password; `subo sign` "
			"asks for it");
		return 0;
	}
	return keys_secret(key, buf_cstr(&path), e);
}

static int
make_signature(struct buf *out, struct str file, const struct bundle_cut *cut,
    int64_t now, const struct sign_secret *key, struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	CLEANUP(buf_free) struct buf comment = BUF(8192);
	struct sign_sums sums =
	    sign_sums((const struct str[]){ cut->head, { "\0", 2 } }, 2);
	struct sign_claim c = { .sha256 = sums.sha256,
		.size = sums.nbytes,
		.created = now,
		.role = SIGN_PUBLISHER };

	if (bundle_open_at(
		&b, file, PROJECT_BUNDLE, BUNDLE_STRICT, &sums.sha256, e) < 0)
		return -1;
	c.name = bundle_directive(b)->identifier;
	c.version = bundle_directive(b)->app_version;
	sign_claim_text(&comment, &c);
	if (comment.n > SIGN_MAX_COMMENT)
		return err_set(e, ERR_LIMIT,
		    "the app's name and version are too long to sign");
	return sign_make(out, key, &sums, buf_str(&comment), e);
}

static int
sign_file(
    const char *path, int64_t now, const struct sign_secret *key, struct err *e)
{
	CLEANUP(buf_free) struct buf file = BUF(MAX_FILE);
	CLEANUP(buf_free) struct buf sig = BUF(BUNDLE_MAX_COMMENT);
	CLEANUP(buf_free) struct buf sealed = BUF(MAX_FILE);
	struct bundle_cut cut;

	if (os_read(&file, path, e) < 0 ||
	    bundle_cut(&cut, buf_str(&file), e) < 0)
		return -1;
	if (cut.comment.n > 0)
		return 0; /* up to date, and signed before */
	if (make_signature(&sig, buf_str(&file), &cut, now, key, e) < 0 ||
	    bundle_sealed(&sealed, buf_str(&file), buf_str(&sig), e) < 0)
		return -1;
	return os_replace(path, buf_str(&sealed), 0644, e);
}

int
build_sign(char id[SIGN_ID], const char *path, int64_t epoch_s, struct err *e)
{
	struct sign_secret *key = NULL;
	int r;

	id[0] = '\0';
	if (open_key(&key, e) < 0)
		return err_wrap(e, "the bundle is not signed");
	if (!key)
		return 0;
	sign_id(sign_secret_public(key)->id, id);
	r = sign_file(
	    path, epoch_s > 0 ? epoch_s : os_unix_ms() / 1000, key, e);
	sign_secret_free(&key);
	return r < 0 ? err_wrap(e, "the bundle is not signed") : 0;
}
