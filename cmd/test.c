/* SPDX-License-Identifier: Apache-2.0 */
/* subo test - see subo-test(1). */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bundle/bundle.h"
#include "cmd.h"
#include "os/os.h"
#include "smoke/smoke.h"
#include "test_attest.h"
#include "test_subject.h"
#include "test_tell.h"

#define MAX_REPORT (256u << 20)

static struct {
	const char *filter, *junit, *bundle, *attest;
	uint64_t jobs;
	bool update, tap, fail_fast, no_build, release;
} opt;

static const struct cmd_opt opts[] = {
	{ "filter", 'f', OPT_TEXT, &opt.filter, "TEXT",
	    "run only cases whose file and name hold TEXT", VALUE_ANY },
	{ "update", 'u', OPT_FLAG, &opt.update, NULL,
	    "write snapshots, showing each difference", VALUE_ANY },
	{ "jobs", 'j', OPT_NUMBER, &opt.jobs, "N",
	    "run N cases at once (default: one for each core)", VALUE_ANY },
	{ "fail-fast", 0, OPT_FLAG, &opt.fail_fast, NULL,
	    "stop at the first case that fails", VALUE_ANY },
	{ "release", 'r', OPT_FLAG, &opt.release, NULL,
	    "build what is shipped, as 'subo build --release'", VALUE_ANY },
	{ "no-build", 0, OPT_FLAG, &opt.no_build, NULL,
	    "take the bundle as it is", VALUE_ANY },
	{ "bundle", 'b', OPT_TEXT, &opt.bundle, "FILE",
	    "run the cases on this bundle", VALUE_FILE },
	{ "tap", 0, OPT_FLAG, &opt.tap, NULL, "report as TAP 13", VALUE_ANY },
	{ "junit", 0, OPT_TEXT, &opt.junit, "FILE",
	    "write a report as JUnit XML", VALUE_FILE },
	{ "attest", 0, OPT_TEXT, &opt.attest, "FILE",
	    "write what passed on which modules, to be packed or signed",
	    VALUE_FILE },
	{ 0 },
};

static const char minimal[] =
    "write one beside a function, such as greet/greet.test.yaml:\n"
    "  cases:\n"
    "    - name: greets\n"
    "      function: greet\n"
    "      input: world\n"
    "      expect: {body: hello world}";

static int
write_junit(
    const struct test_report *rep, const struct smoke_totals *t, struct err *e)
{
	CLEANUP(buf_free) struct buf out = BUF(MAX_REPORT);

	smoke_junit(&out, rep->v, rep->n, t->wall_ns);
	return os_replace(opt.junit, buf_str(&out), 0644, e);
}

static int
print_reports(struct arena *a, const struct test_report *rep,
    const struct smoke_totals *t, struct err *e)
{
	CLEANUP(buf_free) struct buf out = BUF(MAX_REPORT);
	struct tree *doc;

	/* The counts are told all the same, but not a second document. */
	if (opt.junit && write_junit(rep, t, e) < 0 && cmd_common()->json)
		return -1;
	if (cmd_common()->json) {
		doc = ui_json(a, "test", t->failed == 0);
		smoke_json(a, doc, rep->v, rep->n, t);
		ui_json_print(doc);
	} else if (opt.tap) {
		smoke_tap(&out, rep->v, rep->n);
		fwrite(buf_cstr(&out), 1, out.n, stdout);
	} else {
		printf("%zu passed, %zu failed", t->passed, t->failed);
		if (t->skipped > 0)
			printf(", %zu skipped", t->skipped);
		printf("\n");
	}
	if (e->kind != ERR_NONE)
		return -1;
	return t->failed > 0 ? ui_told(e, ERR_FAILED) : 0;
}

static unsigned
width(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
		return w.ws_col - 4u; /* details are indented */
	return 100;
}

