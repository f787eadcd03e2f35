/* SPDX-License-Identifier: Apache-2.0 */
/* Host calls of module env: their rules, at once and later, and all that a
 * guest can do wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/trial.h"

/* ---- modules ---- */

/* An import has one type in a module, so there are two sets of them. */
struct need {
	const char *name, *sym;
	size_t nparams;
	bool gives;
};

static const struct need today[] = {
	{ "return_result", "result", 3, false },
	{ "return_error", "error", 4, false },
	{ "abort", "abort", 4, false },
	{ "log_msg", "log", 4, false },
	{ "resp_set_header", "header", 5, false },
	{ "fetch_url", "fetch", 6, true },
	{ "graphql_query", "graphql", 5, true },
	{ "cache_set", "set", 6, true },
	{ "cache_get", "get", 3, true },
	{ "request_get_field", "field", 4, true },
	{ "request_set_field", "set_field", 6, true },
	{ "get_static_file", "file", 3, true },
	{ "db_exec", "db", 4, true },
	{ "add_ffi_var", "var", 5, true },
	{ "get_ffi_result", "take", 2, true },
	{ "get_secret_value", "secret", 3, true },
	{ 0 },
};

static const struct need earlier[] = {
	{ "return_result", "result", 3, false },
	{ "log_msg", "log", 4, false },
	{ "print", "print", 3, false },
	{ "graphql_query", "graphql", 5, true },
	{ "get_ffi_result", "take", 2, true },
	{ "fetch_url", "fetch8", 8, true },
	{ "fetch", "fetch0", 5, true },
	{ "cache_get", "get5", 5, true },
	{ "request_get_field", "field6", 6, true },
	{ "get_static_file", "file5", 5, true },
	{ 0 },
};

static void
add_import(
    struct buf *text, const char *name, const char *sym, size_t n, bool gives)
{
	buf_addf(text, "(import \"env\" \"%s\" (func $%s (param", name, sym);
	for (size_t i = 0; i < n; i++)
		buf_add(text, STR(" i32"));
	buf_addf(text, ")%s))", gives ? " (result i32)" : "");
}

/* "key" stands at 16, "value" at 19, "http://h/" at 24, "other" at 40, "absent"
 * at 48; $say logs a number in decimal. */
static const char before[] =
    "(memory (export \"memory\") 2)"
    "(data (i32.const 16) \"keyvaluehttp://h/\")"
    "(data (i32.const 40) \"other\") (data (i32.const 48) \"absent\")"
    "(func (export \"allocate\") (param i32) (result i32)"
    " (i32.const 4096))" WAT_SAY("3");

/* What run_e does, call by call.  The value of each is logged, but for those
 * that begin with VOID: they have none. */
#define CALLS 24
#define VOID "!"

#define C(n) " (i32.const " #n ")"
#define ID " (local.get $id)"
#define FETCH "(call $fetch" C(3) C(24) C(9) C(19) C(5) ID ")"
#define GRAPHQL "(call $graphql" C(24) C(9) C(19) C(5) ID ")"
#define SET "(call $set" C(16) C(3) C(19) C(5) C(60) ID ")"
#define GET "(call $get" C(16) C(3) ID ")"
#define FIELD "(call $field" C(2) C(16) C(3) ID ")"
#define SET_FIELD "(call $set_field" C(4) C(16) C(3) C(19) C(5) ID ")"
#define HEADER VOID "(call $header" C(16) C(3) C(19) C(5) ID ")"
#define FILE_OF "(call $file" C(16) C(3) ID ")"
#define VAR "(call $var" C(16) C(3) C(19) C(5) ID ")"
#define DB "(call $db" C(1) C(16) C(3) ID ")"
#define SECRET "(call $secret" C(16) C(3) ID ")"
#define TAKE "(call $take" C(256) ID ")"
#define SHOW(at, n) VOID "(call $log" C(at) C(n) C(3) ID ")"

static void
add_module(struct buf *text, const struct need *needs, const char *more,
    const char *const *calls)
{
	buf_add(text, STR("(module "));
	for (; needs->name; needs++)
		add_import(text, needs->name, needs->sym, needs->nparams,
		    needs->gives);
	buf_addf(text,
	    "%s%s(func (export \"run_e\") (param $p i32) (param $n i32)"
	    " (param $id i32) (local $i i32)",
	    before, more);
	for (size_t i = 0; i < CALLS && calls[i]; i++)
		if (calls[i][0] == VOID[0])
			buf_addf(text, " %s", calls[i] + 1);
		else
			buf_addf(text, " (call $say %s" ID ")", calls[i]);
	buf_add(text, STR("))"));
}

