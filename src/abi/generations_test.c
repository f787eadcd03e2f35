/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One suite for all generations of the Runnable ABI: a guest for each calls
 * every import of its time, and must be given the same as any other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/trial.h"

/* What a guest calls, in this order. */
enum {
	LOG = 1,
	FETCH = 2,
	SET = 4,
	GET = 8,
	FIELD = 16,
	STATIC = 32,
	HEADER = 64,
	GRAPHQL = 128,
	VAR = 256,
	DB = 512,
	SET_FIELD = 1024,
	SECRET = 2048,
	FAILS = 4096,
	ABORTS = 8192,
};

#define V0_3 (LOG | FETCH | SET | GET)
#define V0_8 (V0_3 | FIELD | STATIC | FAILS)
#define V0_9 (V0_8 | HEADER)
#define V0_11 (V0_9 | GRAPHQL | ABORTS)
#define V0_13 (V0_11 | VAR | DB | SET_FIELD)
#define CORE (V0_13 | SECRET)
#define V0_16 (LOG | FETCH | FIELD | HEADER | VAR | SET_FIELD | FAILS)

struct generation {
	const char *name; /* of testdata/abi/gen-NAME.wat */
	unsigned calls;
	int get;	  /* GET's number as the host is asked */
	bool dest;	  /* answers go where the guest has room */
	bool swift;	  /* there were doubles */
	const char *told; /* what the module library finds, its start */
};

static const struct generation generations[] = {
	{ "2020-03", 0, 0, true, false, "Hive (2020-03" },
	{ "2020-09", LOG | FETCH, ABI_GET, true, true, "hive-wasm (2020-09" },
	{ "2020-10", LOG | FETCH, ABI_GET, true, true, "hive-wasm 0.0.5" },
	{ "0.2", LOG | FETCH, ABI_GET, true, true, "hive-wasm 0.2" },
	{ "0.3", V0_3, ABI_GET, true, true, "Reactr 0.3 to 0.8" },
	{ "0.8", V0_8, ABI_GET, true, true, "Reactr 0.8" },
	{ "0.9", V0_9, 1, false, true, "Reactr 0.9 to E2Core 0.5" },
	{ "0.11", V0_11, 1, false, true, "Reactr 0.11 to E2Core 0.5" },
	{ "0.13", V0_13, 0, false, true, "Reactr 0.13 to E2Core 0.5" },
	{ "0.15", V0_13, 0, false, true, "Reactr 0.13 to E2Core 0.5" },
	{ "e2core", CORE, 0, false, true, "E2Core 0.5" },
	{ "0.16", V0_16, 0, false, true, "Reactr 0.13 to SDK 0.16" },
};

/* Each call: what the host is asked, what comes back and is returned. */
static const struct {
	unsigned call;
	const char *ask, *back, *refused;
} calls[] = {
	{ FETCH, NULL, "fetched|", "!key not found|" },
	{ SET, "cache_set 60 key value|", "0|", NULL },
	{ GET, "cache_get 0 key |", "value|", "!key not found|" },
	{ FIELD, "field 0 method |", "PUT|", "!key not found|" },
	{ STATIC, "file 0 a.txt |", "file|", "!key not found|" },
	{ HEADER, "header 0 X-A value|", "", "" },
	{ GRAPHQL, "graphql 0 http://g {q}|", "graph|", "!key not found|" },
	{ VAR, "", "0|", "0|" },
	{ DB, "db 1 q  key=value|", "[]|", "!key not found|" },
	{ SET_FIELD, "set_field 4 key value|", "|", "!key not found|" },
	{ SECRET, "secret 0 s |", "secret|", "!key not found|" },
};

/* ---- the doubles of Swift ---- */

static unsigned
count(struct str s, const char *word)
{
	unsigned n = 0;
	size_t at;

	for (; str_find(s, str_of(word), &at); s = str_from(s, at + 1))
		n++;
	return n;
}

