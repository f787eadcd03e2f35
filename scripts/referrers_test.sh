#!/bin/sh
# subo push and pull with a registry of others that keeps lists of referrers, as
# the OCI distribution specification 1.1 has them (testdata/registry/referrers).
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

# Built before HOME is another: what Go has fetched lies there.
mkdir "$BASE/lists"
LISTS=''
if command -v go >/dev/null && (cd "$ROOT/testdata/registry/referrers" &&
	GOFLAGS=-mod=readonly GOPROXY=off go build -o "$BASE/lists/serve" .) \
	>"$BASE/lists/build" 2>&1; then
	LISTS=1
fi

# shellcheck source=testdata/registry/servers.sh
. "$ROOT/testdata/registry/servers.sh"

if [ -n "$LISTS" ]; then
	mkfifo "$BASE/lists/pipe"
	"$BASE/lists/serve" <"$BASE/lists/pipe" >"$BASE/lists/port" \
		2>"$BASE/lists/log" 6>&- 7>&- 8>&- 9>&- &
	pids="$pids $!"
	exec 8>"$BASE/lists/pipe"
	wait_for "$BASE/lists/port"
	LISTS=127.0.0.1:$(cat "$BASE/lists/port")
fi
app_make
there() { # [PROGRAM]: is the registry, and that?
	if [ -z "$LISTS" ]; then
		skip "the registry cannot be built: scripts/deps test fetches its modules"
		return 1
	fi
	[ $# = 0 ] || command -v "$1" >/dev/null || {
		skip "there is no $1"
		return 1
	}
}
# listed DIGEST WHAT...: the registry itself lists these for the manifest, each as
# often as it is given, and nothing else.
listed() {
	python3 - "$LISTS" "$REPO" "$@" <<'END' || wrong "it lists something else"
import json, sys, urllib.request
host, repo, digest = sys.argv[1:4]
url = "http://%s/v2/%s/referrers/%s" % (host, repo, digest)
kinds = sorted(d["artifactType"] for d in json.load(urllib.request.urlopen(url))["manifests"])
if kinds != sorted(sys.argv[4:]):
    sys.exit("listed: %s" % kinds)
END
}
MINISIG=application/vnd.subo.signature.v1
SIGSTORE=application/vnd.dev.sigstore.bundle.v0.3+json
SBOM=application/vnd.cyclonedx+json
INTOTO=application/vnd.in-toto+json

t "signatures, SBOM and provenance are listed by the registry, and under no tag"
if there; then
	fresh
	: >"$BASE/lists/log"
	run 0 push "$LISTS/$REPO:v1" "$PLAIN" --sign --key "$BASE/ann.key" --json
	one=$(field digest)
	listed "$one" $MINISIG $SIGSTORE $SBOM $INTOTO
	lines 0 "PUT /v2/$REPO/manifests/sha256-[0-9a-f]*$" "$BASE/lists/log"
	lines 1 "PUT /v2/$REPO/manifests/sha256-[0-9a-f]*\.sig$" "$BASE/lists/log"
fi

t "what is pulled is verified by what the registry lists"
if there; then
	fresh
	run 0 push "$LISTS/$REPO:v1" "$SIGNED"
	: >"$BASE/lists/log"
	run 0 pull "$LISTS/$REPO:v1" $ANN -o got.zip
	has err "signed by"
	same got.zip "$SIGNED"
	lines 1 "GET /v2/$REPO/referrers/sha256:" "$BASE/lists/log"
	lines 0 "manifests/sha256-" "$BASE/lists/log"
	run 5 pull "$LISTS/$REPO:v1" --key "$BASE/bob.pub" -o other.zip
	fails test -e other.zip
	fresh
	run 0 push "$LISTS/$REPO:v1" "$PLAIN" --no-attest
	forget
	run 5 pull "$LISTS/$REPO:v1" $ANN -o other.zip
	fails test -e other.zip
fi

t "the same again sends nothing, and one more signer is one more in the list"
if there; then
	fresh
	run 0 push "$LISTS/$REPO:v1" "$SIGNED" --json
	one=$(field digest)
	listed "$one" $MINISIG $SBOM $INTOTO
	: >"$BASE/lists/log"
	run 0 push "$LISTS/$REPO:v1" "$SIGNED" --json
	[ "$(field unchanged)" = True ] || wrong "unchanged: $(field unchanged)"
	lines 0 "^(PUT|POST|PATCH)" "$BASE/lists/log"
	[ "$(wc -l <"$BASE/lists/log")" -le 3 ] || wrong "$(cat "$BASE/lists/log")"
	run 0 push "$LISTS/$REPO:v1" "$SIGNED" --sign --key "$BASE/bob.key"
	listed "$one" $MINISIG $MINISIG $SIGSTORE $SBOM $INTOTO
	run 0 pull "$LISTS/$REPO:v1" --key "$BASE/bob.pub" -o bob.zip
	run 0 verify bob.zip $ANN
fi

t "a published function is added from it"
if there; then
	fresh
	(cd "$BASE/app" && "$SUBO" publish shout "$LISTS/$REPO:v1" \
		--key "$BASE/ann.key") >log 2>&1 || wrong "$(cat log)"
	"$SUBO" create project p --lang wat -q >log 2>&1 || wrong "$(cat log)"
	cd p || exit 1
	run 5 add "$LISTS/$REPO:v1" --yes --key "$BASE/bob.pub"
	run 0 add "$LISTS/$REPO:v1" --yes $ANN
	run 0 build
	cd "$WORK" || exit 1
fi

t "oras sees the list, and what it attaches stands in no one's way"
if there oras; then
	fresh
	run 0 push "$LISTS/$REPO:v1" "$SIGNED"
	oras discover --plain-http "$LISTS/$REPO:v1" >tree 2>&1 ||
		wrong "$(cat tree)"
	has tree $MINISIG
	has tree $SBOM
	echo hello >note.txt
	ok oras attach --plain-http --artifact-type text/note "$LISTS/$REPO:v1" note.txt
	ok oras attach --plain-http --artifact-type $MINISIG "$LISTS/$REPO:v1" note.txt
	run 0 pull "$LISTS/$REPO:v1" $ANN -o got.zip
	has err "1 referrer passed over"
	same got.zip "$SIGNED"
	ok oras cp -r --from-plain-http "$LISTS/$REPO:v1" --to-oci-layout "$WORK/copy:v1"
	run 0 pull "oci:$WORK/copy" $ANN -o got.zip
	same got.zip "$SIGNED"
fi

t "cosign verifies what is signed there"
if there cosign; then
	fresh
	run 0 push "$LISTS/$REPO:v1" "$SIGNED" --sign --key "$BASE/ann.key"
	for key in ann bob; do
		python3 - "$BASE/$key" <<'END'
import base64, sys
key = base64.b64decode(open(sys.argv[1] + ".pub").read().split("\n")[1])[10:]
der = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + key).decode()
open(sys.argv[1] + ".pem", "w").write(
    "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n" % der)
END
	done
	set -- --insecure-ignore-tlog --allow-http-registry
	ok cosign verify --key "$BASE/ann.pem" "$@" "$LISTS/$REPO:v1"
	fails cosign verify --key "$BASE/bob.pem" "$@" "$LISTS/$REPO:v1"
fi

stop_servers
done_
