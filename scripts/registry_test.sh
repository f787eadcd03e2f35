#!/bin/sh
# subo push, pull and tag as a user meets them: Debian's docker-registry and
# skopeo, oras and cosign where they are, and a registry that misbehaves as it
# is told (testdata/registry/fake.py).
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

# shellcheck source=testdata/registry/servers.sh
. "$ROOT/testdata/registry/servers.sh"

fake_start fake 8
fake_start lists 9 --referrers
FAKE=127.0.0.1:$(cat "$BASE/fake/port")
OTHER=127.0.0.1:$(cat "$BASE/fake/other")
LISTS=127.0.0.1:$(cat "$BASE/lists/port")
faults() { # JSON: for the first one; and its log begins anew
	: >"$BASE/fake/log"
	printf '%s' "$1" >"$BASE/fake/faults.new"
	mv "$BASE/fake/faults.new" "$BASE/fake/faults"
}
faults '[]'
docker_start

app_make

# ---- there and back ----

t "what is pushed comes back byte for byte"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
has err "is there as v1"
has out "$FAKE/$REPO@sha256:"
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
has err "signed by"
same got.zip "$SIGNED"
has out got.zip

t "into a layout on disk, and from there"
run 0 push "oci:$WORK/dist:v1" "$SIGNED" --tag latest
run 0 pull "oci:$WORK/dist:v1" $ANN -o got.zip
same got.zip "$SIGNED"
run 0 pull "oci:$WORK/dist:latest" $ANN -o again.zip
same again.zip "$SIGNED"

t "a registry that keeps lists of referrers gets no tag of them"
fresh
run 0 push "$LISTS/$REPO:v1" "$SIGNED"
run 0 pull "$LISTS/$REPO:v1" $ANN -o got.zip
same got.zip "$SIGNED"
grep -E "GET /v2/$REPO/(referrers|manifests/sha256-)" "$BASE/lists/log" >refs
has refs "referrers/sha256:"
if grep -E "PUT /v2/$REPO/manifests/sha256-" "$BASE/lists/log"; then
	wrong "it put an index under a tag"
fi

t "nothing is asked for that need not be: a pull takes four round trips"
: >"$BASE/lists/log"
run 0 pull "$LISTS/$REPO:v1" $ANN -o got.zip
lines 1 "/manifests/v1" "$BASE/lists/log"
lines 1 "/referrers/" "$BASE/lists/log"
lines 1 "/manifests/sha256:" "$BASE/lists/log" # the signature
[ "$(grep -c "/blobs/" "$BASE/lists/log")" -le 7 ] || wrong "$(cat "$BASE/lists/log")"

t "one that keeps none gets an index under the tag of the digest"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
grep -E "PUT /v2/$REPO/manifests/sha256-[0-9a-f]{64} 201" "$BASE/fake/log" >puts
ok test -s puts
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
same got.zip "$SIGNED"

t "the bundle of the project is what is pushed when none is named"
fresh
cd "$BASE/app" || exit 1
run 0 push "$FAKE/$REPO:v1" --json
digest=$(field bundle)
rm out err
cd "$WORK" || exit 1
[ "$digest" = "sha256:$(sha256sum "$PLAIN" | cut -d' ' -f1)" ] ||
	wrong "the bundle's digest is $digest"
run 0 push "$FAKE/$REPO:v2" "$BASE/app"
run 4 push "$FAKE/$REPO:v3" none.zip

t "several tags, and more of them later"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED" -t 1.0 -t latest --json
[ "$(field tags)" = "['v1', '1.0', 'latest']" ] || wrong "tags: $(field tags)"
pinned=$(field pinned)
run 0 tag "$FAKE/$REPO:v1" stable "2.0_x"
[ "$(cat out)" = "$pinned" ] || wrong "another digest"
for tag in v1 1.0 latest stable 2.0_x; do
	run 0 pull "$FAKE/$REPO:$tag" $ANN -o "$tag.zip" --json
	[ "$(field pinned)" = "$pinned" ] || wrong "$tag is another"
done
run 0 pull "$pinned" $ANN -o pinned.zip
same pinned.zip "$SIGNED"
run 4 tag "$FAKE/$REPO:none" x
run 2 tag "$FAKE/$REPO:v1" "a b"
has err "cannot be a tag"
run 2 tag "$FAKE/$REPO:v1"

t "--json names every digest, with the manifest's first"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED" --json
digest=$(field digest)
python3 - "$FAKE" "$REPO" "$digest" <<'END' || wrong "it is not the manifest's"
import hashlib, sys, urllib.request
host, repo, digest = sys.argv[1:]
r = urllib.request.Request("http://%s/v2/%s/manifests/v1" % (host, repo),
    headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
body = urllib.request.urlopen(r).read()
sys.exit("sha256:" + hashlib.sha256(body).hexdigest() != digest)
END
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip --json
[ "$(field digest)" = "$digest" ] || wrong "pull says another digest"
[ "$(field bundle)" = "sha256:$(sha256sum "$PLAIN" | cut -d' ' -f1)" ] ||
	wrong "the bundle's digest is $(field bundle)"
[ "$(field file)" = got.zip ] || wrong "file: $(field file)"

# ---- what travels ----

t "an unchanged bundle is pushed again in two round trips at most"
for host in "$FAKE" "$LISTS"; do
	fresh
	run 0 push "$host/$REPO:v1" "$SIGNED"
	: >"$BASE/fake/log"
	: >"$BASE/lists/log"
	run 0 push "$host/$REPO:v1" "$SIGNED" --json
	cat "$BASE/fake/log" "$BASE/lists/log" >log
	[ "$(wc -l <log)" -le 3 ] || { wrong "requests:"; cat log; }
	lines 0 "^(PUT|POST|PATCH)" log
	[ "$(field unchanged)" = True ] || wrong "unchanged: $(field unchanged)"
	[ "$(field sent)" = 0 ] || wrong "sent $(field sent)"
done

t "after editing one function only that one travels"
cp -r "$BASE/app" app
cd app || exit 1
for i in 1 2 3 4 5 6 7 8 9; do
	"$SUBO" create function "f$i" --lang wat >log 2>&1 || cat log
done
run 0 build --keep-debug
cat >../pack.py <<'END'
# pack.py OUT SEED: the bundle with 200 KB that cannot be packed in each module;
# the first one's come from SEED.
import hashlib, random, re, struct, sys, zlib, zipfile
def leb(n):
    out = b""
    while True:
        out, n = out + bytes([n & 127 | (n > 127) << 7]), n >> 7
        if not n:
            return out
old, files, at = zipfile.ZipFile("runnables.wasm.zip"), {}, 0
for name in old.namelist():
    files[name] = data = old.read(name)
    if not name.endswith(".wasm"):
        continue
    seed = name + (sys.argv[2] if name == "f1.wasm" else "")
    body = b"\x04ball" + random.Random(seed).randbytes(200000)
    files[name] = data + b"\0" + leb(len(body)) + body
    # Both lists are by name, so the digests stand in the same order.
    text, was = files["Directive.yaml"].decode(), hashlib.sha256(data).hexdigest()
    at = text.index(was, at)
    files["Directive.yaml"] = (text[:at] + hashlib.sha256(files[name]).hexdigest() +
                               text[at + 64:]).encode()
names = sorted(n for n in files if n != "Directive.yaml" and not n.startswith("attest/"))
out, table = b"", b""
for name in ["Directive.yaml"] + names:
    data, n = files[name], name.encode()
    z = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = z.compress(data) + z.flush()
    method, packed = (8, packed) if len(packed) < len(data) else (0, data)
    head = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, zlib.crc32(data),
                       len(packed), len(data), len(n), 0)
    table += b"PK\1\2" + struct.pack("<H", 0x314) + head + struct.pack("<HHHII",
        0, 0, 0, 0o100644 << 16, len(out)) + n
    out += b"PK\3\4" + head + n + packed
