# SPDX-License-Identifier: Apache-2.0
# The server that the suite's outbound calls reach: prints its port, and
# answers well only to what the SDK was told to send.
import http.server
import json

ANSWERS = {"GET /get": "got", "POST /post": "posted", "PATCH /patch": "patched",
           "DELETE /delete": "deleted", "OPTIONS /options": "told",
           "HEAD /head": "", "PUT /put": "put"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        size = int(self.headers.get("Content-Length", 0))
        status, text = self.told(self.rfile.read(size))
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def told(self, body):
        if self.path == "/down":
            return 503, "closed"
        if self.path == "/graphql":
            ok = json.loads(body).get("query") == "{ me }"
            return (200, '{"data": {"me": 1}}') if ok else (400, "no query")
        # Of a POST and its like the end is looked at: old SDKs spoil the
        # first eight bytes.
        verb = self.path[1:]
        if verb in ("post", "patch", "put"):
            if not body.endswith(b" to " + verb.encode()):
                return 400, "not that body"
        if verb in ("get", "post"):
            if self.headers.get("X-A") != "b" or self.headers.get("X-C") != "d":
                return 400, "not those headers"
        text = ANSWERS.get(self.command + " " + self.path)
        return (404, "no such page") if text is None else (200, text)

    do_GET = do_POST = do_PATCH = do_DELETE = answer
    do_OPTIONS = do_HEAD = do_PUT = answer

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
