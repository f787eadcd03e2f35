#!/bin/sh
# Every command works, or says what it lacks, with no home, no terminal, no
# standard input and no variables but PATH.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

# bare CODE ARGS...: as run, in such a world.
bare() {
	want=$1
	shift
	timeout 120 setsid -w env -i PATH="$PATH" TMPDIR="$BASE" \
		SUBO_DATA="$ROOT" ASAN_OPTIONS="${ASAN_OPTIONS:-}" \
		LSAN_OPTIONS="${LSAN_OPTIONS:-}" \
		"$SUBO" "$@" >out 2>err <&-
	got=$?
	if [ "$got" != "$want" ]; then
		wrong "subo $*: exit $got, not $want"
		sed 's/^/    out: /' out | cut -c1-300 | head -20
		sed 's/^/    err: /' err | cut -c1-300 | head -40
	fi
}
project() {
	bare 0 create project p --lang wat --function greet
	cd p || exit 1
}

t "a project is made, built, checked, tested and run"
project
bare 0 create function shout --lang wat --handler /shout
bare 0 build
has out runnables.wasm.zip
bare 0 check
bare 0 test
bare 0 run greet --input ann
has out ann
bare 0 why greet
bare 0 graph
bare 0 inspect
bare 0 clean

t "languages that want a home are built without one"
bare 0 doctor --json
if python3 - <<'END'
import json, sys
sys.exit(not next(l["ok"] for l in json.load(open("out"))["languages"]
                  if l["name"] == "go"))
END
then
	bare 0 create project p --lang go
	cd p || exit 1
	bare 0 build
	ok test -d "$BASE/subo-$(id -u)/cache/go-build"
else
	skip "there is no Go"
fi

t "caches go to a folder that only this user can write"
project
bare 0 test
ok test -d "$BASE/subo-$(id -u)/cache"
[ "$(stat -c %a "$BASE/subo-$(id -u)")" = 700 ] || wrong "its mode"

t "a home that cannot be is as good as none"
project
env -i PATH="$PATH" TMPDIR="$WORK" HOME=/proc/nowhere SUBO_DATA="$ROOT" \
	"$SUBO" test >out 2>err <&- || wrong "$(cat err)"
ok test -d "$WORK/subo-$(id -u)/cache"

t "that folder is not used when others can write it"
mkdir -p "$WORK/tmp/subo-$(id -u)"
chmod 777 "$WORK/tmp/subo-$(id -u)"
project
mkdir keep && mv "$WORK/tmp" keep/tmp
env -i PATH="$PATH" TMPDIR="$PWD/keep/tmp" SUBO_DATA="$ROOT" \
	"$SUBO" test >out 2>err <&-
[ $? = 5 ] || wrong "exit $?"
has err "is not a folder that only you can write"
has err "set HOME or XDG_CACHE_HOME"

t "a server starts, answers and ends"
project
bare 0 build
env -i PATH="$PATH" TMPDIR="$BASE" setsid "$SUBO" serve --host 127.0.0.1 \
	--port 0 --json=lines >serve.out 2>serve.err <&- &
server=$!
url=
for _ in $(seq 200); do
	url=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' serve.out)
	[ -n "$url" ] && break
	sleep 0.05
done
[ "$(curl -sS -d ann "$url/hello")" = "hello ann" ] || wrong "no answer"
kill "$server"
wait "$server" || wrong "the server ended with $?"

t "a bundle is signed, pushed, pulled and verified offline"
project
bare 0 build
bare 2 keygen --output k
has err "SUBO_KEY_PASSWORD"
bare 0 keygen --output k --no-password
bare 0 sign runnables.wasm.zip --key k.key
bare 0 verify runnables.wasm.zip --key k.pub
bare 0 push oci:dist:v1
bare 0 pull oci:dist:v1 --key k.pub --output got.zip
same got.zip runnables.wasm.zip
bare 5 pull oci:dist:v1 --output other.zip
fails test -e other.zip

t "what would be asked is an error that names the option"
project
bare 2 create project
has err "needs a name"
bare 2 create handler /x
has err "--steps"
bare 2 ci init
has err "--github"

t "a pipeline is written"
project
bare 0 ci init --github --gitlab
ok test -s .github/workflows/subo.yml
ok test -s .gitlab-ci.yml

t "a function is published, added, updated and built offline"
project
bare 0 keygen --output ../k --no-password
bare 0 publish greet oci:../dist:v1 --key ../k.key
bare 0 add oci:../dist:v1 --key ../k.pub --as other --yes
bare 2 add oci:../dist:v1 --key ../k.pub --as third
has err "--yes"
bare 0 update
bare 0 build
bare 0 run other --input ann
has out ann

# Without arguments, in an empty folder: an answer or an error, never a crash,
# a question that waits, or a bug of ours.
t "each command ends by itself and says why"
for cmd in $("$SUBO" help | sed '/^Begin/,$d' |
	sed -n 's/^  \([a-z][a-z]*\)  *[a-z].*/\1/p'); do
	timeout 60 setsid -w env -i PATH="$PATH" TMPDIR="$BASE" \
		SUBO_DATA="$ROOT" ASAN_OPTIONS="${ASAN_OPTIONS:-}" \
		LSAN_OPTIONS="${LSAN_OPTIONS:-}" \
		"$SUBO" "$cmd" >out 2>err <&-
	code=$?
	case $code in
	0) ;;
	[1-9]) grep -q '^subo: error: ' err || wrong "$cmd: says nothing" ;;
	*) wrong "$cmd: exit $code: $(head -3 err)" ;;
	esac
done

t "with its output closed too"
for cmd in version help doctor explain; do
	timeout 60 env -i PATH="$PATH" TMPDIR="$BASE" SUBO_DATA="$ROOT" \
		"$SUBO" "$cmd" <&- >&- 2>&-
	code=$?
	[ "$code" -lt 10 ] || wrong "$cmd: exit $code"
done

done_
