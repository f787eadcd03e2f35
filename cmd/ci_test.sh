#!/bin/sh
# subo ci: pipelines that are sound, and whose steps work.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
export HOME="$BASE" XDG_CACHE_HOME="$BASE/cache"
unset GITHUB_ACTIONS GITHUB_WORKSPACE

project() {
	"$SUBO" create project p --lang "${1:-wat}" -q >log 2>&1 || wrong "create"
	cd p || exit 1
	git init -q . 2>/dev/null || mkdir .git
}

# steps FILE: the shell texts of a pipeline into steps/N-NAME, in order; checks
# what it says on the way.  A small reader: PyYAML may not be there.
cat >"$BASE/pipeline.py" <<'END'
import json, os, re, sys

def read(lines, at, indent):
    """A block of our pipelines as dict, list or text; YAML's way, small."""
    out = None
    while at < len(lines):
        line = lines[at]
        if not line.strip() or line.strip().startswith("#"):
            at += 1
            continue
        here = len(line) - len(line.lstrip())
        if here < indent:
            break
        assert here == indent, line
        body = line.strip()
        if body.startswith("- "):
            out = [] if out is None else out
            lines[at] = " " * (here + 2) + body[2:]
            if re.match(r"[A-Za-z_-]+:( |$)", body[2:]):
                v, at = read(lines, at, here + 2)
            elif body[2:] == "|":
                v, at = block(lines, at + 1, here)
            else:
                v, at = scalar(body[2:]), at + 1
            out.append(v)
            continue
        out = {} if out is None else out
        key, _, rest = body.partition(":")
        assert key not in out, "twice: " + key
        rest = rest.strip()
        if rest == "|":
            out[key], at = block(lines, at + 1, here)
        elif rest == "" or rest.startswith("#"):
            nxt = at + 1
            while nxt < len(lines) and (not lines[nxt].strip() or
                                        lines[nxt].strip()[0] == "#"):
                nxt += 1
            deep = len(lines[nxt]) - len(lines[nxt].lstrip()) \
                if nxt < len(lines) else 0
            if deep > here:
                out[key], at = read(lines, at + 1, deep)
            else:
                out[key], at = None, at + 1
        else:
            out[key], at = scalar(rest), at + 1
    return out, at

def block(lines, at, indent):
    text, deep = [], None
    while at < len(lines):
        line = lines[at]
        n = len(line) - len(line.lstrip())
        if line.strip() and n <= indent:
            break
        if deep is None and line.strip():
            deep = n
        text.append(line[deep or 0:])
        at += 1
    return "\n".join(text).rstrip() + "\n", at

def scalar(s):
    s = re.sub(r" #.*$", "", s).strip()
    if s[:1] == '"':
        return json.loads(s)
    if s[:1] == "'":
        return s[1:-1]
    if s[:1] == "[":
        return [scalar(x) for x in s[1:-1].split(",")]
    return {"true": True, "false": False}.get(s, s)

text = open(sys.argv[1]).read()
assert "\t" not in text
mine = read(text.split("\n"), 0, 0)[0]
try:
    import yaml
    theirs = yaml.safe_load(text)
    # YAML 1.1 takes a plain `on` for a truth.
    theirs = {("on" if k is True else k): v for k, v in theirs.items()}
    def same(a, b):
        if isinstance(a, dict):
            return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
        if isinstance(a, list):
            return len(a) == len(b) and all(map(same, a, b))
        return a == b or str(a) == str(b)
    assert same(mine, theirs), (mine, theirs)
except ImportError:
    pass