out += table + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(names) + 1,
    len(names) + 1, len(table), len(out), 0)
open(sys.argv[1], "wb").write(out)
END
python3 ../pack.py ../one.zip a
python3 ../pack.py ../two.zip b
cd .. || exit 1
fresh
run 0 push "$FAKE/$REPO:v1" one.zip --json
[ "$(field layersSent)" -ge 11 ] || wrong "layers sent: $(field layersSent)"
: >"$BASE/fake/log"
run 0 push "$FAKE/$REPO:v1" two.zip --json
[ "$(field layersSent)" = 2 ] || wrong "layers sent: $(field layersSent)"
bytes=$(awk '{n += $4} END {print n}' "$BASE/fake/log")
[ "$bytes" -le 210000 ] || wrong "$bytes bytes were sent for one of 200000"
forget
run 0 pull "$FAKE/$REPO:v1" --allow-unsigned -o got.zip
same got.zip two.zip
run 0 pull "$FAKE/$REPO:v1" --allow-unsigned -o one.zip --json
same one.zip two.zip
[ "$(field fetched)" -le 210000 ] || wrong "$(field fetched) bytes fetched"

t "pulling what is there already fetches no layer"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
cp "$SIGNED" got.zip
touch -d 2001-01-01 got.zip
faults '[]'
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip --json
[ "$(field unchanged)" = True ] || wrong "unchanged: $(field unchanged)"
lines 1 "GET /v2/$REPO/blobs/" "$BASE/fake/log" # the config
[ "$(date -r got.zip +%Y)" = 2001 ] || wrong "it was written again"

# ---- what is said of it ----

t "annotations come from the project, from git, and from options"
cp -r "$BASE/app" app
cd app || exit 1
git init -q . && git add -A && git -c user.name=a -c user.email=a@example.com \
	commit -qm one
SOURCE_DATE_EPOCH=1700000000 run 0 push "oci:$WORK/dist:v1" \
	-a org.opencontainers.image.source=here -a org.opencontainers.image.title=
