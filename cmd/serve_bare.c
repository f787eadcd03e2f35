/* SPDX-License-Identifier: Apache-2.0 */
/* One module as an app: whatever is asked, it answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "serve_parts.h"

#define MAX_MODULE (64u << 20)

/* The file's name as that of a function. */
static char *
name_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = arena_cstr(a, str_of(slash ? slash + 1 : path));
	struct err ignored = ERR;
	char *end;

	end = strrchr(name, '.');
	if (end)
		*end = '\0';
	for (char *c = name; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
		if ((*c < 'a' || *c > 'z') && (*c < '0' || *c > '9'))
			*c = '-';
	}
	return name_check("function", str_of(name), &ignored) == 0
	    ? name
	    : arena_cstr(a, STR("module"));
}

static void
directive(struct buf *out, const char *name)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH",
		"DELETE" };
	static const char *const paths[] = { "/", "/*path" };

	buf_addf(out,
	    "identifier: %s\nappVersion: v0.0.0\natmoVersion: v0.4.8\n"
	    "runnables:\n  - name: %s\n    namespace: default\n"
	    "    version: v0.0.0\nhandlers:\n",
	    name, name);
	for (size_t m = 0; m < COUNT(methods); m++)
		for (size_t p = 0; p < COUNT(paths); p++)
			buf_addf(out,
			    "  - type: request\n    method: %s\n"
			    "    resource: \"%s\"\n    steps:\n"
			    "      - fn: %s\n",
			    methods[m], paths[p], name);
}

/* The packer writes files: in a folder of their own, for a moment. */
static int
pack_and_open(struct bundle **out, const struct bundle_part *parts, size_t n,
    const char *below, struct err *e)
{
	struct bundle_options how = { .store = true };
	char dir[4096], file[4200];
	struct err ignored = ERR;
	struct digest digest;
	int rc;

	snprintf(dir, sizeof(dir), "%.4000s/subo-serve.XXXXXX", below);
	if (!mkdtemp(dir))
		return err_sys(e, "cannot make a folder in '%s'", below);
	snprintf(file, sizeof(file), "%s/bundle.zip", dir);
	rc = bundle_pack(file, parts, n, &how, &digest, e);
	if (rc == 0)
		rc = bundle_open(out, file, e);
	if (os_remove_tree(dir, &ignored) < 0)
		ui_warn("%s", ignored.text);
	return rc;
}

int
serve_bare(struct bundle **out, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf wasm = BUF(MAX_MODULE);
	CLEANUP(buf_free) struct buf text = BUF(8192);
	CLEANUP(arena_free) struct arena *a = arena_new();
	const char *tmp = world_env("TMPDIR");
	const char *const places[] = { tmp ? tmp : "/tmp", "/dev/shm" };
	const char *name = name_of(a, path);
	struct bundle_part parts[2];
	int rc = -1;

	if (os_read(&wasm, path, e) < 0)
		return -1;
	directive(&text, name);
	parts[0] =
	    (struct bundle_part){ STR("Directive.yaml"), buf_str(&text) };
	parts[1].name =
	    str_of(bundle_module_name(a, STR("default"), str_of(name)));
	parts[1].data = buf_str(&wasm);
	for (size_t i = 0; i < COUNT(places) && rc < 0; i++)
		rc = pack_and_open(out, parts, COUNT(parts), places[i], e);
	return rc;
}
