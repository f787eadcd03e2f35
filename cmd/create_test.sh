#!/bin/sh
# subo create: projects, functions, handlers, templates of others.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
export XDG_CACHE_HOME="$BASE/cache"

long=$(printf '%0300d' 0 | tr 0 a)
empty_but() { # NAME...: nothing else is in this folder
	for f in * .[!.]*; do
		[ -e "$f" ] || [ -L "$f" ] || continue
		case " out err ok.out $* " in *" $f "*) ;; *)
			wrong "'$f' was left behind"
			;;
		esac
	done
}

t "a project is made whole, with its first function"
run 0 create project demo --lang c
[ "$(cat out)" = demo ] || wrong "stdout is $(cat out)"
has err "cd demo && subo test"
has demo/Directive.yaml "identifier: com.example.demo"
has demo/Directive.yaml "fn: hello"
has demo/hello/.runnable.yml "name: hello"
has demo/hello/.runnable.yml "lang: c"
grep -rq '{{' demo && wrong "braces are left"
[ -z "$(find demo -name '*.tmpl')" ] || wrong ".tmpl files are left"
empty_but demo
cd demo || exit 1
run 0 check

t "the language is rust when none is said"
run 0 create project demo
has demo/hello/.runnable.yml "lang: rust"

t "names, identifier, folder and git are as asked"
mkdir sub
run 0 create project demo --lang wat --function greet --dir sub/ \
	--identifier org.acme.shop --git
[ "$(cat out)" = sub/demo ] || wrong "stdout is $(cat out)"
has sub/demo/Directive.yaml "identifier: org.acme.shop"
has sub/demo/Directive.yaml "fn: greet"
ok test -f sub/demo/greet/.runnable.yml
ok test -f sub/demo/.git/HEAD
run 0 create project env --lang c --environment com.suborbital
has env/Directive.yaml "identifier: com.suborbital.env"
run 2 create project id --identifier 'a b'
has err "com.example.id"
run 2 create project id --identifier 'x.y: z'
run 2 create project id --identifier a --environment b
for o in dir template function lang identifier; do
	run 2 create project id --$o ''
done
run 4 create project id --dir none
has err "no folder 'none/'"
empty_but sub env

t "a bad name is refused with one that would do"
# shellcheck disable=SC2016
for n in a/b .. -x A "$long" '' 'a;rm -rf ~' 'x$(y)' ../x /tmp/x; do
	run 2 create project -- "$n"
	has err "error: "
	has err "try: "
	run 2 create function -- "$n"
	has err "try: "
done
run 2 create project -rf
run 2 create function x --namespace 'A b'
run 2 create project x --function ../y
empty_but

t "a name that is missing is told, not asked for, without a terminal"
run 2 create project
has err "the project needs a name"
run 2 create function
has err "the function needs a name"

t "what exists is never touched"
mkdir demo
echo mine >demo/file
run 2 create project demo --lang c
has err "'demo' exists already"
run 2 create function demo --lang c
has err "'demo' exists already"
[ "$(cat demo/file)" = mine ] || wrong "the file changed"
ln -s nowhere link
run 2 create project link --lang c
echo text >file
run 2 create project file --lang c
[ "$(cat file)" = text ] || wrong "the file changed"
empty_but demo link file

t "each language makes a function that check accepts"
run 0 create project demo --lang wat
cd demo || exit 1
for lang in rust rs c cpp c++ assemblyscript as go tinygo wat; do
	f=f-$(echo $lang | tr + x)
	run 0 create function "$f" --lang "$lang" --handler "/$f"
	[ "$(cat out)" = "$f" ] || wrong "stdout is $(cat out)"
	has Directive.yaml "fn: $f"
done
run 0 check
has f-tinygo/.runnable.yml "lang: tinygo"
run 0 create function tiny --lang go --tinygo
has tiny/.runnable.yml "lang: tinygo"
run 2 create function x --lang rust --tinygo

t "old spellings make functions"
for word in runnable plugin module; do
	run 0 create $word "x$word" --lang rs
	ok test -f "x$word/.runnable.yml"
done

t "old options say what to use now"
for old in '--branch main' '--repo a/b' --update-templates --headless; do
	# shellcheck disable=SC2086
	run 2 create project x $old
	has err "is no longer an option"
	has err "try: "
done
run 2 create release 1.0.0 x
has err "is gone"
empty_but

t "an unknown language is told with the nearest, or all"
run 2 create function x --lang rsut
has err "did you mean 'rust'?"
run 2 create function x --lang js
has err "no language 'js' in this version"
has err "assemblyscript"