static void
run_calls(struct trial *t, const char *more, const char *const *calls)
{
	CLEANUP(buf_free) struct buf text = BUF(1 << 16);

	add_module(&text, today, more, calls);
	trial_run_text(t, buf_str(&text));
}

struct rule {
	const char *what, *calls[CALLS], *log, *asks;
};

static void
check_rules(
    const struct need *needs, const struct rule *rules, size_t n, bool later)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(trial_dispose) struct trial t = { .later = later };
		CLEANUP(buf_free) struct buf text = BUF(1 << 16);

		add_module(&text, needs, "", rules[i].calls);
		trial_run_text(&t, buf_str(&text));
		if (t.rc != 0 || strcmp(buf_cstr(&t.log), rules[i].log) != 0 ||
		    strcmp(buf_cstr(&t.asks), rules[i].asks) != 0)
			fail_msg("%s: %d %s, log '%s', asked '%s'",
			    rules[i].what, t.rc, t.e.text, buf_cstr(&t.log),
			    buf_cstr(&t.asks));
	}
}

/* Whether answers come at once or later makes no difference to a guest. */
static void
hold(const struct need *needs, const struct rule *rules, size_t n)
{
	check_rules(needs, rules, n, false);
	check_rules(needs, rules, n, true);
}

/* ---- the slot ---- */

/* upstream 5.2: "While a result is pending every further call that needs the
 * slot fails with -1 until it is fetched" */
static void
trap_5_2_a_pending_result_blocks_what_needs_the_slot(void **state)
{
	static const struct rule rules[] = {
		{ "all that need it",
		    { GET, FETCH, GRAPHQL, GET, FIELD, SET_FIELD, FILE_OF, DB,
			SECRET, TAKE, SECRET },
		    "3:5|3:-1|3:-1|3:-1|3:-1|3:-1|3:-1|3:-1|3:-1|3:0|3:6|",
		    "cache_get 0 key |secret 0 key |" },
	};

	(void)state;
	hold(today, rules, COUNT(rules));
}

/* Functions for 0.9 to 0.12 fetch no errors: there, "errors are small negative
 * numbers" had nothing behind them.  Modules of those days stop working when
 * the text of one blocks the calls after it. */
static void
an_errors_text_waits_but_does_not_block(void **state)
{
	static const struct rule rules[] = {
		{ "the next call goes on",
		    { "(call $get" C(48) C(6) ID ")", GET, TAKE, GET },
		    "3:-13|3:5|3:0|3:5|",
		    "cache_get 0 absent |cache_get 0 key |cache_get 0 key |" },
		{ "who fetches it gets it",
		    { "(call $get" C(48) C(6) ID ")", TAKE, SHOW(256, 13),
			TAKE },
		    "3:-13|3:0|3:key not found|3:-1|", "cache_get 0 absent |" },
	};

	(void)state;
	hold(today, rules, COUNT(rules));
}

/* upstream 5.2: cache_set "leaves no result to fetch", add_ffi_var neither,
 * resp_set_header has no result at all */
static void
trap_5_2_what_leaves_nothing_does_not_need_the_slot(void **state)
{
	static const struct rule rules[] = {
		{ "cache_set, add_ffi_var, resp_set_header",
		    { GET, SET, VAR, HEADER, TAKE, SHOW(256, 5), TAKE, SET,
			TAKE },
		    "3:5|3:0|3:0|3:0|3:value|3:-1|3:0|3:-1|",
		    "cache_get 0 key |cache_set 60 key value|"
		    "header 0 key value|cache_set 60 key value|" },
	};

	(void)state;
	hold(today, rules, COUNT(rules));
}

/* upstream 5.2: "a zero-length result too must be fetched" */
static void
trap_5_2_a_zero_length_result_must_be_fetched(void **state)
{
	static const struct rule rules[] = {
		{ "of request_set_field", { SET_FIELD, GET, TAKE, GET },
		    "3:0|3:-1|3:0|3:5|",
		    "set_field 4 key value|cache_get 0 key |" },
	};

	(void)state;
	hold(today, rules, COUNT(rules));
}

