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
	  "i32 i32) (result i32)))" GLUE RUN ")",
	    "M010",
	    "nobody offers the import 'env.cache_get' as (i32, i32, i32, i32) "
	    "-> i32; the host's are (i32, i32, i32) -> i32 or "
	    "(i32, i32, i32, i32, i32) -> i32",
	    NULL },
	{ "(module (import \"env\" \"add_ffi_var\" (func))" GLUE RUN ")",
	    "M010",
	    "nobody offers the import 'env.add_ffi_var' as () -> (); "
	    "the host's is (i32, i32, i32, i32, i32) -> i32",
	    NULL },
	/* runnable(7), EARLIER FORMS: a signature from an abandoned commit. */
	{ "(module (import \"env\" \"fetch_url\" (func (param i32 i32 "
	  "i32 i32 i32 i32)))" GLUE RUN ")",
	    "M010",
	    "'env.fetch_url' as (i32, i32, i32, i32, i32, i32) -> (); "
	    "the host's are",
	    NULL },
	{ "(module (import \"env\" \"cache_get_swiftly\" (func))" GLUE RUN ")",
	    "M009", "nobody offers the import 'env.cache_get_swiftly' () -> ()",
	    NULL },
	{ "(module (import \"wapc\" \"__host_call\" (func))" MEMORY
	  "(func (export \"__guest_call\") (param i32 i32) "
	  "(result i32) i32.const 1))",
	    "M010", "'wapc.__host_call'", NULL },
	{ "(module (import \"env\" \"m\" (memory 1))"
	  "(import \"env\" \"t\" (table 1 funcref))"
	  "(import \"env\" \"g\" (global i32))"
	  "(export \"memory\" (memory 0))" RUN ALLOCATE DEALLOCATE ")",
	    "M011 M011 M011", "it imports the memory 'env.m'", NULL },
	{ "(module (memory (export \"memory\") 1025)" RUN ALLOCATE DEALLOCATE
	  ")",
	    "M012", "64 MiB", NULL },
	{ "(module (import \"env\" \"cache_get\" (func (param i32 i32 "
	  "i32) (result i32)))"
	  "(import \"env\" \"cache_get\" (func (param i32 i32 "
	  "i32) (result i32)))"
	  "(import \"env\" \"cache_get\" (func (param i32 i32 "
	  "i32 i32 i32) (result i32)))" GLUE RUN ")",
	    "M017",
	    "it imports 'env.cache_get' as (i32, i32, i32) -> i32 and as "
	    "(i32, i32, i32, i32, i32) -> i32",
	    NULL },
	{ "(module " MEMORY "(func (export \"_start\") (param i32)))", "M013",
	    "_start is (i32) -> (); it must be () -> ()", NULL },
	{ "(module (func (export \"_start\")))", "M008", "'memory'", NULL },
	{ "(module " MEMORY "(func (export \"__guest_call\")))", "M013",
	    "__guest_call is () -> (); it must be (i32, i32) -> i32", NULL },
	{ "(module " DEALLOCATE MEMORY "(func (export \"run_e\") (param i32) "
	  "(result i32) i32.const 1))",
	    "M006", "'allocate'", NULL },
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

