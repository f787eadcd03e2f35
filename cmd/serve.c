/* SPDX-License-Identifier: Apache-2.0 */
/* subo serve - see subo-serve(1). */
#include "cmd.h"
#include "os/os.h"
#include "serve_parts.h"
#include "table.h"

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(serve_life_dispose)
	struct serve_life l = { .flags = serve_given(), .signals = -1 };
	struct serve_flags *f = serve_given();
	bool fetched = false;

	http_prepare();
	os_most_files();
	if (argc > 0)
		f->what = argv[0];
	if (serve_variables(f, e) < 0 || serve_where(&l.where, f, e) < 0 ||
	    serve_limits_given(&l.options, f, e) < 0)
		return -1;
	l.files.arena = arena_new();
	if (serve_trust(&l, e) < 0 || serve_fetch(&l, &fetched, e) < 0)
		return -1;
	if (!fetched &&
	    (f->wait ? serve_await(&l.files, f->what, e)
		     : serve_find(&l.files, f->what, e)) < 0)
		return -1;
	if (serve_begin(&l, e) < 0)
		return -1;
	return serve_live(&l, e);
}

const struct cmd cmd_serve = {
	.name = "serve",
	.args = "[bundle|dir|module.wasm|reference]",
	.max_args = 1,
	.value = VALUE_FILE,
	.about = "start the server: run a bundle and answer requests",
	.group = "Work on it",
	.opts = serve_opts,
	.run = run,
};
