// Every call of the SDK once; what came is put together, a line each.
import * as s from "./suborbital"

function text(r: s.Result): string {
	const err = r.Err
	return err ? "error: " + err.message : r.toString()
}

function outbound(all: string[]): void {
	const headers = new Map<string, string>()
	headers.set("X-A", "b")
	const vars = [new s.DBVar("id", "7")]

	all.push(text(s.httpGet("https://api.test/get", headers)))
	all.push(text(s.httpPost("https://api.test/post", String.UTF8.encode("data"), null)))
	all.push(text(s.httpDelete("https://api.test/down", null)))
	all.push(text(s.graphQLQuery("https://api.test/graphql", "{ me }")))
	all.push(text(s.dbSelect("people", vars)))
	all.push(text(s.dbInsert("person", vars)))
}

export function run(input: ArrayBuffer): ArrayBuffer {
	const all: string[] = [s.reqMethod(), s.reqURL()]

	all.push(s.reqID().length > 0 ? "id" : "no id")
	all.push(s.reqHeader("x-test"))
	all.push(s.reqURLParam("name"))
	all.push(s.reqQueryParam("q"))
	all.push(text(s.reqState("seed")))
	all.push(s.reqBodyField("who"))
	all.push(text(s.reqBody()))
	all.push(s.reqHeader("not-there"))
	all.push(text(s.cacheGet("cold")))
	s.cacheSet("warm", String.UTF8.encode("hot"), 60)
	all.push("set")
	all.push(text(s.cacheGet("warm")))
	all.push(text(s.getStaticFile("a.txt")))
	all.push(s.getStaticFile("none").Err ? "no file" : "file")
	all.push(text(s.getSecret("TOKEN")))
	outbound(all)
	all.push(s.reqSetState("left", String.UTF8.encode("behind")).Err ? "no" : "set")
	s.respSetHeader("X-Made-By", "sdk")
	s.logErr("an error")
	s.logWarn("a warning")
	s.logInfo("a note")
	s.logDebug("a detail")
	return String.UTF8.encode(all.join("\n") + "\n")
}
