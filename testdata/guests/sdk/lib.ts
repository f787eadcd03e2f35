// Every call of the SDK, by groups: the input names the group, the answer is
// a JSON object of what each call gave.
import * as s from "./suborbital"

let all: string[] = []

function put(name: string, value: string): void {
	const v = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
	all.push('"' + name + '":"' + v + '"')
}

function got(name: string, r: s.Result): void {
	const err = r.Err
	put(name, err ? "error: " + err.message : r.toString())
}

function maybe(name: string, r: s.Result): void {
	put(name, r.Err ? "none" : r.toString())
}

function done(name: string, r: s.Result): void {
	const err = r.Err
	put(name, err ? err.message : "ok")
}

function bytes(text: string): ArrayBuffer {
	return String.UTF8.encode(text)
}

function request(): void {
	put("method", s.reqMethod())
	put("url", s.reqURL())
	put("id", s.reqID().length > 0 ? "some" : "none")
	got("body", s.reqBody())
	put("body field", s.reqBodyField("who"))
	put("header", s.reqHeader("x-test"))
	put("no header", s.reqHeader("not-there"))
	put("param", s.reqURLParam("name"))
	got("state", s.reqState("seed"))
	got("raw state", s.reqStateRaw("seed"))
}

function outbound(): void {
	const h = new Map<string, string>()
	h.set("X-A", "b")
	h.set("X-C", "d")
	got("get", s.httpGet("https://api.test/get", h))
	got("post", s.httpPost("https://api.test/post", bytes("the data to post"), h))
	got("patch", s.httpPatch("https://api.test/patch", bytes("the data to patch"), null))
	got("delete", s.httpDelete("https://api.test/delete", null))
}

function verbs(): void {
	got("head", s.httpHead("https://api.test/head", null))
	got("options", s.httpOptions("https://api.test/options", null))
	got("put", s.httpPut("https://api.test/put", bytes("the data to put"), null))
}

function cached(): void {
	s.cacheSet("warm", bytes("hot"), 60)
	s.cacheSet("ever", bytes("long"), 0)
	got("warm", s.cacheGet("warm"))
	got("ever", s.cacheGet("ever"))
	got("given", s.cacheGet("given"))
}

function rows(): void {
	const v = [new s.DBVar("id", "7"), new s.DBVar("n", "ann")]
	got("insert", s.dbInsert("add", v))
	got("select", s.dbSelect("find", v))
	got("update", s.dbUpdate("change", v))
	got("delete", s.dbDelete("drop", v))
	got("no row", s.dbSelect("find", []))
}

function set(): void {
	done("set method", s.reqSetMethod("PATCH"))
	put("method", s.reqMethod())
	done("set url", s.reqSetURL("/other"))
	put("url", s.reqURL())
	done("set field", s.reqSetBodyField("who", "all"))
	put("field", s.reqBodyField("who"))
	done("set body", s.reqSetBody(bytes("a text")))
	got("body", s.reqBody())
	done("set header", s.reqSetHeader("x-new", "made"))
	put("header", s.reqHeader("x-new"))
	done("set param", s.reqSetURLParam("more", "yes"))
	put("param", s.reqURLParam("more"))
	done("set state", s.reqSetState("left", bytes("behind")))
	got("state", s.reqState("left"))
}

function logs(): void {
	s.logErr("an error")
	s.logWarn("a warning")
	s.logInfo("a note")
	s.logDebug("a detail")
}

function small(group: string): void {
	if (group == "down" || group == "after") got("down", s.httpGet("https://api.test/down", null))
	if (group == "after") put("method", s.reqMethod())
	if (group == "graphql") got("graphql", s.graphQLQuery("https://api.test/graphql", "{ me }"))
	if (group == "no cache") got("cold", s.cacheGet("cold"))
	if (group == "file") maybe("file", s.getStaticFile("a.txt"))
	if (group == "no file") maybe("file", s.getStaticFile("none"))
	if (group == "query") put("query", s.reqQueryParam("q"))
	if (group == "response") {
		s.respSetHeader("X-Made-By", "sdk")
		s.respContentType("text/x-sdk")
	}
	if (group == "secret") {
		maybe("secret", s.getSecret("TOKEN"))
		maybe("no secret", s.getSecret("NONE"))
	}
}

export function run(input: ArrayBuffer): ArrayBuffer {
	const group = String.UTF8.decode(input)
	all = []
	if (group == "fail") return s.fail(404, "no such thing")
	if (group == "abort") throw new Error("stopped")
	if (group == "request") request()
	else if (group == "http") outbound()
	else if (group == "verbs") verbs()
	else if (group == "cache") cached()
	else if (group == "db") rows()
	else if (group == '{"do":"set"}') set()
	else if (group == "logs") logs()
	else small(group)
	return bytes("{" + all.join(",") + "}")
}
