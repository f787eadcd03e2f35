/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "module/module.h"
#include "module/wabt.h"
#include "os/os.h"

#define RUN "(func (export \"run_e\") (param i32 i32 i32))"
#define ALLOCATE \
	"(func (export \"allocate\") (param i32) (result i32) " \
	"i32.const 0)"
#define DEALLOCATE "(func (export \"deallocate\") (param i32 i32))"
#define MEMORY "(memory (export \"memory\") 1)"
#define GLUE ALLOCATE DEALLOCATE MEMORY

struct opened {
	struct module *m;
	char *bytes;
	struct diags *ds;
};

static void
opened_close(struct opened *o)
{
	module_free(&o->m);
	diags_free(&o->ds);
	free(o->bytes);
}

/* The module of a text, checked. */
static void
opened_open(struct opened *o, const char *wat)
{
	struct err e = ERR;
	size_t n;

	*o = (struct opened){ .ds = diags_new() };
	if (wabt_assemble("t.wat", wat, strlen(wat), &o->bytes, &n) != 0)
		fail_msg("%s", o->bytes);
	if (module_read(&o->m, (struct str){ o->bytes, n }, &e) < 0)
		fail_msg("%s", e.text);
	module_check(o->m, STR("t.wasm"), o->ds);
}

static void
a_whole_runnable_has_no_problem(void **state)
{
	CLEANUP(opened_close) struct opened o;
	CLEANUP(buf_free) struct buf b = BUF(1 << 20);
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_read(&b, "testdata/module/runnable.wat", &e), 0);
	opened_open(&o, buf_cstr(&b));
	assert_int_equal(diags_count(o.ds), 0);
}

struct bad {
	const char *wat;
	const char *codes;  /* of all problems, in order */
	const char *text;   /* in the first one's text */
	const char *repair; /* in its repair */
};

static void
check(const struct bad *c)
{
	CLEANUP(opened_close) struct opened o;
	CLEANUP(buf_free) struct buf codes = BUF(1000);
	const struct diag *d;

	opened_open(&o, c->wat);
	for (size_t i = 0; i < diags_count(o.ds); i++) {
		d = diags_at(o.ds, i);
		assert_true(str_is(d->file, "t.wasm"));
		buf_addf(&codes, "%s%s", i > 0 ? " " : "", d->rule->code);
	}
	assert_string_equal(buf_cstr(&codes), c->codes);
	d = diags_at(o.ds, 0);
	if (!strstr(arena_cstr(diags_arena(o.ds), d->text), c->text))
		fail_msg("'" STR_F "' lacks '%s'", STR_A(d->text), c->text);
	if (c->repair &&
	    !strstr(arena_cstr(diags_arena(o.ds), d->repair), c->repair))
		fail_msg("'" STR_F "' lacks '%s'", STR_A(d->repair), c->repair);
}

static const struct bad cases[] = {
	{ "(module)", "M004", "it exports nothing", NULL },
	{ "(module " GLUE "(func (export \"run\") (param i32)))", "M004",
	    "it exports allocate, deallocate, memory, run",
	    "is 'run' meant? export it as run_e, with type "
	    "(i32, i32, i32) -> () where it has (i32) -> ()" },
	{ "(module (func (export \"f\") (param i32 i32 i32)))", "M004",
	    "it exports f", "is 'f' meant?" },
	{ "(module " GLUE "(func (export \"run_e\") (param i64 i32)))", "M005",
	    "run_e is (i64, i32) -> (); it must be "
	    "(i32, i32, i32) -> ()",
	    NULL },
	{ "(module " RUN DEALLOCATE MEMORY ")", "M006", "'allocate'", NULL },
	{ "(module " RUN ALLOCATE MEMORY ")", "M007", "'deallocate'", NULL },
	{ "(module (memory 1)" RUN ALLOCATE DEALLOCATE ")", "M008", "'memory'",
	    NULL },
	{ "(module (import \"env\" \"return_resul\" (func "
	  "(param i32 i32 i32)))" GLUE RUN ")",
	    "M009",
	    "nobody offers the import 'env.return_resul' "
	    "(i32, i32, i32) -> ()",
	    "did you mean 'env.return_result'" },
	{ "(module (import \"env\" \"printf\" (func (param i32 i32)"
	  "(result i32)))" GLUE RUN ")",
	    "M009", "'env.printf'", NULL },
	{ "(module (import \"wasi_unstable\" \"fd_write\" (func (param "
	  "i32 i32 i32 i32) (result i32)))" GLUE RUN ")",
	    "M009", "'wasi_unstable.fd_write'", "WASI before its preview 1" },
	{ "(module (import \"env\" \"cache_get\" (func (param i32 i32 "
	  "i32 i32 i32) (result i32)))" GLUE RUN ")",
	    "M010",
	    "import 'env.cache_get' is (i32, i32, i32, i32, i32) -> "
	    "i32; the host's is (i32, i32, i32) -> i32",
	    NULL },
	{ "(module (import \"env\" \"m\" (memory 1))"
	  "(import \"env\" \"t\" (table 1 funcref))"
	  "(import \"env\" \"g\" (global i32))"
	  "(export \"memory\" (memory 0))" RUN ALLOCATE DEALLOCATE ")",
	    "M011 M011 M011", "it imports the memory 'env.m'", NULL },
	{ "(module (memory (export \"memory\") 1025)" RUN ALLOCATE DEALLOCATE
	  ")",
	    "M012", "64 MiB", NULL },
	{ "(module " MEMORY "(func (export \"_start\")))", "M013",
	    "a WASI command", NULL },
	{ "(module (import \"wapc\" \"__host_call\" (func))" MEMORY
	  "(func (export \"__guest_call\") (param i32 i32) "
	  "(result i32) i32.const 1))",
	    "M013", "waPC", NULL },
	{ "(module (import \"env\" \"print\" (func (param i32)))"
	  "(func (export \"run_e\") (param i32) (result i32) "
	  "i32.const 1))",
	    "M013", "early 2020", NULL },
	{ "(module " RUN DEALLOCATE MEMORY
	  "(func (export \"allocate_input\") (param i32) (result i32) "
	  "i32.const 1))",
	    "M013", "allocate_input", NULL },
	{ "(module " RUN DEALLOCATE MEMORY
	  "(func (export \"allocate\") (param i64) (result i32) "
	  "i32.const 1))",
	    "M014", "allocate is (i64) -> i32; it must be (i32) -> i32", NULL },
	{ "(module (func (export \"a\\1b[2Jb\")))", "M004",
	    "it exports a\\x1B[2Jb", NULL },
};

