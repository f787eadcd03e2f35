/* SPDX-License-Identifier: Apache-2.0 */
/* zip.h - the part of the ZIP format that a bundle uses (APPNOTE 6.3.10). */
#ifndef ZIP_H
#define ZIP_H

#include "base/base.h"

#define ZIP_LOCAL		0x04034b50u	/* APPNOTE 4.3.7 */
#define ZIP_DESCRIPTOR		0x08074b50u	/* 4.3.9 */
#define ZIP_CENTRAL		0x02014b50u	/* 4.3.12 */
#define ZIP_END			0x06054b50u	/* 4.3.16 */
#define ZIP_END64_LOCATOR	0x07064b50u	/* 4.3.15 */
#define ZIP_LOCAL_BYTES		30u
#define ZIP_CENTRAL_BYTES	46u
#define ZIP_END_BYTES		22u
#define ZIP_MAX_COMMENT		65535u

#define ZIP_STORED		0u
#define ZIP_DEFLATED		8u
#define ZIP_FLAG_LEVEL		0x0006u		/* how hard deflate tried */
#define ZIP_FLAG_DESCRIPTOR	0x0008u
#define ZIP_FLAG_UTF8		0x0800u

#define ZIP_MAX_NAME		1024u		/* bytes */
#define ZIP_MAX_PART		255u		/* of a name, between slashes */
/* Above RATIO_FROM bytes an entry may unpack to RATIO times its size. */
#define ZIP_RATIO		200u
#define ZIP_RATIO_FROM		(1u << 20)

struct zip_entry {
	struct str	name, packed;	/* borrowed from the file's bytes */
	uint32_t	crc, nbytes;	/* of what it unpacks to */
	uint16_t	method, time, date;
	size_t		dir;		/* where the directory tells of it */
};

/*
 * Walk file once, front to back, and give its entries in a new array, to be
 * freed with mem_free.  Nothing is unpacked; all the framing is checked.
 */
int	zip_scan(struct zip_entry **out, size_t *nout, struct str file,
	    struct err *e) MUST_CHECK;
/* Is what zip_scan took also framed as we write it?  bundle(5), CANONICAL
 * FORM. */
int	zip_strict(const struct zip_entry *v, size_t n, struct str file,
	    struct err *e) MUST_CHECK;

/* Seconds since 1970 of a date in MS-DOS form, taken as UTC. */
int64_t	zip_epoch(unsigned date, unsigned time);

/* The offset of the end record, which closes the file. */
int	zip_find_end(size_t *at, struct str file, struct err *e) MUST_CHECK;

static inline uint16_t
zip_get16(struct str file, size_t at)
{
	const unsigned char *p = (const unsigned char *)file.p + at;

	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
zip_get32(struct str file, size_t at)
{
	return zip_get16(file, at) |
	    (uint32_t)zip_get16(file, at + 2) << 16;
}

/* Fill e with the text and " [rule]"; returns -1. */
int	zip_refuse(struct err *e, enum err_kind kind, const char *rule,
	    const char *fmt, ...) PRINTF(4, 5);
/* The same of an entry: "entry 'NAME': what". */
int	zip_refuse_entry(struct err *e, const char *rule, struct str name,
	    const char *what);

/* May an entry be called so?  bundle(5), NAMES. */
int	zip_name_check(struct str name, struct err *e) MUST_CHECK;
bool	zip_is_ascii(struct str name);
/* No name twice, also not in other letter case, and none that is a folder of
 * another. */
int	zip_names_apart(const struct str *names, size_t nnames,
	    struct err *e) MUST_CHECK;

/* Is that ratio more than we read? */
bool	zip_is_bomb(size_t nbytes, size_t npacked);

#endif
