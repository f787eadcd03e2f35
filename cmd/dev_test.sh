#!/bin/sh
# subo dev: what is saved is served, however it is saved, and nothing else is
# done; a real server, real requests, a real terminal.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
unset SOURCE_DATE_EPOCH XDG_RUNTIME_DIR
export TMPDIR="$BASE"
pid=''
trap 'end_dev; rm -rf "$BASE"' EXIT
command -v curl >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 0; }

# wat_function NAME TEXT: answers with TEXT, which has 5 bytes
wat_function() {
	mkdir -p "$1"
	echo "lang: wat" >"$1/.runnable.yml"
	wat_text "$2" >"$1/lib.wat"
}
wat_text() {
	cat <<-W
	(module (import "env" "return_result" (func \$r (param i32 i32 i32)))
	  (memory (export "memory") 1)
	  (data (i32.const 16) "$1")
	  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
	  (func (export "deallocate") (param i32 i32))
	  (func (export "run_e") (param i32 i32 i32)
	    (call \$r (i32.const 16) (i32.const 5) (local.get 2))))
	W
}
directive() { # directive FUNCTION...: each at its own path
	printf '%s\n' "identifier: com.example.app" "appVersion: v0.1.0" \
		"atmoVersion: v0.4.8" "handlers:" >Directive.new
	for f; do
		printf '%s\n' "  - type: request" "    resource: /$f" \
			"    method: GET" "    steps:" "      - fn: $f" \
			>>Directive.new
	done
	mv Directive.new Directive.yaml
}
project() { # greet and other, with a test
	wat_function greet hello
	wat_function deep/er/other other
	directive greet other
	cat >greet/greet.test.yaml <<-T
	cases:
	  - name: greets
	    function: greet
	    expect: {matches: "."}
	T
	sed -i 's/expect: .*/expect: {status: 200}/' greet/greet.test.yaml
}
soon() { # soon COMMAND...: succeeds within a minute
	i=0
	until "$@" >/dev/null 2>&1; do
		i=$((i + 1))
		if [ $i -gt 1200 ] || ! kill -0 "$pid" 2>/dev/null; then
			wrong "did not come: $*"
			sed 's/^/    err: /' err | tail -30
			return 1
		fi
		sleep 0.05
	done
}
holds() { grep -qF -- "$2" "$1"; }
count() { grep -cF -- "$2" "$1"; }
told() { [ "$(count "$2" "$3")" = "$1" ]; }
start() { # start ARGS...: port is where it is served
	rm -f out err
	"$SUBO" dev "$@" >out 2>err </dev/null &
	pid=$!
	soon holds err "/_subo/" || return
	port=$(sed -n 's/.*served at http:\/\/[^ ]*:\([0-9][0-9]*\).*/\1/p' err | head -1)
}
built() { # built N: so many lines of changes were told
	soon sh -c "[ \$(grep -cE '(built|failed|builds again)' err) -ge $1 ]"
}
get() { curl -s --max-time 20 "http://127.0.0.1:$port$1"; }
header() { curl -s --max-time 20 -o /dev/null -D - "http://127.0.0.1:$port$1"; }
answers() { [ "$(get "$1")" = "$2" ]; }
end_dev() {
	[ -n "$pid" ] || return 0
	kill -TERM "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	pid=''
	grep -F Sanitizer err && wrong "$(grep -A12 -F Sanitizer err | head -40)"
}

t "a project is built, served, and each answer says from which bundle"
project
start --port 0
soon answers /greet hello
[ "$(get /other)" = other ] || wrong "/other: $(get /other)"
built 1
digest=$(sha256sum runnables.wasm.zip | cut -c1-64)
header /greet | tr -d '\r' >head.txt
has head.txt "X-Subo-Digest: sha256:$digest"
hasnt head.txt "X-Subo-Error"
has err "1 passed"
has err "http://127.0.0.1:$port/_subo/"
has err "$(echo "$digest" | cut -c1-12)"
has err "GET /greet 200"
end_dev