/* upstream 5.2: "the host crashes if a result is still pending" */
static void
bug_5_2_db_exec_with_a_pending_result_fails(void **state)
{
	static const struct rule rules[] = {
		{ "and its variables are used up",
		    { GET, VAR, DB, TAKE, VAR, DB, TAKE, DB },
		    "3:5|3:0|3:-1|3:0|3:0|3:2|3:0|3:2|",
		    "cache_get 0 key |db 1 key  key=value|db 1 key |" },
	};

	(void)state;
	hold(today, rules, COUNT(rules));
}

/* upstream 5.2: "a refused set still reports success" */
static void
bug_5_2_a_refused_set_says_so(void **state)
{
	static const char *const calls[CALLS] = { SET_FIELD, TAKE,
		SHOW(256, 13), SET, HEADER, TAKE };
	CLEANUP(trial_dispose) struct trial t = { .refuse = true };

	(void)state;
	run_calls(&t, "", calls);
	assert_string_equal(
	    buf_cstr(&t.log), "3:-13|3:0|3:key not found|3:-2|3:-1|");
}

static void
variables_have_a_ceiling(void **state)
{
	/* A thousand are taken, the next is not. */
	static const char *const calls[CALLS] = { VOID
		"(loop (local.set $i (i32.add (local.get $i)"
		"  (i32.const 1))) (drop " VAR ")"
		" (br_if 0 (i32.lt_u (local.get $i) (i32.const 999))))",
		VAR, VAR, DB, TAKE, VAR };
	CLEANUP(trial_dispose) struct trial t = { .later = true };
	size_t n = 0, at;
	struct str asks;

	(void)state;
	run_calls(&t, "", calls);
	assert_string_equal(buf_cstr(&t.log), "3:0|3:-1|3:2|3:0|3:0|");
	for (asks = buf_str(&t.asks); str_find(asks, STR("key=value"), &at);
	    n++)
		asks = str_from(asks, at + 1);
	assert_int_equal(n, 1000);
}

/* ---- to a destination ---- */

#define DEST(max) C(512) C(max) ID ")"
#define GET5(max) "(call $get5" C(16) C(3) DEST(max)
#define OTHER5(max) "(call $get5" C(40) C(5) DEST(max)
#define ABSENT5(max) "(call $get5" C(48) C(6) DEST(max)
#define GET5_TO(dest) "(call $get5" C(16) C(3) C(dest) C(99) ID ")"
#define POST8(method, body, max) \
	"(call $fetch8" C(method) C(24) C(9) C(19) C(body) DEST(max)

/* upstream 5.4: "fetch_url, cache_get, request_get_field and get_static_file
 * exist with two or three arities under the same name" */
static void
trap_5_4_one_name_has_several_arities(void **state)
{
	static const struct rule now[] = {
		{ "today's",
		    { FETCH, TAKE, GET, TAKE, FIELD, TAKE, FILE_OF, TAKE },
		    "3:7|3:0|3:5|3:0|3:3|3:0|3:4|3:0|",
		    "fetch 3 http://h/ value|cache_get 0 key |field 2 key |"
		    "file 0 key |" },
	};
	static const struct rule then[] = {
		{ "with destinations",
		    { POST8(2, 5, 99), "(call $fetch0" C(24) C(9) DEST(99),
			GET5(99), "(call $field6" C(2) C(16) C(3) DEST(99),
			"(call $file5" C(16) C(3) DEST(99),
			VOID "(call $print" C(16) C(3) ID ")" },
		    "3:7|3:7|3:5|3:3|3:4|3:key|",
		    "fetch 1001 http://h/ value|fetch 1000 http://h/ |"
		    "cache_get 0 key |field 2 key |file 0 key |" },
		{ "they leave the slot alone",
		    { GRAPHQL, GET5(99), SHOW(512, 5), TAKE, SHOW(256, 5),
			GET5(99), TAKE },
		    "3:5|3:5|3:value|3:0|3:graph|3:5|3:-1|",
		    "graphql 0 http://h/ value|cache_get 0 key |"
		    "cache_get 0 key |" },
	};

	(void)state;
	hold(today, now, COUNT(now));
	hold(earlier, then, COUNT(then));
}

/* upstream 5.4: "function returns the full length, copies only if length <=
 * max; the guest retries with more room" */