json.dump(mine, open("pipeline.json", "w"), indent=1)
os.makedirs("steps", exist_ok=True)
steps = []
if "jobs" in mine:
    for job in mine["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                steps.append((step["name"], step["run"]))
else:
    steps.append(("before", "\n".join(mine["default"]["before_script"])))
    for job in mine.values():
        if isinstance(job, dict) and "script" in job:
            steps.append((job["stage"], "\n".join(job["script"])))
for i, (name, run) in enumerate(steps):
    open("steps/%d-%s" % (i, name.lower().replace(" ", "-")), "w").write(run)
END
pipeline() { ok python3 "$BASE/pipeline.py" "$1"; }

# An archive as `make install` lays it out, a folder in the place of
# /usr/local, and an apt-get that installs nothing.
stage() {
	mkdir -p "$BASE/dist/bin" "$BASE/dist/share/subo" "$BASE/usr" \
		"$BASE/tools"
	cp "$SUBO" "$BASE/dist/bin/subo"
	cp -R "$ROOT/templates" "$ROOT/scripts" "$BASE/dist/share/subo/"
	tar -C "$BASE/dist" -czf "$BASE/subo.tar.gz" .
	printf '#!/bin/sh\necho "apt-get $*" >>"%s/apt.log"\n' "$BASE" \
		>"$BASE/tools/apt-get"
	chmod +x "$BASE/tools/apt-get"
	SUBO_URL=file://$BASE/subo.tar.gz
	SUBO_SHA256=$(sha256sum "$BASE/subo.tar.gz" | cut -d' ' -f1)
	export SUBO_URL SUBO_SHA256
}
# step N-NAME: as the service runs it, but for the folders of the machine.
step() {
	sed "s|/usr/local|$BASE/usr|g; s|/tmp/subo.tar.gz|$BASE/got.tar.gz|g" \
		"steps/$1" >step.sh
	PATH="$BASE/tools:$BASE/usr/bin:$PATH" sh -eu step.sh >step.out 2>&1 || {
		wrong "step $1 failed: $?"
		sed 's/^/    /' step.out | head -20
	}
}
stage

t "GitHub: the pipeline is YAML and asks for little"
project
run 0 ci init --github
has out .github/workflows/subo.yml
pipeline .github/workflows/subo.yml
ok python3 - <<'END'
import json, re
p = json.load(open("pipeline.json"))
text = open(".github/workflows/subo.yml").read()
assert p["permissions"] == {"contents": "read"}, p["permissions"]
assert set(p["on"]) == {"push", "pull_request"}, p["on"]
job = p["jobs"]["bundle"]
assert "permissions" not in job
for s in job["steps"]:
    if "uses" in s:                     # pinned by commit
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", s["uses"]), s["uses"]
        assert s["with"]["persist-credentials"] is False
    # What an outsider may choose (names of branches) is no part of a script.
    assert "${{" not in s.get("run", ""), s["run"]
    if "secrets." in json.dumps(s):
        assert "github.event_name == 'push'" in s["if"], s
        assert all(v.startswith("${{ ") for v in s["env"].values())
assert text.count("secrets.") == 3
assert "pull_request_target" not in text
END

t "GitLab: the pipeline is YAML, and only trusted branches ship"
project
run 0 ci init --gitlab
has out .gitlab-ci.yml
pipeline .gitlab-ci.yml
ok python3 - <<'END'
import json
p = json.load(open("pipeline.json"))
assert p["stages"] == ["test", "ship"]
assert all("merge_request" not in r["if"] for r in p["ship"]["rules"])
assert "SUBO_KEY" not in json.dumps({k: v for k, v in p.items() if k != "ship"})
END

t "both at once, and JSON"
project
run 0 ci init --github --gitlab --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "ci" and d["ok"], d
assert d["files"] == [".github/workflows/subo.yml", ".gitlab-ci.yml"], d'

t "a file that is there stays, unless --force is given"
project
mkdir -p .github/workflows
echo mine >.github/workflows/subo.yml
run 3 ci init --github
has err "is there already"
has err "--force"
echo mine >want
same want .github/workflows/subo.yml
run 0 ci init --github --force
has .github/workflows/subo.yml "name: subo"

t "what is missing is said"
run 2 ci init
has err "--github or --gitlab"
run 4 ci init --github
has err "Directive.yaml"
run 0 ci
has out init

t "the compilers of the project's languages are installed"
project c
"$SUBO" create function one --lang assemblyscript -q >log 2>&1
run 0 ci init --github
has .github/workflows/subo.yml clang-19
has .github/workflows/subo.yml nodejs
hasnt .github/workflows/subo.yml "deps guests"
"$SUBO" create function two --lang go -q >log 2>&1
run 0 ci init --github --force
has .github/workflows/subo.yml "scripts/deps guests"

t "a project in a folder of a repository is built there"
mkdir -p repo/apps/.x && cd repo && mkdir .git
"$SUBO" create project "shop" --lang wat --dir apps -q >log 2>&1
run 0 ci init --github --gitlab --dir apps/shop
has out .github/workflows/subo.yml
has .github/workflows/subo.yml 'working-directory: "apps/shop"'
has .gitlab-ci.yml 'PROJECT: "apps/shop"'
mv apps "a\"b"
run 3 ci init --github --force --dir 'a"b/shop'
has err "cannot name the folder"

t "GitHub's steps install, build, check and test"
project
run 0 ci init --github
pipeline .github/workflows/subo.yml
export GITHUB_ACTIONS=true GITHUB_WORKSPACE="$PWD"
step 0-install-what-is-needed
has "$BASE/apt.log" "--no-install-recommends ca-certificates curl"
step 1-build
ok test -s runnables.wasm.zip
step 2-check
step 3-test
has step.out "0 failed"
unset GITHUB_ACTIONS GITHUB_WORKSPACE

t "a subo that is not the one that was meant is not installed"
project
run 0 ci init --github
pipeline .github/workflows/subo.yml
rm -rf "${BASE:?}/usr/bin"
(SUBO_SHA256=$(echo x | sha256sum | cut -d' ' -f1)
export SUBO_SHA256
sed "s|/usr/local|$BASE/usr|g; s|/tmp/subo.tar.gz|$BASE/got.tar.gz|g" \
	steps/0-install-what-is-needed >step.sh
PATH="$BASE/tools:$PATH" sh -eu step.sh >step.out 2>&1) &&
	wrong "it was installed"
has step.out FAILED
fails test -e "$BASE/usr/bin/subo"

# ---- signing and pushing, with a registry ----

# registry: Debian's docker-registry on a free port, for ann with a password.
registry() {
	command -v docker-registry >/dev/null || {
		skip "there is no docker-registry"
		return 1
	}
	PORT=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	perl -e 'print "ann:", crypt("open sesame",
		"\$2b\$05\$abcdefghijklmnopqrstuu"), "\n"' >htpasswd
	cat >registry.yml <<-END
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $PWD/store}}
		http: {addr: "127.0.0.1:$PORT"}
		auth: {htpasswd: {realm: test, path: $PWD/htpasswd}}
	END
	docker-registry serve registry.yml >registry.log 2>&1 &
	REGISTRY=$!
	for _ in $(seq 200); do
		curl -sS "http://127.0.0.1:$PORT/v2/" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	wrong "the registry does not answer: $(cat registry.log)"
	kill $REGISTRY
	return 1
}
end_registry() { { kill $REGISTRY; wait $REGISTRY; } 2>/dev/null; }
# pulled TAG: what is there was signed by the pipeline's key.
pulled() {
	mkdir "$WORK/got" && cd "$WORK/got" || exit 1
	mkdir docker
	printf '{"auths": {"localhost:%s": {"auth": "%s"}}}' "$PORT" \
		"$(printf 'ann:open sesame' | base64)" >docker/config.json
	chmod 600 docker/config.json
	DOCKER_CONFIG=$PWD/docker "$SUBO" pull "localhost:$PORT/team/app:$1" \
		--key "$BASE/ci.pub" >out 2>err || wrong "pull: $(cat err)"
	run 0 verify runnables.wasm.zip --key "$BASE/ci.pub"
	has out "(ci)"
}
# signed TAG: and the registry itself says so: minisign's signature is listed as a
# referrer, and one of cosign's lies under its tag.
signed() {
	python3 - "$PORT" "$1" <<'END' || wrong "it is not signed in the registry"
import base64, json, sys, urllib.request
port, tag = sys.argv[1:]
def get(path):
    r = urllib.request.Request("http://127.0.0.1:%s/v2/team/app/%s" % (port, path))
    r.add_header("Accept", ", ".join("application/vnd.oci.image.%s.v1+json" % x
                                     for x in ("manifest", "index")))
    r.add_header("Authorization", "Basic " + base64.b64encode(b"ann:open sesame").decode())
    return urllib.request.urlopen(r)
digest = get("manifests/" + tag).headers["Docker-Content-Digest"]
name = digest.replace(":", "-")
kinds, predicates = {}, set()
for d in json.load(get("manifests/" + name))["manifests"]:
    m = json.load(get("manifests/" + d["digest"]))
    assert m["subject"]["digest"] == digest, m
    kinds[m["artifactType"]] = get("blobs/" + m["layers"][0]["digest"]).read()
    predicates.add(m.get("annotations", {}).get("in-toto.io/predicate-type"))
text = kinds["application/vnd.subo.signature.v1"].decode()
assert text.startswith("untrusted comment: ") and "role=ci" in text, text
assert "application/vnd.dev.sigstore.bundle.v0.3+json" in kinds, kinds.keys()
assert "application/vnd.cyclonedx+json" in kinds, kinds.keys()
assert "https://slsa.dev/provenance/v1" in predicates, predicates
assert "https://in-toto.io/attestation/test-result/v0.1" in predicates, predicates
layers = json.load(get("manifests/" + name + ".sig"))["layers"]
assert len(layers) == 1 and layers[0]["mediaType"] == \
    "application/vnd.dev.cosign.simplesigning.v1+json", layers
claim = json.load(get("blobs/" + layers[0]["digest"]))
assert claim["critical"]["image"]["docker-manifest-digest"] == digest, claim
assert layers[0]["annotations"]["dev.cosignproject.cosign/signature"]
END
}
"$SUBO" keygen --output "$BASE/ci" --no-password >"$BASE/keygen.log" 2>&1 ||
	cat "$BASE/keygen.log"
