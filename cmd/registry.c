/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment says on registries, for all commands that ask one. */
#include "registry.h"

static const char *
first(const char *const *names)
{
	const char *v = NULL;

	for (size_t i = 0; names[i] && !v; i++)
		v = world_env(names[i]);
	return v;
}

static const char *
docker_config(struct arena *a)
{
	const char *dir = world_env("DOCKER_CONFIG"), *home = world_env("HOME");

	if (dir)
		return dir;
	return home && home[0] == '/' ? arena_printf(a, "%s/.docker", home)
				      : NULL;
}

static const char *
auth_file(struct arena *a)
{
	const char *file = world_env("REGISTRY_AUTH_FILE"),
		   *dir = world_env("XDG_RUNTIME_DIR");

	if (file)
		return file;
	return dir && dir[0] == '/'
	    ? arena_printf(a, "%s/containers/auth.json", dir)
	    : NULL;
}

/* In a web server's child, HTTP_PROXY may be what a client sent (httpoxy). */
static const char *
http_proxy(void)
{
	const char *v = world_env("http_proxy");

	return v || world_env("REQUEST_METHOD") ? v : world_env("HTTP_PROXY");
}

static void
note(void *arg, const char *text)
{
	(void)arg;
	ui_note("%s", text);
}

static void
progress(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	if (total > 0 && done < total)
		ui_progress("%s of %s", ui_bytes(done), ui_bytes(total));
	else
		ui_progress(NULL);
}

void
registry_options(
    struct oci_options *out, const struct registry_opts *o, struct arena *a)
{
	static const char *const https[] = { "https_proxy", "HTTPS_PROXY",
		NULL };
	static const char *const all[] = { "all_proxy", "ALL_PROXY", NULL };
	static const char *const no[] = { "no_proxy", "NO_PROXY", NULL };
	static const char *const ca[] = { "SSL_CERT_FILE", "CURL_CA_BUNDLE",
		NULL };

	*out = (struct oci_options){ .insecure_http = o->insecure_http,
		.world = { .docker_config = docker_config(a),
		    .docker_auth = world_env("DOCKER_AUTH_CONFIG"),
		    .auth_file = auth_file(a),
		    .ca_file = o->ca ? o->ca : first(ca),
		    .ca_dir = world_env("SSL_CERT_DIR"),
		    .http_proxy = http_proxy(),
		    .https_proxy = first(https),
		    .all_proxy = first(all),
		    .no_proxy = first(no),
		    .environment = world_environ(),
		    .agent = "subo/" SUBO_VERSION },
		.note = note,
		.trace = cmd_common()->verbose ? note : NULL,
		.progress = cmd_common()->tty_err ? progress : NULL };
}

int
registry_open(struct oci **out, const struct registry_opts *o, struct arena *a,
    struct err *e)
{
	struct oci_options options;

	registry_options(&options, o, a);
	return oci_new(out, &options, e);
}
