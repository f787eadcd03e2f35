/* SPDX-License-Identifier: Apache-2.0 */
/* Times as people write them: "250ms", "1h30m". */
#include "directive/directive.h"

#define MAX_NS (366ull * 86400 * 1000000000)

struct unit {
	const char *name;
	uint64_t ns;
};

/* From large to small, as they must stand. */
static const struct unit units[] = {
	{ "d", 86400ull * 1000000000 },
	{ "h", 3600ull * 1000000000 },
	{ "m", 60ull * 1000000000 },
	{ "s", 1000000000ull },
	{ "ms", 1000000ull },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The run of digits, or of others, at the front of s. */
static struct str
cut_run(struct str *s, bool digits)
{
	struct str run = { s->p, 0 };

	while (run.n < s->n && is_digit(s->p[run.n]) == digits)
		run.n++;
	*s = str_from(*s, run.n);
	return run;
}

static bool
read_parts(struct str s, uint64_t *total)
{
	size_t next = 0;
	uint64_t n;

	*total = 0;
	while (s.n > 0) {
		if (!str_u64(cut_run(&s, true), 1000000000, &n))
			return false;
		struct str name = cut_run(&s, false);

		while (next < COUNT(units) && !str_is(name, units[next].name))
			next++;
		if (next == COUNT(units) || n > MAX_NS / units[next].ns)
			return false;
		*total += n * units[next++].ns;
	}
	return *total > 0 && *total <= MAX_NS;
}

int
duration_parse(uint64_t *ns, struct str text, struct err *e)
{
	uint64_t total;

	if (!read_parts(text, &total)) {
		err_set(e, ERR_INPUT, "'%.*s' is not a time from 1ms to 366d",
		    text.n > 80 ? 80 : (int)text.n, text.p ? text.p : "");
		return err_hint(e,
		    "write a whole number and ms, s, m, h or d, such as "
		    "'250ms', '2s' or '1h30m'");
	}
	*ns = total;
	return 0;
}
