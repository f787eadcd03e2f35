/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "os/os.h"
#include "smoke/smoke.h"
#include "tree/tree.h"

#define MAX_RESULTS 2000u

static const char directive[] =
    "identifier: com.example.app\nappVersion: v0.1.0\natmoVersion: v0.4.8\n"
    "handlers:\n"
    "  - {type: request, resource: /hello/:key, method: GET,\n"
    "     steps: [{fn: param}]}\n"
    "  - {type: request, resource: /hello/:key, method: POST,\n"
    "     steps: [{fn: echo}, {fn: shout, with: {in: echo}, as: loud}]}\n"
    "  - {type: request, resource: /group, method: POST, response: echo,\n"
    "     steps: [{group: [{fn: echo}, {fn: put}, {fn: typed}]},\n"
    "             {fn: note}]}\n"
    "  - {type: request, resource: /fail, method: POST,\n"
    "     steps: [{fn: echo}, {fn: fail}]}\n"
    "  - {type: request, resource: /retry, method: POST,\n"
    "     steps: [{fn: ask, retry: {times: 3, backoff: 20s}}]}\n"
    "  - {type: request, resource: /slow, method: POST,\n"
    "     steps: [{fn: ask, timeout: 5s, onErr: {code: {504: continue},\n"
    "              other: return}}]}\n"
    "  - {type: request, resource: /when, method: POST, response: echo,\n"
    "     steps: [{fn: echo}, {fn: shout, when: state.echo == 'loud',\n"
    "              with: {in: echo}}]}\n"
    "  - {type: request, resource: /each, method: POST,\n"
    "     steps: [{fn: echo, as: all}, {fn: echo, forEach: all}]}\n"
    "  - {type: request, resource: /poll, method: POST, response: ask,\n"
    "     steps: [{fn: ask, name: again},\n"
    "             {goto: again, when: state.ask != 'done', max: 5,\n"
    "              every: 1h}]}\n"
    "  - {type: request, resource: /other, method: POST,\n"
    "     steps: [{call: POST /fail, as: inner}, {fn: echo, input: inner}]}\n"
    "  - {type: stream, source: nats, resource: orders.new,\n"
    "     respondTo: orders.done, steps: [{fn: echo}]}\n"
    "  - {type: stream, source: nats, resource: ping, steps: [{fn: echo}]}\n"
    "  - {type: stream, resource: /socket, steps: [{fn: echo}]}\n"
    "connections:\n"
    "  nats: {serverAddress: 'nats://127.0.0.1:4222'}\n"
    "  database: {type: postgresql, connectionString: env(DB)}\n"
    "queries:\n"
    "  - {name: by-id, query: 'SELECT * FROM t WHERE id = $1'}\n"
    "schedules:\n"
    "  - {name: nightly, every: {hours: 1}, state: {in: tick},\n"
    "     steps: [{fn: shout}]}\n"
    "runnables:\n";

static const char *const words[] = { "echo", "shout", "fail", "trap", "loop",
	"put", "note", "typed", "file", "param", "ask", "rows", "cached",
	"secret" };

/* A folder with test files, and the bundle they run on. */
struct world {
	char dir[64];
	struct engine *en;
	struct bundle *b;
	struct smoke *s;
	struct diags *ds;
	struct smoke_options opt;
	struct smoke_totals t;
	struct smoke_case_result v[MAX_RESULTS];
	size_t n;
	struct buf told; /* snapshots and stale ones */
	struct err e;
};

static void
pack(struct world *w)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1u << 20);
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct bundle_part parts[COUNT(words) + 2];
	struct bundle_options opt = { .store = true };
	const char *path = arena_printf(a, "%s/b.zip", w->dir);
	struct digest digest;
	size_t n = COUNT(words);

	buf_addf(&yaml, "%s", directive);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(buf_free) struct buf wasm = BUF(1u << 20);
		const char *old = i % 2 ? "0.12.0" : "0.15.1";

		buf_addf(&yaml,
		    "  - {name: %s, namespace: default, lang: c, "
		    "apiVersion: %s}\n",
		    words[i], old);
		assert_int_equal(
		    os_read(&wasm,
			arena_printf(a, "testdata/flow/%s.wasm", words[i]),
			&w->e),
		    0);
		parts[i].name = str_of(arena_printf(a, "%s.wasm", words[i]));
		parts[i].data = arena_copy(a, buf_str(&wasm));
	}
	parts[n++] =
	    (struct bundle_part){ STR("Directive.yaml"), buf_str(&yaml) };
	parts[n++] = (struct bundle_part){ STR("static/a.txt"), STR("AAA") };
	if (bundle_pack(path, parts, n, &opt, &digest, &w->e) < 0 ||
	    bundle_open(&w->b, path, &w->e) < 0)
		fail_msg("%s", w->e.text);
}

static void
tell(void *arg, const struct smoke_case_result *r)
{
	struct world *w = arg;

	assert_true(w->n < MAX_RESULTS);
	w->v[w->n++] = *r;
}

static void
snapshot(void *arg, struct str file, struct str name, struct str diff)
{
	struct world *w = arg;

	buf_addf(&w->told, "%.*s|" STR_F "|" STR_F "\n", (int)file.n, file.p,
	    STR_A(name), STR_A(diff));
}

