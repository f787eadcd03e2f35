/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/doc.h"

#include <time.h>

struct tree *
doc_resource(
    struct arena *a, struct tree *list, struct str name, const struct digest *d)
{
	struct tree *t = tree_add(a, list, tree_map(a));
	char hex[DIGEST_HEX];

	digest_hex(d, hex);
	tree_put_text(a, t, "name", name);
	tree_put_text(
	    a, tree_put(a, t, "digest", tree_map(a)), "sha256", str_of(hex));
	return t;
}

struct tree *
doc_statement(struct arena *a, const char *predicate_type,
    struct tree **subjects, struct tree **predicate)
{
	struct tree *t = tree_map(a);

	tree_put_text(a, t, "_type", STR(ATTEST_STATEMENT));
	*subjects = tree_put(a, t, "subject", tree_list(a));
	tree_put_text(a, t, "predicateType", str_of(predicate_type));
	*predicate = tree_put(a, t, "predicate", tree_map(a));
	return t;
}

struct str
doc_time(struct arena *a, int64_t epoch_s)
{
	time_t t = (time_t)epoch_s;
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_copy(a, str_of(text));
}

int
doc_finish(struct buf *out, const struct tree *t, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(ATTEST_MAX_BYTES);

	tree_print_json(&b, t, 0);
	buf_addc(&b, '\n');
	if (buf_over(&b))
		return err_set(e, ERR_LIMIT,
		    "the document is larger than %u bytes", ATTEST_MAX_BYTES);
	buf_add(out, buf_str(&b));
	return 0;
}
