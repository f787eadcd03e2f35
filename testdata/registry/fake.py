#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry that misbehaves as it is told.

    fake.py DIR [--auth basic|token] [--referrers] [--tls CERT KEY]
            [--address IP]

Serves the OCI distribution API 1.1 from memory on a free port of 127.0.0.1 (or
of IP), and a second one for what is redirected or asks for tokens elsewhere; their
numbers go to DIR/port and DIR/other.  Every request is a line of DIR/log:

    METHOD PATH STATUS BYTES-IN AUTH HOST-SERVER

AUTH is "-" or the scheme that came.  Credentials are user:secret.

DIR/faults, read again for each request, is a JSON list of rules; the first that
matches is used:

    match   a regular expression for "METHOD PATH"; "METHOD other PATH" for the
            second port
    skip    so many matching requests first go through
    times   and then it holds for so many (without: for ever)
    do      status   answer "code" with "headers" and "body"
            flip     the right answer with its last byte changed
            cut      the right answer, closed after "keep" bytes of its body
            reset    the connection is reset before any answer
            lost     the request is done, then the connection is reset
            more     the right answer with "extra" behind it: Content-Length
                     says so too, unless "lie"
            endless  a body without end
            drip     the right answer with changed "headers" (null: left out)
            move     to the second port, which has it: "code", default 307
            slow     the right answer after "ms"
            hold     nothing is done; after "ms" the connection is reset