head=$(git rev-parse HEAD)
cat "$WORK"/dist/blobs/sha256/* | grep -a '"artifactType":"application/vnd.subo.bundle' >manifest
has manifest "\"org.opencontainers.image.revision\":\"$head\""
has manifest '"org.opencontainers.image.created":"2023-11-14T22:13:20Z"'
has manifest '"org.opencontainers.image.source":"here"'
has manifest '"org.opencontainers.image.version":"v0.1.0"'
hasnt manifest '"org.opencontainers.image.title":""'
hasnt manifest '"org.opencontainers.image.title":"com.'
git pack-refs --all
run 0 push "oci:$WORK/dist2:v1"
cat "$WORK"/dist2/blobs/sha256/* >all
has all "$head"
run 2 push "oci:$WORK/dist:v1" -a novalue
has err "KEY="

t "no clock is in it: the same bundle is the same artifact"
run 0 push "oci:$WORK/a:v1" "$SIGNED" --json
one=$(field digest)
run 0 push "oci:$WORK/b:x" "$SIGNED" --json
[ "$(field digest)" = "$one" ] || wrong "two digests"

t "the SBOM and the provenance travel beside it"
fresh
run 0 push "$LISTS/$REPO:v1" "$SIGNED" --json
[ "$(field attestations)" -ge 2 ] || wrong "$(field attestations) of them"
digest=$(field digest)
python3 - "$LISTS" "$REPO" "$digest" <<'END' || wrong "see above"
import json, sys, urllib.request, zipfile, os
host, repo, digest = sys.argv[1:]
def get(path):
    r = urllib.request.Request("http://%s/v2/%s/%s" % (host, repo, path))
    return urllib.request.urlopen(r).read()
kinds = {}
for d in json.loads(get("referrers/" + digest))["manifests"]:
    m = json.loads(get("manifests/" + d["digest"]))
    assert m["subject"]["digest"] == digest
    kinds[m["artifactType"]] = get("blobs/" + m["layers"][0]["digest"])
sbom = json.loads(kinds["application/vnd.cyclonedx+json"])
assert sbom["bomFormat"] == "CycloneDX", sbom
assert json.loads(kinds["application/vnd.in-toto+json"])["_type"]
assert kinds["application/vnd.subo.signature.v1"].startswith(b"untrusted comment: ")
END
fresh
run 0 push "$LISTS/$REPO:v1" "$SIGNED" --no-attest --json
[ "$(field attestations)" = 0 ] || wrong "$(field attestations) of them"

# ---- who signed it ----

t "what nobody who is trusted signed is not pulled, unless it is said each time"
fresh
run 0 push "$FAKE/$REPO:v1" "$PLAIN"
has err "nobody signed it"
forget
run 5 pull "$FAKE/$REPO:v1" $ANN -o got.zip
has err "signed"
has err "--allow-unsigned"
fails test -e got.zip
run 0 pull "$FAKE/$REPO:v1" --allow-unsigned -o got.zip
same got.zip "$PLAIN"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
rm got.zip
run 5 pull "$FAKE/$REPO:v1" -o got.zip
run 5 pull "$FAKE/$REPO:v1" --key "$BASE/bob.pub" -o got.zip
fails test -e got.zip

t "what was signed once may not come unsigned later"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
run 0 push "$FAKE/$REPO:v2" "$PLAIN" --no-attest -a other=manifest
run 5 pull "$FAKE/$REPO:v2" --allow-unsigned -o got.zip
has err "was signed before"
same got.zip "$SIGNED"
forget

t "signed while it is pushed"
fresh
run 0 push "$FAKE/$REPO:v1" "$PLAIN" --sign --key "$BASE/ann.key" --json
[ "$(field signatures)" = 1 ] || wrong "$(field signatures) signatures"
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
run 0 verify got.zip $ANN
run 0 push "$FAKE/$REPO:v1" "$PLAIN" --sign --key "$BASE/ann.key" --json
[ "$(field unchanged)" = True ] || wrong "the same again is not the same"
run 2 push "$FAKE/$REPO:v1" "$PLAIN" --key "$BASE/ann.key"
run 2 push "$FAKE/$REPO:v1" "$PLAIN" --sign

t "a detached signature travels too"
fresh
cp "$PLAIN" b.zip
run 0 sign b.zip --detached --key "$BASE/bob.key"
run 0 push "$FAKE/$REPO:v1" b.zip
run 0 pull "$FAKE/$REPO:v1" --key "$BASE/bob.pub" -o got.zip
run 0 verify got.zip --key "$BASE/bob.pub"

t "one more signer later, and each is enough"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED" --json
one=$(field digest)
run 0 push "$FAKE/$REPO:v1" "$SIGNED" --sign --key "$BASE/bob.key" --json
[ "$(field digest)" = "$one" ] || wrong "the manifest changed"
run 0 pull "$FAKE/$REPO:v1" --key "$BASE/bob.pub" -o bob.zip
run 0 pull "$FAKE/$REPO:v1" $ANN -o ann.zip
run 0 verify bob.zip $ANN

t "a signature with one bit changed does not count, whatever it is listed as"
run 0 push "oci:$WORK/x:v1" "$SIGNED"
python3 - "$WORK/x" <<'END'
import base64, json, hashlib, os, sys
root = sys.argv[1] + "/blobs/sha256/"
for name in os.listdir(root):
    data = open(root + name, "rb").read()
    if data.startswith(b"untrusted comment"):
        lines = data.split(b"\n")
        lines[1] = lines[1][:40] + (b"A" if lines[1][40:41] != b"A" else b"B") + lines[1][41:]
        new, old = b"\n".join(lines), name
        text = [base64.b64encode(x).decode() for x in (data, new)]
swap = {old: hashlib.sha256(new).hexdigest(), text[0]: text[1]}
open(root + swap[old], "wb").write(new)
os.remove(root + old)
for _ in range(3):
    for name in os.listdir(root):
        data = out = open(root + name, "rb").read()
        if not data.startswith(b"{"):
            continue
        for a, b in swap.items():
            out = out.replace(a.encode(), b.encode())
        if out != data:
            h = hashlib.sha256(out).hexdigest()
            swap[name] = h
            os.remove(root + name)
            open(root + h, "wb").write(out)
index = open(sys.argv[1] + "/index.json").read()
for a, b in swap.items():
    index = index.replace(a, b)
open(sys.argv[1] + "/index.json", "w").write(index)
END
run 5 pull "oci:$WORK/x:v1" $ANN -o got.zip
fails test -e got.zip

t "a signature that was moved from another bundle does not count"
cp -r "$BASE/app" app
sed -i "s/v0.1.0/v0.2.0/" app/Directive.yaml
(cd app && "$SUBO" build) >log 2>&1 || wrong "$(cat log)"
cp app/runnables.wasm.zip new.zip
cp "$PLAIN" old.zip
run 0 sign old.zip --detached --key "$BASE/ann.key"
mv old.zip.minisig new.zip.minisig
fresh
run 0 push "$FAKE/$REPO:v1" new.zip
run 5 pull "$FAKE/$REPO:v1" $ANN -o got.zip
fails test -e got.zip

# pem KEY: the public key KEY.pub as others write it, in KEY.pem.
pem() {
	python3 - "$BASE/$1" <<'END'
import base64, sys
key = base64.b64decode(open(sys.argv[1] + ".pub").read().split("\n")[1])[10:]
der = bytes.fromhex("302a300506032b6570032100") + key
open(sys.argv[1] + ".pem", "w").write("-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n"
                                      % base64.b64encode(der).decode())
END
}
pem ann
pem bob
# unpack DIGEST: what cosign's two forms sign, and the signatures, from $FAKE/$REPO
# into 2.data, 2.sig..., checked for their form.
unpack() {
	python3 - "$FAKE" "$REPO" "$1" "$BASE/ann.pem" <<'END' || wrong "see above"
import base64, hashlib, json, sys, urllib.request
host, repo, digest, pem = sys.argv[1:]
def get(path):
    r = urllib.request.Request("http://%s/v2/%s/%s" % (host, repo, path))
    return urllib.request.urlopen(r).read()
tag = digest.replace(":", "-")
m = json.loads(get("manifests/" + tag + ".sig"))
assert m["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json", m
for i, layer in enumerate(m["layers"]):
    assert layer["mediaType"] == "application/vnd.dev.cosign.simplesigning.v1+json"
    data = get("blobs/" + layer["digest"])
    c = json.loads(data)["critical"]
    assert c["identity"]["docker-reference"] == host + "/" + repo, c
    assert c["image"]["docker-manifest-digest"] == digest, c
    assert c["type"] == "cosign container image signature", c
    open("2%d.data" % i, "wb").write(data)
    open("2%d.sig" % i, "wb").write(base64.b64decode(
        layer["annotations"]["dev.cosignproject.cosign/signature"]))
kind, n = "application/vnd.dev.sigstore.bundle.v0.3+json", 0
for d in json.loads(get("manifests/" + tag))["manifests"]:
    if d["artifactType"] != kind:
        continue
    m = json.loads(get("manifests/" + d["digest"]))
    assert m["subject"]["digest"] == digest
    assert m["annotations"]["dev.sigstore.bundle.content"] == "dsse-envelope", m
    b = json.loads(get("blobs/" + m["layers"][0]["digest"]))
    body = base64.b64decode(b["dsseEnvelope"]["payload"])
    s = json.loads(body)
    assert s["_type"] == "https://in-toto.io/Statement/v1", s
    assert s["subject"] == [{"digest": {"sha256": digest[7:]}}], s
    assert s["predicateType"] == "https://sigstore.dev/cosign/sign/v1", s
    kind_of = b["dsseEnvelope"]["payloadType"].encode()
    open("3%d.data" % n, "wb").write(b"DSSEv1 %d %s %d %s" % (len(kind_of), kind_of, len(body), body))
    (sig,) = b["dsseEnvelope"]["signatures"]
    open("3%d.sig" % n, "wb").write(base64.b64decode(sig["sig"]))
    der = base64.b64decode("".join(open(pem).read().split("\n")[1:-2]))
    if n == 0:
        want = base64.b64encode(hashlib.sha256(der).digest()).decode()
        assert b["verificationMaterial"]["publicKey"]["hint"] == want, b
    n += 1
assert n > 0
END
}
holds() { # KEY NAME
	ok openssl pkeyutl -verify -pubin -inkey "$BASE/$1.pem" -rawin \
		-in "$2.data" -sigfile "$2.sig"
}
t "both of cosign's forms are there, and hold for openssl"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED" --sign --key "$BASE/ann.key" --json
[ "$(field cosign)" = True ] || wrong "cosign: $(field cosign)"
[ "$(field signatures)" = 1 ] || wrong "signed twice with one key"
one=$(field digest)
unpack "$one"
holds ann 20
holds ann 30
faults '[]'
run 0 push "$FAKE/$REPO:v1" "$SIGNED" --sign --key "$BASE/ann.key" --json
[ "$(field unchanged)" = True ] || wrong "the same again is not the same"
[ "$(wc -l <"$BASE/fake/log")" -le 4 ] || wrong "$(cat "$BASE/fake/log")"
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
same got.zip "$SIGNED"

t "another signer is added to them, and the first stays"
run 0 push "$FAKE/$REPO:v1" "$SIGNED" --sign --key "$BASE/bob.key" --json
[ "$(field digest)" = "$one" ] || wrong "another manifest"
unpack "$one"
holds ann 20
holds bob 21
holds ann 30
holds bob 31

# ---- modules, and what others push ----

t "a module alone goes in the CNCF Wasm layout"
fresh
run 0 push --module "$BASE/app/greet/greet.wasm" "$FAKE/$REPO:v1"
python3 - "$FAKE" "$REPO" <<'END' || wrong "see above"
import json, sys, urllib.request
host, repo = sys.argv[1:]
r = urllib.request.urlopen("http://%s/v2/%s/manifests/v1" % (host, repo))
m = json.loads(r.read())
assert m["config"]["mediaType"] == "application/vnd.wasm.config.v0+json", m
assert [x["mediaType"] for x in m["layers"]] == ["application/wasm"], m
c = json.loads(urllib.request.urlopen("http://%s/v2/%s/blobs/%s" % (
    host, repo, m["config"]["digest"])).read())
assert c["architecture"] == "wasm" and c["os"] == "wasip1", c
assert c["layerDigests"] == [m["layers"][0]["digest"]], c
END
run 5 pull "$FAKE/$REPO:v1"
run 0 pull "$FAKE/$REPO:v1" --allow-unsigned
has out app.wasm
same app.wasm "$BASE/app/greet/greet.wasm"
run 3 push --module "$SIGNED" "$FAKE/$REPO:v1"
has err "no WebAssembly module"

t "an archive that another tool pushed as one layer is pulled"
python3 - "$WORK/other" "$SIGNED" <<'END'
import hashlib, json, os, sys
root, data = sys.argv[1], open(sys.argv[2], "rb").read()
os.makedirs(root + "/blobs/sha256")
open(root + "/oci-layout", "w").write('{"imageLayoutVersion":"1.0.0"}')
def put(data, kind):
    h = hashlib.sha256(data).hexdigest()
    open(root + "/blobs/sha256/" + h, "wb").write(data)
    return {"mediaType": kind, "digest": "sha256:" + h, "size": len(data)}
kind = "application/vnd.oci.image.manifest.v1+json"
d = put(json.dumps({"schemaVersion": 2, "mediaType": kind,
    "artifactType": "application/vnd.unknown.artifact.v1",
    "config": put(b"{}", "application/vnd.oci.empty.v1+json"),
    "layers": [put(data, "application/zip")]}).encode(), kind)
d["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
json.dump({"schemaVersion": 2, "manifests": [d]}, open(root + "/index.json", "w"))
END
run 0 pull "oci:$WORK/other:v1" $ANN -o got.zip
same got.zip "$SIGNED"

t "a canonical bundle that cannot be taken apart travels whole"
python3 - "$PLAIN" odd.zip <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
local, central = data.index(b"PK\3\4"), data.index(b"PK\1\2")
data[local + 4] = data[central + 6] = 10 # the version that is needed
open(sys.argv[2], "wb").write(data)
END
run 0 sign odd.zip --key "$BASE/ann.key"
fresh
run 0 push "$FAKE/$REPO:v1" odd.zip --json
[ "$(field layers)" = 1 ] || wrong "layers: $(field layers)"
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
same got.zip odd.zip
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip --json
[ "$(field unchanged)" = True ] || wrong "unchanged: $(field unchanged)"
same got.zip odd.zip

t "what is no bundle is not pulled"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
digest=$(sed -n "s|^PUT /v2/$REPO/manifests/\(sha256-[0-9a-f]*\) 201.*|\1|p" \
	"$BASE/fake/log" | head -1)
run 3 pull "$FAKE/$REPO:$digest" --allow-unsigned
has err "is no bundle"
run 4 pull "$FAKE/$REPO:v9" --allow-unsigned
run 4 pull "$FAKE/none/such:v1" --allow-unsigned
run 2 pull
run 3 pull "$FAKE/UPPER:v1"

t "a bundle that is not canonical is not pushed, and says what helps"
python3 - <<'END'
import zipfile
z = zipfile.ZipFile("odd.zip", "w", zipfile.ZIP_DEFLATED)
z.writestr("Directive.yaml", "identifier: com.example.a\nappVersion: v1.0.0\natmoVersion: v0.4.0\nrunnables: []\n")
z.close()
END
run 3 push "$FAKE/$REPO:v1" odd.zip
has err "subo bundle normalize"
printf 'hello' >text
run 3 push "$FAKE/$REPO:v1" text
run 2 push
run 2 push "$FAKE/$REPO@sha256:$(sha256sum <text | cut -d' ' -f1)" "$SIGNED"
has err "a digest cannot be chosen"
run 2 push "$FAKE/$REPO:v1" "$SIGNED" -t "no good"

# ---- a registry that misbehaves ----

# broken CODE TEXT FAULTS: a pull fails so, and leaves what was there.
fresh
BAD=$REPO
"$SUBO" push "$FAKE/$BAD:v1" "$SIGNED" >"$BASE/log" 2>&1 || cat "$BASE/log"
broken() {
	printf 'what was there' >got.zip
	cp got.zip before
	faults "$3"
	run "$1" pull "$FAKE/$BAD:v1" $ANN -o got.zip
	[ -z "$2" ] || has err "$2"
	same got.zip before
	[ "$(ls -A)" = "before
err
got.zip
out" ] || wrong "left: $(ls -A | tr '\n' ' ')"
	faults '[]'
}
BLOB='"match": "^GET /v2/.*/blobs/"'
MANIFEST='"match": "^GET /v2/.*/manifests/v1"'