t "each way in which editors save is seen"
project
start --port 0
soon answers /greet hello
wat_text two-2 >greet/lib.wat
soon answers /greet two-2
wat_text three >greet/.lib.wat.tmp && mv greet/.lib.wat.tmp greet/lib.wat
soon answers /greet three
mv greet/lib.wat greet/lib.wat~ && wat_text four4 >greet/lib.wat && rm greet/lib.wat~
soon answers /greet four4
sed -i 's/four4/five5/' greet/lib.wat
soon answers /greet five5
cp deep/er/other/lib.wat greet/lib.wat
soon answers /greet other
rm greet/lib.wat && wat_text seven >greet/lib.wat
soon answers /greet seven
(wat_text eight | head -c 100; sleep 0.2; wat_text eight | tail -c +101) >greet/lib.wat
soon answers /greet eight
end_dev

t "vim's way of saving is seen, each time"
if command -v vim >/dev/null || command -v vim.tiny >/dev/null; then
	vim=$(command -v vim || command -v vim.tiny)
	project
	start --port 0
	soon answers /greet hello
	was=hello
	for word in aaaaa bbbbb ccccc; do
		"$vim" -Nu NONE -n -es -c "set backup writebackup backupcopy=no" \
			-c "%s/$was/$word/" -c wq greet/lib.wat </dev/null
		soon answers /greet $word
		was=$word
	done
	end_dev
else
	skip "vim is not installed"
fi

t "only the function that changed is compiled, and the file is told"
project
start --port 0 --json=lines
soon answers /greet hello
wat_text again >deep/er/other/lib.wat
soon answers /other again
soon holds out '"changed":["deep/er/other/lib.wat"]'
grep -F '"deep/er/other/lib.wat"' out | head -1 >line
has line '"name":"other"'
hasnt line '"name":"greet"'
end_dev
start --port 0
built 1
wat_text third >deep/er/other/lib.wat
soon holds err "deep/er/other/lib.wat -> other"
hasnt err "lib.wat -> greet"
end_dev

t "files in folders at any depth, and new functions, are found"
project
start --port 0
soon answers /greet hello
mkdir -p new/in/the
(cd new/in/the && wat_function third three)
directive greet other third
soon answers /third three
wat_text four4 >new/in/the/third/lib.wat
soon answers /third four4
[ "$(get /greet)" = hello ] || wrong "the others answer too"
end_dev

t "a function that is removed is gone, and its route"
project
start --port 0
soon answers /other other
directive greet
rm -r deep
soon sh -c "[ \$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:$port/other) = 404 ]"
[ "$(get /greet)" = hello ] || wrong "/greet: $(get /greet)"
end_dev

t "a compile error is shown, keeps the last good version, and passes"
project
start --port 0
soon answers /greet hello
built 1
before=$(header /greet | grep -i digest)
echo "(module (func (nonsense)))" >greet/lib.wat
soon holds err "goes on"
has err "==== greet (wat)"
has err "nonsense"
[ "$(get /greet)" = hello ] || wrong "/greet: $(get /greet)"
header /greet | tr -d '\r' >head.txt
grep -i "^X-Subo-Error: greet: " head.txt >line || wrong "no X-Subo-Error"
has line "error"
[ "$(grep -i digest head.txt | tr -d '\r')" = "$(echo "$before" | tr -d '\r')" ] ||
	wrong "another digest"
echo "(module (func (worse)))" >greet/lib.wat
soon holds err "worse"
wat_text hello >greet/lib.wat
soon sh -c "! curl -s -D - http://127.0.0.1:$port/greet | grep -qi x-subo-error"
soon holds err "builds again"
wat_text right >greet/lib.wat
soon answers /greet right
end_dev

t "a first build that fails serves nothing, says why, and is mended"
project
echo "(module (func (nonsense)))" >greet/lib.wat
start --port 0
soon holds err "nothing is served"
curl -s --max-time 20 -D head.txt -o body -w '%{http_code}' "http://127.0.0.1:$port/greet" >code
has code 503
has body "greet: "
has body "error"
wat_text right >greet/lib.wat
grep -i "^X-Subo-Error: greet: " head.txt >line || wrong "no X-Subo-Error"
soon answers /greet right
end_dev

