/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where credentials are found, in the files that docker and its kin keep.
 */
#include <string.h>

#include "oci/parts.h"
#include "os/os.h"

#define MAX_FILE (4u << 20)

bool
cred_is_empty(const struct cred *c)
{
	return c->user.n == 0 && c->password.n == 0 && c->identity.n == 0 &&
	    c->bearer.n == 0;
}

/* Old tools wrote URLs. */
size_t
config_keys(struct str keys[HOST_KEYS], struct arena *a, struct str host)
{
	static const char *const forms[] = { "%s", "https://%s", "https://%s/",
		"https://%s/v1/", "https://%s/v2/", "http://%s", "http://%s/" };
	const char *h = arena_cstr(a, host);
	size_t n = 0;

	if (str_is(host, DOCKER_HUB)) {
		keys[n++] = STR(DOCKER_HUB_KEY);
		keys[n++] = STR("index.docker.io");
		keys[n++] = STR(DOCKER_HUB_API);
	}
	for (size_t i = 0; i < COUNT(forms); i++) {
		CLEANUP(buf_free) struct buf b = BUF(1024);
		const char *at = strchr(forms[i], '%');

		buf_add(&b, (struct str){ forms[i], (size_t)(at - forms[i]) });
		buf_add(&b, str_of(h));
		buf_add(&b, str_of(at + 2));
		keys[n++] = arena_copy(a, buf_str(&b));
	}
	return n;
}

static struct tree *
host_entry(const struct tree *map, struct arena *a, struct str host)
{
	struct str keys[HOST_KEYS];
	size_t n = config_keys(keys, a, host);

	for (size_t i = 0; i < n; i++) {
		struct tree *t = tree_get_str(map, keys[i]);

		if (t)
			return t;
	}
	return NULL;
}

struct str
config_helper(const struct tree *doc, struct str host)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct tree *t =
	    host_entry(tree_get(doc, "credHelpers"), a, host);

	/* An empty one says: none for this host. */
	if (t && t->kind == TREE_TEXT)
		return t->text;
	return json_text(doc, "credsStore");
}

/* ---- files ---- */

/* Whoever may write to it names programs that we run. */
static int
check_mode(struct oci *o, const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		(void)err_set(e, ERR_TRUST,
		    "'%s' can be written by others, who could take your "
		    "credentials through it",
		    path);
		return err_hint(e, "chmod 600 '%s'", path);
	}
	if (st.st_mode & (S_IRGRP | S_IROTH))
		say(o, "'%s' can be read by others: chmod 600 '%s'", path,
		    path);
	return 0;
}

static int
parse_config(struct tree **doc, struct arena *a, struct str text,
    const char *path, struct err *e)
{
	struct tree *t;

	*doc = NULL;
	if (str_trim(text).n == 0)
		return 0;
	if (tree_parse_json(&t, a, text, e) < 0)
		return err_wrap(e, "%s", path);
	if (t->kind != TREE_MAP)
		return err_set(
		    e, ERR_INPUT, "%s: this is no JSON object", path);
	*doc = t;
	return 0;
}

static int
load(struct tree **doc, const char *path, struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_FILE);
	struct err why = ERR;

	*doc = NULL;
	if (os_read(&b, path, &why) == 0)
		return parse_config(doc, a, buf_str(&b), path, e);
	if (why.kind == ERR_MISSING)
		return 0;
	*e = why;
	return -1;
}

int
config_load(struct tree **doc, struct buf *path, struct oci *o, struct arena *a,
    struct err *e)
{
	const char *dir = o->options.world.docker_config;

	*doc = NULL;
	if (!dir)
		return 0;
	buf_addf(path, "%s/config.json", dir);
	return load(doc, buf_cstr(path), a, e);
}

/* ---- entries ---- */

