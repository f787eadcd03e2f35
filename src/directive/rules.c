/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be wrong in a Directive.  Codes are for ever: a rule that goes
 * leaves its number unused.
 */
#include "directive/rules.h"

const struct diag_rule directive_rules[] = {
	[R_SYNTAX] = { "D000", DIAG_ERROR, "not readable as YAML",
	    "The file breaks YAML's rules, or uses a part of YAML that is not "
	    "allowed here: anchors, aliases, tags, merge keys, a key twice, "
	    "more than 32 levels, more than 1 MiB.",
	    "mend the place that is marked; a list is written as "
	    "'handlers:' and, in the next line, '  - type: request'" },
	[R_TYPE] = { "D001", DIAG_ERROR, "wrong kind of value",
	    "This key takes another kind of value, and what stands here "
	    "cannot be read as it.",
	    "write the kind that is expected, for example "
	    "'handlers:' with a list below it, or 'headless: true'" },
	[R_UNKNOWN_KEY] = { "D002", DIAG_WARNING, "unknown key",
	    "Nothing reads this key, so it has no effect; most often it is "
	    "misspelt.",
	    "remove it, or write a known key: see Directive.yaml(5)" },
	[R_LATER_KEY] = { "D003", DIAG_WARNING, "key of a later version",
	    "This key is reserved, but this version does not act on it.",
	    "remove it until your subo knows it: subo version" },
	[R_EMPTY] = { "D004", DIAG_ERROR, "not a Directive",
	    "A Directive is a map of keys; this file holds something else, "
	    "or nothing.",
	    "begin with 'identifier: com.example.app', "
	    "'appVersion: v0.1.0' and 'atmoVersion: v0.4.8'" },
	[R_MORE] = { "D005", DIAG_NOTE, "too many problems to tell",
	    "After 1000 problems the rest of the file is not told.",
	    "mend the first ones and check again" },

	[R_IDENTIFIER] = { "D010", DIAG_ERROR, "identifier missing or unusable",
	    "The identifier is the first part of every function's full name "
	    "(identifier#namespace::name@version).",
	    "write letters, digits, '-' and '_' in parts with dots between, "
	    "for example 'identifier: com.example.app'" },
	[R_APP_VERSION] = { "D011", DIAG_ERROR,
	    "appVersion missing or not a version",
	    "The application's version is the last part of every function's "
	    "full name and must be a semantic version that begins with 'v'.",
	    "write 'appVersion: v0.1.0'" },
	[R_ATMO_VERSION] = { "D012", DIAG_ERROR,
	    "atmoVersion missing or not a version",
	    "It says for which runtime the Directive was written and must be "
	    "a semantic version that begins with 'v'.",
	    "write 'atmoVersion: v0.4.8'" },

	[R_NO_FUNCTIONS] = { "D014", DIAG_ERROR, "no functions",
	    "The application has no function that could be run.",
	    "make one: subo create function hello --lang rust" },
	[R_TWICE] = { "D015", DIAG_ERROR, "function twice",
	    "Two functions have the same namespace and name, so a step could "
	    "mean either.",
	    "rename one of them, or put it into another namespace "
	    "('namespace: db' in its .runnable.yml)" },
	[R_FUNCTION_NAME] = { "D016", DIAG_ERROR,
	    "function name missing or unusable",
	    "A function's name is part of file names and of full names.",
	    "use letters, digits, '-', '_' and '.', for example "
	    "'name: get-user'" },
	[R_UNKNOWN_FN] = { "D017", DIAG_ERROR, "unknown function",
	    "No function of this name is in the project (or bundle).",
	    "make it with 'subo create function NAME --lang LANG', or write "
	    "the name of one that is there; one in a namespace is "
	    "'db::get-user'" },
	[R_NAMESPACE] = { "D018", DIAG_ERROR, "namespace missing or unusable",
	    "A function's namespace is part of its full name.",
	    "use letters, digits, '-', '_' and '.', for example "
	    "'namespace: default'" },

	[R_TYPE_OF_HANDLER] = { "D020", DIAG_ERROR, "unknown type of handler",
	    "A handler answers HTTP requests or reads a stream of messages.",
	    "write 'type: request' or 'type: stream'" },
	[R_RESOURCE] = { "D021", DIAG_ERROR, "resource missing",
	    "Without a resource nothing can set the handler off.",
	    "write 'resource: /hello' (a path), or the topic of a nats or "
	    "kafka stream" },
	[R_SLASH] = { "D022", DIAG_ERROR, "resource without leading '/'",
	    "The resource of a request or websocket handler is a path.",
	    "begin it with '/', for example 'resource: /hello'" },
	[R_METHOD] = { "D023", DIAG_ERROR, "method missing or unusable",
	    "A request handler answers one HTTP method.",
	    "write 'method: GET' (or POST, PUT, PATCH, DELETE...)" },
	[R_RESPOND_TO] = { "D024", DIAG_ERROR, "respondTo on a request",
	    "A request is answered over the connection it came from; only a "
	    "stream has somewhere else to answer to.",
	    "remove 'respondTo'" },
	[R_NO_CONNECTION] = { "D025", DIAG_ERROR, "stream without connection",
	    "The stream's source is a broker that the Directive gives no "
	    "address for.",
	    "add 'connections:', '  nats:', "
	    "'    serverAddress: nats://localhost:4222'; for kafka "
	    "'brokerAddress'" },
	[R_SOURCE] = { "D026", DIAG_ERROR, "unknown source",
	    "A stream comes from a websocket of the server, from NATS or from "
	    "Kafka.",
	    "write 'source: server', 'source: nats' or 'source: kafka'" },
	[R_CONFLICT] = { "D027", DIAG_ERROR, "conflicting routes",
	    "A request could match both handlers, and nothing says which one "
	    "is meant. (A fixed part beside a parameter is fine: /a/b wins "
	    "over /a/:x.)",
	    "change the path or method of one, or use the same parameter "
	    "name in both" },
	[R_NO_STEPS] = { "D028", DIAG_ERROR, "no steps",
	    "There is nothing to run.",
	    "add 'steps:' and, in the next line, '  - fn: hello'" },
	[R_PATTERN] = { "D029", DIAG_ERROR, "resource that cannot be matched",
	    "A path is made of fixed parts, ':name' for one part, and at the "
	    "end '*name' for all the rest.",
	    "write for example '/user/:id' or '/files/*path'" },

	[R_NEITHER] = { "D030", DIAG_ERROR, "step that runs nothing",
	    "A step runs one function, a group of functions or the steps of "
	    "another handler, or goes back to an earlier step.",
	    "write '- fn: hello', or '- group:' with a list of fn below it" },
	[R_FOR_EACH] = { "D031", DIAG_NOTE, "forEach in its old form",
	    "Atmo 0.2 and 0.3 had the function inside forEach; it still runs, "
	    "and means the same.",
	    "write 'fn: NAME' and 'forEach: KEY' beside each other" },
	[R_BOTH] = { "D032", DIAG_ERROR, "step with two tasks",
	    "A step is one of fn, group, call and goto, not two of them.",
	    "make two steps of it" },
	[R_TOO_MANY] = { "D033", DIAG_ERROR, "too many",
	    "A Directive has ceilings: 4096 handlers and schedules, 256 steps "
	    "and 1024 calls in each.",
	    "split the handler, or do more in one function" },
	[R_WITH] = { "D034", DIAG_ERROR, "no such state key",
	    "Each value of 'with', and each key that 'input', 'forEach' or a "
	    "condition reads, is one that an earlier step (or the schedule's "
	    "state) puts into the state; a step's key is its 'as', or its "
	    "'fn' as written.",
	    "write the key of an earlier step, for example "
	    "'with: {name: get-user}'" },
	[R_WITH_LATER] = { "D035", DIAG_ERROR, "state key is not there yet",
	    "The key is produced by this step, by another member of the same "
	    "group, or by a later step, and is not there when the function "
	    "starts.",
	    "move the step that produces it up" },
	[R_ANY_AND_CODE] = { "D036", DIAG_ERROR, "onErr: any beside code",
	    "'any' decides for every error code, so 'code' would never count.",
	    "use 'other' beside 'code', or 'any' alone" },
	[R_OTHER_ALONE] = { "D037", DIAG_ERROR, "onErr: other without code",
	    "'other' means the codes that 'code' does not list, and there are "
	    "none listed.",
	    "use 'any: continue', or list codes: 'code: {404: continue}'" },
	[R_ACTION] = { "D038", DIAG_ERROR, "onErr: unknown action",
	    "After an error the steps stop (return) or go on (continue).",
	    "write 'return' or 'continue'" },
	[R_CODE] = { "D039", DIAG_ERROR, "onErr: not an error code",
	    "Error codes are whole numbers.",
	    "write for example 'code: {404: continue}'" },
	[R_GROUP_LAST] = { "D040", DIAG_ERROR,
	    "group or goto at the end, no response",
	    "The answer is the last step's result, and a group has several, a "
	    "goto none.",
	    "name the one to answer with: 'response: KEY'" },
	[R_RESPONSE] = { "D041", DIAG_ERROR, "response: no such state key",
	    "No step puts this key into the state; a step's key is its 'as', "
	    "or its 'fn' as written.",
	    "write the key of one of the handler's steps" },
	[R_EMPTY_NAME] = { "D042", DIAG_ERROR, "empty name",
	    "A function, a state key or an alias needs a name.",
	    "write a name" },
	[R_GROUP_KEY] = { "D043", DIAG_WARNING,
	    "two members of a group with one key",
	    "The members of a group run side by side, so which result stays "
	    "under the key is chance.",
	    "give one of them another key with 'as'" },
	[R_WITH_TWICE] = { "D044", DIAG_ERROR, "with: one name twice",
	    "The function would see two values under one name.",
	    "rename one of them" },
	[R_ODD_METHOD] = { "D045", DIAG_WARNING, "unusual method",
	    "HTTP clients rarely send this method; most often it is "
	    "misspelt.",
	    "use GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT or "
	    "TRACE" },

	[R_SCHEDULE_NAME] = { "D050", DIAG_ERROR, "schedule without name",
	    "A schedule is known by its name in logs and tests.",
	    "write 'name: hourly-report'" },
	[R_EVERY_ZERO] = { "D052", DIAG_ERROR, "schedule without time",
	    "Nothing says how often the schedule runs.",
	    "write for example 'every: {minutes: 5}'" },
	[R_EVERY_RANGE] = { "D053", DIAG_ERROR, "time out of range",
	    "The parts of 'every' are whole numbers from 0 to 1000000000.",
	    "write for example 'every: {hours: 1}'" },
	[R_SCHEDULE_TWICE] = { "D054", DIAG_WARNING, "schedule name twice",
	    "Logs and tests cannot tell two schedules of one name apart.",
	    "rename one of them" },

	[R_QUERY_NAME] = { "D060", DIAG_ERROR, "query without name",
	    "Functions run a query by its name.",
	    "write 'name: PGSelectUser'" },
	[R_QUERY_TEXT] = { "D061", DIAG_ERROR, "query without text",
	    "There is no SQL to run.",
	    "write 'query: SELECT name FROM users WHERE id = $1'" },
	[R_QUERY_TYPE] = { "D062", DIAG_ERROR, "unknown type of query",
	    "The type says what the result looks like; without it the first "
	    "word of the query decides.",
	    "write 'type: insert', select, update or delete" },
	[R_VAR_COUNT] = { "D063", DIAG_ERROR, "varCount out of range",
	    "It is the number of variables in the query.",
	    "write the number, or leave it away to have them counted" },
	[R_QUERY_TWICE] = { "D064", DIAG_WARNING, "query name twice",
	    "A function that asks for this name could mean either.",
	    "rename one of them" },

	[R_ADDRESS] = { "D070", DIAG_ERROR, "address missing or unusable",
	    "The connection cannot be made without the address of a server.",
	    "write for example 'serverAddress: nats://localhost:4222', "
	    "'brokerAddress: localhost:9092' or "
	    "'serverAddress: localhost:6379'" },
	[R_DATABASE] = { "D071", DIAG_ERROR, "unknown type of database",
	    "Only MySQL, PostgreSQL and SQLite are known.",
	    "write 'type: postgresql', 'type: mysql' or 'type: sqlite'" },
	[R_CONNECTION_STRING] = { "D072", DIAG_ERROR,
	    "connectionString missing",
	    "The database cannot be reached without it.",
	    "write 'connectionString: env(DATABASE_URL)' to take it from the "
	    "environment" },
	[R_AUTH_VALUE] = { "D075", DIAG_ERROR, "authentication without value",
	    "There would be nothing to send to the domain.",
	    "write 'value: env(API_TOKEN)' to take it from the environment" },
	[R_DOMAIN] = { "D080", DIAG_ERROR, "unusable domain rule",
	    "Domain rules are host names, where '*' stands for one label and "
	    "a leading '*.' for any number of them.",
	    "write for example 'api.example.com' or '*.example.com'" },
	[R_DOMAIN_ALL] = { "D081", DIAG_WARNING, "domain rule for everything",
	    "'*' matches every host, so the list decides nothing.",
	    "name the hosts, or leave the list away" },
	[R_PORT] = { "D082", DIAG_ERROR, "port out of range",
	    "Ports are whole numbers from 1 to 65535, or ranges of them.",
	    "write for example 'allowedPorts: [8443, 9000-9099]'" },
	[R_DB_TYPE] = { "D083", DIAG_ERROR, "unknown dbType",
	    "Only mysql, pgx or postgresql, and sqlite are known.",
	    "write 'dbType: pgx', 'dbType: mysql' or 'dbType: sqlite'" },
	[R_QUERY_MANY] = { "D065", DIAG_ERROR, "query with two statements",
	    "A query is prepared by the database, which takes one statement.",
	    "make a query of each" },
	[R_CIDR] = { "D084", DIAG_ERROR, "unreadable network",
	    "Networks are written in CIDR form: an address, a slash and the "
	    "number of bits that count.",
	    "write for example '10.0.0.0/8', '192.0.2.7' or '2001:db8::/32'" },
	[R_PART_OFF] = { "D085", DIAG_WARNING, "capability without 'enabled'",
	    "A part of 'capabilities' that is written replaces its default as "
	    "a whole, and what it leaves out is off.",
	    "write 'enabled: true', or 'enabled: false' to say so" },
	[R_RULES_OFF] = { "D086", DIAG_NOTE, "rules that are off unsaid",
	    "A part of 'capabilities' that is written replaces its default as "
	    "a whole: allowIPs, allowPrivate and allowHTTP of http and "
	    "graphql, allowSet, allowGet and allowDelete of cache, and "
	    "allowGetField and allowSetField of requestHandler are then false "
	    "where they are not written.",
	    "write each of them, true or false" },
	[R_OPEN] = { "D087", DIAG_NOTE, "outbound calls to everywhere",
	    "Without 'capabilities.http' functions may call any host, as in "
	    "Atmo. The Directive of a new project lists the hosts instead, so "
	    "that a function reaches only what is named.",
	    "add 'capabilities: {http: {enabled: true, rules: "
	    "{allowedDomains: [api.example.com]}}}'; with no host to call, "
	    "'http: {enabled: false}'" },
	[R_OVERRIDE] = { "D088", DIAG_ERROR, "capabilities for no function",
	    "The keys of 'capabilities.functions' are functions as a step "
	    "names them, or 'namespace::*' for all of one namespace.",
	    "write a function that is there, for example 'db::get-user'" },
	[R_SECRET] = { "D089", DIAG_ERROR, "secrets that cannot be found",
	    "Secrets in files are one file each in one directory, and their "
	    "keys are the files' names.",
	    "write 'files: {directory: /run/secrets, allowedKeys: [token]}'" },

	[R_UNUSED] = { "D090", DIAG_NOTE, "function without handler",
	    "No handler or schedule runs this function.",
	    "add a handler: subo create handler /path --steps NAME" },
	[R_NO_HANDLERS] = { "D091", DIAG_NOTE, "no handlers",
	    "Nothing sets the functions off; they can still be run and tested "
	    "one by one.",
	    "add a handler: subo create handler /hello --steps NAME" },

	[R_CONDITION] = { "D100", DIAG_ERROR, "condition that cannot be read",
	    "A condition compares paths into the state and the request with "
	    "values, joined by and, or, not.",
	    "write for example 'when: state.user.age >= 18 and method == "
	    "\"POST\"'; texts stand in quotes; see CONDITIONS in "
	    "Directive.yaml(5)" },
	[R_TIME] = { "D101", DIAG_ERROR, "unreadable time",
	    "A time is whole numbers with ms, s, m, h or d behind them, from "
	    "1ms to 366d.",
	    "write '250ms', '2s' or '1h30m'" },
	[R_RANGE] = { "D102", DIAG_ERROR, "number out of range",
	    "retry has 0 to 100 tries, a loop 1 to 10000 turns, concurrency "
	    "is 1 to 64, and the factor of a backoff 1 to 10.",
	    "write a number in that range, for example 'retry: 3'" },
	[R_RETRY_ON] = { "D103", DIAG_ERROR, "retry: unknown cause",
	    "A step is tried again on any failure, on an error that the "
	    "function returned, on a trap, on its timeout, or on one of some "
	    "error codes.",
	    "write 'on: any', error, trap, timeout, a code, or a list such as "
	    "'on: [timeout, 503]'" },
	[R_SOMETIMES] = { "D104", DIAG_WARNING,
	    "state key that is not always there",
	    "Only a step with a condition, or a later turn of a loop, puts "
	    "this key into the state, so it may be missing when it is read.",
	    "ask for it first ('when: state.KEY'), or write it on the other "
	    "ways too" },
	[R_UNREACHED] = { "D105", DIAG_ERROR, "step never reached",
	    "The goto before it has no condition, so it goes back each time, "
	    "and past its 'max' the steps end with an error.",
	    "give the goto a condition ('when: ...'), let it go on past "
	    "its bound ('onErr: {code: {508: continue}}'), or remove the "
	    "step" },
	[R_UNBOUNDED] = { "D106", DIAG_ERROR, "loop without a bound",
	    "A goto needs 'max', and a repeat 'until' and 'max', so that no "
	    "request runs for ever.",
	    "write for example 'max: 10'; repeat also takes "
	    "'until: state.job.done'" },
	[R_GOTO] = { "D107", DIAG_ERROR, "goto without a target",
	    "A goto leads back to an earlier step of the same list, by its "
	    "'name'. What is to be left out is left out by 'when'.",
	    "give an earlier step that name, for example 'name: again'" },
	[R_STEP_TWICE] = { "D108", DIAG_ERROR, "step name twice",
	    "A goto could mean either.", "rename one of them" },
	[R_NO_EFFECT] = { "D109", DIAG_WARNING, "key without effect",
	    "The key means something in another kind of step only.",
	    "remove it, or put it where it counts: see STEPS in "
	    "Directive.yaml(5)" },
	[R_CALL] = { "D110", DIAG_ERROR, "call of nothing",
	    "'call' runs the steps of a request handler or a schedule of this "
	    "Directive.",
	    "write a handler's method and resource as they stand there, such "
	    "as 'call: POST /hello', or a schedule's name" },
	[R_CALL_CYCLE] = { "D111", DIAG_ERROR, "calls that never end",
	    "The steps that are called lead, by their own calls, to this step "
	    "again.",
	    "take one of the calls out; to do something again use 'repeat' or "
	    "'goto'" },

	[R_SHADOWED] = { "D112", DIAG_WARNING,
	    "handler at a function's address",
	    "A headless app answers POST /identifier/namespace/name/version "
	    "with the function itself, and a tenant's also /name and /ref; a "
	    "handler that fits the same path goes before it.",
	    "give the handler another path" },
	[R_OLD_FORM] = { "D113", DIAG_NOTE, "a Directive as of 2020",
	    "The first Atmo had 'version' and 'functions' in place of "
	    "'appVersion' and 'runnables', and no 'atmoVersion'. They are "
	    "read as what they became.",
	    "write 'appVersion', 'runnables' and 'atmoVersion: v0.4.8'" },
	[R_OLD_WITH] = { "D114", DIAG_NOTE, "with as a list",
	    "Before Atmo 0.2 'with' was a list of 'name: key' texts; it means "
	    "the same.",
	    "write a map: 'with: {name: key}'" },
	[R_LIMIT_VALUE] = { "D115", DIAG_ERROR, "unreadable limit",
	    "A size is a whole number of bytes, or one with K, M or G (1024, "
	    "1024 K, 1024 M); a time has ms, s, m or h behind its number; "
	    "'requests' and 'connections' are whole numbers.",
	    "write for example 'bodyBytes: 16M', 'functionTime: 10s' or "
	    "'requests: 1024'" },
	[R_LIMIT_RANGE] = { "D116", DIAG_ERROR, "limit out of range",
	    "The limit is so small that nothing would pass, or larger than "
	    "what the server can hold to.",
	    "write one in the range that is told, or leave it away for its "
	    "default: see LIMITS in Directive.yaml(5)" },
	[R_LIMIT_PLACE] = { "D117", DIAG_ERROR, "limit of the app only",
	    "It is held to before the server knows which handler is meant, or "
	    "counts for all of them together.",
	    "move it to 'limits' at the top; a handler may have bodyBytes, "
	    "requests, functionTime, requestTime, memory and outputBytes" },
	[R_LIMIT_UNKNOWN] = { "D118", DIAG_ERROR, "unknown limit",
	    "What is not known here is not held to, and a misspelt limit "
	    "would leave open what it was to close.",
	    "write one that is known, or remove it: see LIMITS in "
	    "Directive.yaml(5)" },
	[R_LIMIT_MORE] = { "D119", DIAG_WARNING, "limit that never counts",
	    "A function cannot take longer than the request that it is part "
	    "of, nor return more than its memory holds, so the smaller limit "
	    "is met first.",
	    "raise the other one, or remove this" },
	[R_UNKNOWN_CAP] = { "D092", DIAG_ERROR, "unknown capability",
	    "What is not known here is not enforced, and a misspelt rule would "
	    "leave open what it was to close.",
	    "write one that is known, or remove it: see CAPABILITIES in "
	    "Directive.yaml(5)" },
	/* Told by who looks into a bundle. */
	[R_NO_MODULE] = { "D120", DIAG_ERROR, "function without a module",
	    "The bundle lists the function and does not hold its module, so "
	    "every call of it fails.",
	    "build the bundle again: subo build" },
	[R_STRAY] = { "D121", DIAG_ERROR, "module without a function",
	    "The bundle holds a module that is not listed, so nothing can "
	    "call it; Atmo refused such a bundle.",
	    "build the bundle again: subo build; a module of the namespace "
	    "db is called 'db::name.wasm'" },

	[R_COUNT] = { NULL, DIAG_ERROR, NULL, NULL, NULL },
};

