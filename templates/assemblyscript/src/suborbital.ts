// What a function may ask for.  The calls have the names that the package
// @suborbital/suborbital gave them, so that older functions need another
// import only.
//
// Not for editing: the function is in lib.ts.

// @ts-ignore: decorator
@external("env", "return_result")
export declare function return_result(ptr: usize, size: i32, ident: i32): void
// @ts-ignore: decorator
@external("env", "return_error")
export declare function return_error(code: i32, ptr: usize, size: i32, ident: i32): void
// @ts-ignore: decorator
@external("env", "return_abort")
export declare function return_abort(msg_ptr: usize, msg_size: i32, file_ptr: usize, file_size: i32, line: u32, column: u32, ident: i32): void
// @ts-ignore: decorator
@external("env", "get_ffi_result")
export declare function get_ffi_result(ptr: usize, ident: i32): i32
// @ts-ignore: decorator
@external("env", "add_ffi_var")
export declare function add_ffi_var(name_ptr: usize, name_size: i32, value_ptr: usize, value_size: i32, ident: i32): i32
// @ts-ignore: decorator
@external("env", "log_msg")
export declare function log_msg(ptr: usize, size: i32, level: i32, ident: i32): void
// @ts-ignore: decorator
@external("env", "fetch_url")
export declare function fetch_url(method: i32, url_ptr: usize, url_size: i32, body_ptr: usize, body_size: i32, ident: i32): i32
// @ts-ignore: decorator
@external("env", "graphql_query")
export declare function graphql_query(endpoint_ptr: usize, endpoint_size: i32, query_ptr: usize, query_size: i32, ident: i32): i32
// @ts-ignore: decorator
@external("env", "cache_set")
export declare function cache_set(key_ptr: usize, key_size: i32, value_ptr: usize, value_size: i32, ttl: i32, ident: i32): i32
// @ts-ignore: decorator
@external("env", "cache_get")
export declare function cache_get(key_ptr: usize, key_size: i32, ident: i32): i32
// @ts-ignore: decorator
@external("env", "request_get_field")
export declare function request_get_field(field: i32, key_ptr: usize, key_size: i32, ident: i32): i32
// @ts-ignore: decorator
@external("env", "request_set_field")
export declare function request_set_field(field: i32, key_ptr: usize, key_size: i32, value_ptr: usize, value_size: i32, ident: i32): i32
// @ts-ignore: decorator
@external("env", "resp_set_header")
export declare function resp_set_header(key_ptr: usize, key_size: i32, value_ptr: usize, value_size: i32, ident: i32): void
// @ts-ignore: decorator
@external("env", "get_static_file")
export declare function get_static_file(name_ptr: usize, name_size: i32, ident: i32): i32
// @ts-ignore: decorator
@external("env", "db_exec")
export declare function db_exec(kind: i32, name_ptr: usize, name_size: i32, ident: i32): i32
// @ts-ignore: decorator
@external("env", "get_secret_value")
export declare function get_secret_value(key_ptr: usize, key_size: i32, ident: i32): i32

// ---- between us and the host ----

// What a call to the host gave: bytes, or an error.
export class Result {
	constructor(public Result: ArrayBuffer, public Err: Error | null) {}

	toString(): string {
		const err = this.Err
		return err ? err.toString() : String.UTF8.decode(this.Result)
	}
}

export class ffiValue {
	constructor(public ptr: usize, public size: i32) {}
}

// The bytes must be kept in a variable as long as the host looks at them.
export function toFFI(bytes: ArrayBuffer): ffiValue {
	return new ffiValue(changetype<usize>(bytes), bytes.byteLength)
}

export function fromFFI(ptr: usize, size: i32): ArrayBuffer {
	const bytes = new ArrayBuffer(size)
	memory.copy(changetype<usize>(bytes), ptr, <usize>size)
	return bytes
}

let current: i32 = 0
let failed: bool = false