t "a blob with other bytes of the same length is refused"
broken 6 "" "[{$BLOB, \"do\": \"flip\"}]"
t "a blob with one byte more is refused"
broken 6 "" "[{$BLOB, \"do\": \"more\"}]"
t "a body longer than its Content-Length: refused, or cut there"
faults "[{$BLOB, \"do\": \"more\", \"extra\": \"0123456789\", \"lie\": true}]"
"$SUBO" pull "$FAKE/$BAD:v1" $ANN -o got.zip >out 2>err
case $? in
0) same got.zip "$SIGNED" ;;
6) fails test -e got.zip ;;
*) wrong "$(cat err)" ;;
esac
t "a body that breaks off again and again is given up"
broken 6 "" "[{$BLOB, \"do\": \"cut\", \"keep\": 100}]"
t "one that breaks off once is fetched again"
faults "[{$BLOB, \"do\": \"cut\", \"keep\": 100, \"times\": 2}]"
run 0 pull "$FAKE/$BAD:v1" $ANN -o got.zip
same got.zip "$SIGNED"
t "a connection that is reset is made again, and not for ever"
faults "[{$BLOB, \"do\": \"reset\", \"times\": 2}]"
run 0 pull "$FAKE/$BAD:v1" $ANN -o got.zip
broken 6 "" "[{$BLOB, \"do\": \"reset\"}]"
t "a body without end is cut at what its descriptor says"
broken 6 "" "[{$BLOB, \"do\": \"endless\"}]"
t "a manifest without end is cut"
broken 8 "" "[{$MANIFEST, \"do\": \"endless\"}]"
t "a content encoding that nobody asked for is refused"
broken 6 "" "[{$BLOB, \"do\": \"drip\", \"headers\": {\"Content-Encoding\": \"gzip\"}}]"
t "a manifest that is not what its digest says is refused"
broken 6 "" "[{$MANIFEST, \"do\": \"flip\"}]"
t "server errors are tried again, and not for ever"
faults '[{"match": "^GET /v2/", "do": "status", "code": 503, "times": 2}]'
run 0 pull "$FAKE/$BAD:v1" $ANN -o got.zip
broken 6 "503" '[{"match": "^GET /v2/", "do": "status", "code": 503}]'
t "too many requests: it waits as long as it is told"
faults '[{"match": "^GET /v2/", "do": "status", "code": 429, "times": 2,
	"headers": {"Retry-After": "0"}}]'
