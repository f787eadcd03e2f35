#!/bin/sh
# What nobody should send to `subo serve`, and what should not happen to it:
# after each case a healthy request is answered.  The cases that speak bytes are
# in testdata/serve/hostile.py.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

abi=$ROOT/testdata/abi
server=''
trap '[ -z "$server" ] || kill -KILL "$server" 2>/dev/null; rm -rf "$BASE"' EXIT
export XDG_CACHE_HOME="$BASE/cache"

# ---- one bundle for all ----

mkdir "$BASE/app"
cd "$BASE/app" || exit 1
function_of() { # NAME WAT
	mkdir -p "$1"
	printf '%s\n' "name: $1" 'namespace: default' 'lang: wat' \
		'version: v1.0.0' 'apiVersion: 0.15.1' >"$1/.runnable.yml"
	cp "$2" "$1/lib.wat"
}
cat >slow.wat <<'EOT'
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
cat >sets.wat <<'EOT'
;; Sets headers that would break an answer's framing, or add to it.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (import "env" "resp_set_header"
    (func $set (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "X-Evil")
  (data (i32.const 80) "a\0d\0aSet-Cookie: x")
  (data (i32.const 112) "Content-Length")
  (data (i32.const 128) "9999")
  (data (i32.const 144) "Transfer-Encoding")
  (data (i32.const 176) "chunked")
  (data (i32.const 192) "X-Good")
  (data (i32.const 208) "yes")
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param $p i32) (param $n i32) (param $ident i32)
    (call $set (i32.const 112) (i32.const 14) (i32.const 128) (i32.const 4)
      (local.get $ident))
    (call $set (i32.const 144) (i32.const 17) (i32.const 176) (i32.const 7)
      (local.get $ident))
    (call $set (i32.const 192) (i32.const 6) (i32.const 208) (i32.const 3)
      (local.get $ident))
    (if (i32.eq (local.get $n) (i32.const 4))
      (then (call $set (i32.const 64) (i32.const 6) (i32.const 80)
        (i32.const 16) (local.get $ident))))
    (call $result (i32.const 208) (i32.const 3) (local.get $ident))))
EOT
# With memory for the largest body.
sed 's/(memory (export "memory") 2)/(memory (export "memory") 300)/' \
	"$abi/echo.wat" >echo.wat
function_of echo echo.wat
function_of slow slow.wat
function_of sets sets.wat
function_of spin "$abi/loop.wat"
function_of traps "$abi/trap.wat"
handler() { # METHOD PATH FUNCTION
	printf '%s\n' '  - type: request' "    method: $1" \
		"    resource: $2" "    steps: [{fn: $3}]"
}
{
	printf '%s\n' 'identifier: com.example.hostile' 'appVersion: v1.0.0' \
		'atmoVersion: v0.4.8' 'handlers:'
	handler POST /echo echo
	handler POST /slow slow
	handler POST /sets sets
	handler POST /spin spin
	handler POST /traps traps
	handler GET '"/pages/*rest"' echo
	printf '%s\n' '  - {type: stream, resource: /ws, steps: [{fn: echo}]}'
} >Directive.yaml
mkdir static
printf 'body{}' >static/a.css
printf 'secret' >static/.hidden
if ! "$SUBO" build >build.log 2>&1; then
	cat build.log
	echo '0 passed, 1 failed'
	exit 1
fi
bundle=$BASE/app/runnables.wasm.zip

# ---- helpers ----

start() { # ARGS...: a server; sets url and port
	rm -f ready.json
	"$SUBO" serve --host 127.0.0.1 --port 0 --json "$@" \
		>ready.json 2>serve.err </dev/null &
	server=$!
	for _ in $(seq 400); do
		grep -q '"serve"' ready.json && break
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	port=$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' ready.json)
	url=http://127.0.0.1:$port
	[ -n "$port" ] || {
		wrong 'it does not serve'
		sed 's/^/    /' serve.err
	}
}
stop() { # CODE
	kill -TERM "$server"
	wait "$server"
	got=$?
	server=''
	[ "$got" = "$1" ] || {
		wrong "it ended with $got, not $1"
		tail -20 serve.err | sed 's/^/    /'
	}
	grep -E 'Sanitizer|runtime error' serve.err && wrong 'a sanitizer spoke'
	:
}
healthy() {
	got=$(curl -s -m 10 "$url/echo" -d well)
	[ "$got" = well ] || wrong "a healthy request got '$got'"
}
hostile() { # GROUP
	timeout 120 python3 "$ROOT/testdata/serve/hostile.py" "$port" "$1" \
		>hostile.out 2>&1 || {
		wrong "$1"
		sed 's/^/    /' hostile.out | cut -c1-200 | head -60
	}
}
status() { # WANT... -- CURL-ARGS...
	want=' '
	while [ "$1" != -- ]; do
		want="$want$1 "
		shift
	done
	shift
	got=$(curl -s -m 20 -o body -w '%{http_code}' "$@")
	case $want in
	*" $got "*) ;;
	*) wrong "curl $*: $got, not$want: $(head -c 200 body)" ;;
	esac
}

