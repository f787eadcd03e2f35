# A git server over https for tests: https.py FOLDER CERT KEY PORTFILE
# Repositories of FOLDER lie under /; /auth/ wants me and s3:cret; /away/
# redirects to http.  The port it chose is written to PORTFILE.
import base64
import http.server
import os
import ssl
import subprocess
import sys

folder, cert, key, port_file = sys.argv[1:]
backend = subprocess.run(["git", "--exec-path"], capture_output=True,
                         text=True).stdout.strip() + "/git-http-backend"
login = "Basic " + base64.b64encode(b"me:s3:cret").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def plain(self, status, name, value):
        self.send_response(status)
        self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        data = b""
        while n := int(self.rfile.readline(), 16):
            data += self.rfile.read(n)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def answer(self):
        path, _, query = self.path.partition("?")
        body = self.body()
        if path.startswith("/away/"):
            self.plain(302, "Location", "http://localhost:1" + path[5:])
            return
        if path.startswith("/auth/"):
            if self.headers.get("Authorization") != login:
                self.plain(401, "WWW-Authenticate", "Basic realm=x")
                return
            path = path[5:]
        env = dict(os.environ, GIT_PROJECT_ROOT=folder, PATH_INFO=path,
                   GIT_HTTP_EXPORT_ALL="1", QUERY_STRING=query,
                   REQUEST_METHOD=self.command, CONTENT_LENGTH=str(len(body)),
                   CONTENT_TYPE=self.headers.get("Content-Type", ""))
        out = subprocess.run([backend], input=body, env=env,
                             capture_output=True).stdout
        head, _, out = out.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = dict(fields).get("Status", "200").split()[0]
        self.send_response(int(status))
        for name, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(cert, key)
server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(port_file + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