run 0 pull "$FAKE/$BAD:v1" $ANN -o got.zip
same got.zip "$SIGNED"
t "an hour is more than anybody waits"
broken 8 "" '[{"match": "^GET /v2/", "do": "status", "code": 429,
	"headers": {"Retry-After": "3600"}}]'
t "401 for ever, without a challenge and with one"
broken 5 "" '[{"match": "^GET /v2/", "do": "status", "code": 401}]'
broken 5 "" '[{"match": "^GET /v2/", "do": "status", "code": 401,
	"headers": {"WWW-Authenticate": "Basic realm=\"x\""}}]'
t "a Bearer challenge without a realm, or with a password in it"
broken 6 "" '[{"match": "^GET /v2/", "do": "status", "code": 401,
	"headers": {"WWW-Authenticate": "Bearer service=\"x\""}}]'
broken 5 "" '[{"match": "^GET /v2/", "do": "status", "code": 401,
	"headers": {"WWW-Authenticate": "Bearer realm=\"http://u:p@127.0.0.1/t\""}}]'
t "a page of HTML in place of a manifest"
broken 6 "" "[{$MANIFEST, \"do\": \"status\", \"code\": 200, \"body\": \"<html>hello</html>\",
	\"headers\": {\"Content-Type\": \"text/html\"}}]"

