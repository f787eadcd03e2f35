/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/trust.h"

static bool
is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* Numbers of any length. */
static int
cmp_numbers(struct str a, struct str b)
{
	while (a.n > 1 && a.p[0] == '0')
		a = str_from(a, 1);
	while (b.n > 1 && b.p[0] == '0')
		b = str_from(b, 1);
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return str_cmp(a, b);
}

static int
cmp_parts(struct str a, struct str b)
{
	bool na = is_number(a), nb = is_number(b);

	if (na && nb)
		return cmp_numbers(a, b);
	if (na != nb)
		return na ? -1 : 1;
	return str_cmp(a, b);
}

static int
cmp_lists(struct str a, struct str b)
{
	struct str x, y;
	int d = 0;

	while (d == 0 && (a.n > 0 || b.n > 0)) {
		bool no_a = a.n == 0, no_b = b.n == 0;

		str_cut(&a, '.', &x);
		str_cut(&b, '.', &y);
		d = no_a ? -1 : no_b ? 1 : cmp_parts(x, y);
	}
	return d;
}

/* Three numbers into core, what is before them after it; false: no version. */
static bool
split(struct str s, struct str *core, struct str *before)
{
	struct str rest, part, main;
	unsigned n = 0;

	if (str_starts(s, "v"))
		s = str_from(s, 1);
	str_cut(&s, '+', &main); /* what is built, which says no order */
	*before = main;
	if (!str_cut(before, '-', core))
		*before = (struct str){ 0 };
	for (rest = *core; rest.n > 0 && n < 4; n++) {
		str_cut(&rest, '.', &part);
		if (!is_number(part))
			return false;
	}
	return n > 0 && n <= 3;
}

int
trust_version_cmp(struct str a, struct str b)
{
	struct str ca, cb, pa, pb;
	bool va = split(a, &ca, &pa), vb = split(b, &cb, &pb);
	int d;

	if (!va || !vb)
		return va - vb;
	d = cmp_lists(ca, cb);
	if (d != 0)
		return d;
	if (pa.n == 0 || pb.n == 0)
		return (pa.n == 0) - (pb.n == 0);
	return cmp_lists(pa, pb);
}