static void
trap_5_4_an_answer_that_does_not_fit_is_kept(void **state)
{
	static const struct rule rules[] = {
		{ "for the same question, which is not asked again",
		    { GET5(4), "(i32.load" C(512) ")", GET5(0), GET5(5),
			SHOW(512, 5), GET5(5) },
		    "3:5|3:0|3:5|3:5|3:value|3:5|",
		    "cache_get 0 key |cache_get 0 key |" },
		{ "not for another", { GET5(4), OTHER5(4), GET5(5) },
		    "3:5|3:5|3:5|",
		    "cache_get 0 key |cache_get 0 other |cache_get 0 key |" },
		{ "nor for one with another body or method",
		    { POST8(1, 5, 1), POST8(1, 4, 1), POST8(2, 4, 1),
			POST8(2, 4, 7) },
		    "3:7|3:7|3:7|3:7|",
		    "fetch 1000 http://h/ value|fetch 1000 http://h/ valu|"
		    "fetch 1001 http://h/ valu|" },
		{ "a negative size has no room",
		    { GET5(-1), GET5(-2147483648), GET5(5), SHOW(512, 5) },
		    "3:5|3:5|3:5|3:value|", "cache_get 0 key |" },
		{ "a destination outside is -1, and nothing is kept",
		    { GET5_TO(131070), GET5_TO(-4), GET5(5) }, "3:-1|3:-1|3:5|",
		    "cache_get 0 key |cache_get 0 key |cache_get 0 key |" },
		{ "a refusal is -2, and its text is in the log",
		    { ABSENT5(99) },
		    "4:a host call failed: key not found|3:-2|",
		    "cache_get 0 absent |" },
	};

	(void)state;
	hold(earlier, rules, COUNT(rules));
}

/* A host whose one answer is set. */
struct set_answer {
	int rc;
	size_t bytes;
	struct buf log;
};

static int
ask_set(void *arg, const struct abi_ask *q, struct buf *out)
{
	struct set_answer *s = arg;

	if (q->what == ABI_LOG)
		buf_addf(&s->log, STR_F "|", STR_A(q->a));
	if (q->what == ABI_LOG)
		return ABI_ANSWERED;
	for (size_t i = 0; i < s->bytes; i += 1 << 10)
		buf_addf(out, "%1024s", "");
	return s->rc;
}

static void
with_answer(
    struct set_answer *s, const struct need *needs, const char *const *calls)
{
	CLEANUP(buf_free) struct buf text = BUF(1 << 16), wasm = BUF(1 << 20);
	struct abi_host host = { .ask = ask_set, .arg = s };
	struct engine_limits lim = ENGINE_LIMITS;
	struct engine_options opt = { 0 };
	struct abi_result res;
	struct engine *en = NULL;
	struct code *code = NULL;
	struct err e = ERR;

	s->log = (struct buf)BUF(1 << 20);
	add_module(&text, needs, "", calls);
	assert_true(trial_assemble(buf_str(&text), &wasm));
	assert_int_equal(engine_new(&en, &opt, &e), 0);
	assert_int_equal(
	    code_load(&code, en, buf_str(&wasm), STR("m"), abi_imports(), &e),
	    0);
	assert_int_equal(abi_call(code, &lim, &host, STR(""), &res, &e), 0);
	abi_result_dispose(&res);
	code_free(&code);
	engine_free(&en);
}

