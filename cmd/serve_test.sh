#!/bin/sh
# subo serve, as curl, wrk and others meet it.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

abi=$ROOT/testdata/abi
server=''
trap '[ -z "$server" ] || kill -KILL "$server" 2>/dev/null; rm -rf "$BASE"' EXIT
export XDG_CACHE_HOME="$BASE/cache" XDG_RUNTIME_DIR="$BASE/run"
mkdir -p "$BASE/run"
chmod 700 "$BASE/run"

cat >"$BASE/slow.wat" <<'EOT'
;; Returns what it is given, after 600 ms.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param $p i32) (param $n i32) (param $ident i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 600000000))
    (drop (call $poll
      (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
    (call $result (local.get $p) (local.get $n) (local.get $ident))))
EOT

# ---- helpers ----

function_of() { # NAME WAT
	mkdir -p "$1"
	printf '%s\n' "name: $1" 'namespace: default' 'lang: wat' \
		'version: v1.0.0' 'apiVersion: 0.15.1' >"$1/.runnable.yml"
	cp "$2" "$1/lib.wat"
}

handler() { # METHOD PATH FUNCTION
	printf '%s\n' '  - type: request' "    method: $1" \
		"    resource: $2" "    steps: [{fn: $3}]"
}

project() { # VERSION
	function_of echo "$abi/echo.wat"
	function_of slow "$BASE/slow.wat"
	function_of fails "$abi/error.wat"
	function_of traps "$abi/trap.wat"
	{
		printf '%s\n' 'identifier: com.example.served' \
			"appVersion: $1" 'atmoVersion: v0.4.8' 'handlers:'
		handler POST /echo echo
		handler POST /slow slow
		handler GET /fails fails
		handler GET /traps traps
		printf '%s\n' '  - {type: stream, resource: /ws,' \
			'     steps: [{fn: echo}]}'
	} >Directive.yaml
	mkdir -p static
	printf 'body{}' >static/a.css
	"$SUBO" build >build.log 2>&1 || wrong "build: $(cat build.log)"
}

# Wait until a command is true, 20 s at most.
await() {
	for _ in $(seq 400); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	wrong "never: $*"
	return 1
}
filled() { [ -s "$1" ]; }

member() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" ready.json; }

# start ARGS...: a server, its first line in ready.json; sets url and port
start() {
	rm -f ready.json serve.err
	"$SUBO" serve --host 127.0.0.1 --port 0 --json=lines "$@" \
		>ready.json 2>serve.err </dev/null &
	server=$!
	began
}
began() {
	for _ in $(seq 400); do
		grep -q '"serve"' ready.json && break
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	grep '"serve"' ready.json >serve.json || {
		wrong "it does not serve"
		sed 's/^/    /' serve.err
		return 1
	}
	url=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' serve.json)
	port=${url##*:}
}
# stop CODE [SIGNAL]
stop() {
	kill "-${2:-TERM}" "$server"
	wait "$server"
	got=$?
	server=''
	[ "$got" = "$1" ] || {
		wrong "it ended with $got, not $1"
		sed 's/^/    /' serve.err
	}
}
# status CODE CURL-ARGS...
status() {
	want=$1
	shift
	got=$(curl -s -m 20 -o body -w '%{http_code}' "$@")
	[ "$got" = "$want" ] || wrong "curl $*: $got, not $want: $(head -c 300 body)"
}
answers() { # TEXT CURL-ARGS...
	want=$1
	shift
	got=$(curl -s -m 20 "$@")
	[ "$got" = "$want" ] || wrong "curl $*: '$got', not '$want'"
}

# ---- what is served ----

t 'a project: banner, answers, log, and an end with 0'
project v1.0.0
start --log-file log
has serve.err 'com.example.served v1.0.0 (sha256:'
has serve.err '5 handlers, 4 functions'
has serve.err "serving on http://127.0.0.1:$port"
has serve.json '"identifier":"com.example.served"'
has serve.json "\"port\":$port"
answers Ada "$url/echo" -d Ada
status 404 "$url/none"
status 405 "$url/echo"
curl -s -i "$url/echo" >header
has header 'Allow: POST'
status 200 -X OPTIONS "$url/echo"
status 200 "$url/static/a.css"
status 400 "$url/fails"
has body 'no name'
status 500 "$url/traps"
answers '{"healthy":true}' "$url/health"
status 200 "$url/ready"
status 200 "$url/metrics"
stop 0
has log 'POST /echo'
has log ' 404 '
has serve.err 'Terminated'

t 'a bundle file, a folder of bundles, and a module alone'
project v1.0.0
cp runnables.wasm.zip one.zip
start one.zip
answers Ada "$url/echo" -d Ada
stop 0 INT
mkdir many
mv one.zip many/
sed -i 's/com.example.served/com.example.other/' Directive.yaml
"$SUBO" build >build.log 2>&1
cp runnables.wasm.zip many/two.zip
echo junk >many/three.zip
start many
has serve.err "'many/three.zip' is refused"
answers Ada "$url/com.example.served/echo" -d Ada
answers Bob "$url/com.example.other/echo" -d Bob
status 404 "$url/echo" -d Ada
stop 0
"$SUBO" internal-wat2wasm "$abi/echo.wat" Echo.wasm
start Echo.wasm
answers Ada "$url/" -d Ada
answers Bob "$url/any/path?x=y" -X PUT -d Bob
status 200 "$url/get"
stop 0

t 'nothing to serve is told with what to do'
run 4 serve
has err 'subo create project'
run 4 serve none.zip
has err 'subo build'
mkdir empty p
run 4 serve empty
has err "no bundle in 'empty'"
(cd p && project v1.0.0 && rm runnables.wasm.zip)
run 4 serve p
has err 'try: subo build p'
echo junk >junk.zip
run 3 serve junk.zip
run 4 serve none.zip --json
has out '"code": "missing"'

t 'a Directive with errors is not served'
project v1.0.0
"$SUBO" internal-wat2wasm "$abi/echo.wat" echo.wasm
sed 's/fn: echo/fn: ecko/' Directive.yaml >bad.yaml
python3 -c '
import zipfile
z = zipfile.ZipFile("bad.zip", "w")
old = zipfile.ZipFile("runnables.wasm.zip")
for n in old.namelist():
    data = old.read(n)
    if n == "Directive.yaml":
        data = data.replace(b"fn: echo", b"fn: ecko")
    z.writestr(n, data)
z.close()'
run 3 serve bad.zip --port 0
has err ecko

t 'words that mean nothing are refused'
project v1.0.0
mv runnables.wasm.zip a.zip
run 2 serve a.zip --port 70000
run 2 serve a.zip --port x
run 2 serve a.zip --log xml
has err 'none, plain, json'
run 2 serve a.zip --log-level loud
run 2 serve a.zip --workers 0
run 2 serve a.zip --max-body 0
has err 'more than 0'
run 2 serve a.zip --max-requests 99999999999
run 2 serve a.zip --timeout soon
run 2 serve a.zip --tls-cert c.pem
has err 'both --tls-cert and --tls-key'
run 2 serve a.zip --tls-port 443
has err 'wants a certificate'
run 2 serve a.zip --domain example.com
run 2 serve a.zip --otlp nowhere
run 2 serve a.zip --secret noname
run 2 serve a.zip --stdin
has err 'subo run module.wasm'

# ---- flags and variables of old ----

t "1.2: Atmo's flags and variables"
project v1.0.0
mv runnables.wasm.zip app.zip
start app.zip --httpPort 0 --appName x
answers Ada "$url/echo" -d Ada
stop 0
rm -f ready.json serve.err
rm -f ready.json serve.err
ATMO_BUNDLE_PATH=app.zip ATMO_HTTP_PORT=0 ATMO_TLS_PORT=443 \
	ATMO_RUN_SCHEDULES=false ATMO_LOG_FILE=log ATMO_LOG_LEVEL=debug \
	ATMO_PEERS=a:1 "$SUBO" serve --host 127.0.0.1 --json \
	>ready.json 2>serve.err &
server=$!
began
answers Ada "$url/echo" -d Ada
stop 0
has log 'POST /echo'
has serve.err 'ATMO_PEERS has no effect'
ATMO_RUN_SCHEDULES=perhaps run 2 serve app.zip
has err 'true or false'
ATMO_DOMAIN=example.com run 2 serve app.zip
has err 'certificate'

t '1.2 trap: a flag goes before its variable'
project v1.0.0
rm -f ready.json serve.err
ATMO_HTTP_PORT=1 E2CORE_HTTP_PORT=2 SAT_HTTP_PORT=3 "$SUBO" serve \
	--host 127.0.0.1 --port 0 --json >ready.json 2>serve.err &
server=$!
began
answers Ada "$url/echo" -d Ada
stop 0

t "1.3: E2Core's default bundle"
project v1.0.0
mv runnables.wasm.zip modules.wasm.zip
start --log none
answers Ada "$url/echo" -d Ada
stop 0

# ---- signals and swaps ----

t 'a request that runs is finished, and no new one taken'
project v1.0.0
start
curl -s -m 20 -d slowly "$url/slow" >answer &
asking=$!
sleep 0.2
kill -TERM "$server"
wait "$asking"
wait "$server"
got=$?
server=''
[ "$got" = 0 ] || wrong "it ended with $got"
[ "$(cat answer)" = slowly ] || wrong "the answer was '$(cat answer)'"
fails curl -s -m 5 "$url/health"

t 'a second signal ends it at once'
project v1.0.0
start --grace 20s
curl -s -m 20 -d slowly "$url/slow" >answer &
asking=$!
sleep 0.2
kill -TERM "$server"
sleep 0.1
stop 143
wait "$asking"

t 'a client that never ends is cut after the grace'
project v1.0.0
start --grace 200ms
python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
open("sent", "w").close()
while s.recv(100): pass' "$port" &
asking=$!
await test -e sent
stop 0
wait "$asking"

t 'SIGHUP swaps, refuses what is bad, and keeps the port'
project v1.0.0
cp runnables.wasm.zip good.zip
cp good.zip app.zip
start app.zip --no-watch
kill -HUP "$server"
await grep -q 'is what is served already' serve.err
sed -i 's/v1.0.0/v2.0.0/' Directive.yaml
"$SUBO" build >build.log 2>&1
cp runnables.wasm.zip app.zip
sleep 1.2
hasnt serve.err 'v2.0.0'
kill -HUP "$server"
await grep -q 'v2.0.0' serve.err
answers Ada "$url/echo" -d Ada
head -c 500 good.zip >app.zip
kill -HUP "$server"
await grep -q 'goes on serving' serve.err
has serve.err "'app.zip' is refused"
has serve.err 'com.example.served v2.0.0'
answers Ada "$url/echo" -d Ada
has ready.json '"ok":false'
stop 0

t 'SIGHUP asks again what a reference stands for'
export HOME="$BASE/home"
mkdir -p "$HOME"
run 0 keygen --output ann --no-password
ship() { # VERSION ARGS...: push it under the tag
	version=$1
	shift
	project "$version"
	run 0 push "oci:$WORK/dist:live" "$@"
}
ship v1.0.0 --sign --key ann.key
start "oci:$WORK/dist:live" --key ann.pub
has serve.err v1.0.0
kill -HUP "$server"
await grep -q "dist:live is what is served already" serve.err
ship v2.0.0 --sign --key ann.key
hasnt serve.err v2.0.0
kill -HUP "$server"
await grep -q v2.0.0 serve.err
answers Ada "$url/echo" -d Ada
ship v3.0.0
kill -HUP "$server"
await grep -q "v2.0.0 (sha256:.*goes on serving" serve.err
has serve.err "dist:live' is refused: "
ship v1.5.0 --sign --key ann.key
: >serve.err
kill -HUP "$server"
await grep -q "v2.0.0 (sha256:.*goes on serving" serve.err
has serve.err "was seen"
mv dist away
: >serve.err
kill -HUP "$server"
await grep -q "v2.0.0 goes on serving" serve.err
answers Ada "$url/echo" -d Ada
mv away dist
ship v4.0.0 --sign --key ann.key
kill -HUP "$server"
await grep -q v4.0.0 serve.err
answers Ada "$url/echo" -d Ada
stop 0

t 'a file that is replaced, written half, removed and put back'
project v1.0.0
cp runnables.wasm.zip app.zip
start app.zip
sed -i 's/v1.0.0/v2.0.0/' Directive.yaml
"$SUBO" build >build.log 2>&1
cp runnables.wasm.zip .new && mv .new app.zip
await grep -q 'v2.0.0' serve.err
head -c 700 runnables.wasm.zip >.new && mv .new app.zip
await grep -q 'is refused' serve.err
answers Ada "$url/echo" -d Ada
rm app.zip
await grep -q "'app.zip' is gone" serve.err
answers Ada "$url/echo" -d Ada
sed -i 's/v2.0.0/v3.0.0/' Directive.yaml
"$SUBO" build >build.log 2>&1
cp runnables.wasm.zip app.zip
await grep -q 'v3.0.0' serve.err
answers Ada "$url/echo" -d Ada
stop 0

t 'no request fails while bundles are swapped'
project v1.0.0
cp runnables.wasm.zip a.zip
sed -i 's/v1.0.0/v2.0.0/' Directive.yaml
"$SUBO" build >build.log 2>&1
cp runnables.wasm.zip b.zip
cp a.zip app.zip
start app.zip --no-watch --log none
h2load --h1 -t 1 -c 8 -D 3 -d "$abi/echo.wat" "$url/echo" >load 2>&1 &
load=$!
for n in 1 2 3 4 5 6 7 8 9 10; do
	if [ $((n % 2)) = 0 ]; then cp a.zip .new; else cp b.zip .new; fi
	mv .new app.zip
	kill -HUP "$server"
	sleep 0.2
done
wait "$load"
has load ' 0 failed, 0 errored, 0 timeout'
grep -q ', 0 4xx, 0 5xx' load || wrong "$(grep 'status codes' load)"
[ "$(grep -c 'loaded in' serve.err)" -ge 8 ] || wrong 'swaps were lost'
stop 0

t 'the bundle is waited for'
project v1.0.0
mv runnables.wasm.zip app.zip
rm -f ready.json serve.err
"$SUBO" serve --wait --host 127.0.0.1 --port 0 --json late.zip \
	>ready.json 2>serve.err &
server=$!
await grep -q 'waiting for it' serve.err
head -c 300 app.zip >late.zip
sleep 0.1
cp app.zip late.zip
began
answers Ada "$url/echo" -d Ada
stop 0
rm -f ready.json serve.err
"$SUBO" serve --wait never.zip >ready.json 2>serve.err &
server=$!
await grep -q 'waiting for it' serve.err
stop 143

t 'a log file is begun again'
project v1.0.0
start --log json --log-file log
status 200 "$url/echo" -d a
await filled log
mv log log.1
kill -HUP "$server"
await test -e log
status 200 "$url/echo" -d b
await filled log
stop 0
ok python3 -c '
import json
for n in "log", "log.1":
    rows = [json.loads(x) for x in open(n)]
    assert any(r.get("target") == "/echo" for r in rows), (n, rows)'

# ---- addresses ----

t 'a port that is taken, and one that is not permitted'
project v1.0.0
start
run 7 serve --host 127.0.0.1 --port "$port"
has err "$port"
stop 0
if setpriv --reuid 65534 --clear-groups true 2>/dev/null &&
	[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ]; then
	chmod 755 "$BASE" "$WORK"
	chmod -R a+rX .
	# shellcheck disable=SC2016
	setpriv --reuid 65534 --clear-groups --bounding-set=-all \
		--inh-caps=-all env -u HOME -u XDG_CACHE_HOME \
		"$SUBO" serve --port 80 >out 2>err
	got=$?
	[ "$got" = 7 ] || wrong "port 80 as nobody: $got: $(cat err)"
	has err 80
fi

t 'TLS, and certificates that are read again'
project v1.0.0
cert() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -keyout key.pem -out cert.pem -days 2 -subj "/CN=$1" \
		-addext 'subjectAltName=IP:127.0.0.1' >/dev/null 2>&1
}
served_name() {
	curl -s -m 10 -v --cacert cert.pem "$tls/health" 2>&1 | grep -c "CN=$1"
}
cert one
start --tls-cert cert.pem --tls-key key.pem
tls=$(sed -n 's/.*"tls_url":"\([^"]*\)".*/\1/p' serve.json)
answers Ada --cacert cert.pem "$tls/echo" -d Ada
cert two
kill -HUP "$server"
await grep -q 'certificate read again' serve.err
answers Bob --cacert cert.pem "$tls/echo" -d Bob
echo junk >cert.pem
kill -HUP "$server"
await grep -q 'the old certificate goes on' serve.err
answers Eve -k "$tls/echo" -d Eve
stop 0
run 3 serve --port 0 --tls-cert cert.pem --tls-key key.pem
has err cert.pem
cert three
start --tls-cert cert.pem --tls-key key.pem --tls-port 0
tls=$(sed -n 's/.*"tls_url":"\([^"]*\)".*/\1/p' serve.json)
answers Ada "$url/echo" -d Ada
answers Ada --cacert cert.pem "$tls/echo" -d Ada
stop 0

t 'a socket in the file system'
project v1.0.0
rm -f ready.json serve.err
"$SUBO" serve --host "unix:$WORK/http.sock" --json >ready.json 2>serve.err &
server=$!
began
answers Ada --unix-socket http.sock http://any/echo -d Ada
stop 0

t 'the last requests, at their socket'
project v1.0.0
start --trace
status 200 "$url/echo" -d Ada
status 500 "$url/traps"
sock=$(sed -n 's/.*"trace_socket":"\([^"]*\)".*/\1/p' serve.json)
[ "$(stat -c %a "$sock")" = 600 ] || wrong "mode $(stat -c %a "$sock")"
curl -s --unix-socket "$sock" http://localhost/_subo/api/runs >runs
has runs '/echo'
has runs '/traps'
status 404 "$url/_subo/"
run 0 trace --socket "$sock"
has out /traps
run 0 trace --port "$port"
has out /traps
stop 0
fails test -e "$sock"

# ---- clients ----

t 'a websocket client'
project v1.0.0
start
py=python3
"$py" -c 'import websockets' 2>/dev/null || py=/usr/bin/python3
cat >client.py <<'EOT'
import asyncio, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1]) as ws:
        for n in range(50):
            await ws.send("message %d" % n)
            got = await ws.recv()
            got = got if isinstance(got, str) else got.decode()
            assert got == "message %d" % n, got