export function setIdent(ident: i32): void {
	current = ident
	failed = false
}

export function getIdent(): i32 {
	return current
}

// What the host holds ready for us.  size: bytes of the answer, or minus those
// of an error's text; -1 alone means that there is nothing to fetch.
export function ffi_result(size: i32): Result {
	const none = new ArrayBuffer(0)
	const unknown = new Error("unknown error returned from host")
	if (size == -1) {
		return new Result(none, unknown)
	}
	const bytes = new ArrayBuffer(abs(size))
	if (get_ffi_result(changetype<usize>(bytes), current) != 0) {
		return new Result(none, unknown)
	}
	if (size < 0) {
		return new Result(none, new Error(String.UTF8.decode(bytes)))
	}
	return new Result(bytes, null)
}

function utf8(text: string): ArrayBuffer {
	return String.UTF8.encode(text)
}

function at(bytes: ArrayBuffer): usize {
	return changetype<usize>(bytes)
}

// ---- the answer ----

// Answer with an error; `return fail(400, "...")`.
export function fail(code: i32, message: string): ArrayBuffer {
	const m = utf8(message)
	if (!failed) {
		return_error(code, at(m), m.byteLength, current)
	}
	failed = true
	return new ArrayBuffer(0)
}

// Called by index.ts with what run returned.
export function finish(result: ArrayBuffer): void {
	if (!failed) {
		return_result(at(result), result.byteLength, current)
	}
}

export function respSetHeader(name: string, value: string): void {
	const n = utf8(name)
	const v = utf8(value)
	resp_set_header(at(n), n.byteLength, at(v), v.byteLength, current)
}

export function respContentType(value: string): void {
	respSetHeader("Content-Type", value)
}

// ---- the log ----

function say(level: i32, message: string): void {
	const m = utf8(message)
	log_msg(at(m), m.byteLength, level, current)
}

export function logErr(message: string): void {
	say(1, message)
}

export function logWarn(message: string): void {
	say(2, message)
}

export function logInfo(message: string): void {
	say(3, message)
}

export function logDebug(message: string): void {
	say(4, message)
}

// ---- the request: empty when there is no such field ----

const META: i32 = 0
const BODY: i32 = 1
const HEADER: i32 = 2
const PARAM: i32 = 3
const STATE: i32 = 4
const QUERY: i32 = 5

function field(kind: i32, key: string): Result {
	const k = utf8(key)
	return ffi_result(request_get_field(kind, at(k), k.byteLength, current))
}

function fieldText(kind: i32, key: string): string {
	return String.UTF8.decode(field(kind, key).Result)
}

export function reqMethod(): string {
	return fieldText(META, "method")
}

export function reqURL(): string {
	return fieldText(META, "url")
}

export function reqID(): string {
	return fieldText(META, "id")
}

export function reqBody(): Result {
	return field(META, "body")
}

// A text of a JSON body.
export function reqBodyField(key: string): string {
	return fieldText(BODY, key)
}

export function reqHeader(key: string): string {
	return fieldText(HEADER, key)
}

// Of the route: /hello/:name.
export function reqURLParam(key: string): string {
	return fieldText(PARAM, key)
}

// Of the URL: ?name=value.
export function reqQueryParam(key: string): string {
	return fieldText(QUERY, key)
}

export function reqState(key: string): Result {
	return field(STATE, key)
}

export function reqStateRaw(key: string): Result {
	return field(STATE, key)
}

function setField(kind: i32, key: string, value: ArrayBuffer): Result {
	const k = utf8(key)
	return ffi_result(request_set_field(kind, at(k), k.byteLength, at(value), value.byteLength, current))
}

// What later steps of the request see.
export function reqSetMethod(method: string): Result {
	return setField(META, "method", utf8(method))
}

export function reqSetURL(url: string): Result {
	return setField(META, "url", utf8(url))
}

