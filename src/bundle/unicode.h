/* SPDX-License-Identifier: Apache-2.0 */
/* unicode.h - names as file systems compare them; private to bundle. */
#ifndef BUNDLE_UNICODE_H
#define BUNDLE_UNICODE_H

#include "base/base.h"

/* Is it UTF-8 in composed form (UAX 15, NFC)? */
bool	unicode_is_composed(struct str name);
/* What all names get that differ only in letter case or in how they are composed
 * (Unicode 3.13, default caseless matching).  name is UTF-8; the text lives in
 * the arena, or is name. */
struct str unicode_folded(struct arena *a, struct str name);

#endif
