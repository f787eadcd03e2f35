#!/bin/sh
# subo graph: text, pictures and data; what is wrong is told as by subo check.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
export LC_ALL=C.UTF-8

head='identifier: com.example.app
appVersion: v0.1.0
atmoVersion: v0.4.8
capabilities: {http: {enabled: false}}'

# project NAME...: functions, and the Directive's handlers on standard input.
project() {
	for f in "$@"; do
		mkdir -p "$f"
		printf 'name: %s\nlang: wat\n' "$f" >"$f/.runnable.yml"
	done
	{ echo "$head"; cat; } >Directive.yaml
}
order() {
	project reserve mail label <<EOD
handlers:
- type: request
  method: POST
  resource: /order
  steps:
  - {fn: reserve, retry: 3}
  - group:
    - {fn: mail, when: state.mail}
    - {fn: label, as: slip}
  response: slip
- type: request
  method: GET
  resource: /order/:id
  steps: [{call: POST /order, as: again}]
schedules:
- name: tidy
  every: {minutes: 5}
  steps: [{fn: label}]
EOD
	# What only a function sets is not known to the checks.
	sed -i 's/{fn: reserve/{fn: reserve, as: mail/' Directive.yaml
}
# well_formed FILE: it is XML, its root an SVG with a size.
well_formed() {
	ok python3 -c '
import sys, xml.etree.ElementTree as x
r = x.parse(sys.argv[1]).getroot()
assert r.tag == "{http://www.w3.org/2000/svg}svg", r.tag
assert r.get("viewBox") == "0 0 %s %s" % (r.get("width"), r.get("height"))
assert r.get("role") == "img"' "$1"
}

t "the flows are drawn as text on standard output"
order
run 0 graph
has out '┌'
has out '│ POST '
has out '├─┼──▶│ slip   │'
has out '│ retry ×3 │'
has out '│ when state.mail ├'
has out 'every 5m'
ok test ! -s err
ok python3 -c '
assert max(len(l.rstrip("\n")) for l in open("out", encoding="utf-8")) <= 80'

t "any folder of the project stands for it, and so does its Directive"
order
run 0 graph
cp out want
run 0 graph mail
same want out
run 0 graph Directive.yaml
same want out
run 0 graph "$WORK/Directive.yaml"
same want out
cd mail || exit 1
run 0 graph
same ../want out
run 0 graph ../Directive.yaml
same ../want out

t "the picture of the manual is what is drawn"
sed -n '/^\.Bd -literal$/,/^\.Ed/p' "$ROOT/man/subo-graph.1" | sed '1d;$d' >want
printf '%s\n' "$head" 'handlers:' '- type: request' '  method: POST' \
	'  resource: /order' '  response: slip' '  steps:' \
	'  - {fn: reserve, retry: 3}' \
	'  - group: [{fn: mail, when: state.mail}, {fn: label, as: slip}]' >alone.yaml
run 0 graph alone.yaml
same want out

t "without a UTF-8 locale, and with --ascii, there is only ASCII"
order
run 0 graph --ascii
fails grep -q '[^ -~]' out
has out '+-'
cp out want
export LC_ALL=C
run 0 graph
export LC_ALL=C.UTF-8
same want out
LC_ALL='' LC_CTYPE='' LANG='' run 0 graph
export LC_ALL=C.UTF-8
same want out

t "-o writes a picture, whole, and says where"
order
run 0 graph -o flows.svg
well_formed flows.svg
has err 'flows.svg: 2 handlers, 1 schedule'
ok test ! -s out
has flows.svg 'data-flow="h0"'
has flows.svg 'prefers-color-scheme:dark'
has flows.svg '<a xlink:href="#flow-h0">'
run 0 graph --svg
same flows.svg out
run 0 graph -o -
same flows.svg out
ok test ! -e ./-
run 0 graph -o flows.svg --quiet
ok test ! -s err

t "-o writes text when that is asked for"
order
run 0 graph
cp out want
run 0 graph -o flows.txt
same want flows.txt
run 0 graph --text -o flows.md
same want flows.md
LC_ALL=C run 0 graph -o flows.txt
export LC_ALL=C.UTF-8
same want flows.txt
run 0 graph --ascii -o flows.txt
fails grep -q '[^ -~]' flows.txt

t "a file that cannot be written leaves what was there"
order
mkdir flows.svg
run 7 graph -o flows.svg
run 7 graph -o none/flows.svg
ok test ! -e none
run 2 graph --svg --text
run 2 graph --svg --ascii

t "one flow is drawn by its name"
order
run 0 graph --only 'GET /order/:id'
has out 'GET'
hasnt out 'every'
run 0 graph --only tidy
has out 'every 5m'
hasnt out 'POST'
run 4 graph --only 'GET /ordr/:id'
has err "no handler, topic or schedule is called 'GET /ordr/:id'"
has err "did you mean 'GET /order/:id'?"
run 4 graph --only x -o flows.svg
ok test ! -e flows.svg