asyncio.run(main())
EOT
if "$py" -c 'import websockets' 2>/dev/null; then
	ok "$py" client.py "ws://127.0.0.1:$port/ws"
else
	skip 'no python3-websockets'
fi
stop 0

t 'wrk and h2load, short'
project v1.0.0
start --log none
printf '%s\n' 'wrk.method = "POST"' 'wrk.body = "hello world"' >post.lua
wrk -t1 -c16 -d1 -s post.lua "$url/echo" >load 2>&1
has load 'Requests/sec'
hasnt load 'Non-2xx'
hasnt load 'Socket errors'
h2load --h1 -n 2000 -c 16 -d "$abi/echo.wat" "$url/echo" >load 2>&1
has load '2000 succeeded, 0 failed'
stop 0

# ---- the machine ----

t 'no home, a read-only folder, and process 1'
project v1.0.0
rm -f ready.json serve.err
env -u HOME -u XDG_CACHE_HOME -u XDG_RUNTIME_DIR TMPDIR=/dev/null "$SUBO" serve \
	--host 127.0.0.1 --port 0 --json -v >ready.json 2>serve.err &
server=$!
began
has serve.err 'compiled code is not kept'
answers Ada "$url/echo" -d Ada
stop 0
if unshare -fpm --mount-proc true 2>/dev/null; then
	rm -f ready.json serve.err
	# shellcheck disable=SC2016
	unshare -fpm --mount-proc sh -c '
		mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"
		cd "$1" && exec env -u HOME -u XDG_CACHE_HOME \
			-u XDG_RUNTIME_DIR "$2" serve --host 127.0.0.1 \
			--port 0 --json' sh "$WORK" "$SUBO" \
		>ready.json 2>serve.err &
	server=$!
	began
	answers Ada "$url/echo" -d Ada
	inner=$(pgrep -P "$server")
	kill -TERM "$inner"
	wait "$server"
	got=$?
	server=''
	[ "$got" = 0 ] || wrong "as process 1 it ended with $got"
