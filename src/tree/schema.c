/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/schema.h"

#include <errno.h>
#include <math.h>

static bool
is_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_is(s, *words))
			return true;
	return false;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

static int
digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* All of s in the base, or false: other characters, or past an int64. */
static bool
whole(struct str s, int base, bool negative, int64_t *out)
{
	int64_t n = 0;
	size_t i;
	int d;

	for (i = 0; i < s.n; i++) {
		d = digit_value(s.p[i]);
		if (d >= base || __builtin_mul_overflow(n, base, &n) ||
		    __builtin_sub_overflow(n, d, &n))
			return false;
	}
	/* Counted downward, because the least int64 has no positive twin. */
	if (!negative && n == INT64_MIN)
		return false;
	*out = negative ? n : -n;
	return s.n > 0;
}

static bool
is_int(struct str s, int64_t *out)
{
	bool negative = str_starts(s, "-");

	if (str_starts(s, "0x"))
		return whole(str_from(s, 2), 16, false, out);
	if (str_starts(s, "0o"))
		return whole(str_from(s, 2), 8, false, out);
	if (negative || str_starts(s, "+"))
		s = str_from(s, 1);
	return whole(s, 10, negative, out);
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool
looks_real(struct str s)
{
	size_t before, after = 0;

	if (str_starts(s, "-") || str_starts(s, "+"))
		s = str_from(s, 1);
	before = digits(s);
	s = str_from(s, before);
	if (str_starts(s, ".")) {
		after = digits(str_from(s, 1));
		s = str_from(s, after + 1);
	}
	if (before + after == 0)
		return false;
	if (s.n == 0)
		return true;
	if (s.p[0] != 'e' && s.p[0] != 'E')
		return false;
	s = str_from(s, 1);
	if (str_starts(s, "-") || str_starts(s, "+"))
		s = str_from(s, 1);
	return s.n > 0 && digits(s) == s.n;
}

static bool
is_real(struct str s, double *out)
{
	static const char *const inf[] = { ".inf", ".Inf", ".INF", "+.inf",
		"+.Inf", "+.INF", NULL };
	static const char *const minus_inf[] = { "-.inf", "-.Inf", "-.INF",
		NULL };
	static const char *const nan[] = { ".nan", ".NaN", ".NAN", NULL };

	if (is_one_of(s, inf))
		*out = INFINITY;
	else if (is_one_of(s, minus_inf))
		*out = -INFINITY;
	else if (is_one_of(s, nan))
		*out = NAN;
	else if (looks_real(s))
		*out = strtod(s.p, NULL); /* scalars' texts end in NUL */
	else
		return false;
	return true;
}

void
schema_resolve(struct tree *t)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL",
		NULL };
	static const char *const yes[] = { "true", "True", "TRUE", NULL };
	static const char *const no[] = { "false", "False", "FALSE", NULL };

	t->kind = TREE_TEXT;
	if (is_one_of(t->text, nulls)) {
		t->kind = TREE_NULL;
	} else if (is_one_of(t->text, yes) || is_one_of(t->text, no)) {
		t->kind = TREE_BOOL;
		t->num = is_one_of(t->text, yes);
	} else if (is_int(t->text, &t->num)) {
		t->kind = TREE_INT;
		t->real = (double)t->num;
	} else if (is_real(t->text, &t->real)) {
		t->kind = TREE_REAL;
	}
}
