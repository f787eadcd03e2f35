/* SPDX-License-Identifier: Apache-2.0 */
/* app.h - private to flow: a function of an app, found and compiled. */
#ifndef FLOW_APP_H
#define FLOW_APP_H

#include "base/base.h"

struct app;
struct app_fn;
struct code;
struct function_info;

/* flow_instances, as it was when the app was made. */
unsigned app_instances(const struct app *a);
/* The function that a step's fn means.  ERR_MISSING: there is none. */
int	app_find(struct app *a, struct str fn, struct app_fn **out,
	    struct err *e) MUST_CHECK;
/* What plan_make finds for steps that live as long as the app; kept: it is the
 * app's, else the caller's.  Any thread.  Errors as plan_make. */
struct plan;
struct step;
int	app_plan(struct app *a, const struct step *steps, size_t nsteps,
	    struct str response, struct plan **out, bool *kept, struct err *e)
	    MUST_CHECK;
/* Its code, compiled by whoever asks first.  Any thread. */
int	app_code(struct app *a, struct app_fn *f, const struct code **out,
	    struct err *e) MUST_CHECK;
/* The rest once app_code gave its code. */
bool	app_fn_command(const struct app_fn *f);	/* of WASI: has an environment */
struct str app_fn_name(const struct app_fn *f);
struct str app_fn_ns(const struct app_fn *f);
struct str app_fn_wasm(const struct app *a, const struct app_fn *f);
const struct function_info *app_fn_info(const struct app_fn *f);	/* or NULL */

#endif
