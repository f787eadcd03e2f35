#!/bin/sh
# Where a registry may send us, what a project's files may say on it, what is
# listed and is not what it is listed as, uploads that are broken off, servers
# whose registry is gone, layouts without tags.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

# shellcheck source=testdata/registry/servers.sh
. "$ROOT/testdata/registry/servers.sh"

fake_start fake 8
FAKE=127.0.0.1:$(cat "$BASE/fake/port")
app_make

# ---- redirects ----

# A registry at a public address: one that this machine has in a network of its
# own.  Beside it are private ones, where nobody may be sent.
cat >"$BASE/outside.sh" <<'END'
ip link set lo up && ip addr add 93.184.216.34/32 dev lo &&
	ip addr add 10.0.0.1/32 dev lo && "$@"
END
OUTSIDE=''
if unshare -rn sh "$BASE/outside.sh" true 2>"$BASE/log"; then
	OUTSIDE=1
fi
# outside CODE LOCATION: what comes of a pull whose blobs are said to be there.
cat >"$BASE/pull.sh" <<'END'
mkfifo pipe
python3 "$ROOT/testdata/registry/fake.py" . --address "$1" <pipe >server 2>&1 6>&- &
exec 6>pipe
tries=0
until [ -s port ] || [ $tries = 600 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
at=$1:$(cat port)
"$SUBO" push "$at/a/b:v1" "$SIGNED" --insecure-http >push 2>&1 || cat push
printf '[{"match": "^GET /v2/.*/blobs/", "do": "status", "code": 307,
	"headers": {"Location": "%s"}}]' "$2" | sed "s/PORT/$(cat port)/" >faults
"$SUBO" pull "$at/a/b:v1" --key "$KEY" --insecure-http -o got.zip >out 2>err
echo $? >code
grep -c "GET /v2/.*/blobs/" log >asked
END
outside() {
	mkdir here
	(cd here && SIGNED=$SIGNED KEY=$BASE/ann.pub unshare -rn \
		sh "$BASE/outside.sh" sh "$BASE/pull.sh" "$2" "$3") >log 2>&1
	[ "$(cat here/code)" = "$1" ] || wrong "from $2 to $3: $(cat here/code here/err log)"
	mv here/err err
	fails test -e here/got.zip
	rm -r here
}
t "E16 redirect-private: a public registry sends to a private address"
if [ -n "$OUTSIDE" ]; then
	outside 5 93.184.216.34 "http://10.0.0.1:PORT/x"
	has err "10.0.0.1, an address of a private network"
	outside 5 93.184.216.34 "http://127.0.0.1:PORT/x"
	has err "127.0.0.1, an address of a private network"
	outside 5 93.184.216.34 "http://[::1]:PORT/x"
	has err "::1, an address of a private network"
	outside 5 93.184.216.34 "http://localhost:PORT/x"
	has err "an address of a private network"
	outside 5 93.184.216.34 "http://169.254.169.254/latest/meta-data/"
	has err "169.254.169.254"
else
	skip "no network of one's own can be had"
fi
t "E16 redirect-private: one that is in a private network may send to another there"
if [ -n "$OUTSIDE" ]; then
	outside 6 10.0.0.1 "http://127.0.0.1:PORT/x" # asked for: nobody is there
	outside 5 10.0.0.1 "http://169.254.169.254/latest/meta-data/"
	has err "169.254.169.254"
else
	skip "no network of one's own can be had"
fi
t "E16 redirect-private: behind a proxy nobody knows where the registry is"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
for to in 10.0.0.1 127.0.0.1 "[::1]" 2130706433 169.254.169.254; do
	printf '[{"match": "blobs/", "do": "status", "code": 307, "headers":
		{"Location": "http://%s/x"}}]' "$to" >"$BASE/fake/faults"
	http_proxy=http://$FAKE run 5 pull "reg.example/$REPO:v1" $ANN \
		--insecure-http -o got.zip
	has err "an address of a private network"
	fails test -e got.zip
done
rm "$BASE/fake/faults"
grep -F "10.0.0.1" "$BASE/fake/log" >asked && wrong "the proxy was asked for it"

# ---- lists of referrers ----