fi

# ---- who made it ----

t 'with a key only what it signed is served, also when it changes'
export XDG_CONFIG_HOME="$WORK/config" XDG_STATE_HOME="$WORK/state"
project v1.0.0
run 0 keygen --no-password -o me
run 0 keygen --no-password -o other
mv runnables.wasm.zip plain.zip
cp plain.zip app.zip
run 5 serve app.zip --port 0 --key me.pub
has err 'nobody signed it'
run 0 sign app.zip --key me.key
run 5 serve app.zip --port 0 --key other.pub
has err 'not one that is trusted'
run 4 serve app.zip --port 0 --policy nothing.yaml
start app.zip --key me.pub
has serve.err 'signed by'
answers Ada "$url/echo" -d Ada
# One that nobody signed takes no place of it, nor one of another key.
cp plain.zip next.zip && mv next.zip app.zip
await grep -q "'app.zip' is refused" serve.err
answers Bob "$url/echo" -d Bob
: >serve.err
cp plain.zip next.zip
run 0 sign next.zip --key other.key
mv next.zip app.zip
await grep -q "not one that is trusted" serve.err
answers Cyd "$url/echo" -d Cyd
# A newer one does; and the older does not come back.
project v1.1.0
mv runnables.wasm.zip new.zip
run 0 sign new.zip --key me.key
mv new.zip app.zip
await grep -q 'v1.1.0' serve.err
stop 0
cp plain.zip app.zip
run 0 sign app.zip --key me.key
run 5 serve app.zip --port 0 --key me.pub
has err 'below v1.1.0'
start app.zip --key me.pub --allow-downgrade
answers Ada "$url/echo" -d Ada
stop 0
unset XDG_CONFIG_HOME XDG_STATE_HOME