static void
stale(void *arg, struct str path)
{
	struct world *w = arg;

	buf_addf(&w->told, "stale " STR_F "\n", STR_A(path));
}

static void
put_file(struct world *w, const char *rel, struct str data)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	char *path = arena_printf(a, "%s/%s", w->dir, rel);
	char *slash = strrchr(path, '/');

	*slash = 0;
	assert_int_equal(os_mkdirs(path, 0755, &w->e), 0);
	*slash = '/';
	assert_int_equal(os_replace(path, data, 0644, &w->e), 0);
}

static void
read_all(struct world *w)
{
	smoke_free(&w->s);
	diags_free(&w->ds);
	w->ds = diags_new();
	if (smoke_read(&w->s, w->dir, NULL, 0, w->ds, &w->e) < 0)
		fail_msg("%s", w->e.text);
}

static struct world *
world(const char *yaml)
{
	struct world *w = mem_take(sizeof(*w));
	struct engine_options opt = { .fuel = true };

	snprintf(w->dir, sizeof(w->dir), "/tmp/smoke-test-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->told = (struct buf)BUF(1u << 20);
	pack(w);
	assert_int_equal(engine_new(&w->en, &opt, &w->e), 0);
	if (yaml)
		put_file(w, "tests/t.yaml", str_of(yaml));
	read_all(w);
	w->opt = (struct smoke_options){ .tell = tell,
		.snapshot = snapshot,
		.stale = stale,
		.arg = w,
		.timeout_ms = 2000 };
	return w;
}

static int
try(struct world *w)
{
	w->n = 0;
	buf_clear(&w->told);
	for (size_t i = 0; i < diags_count(w->ds); i++)
		if (diags_at(w->ds, i)->rule->level == DIAG_ERROR)
			fail_msg(STR_F, STR_A(diags_at(w->ds, i)->text));
	return smoke_run(w->s, w->en, w->b, &w->opt, &w->t, &w->e);
}

static void
run(struct world *w)
{
	if (try(w) < 0)
		fail_msg("%s", w->e.text);
	assert_int_equal(w->n, w->t.passed + w->t.failed + w->t.skipped);
}

static void
end(struct world *w)
{
	struct err e = ERR;

	smoke_free(&w->s);
	diags_free(&w->ds);
	bundle_free(&w->b);
	engine_free(&w->en);
	buf_free(&w->told);
	assert_int_equal(os_remove_tree(w->dir, &e), 0);
	mem_free(w);
}

static bool
holds(struct str s, const char *part)
{
	size_t at;

	return str_find(s, str_of(part), &at);
}

/* ---- outcomes ---- */

struct outcome_case {
	const char *yaml;  /* of one case, in flow form */
	const char *lacks; /* in the details; NULL: it passes */
};

static const struct outcome_case outcomes[] = {
	/* bodies */
	{ "function: echo, input: hi, expect: {body: hi}", NULL },
	{ "function: echo, input: hi, expect: {body: ho}", "!" },
	{ "function: echo, input: hi, expect: {body: {exact: hi}}", NULL },
	{ "function: echo, input: hi you, expect: {body: {contains: you}}",
	    NULL },
	{ "function: echo, input: hi, expect: {body: {contains: [h, x]}}",
	    "does not contain 'x'" },
	{ "function: echo, input: abc7, expect: {body: {regex: '^a.*[0-9]$'}}",
	    NULL },
	{ "function: echo, input: abc, expect: {body: {regex: '^b'}}",
	    "does not match '^b'" },
	{ "function: echo, json: {a: 1, b: [x]}, expect: {json: {a: 1}}",
	    NULL },
	{ "function: echo, json: {a: {b: [1, 2]}}, "
	  "expect: {json: {a: {b: [1, 3]}}}",
	    "$.a.b[1]: expected 3, got 2" },
	{ "function: echo, json: {a: 1}, expect: {json: {b: 1}}",
	    "$.b: expected 1, got nothing" },
	{ "function: echo, input: '{', expect: {json: {b: 1}}", "not JSON" },
	{ "function: echo, expect: {body: ''}", NULL },
	{ "function: echo, expect: {status: 200, body: }", NULL },
	{ "function: echo, input: x, expect: {status: 201}",
	    "expected status 201, got 200" },
	/* errors */
	{ "function: fail, input: 400 no, expect: {error: {code: 400, "
	  "message: 'no'}, status: 400}",
	    NULL },
	{ "function: fail, input: 400 no, expect: {error: {code: 401}}",
	    "expected error code 401, got 400" },
	{ "function: fail, input: 400 no way, expect: {error: {message: "
	  "{contains: way}}}",
	    NULL },
	{ "function: fail, input: 400 no, expect: {error: {message: 'yes'}}",
	    "message" },
	{ "function: fail, input: 400 no, expect: {status: 400}",
	    "returned error 400: no" },
	{ "function: fail, input: ok, expect: {error: {code: 400}}",
	    "expected an error, got a result" },
	{ "function: trap, expect: {error: {code: 400}}", "trapped" },
	{ "function: trap, expect: {body: x}", "in inner" },
	{ "function: trap, expect: {error: {trap: unreachable}}", NULL },
	{ "function: trap, expect: {error: {trap: overflow}}",
	    "does not contain" },
	{ "function: fail, input: 400 no, expect: {error: {trap: x}}",
	    "expected a trap" },
	{ "function: loop, timeout: 30ms, expect: {body: x}",
	    "passed a limit" },
	{ "function: loop, timeout: 30ms, expect: {error: {trap: limit}}",
	    NULL },
	{ "function: ecko, expect: {body: x}", "did you mean 'echo'" },
	/* the world */
	{ "function: note, given: {state: {note: n}}, expect: {body: n}",
	    NULL },
	{ "function: note, given: {state: {note: {a: 1}}}, "
	  "expect: {body: '{\"a\":1}'}",
	    NULL },
	{ "function: cached, input: k, given: {cache: {k: v}}, "
	  "expect: {body: v}",
	    NULL },
	{ "function: cached, input: k, expect: {error: {code: 502}}", NULL },
	{ "function: cached, input: k, given: {caches: {db: {k: v}}}, "
	  "expect: {error: {code: 502}}",
	    NULL },
	{ "function: cached, input: k, given: {caches: {default: {k: v}}}, "
	  "expect: {body: v}",
	    NULL },
	{ "function: file, input: a.txt, expect: {body: AAA}", NULL },
	{ "function: file, input: a.txt, given: {files: {a.txt: B}}, "
	  "expect: {body: B}",
	    NULL },
	{ "function: file, input: static/b.txt, given: {files: {/b.txt: B}}, "
	  "expect: {body: B}",
	    NULL },
	{ "function: secret, input: T, given: {secrets: {T: s3}}, "
	  "expect: {body: s3}",
	    NULL },
	{ "function: param, input: id, params: {id: 7}, expect: {body: 7}",
	    NULL },
	/* outbound */
	{ "function: ask, expect: {body: x}",
	    "{method: POST, url: \"https://api.test/x\", status: 200, "
	    "body: \"\"}" },
	{ "function: ask, given: {http: [{url: 'https://api.test/x', "
	  "body: ok}]}, expect: {body: ok}",
	    NULL },
	{ "function: ask, given: {http: [{url: 'https://api.test/*', "
	  "method: post, json: {a: 1}}]}, expect: {body: '{\"a\":1}'}",
	    NULL },
	{ "function: ask, given: {http: [{url: 'https://api.test/x', "
	  "method: GET}]}, expect: {body: ''}",
	    "gives no answer" },
	{ "function: ask, given: {http: [{url: 'https://api.test/x', "
	  "status: 404, body: gone}]}, "
	  "expect: {error: {code: 502, message: '404: gone'}}",
	    NULL },
	{ "function: ask, input: q, given: {http: [{url: 'https://*', "
	  "body: ok}]}, expect: {calls: [{method: POST, "
	  "url: 'https://api.test/x', headers: {accept: text/plain}, "
	  "body: q}]}",
	    NULL },
	{ "function: ask, input: q, given: {http: [{url: 'https://*'}]}, "
	  "expect: {calls: [{url: 'https://*', headers: {accept: a/b}}]}",
	    "header 'accept'" },
	{ "function: ask, given: {http: [{url: 'https://*'}]}, "
	  "expect: {calls: []}",
	    "POST https://api.test/x" },
	{ "function: echo, expect: {calls: []}", NULL },
	{ "function: rows, input: 7, given: {db: [{query: by-id, "
	  "vars: ['7'], rows: [{id: 7}]}]}, expect: {json: [{id: 7}], "
	  "calls: [{query: by-id, vars: ['7']}]}",
	    NULL },
	{ "function: rows, input: 8, given: {db: [{query: by-id, vars: ['7'], "
	  "rows: []}]}, expect: {body: x}",
	    "{query: \"by-id\", rows: []}" },
	{ "function: rows, input: 8, given: {db: [{query: by-id, "
	  "error: broken}]}, expect: {error: {message: broken}}",
	    NULL },
	/* requests */
	{ "request: {path: '/hello/ann?x=1'}, expect: {status: 200}", NULL },
	{ "request: {method: post, path: /hello/key, body: hey}, "
	  "expect: {body: HEY, steps: [echo, loud], "
	  "state: {echo: hey, loud: {contains: HE}, other: }}",
	    NULL },
	{ "request: {method: POST, path: /hello/key, body: hey}, "
	  "expect: {steps: [echo, shout]}",
	    NULL },
	{ "request: {method: POST, path: /hello/key, body: hey}, "
	  "expect: {steps: [shout, echo]}",
	    "list of steps" },
	{ "request: {method: POST, path: /hello/key}, "
	  "expect: {state: {loud: , echo: x, z: z}}",
	    "state 'z' is not set" },
	{ "request: {method: POST, path: /hello/key, body: hey}, "
	  "expect: {steps: [echo, shout, echo]}",
	    "    echo     | echo\n    shout    | shout\n  ! echo     |\n" },
	{ "request: /hello/ann, expect: {status: 200}", NULL },
	{ "request: post /hello/ann, expect: {steps: [echo, loud]}", NULL },
	{ "request: {path: /nowhere}, expect: {status: 404}", NULL },
	{ "request: {path: /nowhere}, expect: {body: x}", "no handler for" },
	{ "request: {method: PUT, path: /hello/key}, expect: {status: 405}",
	    NULL },
	{ "request: {method: POST, path: /group, body: b}, "
	  "expect: {body: b, steps: [typed, echo, put, note], "
	  "headers: {content-type: text/plain, X-KIND: typed}}",
	    NULL },
	{ "request: {method: POST, path: /group, body: b}, "
	  "expect: {steps: [note, typed, echo, put]}",
	    "list of steps" },
	{ "request: {method: POST, path: /group, body: b}, "
	  "expect: {steps: [echo, echo, put, note]}",
	    "list of steps" },
	{ "request: {method: POST, path: /group, body: b}, "
	  "expect: {headers: {x-none: a}}",
	    "header 'x-none' is not set" },
	{ "request: {method: POST, path: /fail, body: 404 none}, "
	  "expect: {status: 404, json: {message: none}, "
	  "headers: {content-type: application/json}, "
	  "error: {code: 404}, steps: [echo, fail]}",
	    NULL },
	{ "request: {method: POST, path: /fail, body: 404 none}, "
	  "expect: {json: {message: none}}",
	    "after the steps 'echo'" },
	/* schedules */
	{ "schedule: nightly, expect: {body: TICK}", NULL },
	{ "schedule: nightly, given: {state: {in: tock}}, "
	  "expect: {body: TOCK}",
	    NULL },
	{ "schedule: daily, expect: {body: x}", "no schedule 'daily'" },
	/* messages */
	{ "message: nats orders.new, expect: {reply: orders.done, body: ''}",
	    NULL },
	{ "message: {source: nats, topic: orders.new, body: b}, "
	  "expect: {reply: orders.new}",
	    "goes to 'orders.done'" },
	{ "message: {source: nats, topic: ping, json: {a: 1}}, "
	  "expect: {reply: ping, json: {a: 1}, steps: [echo]}",
	    NULL },
	{ "message: {topic: /socket, body: b}, expect: {body: b}", NULL },
	{ "message: nats orders.old, expect: {body: b}", "no stream handler" },
	{ "message: kafka ping, expect: {body: b}", "no stream handler" },
	/* time that is not waited for */
	{ "request: POST /retry, given: {http: [{url: '*', status: 503}, "
	  "{url: '*', status: 503}, {url: '*', body: ok}]}, "
	  "expect: {body: ok, steps: [ask, ask, ask]}",
	    NULL },
	{ "request: POST /retry, given: {http: [{url: '*', status: 503}]}, "
	  "expect: {status: 502, steps: [ask, ask, ask, ask]}",
	    NULL },
	{ "request: POST /slow, given: {http: [{url: '*', body: ok, "
	  "delay: 4s}]}, expect: {body: ok}",
	    NULL },
	{ "request: POST /slow, given: {http: [{url: '*', body: ok, "
	  "delay: 6s}]}, expect: {json: {code: 504}, steps: [ask]}",
	    NULL },
	{ "request: POST /poll, given: {http: [{url: '*', body: wait}, "
	  "{url: '*', body: wait}, {url: '*', body: done}]}, "
	  "expect: {body: done, steps: [ask, ask, ask]}",
	    NULL },
	{ "request: POST /poll, given: {http: [{url: '*', body: wait}]}, "
	  "expect: {status: 508, error: {code: 508}}",
	    NULL },
	/* conditions, lists, other handlers */
	{ "request: {path: /when, method: POST, body: loud}, "
	  "expect: {steps: [echo, shout], state: {shout: LOUD}}",
	    NULL },
	{ "request: {path: /when, method: POST, body: low}, "
	  "expect: {steps: [echo], state: {shout: }}",
	    NULL },
	{ "request: {path: /each, method: POST, json: [1, a, {b: 2}]}, "
	  "expect: {json: [1, a, {b: 2}], steps: [echo, echo, echo, echo]}",
	    NULL },
	{ "request: {path: /other, method: POST, body: hi}, "
	  "expect: {body: hi, steps: [echo, fail, 'POST /fail', echo]}",
	    NULL },
	{ "request: {path: /other, method: POST, body: 418 no}, "
	  "expect: {status: 418, error: {code: 418, message: 'no'}}",
	    NULL },
	/* logs and ceilings */
	{ "function: typed, input: world, expect: {logs: [saw, world]}", NULL },
	{ "function: typed, input: world, expect: {logs: [world, saw]}",
	    "lacks line 2" },
	{ "function: typed, input: world, expect: {logs: "
	  "[{level: warn, fn: typed, exact: world}]}",
	    NULL },
	{ "function: typed, input: world, expect: {logs: "
	  "[{level: error, contains: world}]}",
	    "warn 'world'" },
	{ "function: echo, expect: {fuel: 100000, time: 5s}", NULL },
	{ "function: echo, expect: {fuel: {max: 1}}", "instructions" },
	/* files */
	{ "function: ../wasm/echo.wasm, input: direct, expect: "
	  "{body: direct}",
	    NULL },
	{ "function: echo, file: ../wasm/in.txt, expect: "
	  "{body: \"from\\nfile\\n\"}",
	    NULL },
	{ "function: echo, input: a, skip: not now, expect: {body: b}", NULL },
};

static void
a_case_passes_only_when_all_it_expects_is_so(void **state)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1u << 20);
	CLEANUP(buf_free) struct buf wasm = BUF(1u << 20);
	struct world *w = world(NULL);

	(void)state;
	buf_addf(&yaml, "cases:\n");
	for (size_t i = 0; i < COUNT(outcomes); i++)
		buf_addf(&yaml, "  - {name: c%zu, %s}\n", i, outcomes[i].yaml);
	assert_int_equal(os_read(&wasm, "testdata/flow/echo.wasm", &w->e), 0);
	put_file(w, "tests/t.yaml", buf_str(&yaml));
	put_file(w, "wasm/echo.wasm", buf_str(&wasm));
	put_file(w, "wasm/in.txt", STR("from\nfile\n"));
	read_all(w);
	run(w);
	assert_int_equal(w->n, COUNT(outcomes));
	for (size_t i = 0; i < w->n; i++) {
		const char *lacks = outcomes[i].lacks;

		if ((w->v[i].outcome == SMOKE_FAILED) != (lacks != NULL) ||
		    (lacks && !holds(w->v[i].details, lacks)))
			fail_msg("%s\nwants %s\ngot\n" STR_F, outcomes[i].yaml,
			    lacks ? lacks : "to pass", STR_A(w->v[i].details));
	}
	assert_int_equal(w->t.skipped, 1);
	end(w);
}

