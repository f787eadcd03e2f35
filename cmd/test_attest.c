/* SPDX-License-Identifier: Apache-2.0 */
/* The result of a test run, as in-toto has it. */
#include "test_attest.h"
#include "attest/attest.h"
#include "os/os.h"

#define MAX_TEST_FILE (64u << 20)

/* What stands in attest/ is of other things. */
static struct attest_entry *
subjects(const struct bundle *b, size_t *n, struct arena *a)
{
	size_t count = bundle_count(b);
	struct attest_entry *v = arena_take(a, (count + 1) * sizeof(*v));

	for (size_t i = 0; i < count; i++) {
		struct bundle_part p = bundle_at(b, i);

		if (!str_starts(p.name, "attest/"))
			v[(*n)++] = (struct attest_entry){ p.name,
				sign_digest(p.data) };
	}
	return v;
}

/* The files that the cases are of, which come one after the other. */
static int
files(struct attest_entry **out, size_t *n, const struct test_report *rep,
    struct arena *a, struct err *e)
{
	struct attest_entry *v = arena_take(a, (rep->n + 1) * sizeof(*v));

	for (size_t i = 0; i < rep->n; i++) {
		CLEANUP(buf_free) struct buf text = BUF(MAX_TEST_FILE);
		struct str name = rep->v[i].file;

		if (*n > 0 && str_eq(v[*n - 1].name, name))
			continue;
		if (os_read(&text,
			arena_printf(a, "%s" STR_F, rep->root, STR_A(name)),
			e) < 0)
			return -1;
		v[(*n)++] =
		    (struct attest_entry){ name, sign_digest(buf_str(&text)) };
	}
	*out = v;
	return 0;
}

static struct attest_case *
cases(const struct test_report *rep, struct arena *a)
{
	static const enum attest_outcome outcomes[] = { [SMOKE_PASSED] =
							    ATTEST_PASSED,
		[SMOKE_FAILED] = ATTEST_FAILED,
		[SMOKE_SKIPPED] = ATTEST_SKIPPED };
	struct attest_case *v = arena_take(a, (rep->n + 1) * sizeof(*v));

	for (size_t i = 0; i < rep->n; i++)
		v[i] = (struct attest_case){
			str_of(arena_printf(a, STR_F ": " STR_F,
			    STR_A(rep->v[i].file), STR_A(rep->v[i].name))),
			outcomes[rep->v[i].outcome]
		};
	return v;
}

int
test_attest(const char *path, const struct bundle *b,
    const struct test_report *rep, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf out = BUF(ATTEST_MAX_BYTES);
	struct attest_entry *of, *from;
	size_t nof = 0, nfrom = 0;

	if (!b)
		return err_set(e, ERR_USAGE,
		    "--attest tells of a bundle, and there is none");
	of = subjects(b, &nof, a);
	if (files(&from, &nfrom, rep, a, e) < 0 ||
	    attest_test_result(
		&out, of, nof, from, nfrom, cases(rep, a), rep->n, e) < 0)
		return err_wrap(e, "the test result");
	return os_replace(path, buf_str(&out), 0644, e);
}
