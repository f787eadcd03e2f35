#!/bin/sh
# subo pull with keys of cosign's: signatures made by hand with openssl, and by
# cosign itself, either of its versions, where it is.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
# shellcheck source=testdata/registry/servers.sh
. "$ROOT/testdata/registry/servers.sh"

fake_start fake 8
FAKE=127.0.0.1:$(cat "$BASE/fake/port")
docker_start
app_make
for k in ours theirs; do
	openssl ecparam -name prime256v1 -genkey -noout -out "$BASE/$k.ec" &&
		openssl ec -in "$BASE/$k.ec" -pubout -out "$BASE/$k.pem" 2>/dev/null
done
PEM="--key $BASE/ours.pem"
# The same keys as ann's and bob's, for openssl.
for k in ann bob; do
	python3 - "$BASE/$k" <<'END'
import base64, sys
name = sys.argv[1]
seed = base64.b64decode(open(name + ".key").read().split("\n")[1])[62:94]
der = bytes.fromhex("302e020100300506032b657004220420") + seed
open(name + ".ec", "w").write("-----BEGIN PRIVATE KEY-----\n%s\n"
    "-----END PRIVATE KEY-----\n" % base64.b64encode(der).decode())
END
done

# put KIND KEY BODY [CHANGE]: a signature by KEY of BODY, in which DIGEST stands for
# the manifest's, for $FAKE/$REPO:v1; KIND is tag, bundle or, with an annotation
# that says that it is of another kind, attest; CHANGE is s, more, bare or url
cat >"$BASE/put.py" <<'END'
import base64, hashlib, json, subprocess, sys, urllib.error, urllib.request
host, repo, kind, key, body, change = sys.argv[1:]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
def ask(method, path, data=None, **headers):
    url = path if path.startswith("http") else "http://%s/v2/%s/%s" % (host, repo, path)
    r = urllib.request.Request(url, data=data, method=method,
        headers={k.replace("_", "-"): v for k, v in headers.items()})
    return urllib.request.urlopen(r)
def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()
def blob(data, kind):
    where = ask("POST", "blobs/uploads/", b"").headers["Location"]
    if where.startswith("/"):
        where = "http://" + host + where
    where += ("&" if "?" in where else "?") + "digest=" + digest(data)
    ask("PUT", where, data, Content_Type="application/octet-stream")
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
def whole(b):
    b = b.lstrip(b"\0")
    return b"\2" + bytes([len(b) + (b[0] >> 7)]) + b"\0" * (b[0] >> 7) + b
def other_s(sig):
    r = sig[4:4 + sig[3]]
    s = int.from_bytes(sig[6 + len(r):], "big")
    body = whole(r) + whole((N - s).to_bytes(32, "big"))
    return b"\x30" + bytes([len(body)]) + body
def sign(data):
    open("data", "wb").write(data)
    how = ["dgst", "-sha256", "-sign", key, "data"]
    if "EC PRIVATE" not in open(key).read():
        how = ["pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", "data"]
    sig = subprocess.run(["openssl"] + how, stdout=subprocess.PIPE, check=True).stdout
    if change == "s":
        sig = other_s(sig)
    if change == "more":
        sig += b"\0"
    text = base64.b64encode(sig).decode()
    return {"bare": text.rstrip("="), "url": text.replace("+", "-").replace("/", "_")
        }.get(change, text)
got = ask("GET", "manifests/v1", Accept=MANIFEST).read()
d = digest(got)
body = body.replace("DIGEST", d).replace("HEX", d[7:]).encode()
tag = d.replace(":", "-")
if kind == "tag":
    layer = blob(body, "application/vnd.dev.cosign.simplesigning.v1+json")
    layer["annotations"] = {"dev.cosignproject.cosign/signature": sign(body)}
    try:
        m = json.loads(ask("GET", "manifests/" + tag + ".sig", Accept=MANIFEST).read())
    except urllib.error.HTTPError:
        m = {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
             "config": blob(b"{}", "application/vnd.oci.image.config.v1+json")}
    m["layers"].append(layer)
    ask("PUT", "manifests/" + tag + ".sig", json.dumps(m).encode(), Content_Type=MANIFEST)
    sys.exit()
KIND, INTOTO = "application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.in-toto+json"
pae = b"DSSEv1 %d %s %d %s" % (len(INTOTO), INTOTO.encode(), len(body), body)
bundle = json.dumps({"mediaType": KIND, "verificationMaterial": {"publicKey": {"hint": "x"}},
    "dsseEnvelope": {"payload": base64.b64encode(body).decode(), "payloadType": INTOTO,
                     "signatures": [{"sig": sign(pae)}]}}).encode()
notes = {"dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1"} \
    if kind == "attest" else {}
m = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": KIND,
    "annotations": notes,
    "config": blob(b"{}", "application/vnd.oci.empty.v1+json"), "layers": [blob(bundle, KIND)],
    "subject": {"mediaType": MANIFEST, "digest": d, "size": len(got)}}).encode()
ask("PUT", "manifests/" + digest(m), m, Content_Type=MANIFEST)
try:
    index = json.loads(ask("GET", "manifests/" + tag, Accept=INDEX).read())
except urllib.error.HTTPError:
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
index["manifests"].append({"mediaType": MANIFEST, "digest": digest(m), "size": len(m),
                           "artifactType": KIND})
ask("PUT", "manifests/" + tag, json.dumps(index).encode(), Content_Type=INDEX)
END
put() {
	python3 "$BASE/put.py" "$FAKE" "$REPO" "$1" "$BASE/$2.ec" "$3" "${4:-}" ||
		wrong "cannot put a signature"
}
PAYLOAD='{"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":"DIGEST"},"type":"cosign container image signature"},"optional":null}'
STATEMENT='{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"HEX"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}'
pushed() { # an unsigned bundle in a new repository
	fresh
	forget
	run 0 push "$FAKE/$REPO:v1" "$PLAIN"
}

t "a manifest that a trusted key signed, in either form, is one that is signed"
for kind in tag bundle; do
	pushed
	run 5 pull "$FAKE/$REPO:v1" $PEM -o got.zip
	has err "nobody signed it"
	if [ $kind = tag ]; then put tag ours "$PAYLOAD"; else put bundle ours "$STATEMENT"; fi
	run 0 pull "$FAKE/$REPO:v1" $PEM -o got.zip --json
	same got.zip "$PLAIN"
	hex=$(openssl pkey -pubin -in "$BASE/ours.pem" -outform DER | sha256sum | cut -d' ' -f1)
	[ "$(field cosign)" = "['SHA256:$hex']" ] || wrong "signed by $(field cosign)"
	[ "$(field signers)" = "['SHA256:$hex']" ] || wrong "signed by $(field signers)"
	rm got.zip
	run 5 pull "$FAKE/$REPO:v1" --key "$BASE/theirs.pem" -o got.zip
	has err "signed in cosign's form, and by no key that is trusted"
	[ ! -e got.zip ] || wrong "it is written"
	run 5 pull "$FAKE/$REPO:v1" $ANN -o got.zip
	run 5 pull "$FAKE/$REPO:v1" -o got.zip
	has err "--key cosign.pub"
done

t "a stranger's beside ours is told, and neither helps nor hides (D58)"
pushed
put bundle theirs "$STATEMENT"
put tag theirs "$PAYLOAD"
run 5 pull "$FAKE/$REPO:v1" $PEM -o got.zip
put tag ours "$PAYLOAD"
run 0 pull "$FAKE/$REPO:v1" $PEM -o got.zip
has err "2 signatures in cosign's form by keys that are not known"
same got.zip "$PLAIN"

t "a stranger's signature in minisign's form hides none of cosign's"
fresh
forget
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
put tag ours "$PAYLOAD"
run 0 pull "$FAKE/$REPO:v1" $PEM -o got.zip
same got.zip "$SIGNED"
has err "(cosign)"
run 5 pull "$FAKE/$REPO:v1" --key "$BASE/bob.pub" -o got.zip
put tag bob "$PAYLOAD"
run 0 pull "$FAKE/$REPO:v1" --key "$BASE/bob.pub" -o got.zip

t "either S holds; base64 without an end, or for URLs, is none, nor is more in DER"
pushed
put tag ours "$PAYLOAD" s
run 0 pull "$FAKE/$REPO:v1" $PEM -o got.zip
pushed
put bundle ours "$STATEMENT" s
run 0 pull "$FAKE/$REPO:v1" $PEM -o got.zip
pushed
put bundle ours "$STATEMENT" url
run 0 pull "$FAKE/$REPO:v1" $PEM -o got.zip
for change in more bare; do
	pushed
	put tag ann "$PAYLOAD" $change
	put bundle ann "$STATEMENT" $change
	run 5 pull "$FAKE/$REPO:v1" $ANN -o got.zip
	has err "no key that is trusted"
done
pushed
put tag ours "$PAYLOAD" more
put bundle ours "$STATEMENT" more
run 5 pull "$FAKE/$REPO:v1" $PEM -o got.zip
has err "no key that is trusted"

t "what else our key said of it is no signature, and no mistake"
pushed
put attest ours "$(printf %s "$STATEMENT" | sed 's,sigstore.dev/cosign/sign,slsa.dev/provenance,')"
run 5 pull "$FAKE/$REPO:v1" $PEM -o got.zip
has err "nobody signed it"
put bundle ours "$STATEMENT"
run 0 pull "$FAKE/$REPO:v1" $PEM -o got.zip