/* ---- reading ---- */

struct problem_case {
	const char *yaml; /* of a whole file */
	const char *code, *text;
	unsigned line, col;
};

#define CASE(rest) "cases:\n  - name: x\n" rest

static const struct problem_case problems[] = {
	{ "- a\n", "T001", "a list", 1, 1 },
	{ "a: [\n", "T001", "", 0, 0 },
	{ "cases: []\n", "T013", "no cases", 0, 0 },
	{ "", "T013", "no cases", 0, 0 },
	{ "case: []\n", "T002", "'case'", 1, 1 },
	{ CASE("    function: echo\n    expekt: {body: a}\n"), "T002",
	    "'expekt'", 4, 5 },
	{ CASE("    function: echo\n    expect: {bodi: a}\n"), "T002", "'bodi'",
	    4, 14 },
	{ CASE("    function: echo\n"), "T005", "no 'expect'", 2, 5 },
	{ CASE("    function: echo\n    expect: {}\n"), "T005", "empty", 4,
	    13 },
	{ CASE("    expect: {body: a}\n"), "T004", "exactly one", 2, 5 },
	{ CASE("    function: a\n    schedule: b\n    expect: {body: a}\n"),
	    "T004", "exactly one", 2, 5 },
	{ CASE("    request: {path: /a}\n    input: b\n"
	       "    expect: {body: a}\n"),
	    "T002", "'input'", 4, 5 },
	{ CASE("    function: a\n    input: ${x}\n    expect: {body: a}\n"),
	    "T006", "'x'", 4, 12 },
	{ CASE("    function: a\n    each: [{inn: 1}]\n    input: ${in}\n"
	       "    expect: {body: a}\n"),
	    "T006", "did you mean 'inn'", 5, 12 },
	{ CASE("    function: a\n    input: [b]\n    expect: {body: a}\n"),
	    "T003", "'input'", 4, 12 },
	{ CASE("    function: a\n    input: b\n    json: {}\n"
	       "    expect: {body: a}\n"),
	    "T012", "one of", 4, 12 },
	{ CASE("    function: a\n    expect: {status: 99}\n"), "T007",
	    "100 to 599", 4, 22 },
	{ CASE("    function: a\n    expect: {status: ok}\n"), "T003",
	    "whole number", 4, 22 },
	{ CASE("    function: a\n    file: none.txt\n    expect: {body: a}\n"),
	    "T008", "none.txt", 4, 11 },
	{ CASE("    function: none.wasm\n    expect: {body: a}\n"), "T008",
	    "none.wasm", 3, 15 },
	{ CASE("    function: a\n    expect: {body: {regex: '('}}\n"), "T010",
	    "", 4, 28 },
	{ CASE("    function: a\n    expect: {body: {regex: '(a)\\1'}}\n"),
	    "T010", "back-references", 4, 28 },
	{ CASE("    function: a\n    expect: {body: {regex: "
	       "'((a{99}){99}){99}'}}\n"),
	    "T010", "repeats", 4, 28 },
	{ CASE("    function: a\n    given: {clock: noon}\n"
	       "    expect: {body: a}\n"),
	    "T007", "clock", 4, 20 },
	{ CASE("    function: a\n    given: {clock: 2026-02-30T00:00:00Z}\n"
	       "    expect: {body: a}\n"),
	    "T007", "clock", 4, 20 },
	{ CASE("    function: a\n    timeout: soon\n    expect: {body: a}\n"),
	    "T007", "time", 4, 14 },
	{ CASE("    request: {path: hello}\n    expect: {body: a}\n"), "T007",
	    "slash", 3, 21 },
	{ CASE("    request: hello\n    expect: {body: a}\n"), "T007", "slash",
	    3, 14 },
	{ CASE("    request: G-T /hello\n    expect: {body: a}\n"), "T007",
	    "method", 3, 14 },
	{ CASE("    request: {method: GET}\n    expect: {body: a}\n"), "T007",
	    "'path'", 3, 14 },
	{ CASE("    function: a\n    each: {a: 1}\n    expect: {body: a}\n"),
	    "T003", "each is a list", 4, 11 },
	{ CASE("    function: a\n    expect: {logs: [{level: loud}]}\n"),
	    "T007", "level", 4, 29 },
	{ CASE("    function: a\n    expect: {body: a}\n"
	       "  - name: x\n    function: b\n    expect: {body: a}\n"),
	    "T011", "line 2", 5, 5 },
	{ CASE("    function: a\n    expect: {body: {snapshot: true}}\n"
	       "  - name: X\n    function: b\n"
	       "    expect: {body: {snapshot: true}}\n"),
	    "T009", "same snapshot", 0, 0 },
	{ "cases:\n  - function: a\n    expect: {body: a}\n", "T007", "'name'",
	    2, 5 },
	{ "defaults: {given: {stat: {}}}\n" CASE("    function: a\n"
						 "    expect: {body: a}\n"),
	    "T002", "'stat'", 1, 20 },
};