t "edits of the Directive are served, and its problems shown as check shows them"
project
start --port 0
soon answers /greet hello
sed -i 's|resource: /greet|resource: /hello|' Directive.yaml
soon answers /hello hello
sed -i 's/fn: greet/fn: greeet/' Directive.yaml
soon holds err "greeet"
soon holds err "goes on"
has err "error[D"
has err "Directive.yaml:"
[ "$(get /hello)" = hello ] || wrong "/hello: $(get /hello)"
header /hello >head.txt
has head.txt "X-Subo-Error: Directive.yaml:"
printf 'handlers: [\n' >Directive.yaml
soon sh -c '[ $(grep -c "goes on" err) -ge 2 ]'
[ "$(get /hello)" = hello ] || wrong "/hello: $(get /hello)"
directive greet other
soon answers /greet hello
hasnt err "limits"
printf 'limits:\n  requests: 7\n' >>Directive.yaml
soon holds err "limits have changed"
end_dev

t "a Directive that is broken at the start is waited for"
project
mv Directive.yaml good
printf 'handlers: [\n' >Directive.yaml
start --port 0
soon holds err "nothing is served"
cp good Directive.yaml
soon answers /greet hello
end_dev

t "static files are served as they are now"
project
mkdir -p static
echo one >static/a.txt
start --port 0
soon answers /greet hello
[ "$(get /static/a.txt)" = one ] || wrong "static: $(get /static/a.txt)"
echo two >static/a.txt
soon answers /static/a.txt two
mkdir static/more && echo three >static/more/b.txt
soon answers /static/more/b.txt three
end_dev

t "a test file that changes runs the tests and builds nothing"
project
start --port 0 --json=lines
soon holds out '"event":"tests"'
n=$(count out '"event":"built"')
sed -i 's/status: 200/status: 500/' greet/greet.test.yaml
soon holds out '"failed":1'
[ "$(count out '"event":"built"')" = "$n" ] || wrong "it was built"
end_dev
start --port 0
soon holds err "1 failed"
soon holds out "greet.test.yaml"
has out "500"
sed -i 's/status: 500/status: 200/' greet/greet.test.yaml
soon holds err "1 passed"
end_dev

t "only tests that a change touches run again, and all of them after a failure"
project
cat >other.test.yaml <<-T
cases:
  - name: other by its handler
    request: GET /other
    expect: {body: other}
  - name: other by itself
    function: other
    expect: {body: other}
T
start --port 0
soon holds err "3 passed"
wat_text two-2 >greet/lib.wat
soon holds err "1 passed, 2 not touched"
wat_text three >deep/er/other/lib.wat
soon holds err "2 failed, 1 not touched"
# Until it is mended, each round tells the failure.
wat_text four4 >greet/lib.wat
soon holds err "1 passed, 2 failed"
wat_text other >deep/er/other/lib.wat
soon told 2 err "3 passed"
mkdir static
echo x >static/x
soon told 3 err "3 passed"
end_dev

t "fastly/cli 1332: permissions, times and a save of the same rebuild nothing"
project
start --port 0
built 1
chmod 600 greet/lib.wat Directive.yaml
chmod 700 greet
touch greet/lib.wat deep/er/other/lib.wat Directive.yaml
cp greet/lib.wat x.tmp && mv x.tmp greet/lib.wat
wat_text saved >deep/er/other/lib.wat
soon answers /other saved
soon holds err "-> other"
grep -E 'built|failed|builds again' err >lines
[ "$(wc -l <lines)" = 2 ] || wrong "$(cat lines)"
end_dev

t "spin 2637: what the build writes is no change"
project
start --port 0 --json=lines
soon holds out '"event":"tests"'
for i in 1 2 3 4 5; do
	wat_text "wat-$i" >greet/lib.wat
	soon answers /greet "wat-$i"
