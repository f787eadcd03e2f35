/* SPDX-License-Identifier: Apache-2.0 */
#include "project/find.h"

const struct diag_rule project_rules[] = {
	{ "P001", DIAG_ERROR, "two functions with one name",
	    "A step names a function by namespace and name, and a bundle holds "
	    "one module for each such pair. With two of them nobody can say "
	    "which one would run.",
	    "Change `name` in one of the two manifests, or give one of them a "
	    "`namespace` of its own." },
	{ "P002", DIAG_WARNING, "more than one manifest in a folder",
	    "A folder is one function. The first manifest by name is read, the "
	    "others are not looked at.",
	    "Remove the manifests that are not meant, or move each function "
	    "into a folder of its own." },
	{ "P003", DIAG_ERROR, "a function's name or namespace is no file name",
	    "The module is written to a file that is called like the function, "
	    "so its name must not hold a slash, a colon or control "
	    "characters, must not begin with a dot or dash, and must have 1 "
	    "to 64 bytes.",
	    "Change `name` or `namespace` in the manifest, for example to "
	    "`name: resize-image`." },
	{ "P004", DIAG_ERROR, "a static file that cannot be packed",
	    "Below static/ only regular files are packed. A link could point "
	    "outside of the project, and would be another file on another "
	    "machine.",
	    "Put a copy of the file in the place of the link." },
	{ "P005", DIAG_ERROR, "two static files with one name in the bundle",
	    "A leading `static/` of a name is taken off once more, so that "
	    "static/static/x is packed as static/x. Together with a file "
	    "static/x that is one name for two files.",
	    "Rename or remove one of the two files." },
	{ "P006", DIAG_ERROR, "Queries.yaml is malformed",
	    "Queries.yaml takes the place of the `queries` list of the "
	    "Directive. It is a map with the one key `queries`, which is a "
	    "list.",
	    "Write it so: `queries:` on a line of its own, and below that "
	    "`  - name: GetUser`, with `query:` under each name." },
	{ "P007", DIAG_ERROR, "Connections.yaml is malformed",
	    "Connections.yaml takes the place of the `connections` of the "
	    "Directive. It is a map with the one key `connections`, which is a "
	    "map, or a list as subo 0.6 had it.",
	    "Write it so: `connections:` on a line of its own, below that "
	    "`  redis:`, and below that `    serverAddress: localhost:6379`." },
	{ "P008", DIAG_ERROR, "a function of others is not pinned",
	    "The Directive names a function that somebody published, but "
	    "subo.lock does not say which module that is. A tag may stand for "
	    "another module tomorrow, so nothing is packed without a pin.",
	    "Run `subo update`, which looks it up, shows what it may do, and "
	    "pins it." },
	{ "P009", DIAG_ERROR, "the lock pins another reference",
	    "The Directive and subo.lock name different places for one "
	    "function, so that one of the two is not what was agreed to.",
	    "Run `subo update` with the function's name, or take the line of "
	    "the Directive back." },
	{ "P010", DIAG_ERROR,
	    "the lock has a function that the Directive lacks",
	    "subo.lock pins a function that is not below `functions` of the "
	    "Directive. It is not packed, but one of the two files is not what "
	    "was meant.",
	    "Run `subo update`, which removes it from the lock, or put its "
	    "line back into the Directive." },
	{ 0 },
};

const struct diag_rule *const rule_twice = &project_rules[0];
const struct diag_rule *const rule_manifests = &project_rules[1];
const struct diag_rule *const rule_name = &project_rules[2];
const struct diag_rule *const rule_static_kind = &project_rules[3];
const struct diag_rule *const rule_static_twice = &project_rules[4];
const struct diag_rule *const rule_queries = &project_rules[5];
const struct diag_rule *const rule_links = &project_rules[6];
const struct diag_rule *const rule_not_pinned = &project_rules[7];
const struct diag_rule *const rule_other_pin = &project_rules[8];
const struct diag_rule *const rule_stray_pin = &project_rules[9];