/* An import of `$name` becomes one of name_swift, called with two parameters
 * more by a function that has the name. */
static void
double_import(struct str line, struct buf *imports, struct buf *wrappers)
{
	bool gives = count(line, "(result i32)") > 0;
	unsigned params = count(line, "i32") - gives;
	struct str name;
	size_t at;

	assert_true(str_find(line, STR("$"), &at));
	line = str_from(line, at + 1);
	str_cut(&line, ' ', &name);
	buf_addf(imports,
	    "(import \"env\" \"" STR_F "_swift\" (func $raw_" STR_F " (param",
	    STR_A(name), STR_A(name));
	for (unsigned i = 0; i < params + 2; i++)
		buf_add(imports, STR(" i32"));
	buf_addf(imports, ")%s))\n", gives ? " (result i32)" : "");
	buf_addf(wrappers, "(func $" STR_F " (param", STR_A(name));
	for (unsigned i = 0; i < params; i++)
		buf_add(wrappers, STR(" i32"));
	buf_addf(wrappers, ")%s (call $raw_" STR_F,
	    gives ? " (result i32)" : "", STR_A(name));
	for (unsigned i = 0; i < params; i++)
		buf_addf(wrappers, " (local.get %u)", i);
	/* A closure's context: whatever it is, it does not count. */
	buf_add(wrappers, STR(" (i32.const -1) (i32.const 77)))\n"));
}

static void
make_double(struct str text, struct buf *out)
{
	CLEANUP(buf_free) struct buf wrappers = BUF(1 << 16);
	struct str line;

	while (text.n > 0) {
		str_cut(&text, '\n', &line);
		if (text.n == 0) { /* the last bracket closes the module */
			buf_add(out, (struct str){ line.p, line.n - 1 });
			buf_add(out, buf_str(&wrappers));
			buf_addc(out, ')');
		} else if (str_starts(line, "  (import \"env\" ")) {
			double_import(line, out, &wrappers);
		} else {
			buf_add(out, line);
			buf_addc(out, '\n');
		}
	}
}

/* ---- the suite ---- */

static void
read_guest(const struct generation *g, bool swift, struct buf *out)
{
	CLEANUP(buf_free) struct buf text = BUF(1 << 16);
	struct err e = ERR;
	char path[100];

	(void)snprintf(path, sizeof(path), "testdata/abi/gen-%s.wat", g->name);
	assert_int_equal(os_read(&text, path, &e), 0);
	if (swift)
		make_double(buf_str(&text), out);
	else
		buf_add(out, buf_str(&text));
}

/* What must be asked and returned. */
static void
expect(const struct generation *g, bool refuse, struct buf *asks,
    struct buf *output)
{
	buf_add(output, STR("in|"));
	for (size_t i = 0; i < COUNT(calls); i++) {
		const char *back = calls[i].back;

		if (!(g->calls & calls[i].call))
			continue;
		if (calls[i].call == FETCH)
			buf_addf(asks, "fetch %d http://host/x |", g->get);
		else
			buf_add(asks, str_of(calls[i].ask));
		/* A destination's error is a number only; cache_set's was
		 * always one: -2, which is written as a digit. */
		if (refuse && calls[i].call == SET)
			back = ".|";
		else if (refuse)
			back = g->dest ? "!|" : calls[i].refused;
		buf_add(output, str_of(back));
	}
}