done
soon sh -c '[ $(grep -c "\"event\":\"swapped\"" out) = 6 ]'
end_dev
[ "$(count out '"event":"built"')" = 6 ] || wrong "$(count out '"event":"built"') builds"
start --port 0 --json=lines
soon holds out '"event":"tests"'
"$SUBO" build -q . >/dev/null 2>&1
wat_text last1 >greet/lib.wat
soon answers /greet last1
end_dev
[ "$(count out '"event":"built"')" = 2 ] || wrong "a build elsewhere is followed"

t "a port that is taken: by whom, and the next"
project
start --port 0
soon answers /greet hello
first=$pid taken=$port
run 7 dev --port "$taken"
has err "$taken"
has err "subo"
has err "try:"
has err "$first"
pid=$first
end_dev

t "without --port the next port that is free is taken"
project
start
one=$pid
soon answers /greet hello
mv err err1
start
soon answers /greet hello
grep -oE 'served at http://127.0.0.1:[0-9]+' err1 err | grep -oE '[0-9]+$' >ports
[ "$(sort -u ports | wc -l)" = 2 ] || wrong "$(cat ports)"
end_dev
pid=$one
end_dev

cat >"$BASE/load.py" <<'P'
"""load.py PORT PATH: ask until a file `stop` is there; prints how many were
answered, how many were not, and the bodies."""
import http.client, os, sys, threading
port, path = int(sys.argv[1]), sys.argv[2]
good, bad, bodies, lock = [0], [], set(), threading.Lock()
def run():
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    while not os.path.exists("stop"):
        try:
            c.request("GET", path)
            r = c.getresponse()
            body = r.read()
            with lock:
                good[0] += r.status == 200
                if r.status != 200:
                    bad.append(r.status)
                bodies.add(body.decode())
        except Exception as e:
            with lock:
                bad.append(repr(e))
            c.close()
ts = [threading.Thread(target=run) for _ in range(4)]
[t.start() for t in ts]
[t.join() for t in ts]
print("good", good[0], "bad", len(bad), bad[:3], "bodies", len(bodies))
P

t "over 20 edits the port is kept and no request fails"
project
start --port 0
soon answers /greet hello
python3 "$BASE/load.py" "$port" /greet >load &
load=$!
for i in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29; do
	wat_text "no-$i" >greet/.t && mv greet/.t greet/lib.wat
	soon answers /greet "no-$i"
done
touch stop
wait $load
has load " bad 0 "
hasnt load "good 0 "
end_dev

t "workers-sdk 15447: clients that give up during a reload do no harm"
project
start --port 0
soon answers /greet hello
for i in 10 11 12 13 14; do
	wat_text "no-$i" >greet/lib.wat
	for n in 1 2 3 4; do
		curl -s --max-time 0.00$n "http://127.0.0.1:$port/greet" >/dev/null
		printf 'GET /greet HTTP/1.1\r\nHost: a\r\n' |
			timeout 1 python3 -c 'import socket,sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(sys.stdin.buffer.read()); s.close()' "$port"
	done
	soon answers /greet "no-$i"
done
end_dev

wat2wasm=$(command -v wat2wasm)
fake_wat2wasm() { # its script comes on standard input
	mkdir -p bin
	{
		echo '#!/bin/sh'
		echo '[ "$1" = --version ] && { echo 1.0.0; exit; }'
		cat
	} >bin/wat2wasm
	chmod +x bin/wat2wasm
}

t "what is saved during a build is built after it"
project
fake_wat2wasm <<-W
	touch "$WORK/.began"
	sleep 0.7
	exec "$wat2wasm" "\$@"
W
(
	PATH="$PWD/bin:$PATH"
	exec "$SUBO" dev --port 0 >out 2>err </dev/null
) &
pid=$!
soon holds err "swapped"
port=$(sed -n 's/.*served at http:\/\/[^ ]*:\([0-9][0-9]*\).*/\1/p' err)
rm .began
wat_text first >greet/lib.wat
soon test -e .began
wat_text secnd >greet/lib.wat
wat_text other >deep/er/other/lib.wat
wat_text third >greet/lib.wat
soon answers /greet third
end_dev