static void
each_fault_has_its_problem(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(&cases[i]);
}

static void
a_deallocate_of_another_arity_is_allowed(void **state)
{
	/* The WAT template of the original has one with one parameter. */
	CLEANUP(opened_close) struct opened o;

	(void)state;
	opened_open(&o,
	    "(module " RUN ALLOCATE MEMORY
	    "(func (export \"deallocate\") (param i32)))");
	assert_int_equal(diags_errors(o.ds), 0);
}

static void
many_problems_are_cut_short(void **state)
{
	CLEANUP(opened_close) struct opened o;
	CLEANUP(buf_free) struct buf b = BUF(1 << 20);
	const struct diag *last;

	(void)state;
	buf_add(&b, STR("(module "));
	for (int i = 0; i < 500; i++)
		buf_addf(&b, "(import \"env\" \"f%d\" (func))", i);
	buf_add(&b, STR(GLUE RUN ")"));
	opened_open(&o, buf_cstr(&b));
	assert_int_equal(diags_count(o.ds), 21);
	last = diags_at(o.ds, 20);
	assert_true(str_is(last->text, "480 more imports were not looked at"));
}

static void
offers_are_told_apart_by_type(void **state)
{
	const struct module_offer *near = NULL, *o;
	struct module_import i = { STR("env"), STR("cache_get"), MODULE_FUNC,
		STR("(i32, i32, i32) -> i32") };

	(void)state;
	o = module_offer_find(&i, &near);
	assert_non_null(o);
	assert_null(near);
	assert_string_equal(o->capability, "cache");
	i.type = STR("() -> ()");
	assert_null(module_offer_find(&i, &near));
	assert_string_equal(near->name, "cache_get");
	i.name = STR("cache_gets");
	assert_null(module_offer_find(&i, &near));
	assert_string_equal(near->name, "cache_get");
	i.kind = MODULE_GLOBAL;
	assert_null(module_offer_find(&i, NULL));
}

static void
offers_have_no_doubles(void **state)
{
	size_t n = 0, wasi = 0;

	(void)state;
	for (const struct module_offer *o = module_offers; o->name; o++, n++)
		for (const struct module_offer *p = o + 1; p->name; p++)
			assert_false(strcmp(o->ns, p->ns) == 0 &&
			    strcmp(o->name, p->name) == 0 &&
			    strcmp(o->type, p->type) == 0);
	for (const struct module_offer *o = module_offers; o->name; o++)
		wasi += strcmp(o->ns, "wasi_snapshot_preview1") == 0;
	assert_int_equal(wasi, 46);
	assert_int_equal(n - wasi, 17);
}

static void
rules_have_a_code_and_a_repair_each(void **state)
{
	size_t n = 0;
	char code[8];

	(void)state;
	for (const struct diag_rule *r = module_rules; r->code; r++, n++) {
		snprintf(code, sizeof(code), "M%03zu", n + 1);
		assert_string_equal(r->code, code);
		assert_true(r->title && r->cause && r->repair);
	}
	assert_int_equal(n, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_runnable_has_no_problem),
		cmocka_unit_test(each_fault_has_its_problem),
		cmocka_unit_test(a_deallocate_of_another_arity_is_allowed),
		cmocka_unit_test(many_problems_are_cut_short),
		cmocka_unit_test(offers_are_told_apart_by_type),
		cmocka_unit_test(offers_have_no_doubles),
		cmocka_unit_test(rules_have_a_code_and_a_repair_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
