#!/bin/sh
# What functions reach outside, as a user meets it: real servers on loopback,
# functions of a project run by `subo run`, and the same cases by `subo test`
# with given answers, which must come out the same.  Data in testdata/outside.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

data=$ROOT/testdata/outside

# ---- servers ----

pids=''
stop_servers() {
	exec 7>&- 8>&- 9>&-
	for pid in $pids; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=''
}

port_of() { # SERVER PID: what it prints once it answers, within 30 s
	tries=0
	until [ -s "$BASE/$1.out" ] || [ $tries = 600 ] || ! kill -0 "$2"; do
		tries=$((tries + 1))
		sleep 0.05
	done 2>/dev/null
	sed 's/.* //' "$BASE/$1.out"
}

serve() { # KIND: the other end of its pipe is ours, so that it goes with us
	mkfifo "$BASE/$1.pipe"
	"$ROOT/scripts/servers" "$1" "$BASE/$1" <"$BASE/$1.pipe" \
		>"$BASE/$1.out" 2>"$BASE/$1.err" 7>&- 8>&- 9>&- &
	pids="$pids $!"
	eval "$1=$!"
}

chmod 755 "$BASE"
trap 'stop_servers; rm -rf "$BASE"' EXIT
python3 "$data/server.py" >"$BASE/http.out" &
pids=$! http=$! redis='' postgresql='' mysql=''
serve redis
exec 7>"$BASE/redis.pipe"
serve postgresql
exec 8>"$BASE/postgresql.pipe"
serve mysql
exec 9>"$BASE/mysql.pipe"

# ---- the project ----

unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
http=$(port_of http "$http")
redis=$(port_of redis "$redis")
pg=$(port_of postgresql "$postgresql")
my=$(port_of mysql "$mysql")
here=http://127.0.0.1:$http
export PG_URL="postgres://subo:secret@127.0.0.1:$pg/subo" \
	MY_URL="subo:secret@tcp(127.0.0.1:$my)/subo" \
	LITE_PATH=lite.db OUTSIDE_TOKEN=t0ken OUTSIDE_SECRET=hush
unset OUTSIDE_UNSET
in_pg() { psql -qAt "$PG_URL" -c "$1"; }
in_my() {
	mariadb --no-defaults -h127.0.0.1 -P"$my" -usubo -psecret subo -e "$1"
}
table='CREATE TABLE people (id int, name text)'

if [ -z "$http" ] || [ -z "$redis" ] || [ -z "$pg" ] || [ -z "$my" ]; then
	t "functions reach outside"
	skip "no servers: $(cat "$BASE"/*.err)"
	done_
	exit
fi

fill() { sed "s/@http@/$http/g; s/@redis@/$redis/g"; }

quoted() { printf %s "$1" | sed "s/'/''/g; 1s/^/'/; \$s/\$/'/"; }

# says FUNCTION CALL WANT: CALL gives WANT from the real servers
says() {
	run 0 run "$1" --input "$2"
	[ "$(cat out)" = "$3" ] || wrong "$2: $(cut -c1-300 out)"
}

# both FUNCTION CALL WANT GIVEN: CALL gives WANT from the real servers, and, in
# a case for later, from the answers in GIVEN (of subo-test(5), in flow form)
both() {
	says "$1" "$2" "$3"
	cases=$((cases + 1))
	{
		echo "  - name: case $cases"
		echo "    function: $1"
		printf '    input: %s\n' "$(json "$2")"
		printf '    given: {%s}\n' "$4"
		printf '    expect: {body: %s}\n' "$(json "$3
")"
	} >>tests/both.yaml
}
json() { printf %s "$1" | python3 -c 'import json, sys
print(json.dumps(sys.stdin.read()))'; }

t "a project that reaches outside is made and built"
run 0 create project outside --lang c
mv outside/hello outside/ask
cd outside || exit 1
PROJECT=$PWD
rm ask/*.test.yaml tests/*
cp "$data/ask.c" ask/lib.c
cp -R ask my-ask
cp -R ask lite-ask
for fn in default/ask my/my-ask lite/lite-ask; do
	printf '%s\n' "name: ask" "namespace: ${fn%/*}" 'lang: c' \
		'version: v1.0.0' 'apiVersion: 0.15.1' >"${fn#*/}/.runnable.yml"