/* Each of these is a function: nothing keeps it from running. */
static const char *const fine[] = {
	/* The WAT template of the original has a deallocate of one. */
	"(module " RUN ALLOCATE MEMORY
	"(func (export \"deallocate\") (param i32)))",
	/* Room for the input has two names; the right type decides. */
	"(module " RUN DEALLOCATE MEMORY
	"(func (export \"allocate_input\") (param i32) (result i32) "
	"i32.const 1))",
	"(module " RUN GLUE
	"(func (export \"allocate_input\") (param i32) (result i32) "
	"i32.const 1))",
	"(module " RUN DEALLOCATE MEMORY
	"(func (export \"allocate\") (param i64) (result i32) i32.const 1)"
	"(func (export \"allocate_input\") (param i32) (result i32) "
	"i32.const 1))",
	/* The forms of 2020. */
	"(module " GLUE "(func (export \"run_e\") (param i32) (result i32) "
	"i32.const 1))",
	"(module " GLUE "(func (export \"run_e\") (param i32 i32 i32 i32)))",
	"(module (import \"env\" \"print\" (func (param i32 i32 i32 i32)))" GLUE
	"(func (export \"run_e\") (param i32 i32 i32 i32)))",
	/* A WASI command, and waPC. */
	"(module " MEMORY "(func (export \"_start\")))",
	"(module (import \"wapc\" \"__guest_request\" (func (param i32 i32)))"
	"(import \"wapc\" \"__console_log\" (func (param i32 i32)))" MEMORY
	"(func (export \"__guest_call\") (param i32 i32) (result i32)"
	" i32.const 1))",
};

static void
every_way_of_being_called_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fine); i++) {
		CLEANUP(opened_close) struct opened o;

		opened_open(&o, fine[i]);
		if (diags_count(o.ds) > 0)
			fail_msg("case %zu: " STR_F, i,
			    STR_A(diags_at(o.ds, 0)->text));
	}
}

static void
a_function_without_deallocate_gets_a_warning_only(void **state)
{
	CLEANUP(opened_close) struct opened o;

	(void)state;
	opened_open(&o, "(module " RUN ALLOCATE MEMORY ")");
	assert_int_equal(diags_count(o.ds), 1);
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
	size_t env = 0, wasi = 0, wapc = 0;

	(void)state;
	for (const struct module_offer *o = module_offers; o->name; o++)
		for (const struct module_offer *p = o + 1; p->name; p++)
			assert_false(strcmp(o->ns, p->ns) == 0 &&
			    strcmp(o->name, p->name) == 0 &&
			    strcmp(o->type, p->type) == 0);
	for (const struct module_offer *o = module_offers; o->name; o++) {
		env += strcmp(o->ns, "env") == 0;
		wasi += strcmp(o->ns, "wasi_snapshot_preview1") == 0;
		wapc += strcmp(o->ns, "wapc") == 0;
	}
	assert_int_equal(wasi, 46);
	assert_int_equal(wapc, 9);
	/* 26 forms with a double each, and abort. */
	assert_int_equal(env, 53);
}

/* runnable(7): the context of a Swift closure, to be ignored. */
static void
every_call_with_an_ident_has_a_swift_double(void **state)
{
	(void)state;
	for (const struct module_offer *o = module_offers; o->name; o++) {
		CLEANUP(buf_free) struct buf name = BUF(100), type = BUF(200);
		struct module_import twin = { .ns = STR("env"),
			.kind = MODULE_FUNC };
		struct str rest = str_of(o->type), head;

		if (strcmp(o->ns, "env") != 0 ||
		    str_ends(str_of(o->name), "_swift") ||
		    strcmp(o->name, "abort") == 0)
			continue;
		buf_addf(&name, "%s_swift", o->name);
		str_cut(&rest, ')', &head);
		buf_addf(
		    &type, STR_F ", i32, i32)" STR_F, STR_A(head), STR_A(rest));
		twin.name = buf_str(&name);
		twin.type = buf_str(&type);
		if (!module_offer_find(&twin, NULL))
			fail_msg("%s %s", buf_cstr(&name), buf_cstr(&type));
	}
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
	assert_int_equal(n, 17);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_runnable_has_no_problem),
		cmocka_unit_test(each_fault_has_its_problem),
		cmocka_unit_test(every_way_of_being_called_is_accepted),
		cmocka_unit_test(
		    a_function_without_deallocate_gets_a_warning_only),
		cmocka_unit_test(many_problems_are_cut_short),
		cmocka_unit_test(offers_are_told_apart_by_type),
		cmocka_unit_test(offers_have_no_doubles),
		cmocka_unit_test(every_call_with_an_ident_has_a_swift_double),
		cmocka_unit_test(rules_have_a_code_and_a_repair_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