t "a name that the project has is refused, in its namespace only"
run 0 create project demo --lang wat
cd demo || exit 1
mkdir deep
run 2 create function hello --lang c --dir deep
has err "the project has a function default::hello already, in 'hello'"
run 0 create function hello --lang c --dir deep --namespace other
has deep/hello/.runnable.yml "namespace: other"

t "a function is made in the project's root from any folder of it"
run 0 create project demo --lang wat
mkdir -p demo/a/b
cd demo/a/b || exit 1
run 0 create function up --lang c
ok test -f ../../up/.runnable.yml
[ "$(cat out)" = "$(cd ../.. && pwd -P)/up" ] || wrong "stdout: $(cat out)"
run 0 create function here --lang c --dir .
ok test -f here/.runnable.yml
run 4 create function x --lang c --dir none
has err "no folder 'none'"

t "a function needs no project, but its handler does"
run 0 create function solo --lang c
ok test -f solo/.runnable.yml
run 4 create function other --lang c --handler /x
has err "no Directive.yaml"
empty_but solo

t "a handler is added and every other byte stays"
run 0 create project demo --lang wat
cd demo || exit 1
printf '# end: caf\303\251\n' >>Directive.yaml
cp Directive.yaml before
run 0 create function up --lang c --namespace text --handler /up/:who \
	--method put
grep -vxF -f before Directive.yaml >added
has added "resource: /up/:who"
has added "method: PUT"
has added "fn: text::up"
grep -vxF -f Directive.yaml before >lost && wrong "lines are lost: $(cat lost)"
run 0 create handler /both --steps 'hello, text::up'
has Directive.yaml "resource: /both"
has out Directive.yaml
run 0 check

t "a handler with DOS line ends keeps them"
run 0 create project demo --lang wat
cd demo || exit 1
sed 's/$/\r/' Directive.yaml >dos && mv dos Directive.yaml
run 0 create handler /x --steps hello
grep -qv "$(printf '\r')\$" Directive.yaml && wrong "mixed line ends"
run 0 check

t "a handler through a symlink changes the file it points to"
run 0 create project demo --lang wat
mv demo/Directive.yaml real.yaml
chmod 640 real.yaml
ln -s ../real.yaml demo/Directive.yaml
cd demo || exit 1
run 0 create handler /x --steps hello
[ -L Directive.yaml ] || wrong "the symlink is gone"
has ../real.yaml "resource: /x"
[ "$(stat -c %a ../real.yaml)" = 640 ] || wrong "the mode changed"

t "a wrong handler changes nothing"
run 0 create project demo --lang wat
cd demo || exit 1
cp Directive.yaml before
run 2 create handler
run 2 create handler /x
has err "--steps"
has err "hello"
run 2 create handler /x --steps ''
run 2 create handler /x --steps hello,,hello
run 3 create handler /x --steps helo
has err "no function 'helo'"
has err "did you mean 'hello'?"
run 2 create handler x --steps hello
run 2 create handler '/a b' --steps hello
run 2 create handler "$(printf '/a\nb')" --steps hello
run 2 create handler '/a: {b}' --steps hello
run 2 create handler /x --method FETCH --steps hello
has err "no method 'FETCH'"
run 2 create handler /hello --method post --steps hello
has err "Directive.yaml:"
has err "already"
has err "try: take another path or --method"
run 0 create handler /u/:a --steps hello
cp Directive.yaml before
run 3 create handler /u/:b --steps hello
has err "conflicts"
run 2 create handler /x --type stream --steps hello
same before Directive.yaml
cd .. || exit 1
run 4 create handler /x --steps hello
has err "try: "

t "a function whose handler cannot be added is not made"
run 0 create project demo --lang wat
cd demo || exit 1
run 2 create function a --lang c --handler /hello --method POST
run 2 create function a --lang c --handler nopath
run 4 create function a --lang c --dir not/there
has err "try: mkdir -p 'not/there'"
echo '	broken' >>Directive.yaml
run 3 create function a --lang c --handler /a
[ -e a ] && wrong "the folder was left behind"
ls -d .subo-new* >left 2>/dev/null && wrong "left: $(cat left)"

t "a prebuilt module is brought in, when it is one"
printf '\0asm\1\0\0\0' >m.wasm
run 0 create function pre --from m.wasm
same m.wasm pre/pre.wasm
has pre/.runnable.yml "lang: wasm"
has err "will not run as it is"
: >empty.wasm
printf '\0asm\1\0\0\0\1' >cut.wasm
printf '\0asm\15\0\1\0' >component.wasm
echo text >text.wasm
for kind in empty cut component text; do
	run 3 create function x --lang wasm --from $kind.wasm
	has err "$kind.wasm"
done
run 4 create function x --from none.wasm
run 2 create function x --lang wasm
has err "--from FILE.wasm"
run 2 create function x --lang rust --from m.wasm
run 2 create project x --lang wasm
[ -e x ] && wrong "the folder was left behind"