done
fill <"$data/Directive.yaml" >Directive.yaml
mkdir static vault
echo 'a file' >static/a.txt
printf 'from a file' >vault/key
echo other >vault/other
echo cases: >tests/both.yaml
cases=0
run 0 build
run 0 check

get() { # PATH WANT GIVEN
	both ask "get $here$1" "$2" "http: [{url: '$here$1', $3}]"
}
echoed='GET|/echo|-|-|Token t0ken|' plain='GET|/echo|-|-|-|'
domain='error: failed to requestIsAllowed: requests to this domain are disallowed'

t "outbound HTTP, from a server and as given"
cd "$PROJECT" || exit 1
get /echo "$echoed" "body: '$echoed'"
both ask "post $here/post|some text|X-A: one:two|Content-Type: text/plain" \
	'POST|/post|one:two|text/plain|Token t0ken|some text' \
	"http: [{url: '$here/*', method: POST,
      body: 'POST|/post|one:two|text/plain|Token t0ken|some text'}]"
get /404 'error: 404: so it is' 'status: 404, body: so it is'
get /500 'error: 500: so it is' 'status: 500, body: so it is'
get /gzip small 'body: small'
get /redirect "$echoed" "status: 302, headers: {Location: /echo}},
      {url: '$here/echo', body: '$echoed'"
get /round "error: 127.0.0.1:$http: more than 5 redirects" \
	'status: 302, headers: {Location: /round}'

t "a redirect is judged as the first call was"
cd "$PROJECT" || exit 1
get /refused "$domain" \
	"status: 302, headers: {Location: 'http://refused.example.com/'}"
get /file 'error: not a URL that can be fetched: its scheme is neither http nor https' \
	"status: 302, headers: {Location: 'file:///etc/passwd'}"

t "what authenticates goes to its host alone, and not on with a redirect"
cd "$PROJECT" || exit 1
both ask "get http://localhost:$http/echo" "$plain" \
	"http: [{url: 'http://localhost:$http/echo', body: '$plain'}]"
get /other "$plain" "status: 302,
      headers: {Location: 'http://localhost:$http/echo'}},
      {url: 'http://localhost:$http/echo', body: '$plain'"

t "answers without an end, and small ones that unpack to much, are too large"
cd "$PROJECT" || exit 1
says ask "get $here/endless" \
	"error: 127.0.0.1:$http: the answer is too large"
says ask "get $here/bomb" "error: 127.0.0.1:$http: the answer is too large"

t "a server that is down is told at once"
cd "$PROJECT" || exit 1
says ask 'get http://127.0.0.1:1/' \
	"error: 127.0.0.1:1: Couldn't connect to server"

t "GraphQL, from a server and as given"
cd "$PROJECT" || exit 1
graphql() { # QUERY WANT GIVEN
	both ask "graphql $here/graphql|$1" "$2" \
		"http: [{url: '$here/graphql', $3}]"
}
graphql '{ me { id name } }' '{"data":{"me":{"id":7,"name":"ann"}}}' \
	'json: {data: {me: {name: ann, id: 7}}}'
graphql '{ you }' 'error: graphQL error; path: you, message: no such field' \
	'json: {errors: [{message: no such field, path: [you]}]}'
graphql '{ down }' 'error: non-200 HTTP response code; closed' \
	'status: 500, body: closed'

t "secrets from the environment and from files"
cd "$PROJECT" || exit 1
both ask 'secret OUTSIDE_SECRET
secret OUTSIDE_UNSET
secret PATH' 'hush
error: key not found
error: key not found' 'secrets: {OUTSIDE_SECRET: hush, PATH: x}'
hasnt err hush
says ask 'secret key
secret other
secret ../vault/key' 'from a file
error: key not found
error: key not found'
hasnt err 'from a file'

t "static files"
cd "$PROJECT" || exit 1
both ask 'file a.txt
file static/a.txt
file none.txt
file ../Directive.yaml' 'a file

a file

error: file does not exist
error: file does not exist' ''

t "a cache in Redis outlives the run, for as long as it was told to"
cd "$PROJECT" || exit 1
both ask 'put long|for ever|0
put short|a minute|60
cached long
cached none' 'ok
ok
for ever
error: key not found' ''
says ask 'cached long
cached short' 'for ever
a minute'
keys=$(redis-cli -p "$redis" --raw keys '*')
for key in $keys; do
	redis-cli -p "$redis" --raw ttl "$key"
done >left
sort -n left >ttl
[ "$(wc -l <ttl)" = 2 ] || wrong "not two keys: $keys"
[ "$(head -1 ttl)" = -1 ] || wrong "a time for ever: $(cat ttl)"
ok test "$(tail -1 ttl)" -gt 0
ok test "$(tail -1 ttl)" -le 60

# sql FUNCTION PREFIX ID ID ERROR: each kind of query, and what goes wrong
sql() {
	evil="'; DROP TABLE people; --"
	calls="insert ${2}make|7|ann
insert ${2}make|8|$evil
select ${2}find|ann
select ${2}find|$evil
select ${2}find|' OR '1'='1
update ${2}change|9|ann
select ${2}find|ann
delete ${2}drop|9
select ${2}find|ann
select ${2}find
select ${2}find|a|b
insert ${2}find|ann
select unknown
select broken"
	evil=$(quoted "$evil")
	given="db: [{query: ${2}make, vars: ['7', ann], lastInsertID: $3},
      {query: ${2}make, vars: ['8', $evil], lastInsertID: $4},
      {query: ${2}find, vars: [ann], rows: [{id: 7, name: ann}]},
      {query: ${2}find, vars: [$evil], rows: [{id: 8, name: $evil}]},
      {query: ${2}find, vars: [''' OR ''1''=''1'], rows: []},
      {query: ${2}change, vars: ['9', ann], rowsAffected: 1},
      {query: ${2}find, vars: [ann], rows: [{id: 9, name: ann}]},
      {query: ${2}drop, vars: ['9'], rowsAffected: 1},
      {query: ${2}find, vars: [ann], rows: []},
      {query: broken, error: $(json "$5")}]"
	both "$1" "$calls" "{\"lastInsertID\":$3,\"rowsAffected\":0}
{\"lastInsertID\":$4,\"rowsAffected\":0}
[{\"id\":7,\"name\":\"ann\"}]
[{\"id\":8,\"name\":\"'; DROP TABLE people; --\"}]
[]
{\"lastInsertID\":0,\"rowsAffected\":1}
[{\"id\":9,\"name\":\"ann\"}]
{\"lastInsertID\":0,\"rowsAffected\":1}
[]
error: expected 1 variables, got 0: number of variables incorrect
error: expected 1 variables, got 2: number of variables incorrect
error: query type incorrect
error: query not found
error: $5" "$given"
}

t "queries of PostgreSQL, MySQL and SQLite, from a server and as given"
cd "$PROJECT" || exit 1
ok in_pg "$table"
ok in_my "$table"
ok python3 -c '
import sqlite3, sys
db = sqlite3.connect("lite.db")
db.execute(sys.argv[1])
db.commit()' "$table"
sql ask '' 0 0 \
	'PostgreSQL: relation "nowhere" does not exist (SQLSTATE 42P01)'
sql my::ask my- 0 0 \
	"MySQL: Table 'subo.nowhere' doesn't exist (error 1146)"
sql lite::ask '' 1 2 'no such table: nowhere'

t "what was asked for real is the same as given"
cd "$PROJECT" || exit 1
run 0 test --no-build
has out "$cases passed, 0 failed"

t "a slow answer ends with the time of the run"
cd "$PROJECT" || exit 1
run 8 run ask --input "get $here/slow" --timeout 300ms
has err 'ask: passed its time of 300 ms while it waited'

t "an interrupt while it waits for an answer ends it at once"
cd "$PROJECT" || exit 1
ok python3 -c '
import signal, subprocess, sys, time
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
time.sleep(0.5)
began = time.monotonic()
p.send_signal(signal.SIGINT)
code = p.wait()
took = time.monotonic() - began
assert code in (130, -2), code
assert took < 2, took' "$SUBO" run ask --input "get $here/slow" --timeout 0

# changed VARIABLE=VALUE FUNCTION CALL WANT: in that environment
changed() {
	env "$1" "$SUBO" run "$2" --input "$3" </dev/null >out 2>err ||
		wrong "$2: exit $?: $(cat err)"
	has out "$4"
}

t "a database or a cache that is down is told, not waited for"
cd "$PROJECT" || exit 1
changed PG_URL=postgres://subo:secret@127.0.0.1:1/subo ask 'select find|ann' \
	'error: cannot connect to PostgreSQL at 127.0.0.1:1: '
changed "MY_URL=subo:secret@tcp(127.0.0.1:1)/subo" my::ask \
	'select my-find|ann' 'error: cannot connect to MySQL at 127.0.0.1:1: '
cp Directive.yaml right.yaml
sed -i "s/127.0.0.1:$redis/127.0.0.1:1/" Directive.yaml
says ask 'cached k' \
	'error: cannot connect to Redis at 127.0.0.1:1: Connection refused'
mv right.yaml Directive.yaml

t "a wrong password is told, and stays secret"
cd "$PROJECT" || exit 1
changed "PG_URL=postgres://subo:w0rse@127.0.0.1:$pg/subo" ask \
	'select find|ann' 'error: cannot connect to PostgreSQL'
hasnt out w0rse
hasnt err w0rse
changed "MY_URL=subo:w0rse@tcp(127.0.0.1:$my)/subo" my::ask \
	'select my-find|ann' 'error: cannot connect to MySQL'
hasnt out w0rse
hasnt err w0rse

t "a variable that is not set is told to who needs it, and to no other"
cd "$PROJECT" || exit 1
(
	unset PG_URL OUTSIDE_TOKEN
	says ask 'file a.txt
select find|ann' "a file

error: no environment variable 'PG_URL'"
	says ask "get $here/echo" \
		"error: no environment variable 'OUTSIDE_TOKEN'"
	says ask "get http://localhost:$http/echo" "$plain"
	[ "$bad" = 0 ]
) >"$WORK/unset" || wrong "$(cat "$WORK/unset")"

t "a library that is not there is told with its package"
cd "$PROJECT" || exit 1
mkdir none
: >none/libcurl.so.4
: >none/libpq.so.5
: >none/libmariadb.so.3
for row in "ask:get $here/echo:libcurl4" 'ask:select find|ann:libpq5' \
	'my::ask:select my-find|ann:libmariadb3'; do
	call=${row#*ask:}
	changed "LD_LIBRARY_PATH=$PWD/none" "${row%ask:*}ask" "${call%:*}" \
		'error: '
	grep -q "; try: apt-get install ${row##*:}$" err ||
		wrong "no package for ${row##*:}: $(cat out err)"
done

# ---- refusals ----

# A project whose Directive has the capabilities $1, each part in a line.
allowing() {
	cp -R "$PROJECT" p
	cd p || exit 1
	rm -r tests
	{
		printf '%s\n' 'identifier: com.example.few' \
			'appVersion: v1.0.0' 'atmoVersion: v0.4.8' \
			'headless: true' 'queries:' \
			'  - {name: one, query: "SELECT 1 AS one"}' \
			'capabilities:'
		printf '%s\n' "$1"
	} >Directive.yaml
}

# The line that the refusal names goes into the Directive, where it says.
take_line() {
	python3 - err Directive.yaml <<'END'
import re, sys
said = open(sys.argv[1]).read()
line = re.findall(r'to allow it, add to Directive\.yaml: capabilities: \{(.*)\}', said)
assert len(line) == 1, said
text = open(sys.argv[2]).read()
part = line[0].split(":")[0]
text = re.sub(r'(?m)^  %s:.*\n' % part, "", text)
open(sys.argv[2], "w").write(text + "  " + line[0] + "\n")
END
}

# refused CAPABILITIES CALL REFUSAL ANSWER: the call is refused; with the line
# that is named it is not
refused() {
	(
		bad=0
		allowing "$1"
		says ask "$2" "error: $3"
		ok take_line
		says ask "$2" "$4"
		[ "$bad" = 0 ]
	) >"$WORK/refused" || wrong "$1: $(cat "$WORK/refused")"
	rm -rf p
}
no='capability is not enabled' at='failed to requestIsAllowed: requests to'

t "the line that a refusal names makes an outbound call work"
refused '  http: {enabled: false}' "get $here/echo" "$no" "$plain"
refused '  http: {enabled: true, rules: {allowedDomains: [b.example.com], allowIPs: true, allowPrivate: true, allowHTTP: true}}' \
	"get $here/echo" "$at this domain are disallowed" "$plain"
refused '  http: {enabled: true, rules: {allowIPs: true, allowPrivate: true}}' \
	"get $here/echo" "$at insecure HTTP endpoints is disallowed" "$plain"
refused '  http: {enabled: true, rules: {allowHTTP: true, allowPrivate: true}}' \
	"get $here/echo" "$at IP addresses are disallowed" "$plain"
refused '  http: {enabled: true, rules: {allowIPs: true, allowHTTP: true}}' \
	"get $here/echo" "$at private IP address ranges are disallowed" "$plain"
refused '  http: {enabled: true, rules: {allowedPorts: [1], allowIPs: true, allowPrivate: true, allowHTTP: true}}' \
	"get $here/echo" "$at this port are disallowed" "$plain"
refused '  graphql: {enabled: false}' "graphql $here/graphql|{ me { id name } }" \
	"$no" '{"data":{"me":{"id":7,"name":"ann"}}}'

t "the line that a refusal names makes other calls work"
refused '  cache: {enabled: false}' 'put k|v|0' \
	'the host refused' ok
refused '  cache: {enabled: true, rules: {allowGet: true}}' 'put k|v|0' \
	'the host refused' ok
refused '  file: {enabled: false}' 'file a.txt' "$no" 'a file'
refused '  secrets: {enabled: false}' 'secret OUTSIDE_SECRET' "$no" hush
refused '  db: {enabled: false, dbType: postgresql, connectionString: env(PG_URL)}' \
	'select one' "$no" '[{"one":1}]'
refused '  db: {enabled: false, dbType: sqlite, connectionString: one.db}' \
	'select one' "$no" '[{"one":1}]'

t "capabilities of one function refuse and allow it alone"
refused '  functions: {ask: {file: {enabled: false}}}' 'file a.txt' "$no" \
	'a file'
allowing '  file: {enabled: false}
  functions: {"my::*": {file: {enabled: true}}}'
says ask 'file a.txt' "error: $no"
says my::ask 'file a.txt' 'a file'

t "a Directive without capabilities allows what it did, and check notes it"
cp -R "$PROJECT" p
cd p || exit 1
rm -r tests
printf '%s\n' 'identifier: com.example.old' 'appVersion: v1.0.0' \
	'atmoVersion: v0.4.8' 'headless: true' >Directive.yaml
says ask "get $here/echo
put k|v|0
file a.txt
select one" "$plain
ok
a file

error: $no"
run 0 check
cat out err >both
has both 'note'
has both 'capabilities'

# ---- other functions ----

t "functions in WAT and Rust reach outside as well"
cp -R "$PROJECT" p
cd p || exit 1
rm -r tests
run 0 create function tiny --lang wat
sed "s,@here@,$here,; s,@size@,$(printf %s "$here/echo" | wc -c)," \
	"$data/get.wat" >tiny/lib.wat
run 0 create function rusty --lang rust
sed "s,@here@,$here," "$data/get.rs" >rusty/src/lib.rs
rm -f rusty/*.test.yaml tiny/*.test.yaml
run 0 build
says tiny '' "$echoed"
says rusty '' "$echoed"

t "the database test of Reactr 0.15.1 says that all is good"
export GOFLAGS=-mod=mod GONOSUMDB='*' GONOSUMCHECK=1 GOTOOLCHAIN=local
mods=$(go env GOMODCACHE 2>/dev/null)
old=$mods/github.com/suborbital/reactr@v0.15.1/rwasm/testdata/rs-dbtest
if [ -z "$mods" ] || ! (cd "$BASE" &&
	go mod download github.com/suborbital/reactr@v0.15.1) >/dev/null 2>&1
then
	skip 'reactr@v0.15.1 cannot be fetched'
else

	mkdir -p p/rs-dbtest
	cd p || exit 1
	cp "$data/dbtest.yaml" Directive.yaml
	cp "$old/rs-dbtest.wasm" rs-dbtest/
	printf '%s\n' 'name: rs-dbtest' 'namespace: default' 'lang: wasm' \
		'version: v0.1.0' 'apiVersion: 0.15.1' >rs-dbtest/.runnable.yml
	ok in_pg 'CREATE TABLE users (uuid text, email text,
		created_at timestamptz, state text, identifier int)'
	run 0 build
	run 0 run rs-dbtest
	[ "$(cat out)" = 'all good!' ] || wrong "it said: $(cat out)"
	has err 'insert successful'
	has err 'select: [{'
fi
stop_servers
done_
