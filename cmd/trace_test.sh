#!/bin/sh
# subo trace, asking a real `subo serve --trace`.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

server=''
stop() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	[ -z "$server" ] || wait "$server" 2>/dev/null
	server=''
}
trap 'stop; rm -rf "$BASE"' EXIT
export XDG_RUNTIME_DIR="$BASE/run"
mkdir -m 700 "$BASE/run"

# A project whose `say` logs and answers, and whose `bad` traps.
project() {
	mkdir say bad
	cat >Directive.yaml <<-'END'
		identifier: com.example.trace
		appVersion: v1.0.0
		atmoVersion: v0.4.8
		handlers:
		  - type: request
		    method: POST
		    resource: /say/:name
		    steps:
		      - fn: say
		        as: first
		      - fn: say
		        as: second
		        when: state.first == "never"
		      - fn: say
		        as: third
		  - {type: request, method: GET, resource: /bad, steps: [{fn: bad}]}
	END
	for f in say bad; do
		printf 'name: %s\nlang: wat\n' $f >$f/.runnable.yml
	done
	cat >say/lib.wat <<-'END'
		(module
		  (import "env" "return_result" (func $r (param i32 i32 i32)))
		  (import "env" "log_msg" (func $log (param i32 i32 i32 i32)))
		  (memory (export "memory") 1)
		  (data (i32.const 16) "said so")
		  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
		  (func (export "deallocate") (param i32 i32))
		  (func (export "run_e") (param $p i32) (param $n i32) (param $id i32)
		    (call $log (i32.const 16) (i32.const 7) (i32.const 2) (local.get $id))
		    (call $r (local.get $p) (local.get $n) (local.get $id))))
	END
	cat >bad/lib.wat <<-'END'
		(module
		  (memory (export "memory") 1)
		  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
		  (func (export "deallocate") (param i32 i32))
		  (func $inner unreachable)
		  (func (export "run_e") (param i32 i32 i32) (call $inner)))
	END
	"$SUBO" build --quiet >/dev/null || exit 1
}
# start ARGS...: a server; $url is where.
start() {
	: >server.log
	"$SUBO" serve . --host 127.0.0.1 --port 0 "$@" 2>server.log &
	server=$!
	url=''
	for _ in $(seq 200); do
		url=$(grep -o 'http://127.0.0.1:[0-9]*' server.log | head -1)
		[ -n "$url" ] && return 0
		sleep 0.05
	done
	wrong "no server"
	cat server.log
}
post() { curl -s -o answer -d "$2" "$@" "$url$1"; }

t 'no server is an error that says what to start'
run 4 trace list
has err 'no server with a trace'
has err 'subo serve --trace'

t 'list, show and their JSON'
project
start --trace
curl -s -o /dev/null -d hello -H 'Authorization: Bearer s3cret' \
	-H 'X-Request-ID: mine-1' "$url/say/ann?q=1"
curl -s -o /dev/null "$url/bad"
run 0 trace list
has out 'POST /say/ann?q=1'
has out 'GET /bad'
has out ' 500 '
run 0 trace list --status 500
hasnt out '/say/ann'
run 0 trace list --path say
hasnt out '/bad'
run 0 trace list --id mine-1
has out '/say/ann'
run 0 trace list -n 1
hasnt out '/say/ann'
run 0 trace show 1 --full
has out 'said so'
has out 'as third'
has out 'skipped'
has out 'name: ann'
has out 'Authorization: [hidden]'
hasnt out 's3cret'
run 0 trace show
has out 'unreachable'
has out 'at inner'
run 0 trace show 1 --json
ok python3 - out <<-'END'
	import json, sys
	run = json.load(open(sys.argv[1]))["run"]
	assert run["number"] == 1 and run["id"] == "mine-1", run
	assert run["request"]["params"] == {"name": "ann"}, run
	assert run["request"]["body"] == "hello", run
	steps = run["steps"]
	assert [s.get("skipped", False) for s in steps] == [False, True, False]
	assert steps[0]["input"] == steps[0]["output"] == "hello"
	assert steps[0]["logs"][0]["text"] == "said so"
	assert steps[2]["key"] == "third" and steps[2]["step"] == 2
	assert run["response"]["body"] == "hello" and run["status"] == 200
	assert len(run["traceId"]) == 32 and len(run["spanId"]) == 16
END
run 4 trace show 99
run 2 trace show nonsense
has err 'not the number'
stop

t 'follow prints what comes, and an interrupt ends it'
project
start --trace
curl -s -o /dev/null "$url/bad"
"$SUBO" trace follow --json >follow.out 2>follow.err &
follower=$!
sleep 0.5
curl -s -o /dev/null -d later "$url/say/bob"
for _ in $(seq 100); do
	grep -q /say/bob follow.out && break
	sleep 0.05
done
has follow.out '/say/bob'
hasnt follow.out '/bad'
kill -INT $follower
wait $follower
ok [ $? = 130 ]
stop

t 'without --trace there is none'
project
start
curl -s -o /dev/null "$url/bad"
run 4 trace list
stop

t 'spans go to a collector, and a traceparent is kept'
project
cat >collector.py <<-'END'
	import http.server, sys
	class H(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        n = int(self.headers["Content-Length"])
	        open("spans.json", "wb").write(self.rfile.read(n))
	        open("path", "w").write(self.path + " " + self.headers["X-Key"])
	        self.send_response(200); self.end_headers()
	    def log_message(self, *a): pass
	s = http.server.HTTPServer(("127.0.0.1", 0), H)
	open("port", "w").write(str(s.server_port))
	s.serve_forever()
END
python3 collector.py &
collector=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.05; done
OTEL_EXPORTER_OTLP_HEADERS='X-Key=k1' start \
	--otlp "http://127.0.0.1:$(cat port)/v1/traces"
curl -s -o /dev/null -d x -H \
	'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' \
	"$url/say/ann"
curl -s -o /dev/null "$url/bad"
stop
kill $collector
has path '/v1/traces k1'
ok python3 - <<-'END'
	import json
	spans = json.load(open("spans.json"))["resourceSpans"][0]["scopeSpans"][0]["spans"]
	server = [s for s in spans if s["kind"] == 2]
	assert len(server) == 2, spans
	first = [s for s in server if s["traceId"] == "0af7651916cd43dd8448eb211c80319c"]
	assert len(first) == 1 and first[0]["parentSpanId"] == "b7ad6b7169203331"
	kids = [s for s in spans if s.get("parentSpanId") == first[0]["spanId"]]
	assert len(kids) == 2 and all(k["traceId"] == first[0]["traceId"] for k in kids)
	for s in spans:
	    assert len(s["traceId"]) == 32 and len(s["spanId"]) == 16
	    assert int(s["endTimeUnixNano"]) >= int(s["startTimeUnixNano"]) > 1e18
	bad = [s for s in server if s is not first[0]][0]
	assert bad["status"]["code"] == 2, bad
	assert any(e["attributes"] for k in kids for e in k.get("events", []))
END

t 'a collector that is away is told once, and nobody waits for it'
project
start --otlp http://127.0.0.1:9/v1/traces
ok curl -s -o /dev/null -d x "$url/say/ann"
stop
has server.log 'were not taken'

done_