# list HOST DIGEST TYPE...: put a manifest for each TYPE under the digest's list:
#	blob	a blob's digest as if it was a manifest's
#	other	a manifest of another type than any
#	garbage	JSON that is no manifest, under the digest it has
#	index	an index in place of a manifest
#	none	what is not there
#	odd	a digest that is none
list() {
	python3 - "$@" <<'END'
import hashlib, json, sys, urllib.request, urllib.error
host, repo, subject, how = sys.argv[1:5]
OCI, INDEX = ("application/vnd.oci.image.%s.v1+json" % x for x in ("manifest", "index"))
OURS = "application/vnd.subo.signature.v1"
def ask(method, path, data=None, kind=OCI):
    r = urllib.request.Request("http://%s/v2/%s/%s" % (host, repo, path), data, method=method,
                               headers={"Content-Type": kind})
    return urllib.request.urlopen(r)
def blob(data):
    at = ask("POST", "blobs/uploads/", b"").headers["Location"]
    h = "sha256:" + hashlib.sha256(data).hexdigest()
    r = urllib.request.Request("http://%s%s&digest=%s" % (host, at, h), data, method="PUT")
    urllib.request.urlopen(r)
    return h, len(data)
def manifest(data, kind=OCI):
    h = "sha256:" + hashlib.sha256(data).hexdigest()
    ask("PUT", "manifests/" + h, data, kind)
    return h, len(data)
def entry(h, kind=OCI):
    return {"mediaType": kind, "digest": h[0], "size": h[1], "artifactType": OURS}
tag = subject.replace(":", "-")
index = json.loads(ask("GET", "manifests/" + tag).read())
index["manifests"][:0] = {
    "blob": lambda: [entry(blob(b"what is no manifest"))],
    "layer": lambda: [entry(blob(b"a layer"), "application/zip")],
    "garbage": lambda: [entry(manifest(b'{"no": "manifest"}'))],
    "index": lambda: [entry(manifest(json.dumps({"schemaVersion": 2, "mediaType": INDEX,
                                                 "manifests": []}).encode(), INDEX), INDEX)],
    "none": lambda: [entry(("sha256:" + "0" * 64, 7))],
    "odd": lambda: [entry(("sha256:abc", 7))],
    "minus": lambda: [entry(("sha256:" + "0" * 64, -1))],
    "text": lambda: ["what", 7, None, []],
}[how]()
ask("PUT", "manifests/" + tag, json.dumps(index).encode(), INDEX)
END
}
t "E56 referrers-garbage: what is listed and is no manifest is skipped, counted, told"
for how in blob layer garbage index none odd minus; do
	fresh
	run 0 push "$FAKE/$REPO:v1" "$SIGNED" --json
	list "$FAKE" "$REPO" "$(field digest)" $how >log 2>&1 || wrong "$how: $(cat log)"
	rm -f got.zip
	run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
	grep -q "1 referrer passed over" err || wrong "$how: $(cat err)"
	same got.zip "$SIGNED"
done
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED" --json
list "$FAKE" "$REPO" "$(field digest)" text
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
has err "4 referrers passed over"
same got.zip "$SIGNED"

t "E56 referrers-garbage: and they do not stand for a signature"
for how in blob garbage index; do
	fresh
	run 0 push "$FAKE/$REPO:v1" "$PLAIN" --json
	list "$FAKE" "$REPO" "$(field digest)" $how >log 2>&1 || wrong "$how: $(cat log)"
	forget
	run 5 pull "$FAKE/$REPO:v1" $ANN -o got.zip
	has err "signed"
	fails test -e got.zip
done

# ---- what a project says ----

t "E60 proxy-env-evil: a project's .env sets no proxy"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
cp -r "$BASE/app" app
cd app || exit 1
: >"$BASE/fake/log"
for name in HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy; do
	echo "$name=http://$FAKE"
done >.env
cp .env .subo.env
run 6 pull "nowhere.invalid/$REPO:v1" $ANN --insecure-http -o got.zip
has err "no such host"
run 6 pull "nowhere.invalid/$REPO:v1" $ANN -o got.zip
run 6 push "nowhere.invalid/$REPO:v1" --insecure-http
fails test -s "$BASE/fake/log"
# Only the real environment does.
http_proxy=http://$FAKE run 0 pull "nowhere.invalid/$REPO:v1" $ANN \
	--insecure-http -o got.zip
same got.zip "$SIGNED"
ok test -s "$BASE/fake/log"
cd "$WORK" || exit 1

# ---- uploads that are broken off ----

# closed: each session that was opened was used or closed.
closed() {
	python3 - "$BASE/fake/log" <<'END' || wrong "$(grep uploads "$BASE/fake/log")"
import re, sys
log = open(sys.argv[1]).read()
opened = len(re.findall(r"^POST \S*/uploads/ 202 ", log, re.M))
used = len(re.findall(r"^PUT \S*/uploads/\S* 201 ", log, re.M))
closed = len(re.findall(r"^DELETE \S*/uploads/\S* 204 ", log, re.M))
sys.exit(opened == 0 or closed == 0 or opened != used + closed)
END
}
# interrupted SIGNAL PATTERN COMMAND...: when the log of the registry has it; the
# code goes to ./code, how long it took after that to ./ms.
interrupted() {
	python3 - "$BASE/fake/log" "$@" <<'END'
import re, signal, subprocess, sys, time
log, sig, pattern, cmd = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
p = subprocess.Popen(cmd, stdout=open("out", "w"), stderr=open("err", "w"))
for _ in range(1200):
    if re.search(pattern, open(log).read(), re.M) or p.poll() is not None:
        break
    time.sleep(0.02)
start = time.time()
p.send_signal(getattr(signal, sig))
code = p.wait()
open("ms", "w").write("%d" % ((time.time() - start) * 1000))
open("code", "w").write("%d" % (128 - code if code < 0 else code))
END
}
faults() {
	: >"$BASE/fake/log"
	printf '%s' "$1" >"$BASE/fake/faults"
}
t "a push that is interrupted closes the uploads that it has open"
for sig in INT:130 TERM:143 HUP:129; do
	fresh
	faults '[{"match": "^PUT .*/blobs/uploads/", "do": "hold", "ms": 20000}]'
	interrupted "SIG${sig%:*}" "^PUT " "$SUBO" push "$FAKE/$REPO:v1" "$SIGNED"
	[ "$(cat code)" = "${sig#*:}" ] || wrong "$sig: exit $(cat code): $(cat err)"
	[ "$(cat ms)" -lt 15000 ] || wrong "it took $(cat ms) ms"
	closed
