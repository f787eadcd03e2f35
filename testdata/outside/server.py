# SPDX-License-Identifier: Apache-2.0
# The outside that functions ask: prints its port.
import gzip
import http.server
import json
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def give(self, status, body, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def away(self, to):
        self.give(302, b"elsewhere", Location=to)

    def echo(self, body):
        h = self.headers
        text = "|".join([self.command, self.path, h.get("X-A") or "-",
                         h.get("Content-Type") or "-",
                         h.get("Authorization") or "-", body.decode()])
        self.give(200, text.encode())

    def endless(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.close_connection = True

    def graphql(self, body):
        query = json.loads(body)["query"]
        if query == "{ down }":
            return self.give(500, b"closed")
        answer = {"data": {"me": {"name": "ann", "id": 7}}}
        if query != "{ me { id name } }":
            answer = {"errors": [{"message": "no such field",
                                  "path": ["you"]}]}
        return self.give(200, json.dumps(answer).encode(),
                         Content_Type="application/json")

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        port = self.server.server_port
        path = self.path
        if path == "/slow":
            time.sleep(5)
            self.give(200, b"at last")
        elif path == "/endless":
            self.endless()
        elif path == "/redirect":
            self.away("/echo")
        elif path == "/other":
            self.away(f"http://localhost:{port}/echo")
        elif path == "/refused":
            self.away("http://refused.example.com/")
        elif path == "/file":
            self.away("file:///etc/passwd")
        elif path == "/round":
            self.away("/round")
        elif path in ("/404", "/500"):
            self.give(int(path[1:]), b"so it is")
        elif path == "/gzip":
            self.give(200, gzip.compress(b"small"), Content_Encoding="gzip")
        elif path == "/bomb":
            self.give(200, gzip.compress(bytes(64 << 20)),
                      Content_Encoding="gzip")
        elif path == "/graphql":
            self.graphql(body)
        else:
            self.echo(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