t "with --json the answer is one document"
run 0 create project demo --lang c --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "create" and d["v"] == 1 and d["ok"] is True, d
assert d["path"] == "demo", d
assert "Directive.yaml" in d["files"] and "hello/lib.c" in d["files"], d'
cd demo || exit 1
run 0 create function x --lang c --handler /x --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["path"] == "x" and ".runnable.yml" in d["files"], d
assert d["changed"] == "Directive.yaml", d'
run 2 create function x --lang c --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["ok"] is False and d["code"] == "usage", d'

t "a template of one's own is a plain folder"
mkdir work
mkdir -p 'mine/{{ .NameCamel }}'
echo '{{ .FQFN }} {{ .NameCaps }} {{ .UnderscoreName }}' \
	>'mine/{{ .NameCamel }}/f.tmpl'
echo 'lang: {{ .Lang }}' >mine/.runnable.yml.tmpl
cd work || exit 1
run 0 create function my-fn --lang c --template ../mine
[ "$(cat my-fn/MyFn/f)" = "#default::my-fn@v0.1.0 MYFN my_fn" ] ||
	wrong "filled: $(cat my-fn/MyFn/f)"
mkdir -p ../proj/sub
echo 'identifier: {{ .Identifier }}' >../proj/sub/Directive.yaml.tmpl
run 0 create project two --template ../proj#sub
has two/Directive.yaml "identifier: com.example.two"
[ -e two/hello ] && wrong "a function nobody asked for"
run 0 create project three --template ../proj#sub --lang c --function f
ok test -f three/f/lib.c
echo '{{ .Nothing }}' >../mine/bad.tmpl
run 3 create function x --lang c --template ../mine
has err "mine/bad.tmpl:1:1"
rm ../mine/bad.tmpl
ln -s /etc/passwd ../mine/link
run 3 create function x --lang c --template ../mine
has err "symlink"
run 4 create function x --lang c --template ./none
empty_but my-fn two three

t "an address that is not allowed is refused"
for url in 'ext::sh -c touch% x' git://host/x http://host/x \
	ssh://-oProxyCommand=x/y example.com/x 'https://h/x@--upload-pack=x' \
	'https://h/x#../y'; do
	run 2 create function x --lang c --template "$url"
	has err "try: "
done
run 2 create function x --lang c --template http://me:s3cret@host/x
hasnt err s3cret
run 6 create function x --lang c --template https://me:s3cret@127.0.0.1:9/x
hasnt err s3cret
empty_but

t "a template of a repository is fetched, named by commit, and kept"
if git --version >git.out 2>&1; then
	export HOME="$WORK" GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a \
		GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
	mkdir -p repo/fn work
	echo 'lang: {{ .Lang }}' >repo/fn/.runnable.yml.tmpl
	echo one >repo/fn/f
	ok git -C repo init -q -b main
	ok git -C repo add .
	ok git -C repo commit -qm one
	ok git -C repo tag v1
	one=$(git -C repo rev-parse HEAD)
	echo two >repo/fn/f
	ok git -C repo commit -qam two
	two=$(git -C repo rev-parse HEAD)
	url=file://$WORK/repo
	cd work || exit 1
	run 0 create function a --lang c --template "$url#fn"
	has err "at commit $two"
	has a/f two
	run 0 create function b --lang c --template "$url@v1#fn" --json
	ok python3 -c '
import json, sys
d = json.load(open("out"))
assert d["commit"] == sys.argv[1] and d["offline"] is False, d' "$one"
	has b/f one
	run 0 create function c --lang c --template ../repo@v1#fn
	has err "at commit $one"
	run 4 create function x --lang c --template "$url@v2#fn"
	has err "did you mean 'v1'?"
	mv ../repo ../gone
	run 0 create function d --lang c --template "$url#fn"
	has err "using the copy of an earlier run"
	has err "at commit $two"
	has d/f two
	run 0 create function e --lang c --template "$url@$one#fn"
	hasnt err "earlier run"
	has e/f one
	run 4 create function x --lang c --template "$url@dev#fn"
	empty_but a b c d e
else
	skip "git is not installed"
fi