static void
each_problem_is_told_with_its_place(void **state)
{
	struct world *w = world(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(problems); i++) {
		const struct problem_case *c = &problems[i];
		const struct diag *d;

		put_file(w, "tests/t.yaml", str_of(c->yaml));
		read_all(w);
		if (diags_count(w->ds) == 0)
			fail_msg("no problem in:\n%s", c->yaml);
		d = diags_at(w->ds, 0);
		if (diags_count(w->ds) != 1 ||
		    strcmp(d->rule->code, c->code) != 0 ||
		    !holds(d->text, c->text) ||
		    (c->line && (d->at.line != c->line || d->at.col != c->col)))
			fail_msg("%s\nwants %s %s at %u:%u, got %zu problems, "
				 "%s " STR_F " at %u:%u",
			    c->yaml, c->code, c->text, c->line, c->col,
			    diags_count(w->ds), d->rule->code, STR_A(d->text),
			    d->at.line, d->at.col);
		assert_true(str_ends(d->file, "/tests/t.yaml"));
	}
	end(w);
}

static void
a_table_becomes_a_case_for_each_row(void **state)
{
	struct world *w =
	    world("cases:\n"
		  "  - name: table ${in}\n"
		  "    each: [{in: a, out: a}, {in: b, out: '${in}'},\n"
		  "           {in: c, out: {exact: c}}]\n"
		  "    function: echo\n"
		  "    input: ${in}\n"
		  "    expect: {body: '${out}'}\n"
		  "  - name: plain\n"
		  "    each: [{n: 1}, {n: 2}]\n"
		  "    function: echo\n"
		  "    json: {n: '${n}', text: 'a$${n}${n}'}\n"
		  "    expect: {json: {n: '${n}', text: 'a$${n}${n}'}}\n");

	(void)state;
	assert_int_equal(smoke_count(w->s), 5);
	run(w);
	assert_true(str_is(w->v[0].name, "table a"));
	assert_int_equal(w->v[0].outcome, SMOKE_PASSED);
	assert_int_equal(w->v[1].outcome, SMOKE_FAILED);
	assert_true(holds(w->v[1].details, "${in}"));
	assert_int_equal(w->v[2].outcome, SMOKE_PASSED);
	assert_true(str_is(w->v[3].name, "plain [1]"));
	assert_int_equal(w->v[4].outcome, SMOKE_PASSED);
	end(w);
}

