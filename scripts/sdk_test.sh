#!/bin/sh
# The SDKs, those of the registries as they are and those of the templates:
# in each a function that makes every call, and the same answers expected of
# all.  The functions are in testdata/guests, the answers in suite.test.yaml.
. "${ROOT:?}/cmd/test.sh"
guests=$ROOT/testdata/guests

rust() { # VERSION
	short=$(echo "$1" | tr -d .)
	cp -R "$guests/rust/$1" "rust-$short"
	cp "$guests/rust/suite.rs" "rust-$short/src/"
}

none() { # VERSION: one that registers nothing
	short=$(echo "$1" | tr -d .)
	cp -R "$guests/rust/$1" "none-$short"
	cp "$guests/rust/none/lib.rs" "none-$short/src/"
	sed -i "s/rust-$short/none-$short/" "none-$short/Cargo.toml" \
		"none-$short/Cargo.lock" "none-$short/.runnable.yml"
}

own() { # LANG FILE INTO
	run 0 create function "sdk-$1" --lang "$1"
	rm -f "sdk-$1"/*.test.yaml
	sed "s,example.com/sdk/,example.com/sdk-$1/,"  "$guests/sdk/$2" \
		>"sdk-$1/$3"
}

# FUNCTION is not there: its rows go, and a case tells that they did.
without() { # LANG FUNCTION...
	missing="$missing $1"
	shift
	for f in "$@"; do
		sed -i -e "s/ *{fn: $f}, *//" -e "s/, *{fn: $f}\]/]/" \
			tests/suite.test.yaml
	done
}

has_compiler() { "$SUBO" doctor "$1" >/dev/null 2>&1; }

t "every SDK builds"
missing=''
mkdir tests
cp "$guests/suite.test.yaml" tests/
cp "$guests/suite.directive.yaml" Directive.yaml
for v in 0.8 0.11 0.12 0.13 0.15 0.16; do
	rust "$v"
done
for v in 0.8 0.12 0.13 0.15 0.16; do
	none "$v"
done
own rust lib.rs src/lib.rs
own c lib.c lib.c
own cpp lib.cpp lib.cpp
if has_compiler tinygo; then
	cp -R "$guests/reactr" reactr
	own tinygo lib.go lib.go
else
	without tinygo reactr sdk-tinygo
fi
if has_compiler go; then
	own go lib.go lib.go
else
	without go sdk-go
fi
if has_compiler assemblyscript; then
	own assemblyscript lib.ts src/lib.ts
else
	without assemblyscript sdk-assemblyscript
fi
run 0 build
project=$WORK

for lang in $missing; do
	t "the suite in $lang"
	skip "no compiler of $lang"
done

t "every call of every SDK gives what is expected"
cd "$project" || exit 1
run 0 test --no-build
has out ' passed, 0 failed'

# The same against real servers: HTTP, Redis and PostgreSQL on loopback.

pids=''
stop_servers() {
	exec 8>&- 9>&-
	for pid in $pids; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=''
}

wait_line() { # FILE: its first line, within 30 s
	tries=0
	until [ -s "$1" ] || [ $tries = 300 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	head -1 "$1"
}

# server KIND DIR FD: its end of the pipe stays open, so that it goes with us
serve() {
	mkfifo "$WORK/$1.pipe"
	"$ROOT/scripts/servers" "$1" "$WORK/$1" <"$WORK/$1.pipe" \
		>"$WORK/$1.out" 2>"$WORK/$1.err" &
	pids="$pids $!"
}

says() { # GROUP JSON FUNCTION...
	group=$1 json=$2
	shift 2
	for f in "$@"; do
		[ -d "$f" ] || continue
		run 0 run "$f" --input "$group"
		[ "$(cat out)" = "$json" ] || wrong "$f $group: $(cat out)"
	done
}

old='rust-08 rust-011 rust-012' new='rust-013 rust-015'
ours='sdk-c sdk-cpp sdk-rust sdk-go sdk-tinygo sdk-assemblyscript'

t "the same answers from real servers"
trap 'stop_servers; rm -rf "$BASE"' EXIT
chmod 755 "$BASE" "$WORK"
python3 "$guests/suite_server.py" >http.out 8>&- 9>&- &
pids=$!
serve redis
exec 8>"$WORK/redis.pipe"
serve postgresql
exec 9>"$WORK/postgresql.pipe"
http=$(wait_line http.out)
redis=$(wait_line redis.out)
redis=${redis##* }
sql=$(wait_line postgresql.out)
sql=${sql##* }
if [ -z "$http" ] || [ -z "$redis" ] || [ -z "$sql" ]; then
	skip "no servers: $(cat ./*.err)"
else
	cd "$project" || exit 1
	find . -type f \( -name 'suite.rs' -o -path './sdk-*/*lib.*' \
		-o -path ./reactr/main.go \) -exec sed -i \
		"s,https://api.test,http://127.0.0.1:$http," {} +
	sed -i "/database:/d; s|^connections:|&\\
  redis: {serverAddress: '127.0.0.1:$redis'}\\
  database: {type: postgresql, connectionString:\\
    'postgres://subo:secret@127.0.0.1:$sql/subo'}|" Directive.yaml
	run 0 build
	ok redis-cli -p "$redis" set given 'by the host'
	ok env PGPASSWORD=secret psql -h 127.0.0.1 -p "$sql" -U subo subo \
		-c 'CREATE TABLE people (id int, name text)'
	# shellcheck disable=SC2086  # lists of names
	{
	says http '{"get":"got","post":"posted","patch":"patched","delete":"deleted"}' \
		$old $new rust-016 reactr $ours
	says verbs '{"head":"","options":"told","put":"put"}' \
		$new rust-016 reactr $ours
	says down '{"down":"error: 503: closed"}' $new rust-016 reactr $ours
	says down '{"down":"error: failed to fetch_url"}' rust-011 rust-012
	says down '{"down":"request_failed:-2"}' rust-08
	says graphql '{"graphql":"{\"data\":{\"me\":1}}"}' \
		rust-011 rust-012 $new rust-016 $ours
	says cache '{"warm":"hot","ever":"long","given":"by the host"}' \
		$old $new reactr $ours
	says 'no cache' '{"cold":"error: key not found"}' $new reactr $ours
	says db '{"insert":"{\"lastInsertID\":0,\"rowsAffected\":0}","select":"[{\"id\":7,\"name\":\"ann\"}]","update":"{\"lastInsertID\":0,\"rowsAffected\":1}","delete":"{\"lastInsertID\":0,\"rowsAffected\":1}","no row":"error: expected 2 variables, got 0: number of variables incorrect"}' \
		$new $ours
	}
fi
stop_servers
done_
