#!/bin/sh
# subo test: from a project or a bundle, its reports and its exit codes.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

FLOW=$ROOT/testdata/flow

# A project of prebuilt modules: building it needs no compiler.
project() {
	mkdir p
	cat >p/Directive.yaml <<-'END'
	identifier: com.example.app
	appVersion: v0.1.0
	atmoVersion: v0.4.8
	handlers:
	  - type: request
	    resource: /hello/:name
	    method: POST
	    steps:
	      - fn: echo
	      - fn: shout
	        with: {in: echo}
	END
	for fn; do
		mkdir "p/$fn"
		printf 'name: %s\nlang: wasm\n' "$fn" >"p/$fn/.runnable.yml"
		cp "$FLOW/$fn.wasm" "p/$fn/$fn.wasm"
	done
}
cases() {
	mkdir -p p/tests
	cat >p/tests/app.yaml
}

t "a project is built and its cases pass"
project echo shout
cases <<'END'
cases:
  - name: shouts
    request: {method: POST, path: /hello/ann, body: hi}
    expect: {status: 200, body: HI, steps: [echo, shout]}
END
cat >p/echo/echo.test.yaml <<'END'
cases:
  - {name: echoes, function: echo, input: a, expect: {body: a}}
END
run 0 test p
has out "2 passed, 0 failed"
ok test -f p/runnables.wasm.zip
run 0 test p --verbose
has out "ok p/echo/echo.test.yaml:2: echoes"
has out "ok p/tests/app.yaml:2: shouts"
cd p/echo || exit 1
run 0 test
has out "1 passed, 0 failed"

t "a failing case shows expected and got beside each other, and exits 1"
project echo shout
cases <<'END'
cases:
  - name: good
    function: echo
    input: a
    expect: {body: a}
  - name: bad
    function: echo
    input: "one\ntwo"
    expect: {body: "one\nthree"}
END
run 1 test p
has out "FAILED p/tests/app.yaml:6: bad"
has out "one      | one"
has out "! three    | two"
has out "1 passed, 1 failed"
hasnt out "good"

t "a trap tells the function and where"
project echo shout trap
cases <<'END'
cases:
  - {name: traps, function: trap, input: a, expect: {body: a}}
END
run 1 test p
has out "function 'trap' trapped: "
has out "in inner"

t "no tests is told with a first test to write"
project echo shout
run 4 test p
has err "there are no tests"
has err "expect: {body: hello world}"

t "a folder without a project is told"
mkdir empty
run 4 test empty
run 4 test nowhere

t "a mistake in a test file is told with its place and nothing runs"
project echo shout
cases <<'END'
cases:
  - name: a
    function: echo
    inptu: a
    expect: {body: a}
END
run 3 test p
has err "p/tests/app.yaml:4:5: error[T002]"
has err "did you mean 'input'?"
[ -s out ] && wrong "something ran"
run 3 test p --json
has out '"T002"'

t "a filter chooses, and one that fits nothing is told"
project echo shout
cases <<'END'
cases:
  - {name: alpha, function: echo, input: a, expect: {body: a}}
  - {name: beta, function: echo, input: a, expect: {body: b}}
END
run 0 test p --filter alpha
has out "1 passed, 0 failed"
run 4 test p --filter bett
has err "did you mean 'beta'?"

t "snapshots are made with --update and compared after"
project echo shout
cases <<'END'
cases:
  - name: kept
    function: echo
    input: first
    expect: {body: {snapshot: true}}
END
run 1 test p
has out "subo test --update"
run 0 test p --update
has err "first"
has p/tests/app.snap/kept.txt first
run 0 test p
sed 's/first/second/' p/tests/app.yaml >new && mv new p/tests/app.yaml
run 1 test p
has out "first"
has out "second"
run 0 test p --update
has err "second"
run 0 test p
rm p/tests/app.yaml
cases <<'END'
cases:
  - {name: other, function: echo, input: a, expect: {body: a}}
END
run 0 test p
has err "app.snap/kept.txt"

t "TAP, JUnit and JSON say the same"
project echo shout
cases <<'END'
cases:
  - {name: good, function: echo, input: a, expect: {body: a}}
  - {name: "<bad>", function: echo, input: a, expect: {body: b}}
  - {name: later, skip: not now, function: echo, input: a,
     expect: {body: b}}
END
run 1 test p --tap --junit r.xml
has out "TAP version 13"
has out "ok 1 - tests/app.yaml: good"
has out "not ok 2 - tests/app.yaml: <bad>"
has out "ok 3 - tests/app.yaml: later # SKIP not now"
has r.xml 'tests="3" failures="1" skipped="1"'
has r.xml 'name="&lt;bad&gt;"'
run 1 test p --json
has out '"type": "test"'
has out '"ok": false'
has out '"passed": 1'
has out '"skipped": 1'
if command -v python3 >/dev/null; then
	ok python3 -c 'import json, xml.dom.minidom as x
json.load(open("out")); x.parse("r.xml")'
fi
run 2 test p --tap --json
run 7 test p --junit none/r.xml
has out "1 passed, 1 failed, 1 skipped"
has err "cannot write 'none/r.xml'"
run 7 test p --junit none/r.xml --json
if command -v python3 >/dev/null; then
	ok python3 -c 'import json
assert json.load(open("out"))["type"] == "error"'
fi

t "the bundle as it is: --no-build, --bundle, or its path"
project echo shout
cases <<'END'
cases:
  - {name: a, request: {method: POST, path: /hello/x, body: a},
     expect: {body: A}}
END
run 4 test p --no-build
has err "make it with 'subo build'"
run 2 test p --no-build --release
run 0 build p
rm -r p/shout
run 0 test p --no-build
cp p/runnables.wasm.zip other.zip
run 0 test p --bundle other.zip
run 0 test p/runnables.wasm.zip
has out "1 passed, 0 failed"
echo junk >other.zip
run 3 test p --bundle other.zip