# A manifest is put in place of the real one; its digest is not asked for.
forged() { # CODE TEXT JSON
	broken "$1" "$2" "[{$MANIFEST, \"do\": \"status\", \"code\": 200, \"body\": $(
		printf '%s' "$3" | python3 -c 'import json, sys; print(json.dumps(sys.stdin.read()))'
	), \"headers\": {\"Content-Type\": \"application/vnd.oci.image.manifest.v1+json\"}}]"
}
D=sha256:$(printf '{}' | sha256sum | cut -d' ' -f1)
HEAD='{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",'
CONFIG="\"config\": {\"mediaType\": \"application/vnd.oci.empty.v1+json\", \"digest\": \"$D\", \"size\": 2},"
layer() { # DIGEST SIZE MORE
	printf '{"mediaType": "application/zip", "digest": "%s", "size": %s%s}' "$1" "$2" "${3:-}"
}
t "sizes that are negative, digests in capitals, layers twice, a byte-order mark"
forged 6 "" "$HEAD $CONFIG \"layers\": [$(layer "$D" -1)]}"
forged 6 "" "$HEAD $CONFIG \"layers\": [$(layer "$(echo "$D" | tr a-f A-F)" 2)]}"
forged 6 "" "$HEAD $CONFIG \"layers\": [$(layer "$D" 2)], \"layers\": []}"
forged 6 "" "$(printf '\357\273\277')$HEAD $CONFIG \"layers\": [$(layer "$D" 2)]}"
t "a thousand layers"
forged 8 "" "$(python3 - "$HEAD $CONFIG" "$(layer "$D" 2)" <<'END'
import sys
print(sys.argv[1], '"layers": [%s]}' % ",".join([sys.argv[2]] * 1000))
END
)"
t "a layer that lies somewhere else is never fetched"
forged 5 "somewhere else" "$HEAD $CONFIG \"layers\": [$(layer "$D" 2 \
	', "urls": ["http://127.0.0.1:1/x"]')]}"
lines 0 "blobs" "$BASE/fake/log"
t "a layer that is larger than any bundle"
forged 8 "" "$HEAD $CONFIG \"layers\": [$(layer "$D" 9000000000000)]}"
t "a manifest of docker's first schema"
forged 6 "" '{"schemaVersion": 1, "name": "x", "tag": "v1", "fsLayers": []}'

t "a tag that moves while it is pulled is one digest all along"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED" --json
one=$(field digest)
run 0 push "$FAKE/$REPO:v2" "$PLAIN" -a some=thing
faults "[{\"match\": \"^(HEAD|GET) /v2/$REPO/manifests/v1\", \"skip\": 1,
	\"do\": \"status\", \"code\": 404}]"
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip --json
[ "$(field digest)" = "$one" ] || wrong "another digest"

t "blobs may be redirected to another host, which gets no credentials"
fake_start secret 7 --auth basic
SECRET=127.0.0.1:$(cat "$BASE/secret/port")
printf 'secret' >password
run_in password 0 login "$SECRET" -u user
fresh
run 0 push "$SECRET/$REPO:v1" "$SIGNED"
printf '[{"match": "^GET /v2/.*/blobs/", "do": "move"}]' >"$BASE/secret/faults"
run 0 pull "$SECRET/$REPO:v1" $ANN -o got.zip
same got.zip "$SIGNED"
grep " other$" "$BASE/secret/log" >other
ok test -s other
lines 0 "Basic" other
lines 0 "GET /v2/$REPO/blobs/[^ ]* 200 0 - main" "$BASE/secret/log"

t "the wrong password is not tried for ever"
fresh
rm -rf "$DOCKER_CONFIG"
mkdir "$DOCKER_CONFIG"
printf '{"auths": {"%s": {"auth": "%s"}}}' "$SECRET" "$(printf 'user:wrong' | base64)" \
	>"$DOCKER_CONFIG/config.json"
: >"$BASE/secret/log"
run 5 push "$SECRET/$REPO:v1" "$SIGNED"
has err "subo login"
[ "$(wc -l <"$BASE/secret/log")" -le 12 ] || wrong "it asked too often"
rm "$DOCKER_CONFIG/config.json"
run 5 pull "$SECRET/$REPO:v1" $ANN
has err "subo login"
exec 7>&-

t "a redirect without end"
broken 6 "" "[{$BLOB, \"do\": \"status\", \"code\": 307,
	\"headers\": {\"Location\": \"/v2/$BAD/blobs/again\"}}]"

t "tokens: fetched where the challenge says, and for the right scope"
fake_start token 7 --auth token
TOKEN=127.0.0.1:$(cat "$BASE/token/port")
printf 'secret' >password
run_in password 0 login "$TOKEN" -u user
fresh
run 0 push "$TOKEN/$REPO:v1" "$SIGNED"
has "$BASE/token/log" "scope=repository%3A"
run 0 pull "$TOKEN/$REPO:v1" $ANN -o got.zip
same got.zip "$SIGNED"
t "a token that is refused all the same is asked for once more, and then no more"
: >"$BASE/token/log"
cat >"$BASE/token/faults" <<'END'
[{"match": "^(GET|POST) /token", "do": "status", "code": 200,
  "body": "{\"token\": \"for-another-scope\"}"}]
END
run 5 pull "$TOKEN/$REPO:v1" $ANN
[ "$(wc -l <"$BASE/token/log")" -le 8 ] || wrong "it asked too often"
t "what is no token answer"
printf '[{"match": "/token", "do": "status", "code": 200, "body": "<html>"}]' \
	>"$BASE/token/faults"
run 6 pull "$TOKEN/$REPO:v1" $ANN
cat >"$BASE/token/faults" <<'END'
[{"match": "/token", "do": "status", "code": 200,
  "body": "{\"token\": \"a\\r\\nX-Evil: 1\"}"}]
END
run 6 pull "$TOKEN/$REPO:v1" $ANN
exec 7>&-