/* What stands in front of a path below root. */
static const char *
prefix(const char *root, struct arena *a)
{
	struct str s = str_of(root);

	while (str_starts(s, "./"))
		s = str_from(s, 2);
	if (s.n == 0 || str_is(s, "."))
		return "";
	return arena_printf(
	    a, STR_F "%s", STR_A(s), str_ends(s, "/") ? "" : "/");
}

static int
run_cases(
    struct smoke *s, const struct subject *sub, struct arena *a, struct err *e)
{
	CLEANUP(engine_free) struct engine *en = NULL;
	CLEANUP(bundle_free) struct bundle *b = NULL;
	CLEANUP(buf_free) struct buf cache = BUF(4096);
	unsigned jobs = (unsigned)(opt.jobs < 1000 ? opt.jobs : 1000);
	struct engine_options eo = { .fuel = smoke_wants_fuel(s),
		.instances = smoke_instances(jobs) };
	struct test_report rep = { .total = smoke_count(s),
		.root = prefix(sub->root, a),
		.human = !opt.tap && !cmd_common()->json };
	struct smoke_options so = { .filter = opt.filter,
		.update = opt.update,
		.fail_fast = opt.fail_fast,
		.jobs = jobs,
		.width = width(),
		.modules = sub->modules,
		.nmodules = sub->nmodules,
		.tell = test_tell,
		.snapshot = test_tell_snapshot,
		.stale = test_tell_stale,
		.arg = &rep };
	struct smoke_totals t;
	int rc;

	if (sub->bundle[0] && bundle_open(&b, sub->bundle, e) < 0)
		return e->kind == ERR_MISSING
		    ? err_hint(e, "make it with 'subo build'")
		    : -1;
	if (world_cache(&cache, "code", e) < 0)
		return -1;
	eo.cache_dir = buf_cstr(&cache);
	eo.pooling = eo.instances <= 1000;
	if (engine_new(&en, &eo, e) < 0)
		return -1;
	rc = smoke_run(s, en, b, &so, &t, e);
	ui_progress(NULL);
	if (rc == 0 && opt.attest)
		rc = test_attest(opt.attest, b, &rep, e);
	if (rc == 0)
		rc = print_reports(a, &rep, &t, e);
	mem_free(rep.v);
	return rc;
}

static int
tell_problems(struct arena *a, const struct diags *ds, struct err *e)
{
	struct tree *doc;

	if (cmd_common()->json) {
		doc = ui_json(a, "test", false);
		tree_put(a, doc, "problems", ui_diags_json(a, ds));
		ui_json_print(doc);
	}
	return ui_told(e, ERR_INPUT);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(smoke_free) struct smoke *s = NULL;
	struct subject sub = { .release = opt.release };

	if (opt.tap && cmd_common()->json)
		return err_set(e, ERR_USAGE, "give one of --tap and --json");
	if (opt.no_build && opt.release)
		return err_set(
		    e, ERR_USAGE, "give one of --no-build and --release");
	if (opt.attest && (opt.filter || opt.update))
		return err_set(e, ERR_USAGE,
		    "--attest tells of all cases, as they are: not with %s",
		    opt.filter ? "--filter" : "--update");
	if (subject_find(&sub, argc > 0 ? argv[0] : ".", opt.bundle,
		opt.no_build, a, e) < 0)
		return -1;
	if (smoke_read(&s, sub.root, NULL, 0, ds, e) < 0)
		return -1;
	ui_diags(ds);
	if (diags_errors(ds) > 0)
		return tell_problems(a, ds, e);
	if (smoke_count(s) == 0) {
		err_set(
		    e, ERR_MISSING, "there are no tests below '%s'", sub.root);
		return err_hint(e, "%s", minimal);
	}
	return run_cases(s, &sub, a, e);
}

const struct cmd cmd_test = {
	.name = "test",
	.args = "[dir|bundle]",
	.max_args = 1,
	.value = VALUE_FILE,
	.about = "run the tests of a project on the bundle it builds",
	.group = "Work on it",
	.opts = opts,
	.run = run,
};