t "a template comes over https from who is known, to who is let in"
if git --version && openssl version && python3 --version &&
	[ -x "$(git --exec-path)/git-http-backend" ]; then
	ok git init -q -b main repo
	echo one >repo/f
	ok git -C repo add .
	ok git -C repo commit -qm one
	ok openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem \
		-out cert.pem -days 2 -subj /CN=localhost
	python3 "$ROOT/testdata/template/https.py" "$WORK" cert.pem key.pem \
		"$WORK/port" 2>server.err &
	server=$!
	while kill -0 $server 2>/dev/null && [ ! -f port ]; do sleep 0.05; done
	host=localhost:$(cat port)
	ssl() { SSL_CERT_FILE=$WORK/cert.pem run "$@"; }
	mkdir work
	cd work || exit 1
	ssl 0 create function a --lang c --template "https://$host/repo"
	has err "at commit $(git -C ../repo rev-parse HEAD)"
	has a/f one
	run 5 create function x --lang c --template "https://$host/repo"
	has err "certificate"
	ssl 5 create function x --lang c --template "https://$host/auth/repo"
	has err "asks for a user and password"
	ssl 0 create function b --lang c \
		--template "https://me:s3%3Acret@$host/auth/repo"
	has b/f one
	hasnt err s3
	ssl 5 create function x --lang c \
		--template "https://me:wr0ng@$host/auth/repo"
	has err "not accepted"
	hasnt err wr0ng
	ssl 6 create function x --lang c --template "https://$host/away/repo"
	has err "redirect"
	ssl 6 create function x --lang c --template "https://$host/none"
	SSL_CERT_FILE=$WORK/none run 3 create function x --lang c \
		--template "https://$host/repo"
	kill $server
	wait $server 2>/dev/null
	ssl 0 create function c --lang c --template "https://$host/repo"
	has err "using the copy of an earlier run"
	grep -rqE 's3:|s3%|wr0ng' "$XDG_CACHE_HOME" && wrong "a secret is kept"
	empty_but a b c
else
	skip "git, its http-backend, openssl or python3 is not installed"
fi >tools.out 2>&1
grep -v '^git version\|^OpenSSL\|^Python' "$WORK/tools.out"

t "a read-only folder is an error of the machine, and nothing is left"
mkdir ro
here=yes
if [ "$(id -u)" != 0 ]; then
	chmod 555 ro
elif ! mount -t tmpfs -o ro none ro 2>mount.err; then
	here=no
	skip "root may write everywhere, and cannot mount here"
fi
if [ $here = yes ]; then
	run 7 create project x --lang c --dir ro
	run 7 create function x --lang c --dir ro
	has err "cannot make folder"
	[ -z "$(ls -A ro)" ] || wrong "left behind: $(ls -A ro)"
	[ "$(id -u)" != 0 ] || umount ro
fi

t "a full disk is an error of the machine, and nothing is left"
mkdir full
if mount -t tmpfs -o size=64k none full 2>mount.err; then
	mkdir big full/keep
	head -c 200000 /dev/zero >big/f
	run 7 create function x --lang c --template ./big --dir full
	has err "No space left"
	[ "$(ls -A full)" = keep ] || wrong "left behind: $(ls -A full)"
	umount full
	mount -t tmpfs -o size=64k none full
	run 0 create project demo --lang c --dir full
	head -c 1000000 /dev/zero >full/fill 2>/dev/null
	cp full/demo/Directive.yaml before
	cd full/demo || exit 1
	"$SUBO" create function x --lang c --handler /x >"$WORK/out" \
		2>"$WORK/err"
	[ $? = 7 ] || wrong "a full disk is no exit 7"
	cd "$WORK" || exit 1
	has err "No space left"
	same before full/demo/Directive.yaml
	[ -e full/demo/x ] && wrong "x was left behind"
	ls -d full/demo/.subo-new* >left 2>/dev/null && wrong "$(cat left)"
	umount full
else
	skip "no small disk can be mounted here: $(cat mount.err)"
fi

t "an interrupted run leaves nothing"
mkdir slow
i=0
while [ $i -lt 3000 ]; do
	: >slow/$i
	i=$((i + 1))
done
"$SUBO" create function x --lang c --template ./slow >out 2>err &
pid=$!
while kill -0 $pid 2>/dev/null; do
	ls -d .subo-new* >/dev/null 2>&1 && break
done
kill -TERM $pid 2>/dev/null
wait $pid
code=$?
if [ $code = 0 ]; then
	ok test -f x/2999
else
	[ $code = 143 ] || wrong "exit $code, not 143"
	[ -e x ] && wrong "x was left behind"
fi
ls -d .subo-new* >left 2>/dev/null && wrong "left: $(cat left)"

t "a terminal is asked for what is missing"
if script --version >/dev/null 2>&1; then
	echo asked | script -qec "'$SUBO' create project --lang c" \
		/dev/null >out 2>&1
	has out "name of the project?"
	ok test -f asked/Directive.yaml
	cd asked || exit 1
	echo hello | script -qec "'$SUBO' create handler /x" /dev/null \
		>out 2>&1
	has out "which functions (hello)?"
	has Directive.yaml "resource: /x"
else
	skip "script(1) is not installed"
fi

done_