static void
defaults_count_for_all_cases_and_are_overruled(void **state)
{
	struct world *w =
	    world("defaults:\n"
		  "  given: {state: {note: n, in: i}}\n"
		  "cases:\n"
		  "  - {name: a, function: note, expect: {body: n}}\n"
		  "  - {name: b, function: note, given: {state: {note: m}},\n"
		  "     expect: {body: m, state: {in: i}}}\n"
		  "  - {name: c, function: note, expect: {body: n}}\n");

	(void)state;
	run(w);
	assert_int_equal(w->t.passed, 3);
	end(w);
}

static void
test_files_are_found_where_they_belong(void **state)
{
	static const char *const files[] = { "tests/a.yaml", "tests/b.yml",
		"x/y/c.test.yaml", "d.test.yml" };
	static const char *const others[] = { "tests/sub/no.yaml", "no.yaml",
		"node_modules/no.test.yaml", ".subo/no.test.yaml",
		"x/target/no.test.yaml", "tests/no.txt", "tests/.no.yaml" };
	const char *yaml = CASE("    function: echo\n    expect: {body: ''}\n");
	struct world *w = world(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		put_file(w, files[i], str_of(yaml));
	for (size_t i = 0; i < COUNT(others); i++)
		put_file(w, others[i], STR("not: a test\n"));
	read_all(w);
	assert_int_equal(diags_count(w->ds), 0);
	run(w);
	assert_int_equal(w->t.passed, COUNT(files));
	assert_true(str_is(w->v[0].file, "d.test.yml"));
	assert_true(str_is(w->v[3].file, "x/y/c.test.yaml"));
	end(w);
}

static void
a_table_of_a_million_rows_is_refused(void **state)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1u << 20);
	CLEANUP(buf_free) struct buf big = BUF(1u << 20);
	struct world *w = world(NULL);

	(void)state;
	for (int i = 0; i < 400000; i++)
		buf_addc(&big, 'x');
	buf_addf(&yaml,
	    "cases:\n  - name: n${i}\n    function: echo\n"
	    "    input: \"${i}" STR_F "\"\n"
	    "    expect: {body: a}\n    each:\n",
	    STR_A(buf_str(&big)));
	for (int i = 0; i < 20000; i++)
		buf_addf(&yaml, "      - {i: %d}\n", i);
	put_file(w, "tests/t.yaml", buf_str(&yaml));
	smoke_free(&w->s);
	assert_int_equal(smoke_read(&w->s, w->dir, NULL, 0, w->ds, &w->e), -1);
	assert_int_equal(w->e.kind, ERR_LIMIT);
	end(w);
}

