/* SPDX-License-Identifier: Apache-2.0 */
/* forms.h - what making and checking share; private to cosign. */
#ifndef COSIGN_FORMS_H
#define COSIGN_FORMS_H

#include "cosign/cosign.h"

#define FORM_PAYLOAD	"cosign container image signature"
#define FORM_STATEMENT	"https://in-toto.io/Statement/v1"
#define FORM_INTOTO	"application/vnd.in-toto+json"

/* What is signed of a statement: DSSE's encoding of its type and its bytes. */
void	form_encoding(struct buf *out, struct str body);

#endif