# ---- bytes ----

for group in smuggling chunks lines sizes paths bodies resets pipelines \
	sockets random; do
	t "bytes: $group"
	start "$bundle" --log none --idle-timeout 3s --header-timeout 5s \
		--body-timeout 5s --max-requests 4000
	hostile $group
	stop 0
done

t 'bytes: slow clients, and readers that do not read'
start "$bundle" --log none --header-timeout 2s --write-timeout 2s
SLOW=${SLOW:-400} hostile slow
stop 0

t 'bytes: random ones while bundles are swapped'
cp "$bundle" app.zip
cp "$bundle" other.zip
(cd "$BASE/app" && sed -i 's/v1.0.0/v1.0.1/' Directive.yaml &&
	"$SUBO" build >build.log 2>&1 && cp runnables.wasm.zip other.zip &&
	sed -i 's/v1.0.1/v1.0.0/' Directive.yaml &&
	"$SUBO" build >build.log 2>&1)
mv "$BASE/app/other.zip" other.zip
start app.zip --log none --no-watch
(
	for n in 1 2 3 4 5 6; do
		from=other.zip
		[ $((n % 2)) = 1 ] || from=$bundle
		cp "$from" .new
		mv .new app.zip
		kill -HUP "$server"
		sleep 0.3
	done
) &
swapping=$!
SEED=2 ROUNDS=600 hostile random
wait "$swapping"
healthy
stop 0

# ---- functions ----

t 'a function cannot break the framing of an answer'
start "$bundle" --log none
curl -s -m 10 -i "$url/sets" -d x >answer
has answer 'yes'
has answer 'X-Good: yes'
has answer 'Content-Length: 3'
hasnt answer 9999
hasnt answer chunked
status 500 200 -- -D head "$url/sets" -d evil
grep -qi '^set-cookie' head && wrong 'a header was injected'
healthy
stop 0

t 'endless loops are cut, and others are answered meanwhile'
start "$bundle" --log none --timeout 1s
for _ in 1 2 3 4 5 6 7 8; do
	curl -s -m 20 -o /dev/null -w '%{http_code}\n' "$url/spin" -d x >>codes &
done
sleep 0.3
healthy
healthy
wait_for=0
while [ "$(grep -c . codes)" -lt 8 ] && [ $wait_for -lt 200 ]; do
	sleep 0.1
	wait_for=$((wait_for + 1))
done
[ "$(grep -c 504 codes)" = 8 ] || wrong "spinning got $(sort codes | uniq -c)"
healthy
stop 0

t 'more requests than may run are told so at once'
start "$bundle" --log none --max-requests 4
for _ in 1 2 3 4; do
	curl -s -m 20 -o /dev/null -w '%{http_code}\n' "$url/slow" -d x >>codes &
done
sleep 0.2
curl -s -m 5 -i "$url/echo" -d x >answer
has answer ' 503 '
has answer 'Retry-After: '
sleep 1
grep -qv 200 codes && wrong "those that ran got $(cat codes)"
healthy
stop 0

t 'more connections than may be open'
start "$bundle" --log none --max-connections 20 --max-per-address 1000
ok python3 -c '
import socket, sys, time
port = int(sys.argv[1])
held = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
time.sleep(0.2)
s = socket.create_connection(("127.0.0.1", port), timeout=5)
s.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
got = s.recv(1000)
assert b" 503 " in got or got == b"", got
for h in held: h.close()
time.sleep(0.3)' "$port"
healthy
stop 0

