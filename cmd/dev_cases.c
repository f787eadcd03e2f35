/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The project's tests after each change, on a thread of their own: a save
 * while they run is built and served at once.
 */
#include <stdio.h>
#include <string.h>

#include "dev_parts.h"
#include "os/os.h"
#include "smoke/smoke.h"
#include "test_tell.h"

#define MAX_FIRST (16u << 10)

struct run {
	struct dev_cases told;

	struct test_report rep;
	char bundle[4096], module[200];
	bool all;		/* cases run, whatever changed */
	struct dev_tested *now; /* what they run on; NULL: a module alone */
};

/* Their own, so that they take no instance from a request; and none reserved,
 * which would make the start of each compiler slower.  What is compiled is
 * shared through the cache. */
static int
make_engine(struct dev *d, bool fuel, struct err *e)
{
	struct engine_options eo = { .fuel = fuel,
		.instances = smoke_instances(0),
		.cache_dir = buf_cstr(&d->cache_dir) };

	if (d->test_engine && d->fuel == fuel)
		return 0;
	engine_free(&d->test_engine);
	d->fuel = fuel;
	return engine_new(&d->test_engine, &eo, e);
}

static void
on_case(void *arg, const struct smoke_case_result *res)
{
	struct run *r = arg;
	struct buf *first = &r->told.first;

	if (res->outcome == SMOKE_FAILED && first->n == 0)
		buf_addf(first, STR_F ":%u: " STR_F "\n" STR_F,
		    STR_A(res->file), res->at.line, STR_A(res->name),
		    STR_A(res->details));
	dev_talk(r->told.d);
	test_tell(&r->rep, res);
	fflush(stdout);
	dev_talked(r->told.d);
}

static int
read_cases(struct smoke **s, struct run *r, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();

	if (smoke_read(s, r->told.d->root, NULL, 0, ds, e) < 0)
		return -1;
	if (diags_errors(ds) == 0)
		return 0;
	dev_talk(r->told.d);
	ui_diags(ds);
	dev_talked(r->told.d);
	return err_set(e, ERR_INPUT, "%zu problem%s in the test files",
	    diags_errors(ds), diags_errors(ds) == 1 ? "" : "s");
}

static bool
touched(void *arg, const struct function_info *f)
{
	const struct run *r = arg;

	return dev_tested_touched(r->told.d->tested, r->now, f);
}

/* Remember what they ran on, but when a failure is still to be mended. */
static void
remember(struct run *r, const struct smoke_totals *t)
{
	struct dev *d = r->told.d;

	dev_tested_free(&d->tested);
	if (t->failed == 0) {
		d->tested = r->now;
		r->now = NULL;
	}
}

static int
run_cases(struct run *r, struct err *e)
{
	CLEANUP(smoke_free) struct smoke *s = NULL;
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct dev *d = r->told.d;
	struct smoke_options so = { .tell = on_case, .arg = r, .width = 76 };
	struct smoke_module alone = { str_of(r->module), r->bundle };
	struct smoke_totals t;

	if (read_cases(&s, r, e) < 0)
		return -1;
	if (smoke_count(s) == 0)
		return 0;
	if (make_engine(d, smoke_wants_fuel(s), e) < 0 ||
	    (alone.name.n == 0 && bundle_open(&b, r->bundle, e) < 0))
		return -1;
	if (b)
		r->now = dev_tested_new(d, b);
	if (!r->all && r->now && d->tested &&
	    dev_tested_alike(d->tested, r->now))
		so.touched = touched;
	so.modules = &alone;
	so.nmodules = alone.name.n > 0;
	r->rep.human = !cmd_common()->json;
	r->rep.total = smoke_count(s);
	r->rep.root = "";
	if (smoke_run(s, d->test_engine, b, &so, &t, e) < 0)
		return -1;
	r->told.passed = t.passed;
	r->told.failed = t.failed;
	r->told.skipped = t.skipped;
	r->told.untouched = t.untouched;
	r->told.wall_ns = t.wall_ns;
	remember(r, &t);
	return 0;
}

static void tests_over(void *arg);

static void *
run_tests(void *arg)
{
	struct run *r = arg;
	struct err e = ERR;

	if (run_cases(r, &e) < 0)
		snprintf(r->told.why, sizeof(r->told.why), "%.290s", e.text);
	dev_talk(r->told.d);
	ui_progress(NULL);
	dev_talked(r->told.d);
	loop_post(r->told.d->loop, tests_over, r);
	return NULL;
}

static void
free_run(struct run *r)
{
	buf_free(&r->told.first);
	dev_tested_free(&r->now);
	mem_free(r->rep.v);
	mem_free(r);
}

static void
join(struct dev *d)
{
	if (!d->testing)
		return;
	pthread_join(d->tester, NULL);
	d->testing = false;
	loop_release(d->loop);
}

/* Also when the loop is freed: then only to be cleared away. */
static void
tests_over(void *arg)
{
	struct run *r = arg;
	struct dev *d = r->told.d;

	join(d);
	if (!d->ending) {
		dev_tell_cases(d, &r->told);
		studio_tests(d->studio, r->told.passed, r->told.failed,
		    r->told.why[0] ? str_of(r->told.why)
				   : buf_str(&r->told.first));
		if (d->test_again)
			dev_test(d, d->again_asked);
	}
	free_run(r);
}

/* Without a bundle there is nothing to run them on. */
void
dev_test(struct dev *d, bool asked)
{
	bool all = asked || d->cases_changed;
	struct run *r;

	d->test_again = d->testing;
	if (d->testing) {
		d->again_asked = d->again_asked || asked;
		d->cases_changed = all;
		return;
	}
	d->cases_changed = d->again_asked = false;
	r = mem_take(sizeof(*r));
	r->all = all;
	r->told.d = d;
	r->told.first = (struct buf)BUF(MAX_FIRST);
	pthread_mutex_lock(&d->lock);
	memcpy(r->bundle, d->bundle, sizeof(r->bundle));
	memcpy(r->module, d->module, sizeof(r->module));
	pthread_mutex_unlock(&d->lock);
	if ((d->flags->no_test && !asked) || r->bundle[0] == '\0' ||
	    pthread_create(&d->tester, NULL, run_tests, r) != 0) {
		free_run(r);
		dev_tell_now(d);
		return;
	}
	d->testing = true;
	loop_hold(d->loop);
}

void
dev_test_end(struct dev *d)
{
	join(d);
	engine_free(&d->test_engine);
	dev_tested_free(&d->tested);
}
