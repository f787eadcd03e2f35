# SPDX-License-Identifier: Apache-2.0
"""A registry by https that leads elsewhere: https.py CERT KEY [LOCATION]

Prints its port.  A blob is asked for credentials when its repository is "locked"
(the realm is LOCATION), else found at LOCATION; uploads go to LOCATION; "%P" in it
is the port.  A PUT stores nothing and is welcome.  Each request is a line on
standard error: METHOD PATH AUTHORIZATION.
"""
import http.server
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def say(self, status, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handle_any(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        print(self.command, self.path, self.headers.get("Authorization", "-"),
              file=sys.stderr, flush=True)
        if "/locked/" in self.path:
            self.say(401, WWW_Authenticate=f'Bearer realm="{place}"')
        elif self.command == "HEAD":
            self.say(404)
        elif self.command == "GET":
            self.say(307, Location=place)
        elif self.command == "POST":
            self.say(202, Location=place)
        else:
            self.say(201)

    do_GET = do_HEAD = do_POST = do_PUT = handle_any

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
port = server.server_address[1]
place = (sys.argv[3] if len(sys.argv) > 3 else "/").replace("%P", str(port))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(port, flush=True)
server.serve_forever()
