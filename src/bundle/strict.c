/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical form of the framing.  What zip_scan lets pass is read in one
 * way by all; what passes here too could have been written in no other way,
 * but for the date and how well entries are packed.
 */
#include <time.h>

#include "bundle/bundle.h"
#include "bundle/zip.h"

#define MADE_BY 0x0314u /* Unix, 2.0 */
#define MODE 0100644u

static int
check_record(const struct zip_entry *z, struct str file, struct err *e)
{
	unsigned flags = zip_get16(file, z->dir + 8);
	unsigned needs = zip_get16(file, z->dir + 6);
	size_t local = zip_get32(file, z->dir + 42);

	if (flags & ZIP_FLAG_DESCRIPTOR)
		return zip_refuse_entry(
		    e, "data-descriptor", z->name, "it has a data descriptor");
	if (flags != (zip_is_ascii(z->name) ? 0 : ZIP_FLAG_UTF8))
		return zip_refuse_entry(e, "flags", z->name,
		    "it has flags other than the one for names that are not "
		    "ASCII");
	if (zip_get16(file, z->dir + 30) != 0 ||
	    zip_get16(file, local + 28) != 0)
		return zip_refuse_entry(
		    e, "extra-field", z->name, "it has an extra field");
	if (zip_get16(file, z->dir + 4) != MADE_BY ||
	    (needs != 10 && needs != 20) || zip_get16(file, local + 4) != needs)
		return zip_refuse_entry(e, "version", z->name,
		    "its versions are not 3/2.0 and 2.0");
	if (zip_get16(file, z->dir + 36) != 0 ||
	    zip_get32(file, z->dir + 38) != MODE << 16)
		return zip_refuse_entry(
		    e, "mode", z->name, "its mode is not 0100644");
	return 0;
}

static bool
is_date(const struct zip_entry *z)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	unsigned day = z->date & 31u, month = z->date >> 5 & 15u;
	unsigned year = z->date >> 9; /* since 1980 */
	/* 2100 is the one year of four that has no 29 February. */
	bool leap = year % 4 == 0 && year != 120;

	return month >= 1 && month <= 12 && day >= 1 &&
	    day <= days[month - 1] + (unsigned)(leap && month == 2) &&
	    z->time >> 11 < 24 && (z->time >> 5 & 63u) < 60 &&
	    (z->time & 31u) < 30;
}

int64_t
zip_epoch(unsigned date, unsigned time)
{
	struct tm tm = { .tm_year = (int)(date >> 9) + 80,
		.tm_mon = (int)(date >> 5 & 15u) - 1,
		.tm_mday = (int)(date & 31u),
		.tm_hour = (int)(time >> 11),
		.tm_min = (int)(time >> 5 & 63u),
		.tm_sec = (int)(time & 31u) * 2 };

	return (int64_t)timegm(&tm);
}

static int
check_date(
    const struct zip_entry *z, const struct zip_entry *first, struct err *e)
{
	if (!is_date(z))
		return zip_refuse_entry(
		    e, "date", z->name, "its date is no date");
	if (z->date != first->date || z->time != first->time)
		return zip_refuse_entry(
		    e, "date", z->name, "its date is not that of the others");
	return 0;
}

static int
check_order(const struct zip_entry *v, size_t i, struct err *e)
{
	if (i == 0 && !str_is(v->name, "Directive.yaml"))
		return zip_refuse_entry(e, "order", v->name,
		    "the first entry is not Directive.yaml");
	if (i > 1 && str_cmp(v[i - 1].name, v[i].name) > 0)
		return zip_refuse_entry(e, "order", v[i].name,
		    "it comes after what sorts behind it");
	return 0;
}

int
zip_strict(const struct zip_entry *v, size_t n, struct str file, struct err *e)
{
	size_t at;

	if (zip_find_end(&at, file, e) < 0)
		return -1;
	at = zip_get32(file, at + 16);
	for (size_t i = 0; i < n; i++) {
		const struct zip_entry *z = &v[i];

		if (z->dir != at)
			return zip_refuse_entry(e, "folder", z->name,
			    "a folder, or what macOS leaves, is before it");
		if (check_record(z, file, e) < 0 || check_date(z, v, e) < 0 ||
		    check_order(v, i, e) < 0)
			return -1;
		at += ZIP_CENTRAL_BYTES + z->name.n;
	}
	if (zip_get32(file, at) != ZIP_END)
		return zip_refuse(e, ERR_INPUT, "folder",
		    "a folder, or what macOS leaves, is its last entry");
	return 0;
}
