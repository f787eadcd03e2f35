/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

int
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	e->kind = kind;
	e->sig = 0;
	e->told = false;
	e->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	char text[sizeof(e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_SYSTEM, "%.*s: %s", (int)sizeof(text) - 100, text,
	    strerror(saved));
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->text)];
	va_list ap;
	size_t n;

	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %.*s",
	    (int)(sizeof(old) - 1), old);
	return -1;
}

int
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return -1;
}

const char *
err_code(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
		return "none";
	case ERR_FAILED:
		return "failed";
	case ERR_USAGE:
		return "usage";
	case ERR_INPUT:
		return "input";
	case ERR_MISSING:
		return "missing";
	case ERR_TRUST:
		return "trust";
	case ERR_REMOTE:
		return "remote";
	case ERR_SYSTEM:
		return "system";
	case ERR_LIMIT:
		return "limit";
	case ERR_GUEST:
		return "guest";
	case ERR_SIGNAL:
		return "signal";
	case ERR_BUG:
		break;
	}
	return "bug";
}

void
err_clear(struct err *e)
{
	e->kind = ERR_NONE;
	e->sig = 0;
	e->told = false;
	e->text[0] = e->hint[0] = '\0';
}