/* ---- snapshots ---- */

static void
snapshots_are_written_only_when_asked(void **state)
{
	const char *yaml =
	    "cases:\n  - {name: 'One: Two', function: echo, input: v1,\n"
	    "     expect: {body: {snapshot: true}}}\n";
	struct world *w = world(yaml);
	CLEANUP(buf_free) struct buf b = BUF(1000);
	CLEANUP(buf_free) struct buf path = BUF(200);

	(void)state;
	buf_addf(&path, "%s/tests/t.snap/one-two.txt", w->dir);
	run(w);
	assert_int_equal(w->t.failed, 1);
	assert_true(holds(w->v[0].details, "--update"));
	w->opt.update = true;
	run(w);
	assert_int_equal(w->t.passed, 1);
	assert_int_equal(w->t.snapshots, 1);
	assert_true(holds(buf_str(&w->told), "one-two.txt|One: Two|a new"));
	assert_int_equal(os_read(&b, buf_cstr(&path), &w->e), 0);
	assert_string_equal(buf_cstr(&b), "v1");
	run(w);
	assert_int_equal(w->t.snapshots, 0);
	w->opt.update = false;
	run(w);
	assert_int_equal(w->t.passed, 1);
	put_file(w, "tests/t.snap/one-two.txt", STR("v0"));
	run(w);
	assert_int_equal(w->t.failed, 1);
	assert_true(holds(w->v[0].details, "v0"));
	assert_true(holds(w->v[0].details, "v1"));
	w->opt.update = true;
	run(w);
	assert_true(holds(buf_str(&w->told), "v0"));
	end(w);
}