"""
import base64
import hashlib
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
TOKEN = "token-of-user"


class Registry:
    def __init__(self, folder, auth, referrers, scheme):
        self.folder, self.auth, self.referrers = folder, auth, referrers
        self.scheme = scheme
        self.blobs, self.manifests, self.tags = {}, {}, {}
        self.uploads, self.hits = {}, {}
        self.rules_text, self.lock = None, threading.RLock()
        self.ports = {}

    def rule(self, subject):
        try:
            text = open(self.folder + "/faults").read()
        except OSError:
            text = "[]"
        with self.lock:
            if text != self.rules_text:
                self.rules_text, self.hits = text, {}
            for i, rule in enumerate(json.loads(text or "[]")):
                if not re.search(rule["match"], subject):
                    continue
                self.hits[i] = n = self.hits.get(i, 0) + 1
                skip = rule.get("skip", 0)
                if n <= skip or n > skip + rule.get("times", 1 << 30):
                    continue
                return rule
        return None

    def log(self, *fields):
        with self.lock, open(self.folder + "/log", "a") as f:
            f.write(" ".join(str(x) for x in fields) + "\n")


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Answer:
    def __init__(self, status, body=b"", headers=None):
        self.status, self.body = status, body
        self.headers = {"Content-Type": "application/json"}
        self.headers.update(headers or {})


def refuse(status, code):
    body = {"errors": [{"code": code, "message": code.lower()}]}
    return Answer(status, json.dumps(body).encode())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    other = False

    def log_message(self, *args):
        pass

    # ---- the API ----

    def blob(self, r, name, digest):
        data = r.blobs.get((name, digest))
        if data is None:
            return refuse(404, "BLOB_UNKNOWN")
        return Answer(200, data, {"Content-Type": "application/octet-stream",
                                  "Docker-Content-Digest": digest})

    def upload(self, r, name, query, body):
        if self.command == "POST":
            source = query.get("from", [""])[0]
            mount = query.get("mount", [""])[0]
            if (source, mount) in r.blobs:
                r.blobs[name, mount] = r.blobs[source, mount]
                return Answer(201, b"", {"Location": "/v2/%s/blobs/%s" % (name, mount)})
            key = os.urandom(8).hex()
            r.uploads[key] = b""
            return Answer(202, b"", {"Location": "/v2/%s/blobs/uploads/%s?state=%s" % (name, key, key),
                                     "Range": "0-0"})
        key = self.path.split("?")[0].rsplit("/", 1)[1]
        if key not in r.uploads:
            return refuse(404, "BLOB_UPLOAD_UNKNOWN")
        if self.command == "DELETE":
            del r.uploads[key]
            return Answer(204)
        r.uploads[key] += body
        if self.command == "PATCH":
            return Answer(202, b"", {"Location": self.path,
                                     "Range": "0-%d" % (len(r.uploads[key]) - 1)})
        data, digest = r.uploads.pop(key), query.get("digest", [""])[0]
        if sha(data) != digest:
            return refuse(400, "DIGEST_INVALID")
        r.blobs[name, digest] = data
        return Answer(201, b"", {"Location": "/v2/%s/blobs/%s" % (name, digest),
                                 "Docker-Content-Digest": digest})

    def put_manifest(self, r, name, ref, body):
        digest, doc = sha(body), json.loads(body)
        for d in doc.get("layers", []) + ([doc["config"]] if "config" in doc else []):
            if (name, d["digest"]) not in r.blobs:
                return refuse(404, "MANIFEST_BLOB_UNKNOWN")
        if ref.startswith("sha256:") and ref != digest:
            return refuse(400, "DIGEST_INVALID")
        r.manifests[name, digest] = (self.headers["Content-Type"], body)
        if ref != digest:
            r.tags[name, ref] = digest
        headers = {"Location": "/v2/%s/manifests/%s" % (name, digest),
                   "Docker-Content-Digest": digest}
        if r.referrers and "subject" in doc:
            headers["OCI-Subject"] = doc["subject"]["digest"]
        return Answer(201, b"", headers)

    def manifest(self, r, name, ref, body):
        if self.command == "PUT":
            return self.put_manifest(r, name, ref, body)
        digest = ref if ref.startswith("sha256:") else r.tags.get((name, ref))
        if (name, digest) not in r.manifests:
            return refuse(404, "MANIFEST_UNKNOWN")
        kind, data = r.manifests[name, digest]
        return Answer(200, data, {"Content-Type": kind, "Docker-Content-Digest": digest})

    def list_referrers(self, r, name, digest, query):
        if not r.referrers:
            return Answer(404, b"404 page not found\n", {"Content-Type": "text/plain"})
        found, want = [], query.get("artifactType", [None])[0]
        for (where, key), (kind, data) in sorted(r.manifests.items()):
            doc = json.loads(data)
            if where != name or doc.get("subject", {}).get("digest") != digest:
                continue
            d = {"mediaType": kind, "digest": key, "size": len(data),
                 "artifactType": doc.get("artifactType") or doc["config"]["mediaType"]}
            if "annotations" in doc:
                d["annotations"] = doc["annotations"]
            if want in (None, d["artifactType"]):
                found.append(d)
        body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": found}
        headers = {"Content-Type": INDEX}
        if want:
            headers["OCI-Filters-Applied"] = "artifactType"
        return Answer(200, json.dumps(body).encode(), headers)

    def api(self, r, path, query, body):
        if path in ("/v2/", "/v2"):
            return Answer(200, b"{}")
        m = re.fullmatch(r"/v2/(.+)/blobs/uploads/[0-9a-f]*", path)
        if m:
            return self.upload(r, m[1], query, body)
        m = re.fullmatch(r"/v2/(.+)/(blobs|manifests|referrers|tags)/([^/]+)", path)
        if not m:
            return refuse(404, "UNSUPPORTED")
        name, what, ref = m.groups()
        if what == "blobs":
            return self.blob(r, name, ref)
        if what == "manifests":
            return self.manifest(r, name, ref, body)
        if what == "referrers":
            return self.list_referrers(r, name, ref, query)
        tags = sorted(t for n, t in r.tags if n == name)
        return Answer(200, json.dumps({"name": name, "tags": tags}).encode())

    # ---- who asks ----

    def refused(self, r, path):
        """The answer to one without rights, or None."""
        came = self.headers.get("Authorization", "")
        basic = "Basic " + base64.b64encode(b"user:secret").decode()
        here = "%s://%s" % (r.scheme, self.headers.get("Host", ""))
        if path == "/token":
            if came != basic:
                return refuse(401, "UNAUTHORIZED")
            return Answer(200, json.dumps({"token": TOKEN, "expires_in": 300}).encode())
        if r.auth == "basic" and came != basic:
            a = refuse(401, "UNAUTHORIZED")
            a.headers["WWW-Authenticate"] = 'Basic realm="fake"'
            return a
        if r.auth == "token" and came != "Bearer " + TOKEN:
            a = refuse(401, "UNAUTHORIZED")
            m = re.match(r"/v2/(.+)/(blobs|manifests|referrers|tags)/", path)
            a.headers["WWW-Authenticate"] = 'Bearer realm="%s/token",service="fake"%s' % (
                here, ',scope="repository:%s:pull,push"' % m[1] if m else "")
            return a
        return None

    # ---- answering ----

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def send(self, a, body, length):
        self.send_response(a.status)
        for key, value in a.headers.items():
            for v in value if isinstance(value, list) else [value]:
                if v is not None:
                    self.send_header(key, v)
        if a.status not in (204, 304):
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def endless(self, a):
        self.send_response(a.status)
        self.send_header("Content-Type", a.headers["Content-Type"])
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"10000\r\n" + b" " * 65536 + b"\r\n")

    def misbehave(self, r, rule, a):
        do = rule["do"]
        a.headers.update(rule.get("headers", {}))
        body, length = a.body, len(a.body)
        if do == "hold":
            time.sleep(rule["ms"] / 1000)
        if do in ("reset", "lost", "hold"):
            return self.reset()
        if do == "endless":
            return self.endless(a)
        if do == "slow":
            time.sleep(rule["ms"] / 1000)
        elif do == "flip" and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        elif do == "more":
            body += rule.get("extra", "x").encode()
            length = length if rule.get("lie") else len(body)
        elif do == "cut":
            self.send(a, body[:rule.get("keep", 1)], length)
            self.wfile.flush()
            return self.reset()
        return self.send(a, body, length)

    def answer(self):
        r = self.server.registry
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        subject = "%s %s%s" % (self.command, "other " if self.other else "", self.path)
        rule = r.rule(subject)
        if rule and rule["do"] == "status":
            a = Answer(rule["code"], rule.get("body", "").encode(), rule.get("headers"))
        elif rule and rule["do"] == "move":
            a = Answer(rule.get("code", 307), b"",
                       {"Location": "http://127.0.0.1:%d%s" % (r.ports["other"], self.path)})
        elif rule and rule["do"] in ("reset", "hold"):
            a = Answer(0)
        else:
            with r.lock:
                a = None if self.other else self.refused(r, url.path)
                a = a or self.api(r, url.path, query, body)
        auth = self.headers.get("Authorization", "-").split(" ")[0]
        r.log(self.command, self.path, a.status, len(body), auth,
              "other" if self.other else "main")
        if rule and rule["do"] not in ("status", "move"):
            return self.misbehave(r, rule, a)
        return self.send(a, a.body, len(a.body))

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError, OSError):
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer


class Other(Handler):
    other = True


def listen(handler, registry, tls, address):
    server = ThreadingHTTPServer((address, 0), handler)
    server.daemon_threads = True
    server.registry = registry
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def write(path, text):
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)


def main():
    args, folder, auth, referrers, tls = sys.argv[2:], sys.argv[1], None, False, None
    address = "127.0.0.1"
    while args:
        word = args.pop(0)
        if word == "--auth":
            auth = args.pop(0)
        elif word == "--referrers":
            referrers = True
        elif word == "--tls":
            tls = (args.pop(0), args.pop(0))
        elif word == "--address":
            address = args.pop(0)
        else:
            sys.exit("fake.py: what is %s?" % word)
    registry = Registry(folder, auth, referrers, "https" if tls else "http")
    registry.ports["other"] = listen(Other, registry, None, address)
    write(folder + "/other", str(registry.ports["other"]))
    registry.ports["main"] = listen(Handler, registry, tls, address)
    write(folder + "/port", str(registry.ports["main"]))
    # Ended when whoever started it ends.
    sys.stdin.read()


if __name__ == "__main__":
    main()