t "fastly/cli 1148: a compiler that fails without a word is told all the same"
project
fake_wat2wasm <<-W
	exit 3
W
(
	PATH="$PWD/bin:$PATH"
	exec "$SUBO" dev --port 0 >out 2>err </dev/null
) &
pid=$!
soon holds err "nothing is served"
has err "greet (wat)"
has err "exit code 3"
end_dev

t "each call is a fresh instance, as it is when it is served"
mkdir count
echo "lang: wat" >count/.runnable.yml
cat >count/lib.wat <<-W
(module (import "env" "return_result" (func \$r (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "a")
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param i32 i32 i32)
    (call \$r (i32.const 16) (i32.const 1) (local.get 2))
    (i32.store8 (i32.const 16)
      (i32.add (i32.load8_u (i32.const 16)) (i32.const 1)))))
W
directive count
start --port 0
soon answers /count a
for i in 1 2 3 4 5; do
	[ "$(get /count)" = a ] || wrong "$(get /count)"
done
end_dev

t "fake compilers that never end are ended with it"
fake_wat2wasm <<'W'
echo $$ >"${0%/*}/../fake.pid"
exec sleep 1000
W
wat_function greet hello
directive greet
PATH="$PWD/bin:$PATH" "$SUBO" dev --port 0 >out 2>err </dev/null &
pid=$!
if soon test -s fake.pid; then
	kill -INT $pid
	wait $pid
	[ $? = 130 ] || wrong "exit code"
	pid=''
	kill -0 "$(cat fake.pid)" 2>/dev/null && wrong "the compiler still runs"
fi
end_dev

t "Ctrl-C and SIGTERM leave nothing behind"
project
for sig in INT TERM HUP; do
	start --port 0
	soon answers /greet hello
	sock=$(find "$BASE" -name "$port.sock")
	[ -S "$sock" ] || wrong "no socket"
	kill -$sig $pid
	wait $pid
	code=$?
	pid=''
	case $sig$code in INT130 | TERM143 | HUP129) ;; *) wrong "$sig: exit $code" ;; esac
	[ -e "$sock" ] && wrong "the socket is left"
	curl -s --max-time 5 "http://127.0.0.1:$port/greet" >/dev/null && wrong "it answers"
	hasnt err "error"
done
find . -name '*.tmp*' | grep . && wrong "a temporary is left"

t "one function without a Directive answers whatever it is asked"
wat_function greet hello
cd greet || exit 1
cat >greet.test.yaml <<-T
cases:
  - name: greets
    function: greet
    expect: {body: hello}
T
start --port 0
soon answers /any/thing hello
soon holds err "1 passed"
wat_text again >lib.wat
soon answers / again
end_dev

t "from a function's folder its project is served"
project
cd deep/er/other || exit 1
start --port 0
soon answers /greet hello
end_dev

t "where there is nothing it says so"
run 4 dev --port 0
has err "create project"
run 4 dev --port 0 nowhere
run 2 dev --port x
run 2 dev --secret x

# keys.py SUBO SCRIPT: run subo dev on a terminal.  A line of SCRIPT is "> keys"
# to send, or a text to wait for.  Prints all that came, and the manners of the
# terminal before and after.
cat >"$BASE/keys.py" <<'P'
import os, pty, select, signal, subprocess, sys, termios, time
leader, follower = pty.openpty()
before = termios.tcgetattr(follower)
env = dict(os.environ, TERM="xterm", PATH=os.getcwd() + "/bin:" + os.environ["PATH"])
p = subprocess.Popen(sys.argv[1].split(), stdin=follower, stdout=follower, stderr=follower,
                     env=env, start_new_session=True,
                     preexec_fn=lambda: __import__("fcntl").ioctl(0, termios.TIOCSCTTY, 0))
seen, at = "", 0
def more(t):
    global seen
    if select.select([leader], [], [], t)[0]:
        try:
            seen += os.read(leader, 65536).decode(errors="replace")
        except OSError:
            pass