t "what our key signed has to say this manifest, and nothing twice (D56)"
for body in \
	"$(printf %s "$PAYLOAD" | sed 's/"docker-manifest-digest"/"docker-manifest-digest":"x",&/')" \
	"$(printf %s "$PAYLOAD" | sed 's/cosign container/atomic container/')" \
	"$(printf %s "$PAYLOAD" | sed 's/DIGEST/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/')"; do
	pushed
	put tag ours "$body"
	run 5 pull "$FAKE/$REPO:v1" $PEM -o got.zip
	has err "signed something else in cosign's way"
	[ ! -e got.zip ] || wrong "it is written"
done
pushed
put bundle ours "$(printf %s "$STATEMENT" | sed 's,cosign/sign/v1,other/v1,')"
run 5 pull "$FAKE/$REPO:v1" $PEM -o got.zip

t "the key that subo push signs with is trusted by its file for cosign"
fresh
forget
run 0 push "$FAKE/$REPO:v1" "$PLAIN" --sign --key "$BASE/ann.key"
run 0 pull "$FAKE/$REPO:v1" --key "$BASE/ann.cosign.pub" -o got.zip
has err "(cosign)"
run 5 pull "$FAKE/$REPO:v1" --key "$BASE/bob.cosign.pub" -o got.zip

await() { # COMMAND...: until it succeeds
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || {
			wrong "never: $*: $(cat serve.err)"
			return
		}
		sleep 0.05
	done
}
serving() { # ARGS: starts a server of $FAKE/$REPO:v1, as $server, at $url
	: >ready.json
	"$SUBO" serve "$FAKE/$REPO:v1" "$@" --host 127.0.0.1 --port 0 --json=lines \
		>ready.json 2>serve.err </dev/null 6>&- 7>&- 8>&- 9>&- &
	server=$!
	pids="$pids $server"
	await grep -q '"serve"' ready.json
	url=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' ready.json)
}
t "what is so signed is served too, and kept with it"
pushed
run 5 serve "$FAKE/$REPO:v1" $PEM --host 127.0.0.1 --port 0
put tag ours "$PAYLOAD"
put bundle theirs "$STATEMENT"
for round in 1 2; do
	: >"$BASE/fake/log"
	serving $PEM
	has serve.err "signed by SHA256:"
	ok curl -sf -m 5 "$url/shout" -d ann
	kill "$server"
	wait "$server"
	[ $round = 1 ] || lines 0 "GET" "$BASE/fake/log"
done
kept=$(find "$HOME/.cache/subo/bundles" -name '*.cosign.json')
[ -f "$kept" ] || wrong "nothing is kept: $kept"
run 5 serve "$FAKE/$REPO:v1" --key "$BASE/bob.cosign.pub" --host 127.0.0.1 --port 0
has err "no key that is trusted"
echo '{"v":1,"signatures":[{"text":"!"},{"text":"e30=","signature":"AAAA"},7]}' >"$kept"
serving $PEM
has serve.err "signed by SHA256:"
kill "$server"
wait "$server"
[ "$(wc -c <"$kept")" -gt 100 ] || wrong "it was not fetched again"
run 3 serve "$SIGNED" $PEM --host 127.0.0.1 --port 0

policy() { # SCOPES AND MORE
	{
		echo "version: 1"
		echo "expires: 2100-01-01"
		echo "keys:"
		echo "  ann: $(sed -n 2p "$BASE/ann.pub")"
		echo "  bob: $(sed -n 2p "$BASE/bob.pub")"
		printf '%s\n' "$@"
	} >trust.yaml
}
t "a policy's keys count in cosign's form as in minisign's"
pushed
put tag ann "$PAYLOAD"
policy "scopes: {com.example: {keys: [ann, bob]}}"
run 0 pull "$FAKE/$REPO:v1" --policy trust.yaml -o got.zip
has err "(cosign)"
policy "scopes: {com.example: {keys: [ann, bob], threshold: 2}}"
run 5 pull "$FAKE/$REPO:v1" --policy trust.yaml -o got.zip
has err "1 of 2 keys"
put bundle ann "$STATEMENT"
run 5 pull "$FAKE/$REPO:v1" --policy trust.yaml -o got.zip
has err "1 of 2 keys"
put bundle bob "$STATEMENT"
run 0 pull "$FAKE/$REPO:v1" --policy trust.yaml -o got.zip
policy "scopes: {com.example: {keys: [ann], roles: [release]}}"
run 5 pull "$FAKE/$REPO:v1" --policy trust.yaml -o got.zip
has err "in a role it does not take"
policy "scopes: {com.example: {keys: [ann]}}" \
	"revoked: {keys: ['$(sed -n 2p "$BASE/ann.pub")']}"