t "what is wrong with the Directive is told, and nothing is drawn"
project greet <<EOD
handlers:
- type: request
  method: GET
  resource: /x
  steps: [{fn: greeet}]
EOD
run 1 graph -o x.svg
has err "Directive.yaml:9:16: error[D017]: no function 'greeet'"
has err "did you mean 'greet'?"
ok test ! -e x.svg
run 1 graph --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "graph" and not d["ok"], d
assert d["problems"][0]["code"] == "D017", d'
printf '\tx: [\n' >Directive.yaml
run 1 graph
has err 'Directive.yaml:1:1: error[D000]'
run 1 graph Directive.yaml
has err 'error[D000]'
printf '\tx: [\n' >other.yaml
run 1 graph other.yaml
has err 'other.yaml:1:1: error[D000]'

t "warnings do not keep it from being drawn"
order
echo 'respons: x' >>Directive.yaml
run 0 graph
has out 'POST'
ok test ! -s err

t "what is no Directive is told with what to give"
run 4 graph none
has err "no file or folder 'none'"
run 4 graph
head -c 100 /dev/zero >junk
run 1 graph junk
printf 'PK\003\004junk' >junk.zip
run 3 graph junk.zip
mkdir greet
printf 'name: greet\nlang: wat\n' >greet/.runnable.yml
run 4 graph
has err 'no Directive.yaml'

t "a file that lists no functions is drawn all the same"
printf '%s\n' 'identifier: x' 'handlers:' \
	'- {type: request, method: GET, resource: /x, steps: [{fn: a}]}' >x.yaml
run 0 graph x.yaml
has out '/x'

t "an app without handlers says how its functions are reached"
project greet </dev/null
echo 'headless: true' >>Directive.yaml
run 0 graph
has out 'POST /com.example.app/NAMESPACE/NAME/v0.1.0'
run 0 graph --svg
well_formed out
has out 'POST /com.example.app/NAMESPACE/NAME/v0.1.0'

t "with --json the flows are data"
order
run 0 graph --json -o flows.svg
well_formed flows.svg
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "graph" and d["ok"] and d["path"] == "flows.svg", d
g = d["graph"]
assert g["identifier"] == "com.example.app" and g["version"] == "v0.1.0", g
assert [f["flow"] for f in g["flows"]] == ["h0", "h1", "s0"], g
h = g["flows"][0]
assert h["name"] == "POST /order" and h["answer"] == "slip", h
s = h["steps"]
assert s[0]["calls"][0]["retry"] == 3, s
assert s[1]["kind"] == "group" and s[1]["calls"][0]["when"] == "state.mail", s
assert g["flows"][1]["steps"][0]["calls"][0]["calls"] == "h0", g
assert g["flows"][2]["every_s"] == 300, g'
run 0 graph --json --only tidy
ok python3 -c '
import json
d = json.load(open("out"))
assert "path" not in d, d
assert [f["flow"] for f in d["graph"]["flows"]] == ["s0"], d'
run 4 graph --json --only tydi
has out "did you mean 'tidy'?"

t "hostile names are text in pictures and on the terminal"
{
	echo "$head"
	cat <<'EOD'
handlers:
- type: request
  method: GET
  resource: "/x\"><script>alert('&')</script>]]>\u202e\u001b[31m"
  steps: [{fn: "<a onload='x'>\u0007&amp;"}, {fn: a, as: "</title>"}]
EOD
} >x.yaml
run 0 graph --svg x.yaml
well_formed out
hasnt out '<script'
hasnt out '<a onload'
run 0 graph x.yaml
fails grep -q "$(printf '\033')" out
fails grep -q "$(printf '\342\200\256')" out

t "the bundle of a project is drawn like it"
if "$SUBO" create project demo --lang wat >log 2>&1 &&
	"$SUBO" build --dir demo >>log 2>&1 ||
	(cd demo && "$SUBO" build) >>log 2>&1; then
	run 0 graph demo
	cp out want
	run 0 graph demo/runnables.wasm.zip
	same want out
else
	wrong "no project: $(tail -3 log)"
fi

t "the largest Directive is drawn up to a ceiling"
python3 - >x.yaml <<'EOD'
print("identifier: x\nhandlers:")
for i in range(4096):
    print("- {type: request, method: GET, resource: /%d, steps: ["
          "{fn: a}, {fn: b}, {fn: c}, {fn: d}, {fn: e}, {fn: f}]}" % i)
EOD
run 0 graph --svg x.yaml
well_formed out
has out '1596 more are not drawn'
ok test "$(wc -c <out)" -lt 33554432

done_
