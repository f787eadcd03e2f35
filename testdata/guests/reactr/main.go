// Every call of the SDK, by groups: the input names the group, the answer is
// a JSON object of what each call gave.
package main

import (
	"errors"
	"strings"

	"github.com/suborbital/reactr/api/tinygo/runnable"
	"github.com/suborbital/reactr/api/tinygo/runnable/cache"
	"github.com/suborbital/reactr/api/tinygo/runnable/file"
	"github.com/suborbital/reactr/api/tinygo/runnable/http"
	"github.com/suborbital/reactr/api/tinygo/runnable/log"
	"github.com/suborbital/reactr/api/tinygo/runnable/req"
	. "github.com/suborbital/reactr/api/tinygo/runnable/runnable"
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
	s.put("method", req.Method())
	s.put("url", req.URL())
	id := "some"
	if req.ID() == "" {
		id = "none"
	}
	s.put("id", id)
	s.put("body", req.BodyString())
	s.put("body field", req.BodyField("who"))
	s.put("header", req.Header("x-test"))
	s.put("no header", req.Header("not-there"))
	s.put("param", req.URLParam("name"))
	s.put("state", req.StateString("seed"))
	s.put("raw state", string(req.State("seed")))
}

func outbound(s *said) {
	h := map[string]string{"X-A": "b", "X-C": "d"}
	b, err := http.GET("https://api.test/get", h)
	s.got("get", b, err)
	b, err = http.POST("https://api.test/post", []byte("the data to post"), h)
	s.got("post", b, err)
	b, err = http.PATCH("https://api.test/patch", []byte("the data to patch"), nil)
	s.got("patch", b, err)
	b, err = http.DELETE("https://api.test/delete", nil)
	s.got("delete", b, err)
}

func verbs(s *said) {
	b, err := http.HEAD("https://api.test/head", nil)
	s.got("head", b, err)
	b, err = http.OPTIONS("https://api.test/options", nil)
	s.got("options", b, err)
	b, err = http.PUT("https://api.test/put", []byte("the data to put"), nil)
	s.got("put", b, err)
}

func down(s *said) {
	b, err := http.GET("https://api.test/down", nil)
	s.got("down", b, err)
}

func cached(s *said, names ...string) {
	for _, name := range names {
		b, err := cache.Get(name)
		s.got(name, b, err)
	}
}

func set(s *said) {
	s.done("set method", req.SetMethod("PATCH"))
	s.put("method", req.Method())
	s.done("set url", req.SetURL("/other"))
	s.put("url", req.URL())
	s.done("set field", req.SetBodyField("who", "all"))
	s.put("field", req.BodyField("who"))
	s.done("set body", req.SetBody("a text"))
	s.put("body", string(req.Body()))
	s.done("set header", req.SetHeader("x-new", "made"))
	s.put("header", req.Header("x-new"))
	s.done("set param", req.SetURLParam("more", "yes"))
	s.put("param", req.URLParam("more"))
	s.done("set state", req.SetState("left", "behind"))
	s.put("state", req.StateString("left"))
}

type suite struct{}

func (suite) Run(input []byte) ([]byte, error) {
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
		s.put("method", req.Method())
	case "cache":
		cache.Set("warm", "hot", 60)
		cache.Set("ever", "long", 0)
		cached(s, "warm", "ever", "given")
	case "no cache":
		cached(s, "cold")
	case "file":
		b, err := file.Bytes("a.txt")
		s.maybe("file", b, err)
	case "no file":
		b, err := file.Bytes("none")
		s.maybe("file", b, err)
	case "query":
		s.put("query", req.QueryParam("q"))
	case `{"do":"set"}`:
		set(s)
	case "logs":
		log.Error("an error")
		log.Warnf("a %s", "warning")
		log.Info("a note")
		log.Debugf("a %s", "detail")
	case "formats":
		log.Errorf("an %s", "error")
		log.Warn("a warning")
		log.Infof("a %s", "note")
		log.Debug("a detail")
	case "plain":
		return nil, errors.New("just so")
	default:
		return nil, NewError(404, "no such thing")
	}
	return []byte("{" + strings.Join(*s, ",") + "}"), nil
}

func main() {
	runnable.Use(suite{})
}
