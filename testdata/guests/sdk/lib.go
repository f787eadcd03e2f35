package main

import (
	"strings"

	. "example.com/sdk/runnable"
)

func text(b []byte, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return string(b)
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func outbound() []string {
	return []string{
		text(Get("https://api.test/get", Headers{"X-A": "b"})),
		text(Post("https://api.test/post", []byte("data"), nil)),
		text(Delete("https://api.test/down", nil)),
		text(GraphQL("https://api.test/graphql", "{ me }")),
		text(DBSelect("people", Var{"id", "7"})),
		text(DBInsert("person", Var{"id", "7"})),
	}
}

// run makes every call of the SDK once; what came is put together, a line
// each.
func run(input []byte) ([]byte, error) {
	all := []string{
		Method(), URL(), either(ID() == "", "no id", "id"),
		Header("x-test"), URLParam("name"), QueryParam("q"),
		string(State("seed")), BodyField("who"), string(Body()),
		Header("not-there"),
		text(CacheGet("cold")),
		either(CacheSet("warm", []byte("hot"), 60) == nil, "set", "no"),
		text(CacheGet("warm")),
		text(StaticFile("a.txt")),
	}
	_, err := StaticFile("none")
	all = append(all, either(err != nil, "no file", "file"),
		text(Secret("TOKEN")))
	all = append(all, outbound()...)
	all = append(all,
		either(SetState("left", []byte("behind")) == nil, "set", "no"))
	SetHeader("X-Made-By", "sdk")
	LogError("an error")
	LogWarn("a warning")
	LogInfo("a note")
	LogDebug("a detail")
	return []byte(strings.Join(all, "\n") + "\n"), nil
}