done
t "and the one whose answer is still to come"
fresh
faults '[{"match": "^POST .*/blobs/uploads/", "do": "slow", "ms": 700}]'
interrupted SIGINT "^POST " "$SUBO" push "$FAKE/$REPO:v1" "$SIGNED"
[ "$(cat code)" = 130 ] || wrong "exit $(cat code): $(cat err)"
closed
t "it does not wait for a registry that does not answer"
fresh
faults '[{"match": "^(PUT|DELETE) .*/blobs/uploads/", "do": "hold", "ms": 20000}]'
interrupted SIGINT "^PUT " "$SUBO" push "$FAKE/$REPO:v1" "$SIGNED"
[ "$(cat code)" = 130 ] || wrong "exit $(cat code): $(cat err)"
[ "$(cat ms)" -lt 15000 ] || wrong "it took $(cat ms) ms"
has "$BASE/fake/log" DELETE
t "a push that fails half-way closes them too"
fresh
faults '[{"match": "^PUT .*/blobs/uploads/", "do": "status", "code": 400, "times": 1},
	{"match": "^PUT .*/blobs/uploads/", "do": "hold", "ms": 20000}]'
run 6 push "$FAKE/$REPO:v1" "$SIGNED"
closed
t "and one whose blob had to be sent again"
fresh
faults '[{"match": "^PUT .*/blobs/uploads/", "do": "status", "code": 503, "times": 2}]'
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
closed
rm "$BASE/fake/faults"

# ---- a server whose registry is gone, or silent ----

await() { # COMMAND...: 20 s at most
	for _ in $(seq 400); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	wrong "never: $*: $(cat serve.err)"
}
t "a server goes on when its registry is gone, and ends when it is silent"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
"$SUBO" serve "$FAKE/$REPO:v1" $ANN --host 127.0.0.1 --port 0 --json=lines \
	>ready.json 2>serve.err </dev/null 6>&- 7>&- 8>&- 9>&- &
server=$!
pids="$pids $server"
await grep -q '"serve"' ready.json
url=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' ready.json)
faults '[{"match": "^(GET|HEAD) ", "do": "reset"}]'
kill -HUP "$server"
await grep -q "com.example.app v0.1.0 goes on serving" serve.err
ok curl -sf -m 5 "$url/shout" -d ann
: >serve.err
faults '[{"match": "^(GET|HEAD) ", "do": "hold", "ms": 20000}]'
kill -HUP "$server"
await grep -q "^HEAD" "$BASE/fake/log"
ok curl -sf -m 5 "$url/shout" -d ann # while it is asked
kill -HUP "$server"
await grep -q "is being asked for" serve.err
start=$(date +%s)
kill -TERM "$server"
wait "$server"
code=$?
[ $code = 0 ] || wrong "exit $code: $(cat serve.err)"
[ $(($(date +%s) - start)) -le 15 ] || wrong "it did not end"
rm "$BASE/fake/faults"

# ---- layouts ----

t "a layout with one bundle needs no tag, whatever refers to it"
run 0 push "oci:$WORK/dist:v1" "$SIGNED" --sign --key "$BASE/ann.key" -t latest
has dist/index.json '.sig"'
run 0 pull "oci:$WORK/dist" $ANN -o got.zip
same got.zip "$SIGNED"
# As others copy it: nothing has a name.
python3 - <<'END'
import json
x = json.load(open("dist/index.json"))
known = {m["digest"]: m for m in x["manifests"] if '.sig"' not in json.dumps(m)}
assert len(known) > 3
for m in known.values():
    m.get("annotations", {}).pop("org.opencontainers.image.ref.name", None)
x["manifests"] = list(known.values())
json.dump(x, open("dist/index.json", "w"))
END
run 0 pull "oci:$WORK/dist" $ANN -o got.zip
has err "signed by"
same got.zip "$SIGNED"
run 0 push "oci:$WORK/dist:v2" "$SIGNED" -a other=one
run 0 push "oci:$WORK/dist:v3" "$SIGNED" -a other=two
run 4 pull "oci:$WORK/dist" $ANN -o got.zip
has err "oci:$WORK/dist:TAG"

stop_servers
done_
