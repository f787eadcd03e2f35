package main

import (
	"errors"
	"strings"

	. "example.com/sdk/runnable"
)

type said []string

func (s *said) put(name, value string) {
	v := strings.ReplaceAll(strings.ReplaceAll(value, "\\", "\\\\"), "\"", "\\\"")
	*s = append(*s, "\""+name+"\":\""+v+"\"")
}

func (s *said) got(name string, b []byte, err error) {
	if err != nil {
		s.put(name, "error: "+err.Error())
		return
	}
	s.put(name, string(b))
}

func (s *said) maybe(name string, b []byte, err error) {
	if err != nil {
		b = []byte("none")
	}
	s.put(name, string(b))
}

func (s *said) done(name string, err error) {
	if err != nil {
		s.put(name, err.Error())
		return
	}
	s.put(name, "ok")
}

func request(s *said) {
	s.put("method", Method())
	s.put("url", URL())
	id := "some"
	if ID() == "" {
		id = "none"
	}
	s.put("id", id)
	s.put("body", string(Body()))
	s.put("body field", BodyField("who"))
	s.put("header", Header("x-test"))
	s.put("no header", Header("not-there"))
	s.put("param", URLParam("name"))
	s.put("state", string(State("seed")))
	s.put("raw state", string(State("seed")))
}

func outbound(s *said) {
	h := Headers{"X-A": "b", "X-C": "d"}
	b, err := Get("https://api.test/get", h)
	s.got("get", b, err)
	b, err = Post("https://api.test/post", []byte("the data to post"), h)
	s.got("post", b, err)
	b, err = Patch("https://api.test/patch", []byte("the data to patch"), nil)
	s.got("patch", b, err)
	b, err = Delete("https://api.test/delete", nil)
	s.got("delete", b, err)
}

func verbs(s *said) {
	b, err := Head("https://api.test/head", nil)
	s.got("head", b, err)
	b, err = Options("https://api.test/options", nil)
	s.got("options", b, err)
	b, err = Put("https://api.test/put", []byte("the data to put"), nil)
	s.got("put", b, err)
}

func down(s *said) {
	b, err := Get("https://api.test/down", nil)
	s.got("down", b, err)
}

func cached(s *said, names ...string) {
	for _, name := range names {
		b, err := CacheGet(name)
		s.got(name, b, err)
	}
}

func rows(s *said) {
	v := []Var{{"id", "7"}, {"n", "ann"}}
	b, err := DBInsert("add", v...)
	s.got("insert", b, err)
	b, err = DBSelect("find", v...)
	s.got("select", b, err)
	b, err = DBUpdate("change", v...)
	s.got("update", b, err)
	b, err = DBDelete("drop", v...)
	s.got("delete", b, err)
	b, err = DBSelect("find")
	s.got("no row", b, err)
}

func set(s *said) {
	s.done("set method", SetMethod("PATCH"))
	s.put("method", Method())
	s.done("set url", SetURL("/other"))
	s.put("url", URL())
	s.done("set field", SetBodyField("who", "all"))
	s.put("field", BodyField("who"))
	s.done("set body", SetBody([]byte("a text")))
	s.put("body", string(Body()))
	s.done("set header", SetRequestHeader("x-new", "made"))
	s.put("header", Header("x-new"))
	s.done("set param", SetURLParam("more", "yes"))
	s.put("param", URLParam("more"))
	s.done("set state", SetState("left", []byte("behind")))
	s.put("state", string(State("left")))
}

func logs() {
	LogError("an error")
	LogWarn("a warning")
	LogInfo("a note")
	LogDebug("a detail")
}

// run makes every call of the SDK, by groups: the input names the group, the
// answer is a JSON object of what each call gave.
func run(input []byte) ([]byte, error) {
	s := &said{}
	switch string(input) {
	case "request":
		request(s)
	case "http":
		outbound(s)
	case "verbs":
		verbs(s)
	case "down":
		down(s)
	case "after":
		down(s)
		s.put("method", Method())
	case "graphql":
		b, err := GraphQL("https://api.test/graphql", "{ me }")
		s.got("graphql", b, err)
	case "cache":
		CacheSet("warm", []byte("hot"), 60)
		CacheSet("ever", []byte("long"), 0)
		cached(s, "warm", "ever", "given")
	case "no cache":
		cached(s, "cold")
	case "file":
		b, err := StaticFile("a.txt")
		s.maybe("file", b, err)
	case "no file":
		b, err := StaticFile("none")
		s.maybe("file", b, err)
	case "db":
		rows(s)
	case "query":
		s.put("query", QueryParam("q"))
	case `{"do":"set"}`:
		set(s)
	case "logs":
		logs()
	case "response":
		SetHeader("X-Made-By", "sdk")
		ContentType("text/x-sdk")
	case "secret":
		b, err := Secret("TOKEN")
		s.maybe("secret", b, err)
		b, err = Secret("NONE")
		s.maybe("no secret", b, err)
	case "abort":
		GiveUp("stopped")
	case "plain":
		return nil, errors.New("just so")
	default:
		return nil, Fail(404, "no such thing")
	}
	return []byte("{" + strings.Join(*s, ",") + "}"), nil
}