static void
snapshots_of_no_case_are_told(void **state)
{
	struct world *w =
	    world("cases:\n  - {name: a, function: echo, input: v,\n"
		  "     expect: {body: {snapshot: kept}}}\n");

	(void)state;
	put_file(w, "tests/t.snap/kept.txt", STR("v"));
	put_file(w, "tests/t.snap/old.txt", STR("v"));
	put_file(w, "tests/gone.snap/a.txt", STR("v"));
	read_all(w);
	run(w);
	assert_int_equal(w->t.passed, 1);
	assert_true(holds(buf_str(&w->told), "t.snap/old.txt"));
	assert_true(holds(buf_str(&w->told), "gone.snap/a.txt"));
	assert_false(holds(buf_str(&w->told), "kept.txt"));
	w->opt.filter = "a";
	run(w);
	assert_int_equal(w->told.n, 0);
	end(w);
}

/* ---- running ---- */

static struct world *
many(size_t n)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1u << 20);

	buf_addf(&yaml, "cases:\n");
	for (size_t i = 0; i < n; i++)
		buf_addf(&yaml,
		    "  - {name: c%zu, function: echo, input: '%zu',"
		    " expect: {body: '%zu'}}\n",
		    i, i, i % 100 == 50 ? i + 1 : i);
	return world(buf_cstr(&yaml));
}

static void
cases_in_parallel_are_told_in_order(void **state)
{
	struct world *w = many(1000);

	(void)state;
	for (unsigned jobs = 1; jobs <= 8; jobs += 7) {
		w->opt.jobs = jobs;
		run(w);
		assert_int_equal(w->t.failed, 10);
		assert_int_equal(w->t.passed, 990);
		for (size_t i = 0; i < w->n; i++) {
			char name[32];

			snprintf(name, sizeof(name), "c%zu", i);
			assert_true(str_is(w->v[i].name, name));
		}
	}
	end(w);
}

static void
fail_fast_tells_nothing_after_the_first_failure(void **state)
{
	struct world *w = many(1000);

	(void)state;
	w->opt.fail_fast = true;
	w->opt.jobs = 4;
	run(w);
	assert_int_equal(w->n, 51);
	assert_int_equal(w->v[50].outcome, SMOKE_FAILED);
	end(w);
}

static void
a_filter_takes_what_holds_it(void **state)
{
	struct world *w = many(120);

	(void)state;
	w->opt.filter = "c11";
	run(w);
	assert_int_equal(w->n, 11);
	w->opt.filter = "*t.yaml: c7*";
	run(w);
	assert_int_equal(w->n, 11);
	w->opt.filter = "c999";
	assert_int_equal(try(w), -1);
	assert_int_equal(w->e.kind, ERR_MISSING);
	assert_true(w->e.hint[0]);
	end(w);
}

