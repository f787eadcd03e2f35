/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases a second, each in a fresh instance, on a compiled function:
 *
 *	smoke_bench [FILE.wasm [COUNT]]
 *
 * prints the rate of one core (by the time on the clock and by that of the
 * processor) and of all.  Without a file it takes testdata/flow/echo.wasm.
 */
#include <sys/resource.h>
#include <unistd.h>

#include "os/os.h"
#include "smoke/smoke.h"

static uint64_t
cpu_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
	    (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

/* A test file with a table of count rows, which is removed once read. */
static int
make_cases(struct smoke **s, const char *wasm, unsigned count, struct err *e)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1u << 20);
	CLEANUP(diags_free) struct diags *ds = diags_new();
	char path[] = "/tmp/smoke-bench-XXXXXX";
	const char *paths[] = { path };
	int fd = mkstemp(path), rc;

	if (fd < 0)
		return err_sys(e, "cannot make '%s'", path);
	close(fd);
	buf_addf(&yaml,
	    "cases:\n  - name: n${i}\n    function: %s\n"
	    "    input: world ${i}\n"
	    "    expect: {body: \"world ${i}\"}\n    each:\n",
	    wasm);
	for (unsigned i = 0; i < count; i++)
		buf_addf(&yaml, "      - {i: %u}\n", i);
	rc = os_replace(path, buf_str(&yaml), 0600, e);
	if (rc == 0)
		rc = smoke_read(s, "/tmp", paths, 1, ds, e);
	unlink(path);
	if (rc == 0 && diags_errors(ds) > 0)
		return err_set(
		    e, ERR_INPUT, STR_F, STR_A(diags_at(ds, 0)->text));
	return rc;
}

static int
measure(struct smoke *s, struct engine *en, unsigned jobs, struct err *e)
{
	struct smoke_options opt = { .jobs = jobs };
	struct smoke_totals t;
	uint64_t cpu = cpu_ns();
	double n, wall_s, cpu_s;

	if (smoke_run(s, en, NULL, &opt, &t, e) < 0)
		return -1;
	cpu_s = (double)(cpu_ns() - cpu) / 1e9;
	wall_s = (double)t.wall_ns / 1e9;
	n = (double)(t.passed + t.failed);
	printf("%u thread%s: %.0f cases, %zu failed, %.0f a second, %.0f for "
	       "each second of processor\n",
	    jobs, jobs == 1 ? "" : "s", n, t.failed, n / wall_s, n / cpu_s);
	return t.failed ? err_set(e, ERR_FAILED, "cases failed") : 0;
}

static int
bench(const char *wasm, unsigned count, struct err *e)
{
	CLEANUP(engine_free) struct engine *en = NULL;
	CLEANUP(smoke_free) struct smoke *s = NULL;
	struct engine_options opt = { .pooling = true };

	if (make_cases(&s, wasm, count, e) < 0 || engine_new(&en, &opt, e) < 0)
		return -1;
	if (measure(s, en, 1, e) < 0)
		return -1;
	return os_cores() > 1 ? measure(s, en, os_cores(), e) : 0;
}

int
main(int argc, char **argv)
{
	CLEANUP(buf_free) struct buf path = BUF(8192);
	const char *wasm = argc > 1 ? argv[1] : "testdata/flow/echo.wasm";
	char cwd[4096];
	uint64_t count = 20000;
	struct err e = ERR;

	if (argc > 2 && !str_u64(str_of(argv[2]), 30000, &count)) {
		fprintf(stderr, "smoke_bench: COUNT is at most 30000\n");
		return 2;
	}
	if (wasm[0] != '/' && getcwd(cwd, sizeof(cwd)))
		buf_addf(&path, "%s/", cwd);
	buf_addf(&path, "%s", wasm);
	if (bench(buf_cstr(&path), (unsigned)count, &e) == 0)
		return 0;
	fprintf(stderr, "smoke_bench: %s\n", e.text);
	return 1;
}