t "--release tests the bundle that a release build ships"
project echo shout
cases <<'END'
cases:
  - {name: a, request: {method: POST, path: /hello/x, body: a},
     expect: {body: A}}
END
run 0 build p --release
cp p/runnables.wasm.zip shipped
run 0 test p --release
hasnt err "rebuilt"
same shipped p/runnables.wasm.zip

t "a date that build takes is taken, and no other"
project echo shout
cases <<'END'
cases:
  - {name: a, request: {method: POST, path: /hello/x, body: a},
     expect: {body: A}}
END
SOURCE_DATE_EPOCH=4354819199 run 0 test p
SOURCE_DATE_EPOCH=x run 3 test p
has err "SOURCE_DATE_EPOCH is 'x'"
has err "try: unset it"

t "--fail-fast stops at the first failure"
project echo shout
cases <<'END'
cases:
  - {name: a, function: echo, input: a, expect: {body: a}}
  - {name: b, function: echo, input: a, expect: {body: b}}
  - {name: c, function: echo, input: a, expect: {body: c}}
END
run 1 test p --fail-fast --jobs 1
has out "1 passed, 1 failed"

t "ceilings of fuel are held"
project echo shout
cases <<'END'
cases:
  - {name: a, function: echo, input: a, expect: {fuel: {max: 1000000}}}
  - {name: b, function: echo, input: a, expect: {fuel: 1}}
END
run 1 test p
has out "instructions, and may take 1"
has out "1 passed, 1 failed"

t "a project that does not build is not tested"
project echo shout
cases <<'END'
cases:
  - {name: a, function: echo, input: a, expect: {body: a}}
END
echo junk >p/echo/echo.wasm
run 1 test p
hasnt out "passed"

t "one function outside of any project is tested alone"
mkdir lone
printf 'name: lone\nlang: wasm\n' >lone/.runnable.yml
cp "$FLOW/echo.wasm" lone/lone.wasm
cat >lone/lone.test.yaml <<'END'
cases:
  - {name: a, function: lone, input: a, expect: {body: a}}
END
run 0 test lone
has out "1 passed, 0 failed"

t "an outbound call that no answer is given for fails the case"
project echo shout ask
cases <<'END'
cases:
  - {name: bare, function: ask, input: q, expect: {body: x}}
  - name: mocked
    function: ask
    input: q
    given: {http: [{method: POST, url: "https://api.test/x", body: ok}]}
    expect: {body: ok, calls: [{method: POST, url: "https://api.test/x"}]}
END
run 1 test p
has out '- {method: POST, url: "https://api.test/x", status: 200, body: ""}'
has out "1 passed, 1 failed"

# statement FILE WHAT...: each is "path=value" of the JSON.
statement() {
	python3 - "$@" <<'END' || wrong "$1: $(head -c 2000 "$1")"
import json, sys
doc = json.load(open(sys.argv[1]))
for claim in sys.argv[2:]:
    path, want = claim.split("=", 1)
    v = doc
    for k in path.split("."):
        v = v[int(k)] if k.isdigit() else v[k]
    if str(v) != want:
        sys.exit("%s is %s, not %s" % (path, v, want))
END
}
t "a test result is written, packed with what was tested, and travels with it"
project echo shout
cases <<'END'
cases:
  - {name: a, function: echo, input: a, expect: {body: a}}
  - {name: b, function: shout, input: b, expect: {body: B}, skip: later}
END
run 0 build p
run 0 test p --attest result.json
has out "1 passed, 0 failed, 1 skipped"
statement result.json "predicateType=https://in-toto.io/attestation/test-result/v0.1" \
	predicate.result=WARNED "predicate.passedTests.0=tests/app.yaml: a" \
	"predicate.warnedTests.0=tests/app.yaml: b" \
	predicate.configuration.0.name=tests/app.yaml \
	"predicate.configuration.0.digest.sha256=$(sha256sum <p/tests/app.yaml | cut -d' ' -f1)" \
	"subject.1.digest.sha256=$(unzip -p p/runnables.wasm.zip echo.wasm | sha256sum | cut -d' ' -f1)"
run 0 test p --attest again.json
same result.json again.json
run 0 build p --test-result result.json
unzip -p p/runnables.wasm.zip attest/test-result.json >inside
same inside result.json
run 0 test --no-build p --attest again.json # those in attest/ are no subjects
same result.json again.json
run 0 push "oci:$WORK/dist:v1" p/runnables.wasm.zip --json
statement out attestations=3
grep -la '"in-toto.io/predicate-type":"https://in-toto.io/attestation/test-result/v0.1"' \
	dist/blobs/sha256/* >papers
ok test -s papers
t "it is of these modules and no others, and of all cases"
project echo shout
cases <<'END'
cases:
  - {name: a, function: echo, input: a, expect: {body: b}}
END
run 1 test p --attest result.json
statement result.json predicate.result=FAILED "predicate.failedTests.0=tests/app.yaml: a"
cp "$FLOW/echo.wasm" p/shout/shout.wasm
run 5 build p --test-result result.json
has err "tells of another"
has err "subo test --attest"
run 2 test p --attest x.json --filter a
run 2 test p --attest x.json --update
fails test -e x.json
run 7 test p --attest none/x.json
mkdir lone
printf 'name: lone\nlang: wasm\n' >lone/.runnable.yml
cp "$FLOW/echo.wasm" lone/lone.wasm
printf 'cases:\n  - {name: a, function: lone, input: a, expect: {body: a}}\n' \
	>lone/lone.test.yaml
run 2 test lone --attest x.json
has err "there is none"

done_