t 'limits by flag'
project v1.0.0
start --max-body 10 --timeout 100ms
status 413 "$url/echo" -d 12345678901
answers 1234567890 "$url/echo" -d 1234567890
status 504 "$url/slow" -d a
stop 0

t 'secrets are given'
project v1.0.0
start --secret 'KEY=value=with=equals'
answers Ada "$url/echo" -d Ada
stop 0

t "2.1: a bundle in the form of 2021"
project v1.0.0
python3 -c '
import zipfile
old = zipfile.ZipFile("runnables.wasm.zip")
with zipfile.ZipFile("old.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for n in old.namelist():
        if n.endswith(".wasm"):
            z.writestr(n, old.read(n))
    z.writestr("Directive.yaml", """identifier: com.suborbital.test
appVersion: v0.1.0
atmoVersion: v0.2.3
runnables:
- name: echo
  namespace: default
  lang: rust
  version: ""
  draftVersion: ""
  apiVersion: ""
  fqfn: com.suborbital.test#default::echo@v0.1.0
- name: fails
  namespace: default
  lang: swift
  fqfn: com.suborbital.test#default::fails@v0.1.0
handlers:
- type: request
  resource: /hello
  method: POST
  steps:
  - group:
    - fn: echo
      as: one
    - fn: com.suborbital.test#default::echo@v0.1.0
      as: two
  - fn: echo
    with:
      first: one
  response: two
schedules:
- name: report
  every: {hours: 1}
  state: {a: b}
  steps: [{fn: echo}]
""")'
start old.zip
answers Ada "$url/hello" -d Ada
stop 0
done_