for line in open(sys.argv[2]):
    line = line.rstrip("\n")
    if line.startswith("> "):
        os.write(leader, line[2:].encode().decode("unicode_escape").encode())
        continue
    if line.startswith("tty "):
        end = time.time() + 60
        while bool(termios.tcgetattr(follower)[3] & termios.ICANON) != (line == "tty usual"):
            more(0.1)
            if time.time() > end:
                print("MISSING:", line)
                break
        continue
    if line.startswith("! "):
        subprocess.run(line[2:], shell=True)
        continue
    if line.startswith("kill "):
        p.send_signal(getattr(signal, line[5:]))
        continue
    end = time.time() + 60
    while line not in seen[at:] and time.time() < end:
        more(0.1)
    if line not in seen[at:]:
        print("MISSING:", line)
        break
    at = seen.index(line, at) + len(line)
end = time.time() + 60
while p.poll() is None and time.time() < end:
    more(0.1)
if p.poll() is None:
    print("STILL THERE")
    p.kill()
print(seen)
print("EXIT", p.wait())
print("TERMINAL", "restored" if termios.tcgetattr(follower) == before else "spoiled")
P
keys() { # keys ARGS <SCRIPT
	cat >script
	python3 "$BASE/keys.py" "$SUBO dev $*" script >screen 2>&1
	hasnt screen "MISSING"
	has screen "TERMINAL restored"
	grep -F MISSING screen >/dev/null && sed 's/^/    /' screen | tail -20
}

t "keys on a terminal"
project
mkdir bin
printf '#!/bin/sh\necho "$1" >%s/opened\n' "$PWD" >bin/xdg-open
chmod +x bin/xdg-open
keys --port 0 <<'K'
1 passed
> ?
run the tests
> t
1 passed
> b
nothing has changed
> r
no request
> o
opening
! sleep 0.3
> c
served at
> x\033[A
> q
K
has screen "EXIT 0"
has opened "/_subo/"

t "a browser that was opened is no child, and stays when it ends"
project
mkdir bin
printf '#!/bin/sh\necho $$ >%s/browser\nexec sleep 100\n' "$PWD" >bin/xdg-open
chmod +x bin/xdg-open
keys --port 0 --open <<'K'
opening
1 passed
! until [ -s browser ]; do sleep 0.05; done
! ps -o ppid= -p "$(cat browser)" | xargs ps -o comm= -p >parent
> b
nothing has changed
> q
K
has screen "EXIT 0"
[ -s parent ] || wrong "no parent"
hasnt parent subo
kill "$(cat browser)" || wrong "it is gone"

t "the last request is run again by a key, on what is served now"
project
cat >ask.sh <<'A'
until port=$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' where 2>/dev/null) && [ -n "$port" ]; do sleep 0.1; done
curl -s "http://127.0.0.1:$port/greet" >/dev/null
A
free=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
echo "\"port\": $free" >where
keys --port "$free" <<'K'
1 passed
! sh ask.sh
/greet
> r
rerun: 200
hello
> q
K
has screen "EXIT 0"

t "the terminal is as it was after Ctrl-C, SIGTERM and a crash"
project
for how in '> \x03' 'kill SIGTERM' 'kill SIGSEGV' 'kill SIGABRT'; do
	printf '1 passed\n%s\n' "$how" | keys --port 0
done

t "Ctrl-Z gives the terminal back, and fg takes it again"
project
keys --port 0 <<'K'
1 passed
tty keys
kill SIGTSTP
tty usual
kill SIGCONT
tty keys
> t
1 passed
> q
K
has screen "EXIT 0"

t "on a terminal a port that is taken is a question"
project
start --port 0
soon answers /greet hello
keys --port "$port" <<'K'
[Y/n]
> n\n
K
has screen "EXIT 7"
keys --port "$port" <<'K'
[Y/n]
> \n
1 passed
> q
K
has screen "EXIT 0"
end_dev

done_
