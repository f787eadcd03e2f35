/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secrets capability: values by name, and nothing else of our environment.
 * A name that is not allowed and one that has no value are the same to the
 * function.
 */
#include <string.h>

#include "host/gate.h"
#include "os/os.h"

#define SECRET_MAX (1u << 20) /* of a file */

static bool
has(const struct strs *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i], name))
			return true;
	return false;
}

static bool
given(const struct host *h, struct str name, struct buf *out)
{
	for (size_t i = 0; i < h->nsecrets; i++) {
		if (!str_eq(h->secrets[i].key, name))
			continue;
		buf_add(out, h->secrets[i].value);
		return true;
	}
	return false;
}

static bool
variable(const struct host *h, struct str name, struct buf *out)
{
	CLEANUP(buf_free) struct buf text = BUF(SECRET_NAME_MAX + 1);
	const char *value;

	buf_add(&text, name);
	value =
	    h->hooks.env ? h->hooks.env(h->hooks.arg, buf_cstr(&text)) : NULL;
	if (value)
		buf_add(out, str_of(value));
	return value != NULL;
}

/* Read each time, so that a secret can be changed while we run. */
static bool
from_file(struct str dir, struct str name, struct buf *out)
{
	CLEANUP(buf_free) struct buf path = BUF(4096), text = BUF(SECRET_MAX);
	struct str value;
	struct err e = ERR;

	if (name.p[0] == '.' || memchr(name.p, '/', name.n))
		return false;
	buf_addf(&path, STR_F "/" STR_F, STR_A(dir), STR_A(name));
	if (buf_over(&path) || os_read(&text, buf_cstr(&path), &e) < 0)
		return false;
	value = buf_str(&text);
	if (str_ends(value, "\n"))
		value.n--;
	buf_add(out, value);
	if (text.p)
		explicit_bzero(text.p, text.n);
	return true;
}

bool
secret_is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || strchr("_-.", c)) ||
		    c == '\0')
			return false;
	}
	return name.n > 0 && name.n <= SECRET_NAME_MAX;
}

ANSWER(answer_secret)
{
	const struct capabilities *caps = c->grant->caps;
	struct refusal r = { .what = ABI_SECRET, .subject = q->a };
	bool env = has(&caps->secret_env, q->a);
	bool file = caps->secret_dir.n > 0 && has(&caps->secret_files, q->a);
	bool valid = q->a.n > 0 && q->a.n <= SECRET_NAME_MAX &&
	    !memchr(q->a.p, '\0', q->a.n);

	if (valid && (env || file || caps->secrets_all)) {
		if (given(c->host, q->a, out) ||
		    (env && variable(c->host, q->a, out)) ||
		    (file && from_file(caps->secret_dir, q->a, out)))
			return ABI_ANSWERED;
	} else if (secret_is_name(q->a)) {
		refusal_tell(c, &r);
	}
	return answer_refuse(out, "key not found");
}