t "a certificate that nobody vouches for, and one that --ca does"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$BASE/tls.key" -out "$BASE/tls.pem" >log 2>&1 || wrong "$(cat log)"
fake_start safe 7 --tls "$BASE/tls.pem" "$BASE/tls.key"
SAFE=127.0.0.1:$(cat "$BASE/safe/port")
fresh
run 5 push "$SAFE/$REPO:v1" "$SIGNED"
has err "--ca"
fails test -s "$BASE/safe/log"
run 0 push "$SAFE/$REPO:v1" "$SIGNED" --ca "$BASE/tls.pem"
run 5 pull "$SAFE/$REPO:v1" $ANN -o got.zip
run 0 pull "$SAFE/$REPO:v1" $ANN -o got.zip --ca "$BASE/tls.pem"
same got.zip "$SIGNED"
t "a secure registry that sends to an insecure place for tokens, or for blobs"
printf '[{"match": "^GET /v2/", "do": "status", "code": 401, "headers":
	{"WWW-Authenticate": "Bearer realm=\\"http://127.0.0.1:%s/token\\""}}]' \
	"$(cat "$BASE/safe/other")" >"$BASE/safe/faults"
run 5 pull "$SAFE/$REPO:v1" $ANN -o got.zip --ca "$BASE/tls.pem"
fails test -e got.zip
printf '[{"match": "^GET /v2/.*/blobs/", "do": "move"}]' >"$BASE/safe/faults"
run 5 pull "$SAFE/$REPO:v1" $ANN -o got.zip --ca "$BASE/tls.pem"
fails test -e got.zip
lines 0 " other$" "$BASE/safe/log"
exec 7>&-

# ---- pushing to it ----

t "the answer to a manifest is lost: it is found out, and all is well"
fresh
faults '[{"match": "^PUT /v2/.*/manifests/", "do": "lost", "times": 1}]'
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
faults '[]'
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
t "the answer to a blob is lost: it is found out, and all is well"
fresh
faults '[{"match": "^PUT /v2/.*/blobs/", "do": "lost", "times": 2}]'
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
faults '[]'
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
same got.zip "$SIGNED"
t "an upload without a Location"
fresh
faults '[{"match": "^POST /v2/.*/blobs/uploads", "do": "drip", "headers": {"Location": null}}]'
run 6 push "$FAKE/$REPO:v1" "$SIGNED"
faults '[]'
t "an upload whose Location is on another host gets no credentials there"
fresh
faults "[{\"match\": \"^POST /v2/.*/blobs/uploads\", \"do\": \"drip\",
	\"headers\": {\"Location\": \"http://$OTHER/v2/x/blobs/uploads/0\"}}]"
"$SUBO" push "$FAKE/$REPO:v1" "$SIGNED" >out 2>err && wrong "it went there"
lines 0 " (Basic|Bearer) other$" "$BASE/fake/log"
faults '[]'
t "a blob that is never taken, and a manifest that is refused"
fresh
faults '[{"match": "^PUT /v2/.*/blobs/", "do": "status", "code": 500}]'
run 6 push "$FAKE/$REPO:v1" "$SIGNED"
faults '[{"match": "^PUT /v2/.*/manifests/", "do": "status", "code": 400,
	"body": "{\"errors\": [{\"code\": \"MANIFEST_INVALID\", \"message\": \"not liked\"}]}"}]'
run 6 push "$FAKE/$REPO:v1" "$SIGNED"
has err "MANIFEST_INVALID"
faults '[]'
run 4 pull "$FAKE/$REPO:v1" $ANN
t "a push that fails before the end leaves the tag as it was"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED" --json
one=$(field digest)
faults '[{"match": "^PUT /v2/.*/manifests/sha256-", "do": "status", "code": 500}]'
run 6 push "$FAKE/$REPO:v1" "$SIGNED" -a new=one
faults '[]'
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip --json
[ "$(field digest)" = "$one" ] || wrong "the tag moved"
t "the list of referrers is cut off from its tag: the next push mends it"
fresh
faults '[{"match": "^PUT /v2/.*/manifests/sha256-", "do": "reset"}]'
run 6 push "$FAKE/$REPO:v1" "$SIGNED"
faults '[]'
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
same got.zip "$SIGNED"
t "a list of referrers that lists what is none"
fresh
run 0 push "$LISTS/$REPO:v1" "$SIGNED" --json
one=$(field digest)
python3 - "$LISTS" "$REPO" "$one" <<'END'
import hashlib, json, sys, urllib.request
host, repo, subject = sys.argv[1:]
kind = "application/vnd.oci.image.manifest.v1+json"
def put(path, data):
    r = urllib.request.Request("http://%s%s" % (host, path), data, method="PUT",
                               headers={"Content-Type": kind})
    return urllib.request.urlopen(r)
def blob(data):
    r = urllib.request.Request("http://%s/v2/%s/blobs/uploads/" % (host, repo), b"", method="POST")
    at, h = urllib.request.urlopen(r).headers["Location"], hashlib.sha256(data).hexdigest()
    put(at + "&digest=sha256:" + h, data)
    return {"digest": "sha256:" + h, "size": len(data)}
for text in b"no signature\n", b"untrusted comment: x\nRUQ\n":
    m = {"schemaVersion": 2, "mediaType": kind,
         "artifactType": "application/vnd.subo.signature.v1",
         "config": dict(blob(b"{}"), mediaType="application/vnd.oci.empty.v1+json"),
         "layers": [dict(blob(text), mediaType="application/vnd.subo.minisig.v1")],
         "subject": {"mediaType": kind, "digest": subject, "size": 1}}
    data = json.dumps(m).encode()
    put("/v2/%s/manifests/sha256:%s" % (repo, hashlib.sha256(data).hexdigest()), data)
END
run 0 pull "$LISTS/$REPO:v1" $ANN -o got.zip
same got.zip "$SIGNED"

# ---- ended at any moment ----

# killed TIMES COMMAND...: end it after one of many spans of time.
killed() {
	times=$1
	shift
	python3 - "$times" "$@" <<'END'
import random, signal, subprocess, sys, time
n, cmd = int(sys.argv[1]), sys.argv[2:]
for i in range(n):
    p = subprocess.Popen(cmd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(random.random() * 0.12)
    p.send_signal(signal.SIGKILL if i % 5 else signal.SIGINT)
    p.wait()
END
}
t "kill -9 at a hundred moments of a push: no tag of something half, the next succeeds"
fresh
cat >push.sh <<END
exec "$SUBO" push "$FAKE/$REPO:v1" "$SIGNED" -a n="\$\$"
END
for _ in 1 2 3 4 5; do
	killed 25 sh push.sh
	rm -f got.zip
	"$SUBO" pull "$FAKE/$REPO:v1" $ANN -o got.zip >out 2>err
	case $? in
	0) same got.zip "$SIGNED" ;;
	4) has err "no manifest v1" ;; # nothing came through so far
	*) wrong "$(cat err)" ;;
	esac