static void
a_question_without_sense_leaves_nothing(void **state)
{
	static const char *const slot[CALLS] = { FETCH, TAKE, FETCH, SET },
				 *const dest[CALLS] = { GET5(99), GET5(99) };
	static const struct {
		struct set_answer s;
		const char *slot, *dest;
	} cases[] = {
		{ { .rc = ABI_MALFORMED }, "-2|-1|-2|-2|", "-3|-3|" },
		/* More than a call may keep. */
		{ { .rc = ABI_ANSWERED, .bytes = (64u << 20) + 1 },
		    "-23|0|-23|0|", "-4|-4|" },
		{ { .rc = ABI_REFUSED }, "-13|0|-13|-2|",
		    "a host call failed: no reason|-2|"
		    "a host call failed: no reason|-2|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct set_answer s = cases[i].s, d = cases[i].s;

		with_answer(&s, today, slot);
		assert_string_equal(buf_cstr(&s.log), cases[i].slot);
		with_answer(&d, earlier, dest);
		assert_string_equal(buf_cstr(&d.log), cases[i].dest);
		buf_free(&s.log);
		buf_free(&d.log);
	}
}

/* ---- proof of who calls ---- */

#define NOT_ID " (i32.xor" ID C(1) "))"

static void
a_wrong_ident_asks_nothing(void **state)
{
	static const struct rule now[] = {
		{ "today",
		    { "(call $fetch" C(3) C(24) C(9) C(19) C(5) NOT_ID,
			"(call $graphql" C(24) C(9) C(19) C(5) NOT_ID,
			"(call $set" C(16) C(3) C(19) C(5) C(60) NOT_ID,
			"(call $get" C(16) C(3) NOT_ID,
			"(call $field" C(2) C(16) C(3) NOT_ID,
			"(call $set_field" C(4) C(16) C(3) C(19) C(5) NOT_ID,
			"(call $file" C(16) C(3) NOT_ID,
			"(call $db" C(1) C(16) C(3) NOT_ID,
			"(call $var" C(16) C(3) C(19) C(5) NOT_ID,
			"(call $secret" C(16) C(3) NOT_ID,
			VOID "(call $header" C(16) C(3) C(19) C(5) NOT_ID,
			VOID "(call $log" C(16) C(3) C(1) NOT_ID,
			VOID "(call $result" C(16) C(3) NOT_ID,
			VOID "(call $error" C(9) C(16) C(3) NOT_ID, GET,
			"(call $take" C(256) NOT_ID, TAKE },
		    "3:-1|3:-1|3:-1|3:-1|3:-1|3:-1|3:-1|3:-1|3:-1|3:-1|3:5|"
		    "3:-1|3:0|",
		    "cache_get 0 key |" },
	};
	static const struct rule then[] = {
		{ "earlier",
		    { "(call $fetch8" C(1) C(24) C(9) C(19) C(5) C(0) C(99)
			    NOT_ID,
			"(call $fetch0" C(24) C(9) C(0) C(99) NOT_ID,
			"(call $get5" C(16) C(3) C(0) C(99) NOT_ID,
			"(call $field6" C(2) C(16) C(3) C(0) C(99) NOT_ID,
			"(call $file5" C(16) C(3) C(0) C(99) NOT_ID,
			VOID "(call $print" C(16) C(3) NOT_ID },
		    "3:-1|3:-1|3:-1|3:-1|3:-1|", "" },
	};

	(void)state;
	hold(today, now, COUNT(now));
	hold(earlier, then, COUNT(then));
}

static void
initialisers_cannot_know_the_ident(void **state)
{
	static const char *const get[CALLS] = { GET }, *const none[CALLS];
	CLEANUP(trial_dispose) struct trial t = { 0 };
	CLEANUP(trial_dispose) struct trial a = { 0 };

	(void)state;
	run_calls(&t,
	    "(func (export \"_start\") (call $result" C(16) C(3)
		C(0) ")"
		     " (call $error" C(1) C(16) C(3)
			 C(0) ")"
			      " (drop (call $get" C(16) C(3)
				  C(0) "))"
				       " (drop (call $take" C(16) C(0) ")))",
	    get);
	assert_int_equal(t.rc, 0);
	assert_false(t.res.has_output || t.res.has_error);
	assert_true(t.res.nothing);
	assert_string_equal(buf_cstr(&t.asks), "cache_get 0 key |");
	/* abort needs none: its text is the call's error. */
	run_calls(&a,
	    "(func (export \"_start\") (call $abort" C(0) C(0) C(1)
		C(2) ")"
		     " (unreachable))",
	    none);
	assert_int_equal(a.rc, 0);
	assert_true(a.res.has_error && !a.res.nothing);
	assert_string_equal(buf_cstr(&a.res.message), "abort");
}

static void
host_calls_work_on_after_the_result(void **state)
{
	static const char *const calls[CALLS] = { VOID "(call $result" C(16)
						      C(3) ID ")",
		GET, TAKE, VOID "(call $result" C(19) C(5) ID ")",
		VOID "(call $error" C(7) C(16) C(3) ID ")" };
	CLEANUP(trial_dispose) struct trial t = { .later = true };

	(void)state;
	run_calls(&t, "", calls);
	assert_int_equal(t.rc, 0);
	assert_string_equal(buf_cstr(&t.log), "3:5|3:0|");
	assert_string_equal(buf_cstr(&t.res.output), "key");
	assert_true(t.res.twice && t.res.has_error);
	assert_int_equal(t.res.code, 7);
	assert_false(t.res.nothing);
}

static void
a_function_may_call_itself(void **state)
{
	static const char *const twice[CALLS] = { VOID "(call $again" ID ")",
		VOID "(call $again" ID ")" };
	CLEANUP(trial_dispose) struct trial t = { .later = true };
	CLEANUP(trial_dispose) struct trial deep = { 0 };

	(void)state;
	run_calls(&t,
	    "(func $again (param $id i32) (call $say " GET ID ")"
	    " (call $say " TAKE ID ") (call $result" C(16) C(3) ID "))",
	    twice);
	assert_int_equal(t.rc, 0);
	assert_string_equal(buf_cstr(&t.log), "3:5|3:0|3:5|3:0|");
	assert_true(t.res.twice);
	run_calls(&deep,
	    "(func $again (param $id i32) (drop " GET ") (call $again" ID "))",
	    twice);
	assert_int_equal(deep.rc, -1);
	assert_int_equal(deep.e.kind, ERR_LIMIT);
	assert_non_null(strstr(deep.e.text, "recursed too deeply"));
}

/* ---- bad memory ---- */

/* Each import with each of these in each parameter's place, with the right
 * ident wherever it may belong. */
static const int32_t odd[] = { 0, 1, -1, 3, 16, 65535, 131071, 131072, 131073,
	INT32_MAX, INT32_MIN, INT32_MIN + 16, -16, 67108865 };

#define IDENT_HERE 0x1de27
#define MOST 10

static size_t
count_params(const char *type)
{
	size_t n = 0, at;
	struct str s = str_of(type);

	(void)str_find(s, STR(")"), &at);
	s.n = at;
	for (; str_find(s, STR("i32"), &at); n++)
		s = str_from(s, at + 3);
	return n;
}

/* run_e calls it with the words of the input. */
static void
add_caller(const struct engine_import *i, struct buf *text)
{
	size_t n = count_params(i->type);
	bool gives = str_ends(str_of(i->type), "i32");

	buf_add(text, STR("(module "));
	add_import(text, i->name, "f", n, gives);
	buf_addf(text,
	    "(memory (export \"memory\") 2)"
	    "(func (export \"allocate\") (param i32) (result i32)"
	    " (i32.const 4096))"
	    "(func $get (param $at i32) (param $id i32) (result i32)"
	    " (local $v i32) (local.set $v (i32.load (local.get $at)))"
	    " (if (result i32) (i32.eq (local.get $v) (i32.const %d))"
	    "  (then (local.get $id)) (else (local.get $v))))"
	    "(func (export \"run_e\") (param $p i32) (param $n i32)"
	    " (param $id i32) (call $f",
	    IDENT_HERE);
	for (size_t k = 0; k < n; k++)
		buf_addf(text,
		    " (call $get (i32.add (local.get $p) (i32.const %zu))"
		    " (local.get $id))",
		    k * 4);
	buf_addf(text, ") %s))", gives ? "drop" : "");
}

static int
answer_odd(void *arg, const struct abi_ask *q, struct buf *out)
{
	unsigned *turn = arg;

	if (q->what == ABI_CLOCK || q->what == ABI_RANDOM)
		return ABI_REFUSED;
	buf_add(out, STR("an answer"));
	return (*turn)++ % 2 ? ABI_ANSWERED : ABI_REFUSED;
}

static void
call_odd(const struct code *code, const int32_t words[MOST], unsigned *turn)
{
	struct engine_limits lim = ENGINE_LIMITS;
	struct abi_host host = { .ask = answer_odd, .arg = turn };
	struct abi_result res;
	struct err e = ERR;
	struct str input = { (const char *)words, MOST * sizeof(*words) };
	int rc = abi_call(code, &lim, &host, input, &res, &e);

	if (rc < 0)
		assert_true(e.kind == ERR_GUEST || e.kind == ERR_LIMIT);
	abi_result_dispose(&res);
}

static void
try_odd(const struct code *code, size_t n)
{
	unsigned turn = 0;
	int32_t words[MOST];

	for (size_t v = 0; v < COUNT(odd); v++)
		for (size_t id = 0; id <= n; id++)
			for (size_t at = 0; at < n; at++) {
				for (size_t k = 0; k < MOST; k++)
					words[k] = odd[v];
				words[at] = 3;
				if (id < n)
					words[id] = IDENT_HERE;
				call_odd(code, words, &turn);
			}
}

static void
no_parameter_can_hurt(void **state)
{
	struct engine_options opt = { .pooling = true };
	struct engine *en = NULL;
	struct err e = ERR;
	size_t tried = 0;

	(void)state;
	assert_int_equal(engine_new(&en, &opt, &e), 0);
	for (const struct engine_import *i = abi_imports(); i->name; i++) {
		CLEANUP(buf_free) struct buf text = BUF(1 << 14);
		CLEANUP(buf_free) struct buf wasm = BUF(1 << 14);
		struct code *c = NULL;

		if (strcmp(i->ns, "env") != 0)
			continue;
		add_caller(i, &text);
		if (!trial_assemble(buf_str(&text), &wasm))
			fail_msg("%s %s", i->name, i->type);
		assert_int_equal(code_load(&c, en, buf_str(&wasm), STR("m"),
				     abi_imports(), &e),
		    0);
		try_odd(c, count_params(i->type));
		code_free(&c);
		tried++;
	}
	assert_true(tried > 50);
	engine_free(&en);
}

static void
areas_may_overlap(void **state)
{
	static const struct rule now[] = {
		{ "name and value, answer and question",
		    { "(call $set" C(16) C(8) C(16) C(8) C(60) ID ")", GET,
			"(call $take" C(14) ID ")", SHOW(14, 5) },
		    "3:0|3:5|3:0|3:value|",
		    "cache_set 60 keyvalue keyvalue|cache_get 0 key |" },
	};
	static const struct rule then[] = {
		{ "destination and question",
		    { GET5_TO(14), SHOW(14, 5), GET5(99) }, "3:5|3:value|3:5|",
		    "cache_get 0 key |cache_get 0 lue |" },
	};

	(void)state;
	hold(today, now, COUNT(now));
	hold(earlier, then, COUNT(then));
}

/* ---- at load ---- */

/* upstream 5.4: "One signature from an abandoned commit, fetch_url (iiiiii)v
 * without a result, should be refused." */
static void
trap_5_4_fetch_url_without_a_result_is_refused(void **state)
{
	CLEANUP(trial_dispose) struct trial t = { 0 }, never = { 0 };

	(void)state;
	trial_run_text(&t,
	    STR("(module (import \"env\" \"fetch_url\" (func (param i32 i32 i32"
		" i32 i32 i32))))"));
	assert_int_equal(t.rc, -3);
	assert_int_equal(t.e.kind, ERR_INPUT);
	assert_non_null(strstr(t.e.text, "'env.fetch_url'"));
	assert_non_null(
	    strstr(t.e.text, "(i32, i32, i32, i32, i32, i32) -> ()"));
	trial_run_text(&never,
	    STR("(module (import \"env\" \"fetch_all\" (func (param i64)"
		" (result f32))))"));
	assert_int_equal(never.rc, -3);
	assert_non_null(strstr(
	    never.e.text, "'env.fetch_all' (i64) -> f32, which nobody offers"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    trap_5_2_a_pending_result_blocks_what_needs_the_slot),
		cmocka_unit_test(an_errors_text_waits_but_does_not_block),
		cmocka_unit_test(
		    trap_5_2_what_leaves_nothing_does_not_need_the_slot),
		cmocka_unit_test(trap_5_2_a_zero_length_result_must_be_fetched),
		cmocka_unit_test(bug_5_2_db_exec_with_a_pending_result_fails),
		cmocka_unit_test(bug_5_2_a_refused_set_says_so),
		cmocka_unit_test(variables_have_a_ceiling),
		cmocka_unit_test(trap_5_4_one_name_has_several_arities),
		cmocka_unit_test(trap_5_4_an_answer_that_does_not_fit_is_kept),
		cmocka_unit_test(a_question_without_sense_leaves_nothing),
		cmocka_unit_test(a_wrong_ident_asks_nothing),
		cmocka_unit_test(initialisers_cannot_know_the_ident),
		cmocka_unit_test(host_calls_work_on_after_the_result),
		cmocka_unit_test(a_function_may_call_itself),
		cmocka_unit_test(no_parameter_can_hurt),
		cmocka_unit_test(areas_may_overlap),
		cmocka_unit_test(
		    trap_5_4_fetch_url_without_a_result_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
