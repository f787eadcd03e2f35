#!/bin/sh
# The frame around every command: help, options, exit codes, streams.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

t "no argument prints the help"
run 0
has out "usage: subo COMMAND"
has out "build"

t "the version goes to standard output"
run 0 --version
has out "subo "
[ -s err ] && wrong "said something on stderr"

t "every command listed by help has help of its own"
"$SUBO" help | sed '/^Begin/,$d' |
	sed -n 's/^  \([a-z][a-z]*\)  *[a-z].*/\1/p' >names
[ "$(wc -l <names)" -ge 13 ] || wrong "help lists too few commands"
for cmd in $(cat names); do
	run 0 help "$cmd"
	has out "usage: subo $cmd"
	mv out long
	run 0 "$cmd" --help
	same out long
done

t "a mistyped command is told with the nearest one"
run 2 biuld
has err "no command 'biuld'"
has err "did you mean 'build'?"
[ -s out ] && wrong "an error went to stdout"

t "a mistyped option is told with the nearest one"
run 2 build --relase
has err "unknown option '--relase'"
has err "did you mean '--release'?"

t "an option without its value is told"
run 2 build --jobs
has err "--jobs wants"
run 2 build --jobs=many
has err "--jobs wants a number, not 'many'"
run 2 build --release=yes
has err "--release takes no value"

t "too many arguments are told"
run 2 version extra
has err "too many arguments: 'extra'"

t "an option that a sub-command lacks is told with both names"
run 2 create project x --lnag c
has err "unknown option '--lnag' for 'subo create project'"
has err "did you mean '--lang'?"

t "options of every command may stand before its name"
run 0 --json=lines version
has out '"type":"version"'
run 0 -q --json version
has out '"type": "version"'
run 2 --quiet
run 2 --jobs 2 build

t "each heading of the list of commands stands there once"
run 0 help
grep -v '^ ' out | sort | uniq -d | grep . >twice && wrong "$(cat twice)"

t "an old command says what to use now"
run 2 deploy
has err "'subo deploy' is gone"
has err "try:"

t "with --json an error is one JSON document"
run 4 inspect nothing-here.wasm --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["ok"] is False and d["v"] == 1 and d["type"] == "error", d
assert d["code"] == "missing" and "nothing-here" in d["message"], d'

t "--json=lines is one line"
run 0 version --json=lines
[ "$(wc -l <out)" = 1 ] || wrong "not one line"
run 2 version --json=pretty
has err "'lines'"

t "help with --json is one document too"
for words in "help --json" "help create --json" "build --help --json" \
	"create --json"; do
	# shellcheck disable=SC2086
	run 0 $words
	ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "help" and d["text"].startswith("usage: subo"), d'
done

t "a full disk under standard output is an error"
"$SUBO" help >/dev/full 2>err
[ $? = 7 ] || wrong "exit $?, not 7"
has err "cannot write to standard output"

t "a reader that has seen enough is none"
"$SUBO" help | head -1 >first
has first "usage"

t "nothing is coloured that is no terminal"
run 2 biuld
hasnt err "$(printf '\033')"

t "escape sequences in arguments do not reach the terminal"
run 2 "$(printf 'a\033[31mb')"
hasnt err "$(printf '\033')"
has err '\x1B'

t "closed standard streams are survived"
"$SUBO" version >&- 2>&- <&-
code=$?
[ $code = 0 ] || [ $code = 7 ] || wrong "exit $code"

t "it runs without HOME where no cache is needed"
env -u HOME -u XDG_CACHE_HOME "$SUBO" help >out 2>err || wrong "failed"

done_
