#!/bin/sh
# subo login, logout: a password is checked, and kept where it should be.
. "${0%/*}/test.sh"

# A registry that takes "user" with "s3cret:word".
registry() {
	command -v docker-registry >/dev/null || { skip 'docker-registry is not installed'; return 1; }
	port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	# shellcheck disable=SC2016
	echo 'user:$2b$05$CT6Tk/LWBrlDmKbJInG61OSwSeriBPSM.7fcdmq..rTwBTlK4JjyC' >users
	cat >registry.yml <<END
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $WORK/data}}
http: {addr: '127.0.0.1:$port'}
$1
END
	docker-registry serve registry.yml >registry.log 2>&1 &
	server=$!
	for _ in $(seq 500); do
		curl -s "http://127.0.0.1:$port/v2/" >/dev/null && return 0
		sleep 0.02
	done
	wrong 'docker-registry does not start'
}
locked() {
	registry "auth: {htpasswd: {realm: test, path: $WORK/users}}"
}
stop() {
	kill "$server" && wait "$server" 2>/dev/null
}
home() {
	mkdir -p home
	HOME=$WORK/home
	export HOME
	unset DOCKER_CONFIG DOCKER_AUTH_CONFIG REGISTRY_AUTH_FILE XDG_RUNTIME_DIR
}
# A helper that keeps one secret in a file.
helper() {
	mkdir -p bin
	cat >bin/docker-credential-kept <<'END'
#!/bin/sh
d=${0%/*}
case $1 in
store) cat >"$d/secret" ;;
get) cat "$d/secret" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
erase) rm -f "$d/secret" ;;
esac
END
	chmod +x bin/docker-credential-kept
	mkdir -p home/.docker
	echo '{"credsStore": "kept", "other": [1, 2]}' >home/.docker/config.json
	chmod 600 home/.docker/config.json
}

t 'what is missing is said'
home
run 2 login
has err 'no registry was given'
run 2 login localhost:1
has err 'no user was given'
has err 'subo login localhost:1 -u USER'
run 2 login localhost:1 -u me
has err 'no password came on standard input'
printf 'a\nb\n' >two
run_in two 2 login localhost:1 -u me
has err 'more than one line'
run 2 login localhost:1 -u me --password x
echo pw >pw
run_in pw 3 login 'http://localhost:1/' -u me
has err 'is no host'
run 2 logout
run 0 logout localhost:1
has err 'there were no credentials'

t 'the right password is kept in a file that is closed to others'
home
if locked; then
	echo 's3cret:word' >pw
	run_in pw 0 login "localhost:$port" -u user --password-stdin
	has err "logged in to localhost:$port as 'user'"
	has err 'can be read in'
	hasnt err s3cret
	hasnt out s3cret
	ok test "$(stat -c %a home/.docker/config.json)" = 600
	has home/.docker/config.json "$(printf 'user:s3cret:word' | base64)"
	run 0 logout "localhost:$port"
	has err 'gone from'
	hasnt home/.docker/config.json "localhost:$port"
	stop
fi

t 'the wrong password is not kept'
home
if locked; then
	echo wrong >pw
	run_in pw 5 login "localhost:$port" -u user
	has err 'status 401'
	ok test ! -e home/.docker/config.json
	stop
fi

t 'with a helper nothing is in clear'
home
helper
if locked; then
	echo 's3cret:word' >pw
	PATH=$WORK/bin:$PATH run_in pw 0 login "localhost:$port" -u user --json
	has out '"kept": "the helper '
	has out '"clear": false'
	has out '"checked": true'
	has bin/secret '"Secret":"s3cret:word"'
	hasnt home/.docker/config.json "$(printf 'user:s3cret:word' | base64)"
	has home/.docker/config.json '"other"'
	PATH=$WORK/bin:$PATH run 0 logout "localhost:$port" --json
	has out '"found": true'
	ok test ! -e bin/secret
	stop
fi

t 'a helper that is not there is an error, and nothing is kept'
home
helper
rm bin/docker-credential-kept
if locked; then
	echo 's3cret:word' >pw
	run_in pw 4 login "localhost:$port" -u user
	has err docker-credential-kept
	hasnt home/.docker/config.json auths
	stop
fi

t 'a registry that asks nobody is told of'
home
if registry ''; then
	echo pw >pw
	run_in pw 0 login "localhost:$port" -u user
	has err 'asks nobody for credentials'
	stop
fi

t 'what is no registry is none'
home
echo pw >pw
mkdir www
python3 -m http.server --bind 127.0.0.1 -d www 0 >port 2>&1 &
server=$!
for _ in $(seq 500); do
	port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' port)
	[ -n "$port" ] && break
	sleep 0.02
done
run_in pw 6 login "127.0.0.1:$port" -u user
has err 'is no registry'
stop

t 'a proxy of the project is not used'
home
if locked; then
	echo 's3cret:word' >pw
	echo 'HTTPS_PROXY=http://127.0.0.1:1' >.env
	echo 'http_proxy=http://127.0.0.1:1' >>.env
	run_in pw 0 login "localhost:$port" -u user
	# Nor one of the environment, for this machine.
	http_proxy=http://127.0.0.1:1 run_in pw 0 login "localhost:$port" -u user
	stop
fi

t 'a certificate of an authority of its own needs --ca'
home
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost >/dev/null 2>&1
if registry "auth: {htpasswd: {realm: test, path: $WORK/users}}
# TLS"; then
	stop
	sed -i "s|^http: .*|http: {addr: '127.0.0.1:$port', tls: {certificate: $WORK/cert.pem, key: $WORK/key.pem}}|" registry.yml
	docker-registry serve registry.yml >registry.log 2>&1 &
	server=$!
	for _ in $(seq 500); do
		curl -sk "https://127.0.0.1:$port/v2/" >/dev/null && break
		sleep 0.02
	done
	echo 's3cret:word' >pw
	run_in pw 5 login "localhost:$port" -u user
	has err 'self-signed certificate'
	has err '--ca FILE'
	run_in pw 0 login "localhost:$port" -u user --ca cert.pem
	SSL_CERT_FILE=$WORK/cert.pem run_in pw 0 login "localhost:$port" -u user
	stop
fi

done_