const struct diag_rule manifest_rules[] = {
	[M_SYNTAX] = { "F000", DIAG_ERROR, "not readable as YAML",
	    "The manifest breaks YAML's rules, or uses a part of YAML that is "
	    "not allowed here: anchors, aliases, tags, a key twice.",
	    "mend the place that is marked; a manifest is lines of "
	    "'key: value'" },
	[M_TYPE] = { "F001", DIAG_ERROR, "wrong kind of value",
	    "This key takes another kind of value.",
	    "write for example 'name: hello' or 'tinygo: true'" },
	[M_UNKNOWN_KEY] = { "F002", DIAG_WARNING, "unknown key",
	    "Nothing reads this key, so it has no effect; most often it is "
	    "misspelt.",
	    "remove it, or write a known key: see runnable.yml(5)" },
	[M_LATER_KEY] = { "F003", DIAG_WARNING, "key of a later version",
	    "This key is reserved, but this version does not act on it.",
	    "remove it until your subo knows it: subo version" },
	[M_EMPTY] = { "F004", DIAG_ERROR, "not a manifest",
	    "A manifest is a map of keys; this file holds something else, or "
	    "nothing.",
	    "write 'name: hello' and 'lang: rust'" },
	[M_MORE] = { "F005", DIAG_NOTE, "too many problems to tell",
	    "After 1000 problems the rest of the file is not told.",
	    "mend the first ones and check again" },
	[M_NO_LANG] = { "F006", DIAG_ERROR, "no language",
	    "Without a language nothing says which compiler to use.",
	    "write 'lang: rust' (or c, cpp, assemblyscript, go, tinygo, wat, "
	    "wasm)" },
	[M_UNKNOWN_LANG] = { "F007", DIAG_ERROR, "unknown language",
	    "No compiler is known for this language.",
	    "write rust, c, cpp, assemblyscript, go, tinygo, wat, or wasm for "
	    "a module that is built elsewhere" },
	[M_OLD_LANG] = { "F008", DIAG_ERROR, "language that is not built yet",
	    "The language is known, but this version cannot build it.",
	    "build the module with its own tools, put it into the folder and "
	    "write 'lang: wasm'" },
	[M_NAME] = { "F009", DIAG_ERROR, "unusable function name",
	    "A function's name is part of file names and of full names.",
	    "use letters, digits, '-', '_' and '.', at most 64, for example "
	    "'name: get-user'" },
	[M_NAMESPACE] = { "F010", DIAG_ERROR, "unusable namespace",
	    "A function's namespace is part of its full name.",
	    "use letters, digits, '-', '_' and '.', for example "
	    "'namespace: default'" },
	[M_TINYGO] = { "F011", DIAG_ERROR, "tinygo without Go",
	    "'tinygo' chooses the compiler of Go functions only.",
	    "remove it, or write 'lang: go'" },
	[M_API_VERSION] = { "F012", DIAG_WARNING, "unreadable apiVersion",
	    "It chooses between the old and the new numbers of HTTP methods "
	    "(new since 0.13), and is a version such as 0.15.1.",
	    "write 'apiVersion: 0.15.1', or leave it away" },
	[M_COUNT] = { NULL, DIAG_ERROR, NULL, NULL, NULL },
};