export function reqSetBody(body: ArrayBuffer): Result {
	return setField(META, "body", body)
}

export function reqSetBodyField(key: string, value: string): Result {
	return setField(BODY, key, utf8(value))
}

export function reqSetHeader(name: string, value: string): Result {
	return setField(HEADER, name, utf8(value))
}

export function reqSetURLParam(name: string, value: string): Result {
	return setField(PARAM, name, utf8(value))
}

export function reqSetState(key: string, value: ArrayBuffer): Result {
	return setField(STATE, key, value)
}

// ---- the host ----

export function cacheGet(key: string): Result {
	const k = utf8(key)
	return ffi_result(cache_get(at(k), k.byteLength, current))
}

// ttl in seconds; 0 is for ever.
export function cacheSet(key: string, value: ArrayBuffer, ttl: i32): void {
	const k = utf8(key)
	if (cache_set(at(k), k.byteLength, at(value), value.byteLength, ttl, current) != 0) {
		logErr("cacheSet was refused")
	}
}

export function getStaticFile(name: string): Result {
	const n = utf8(name)
	return ffi_result(get_static_file(at(n), n.byteLength, current))
}

export function getSecret(key: string): Result {
	const k = utf8(key)
	return ffi_result(get_secret_value(at(k), k.byteLength, current))
}

function fetch(method: i32, url: string, body: ArrayBuffer, headers: Map<string, string> | null): Result {
	let text = url
	if (headers) {
		const names = headers.keys()
		for (let i = 0; i < names.length; i++) {
			text += "::" + names[i] + ":" + headers.get(names[i])
		}
	}
	const u = utf8(text)
	return ffi_result(fetch_url(method, at(u), u.byteLength, at(body), body.byteLength, current))
}

export function httpGet(url: string, headers: Map<string, string> | null): Result {
	return fetch(0, url, new ArrayBuffer(0), headers)
}

export function httpHead(url: string, headers: Map<string, string> | null): Result {
	return fetch(1, url, new ArrayBuffer(0), headers)
}

export function httpOptions(url: string, headers: Map<string, string> | null): Result {
	return fetch(2, url, new ArrayBuffer(0), headers)
}

export function httpPost(url: string, body: ArrayBuffer, headers: Map<string, string> | null): Result {
	return fetch(3, url, body, headers)
}

export function httpPut(url: string, body: ArrayBuffer, headers: Map<string, string> | null): Result {
	return fetch(4, url, body, headers)
}

export function httpPatch(url: string, body: ArrayBuffer, headers: Map<string, string> | null): Result {
	return fetch(5, url, body, headers)
}

export function httpDelete(url: string, headers: Map<string, string> | null): Result {
	return fetch(6, url, new ArrayBuffer(0), headers)
}

export function graphQLQuery(endpoint: string, query: string): Result {
	const e = utf8(endpoint)
	const q = utf8(query)
	return ffi_result(graphql_query(at(e), e.byteLength, at(q), q.byteLength, current))
}

// ---- queries of the Directive by their names; variables in order ----

export class DBVar {
	constructor(public name: string, public value: string) {}
}

function db(kind: i32, query: string, vars: DBVar[]): Result {
	for (let i = 0; i < vars.length; i++) {
		const n = utf8(vars[i].name)
		const v = utf8(vars[i].value)
		add_ffi_var(at(n), n.byteLength, at(v), v.byteLength, current)
	}
	const q = utf8(query)
	return ffi_result(db_exec(kind, at(q), q.byteLength, current))
}

export function dbInsert(query: string, vars: DBVar[]): Result {
	return db(0, query, vars)
}

export function dbSelect(query: string, vars: DBVar[]): Result {
	return db(1, query, vars)
}

export function dbUpdate(query: string, vars: DBVar[]): Result {
	return db(2, query, vars)
}

export function dbDelete(query: string, vars: DBVar[]): Result {
	return db(3, query, vars)
}