run 5 pull "$FAKE/$REPO:v1" --policy trust.yaml -o got.zip
has err "is revoked"

t "a key of cosign's beside a policy is for names that it does not have"
pushed
put tag ours "$PAYLOAD"
policy "scopes: {com.example: {keys: [ann]}}"
run 5 pull "$FAKE/$REPO:v1" $PEM --policy trust.yaml -o got.zip
has err "0 of 1 keys"
policy "scopes: {org.other: {keys: [ann]}}"
run 0 pull "$FAKE/$REPO:v1" $PEM --policy trust.yaml -o got.zip
run 5 pull "$FAKE/$REPO:v1" --policy trust.yaml -o got.zip

t "a key that follows a trusted one counts in cosign's form too"
pushed
put tag bob "$PAYLOAD"
run 5 pull "$FAKE/$REPO:v1" $ANN -o got.zip
cp "$BASE/bob.pub" next.pub
run 0 sign next.pub --key "$BASE/ann.key" --rotate
run 0 pull "$FAKE/$REPO:v1" $ANN --rotation next.pub -o got.zip
has err "which follows"
has err "(cosign)"

t "a module is vouched for as a bundle is"
fresh
run 0 push "$FAKE/$REPO:v1" --module "$BASE/app/greet/greet.wasm"
run 5 pull "$FAKE/$REPO:v1" $PEM -o m.wasm
put tag ours "$PAYLOAD"
run 0 pull "$FAKE/$REPO:v1" $PEM -o m.wasm
same m.wasm "$BASE/app/greet/greet.wasm"

t "keys of cosign's may lie with those that are always trusted"
pushed
put tag ours "$PAYLOAD"
mkdir -p "$HOME/.config/subo/trusted"
cp "$BASE/ours.pem" "$HOME/.config/subo/trusted/ours.pub"
cp "$BASE/ann.pub" "$HOME/.config/subo/trusted"
run 0 pull "$FAKE/$REPO:v1" -o got.zip
has err "signed by SHA256:"
run 0 verify "$SIGNED"
run 5 pull "$FAKE/$REPO:v1" $ANN -o got.zip
rm -r "$HOME/.config/subo"

t "from a layout on disk too"
pushed
put tag ours "$PAYLOAD"
put bundle theirs "$STATEMENT"
if command -v oras >/dev/null; then
	ok oras cp -r --from-plain-http "$FAKE/$REPO:v1" --to-oci-layout "$WORK/dist:v1"
	run 5 pull "oci:dist:v1" $PEM -o got.zip
	run 0 pull "oci:dist:v1" --key "$BASE/theirs.pem" -o got.zip
	tag=$(sed -n 's/.*sha256:\([0-9a-f]*\).*/sha256-\1.sig/p' err | head -1)
	ok oras cp --from-plain-http "$FAKE/$REPO:$tag" --to-oci-layout "$WORK/dist:$tag"
	run 0 pull "oci:dist:v1" $PEM -o got.zip
	same got.zip "$PLAIN"
else
	skip "there is no oras"
fi

t "where cosign's keys say nothing, that is told"
run 3 verify "$SIGNED" $PEM
has err "no public key of minisign's"
has err "subo pull"
printf -- '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n' >k.pem
run 3 pull "$FAKE/$REPO:v1" --key k.pem
has err "'k.pem': only keys of Ed25519 and ECDSA P-256"

t "what cosign signs is taken"
if [ -z "$DOCKER" ] || ! command -v cosign >/dev/null; then
	skip "there is no cosign, or no docker-registry"
else
	export COSIGN_PASSWORD=''
	ok cosign generate-key-pair
	fresh
	forget
	run 0 push "$DOCKER/$REPO:v1" "$PLAIN"
	pinned=$(cat out)
	set -- --yes --tlog-upload=false --allow-http-registry --key cosign.key
	case $(cosign version 2>&1) in
	*"GitVersion:"*v3.*) set -- "$@" --use-signing-config=false ;;
	esac
	ok cosign sign "$@" "$pinned"
	run 0 pull "$DOCKER/$REPO:v1" --key cosign.pub -o got.zip
	same got.zip "$PLAIN"
	run 5 pull "$DOCKER/$REPO:v1" $PEM -o got.zip
	# And with a key of keygen's.
	run 5 pull "$DOCKER/$REPO:v1" $ANN -o got.zip
	ok cosign sign "$@" --key "$BASE/ann.cosign.key" "$pinned"
	run 0 pull "$DOCKER/$REPO:v1" $ANN -o got.zip
	run 0 pull "$DOCKER/$REPO:v1" --key "$BASE/ann.cosign.pub" -o got.zip
fi

done_