export TMPDIR="$BASE"

t "GitHub's steps sign and push"
if registry; then
	project
	run 0 ci init --github
	pipeline .github/workflows/subo.yml
	step 0-install-what-is-needed
	step 1-build
	step 3-test
	before=$(ls -A "$BASE")
	export REFERENCE="localhost:$PORT/team/app" VERSION="release/1 (new)"
	export REGISTRY_USER=ann REGISTRY_PASSWORD="open sesame"
	SUBO_KEY=$(cat "$BASE/ci.key")
	export SUBO_KEY
	step 4-sign-and-push
	hasnt step.out "sesame"
	[ "$before" = "$(ls -A "$BASE")" ] || wrong "it leaves files behind"
	signed release-1--new-
	pulled release-1--new-
	end_registry
fi

t "a wrong password ends GitHub's step, and leaves no key behind"
if registry; then
	project
	run 0 ci init --github
	pipeline .github/workflows/subo.yml
	step 1-build
	before=$(ls -A "$BASE")
	export REFERENCE="localhost:$PORT/team/app" REGISTRY_PASSWORD=wrong
	PATH="$BASE/usr/bin:$PATH" sh -eu steps/4-sign-and-push >step.out 2>&1 &&
		wrong "it succeeded"
	hasnt step.out "at $REFERENCE"
	[ "$before" = "$(ls -A "$BASE")" ] || wrong "it leaves files behind"
	end_registry