# ---- the machine ----

t 'descriptors are used up'
prlimit --nofile=64 "$SUBO" serve --host 127.0.0.1 --port 0 --json --log none \
	"$bundle" >ready.json 2>serve.err </dev/null &
server=$!
for _ in $(seq 200); do
	grep -q '"serve"' ready.json && break
	sleep 0.05
done
port=$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' ready.json)
url=http://127.0.0.1:$port
healthy
ok python3 -c '
import socket, sys, time
port = int(sys.argv[1])
held = []
for _ in range(200):
    try:
        s = socket.create_connection(("127.0.0.1", port), timeout=2)
        s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        held.append(s)
    except OSError:
        break
time.sleep(1)
for s in held: s.close()
time.sleep(0.5)' "$port"
healthy
before=$(awk '{print $14 + $15}' "/proc/$server/stat")
sleep 1
after=$(awk '{print $14 + $15}' "/proc/$server/stat")
[ $((after - before)) -lt 30 ] || wrong "it spins: $((after - before)) ticks"
stop 0

t 'a disk that is full stops the log, not the server'
start "$bundle" --log-file /dev/full
healthy
healthy
stop 0

t 'nobody reads the log'
mkfifo pipe
# One that opens it and reads nothing.
sh -c 'exec 3<pipe; touch open; sleep 60' &
reader=$!
"$SUBO" serve --host 127.0.0.1 --port 0 --json --log none "$bundle" \
	>ready.json 2>pipe </dev/null &
server=$!
for _ in $(seq 200); do
	grep -q '"serve"' ready.json && break
	sleep 0.05
done
port=$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' ready.json)
url=http://127.0.0.1:$port
healthy
kill "$reader"
wait "$reader" 2>/dev/null
healthy
kill -TERM "$server"
wait "$server"
got=$?
server=''
[ "$got" = 0 ] || wrong "it ended with $got"

t 'a bundle that is half there, again and again'
cp "$bundle" app.zip
start app.zip
size=$(wc -c <"$bundle")
for part in 1 4 22 100 $((size / 2)) $((size - 1)); do
	head -c "$part" "$bundle" >app.zip
	kill -HUP "$server"
	sleep 0.1
	healthy
done
cp "$bundle" app.zip
kill -HUP "$server"
sleep 0.3
healthy
[ "$(grep -c 'is refused' serve.err)" -ge 6 ] || wrong 'not all were refused'
rm app.zip
mkdir app.zip
kill -HUP "$server"
sleep 0.3
healthy
stop 0

t 'bundles that want too much are refused when they come'
cp "$bundle" app.zip
start app.zip --no-watch
ok python3 -c '
import zipfile, sys
old = zipfile.ZipFile(sys.argv[1])
def write(name, extra, drop=()):
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as z:
        for n in old.namelist():
            if n not in drop: z.writestr(n, old.read(n))
        for n, data in extra: z.writestr(n, data)
write("bomb.zip", [("static/bomb", bytes(600 << 20))])
write("up.zip", [("static/../../../etc/x", b"x")])
link = zipfile.ZipInfo("static/link")
link.external_attr = 0o120777 << 16
write("link.zip", [(link, b"/etc/passwd")])
write("twice.zip", [("echo.wasm", b"\0asm\1\0\0\0")])
write("none.zip", [], ["echo.wasm"])' "$bundle"
for bad_one in bomb up twice none; do
	cp $bad_one.zip app.zip
	kill -HUP "$server"
	for _ in $(seq 100); do
		grep -q 'is refused' serve.err && break
		sleep 0.1
	done
	has serve.err 'is refused'
	: >serve.err
	healthy
done
cp link.zip app.zip
kill -HUP "$server"
sleep 0.5
curl -s -m 5 "$url/static/link" >body
hasnt body root:
healthy
stop 0

t 'signals in any number'
start "$bundle" --log none
for _ in $(seq 50); do kill -HUP "$server"; done
for sig in PIPE XFSZ URG CONT WINCH CHLD; do kill -$sig "$server"; done
healthy
stop 0

t 'a port that is taken is told with who has it'
start "$bundle" --log none
run 7 serve --host 127.0.0.1 --port "$port" "$bundle"
has err "$port"
healthy
stop 0
done_
