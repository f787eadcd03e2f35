/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - the answers of databases as JSON, bounded while they are made.
 */
#ifndef STORE_JSON_H
#define STORE_JSON_H

#include "store/store.h"

void	json_put_text(struct buf *out, struct str s);
void	json_base64(struct buf *out, struct str bytes);
/* As a number when it is one of JSON's, else (NaN, 0007) as text. */
void	json_number(struct buf *out, struct str s);
bool	json_is_number(struct str s);
/* "2022-01-02 03:04:05[.6][+07[:30]]" as RFC 3339; without an offset it is
 * UTC.  Another text stays what it is. */
void	json_time(struct buf *out, struct str s);
/* {"lastInsertID":...,"rowsAffected":...}; id may be empty. */
void	json_changed(struct buf *out, enum sql_kind kind, struct str id,
	    uint64_t nrows);

/* The rows of a select.  A column is written when no later one has its
 * name. */
struct rows {
	struct buf	*out;
	uint32_t	 nrows, max;
	size_t		 ncols;
	struct str	*names;		/* empty p: left out */
	bool		 any;		/* a value of this row was written */
};

void	rows_begin(struct rows *r, struct buf *out, uint32_t max);
/* Once, before the first row; names are copied. */
void	rows_columns(struct rows *r, const struct str *names, size_t n);
/* ERR_LIMIT: too many rows, or too many bytes. */
int	rows_row(struct rows *r, struct err *e) MUST_CHECK;
/* Is column i to be written?  Then its name was. */
bool	rows_column(struct rows *r, size_t i);
int	rows_end_row(struct rows *r, struct err *e) MUST_CHECK;
int	rows_end(struct rows *r, struct err *e) MUST_CHECK;
void	rows_free(struct rows *r);
int	rows_too_large(const struct buf *out, struct err *e);

#endif
