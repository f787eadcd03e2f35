# Sourced after cmd/test.sh by tests that speak to registries: servers, and what
# is asked of them.  Nothing of the user's is seen.
#
#	fake_start NAME FD OPTIONS...	testdata/registry/fake.py in $BASE/NAME, until
#					descriptor FD is closed
#	docker_start			Debian's docker-registry: DOCKER is host:port, or
#					empty when there is none
#	made_start NAME COMMAND...	any other that is on $PORT when it is up
#	stop_servers			all of them
#	app_make			a project in $BASE/app, its bundle as PLAIN and,
#					signed by ann, as SIGNED; keys ann and bob; ANN:
#					the option for the public one
#	fresh				REPO: a repository that is not there yet
#	field NAME			of the JSON in ./out
#	lines COUNT PATTERN FILE	so many match

export HOME="$BASE/home" DOCKER_CONFIG="$BASE/docker"
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
unset DOCKER_AUTH_CONFIG REGISTRY_AUTH_FILE SOURCE_DATE_EPOCH SUBO_KEY_PASSWORD
unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
unset no_proxy NO_PROXY GITHUB_ACTIONS SSL_CERT_FILE
mkdir -p "$HOME" "$DOCKER_CONFIG"

pids=''
stop_servers() {
	exec 6>&- 7>&- 8>&- 9>&-
	for pid in $pids; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=''
}
trap 'stop_servers; rm -rf "$BASE"' EXIT
trap 'exit 130' HUP PIPE

wait_for() { # FILE
	tries=0
	until [ -s "$1" ] || [ $tries = 600 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
}
fake_start() {
	mkdir "$BASE/$1"
	mkfifo "$BASE/$1/pipe"
	dir=$BASE/$1 fd=$2
	shift 2
	python3 "$ROOT/testdata/registry/fake.py" "$dir" "$@" <"$dir/pipe" \
		>"$dir/out" 2>&1 6>&- 7>&- 8>&- 9>&- &
	pids="$pids $!"
	eval "exec $fd>\"\$dir/pipe\""
	wait_for "$dir/port"
}
free_port() {
	python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
made_start() {
	log=$BASE/$1.log
	shift
	"$@" >"$log" 2>&1 6>&- 7>&- 8>&- 9>&- &
	pids="$pids $!"
	python3 - "$PORT" <<'END'
import socket, sys, time
for _ in range(600):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
        break
    except OSError:
        time.sleep(0.05)
END
}
docker_start() {
	DOCKER=''
	command -v docker-registry >/dev/null || return
	PORT=$(free_port)
	cat >"$BASE/registry.yml" <<END
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $BASE/data}}
http: {addr: '127.0.0.1:$PORT'}
END
	made_start docker docker-registry serve "$BASE/registry.yml"
	DOCKER=127.0.0.1:$PORT
}

app_make() {
	"$SUBO" create project app --lang wat --function greet --dir "$BASE" -q \
		>"$BASE/log" 2>&1 || cat "$BASE/log"
	(
		cd "$BASE/app" &&
			"$SUBO" create function shout --lang wat --handler /shout &&
			"$SUBO" build
	) >"$BASE/log" 2>&1 || cat "$BASE/log"
	PLAIN=$BASE/plain.zip SIGNED=$BASE/signed.zip
	cp "$BASE/app/runnables.wasm.zip" "$PLAIN"
	cp "$PLAIN" "$SIGNED"
	for key in ann bob; do
		"$SUBO" keygen --output "$BASE/$key" --no-password >"$BASE/log" 2>&1 ||
			cat "$BASE/log"
	done
	"$SUBO" sign "$SIGNED" --key "$BASE/ann.key" >"$BASE/log" 2>&1 ||
		cat "$BASE/log"
	ANN="--key $BASE/ann.pub" # in one word: TMPDIR has no spaces
}
n=0
fresh() { # a repository that is not there yet
	n=$((n + 1))
	REPO=t$n/app
}
lines() { # COUNT PATTERN FILE
	have=$(grep -cE -- "$2" "$3")
	[ "$have" = "$1" ] || {
		wrong "$have lines, not $1, match '$2'"
		sed 's/^/    /' "$3" | head -30
	}
}
forget() { # what was seen before, and so may not be unsigned now
	rm -rf "$HOME/.local"
}
field() { # NAME: of the JSON in ./out
	python3 -c 'import json, sys
v = json.load(open("out"))
for k in sys.argv[1].split("."):
    v = v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"
}
