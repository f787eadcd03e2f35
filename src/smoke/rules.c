/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with a test file; `subo explain` prints from here. */

#include "smoke/smoke.h"

const struct diag_rule smoke_rules[] = {
	{ "T001", DIAG_ERROR, "not a test file",
	    "A test file is YAML: a map with a list of cases.",
	    "Begin with `cases: [{name: greets, function: greet, "
	    "input: world, expect: {body: hello world}}]`; "
	    "see subo-test(5)." },
	{ "T002", DIAG_ERROR, "unknown key",
	    "A key that is not known would be passed over, and what it was "
	    "meant to check would not be checked.",
	    "Use one of the keys of subo-test(5)." },
	{ "T003", DIAG_ERROR, "wrong kind of value",
	    "This key takes another kind of value: a list where there is a "
	    "text, a map where there is a list.",
	    "See the key in subo-test(5)." },
	{ "T004", DIAG_ERROR, "a case does not say what to run",
	    "Each case runs exactly one thing: a function, a request or a "
	    "schedule.",
	    "Give one of `function: NAME`, `request: {path: /hello}` or "
	    "`schedule: NAME`." },
	{ "T005", DIAG_ERROR, "a case expects nothing",
	    "A case without `expect` could never say what is wrong.",
	    "Add what should come out: `expect: {body: hello}`." },
	{ "T006", DIAG_ERROR, "unknown variable",
	    "${name} is replaced from a row of the case's `each` table, and "
	    "the row has no such name.",
	    "Add the name to each row, or write $${ for the two characters." },
	{ "T007", DIAG_ERROR, "not a value of this key",
	    "The value is outside of what the key can mean.",
	    "See the key in subo-test(5)." },
	{ "T008", DIAG_ERROR, "a file cannot be read",
	    "The case names a file that is not there or cannot be read.  "
	    "Paths are relative to the test file.",
	    "Correct the path, or make the file." },
	{ "T009", DIAG_ERROR, "two cases with one snapshot",
	    "Snapshot files are named after the case, so two cases would "
	    "overwrite each other's.",
	    "Give one of them its own name: `body: {snapshot: other-name}`." },
	{ "T010", DIAG_ERROR, "not a regular expression",
	    "The expression is not a POSIX extended regular expression, or "
	    "one that could take for ever.",
	    "See regex(7); a character like ( is matched by \\(." },
	{ "T011", DIAG_WARNING, "two cases with one name",
	    "A report could not say which of them failed.",
	    "Give each case of a file its own name." },
	{ "T012", DIAG_ERROR, "said twice",
	    "Two keys give the same thing, and only one could count.",
	    "Remove one of them." },
	{ "T013", DIAG_WARNING, "no cases",
	    "The file is read as a test file, and tests nothing.",
	    "Add a case, or remove the file." },
	{ 0 },
};