static void
check(const struct generation *g, struct trial *t)
{
	CLEANUP(buf_free) struct buf asks = BUF(10000), output = BUF(10000);
	const char *who = g->name;

	if (t->rc != 0)
		fail_msg("%s: %d: %s", who, t->rc, t->e.text);
	expect(g, t->refuse, &asks, &output);
	if (strcmp(buf_cstr(&asks), buf_cstr(&t->asks)) != 0)
		fail_msg("%s: asked %s, not %s", who, buf_cstr(&t->asks),
		    buf_cstr(&asks));
	if (strcmp(buf_cstr(&output), buf_cstr(&t->res.output)) != 0)
		fail_msg("%s: gave %s, not %s", who, buf_cstr(&t->res.output),
		    buf_cstr(&output));
	/* More lines say why a destination has no answer. */
	assert_true(
	    str_starts(buf_str(&t->log), g->calls & LOG ? "3:a line|" : ""));
	if (!t->refuse || !g->dest)
		assert_int_equal(
		    t->log.n, g->calls & LOG ? strlen("3:a line|") : 0);
	assert_true(t->res.has_output);
	assert_int_equal(t->res.has_error, (g->calls & FAILS) != 0);
	assert_string_equal(
	    buf_cstr(&t->res.message), g->calls & FAILS ? "gone" : "");
	assert_int_equal(t->res.code, g->calls & FAILS ? 404 : 0);
	/* The abort after it is a second error: the first counts. */
	assert_int_equal(t->res.twice, (g->calls & ABORTS) != 0);
}

static void
run(const struct generation *g, bool swift, bool later, bool refuse)
{
	CLEANUP(trial_dispose)
	struct trial t = {
		.input = STR("in"), .later = later, .refuse = refuse
	};
	CLEANUP(buf_free) struct buf text = BUF(1 << 16);

	read_guest(g, swift, &text);
	trial_run_text(&t, buf_str(&text));
	check(g, &t);
}

/* upstream.md 5.4: fetch_url, cache_get, request_get_field, get_static_file,
 * print, fetch and return_result have several arities under one name; the
 * import's type says which. */
static void
trap_5_4_every_generation_is_given_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(generations); i++)
		run(&generations[i], false, false, false);
}

static void
every_generation_may_have_to_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(generations); i++)
		run(&generations[i], false, true, false);
}

static void
every_generation_is_told_of_a_refusal(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(generations); i++) {
		run(&generations[i], false, false, true);
		run(&generations[i], false, true, true);
	}
}

/* runnable(7), EARLIER FORMS: NAME_swift has two parameters to be ignored. */
static void
every_import_has_a_double_for_swift(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(generations); i++) {
		if (!generations[i].swift)
			continue;
		run(&generations[i], true, false, false);
		run(&generations[i], true, true, false);
	}
}

static void
every_generation_is_known_for_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(generations); i++) {
		const struct generation *g = &generations[i];
		CLEANUP(buf_free) struct buf text = BUF(1 << 16);
		CLEANUP(buf_free) struct buf wasm = BUF(1 << 16);
		CLEANUP(module_free) struct module *m = NULL;
		struct err e = ERR;

		read_guest(g, false, &text);
		assert_true(trial_assemble(buf_str(&text), &wasm));
		assert_int_equal(module_read(&m, buf_str(&wasm), &e), 0);
		if (!str_starts(m->generation, g->told))
			fail_msg("%s: " STR_F, g->name, STR_A(m->generation));
	}
}

/* A call that is ended while the guest waits leaves nothing behind. */
static void
every_generation_can_be_ended_while_it_waits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(generations); i++) {
		CLEANUP(trial_dispose)
		struct trial t = {
			.input = STR("in"), .later = true, .cancelled = true
		};
		CLEANUP(buf_free) struct buf text = BUF(1 << 16);
		bool waits = (generations[i].calls & FETCH) != 0;

		read_guest(&generations[i], false, &text);
		trial_run_text(&t, buf_str(&text));
		assert_int_equal(t.rc, waits ? ENGINE_LATER : 0);
		assert_int_equal(t.ncancelled, waits);
		assert_int_equal(t.res.has_output, !waits);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trap_5_4_every_generation_is_given_the_same),
		cmocka_unit_test(every_generation_may_have_to_wait),
		cmocka_unit_test(every_generation_is_told_of_a_refusal),
		cmocka_unit_test(every_import_has_a_double_for_swift),
		cmocka_unit_test(every_generation_is_known_for_what_it_is),
		cmocka_unit_test(every_generation_can_be_ended_while_it_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