done
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
run 0 pull "$FAKE/$REPO:v1" $ANN -o got.zip
same got.zip "$SIGNED"

t "kill -9 at a hundred moments of a push into a layout"
cat >push.sh <<END
exec "$SUBO" push "oci:$WORK/dist:v1" "$SIGNED" -a n="\$\$"
END
killed 125 sh push.sh
run 0 push "oci:$WORK/dist:v1" "$SIGNED"
run 0 pull "oci:$WORK/dist:v1" $ANN -o got.zip
same got.zip "$SIGNED"
python3 - "$WORK/dist" <<'END' || wrong "half a blob has a final name"
import hashlib, os, sys
root = sys.argv[1] + "/blobs/sha256/"
for name in os.listdir(root):
    if len(name) == 64 and hashlib.sha256(open(root + name, "rb").read()).hexdigest() != name:
        sys.exit(name)
END

t "kill -9 at a hundred moments of a pull: the old file, or the new one, and no other"
fresh
run 0 push "$FAKE/$REPO:v1" "$SIGNED"
mkdir here
printf 'what was there' >old
for _ in 1 2 3 4 5 6 7 8 9 10; do
	cp old here/got.zip
	killed 13 "$SUBO" pull "$FAKE/$REPO:v1" $ANN -o here/got.zip
	cmp -s old here/got.zip || same here/got.zip "$SIGNED"
done
run 0 pull "$FAKE/$REPO:v1" $ANN -o here/got.zip
same here/got.zip "$SIGNED"

# ---- others' tools ----

t "docker-registry: there and back, changed and unchanged"
if [ -n "$DOCKER" ]; then
	fresh
	run 0 push "$DOCKER/$REPO:v1" "$SIGNED"
	run 0 pull "$DOCKER/$REPO:v1" $ANN -o got.zip
	same got.zip "$SIGNED"
	run 0 push "$DOCKER/$REPO:v1" "$SIGNED" --json
	[ "$(field unchanged)" = True ] || wrong "unchanged: $(field unchanged)"
	run 0 push "$DOCKER/$REPO:v1" "$SIGNED" --sign --key "$BASE/bob.key"
	run 0 pull "$DOCKER/$REPO:v1" --key "$BASE/bob.pub" -o got.zip
	run 0 tag "$DOCKER/$REPO:v1" latest
	run 0 pull "$DOCKER/$REPO" $ANN -o got.zip
	run 0 push "$DOCKER/$REPO:m" --module "$BASE/app/greet/greet.wasm"
	run 0 pull "$DOCKER/$REPO:m" --allow-unsigned -o m.wasm
	same m.wasm "$BASE/app/greet/greet.wasm"
else
	skip "there is no docker-registry"
fi

t "skopeo reads what is pushed, and its copies are pulled"
if [ -n "$DOCKER" ] && command -v skopeo >/dev/null; then
	fresh
	run 0 push "$DOCKER/$REPO:v1" "$SIGNED" --json
	one=$(field digest)
	skopeo inspect --raw --tls-verify=false "docker://$DOCKER/$REPO:v1" >raw 2>log ||
		wrong "$(cat log)"
	[ "sha256:$(sha256sum <raw | cut -d' ' -f1)" = "$one" ] ||
		wrong "skopeo reads another manifest"
	ok skopeo copy --src-tls-verify=false "docker://$DOCKER/$REPO:v1" \
		"oci:$WORK/copy:v1"
	run 5 pull "oci:$WORK/copy:v1" $ANN -o got.zip # it leaves signatures behind
	forget
	run 0 pull "oci:$WORK/copy:v1" --allow-unsigned -o got.zip
	same got.zip "$PLAIN"
	fresh
	run 0 push "oci:$WORK/mine:v1" "$SIGNED"
	ok skopeo copy --dest-tls-verify=false "oci:$WORK/mine:v1" \
		"docker://$DOCKER/$REPO:v2"
	run 0 pull "$DOCKER/$REPO:v2" --allow-unsigned -o got.zip
	same got.zip "$PLAIN"
else
	skip "there is no skopeo, or no docker-registry"
fi

t "oras reads what is pushed, and what it pushes and copies is pulled"
if [ -n "$DOCKER" ] && command -v oras >/dev/null; then
	fresh
	run 0 push "$DOCKER/$REPO:v1" "$SIGNED"
	mkdir files
	(cd files && oras pull --plain-http "$DOCKER/$REPO:v1") >log 2>&1 ||
		wrong "$(cat log)"
	gunzip files/*.gz
	same files/greet.wasm "$BASE/app/greet/greet.wasm"
	has files/Directive.yaml "identifier: com.example.app"
	ok oras cp -r --from-plain-http "$DOCKER/$REPO:v1" --to-oci-layout "$WORK/copy:v1"
	run 0 pull "oci:$WORK/copy:v1" $ANN -o got.zip
	same got.zip "$SIGNED"
	cp "$SIGNED" app.wasm.zip
	ok oras push --plain-http "$DOCKER/$REPO:o" app.wasm.zip:application/zip
	run 0 pull "$DOCKER/$REPO:o" $ANN -o got.zip
	same got.zip "$SIGNED"
	oras discover --plain-http "$DOCKER/$REPO:v1" >tree 2>&1
	has tree application/vnd.subo.signature.v1
else
	skip "there is no oras, or no docker-registry"
fi

t "cosign verifies what is signed while it is pushed"
if [ -n "$DOCKER" ] && command -v cosign >/dev/null; then
	fresh
	run 0 push "$DOCKER/$REPO:v1" "$SIGNED" --sign --key "$BASE/ann.key" --json
	set -- --insecure-ignore-tlog --allow-http-registry
	ok cosign verify --key "$BASE/ann.pem" "$@" "$DOCKER/$REPO:v1"
	fails cosign verify --key "$BASE/bob.pem" "$@" "$DOCKER/$REPO:v1"
else
	skip "there is no cosign, or no docker-registry"
fi

stop_servers
done_
