/* SPDX-License-Identifier: Apache-2.0 */
/* The only reader of the environment. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "os/os.h"

extern char **environ;

const char *
world_env(const char *name)
{
	const char *v = getenv(name);

	return v && v[0] != '\0' ? v : NULL;
}

const char *const *
world_environ(void)
{
	return (const char *const *)environ;
}

/* Services and containers often have no home.  What is there must be ours and
 * closed to others, or os_private_dir refuses it. */
static int
temporary(struct buf *out, struct err *e)
{
	const char *tmp = world_env("TMPDIR");

	buf_addf(out, "%s/subo-%u", tmp && tmp[0] == '/' ? tmp : "/tmp",
	    (unsigned)geteuid());
	if (os_private_dir(buf_cstr(out), e) < 0)
		return err_hint(e, "set HOME or XDG_CACHE_HOME");
	buf_add(out, STR("/cache"));
	return 0;
}

/* A home that is only a name (/nonexistent), or cannot be written, is none. */
static bool
in_home(struct buf *out)
{
	const char *home = world_env("HOME");
	struct err e = ERR;

	if (!home || home[0] != '/')
		return false;
	buf_addf(out, "%s/.cache/subo", home);
	if (os_private_dir(buf_cstr(out), &e) == 0 || e.kind != ERR_SYSTEM)
		return true;
	buf_clear(out);
	return false;
}

int
world_cache(struct buf *out, const char *sub, struct err *e)
{
	const char *base = world_env("XDG_CACHE_HOME");

	if (base && base[0] == '/')
		buf_addf(out, "%s/subo", base);
	else if (!in_home(out) && temporary(out, e) < 0)
		return -1;
	if (os_private_dir(buf_cstr(out), e) < 0)
		return -1;
	if (sub && sub[0] != '\0') {
		buf_addf(out, "/%s", sub);
		return os_private_dir(buf_cstr(out), e);
	}
	return 0;
}

static bool
data_below(struct buf *out, const char *root, const char *sub)
{
	buf_clear(out);
	buf_addf(out, "%s/%s", root, sub);
	return os_is_dir(buf_cstr(out));
}

int
world_data(struct buf *out, const char *sub, struct err *e)
{
	char self[PATH_MAX], prefix[PATH_MAX + 16];
	const char *given = world_env("SUBO_DATA");
	char *slash;

	if (given && data_below(out, given, sub))
		return 0;
	/* PREFIX/bin/subo: PREFIX/share/subo. */
	snprintf(self, sizeof(self), "%s", world_self());
	for (int i = 0; i < 2; i++)
		if ((slash = strrchr(self, '/')) != NULL)
			*slash = '\0';
	snprintf(prefix, sizeof(prefix), "%s/share/subo", self);
	if (data_below(out, prefix, sub))
		return 0;
	if (data_below(out, SUBO_SOURCE, sub))
		return 0;
	err_set(e, ERR_MISSING,
	    "subo's own files are not where they were "
	    "installed: no '%s/%s'",
	    prefix, sub);
	return err_hint(e, "install subo again, or set SUBO_DATA");
}

const char *
world_self(void)
{
	static char path[PATH_MAX];
	CLEANUP(buf_free) struct buf found = BUF(PATH_MAX - 1);
	struct err e = ERR;

	if (path[0] == '\0' && os_self(&found, &e) == 0)
		snprintf(path, sizeof(path), "%s", buf_cstr(&found));
	return path;
}

/* What compilers may see: nothing that could be a token or a password. */
static bool
allowed(const char *var)
{
	static const char *const names[] = { "PATH", "HOME", "USER", "LOGNAME",
		"SHELL", "TMPDIR", "LANG", "TZ", "TERM", "SOURCE_DATE_EPOCH",
		"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HTTP_PROXY",
		"HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
		"no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "RUSTUP_HOME",
		"RUSTUP_TOOLCHAIN", "RUSTFLAGS", "RUSTC", "RUSTC_WRAPPER",
		"CARGO_HOME", "GOPATH", "GOROOT", "GOPROXY", "GOCACHE",
		"GOMODCACHE", "GOFLAGS", "GONOSUMDB", "GONOSUMCHECK",
		"GONOPROXY", "GOPRIVATE", "GOSUMDB", "GOTOOLCHAIN",
		"GOINSECURE", "TINYGOROOT", "SUBO_TINYGO", "SUBO_CFLAGS",
		"SUBO_CXXFLAGS", "SUBO_LDFLAGS", "NODE_OPTIONS", "NODE_PATH",
		"NODE_EXTRA_CA_CERTS", "LD_LIBRARY_PATH", NULL };
	static const char *const prefixes[] = { "LC_", "CARGO_NET_",
		"CARGO_HTTP_", "CARGO_REGISTRIES_CRATES_IO_PROTOCOL",
		"CARGO_SOURCE_", "npm_config_registry", "NPM_CONFIG_REGISTRY",
		"npm_config_cache", "npm_config_cafile", NULL };
	size_t n = strcspn(var, "=");

	for (size_t i = 0; names[i]; i++)
		if (strlen(names[i]) == n && memcmp(var, names[i], n) == 0)
			return true;
	for (size_t i = 0; prefixes[i]; i++)
		if (strncmp(var, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static bool
is_set(const char *const *vars, size_t n, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (strncmp(vars[i], name, len) == 0 && vars[i][len] == '=')
			return true;
	return false;
}

/* Go gives up where others ask the system for the user's home. */
static void
add_homes(const char **vars, size_t n, const char *cache, struct arena *a)
{
	static const char *const names[][2] = { { "GOCACHE", "go-build" },
		{ "GOPATH", "go" } };
	const char *home = world_env("HOME");

	if (home && access(home, W_OK) == 0)
		return;
	for (size_t i = 0; i < COUNT(names); i++)
		if (!is_set(vars, n, names[i][0]))
			vars[n++] = arena_printf(
			    a, "%s=%s/%s", names[i][0], cache, names[i][1]);
}

int
world_toolchain(struct toolchain_env *env, struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf cache = BUF(PATH_MAX);
	size_t n = 0, kept = 0;
	const char **vars;
	const char *path = world_env("PATH");

	if (world_cache(&cache, "", e) < 0)
		return -1;
	while (environ[n])
		n++;
	vars = arena_take(a, (n + 3) * sizeof(*vars));
	for (size_t i = 0; i < n; i++)
		if (allowed(environ[i]))
			vars[kept++] = environ[i];
	add_homes(vars, kept, buf_cstr(&cache), a);
	env->path = path ? path : "";
	env->env = vars;
	env->cache_dir = arena_cstr(a, buf_str(&cache));
	return 0;
}