fi

t "GitLab's steps build, test, sign and push"
if registry; then
	project
	run 0 ci init --gitlab
	pipeline .gitlab-ci.yml
	export PROJECT=. REFERENCE="localhost:$PORT/team/app" VERSION=v1.0.0
	export REGISTRY_USER=ann REGISTRY_PASSWORD="open sesame"
	export SUBO_KEY="$BASE/ci.key" # a variable of the type File
	cat steps/0-before steps/1-test >steps/bundle
	cat steps/0-before steps/2-ship >steps/ship
	step bundle
	ok test -s subo-test.xml
	step ship
	signed v1.0.0
	pulled v1.0.0
	end_registry
fi
unset REFERENCE VERSION REGISTRY_USER REGISTRY_PASSWORD SUBO_KEY PROJECT

# ---- annotations ----

t "problems of files are marked beside their lines"
project
printf '  - bad: 1\n' >>Directive.yaml
line=$(wc -l <Directive.yaml)
run 1 check --github
has err "::error file=Directive.yaml,line=$line,col="
run 1 check
hasnt err "::error"

t "a run of GitHub's is known by its variable, JSON stays clean"
project
printf '  - bad: 1\n' >>Directive.yaml
GITHUB_ACTIONS=true "$SUBO" check >out 2>err
has err "::error file=Directive.yaml,"
GITHUB_ACTIONS=true "$SUBO" check --json >out 2>err
[ -s err ] && wrong "it says $(cat err)"
ok python3 -m json.tool out
GITHUB_ACTIONS=false "$SUBO" check >out 2>err
hasnt err "::error"

t "files are named from where the repository is checked out"
mkdir -p repo/apps && cd repo || exit 1
"$SUBO" create project shop --lang wat --dir apps -q >log 2>&1
cd apps/shop || exit 1
printf '  - bad: 1\n' >>Directive.yaml
GITHUB_WORKSPACE=$WORK/repo "$SUBO" check --github >out 2>err
has err "::error file=apps/shop/Directive.yaml,"

t "tests that fail are marked"
project
cat >tests/wrong.yaml <<'END'
cases:
  - name: "50% of it, and: more"
    request: {method: POST, path: /hello, body: ann}
    expect: {body: nobody}
END
"$SUBO" test --github >out 2>err
code=$?
[ $code = 1 ] || wrong "exit $code: $(cat err)"
has err "::error file=tests/wrong.yaml,line="
has err "title=50%25 of it%2C and%3A more::"

t "errors of compilers are marked"
project
echo '(module (func $x (result i32)))' >hello/lib.wat
run 1 build --github
has err "::error file=hello/lib.wat,line=1,col=18::error: type mismatch"
run 1 build
hasnt err "::error"
if command -v clang-19 >/dev/null; then
	"$SUBO" create function two --lang c -q >log 2>&1
	echo 'int broken( {' >>two/lib.c
	line=$(wc -l <two/lib.c)
	run 1 build --github
	has err "::error file=two/lib.c,line=$line,col="
	has err "error: expected"
fi

t "an error with a place in its text is marked there"
project
printf 'a: [\n' >Directive.yaml
run 3 build --github
has err "::error file=Directive.yaml,line=2"

done_