static void
without_a_bundle_modules_can_run(void **state)
{
	struct smoke_module m = { STR("lone"), "testdata/flow/echo.wasm" };
	struct world *w =
	    world("cases:\n"
		  "  - {name: a, function: lone, input: v, expect: {body: v}}\n"
		  "  - {name: b, function: echo, input: v, expect: {body: v}}\n"
		  "  - {name: c, request: {path: /a}, expect: {body: v}}\n");

	(void)state;
	bundle_free(&w->b);
	w->opt.modules = &m;
	w->opt.nmodules = 1;
	run(w);
	assert_int_equal(w->t.passed, 1);
	assert_int_equal(w->v[0].outcome, SMOKE_PASSED);
	assert_true(holds(w->v[2].details, "needs a bundle"));
	end(w);
}

/* ---- reports ---- */

static void
reports_escape_what_they_hold(void **state)
{
	const struct smoke_case_result v[] = {
		{ .file = STR("t.yaml"),
		    .at = { 3, 5 },
		    .name = STR("a # b"),
		    .outcome = SMOKE_PASSED },
		{ .file = STR("t.yaml"),
		    .at = { 9, 5 },
		    .name = STR("<\"&\x1b"),
		    .outcome = SMOKE_FAILED,
		    .details = STR("first <line>\n    x\n") },
		{ .file = STR("u.yaml"),
		    .name = STR("later"),
		    .outcome = SMOKE_SKIPPED,
		    .why_skipped = STR("not yet") },
	};
	const struct smoke_totals t = {
		.passed = 1, .failed = 1, .skipped = 1
	};
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *doc = tree_map(a);

	(void)state;
	smoke_tap(&out, v, 3);
	assert_true(holds(buf_str(&out),
	    "TAP version 13\n1..3\n"
	    "ok 1 - t.yaml: a \\# b\n"
	    "not ok 2 - "));
	assert_true(holds(buf_str(&out), "    first <line>\n        x\n  ..."));
	assert_true(
	    holds(buf_str(&out), "ok 3 - u.yaml: later # SKIP not yet\n"));
	buf_clear(&out);
	smoke_junit(&out, v, 3, 1000);
	assert_true(holds(buf_str(&out),
	    "tests=\"3\" failures=\"1\" "
	    "skipped=\"1\""));
	assert_true(holds(buf_str(&out), "name=\"&lt;&quot;&amp;"));
	assert_false(holds(buf_str(&out), "\x1b"));
	assert_true(holds(buf_str(&out), "message=\"first &lt;line&gt;\""));
	buf_clear(&out);
	smoke_json(a, doc, v, 3, &t);
	tree_print_json(&out, doc, 0);
	assert_true(holds(buf_str(&out), "\"outcome\":\"failed\""));
	assert_true(holds(buf_str(&out), "\"skipped\":1"));
}

static void
long_and_binary_answers_are_cut_with_the_number_left_out(void **state)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1u << 20);
	struct world *w;

	(void)state;
	buf_addf(&yaml, "cases:\n  - {name: a, function: echo, input: \"");
	for (int i = 0; i < 5000; i++)
		buf_addc(&yaml, 'x');
	buf_addf(&yaml,
	    "\", expect: {body: \"xxz\"}}\n"
	    "  - {name: b, function: echo, input: \"\\x1b[31m\\0\","
	    " expect: {body: \"red\"}}\n");
	w = world(buf_cstr(&yaml));
	run(w);
	assert_int_equal(w->t.failed, 2);
	assert_true(w->v[0].details.n < 2000);
	assert_true(holds(w->v[0].details, "(5000 bytes)"));
	assert_true(holds(w->v[0].details, "(and 4400 more bytes)"));
	assert_true(holds(w->v[0].details, "differ from byte 3 on"));
	assert_true(holds(w->v[1].details, "\\x1B[31m\\x00"));
	assert_false(holds(w->v[1].details, "\x1b"));
	end(w);
}

static void
every_rule_can_be_explained(void **state)
{
	(void)state;
	for (size_t i = 0; smoke_rules[i].code; i++) {
		char code[8];

		snprintf(code, sizeof(code), "T%03zu", i + 1);
		assert_string_equal(smoke_rules[i].code, code);
		assert_true(strlen(smoke_rules[i].cause) > 20);
		assert_true(strlen(smoke_rules[i].repair) > 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_passes_only_when_all_it_expects_is_so),
		cmocka_unit_test(each_problem_is_told_with_its_place),
		cmocka_unit_test(a_table_becomes_a_case_for_each_row),
		cmocka_unit_test(
		    defaults_count_for_all_cases_and_are_overruled),
		cmocka_unit_test(test_files_are_found_where_they_belong),
		cmocka_unit_test(a_table_of_a_million_rows_is_refused),
		cmocka_unit_test(snapshots_are_written_only_when_asked),
		cmocka_unit_test(snapshots_of_no_case_are_told),
		cmocka_unit_test(cases_in_parallel_are_told_in_order),
		cmocka_unit_test(
		    fail_fast_tells_nothing_after_the_first_failure),
		cmocka_unit_test(a_filter_takes_what_holds_it),
		cmocka_unit_test(without_a_bundle_modules_can_run),
		cmocka_unit_test(reports_escape_what_they_hold),
		cmocka_unit_test(
		    long_and_binary_answers_are_cut_with_the_number_left_out),
		cmocka_unit_test(every_rule_can_be_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