static int
read_entry(struct cred *out, struct arena *a, const struct tree *t,
    const char *path, struct err *e)
{
	CLEANUP(sign_wipe_buf) struct buf b = BUF(64u << 10);
	struct str auth = json_text(t, "auth"), rest, user;

	out->bearer = json_text(t, "registrytoken");
	out->identity = json_text(t, "identitytoken");
	if (auth.n == 0) {
		out->user = json_text(t, "username");
		out->password = json_text(t, "password");
		return 0;
	}
	if (!text_unbase64(&b, auth) || buf_over(&b))
		return err_set(e, ERR_INPUT,
		    "%s: an 'auth' is not base64 of user:password", path);
	rest = arena_copy(a, buf_str(&b));
	if (!str_cut(&rest, ':', &user))
		return err_set(e, ERR_INPUT,
		    "%s: an 'auth' is not base64 of user:password", path);
	/* Docker once ended passwords with NULs. */
	while (rest.n > 0 && rest.p[rest.n - 1] == '\0')
		rest.n--;
	out->user = user;
	out->password = rest;
	return 0;
}

/* "host/team/app", "host/team", "host": the nearest (containers-auth.json). */
static struct tree *
nearest_entry(
    const struct tree *auths, struct arena *a, struct str host, struct str name)
{
	struct tree *t;

	while (name.n > 0) {
		t = tree_get_str(auths,
		    str_of(arena_printf(
			a, STR_F "/" STR_F, STR_A(host), STR_A(name))));
		if (t)
			return t;
		while (name.n > 0 && name.p[--name.n] != '/')
			;
	}
	return host_entry(auths, a, host);
}

struct place_of_cred {
	const struct tree *doc;
	const char *path;
	bool file;
};

static int
find_in(struct cred *out, struct oci *o, const struct place_of_cred *p,
    struct str host, struct str name, struct arena *a, struct err *e)
{
	struct str helper = config_helper(p->doc, host), keys[HOST_KEYS];
	const struct tree *t;

	if (!p->doc)
		return 0;
	if (helper.n > 0) {
		if (p->file && check_mode(o, p->path, e) < 0)
			return -1;
		(void)config_keys(keys, a, host);
		if (helper_run(o, helper, HELPER_GET, keys[0], out, a, e) < 0)
			return -1;
		if (!cred_is_empty(out))
			return 0;
	}
	t = nearest_entry(tree_get(p->doc, "auths"), a, host, name);
	if (!t || t->kind != TREE_MAP || t->nitems == 0)
		return 0;
	if (p->file && check_mode(o, p->path, e) < 0)
		return -1;
	return read_entry(out, a, t, p->path, e);
}

static int
find_in_files(struct cred *out, struct oci *o, struct str host, struct str name,
    struct arena *a, struct err *e)
{
	const struct oci_world *w = &o->options.world;
	CLEANUP(buf_free) struct buf path = BUF(4096);
	struct place_of_cred p = { .file = true };
	struct tree *doc;

	if (config_load(&doc, &path, o, a, e) < 0)
		return -1;
	p.doc = doc;
	p.path = buf_cstr(&path);
	if (find_in(out, o, &p, host, name, a, e) < 0)
		return -1;
	if (!cred_is_empty(out) || !w->auth_file)
		return 0;
	if (load(&doc, w->auth_file, a, e) < 0)
		return -1;
	p.doc = doc;
	p.path = w->auth_file;
	return find_in(out, o, &p, host, name, a, e);
}

int
cred_find(struct cred *out, struct oci *o, struct str host, struct str name,
    struct arena *a, struct err *e)
{
	const struct oci_options *opt = &o->options;
	struct place_of_cred p = { .path = "DOCKER_AUTH_CONFIG" };
	struct tree *doc;

	*out = (struct cred){ 0 };
	if (opt->user.n > 0 && str_eq(host, o->options_host)) {
		out->user = opt->user;
		out->password = opt->password;
		return 0;
	}
	if (opt->world.docker_auth) {
		if (parse_config(
			&doc, a, str_of(opt->world.docker_auth), p.path, e) < 0)
			return -1;
		p.doc = doc;
		if (find_in(out, o, &p, host, name, a, e) < 0)
			return -1;
		if (!cred_is_empty(out))
			return 0;
	}
	return find_in_files(out, o, host, name, a, e);
}
