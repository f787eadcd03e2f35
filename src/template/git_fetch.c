/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching.  Remotes are never written into a configuration: an address may
 * hold a password.
 */
#include <stdio.h>
#include <stdlib.h>

#include "os/os.h"
#include "template/git_api.h"
#include "template/repo.h"
#include "template/template.h"
#include "template/tips.h"

FREER(odb)
FREER(reference)
FREER(remote)

/* What callbacks are given. */
struct session {
	uint32_t magic;
	const struct address *a;
	unsigned asked; /* times for credentials */
	bool too_big;
};
#define SESSION_MAGIC 0x67697473u

static int
give_credentials(git_credential **out, const char *url, const char *user,
    unsigned allowed, void *payload)
{
	struct session *s = payload;
	const struct address *a = s->a;

	(void)url;
	if (!user) /* address.c sees to it that there is one */
		user = "git";
	if (s->magic != SESSION_MAGIC)
		abort();
	if (s->asked++ >= 2) {
		libgit()->error_set_str(
		    GIT_ERROR_NET, "the user or password is not accepted");
		return GIT_EAUTH;
	}
	if (a->kind == ADDRESS_SSH) {
		if ((allowed & GIT_CREDENTIAL_SSH_KEY) != 0)
			return libgit()->credential_ssh_key_from_agent(
			    out, user);
		if ((allowed & GIT_CREDENTIAL_USERNAME) != 0)
			return libgit()->credential_username_new(out, user);
	} else if (a->user[0] != '\0' &&
	    (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0) {
		return libgit()->credential_userpass_plaintext_new(
		    out, a->user, a->secret);
	}
	libgit()->error_set_str(GIT_ERROR_NET,
	    "it asks for a user and password, and none are given");
	return GIT_EAUTH;
}

static int
watch_transfer(const git_indexer_progress *p, void *payload)
{
	struct session *s = payload;

	if (s->magic != SESSION_MAGIC)
		abort();
	if (p->received_bytes > TEMPLATE_MAX_PACK ||
	    p->total_objects > GIT_MAX_OBJECTS)
		s->too_big = true;
	return s->too_big || os_interrupted() != 0 ? -1 : 0;
}

static git_remote_callbacks
callbacks_of(struct session *s)
{
	git_remote_callbacks cb;

	libgit()->remote_init_callbacks(&cb, GIT_REMOTE_CALLBACKS_VERSION);
	cb.credentials = give_credentials;
	cb.transfer_progress = watch_transfer;
	cb.payload = s;
	return cb;
}

/* code is what libgit2 returned.  Who is not let in, or does not trust the
 * other side, shall not be served an old copy: that is no ERR_REMOTE. */
static int
fetch_failed(const struct session *s, int code, struct err *e)
{
	bool barred = code == GIT_EAUTH || code == GIT_ECERTIFICATE;

	if (os_check_interrupt(e) < 0)
		return -1;
	if (s->too_big)
		return err_set(e, ERR_LIMIT,
		    "'%s' sends more than %u MB or %u objects", s->a->url,
		    TEMPLATE_MAX_PACK >> 20, GIT_MAX_OBJECTS);
	err_set(e, barred ? ERR_TRUST : ERR_REMOTE, "cannot fetch '%s': %s",
	    s->a->url, libgit_why());
	if (code == GIT_EAUTH)
		return err_hint(e, "%s",
		    s->a->kind == ADDRESS_SSH
			? "is the key in the ssh agent (ssh-add -l)?"
			: "use git@HOST:PATH with an ssh agent");
	if (!barred)
		return err_hint(e, "is the address right, and the network up?");
	return -1;
}

static int
list_tips(struct tips *t, git_remote *remote, struct session *s, struct err *e)
{
	git_remote_connect_options o;
	const git_remote_head **heads;
	int code;
	size_t n;

	libgit()->remote_connect_options_init(
	    &o, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	o.callbacks = callbacks_of(s);
	o.proxy_opts.type = GIT_PROXY_AUTO;
	o.follow_redirects = GIT_REMOTE_REDIRECT_INITIAL;
	code = libgit()->remote_connect_ext(remote, GIT_DIRECTION_FETCH, &o);
	if (code == 0)
		code = libgit()->remote_ls(&heads, &n, remote);
	if (code != 0)
		return fetch_failed(s, code, e);
	for (size_t i = 0; i < n; i++)
		tips_add(t, heads[i]->name, heads[i]->oid.id);
	return 0;
}

/* tips.h keeps ids as bytes. */
static git_oid
id_of(const struct tip *t)
{
	git_oid id;

	libgit()->oid_fromraw(&id, t->id);
	return id;
}

static bool
all_here(struct repo *r, const struct tips *t)
{
	CLEANUP(free_odb) git_odb *odb = NULL;

	if (libgit()->repository_odb(&odb, r->git) != 0)
		return false;
	for (size_t i = 0; i < t->n; i++) {
		git_oid id = id_of(&t->v[i]);

		if (t->v[i].wanted && !libgit()->odb_exists(odb, &id))
			return false;
	}
	return true;
}

static int
download(
    git_remote *remote, const struct tips *t, struct session *s, struct err *e)
{
	git_fetch_options o;
	char **specs = arena_take(t->arena, t->nwanted * sizeof(*specs));
	git_strarray list = { specs, 0 };
	int code;

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].wanted)
			specs[list.count++] = arena_printf(
			    t->arena, "%s:%s", t->v[i].name, t->v[i].name);
	libgit()->fetch_options_init(&o, GIT_FETCH_OPTIONS_VERSION);
	o.callbacks = callbacks_of(s);
	o.proxy_opts.type = GIT_PROXY_AUTO;
	o.follow_redirects = GIT_REMOTE_REDIRECT_INITIAL;
	o.update_fetchhead = 0; /* it would hold the address */
	o.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	code = libgit()->remote_download(remote, &list, &o);
	return code != 0 ? fetch_failed(s, code, e) : 0;
}

static int
note_tips(struct repo *r, const struct tips *t, struct err *e)
{
	for (size_t i = 0; i < t->n; i++) {
		CLEANUP(free_reference) git_reference *ref = NULL;
		git_oid id = id_of(&t->v[i]);
		char name[600];

		if (!t->v[i].wanted)
			continue;
		git_ref_name(r, name, sizeof(name), t->v[i].name);
		if (libgit()->reference_create(
			&ref, r->git, name, &id, true, "fetched") != 0)
			return err_set(e, ERR_SYSTEM,
			    "cannot write to the cache of templates: %s",
			    libgit_why());
	}
	return 0;
}

int
repo_fetch(struct repo *r, const struct address *a, struct err *e)
{
	CLEANUP(free_remote) git_remote *remote = NULL;
	CLEANUP(tips_free) struct tips t = { 0 };
	struct session s = { .magic = SESSION_MAGIC, .a = a };
	git_remote_create_options o;

	libgit()->remote_create_options_init(
	    &o, GIT_REMOTE_CREATE_OPTIONS_VERSION);
	o.repository = r->git;
	/* What the user typed is what is spoken to. */
	o.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF |
	    GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
	if (libgit()->remote_create_with_opts(&remote, a->url, &o) != 0)
		return fetch_failed(&s, GIT_ERROR, e);
	if (list_tips(&t, remote, &s, e) < 0 || tips_choose(&t, a->ref, e) < 0)
		return -1;
	if (!all_here(r, &t) && download(remote, &t, &s, e) < 0)
		return -1;
	return note_tips(r, &t, e);
}
